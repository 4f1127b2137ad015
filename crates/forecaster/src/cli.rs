//! The command line: what an operator types ([`args`]), which command carries it out ([`dispatch`]), and what it prints
//! (`output`).

pub mod args;
mod commands;
pub mod dispatch;
mod output;
