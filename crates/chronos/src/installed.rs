//! A checkpoint at hand, with its manifest: where it came from and what it forecast when it arrived. The one in the program
//! has a manifest as well, made when the program was.

use crate::artifact;
use crate::checkpoint::{Checkpoint, CheckpointPlace};
use crate::embedded::{EMBEDDED, REFERENCE};
use crate::error::ChronosError;
use crate::precision::Precision;
use crate::self_test::SelfTest;
use serde::{Deserialize, Serialize};

/// Where a checkpoint came from and what it forecast when it arrived.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Its name here.
    pub name: String,
    /// The hub's name, the folder it was taken from, or "built in".
    pub source: String,
    /// The hub's commit, when it came from there.
    pub revision: Option<String>,
    /// When it arrived, RFC 3339; `None` for the one in the program.
    pub installed_at: Option<String>,
    /// Parameters in it.
    pub parameters: usize,
    /// Bytes of its weights file.
    pub bytes: u64,
    /// SHA-256 of `config.json`, hexadecimal.
    pub config_sha256: String,
    /// SHA-256 of the weights file, hexadecimal.
    pub weights_sha256: String,
    /// What it forecast.
    pub self_test: SelfTest,
}

/// A checkpoint at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct Installed {
    /// Its name, or its folder when it is not in the store.
    pub name: String,
    /// Where it is.
    pub place: CheckpointPlace,
    /// Its manifest; `None` for a folder outside the store.
    pub manifest: Option<Manifest>,
}

impl Installed {
    /// The checkpoint, and the SHA-256 of the weights that are there now, hexadecimal.
    ///
    /// # Errors
    /// When the files cannot be read or are no convertible checkpoint.
    pub fn open(&self) -> Result<(Checkpoint, String), ChronosError> {
        let checkpoint = Checkpoint::open(&self.place)?;
        let weights_sha256 = artifact::weights_sum(&checkpoint, Precision::Float)?;
        Ok((checkpoint, weights_sha256))
    }
}

/// The file `self_test.json`, made with the checkpoint in the program.
#[derive(Deserialize)]
struct Reference {
    config_sha256: String,
    weights_sha256: String,
    #[serde(flatten)]
    self_test: SelfTest,
}

/// The checkpoint in the program, as if it lay in the store: its manifest holds the checksums and forecasts of the files
/// it was made from.
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

    /// The numbers that `model verify` compares with were made from these very files: else run fixtures/embedded.py.
    #[test]
    fn its_manifest_is_of_these_files() {
        let manifest = built_in().unwrap().manifest.unwrap();
        let checkpoint = Checkpoint::open(&CheckpointPlace::Program).unwrap();
        assert_eq!(manifest.weights_sha256, checkpoint.weights_sha256().unwrap(), "run fixtures/embedded.py");
        assert_eq!(manifest.config_sha256, checkpoint.config_sha256(), "run fixtures/embedded.py");
    }
}
