//! `forecaster generate`: the contents of a package besides the binary.

use crate::desk::Desk;
use clap::CommandFactory;
use forecaster::cli::args::Cli;
use std::path::PathBuf;

fn generated(desk: &Desk) -> PathBuf {
    let directory = desk.path("package");
    desk.run(&["generate", &directory.display().to_string()]).expect(0);
    directory
}

#[test]
fn every_public_command_has_a_man_page_and_the_hidden_ones_are_mentioned_nowhere() {
    let desk = Desk::new();
    let directory = generated(&desk);
    let read = |name: &str| std::fs::read_to_string(directory.join(name)).unwrap();
    let first = read("man/forecaster.1");
    let pages = desk.files("package/man").len();
    let completions =
        ["forecaster.bash", "_forecaster", "forecaster.fish"].map(|it| read(&format!("completions/{it}")));
    let command = Cli::command();
    let mut expected = 1;
    for subcommand in command.get_subcommands() {
        let name = subcommand.get_name();
        // Compares whole words, so that "generated" does not count as "generate".
        let mentioned = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '-').any(|word| word == name);
        let page = directory.join(format!("man/forecaster-{name}.1"));
        assert_eq!(page.is_file(), !subcommand.is_hide_set(), "{name}");
        for text in &completions {
            assert_eq!(mentioned(text), !subcommand.is_hide_set(), "{name} in {text}");
        }
        if !subcommand.is_hide_set() {
            assert!(first.contains(&format!("forecaster\\-{name}(1)")), "{name} not in {first}");
            expected += 1 + subcommand.get_subcommands().count();
        }
    }
    assert_eq!(pages, expected);
    for section in ["EXIT STATUS", "ENVIRONMENT", "FILES"] {
        assert!(
            first.contains(&format!(".SH \"{section}\"")) || first.contains(&format!(".SH {section}")),
            "{first}"
        );
    }
}

#[test]
fn the_packaged_configuration_differs_from_the_repositorys_in_its_three_directories_only() {
    let desk = Desk::with(&[]);
    let packaged = generated(&desk).join("forecasters.toml");
    let packaged = packaged.to_str().unwrap();
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/forecasters.toml");
    desk.run(&["--config", packaged, "config", "check"]).expect(0);
    let show = |file: &str| desk.run(&["--config", file, "config", "show"]).expect(0).stdout();
    let (installed, own) = (show(packaged), show(shipped));
    let changed: Vec<&str> =
        installed.lines().zip(own.lines()).filter(|(installed, own)| installed != own).map(|it| it.0).collect();
    let expected = [
        "data_dir = \"/var/lib/forecaster\"",
        "reports_dir = \"/var/lib/forecaster/reports\"",
        "metrics_log = \"/var/log/forecaster/metrics.jsonl\"",
    ];
    assert_eq!(changed, expected);
    assert_eq!(installed.lines().count(), own.lines().count());
}

#[cfg_attr(not(onnxruntime), ignore = "this build has no ONNX Runtime")]
#[test]
fn the_library_comes_with_its_notices() {
    let desk = Desk::new();
    let lib = generated(&desk).join("lib");
    let names: Vec<String> =
        std::fs::read_dir(&lib).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    assert!(names.iter().any(|it| it.starts_with("libonnxruntime.so")), "{names:?}");
    assert!(std::env::var_os("FORECASTER_ONNXRUNTIME").is_some() || names.len() == 3, "{names:?}");
}

#[test]
fn a_directory_that_cannot_be_written_is_named() {
    let desk = Desk::new();
    let file = desk.write("taken", "");
    let said = desk.run(&["generate", file.to_str().unwrap()]).expect(1).stderr();
    assert!(said.contains("taken/man"), "{said}");
}
