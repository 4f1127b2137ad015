//! The command line: argument definitions ([`args`]), the dispatcher that runs the matching command ([`dispatch`]),
//! and printing (`output`).

pub mod args;
mod commands;
pub mod dispatch;
mod output;
