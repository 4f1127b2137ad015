//! The program's entry point: parses the command line, prints errors as a sentence and a hint, and sets the exit
//! code.

use clap::Parser;
use forecaster::cli::args::Cli;
use forecaster::cli::dispatch::execute;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match execute(&cli) {
        Ok(outcome) => ExitCode::from(outcome.code()),
        Err(failure) => {
            eprintln!("error: {failure}");
            if let Some(hint) = failure.hint() {
                eprintln!("hint: {hint}");
            }
            ExitCode::from(failure.code())
        }
    }
}
