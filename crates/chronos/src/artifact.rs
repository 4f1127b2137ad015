//! Graph file `model.onnx` beside its checkpoint. It is rebuilt when it is missing or when its metadata show another
//! source, another converter or another precision.

use crate::checkpoint::{Checkpoint, CheckpointPlace};
use crate::error::ChronosError;
use crate::graph::{self, CONVERTER};
use crate::onnx::ModelProvenance;
use crate::precision::Precision;
use prost::Message;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Metadata key of the checksum of the weights.
const WEIGHTS_SUM: &str = "source_weights_sha256";

/// Graph that is ready to be loaded.
#[derive(Debug)]
pub(crate) enum LoadableGraph {
    /// A file; its weights are in the same folder.
    File(PathBuf),
    /// A graph that could not be saved beside its checkpoint, or whose checkpoint is built in.
    Memory {
        /// Bytes of the graph file.
        model: Vec<u8>,
        /// Folder of the weights; `None` when all of them are in `model`.
        folder: Option<PathBuf>,
    },
}

/// File name of the graph in a given precision.
pub(crate) fn file_name(precision: Precision) -> &'static str {
    match precision {
        Precision::Float => "model.onnx",
        Precision::Int8 => "model-int8.onnx",
    }
}

/// Returns the graph of `checkpoint`: its file when that is still valid, otherwise a graph built and saved there.
///
/// A graph whose weights are in the checkpoint's own file takes a millisecond to build: it is built each time, and
/// the file is used if identical to the last byte. A file that holds converted weights is trusted by its metadata.
///
/// # Errors
/// When the checkpoint cannot be read or converted. A directory that cannot be written to is not an error: the graph
/// is then used without being saved.
pub(crate) fn prepare(checkpoint: &Checkpoint, precision: Precision) -> Result<LoadableGraph, ChronosError> {
    let converted = precision != Precision::Float || !checkpoint.is_single();
    match checkpoint.place() {
        CheckpointPlace::Folder(folder) if converted && saved_checksum(checkpoint, precision)?.is_some() => {
            Ok(LoadableGraph::File(folder.join(file_name(precision))))
        }
        _ => rebuild_graph(checkpoint, precision),
    }
}

/// Same as [`prepare`], but does not trust a file that holds converted weights.
///
/// # Errors
/// Same as [`prepare`].
pub(crate) fn rebuild_graph(checkpoint: &Checkpoint, precision: Precision) -> Result<LoadableGraph, ChronosError> {
    let Some((folder, _)) = checkpoint.weights_file() else {
        return Ok(LoadableGraph::Memory { model: graph::build(checkpoint, precision, &[])?, folder: None });
    };
    let file = checkpoint.place().file(file_name(precision));
    let model = graph_file(checkpoint, precision, weights_sum(checkpoint, precision)?)?;
    // A graph finds its weights only in its own folder, and not through a link out of it.
    if file.parent() != Some(&folder) {
        return Ok(LoadableGraph::Memory { model, folder: Some(folder) });
    }
    if read(&file).is_some_and(|kept| kept == model) {
        return Ok(LoadableGraph::File(file));
    }
    match save(&file, &model) {
        Ok(()) => Ok(LoadableGraph::File(file)),
        Err(error) => {
            tracing::debug!("{} not saved ({error}), used without", file.display());
            Ok(LoadableGraph::Memory { model, folder: Some(folder) })
        }
    }
}

/// Builds the graph with its metadata.
fn graph_file(checkpoint: &Checkpoint, precision: Precision, weights_sum: String) -> Result<Vec<u8>, ChronosError> {
    let entries: Vec<_> =
        state_of(checkpoint, precision)?.into_iter().chain([(WEIGHTS_SUM.to_owned(), weights_sum)]).collect();
    graph::build(checkpoint, precision, &entries)
}

/// Builds and saves the graph of a checkpoint again after something about its weights file has changed that is not
/// their content, which has this checksum: otherwise the next use would read all of them.
///
/// # Errors
/// When the checkpoint cannot be read, or the graph cannot be saved.
pub(crate) fn renew_metadata(
    place: &CheckpointPlace,
    precision: Precision,
    weights_sum: &str,
) -> Result<(), ChronosError> {
    let checkpoint = Checkpoint::open(place)?;
    if saved_checksum(&checkpoint, precision)?.is_some() {
        return Ok(());
    }
    let file = place.file(file_name(precision));
    let model = graph_file(&checkpoint, precision, weights_sum.to_owned())?;
    save(&file, &model).map_err(ChronosError::file("write", &file))
}

/// SHA-256 of the weights: from the graph's metadata when the graph was made from this very file, otherwise computed.
///
/// # Errors
/// When the files cannot be read.
pub(crate) fn weights_sum(checkpoint: &Checkpoint, precision: Precision) -> Result<String, ChronosError> {
    let kept = match checkpoint.place() {
        CheckpointPlace::Folder(_) => saved_checksum(checkpoint, precision)?,
        CheckpointPlace::Program => None,
    };
    kept.map_or_else(|| checkpoint.weights_sha256(), Ok)
}

/// Checksum in the metadata of the saved graph; `None` unless all other entries are as expected.
fn saved_checksum(checkpoint: &Checkpoint, precision: Precision) -> Result<Option<String>, ChronosError> {
    let state = state_of(checkpoint, precision)?;
    let kept = provenance(&checkpoint.place().file(file_name(precision))).unwrap_or_default();
    let sum = kept.iter().find(|(key, _)| key == WEIGHTS_SUM).map(|(_, sum)| sum.clone());
    Ok(sum.filter(|_| state.iter().all(|entry| kept.contains(entry))))
}

/// Metadata that a saved graph must match: cheap to compute, unlike the checksum of the weights.
fn state_of(checkpoint: &Checkpoint, precision: Precision) -> Result<Vec<(String, String)>, ChronosError> {
    let weights = checkpoint.weights_path();
    let metadata = fs::metadata(&weights).map_err(ChronosError::file("read", &weights))?;
    // Copying tools preserve the time of modification, but neither the time of the last change nor the inode.
    let written = [metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec()];
    let written = format!("{written:?} {} {}", metadata.dev(), metadata.ino());
    let entry = |key: &str, value: String| (key.to_owned(), value);
    Ok(vec![
        entry("converter", CONVERTER.to_owned()),
        entry("precision", precision.name().to_owned()),
        entry("source", format!("{} and config.json beside it", crate::checkpoint::WEIGHTS)),
        entry("source_weights_bytes", metadata.len().to_string()),
        entry("source_weights_written", written),
        entry("source_config_sha256", checkpoint.config_sha256().to_owned()),
    ])
}

/// The metadata of a saved graph; `None` when there is none or it cannot be read as one.
fn provenance(file: &Path) -> Option<Vec<(String, String)>> {
    let model = ModelProvenance::decode(read(file)?.as_slice()).ok()?;
    Some(model.metadata_props.into_iter().map(|entry| (entry.key, entry.value)).collect())
}

/// Bytes of a saved graph; `None` when there is no such file.
fn read(file: &Path) -> Option<Vec<u8>> {
    fs::metadata(file).ok().filter(fs::Metadata::is_file)?;
    fs::read(file).ok()
}

/// Writes the file atomically.
fn save(file: &Path, model: &[u8]) -> std::io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let readable = PermissionsExt::from_mode(0o644);
    let mut unfinished = tempfile::Builder::new().prefix(".model-").permissions(readable).tempfile_in(folder)?;
    unfinished.write_all(model)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(file)?;
    Ok(())
}
