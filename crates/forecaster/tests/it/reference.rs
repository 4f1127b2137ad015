//! The reference pages in docs/reference, made from the program and from docs/schema.
//!
//! Each test makes its page anew and compares it with the file. After a change, write them with
//! `FORECASTER_WRITE_REFERENCE=1 cargo test -p forecaster --test it reference::`.
#![allow(clippy::unwrap_used)]

mod commands;
mod configuration;
mod schemas;

use crate::desk::repository;

/// First lines of every page: title, note and introduction.
fn head(title: &str, introduction: &str) -> String {
    format!(
        "# {title}\n\n<!-- Made by crates/forecaster/tests/it/reference.rs; change what it is made from, not this file. -->\n\n{introduction}\n"
    )
}

/// Compares `page` with docs/reference/`name`, or writes it there when `FORECASTER_WRITE_REFERENCE` is set.
fn check(name: &str, page: &str) {
    let path = repository().join("docs/reference").join(name);
    if std::env::var_os("FORECASTER_WRITE_REFERENCE").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(page.lines()).enumerate().find(|(_, (old, new))| old != new);
    assert!(
        found == page,
        "docs/reference/{name} is out of date, first at {differs:?}; write it anew with \
         FORECASTER_WRITE_REFERENCE=1 cargo test -p forecaster --test it reference::"
    );
}

/// `text` as one cell of a Markdown table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

#[test]
fn commands() {
    check("COMMANDS.md", &commands::page());
}

#[test]
fn configuration() {
    check("CONFIGURATION.md", &configuration::page());
}

#[test]
fn json_documents() {
    let introduction = "Fields of every JSON document that a command prints or a run writes. Each table is made from a \
                        [JSON Schema](../schema), which tests hold against real output. `*` stands for any name, `[]` for each \
                        element of an array.\n\nPrices are in units of the quote currency per unit of the base currency, \
                        times in RFC 3339, dates in ISO 8601.";
    let mut page = head("JSON", introduction);
    for name in ["run", "review", "chronos-status", "doctor"] {
        page += &schemas::section(name);
    }
    page += "\n`backtest --json`, `rates show --json`, `rates sync --json`, `model ... --json` and `mail queue --json` have no schema yet. \
             Lines of metrics.jsonl: [METRICS.md](METRICS.md).\n";
    check("JSON.md", &page);
}

#[test]
fn metrics() {
    let introduction = "Every run appends one line to `service.metrics_log`. This table is made from its \
                        [JSON Schema](../schema/metrics.schema.json). `*` stands for any name, `[]` for each element of an array.\n\n\
                        Recipes with jq: [OPERATIONS.md](../OPERATIONS.md#the-metrics). The same figures for Prometheus: \
                        [HTTP.md](../HTTP.md#metrics).";
    check("METRICS.md", &(head("Metrics", introduction) + &schemas::section("metrics")));
}
