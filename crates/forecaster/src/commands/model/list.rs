//! `forecaster model list`.

use super::{GET_ONE, width};
use crate::chronos::{EMBEDDED, store};
use crate::commands::{print, print_json};
use crate::config::Config;
use crate::failure::{Failure, Outcome};
use forecaster_chronos::{Installed, Manifest, parameter_count, short};
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct ListDocument {
    /// `chronos.model`
    configured: String,
    /// Whether that is at hand.
    at_hand: bool,
    checkpoints: Vec<Row>,
}

#[derive(Serialize)]
struct Row {
    name: String,
    configured: bool,
    parameters: usize,
    bytes: u64,
    source: String,
    revision: Option<String>,
    installed_at: String,
    weights_sha256: String,
    directory: String,
}

/// Lists the checkpoints of the store.
pub(super) fn list(config: &Config, json: bool) -> Result<Outcome, Failure> {
    let store = store(config);
    let configured = &config.chronos.model;
    let row = |installed: Installed| {
        let directory = installed.directory.display().to_string();
        let name = installed.name;
        let Manifest { source, revision, installed_at, parameters, bytes, weights_sha256, .. } = installed.manifest?;
        let configured = name == *configured;
        Some(Row { name, configured, parameters, bytes, source, revision, installed_at, weights_sha256, directory })
    };
    let checkpoints: Vec<Row> = store.list().into_iter().filter_map(row).collect();
    let found = if configured == EMBEDDED { None } else { store.find(configured).ok() };
    if json {
        let at_hand = found.is_some();
        print_json(&ListDocument { configured: configured.clone(), at_hand, checkpoints })?;
        return Ok(Outcome::Done);
    }
    let mut text = if checkpoints.is_empty() {
        format!("No checkpoint is here yet; run {GET_ONE}.\n")
    } else {
        table(&checkpoints)
    };
    if let Some(remark) = remark(configured, found) {
        let _ = writeln!(text, "{remark}");
    }
    print(&text)?;
    Ok(Outcome::Done)
}

/// What to say of the configured checkpoint when it is not one of the table's.
fn remark(configured: &str, found: Option<Installed>) -> Option<String> {
    if configured == EMBEDDED {
        return Some(
            "chronos.model = \"embedded\": this build holds no checkpoint of its own, so Chronos is left out."
                .to_owned(),
        );
    }
    match found {
        Some(installed) if installed.manifest.is_some() => None,
        Some(_) => Some(format!("chronos.model = \"{configured}\": a folder outside the store.")),
        None => Some(format!("chronos.model = \"{configured}\": not here, so Chronos is left out.")),
    }
}

fn table(rows: &[Row]) -> String {
    let names = width("checkpoint", rows.iter().map(|row| row.name.as_str()));
    let mut text = format!(
        "  {:<names$}{:>12}{:>10}  {:<12}  {:<10}  source\n",
        "checkpoint", "parameters", "MiB", "revision", "installed"
    );
    for row in rows {
        let _ = writeln!(
            text,
            "{} {:<names$}{:>12}{:>10.1}  {:<12}  {:<10}  {}",
            if row.configured { '*' } else { ' ' },
            row.name,
            parameter_count(row.parameters),
            row.bytes as f64 / f64::from(1 << 20),
            row.revision.as_deref().map_or("-", short),
            row.installed_at.get(..10).unwrap_or(&row.installed_at),
            row.source
        );
    }
    if rows.iter().any(|row| row.configured) {
        text.push_str("* chronos.model\n");
    }
    text
}
