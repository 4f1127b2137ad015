//! `forecaster model list`: the available checkpoints, as a table or JSON.

use super::listing::width;
use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::store;
use forecaster_chronos::{CheckpointPlace, EMBEDDED, Installed, Manifest, parameter_count, short};
use serde::Serialize;
use std::fmt::Write;

#[derive(Serialize)]
struct ListDocument {
    /// Value of `chronos.model`.
    configured: String,
    /// True when that checkpoint is available.
    at_hand: bool,
    checkpoints: Vec<CheckpointRow>,
}

#[derive(Serialize)]
struct CheckpointRow {
    name: String,
    configured: bool,
    parameters: usize,
    bytes: u64,
    source: String,
    revision: Option<String>,
    /// True when each file agreed with a checksum from the hub, false when the hub announced none; null when it did not
    /// come from there.
    verified: Option<bool>,
    /// Null for the embedded checkpoint, as is `directory`.
    installed_at: Option<String>,
    weights_sha256: String,
    directory: Option<String>,
    #[serde(flatten)]
    card: Option<Card>,
}

/// Facts known only for the embedded checkpoint.
#[derive(Serialize)]
struct Card {
    licence: &'static str,
    architecture: &'static str,
    trained_by: &'static str,
    trained_until: String,
}

/// Lists the embedded checkpoint and those in the store.
pub(super) fn list(config: &Config, json: bool) -> Result<CommandOutcome, Failure> {
    let store = store(config);
    let configured = &config.chronos.model;
    let found = store.find(configured).ok();
    let is_configured = |name: &str| found.as_ref().is_some_and(|found| found.name == name);
    let checkpoints: Vec<CheckpointRow> =
        store.list().into_iter().filter_map(|one| row(is_configured(&one.name), one)).collect();
    if json {
        let at_hand = found.is_some();
        print_json(&ListDocument { configured: configured.clone(), at_hand, checkpoints })?;
        return Ok(CommandOutcome::Done);
    }
    let mut text = table(&checkpoints);
    if let Some(remark) = configured_note(configured, found.as_ref()) {
        let _ = writeln!(text, "{remark}");
    }
    print(&text)?;
    Ok(CommandOutcome::Done)
}

fn row(configured: bool, installed: Installed) -> Option<CheckpointRow> {
    let Installed { name, place, manifest } = installed;
    let (directory, card) = match place {
        CheckpointPlace::Folder(folder) => (Some(folder.display().to_string()), None),
        CheckpointPlace::Program => (None, Some(card())),
    };
    let Manifest { source, revision, verified, installed_at, parameters, bytes, weights_sha256, .. } = manifest?;
    Some(CheckpointRow {
        name,
        configured,
        parameters,
        bytes,
        source,
        revision,
        verified,
        installed_at,
        weights_sha256,
        directory,
        card,
    })
}

fn card() -> Card {
    Card {
        licence: EMBEDDED.licence,
        architecture: EMBEDDED.architecture,
        trained_by: EMBEDDED.trained_by,
        trained_until: EMBEDDED.trained_until.to_string(),
    }
}

/// Remark about the configured checkpoint when the table does not list it.
fn configured_note(configured: &str, found: Option<&Installed>) -> Option<String> {
    match found {
        Some(installed) if installed.manifest.is_some() => None,
        Some(_) => Some(format!("chronos.model = \"{configured}\": a folder outside the store.")),
        None => Some(format!("chronos.model = \"{configured}\": not here, so Chronos is left out.")),
    }
}

fn table(rows: &[CheckpointRow]) -> String {
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
            row.installed_at.as_deref().map_or("-", |at| at.get(..10).unwrap_or(at)),
            source(row)
        );
    }
    if rows.iter().any(|row| row.configured) {
        text.push_str("* chronos.model\n");
    }
    text
}

fn source(row: &CheckpointRow) -> String {
    match &row.card {
        Some(Card { licence, trained_by, trained_until, .. }) => {
            format!("{}; trained by {trained_by} on rates until {trained_until}; {licence}", row.source)
        }
        None => row.source.clone(),
    }
}
