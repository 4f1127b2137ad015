//! Reports, PDFs and mails as they are read. One binary for all of it, since linking takes most of the time.
#![allow(clippy::unwrap_used)]

mod colours;
mod email;
mod html;
mod pdf;
mod quote;

// What they share.
mod extreme;
#[path = "../../examples/sample/synthetic.rs"]
mod synthetic;
