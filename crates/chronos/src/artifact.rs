//! `model.onnx` beside its checkpoint: made when it is missing or was made from something else, by another converter
//! or in another precision, which its metadata tell.

use crate::checkpoint::{Checkpoint, sha256};
use crate::graph::{self, CONVERTER};
use crate::onnx::ModelProvenance;
use crate::{ChronosError, Precision};
use prost::Message;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Under which the checksum of the weights stands in the metadata.
const WEIGHTS_SUM: &str = "source_weights_sha256";

/// A graph to be loaded.
#[derive(Debug)]
pub(crate) enum Graph {
    /// A file; its weights lie in the same folder.
    File(PathBuf),
    /// A graph that could not be saved beside its checkpoint.
    Memory {
        /// The file's bytes.
        model: Vec<u8>,
        /// Where the weights lie.
        folder: PathBuf,
    },
}

/// Name of the graph's file in a precision.
pub(crate) fn file_name(precision: Precision) -> &'static str {
    match precision {
        Precision::Float => "model.onnx",
        Precision::Int8 => "model-int8.onnx",
    }
}

/// The graph of `checkpoint`, from its file when that is still true, else built and saved there.
///
/// # Errors
/// When the checkpoint cannot be read or converted. A directory that cannot be written to is no error: the graph is
/// then used without being saved.
pub(crate) fn prepare(checkpoint: &Checkpoint, precision: Precision) -> Result<Graph, ChronosError> {
    let directory = checkpoint.directory();
    let file = directory.join(file_name(precision));
    let state = state_of(checkpoint, precision)?;
    if provenance(&file).is_some_and(|kept| state.iter().all(|entry| kept.contains(entry))) {
        return Ok(Graph::File(file));
    }
    let weights_sum = sha256(&checkpoint.weights_path())?;
    let entries: Vec<_> = state.into_iter().chain([(WEIGHTS_SUM.to_owned(), weights_sum)]).collect();
    let model = graph::build(checkpoint, precision, &entries)?;
    let folder = checkpoint.weights_folder();
    // A graph finds its weights in its own folder only, and not through a link out of it.
    if folder != directory {
        return Ok(Graph::Memory { model, folder });
    }
    match save(&file, &model) {
        Ok(()) => Ok(Graph::File(file)),
        Err(error) => {
            tracing::debug!("{} not saved ({error}), used without", file.display());
            Ok(Graph::Memory { model, folder })
        }
    }
}

/// SHA-256 of the weights that the graph of `checkpoint` was made from, when it has been saved; else of the weights
/// themselves.
pub(crate) fn weights_sum(checkpoint: &Checkpoint, precision: Precision) -> Result<String, ChronosError> {
    let state = state_of(checkpoint, precision)?;
    let kept = provenance(&checkpoint.directory().join(file_name(precision))).unwrap_or_default();
    if state.iter().all(|entry| kept.contains(entry))
        && let Some((_, sum)) = kept.iter().find(|(key, _)| key == WEIGHTS_SUM)
    {
        return Ok(sum.clone());
    }
    sha256(&checkpoint.weights_path())
}

/// What a saved graph must agree with: cheap to tell, unlike the checksum of the weights.
fn state_of(checkpoint: &Checkpoint, precision: Precision) -> Result<Vec<(String, String)>, ChronosError> {
    let weights = checkpoint.weights_path();
    let metadata = fs::metadata(&weights).map_err(ChronosError::file("read", &weights))?;
    let modified = metadata.modified().ok().and_then(|t| t.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    let config = fs::read(checkpoint.directory().join("config.json"))
        .map_err(ChronosError::file("read", &checkpoint.directory().join("config.json")))?;
    let entry = |key: &str, value: String| (key.to_owned(), value);
    Ok(vec![
        entry("converter", CONVERTER.to_owned()),
        entry("precision", format!("{precision:?}").to_lowercase()),
        entry("source", format!("{} and config.json beside it", crate::checkpoint::WEIGHTS)),
        entry("source_weights_bytes", metadata.len().to_string()),
        entry("source_weights_modified", format!("{}.{:09}", modified.as_secs(), modified.subsec_nanos())),
        entry("source_config_sha256", crate::checkpoint::sha256_of(&config)),
    ])
}

/// The metadata of a saved graph; `None` when there is none or it cannot be read as one.
fn provenance(file: &Path) -> Option<Vec<(String, String)>> {
    let model = ModelProvenance::decode(fs::read(file).ok()?.as_slice()).ok()?;
    Some(model.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect())
}

/// Writes whole or not at all.
fn save(file: &Path, model: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let readable = PermissionsExt::from_mode(0o644);
    let mut unfinished = tempfile::Builder::new().prefix(".model-").permissions(readable).tempfile_in(folder)?;
    unfinished.write_all(model)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(file)?;
    Ok(())
}
