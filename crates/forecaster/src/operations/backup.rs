//! Backups: configuration, ledger, rates and metrics saved to one file, and restored from it.
//!
//! The file is a gzipped tar archive. The first member, `manifest.json`, lists the others with size and SHA-256;
//! [`write`] makes the file while the daemon runs, [`restore`] checks all of it before writing anything, and
//! overwrites nothing.

mod manifest;
pub(crate) mod restore;
pub(crate) mod write;

/// Name of the configuration in the archive.
const CONFIGURATION: &str = "configuration.toml";
/// Name of the ledger in the archive and in the state directory.
const LEDGER: &str = "ledger.sqlite";
/// Name of the metrics log in the archive.
const METRICS: &str = "metrics.jsonl";
/// Folders of the state directory that go into the archive.
const FOLDERS: [&str; 2] = ["rates", "configurations"];
/// Name of the manifest in the archive.
const MANIFEST: &str = "manifest.json";
