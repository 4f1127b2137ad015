//! Tests of complete reports, PDFs and mails. They share one binary, because linking takes most of the time.
#![allow(clippy::unwrap_used)]

mod colours;
mod conditions;
mod email;
mod html;
mod pdf;
mod quote;
mod reasons;

// Modules shared by the tests.
mod extreme;
mod foreign;
#[path = "../../examples/sample/synthetic.rs"]
mod synthetic;
