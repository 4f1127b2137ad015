//! Checkpoint as published on the Hugging Face hub: `config.json` and `model.safetensors`, in one folder or built
//! into the program. In: the location. Out: the position of each tensor in the file, with name, shape and type
//! checked. Weights are read one tensor at a time, so that opening a checkpoint costs no memory.

use crate::config::BoltConfig;
use crate::digest::{sha256, sha256_of};
use crate::embedded;
use crate::error::ChronosError;
use half::{bf16, f16};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Name of the weights file.
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// Greatest header size that the format allows, in bytes.
const MAX_HEADER: u64 = 100_000_000;

/// Location of a checkpoint's two files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum CheckpointPlace {
    /// Folder with both files.
    Folder(PathBuf),
    /// The program itself: [`crate::EMBEDDED`].
    Program,
}

impl CheckpointPlace {
    /// Path of the file `name`; for the built-in checkpoint a label, not a real path.
    pub fn file(&self, name: &str) -> PathBuf {
        match self {
            Self::Folder(folder) => folder.join(name),
            Self::Program => Path::new(embedded::EMBEDDED.name).join(name),
        }
    }
}

impl From<&Path> for CheckpointPlace {
    fn from(folder: &Path) -> Self {
        Self::Folder(folder.to_owned())
    }
}

/// Writes the folder, or "the program".
impl fmt::Display for CheckpointPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => folder.display().fmt(f),
            Self::Program => f.write_str("the program"),
        }
    }
}

/// Checkpoint whose header has been read and found valid.
#[derive(Debug)]
pub struct Checkpoint {
    place: CheckpointPlace,
    config: BoltConfig,
    config_sha256: String,
    tensors: Metadata,
    data_start: u64,
}

/// Position of a tensor in the weights file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct TensorLocation {
    /// Element type.
    pub(crate) dtype: Dtype,
    /// First byte, from the start of the file.
    pub(crate) offset: u64,
    /// Length in bytes.
    pub(crate) length: u64,
}

impl Checkpoint {
    /// Opens the checkpoint in `place`.
    ///
    /// # Errors
    /// When a file is missing, cut off or broken, or the configuration is not a convertible Chronos-Bolt's.
    pub fn open(place: &CheckpointPlace) -> Result<Self, ChronosError> {
        let path = place.file(WEIGHTS);
        let ((config, config_sha256), (tensors, data_start)) = match place {
            CheckpointPlace::Folder(folder) => {
                let config = BoltConfig::read(folder)?;
                let index = folder.join("model.safetensors.index.json");
                if !path.exists() && index.exists() {
                    let reason =
                        "the weights are split over several files; only one model.safetensors can be read".to_owned();
                    return Err(ChronosError::Weights { path: index, reason });
                }
                (config, read_header(&path)?)
            }
            CheckpointPlace::Program => {
                let config = BoltConfig::parse(embedded::CONFIG, &place.file("config.json"))?;
                let header = header(embedded::WEIGHTS, embedded::WEIGHTS.len() as u64, &path)?;
                ((config, sha256_of(embedded::CONFIG.as_bytes())), header)
            }
        };
        Ok(Self { place: place.clone(), config, config_sha256, tensors, data_start })
    }

    /// Configuration of the model.
    pub fn config(&self) -> &BoltConfig {
        &self.config
    }

    /// Number of parameters in the file.
    pub fn parameters(&self) -> usize {
        self.tensors.tensors().values().map(|info| info.shape.iter().product::<usize>()).sum()
    }

    /// Bytes of weights in the file.
    pub fn weight_bytes(&self) -> u64 {
        self.tensors.data_len() as u64
    }

    /// Free memory required before loading, MiB: twice the weights, but no less than `least`.
    pub fn needed_ram_mb(&self, least: u64) -> u64 {
        least.max(2 * self.weight_bytes().div_ceil(1 << 20))
    }

    /// SHA-256 of `config.json`, hexadecimal.
    pub fn config_sha256(&self) -> &str {
        &self.config_sha256
    }

    /// SHA-256 of the weights file, computed from all of it, hexadecimal.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn weights_sha256(&self) -> Result<String, ChronosError> {
        match self.place {
            CheckpointPlace::Folder(_) => {
                let path = self.weights_path();
                sha256(&path).map_err(ChronosError::file("read", &path))
            }
            CheckpointPlace::Program => Ok(sha256_of(embedded::WEIGHTS)),
        }
    }

    /// True when all weights are in single precision.
    pub(crate) fn is_single(&self) -> bool {
        self.tensors.tensors().values().all(|info| info.dtype == Dtype::F32)
    }

    pub(crate) fn place(&self) -> &CheckpointPlace {
        &self.place
    }

    /// Folder that really holds the weights file, after following links, and the file's name there; `None` when the
    /// weights are built in.
    pub(crate) fn weights_file(&self) -> Option<(PathBuf, String)> {
        let CheckpointPlace::Folder(folder) = &self.place else { return None };
        let path = self.weights_path();
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let name = real.file_name().map_or_else(|| WEIGHTS.to_owned(), |n| n.to_string_lossy().into_owned());
        let linked = path.read_link().is_ok();
        let folder = real.parent().filter(|_| linked).unwrap_or(folder).to_owned();
        Some((folder, name))
    }

    pub(crate) fn weights_path(&self) -> PathBuf {
        self.place.file(WEIGHTS)
    }

    fn tensor_error(&self, name: &str, found: impl Into<String>, expected: impl Into<String>) -> ChronosError {
        ChronosError::Tensor {
            path: self.weights_path(),
            name: name.to_owned(),
            found: found.into(),
            expected: expected.into(),
        }
    }

    /// Position of tensor `name` of `shape`; the first dimension of the shared embedding may be greater.
    pub(crate) fn tensor(&self, name: &str, shape: &[usize]) -> Result<TensorLocation, ChronosError> {
        let expected = format!("{shape:?} of F32, F16 or BF16");
        let Some(info) = self.tensors.info(name) else {
            return Err(self.tensor_error(name, "nothing", expected));
        };
        let fits = if name == "shared.weight" {
            info.shape.len() == 2 && info.shape[0] >= shape[0] && info.shape[1] == shape[1]
        } else {
            info.shape == shape
        };
        if !fits || !matches!(info.dtype, Dtype::F32 | Dtype::F16 | Dtype::BF16) {
            return Err(self.tensor_error(name, format!("{:?} of {:?}", info.shape, info.dtype), expected));
        }
        let (start, end) = info.data_offsets;
        Ok(TensorLocation { dtype: info.dtype, offset: self.data_start + start as u64, length: (end - start) as u64 })
    }

    fn bytes(&self, stored: &TensorLocation) -> Result<Cow<'static, [u8]>, ChronosError> {
        let path = self.weights_path();
        if self.place == CheckpointPlace::Program {
            let start = stored.offset as usize;
            let bytes = embedded::WEIGHTS.get(start..start + stored.length as usize);
            return bytes.map(Cow::Borrowed).ok_or_else(|| cut_off(&path));
        }
        let mut file = File::open(&path).map_err(ChronosError::file("read", &path))?;
        let mut bytes = vec![0; stored.length as usize];
        file.seek(SeekFrom::Start(stored.offset))
            .and_then(|_| file.read_exact(&mut bytes))
            .map_err(ChronosError::file("read", &path))?;
        Ok(Cow::Owned(bytes))
    }

    /// Reads the values of a stored tensor, or of part of one, in row-major order.
    pub(crate) fn read(&self, name: &str, stored: &TensorLocation) -> Result<Vec<f32>, ChronosError> {
        let bytes = self.bytes(stored)?;
        let values: Vec<f32> = match stored.dtype {
            Dtype::F16 => bytes.chunks_exact(2).map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            Dtype::BF16 => bytes.chunks_exact(2).map(|b| bf16::from_le_bytes([b[0], b[1]]).to_f32()).collect(),
            _ => bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect(),
        };
        match values.iter().find(|v| !v.is_finite()) {
            Some(value) => {
                Err(self.tensor_error(name, value.to_string(), "finite weights; fetch the checkpoint again"))
            }
            None => Ok(values),
        }
    }
}

fn cut_off(path: &Path) -> ChronosError {
    let reason = "not a safetensors file, or one that was cut off; fetch or import it again".to_owned();
    ChronosError::Weights { path: path.to_owned(), reason }
}

/// Reads the header of the safetensors file `path`, and where its data starts.
fn read_header(path: &Path) -> Result<(Metadata, u64), ChronosError> {
    // Opening a pipe would wait for its other end.
    if std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let reason = "not a file; expected a safetensors file".to_owned();
        return Err(ChronosError::Weights { path: path.to_owned(), reason });
    }
    let file = File::open(path).map_err(ChronosError::file("read", path))?;
    let length = file.metadata().map_err(ChronosError::file("read", path))?.len();
    header(file, length, path)
}

/// Reads the header at the start of `file`, which has `file_length` bytes, and where its data starts; `path` is used
/// only in errors.
fn header(mut file: impl Read, file_length: u64, path: &Path) -> Result<(Metadata, u64), ChronosError> {
    let refuse = |reason: String| ChronosError::Weights { path: path.to_owned(), reason };
    let mut length = [0; 8];
    if file_length < 8 {
        return Err(refuse(format!(
            "{file_length} bytes are too few for a safetensors file; fetch or import it again"
        )));
    }
    file.read_exact(&mut length).map_err(ChronosError::file("read", path))?;
    let length = u64::from_le_bytes(length);
    if length > MAX_HEADER || length + 8 > file_length {
        return Err(cut_off(path));
    }
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(ChronosError::file("read", path))?;
    let tensors: Metadata = serde_json::from_slice(&header)
        .map_err(|e| refuse(format!("not a safetensors file ({e}); fetch or import it again")))?;
    let data_start = length + 8;
    let expected = data_start + tensors.data_len() as u64;
    if expected != file_length {
        let reason =
            format!("has {file_length} bytes where its header announces {expected}; fetch or import it again");
        return Err(refuse(reason));
    }
    Ok((tensors, data_start))
}
