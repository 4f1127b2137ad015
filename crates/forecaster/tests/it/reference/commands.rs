//! COMMANDS.md, from the definition of the command line.

use clap::CommandFactory;
use forecaster::cli::args::Cli;

/// The page.
pub(super) fn page() -> String {
    let options = clap_markdown::MarkdownOptions::new().show_footer(false).title("Commands".to_owned());
    let made = clap_markdown::help_markdown_command_custom(&Cli::command(), &options);
    let commands = made.split_once("**Command Overview:**").unwrap().1;
    let introduction = "Every command with its arguments and options, as `forecaster COMMAND --help` prints them. Not listed: `healthcheck` \
                        ([HTTP.md](../HTTP.md)), and commands that the program and its package use themselves.\n\n\
                        Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 done but degraded: a run with stale, unconfirmed or \
                        unstored rates, without a model or without its PDF; `rates sync`, `show` or `check` with a series that \
                        failed; `mail queue` or `flush` with a mail that was not sent; `doctor` with warnings. A run that is interrupted by hand ends with 130 \
                        (Ctrl+C), 143 (SIGTERM) or 129 (SIGHUP). With `--json` one JSON document goes to standard output \
                        ([JSON.md](JSON.md)); logs always go to standard error.";
    // The arrows after the names in the overview are noise.
    super::head("Commands", introduction) + "\n" + commands.replace('↴', "").trim_start().trim_end() + "\n"
}
