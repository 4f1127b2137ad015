//! `forecaster generate DIR` (hidden): writes the files a package needs beside the binary, from the binary itself.
//!
//! Out: `man/` and `completions/` from the definition of the command line, `forecasters.toml` from the repository's
//! file with the directories of an installation, and `lib/` with the build's ONNX Runtime and its notices, if it has
//! one. Such a package cannot disagree with the program in it.

use crate::cli::output::print;
use crate::failure::{CommandOutcome, Failure};
use clap::Command;
use clap_complete::Shell;
use clap_mangen::roff::{Roff, bold, roman};
use forecaster_chronos::{LibrarySource, candidates};
use std::fs;
use std::path::Path;

/// The repository's configuration file, which shows every key.
const CONFIGURATION: &str = include_str!("../../../../../config/forecasters.toml");
/// Section, key, the repository's value and an installation's value.
const INSTALLED: [(&str, &str, &str, &str); 3] = [
    ("service", "data_dir", "data", "/var/lib/forecaster"),
    ("service", "reports_dir", "reports", "/var/lib/forecaster/reports"),
    ("service", "metrics_log", "logs/metrics.jsonl", "/var/log/forecaster/metrics.jsonl"),
];
/// Notices that ONNX Runtime's licence requires with the library; the build places them beside it.
const NOTICES: [&str; 2] = ["LICENSE", "ThirdPartyNotices.txt"];

/// Writes all files below `directory`.
pub(crate) fn generate(directory: &Path, command_line: &Command) -> Result<CommandOutcome, Failure> {
    let public = public(command_line);
    manual(&public, &create_subdirectory(directory, "man")?)?;
    let completions = create_subdirectory(directory, "completions")?;
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        clap_complete::generate_to(shell, &mut public.clone(), public.get_name(), &completions)
            .map_err(|error| Failure::file("write completions to", &completions, error))?;
    }
    write(&directory.join("forecasters.toml"), &configuration(CONFIGURATION)?)?;
    match candidates(None).into_iter().find(|it| it.origin == LibrarySource::Build && it.path.is_file()) {
        Some(built) => onnxruntime(&built.path, &create_subdirectory(directory, "lib")?)?,
        None => tracing::warn!("this build has no ONNX Runtime: the package goes without, and Chronos needs one"),
    }
    print(&format!("{}\n", directory.display()))?;
    Ok(CommandOutcome::Done)
}

/// The command without hidden items, which clap_complete would offer too.
fn public(command: &Command) -> Command {
    let mut visible = Command::new(command.get_name().to_owned())
        .disable_help_subcommand(true)
        .subcommand_required(command.is_subcommand_required_set())
        .args(command.get_arguments().cloned())
        .subcommands(command.get_subcommands().filter(|it| !it.is_hide_set()).map(public));
    if let Some(about) = command.get_about() {
        visible = visible.about(about.clone());
    }
    if let Some(about) = command.get_long_about() {
        visible = visible.long_about(about.clone());
    }
    match command.get_version() {
        Some(version) => visible.version(version.to_owned()),
        None => visible,
    }
}

/// Writes one page per subcommand; the main page ends with sections that no option covers.
fn manual(public: &Command, directory: &Path) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::file("write man pages to", directory, error);
    clap_mangen::generate_to(public.clone(), directory).map_err(failed)?;
    let first = directory.join(format!("{}.1", public.get_name()));
    let page = fs::read_to_string(&first).map_err(failed)?;
    write(&first, &(page + &closing_sections()))
}

fn closing_sections() -> String {
    let sections: [(&str, &[(&str, &str)]); 3] = [
        (
            "EXIT STATUS",
            &[
                ("0", "Done."),
                ("1", "Failed."),
                ("2", "Usage or configuration."),
                ("3", "Done but degraded: stale or doubtful data, or a model was left out."),
            ],
        ),
        (
            "ENVIRONMENT",
            &[
                (
                    "FORECASTER__SECTION__KEY",
                    "Overrides a key of the configuration, such as FORECASTER__SERVICE__LANGUAGE=en.",
                ),
                ("ORT_DYLIB_PATH", "The ONNX Runtime library, unless chronos.onnxruntime names one."),
                (
                    "HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME",
                    "The Hugging Face hub, for forecaster model pull. sudo removes them unless --preserve-env names them.",
                ),
            ],
        ),
        (
            "FILES",
            &[
                ("/etc/forecaster/forecasters.toml", "The configuration of the service; every key with its default."),
                ("/var/lib/forecaster/", "Rates, checkpoints, ledger and reports."),
                ("/var/log/forecaster/metrics.jsonl", "One JSON line a run."),
            ],
        ),
    ];
    let mut page = Roff::new();
    for (heading, entries) in sections {
        page.control("SH", [heading]);
        for (term, meaning) in entries {
            page.control("TP", []);
            page.text([bold(*term)]);
            page.text([roman(*meaning)]);
        }
    }
    // Without the preamble, which the page already has.
    page.to_roff()
}

/// The repository's configuration with an installation's directories; comments are kept.
fn configuration(repository: &str) -> Result<String, Failure> {
    let mut section = "";
    let mut left = INSTALLED.to_vec();
    let mut lines = Vec::new();
    for line in repository.lines() {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.split(']').next()) {
            section = name;
        }
        let place = left.iter().position(|(of, key, value, _)| {
            *of == section && line.trim_end().starts_with(&format!("{key} = \"{value}\" "))
        });
        lines.push(match place.map(|place| left.remove(place)) {
            Some((_, key, value, installed)) => {
                let rest = line.replacen(&format!("{key} = \"{value}\""), "", 1);
                format!("{:<50} {}", format!("{key} = \"{installed}\""), rest.trim_start())
            }
            None => line.to_owned(),
        });
    }
    match left.first() {
        None => Ok(lines.join("\n") + "\n"),
        Some((section, key, value, _)) => Err(Failure::TemplateChanged { section, key, value }),
    }
}

/// Copies the library and the notices that must go with it.
fn onnxruntime(library: &Path, directory: &Path) -> Result<(), Failure> {
    let copy = |from: &Path| {
        let Some(name) = from.file_name() else { return Ok(()) };
        let copied = fs::copy(from, directory.join(name));
        copied.map(drop).map_err(|error| Failure::file("copy", from, error))
    };
    copy(library)?;
    for name in NOTICES {
        let notice = library.with_file_name(name);
        // A library supplied by the builder may lack the notices; adding them is then up to the builder.
        if notice.is_file() {
            copy(&notice)?;
        } else {
            tracing::warn!(notice = %notice.display(), "not there, so the package goes without it");
        }
    }
    Ok(())
}

/// Returns a subdirectory, created when it is missing.
fn create_subdirectory(directory: &Path, name: &str) -> Result<std::path::PathBuf, Failure> {
    let path = directory.join(name);
    fs::create_dir_all(&path).map_err(|error| Failure::file("create", &path, error))?;
    Ok(path)
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::file("write", path, error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_is_replaced_in_its_own_section_and_the_comments_stay() {
        let text = configuration(CONFIGURATION).unwrap();
        for (_, key, _, installed) in INSTALLED {
            assert!(text.contains(&format!("\n{key} = \"{installed}\" ")), "{text}");
        }
        let comments = |text: &str| text.lines().filter(|it| it.contains('#')).count();
        assert_eq!((text.lines().count(), comments(&text)), (CONFIGURATION.lines().count(), comments(CONFIGURATION)));
    }

    #[test]
    fn a_line_that_has_changed_is_a_failure() {
        let changed = CONFIGURATION.replace("data_dir = \"data\"", "data_dir = \"store\"");
        let said = configuration(&changed).unwrap_err().to_string();
        assert!(said.contains("data_dir = \"data\"") && said.contains("[service]"), "{said}");
    }
}
