//! Available checkpoint and its manifest: where it came from and what it forecast when it was imported. The built-in
//! one also has a manifest, prepared when the program was built.

use crate::artifact;
use crate::checkpoint::{Checkpoint, CheckpointPlace};
use crate::embedded::{EMBEDDED, REFERENCE};
use crate::error::ChronosError;
use crate::precision::Precision;
use crate::self_test::SelfTest;
use serde::{Deserialize, Serialize};

/// Origin of a checkpoint, and its forecast of the self-test's series on import.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Name of the checkpoint.
    pub name: String,
    /// Name on the hub, folder that it was copied from, or "built in".
    pub source: String,
    /// Commit on the hub; `None` when it did not come from there.
    pub revision: Option<String>,
    /// True when the hub announced a checksum of each file and they agreed, false when it announced none; `None` when
    /// the files did not come from the hub, or an older version fetched them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verified: Option<bool>,
    /// Time of the import, RFC 3339; `None` for the built-in checkpoint.
    pub installed_at: Option<String>,
    /// Number of parameters.
    pub parameters: usize,
    /// Bytes of weights in its file.
    pub bytes: u64,
    /// SHA-256 of `config.json`, hexadecimal.
    pub config_sha256: String,
    /// SHA-256 of the weights file, hexadecimal.
    pub weights_sha256: String,
    /// Forecast of the self-test's series.
    pub self_test: SelfTest,
}

/// Checkpoint that is available for use.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    /// Name, or the folder when it is not in the store.
    pub name: String,
    /// Location of its files.
    pub place: CheckpointPlace,
    /// Manifest; `None` for a folder outside the store.
    pub manifest: Option<Manifest>,
}

impl Installed {
    /// Opens the checkpoint; also returns the SHA-256 of its current weights, hexadecimal.
    ///
    /// # Errors
    /// When the files cannot be read or are not a convertible checkpoint.
    pub fn open(&self) -> Result<(Checkpoint, String), ChronosError> {
        let checkpoint = Checkpoint::open(&self.place)?;
        let weights_sha256 = artifact::weights_sum(&checkpoint, Precision::Float)?;
        Ok((checkpoint, weights_sha256))
    }
}

/// Contents of `self_test.json`, made together with the built-in checkpoint.
#[derive(Deserialize)]
struct Reference {
    config_sha256: String,
    weights_sha256: String,
    #[serde(flatten)]
    self_test: SelfTest,
}

/// Returns the built-in checkpoint as if it were in the store: its manifest holds the checksums and forecasts of the
/// files it was made from.
///
/// # Errors
/// When the program was built from broken files.
pub(crate) fn built_in() -> Result<Installed, ChronosError> {
    let place = CheckpointPlace::Program;
    let checkpoint = Checkpoint::open(&place)?;
    let Reference { config_sha256, weights_sha256, self_test } =
        serde_json::from_str(REFERENCE).map_err(|error| {
            let reason = format!("the program was built from broken files ({error}); build or install it again");
            ChronosError::Weights { path: place.file("self_test.json"), reason }
        })?;
    let manifest = Manifest {
        name: EMBEDDED.name.to_owned(),
        source: "built in".to_owned(),
        revision: None,
        verified: None,
        installed_at: None,
        parameters: checkpoint.parameters(),
        bytes: checkpoint.weight_bytes(),
        config_sha256,
        weights_sha256,
        self_test,
    };
    Ok(Installed { name: EMBEDDED.name.to_owned(), place, manifest: Some(manifest) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers for `model verify` must come from these very files; otherwise run fixtures/embedded.py.
    #[test]
    fn its_manifest_is_of_these_files() {
        let manifest = built_in().unwrap().manifest.unwrap();
        let checkpoint = Checkpoint::open(&CheckpointPlace::Program).unwrap();
        assert_eq!(manifest.weights_sha256, checkpoint.weights_sha256().unwrap(), "run fixtures/embedded.py");
        assert_eq!(manifest.config_sha256, checkpoint.config_sha256(), "run fixtures/embedded.py");
    }
}
