//! The files of a checkpoint: which there are, how far one has come, and what is known of those that are in place.

/// The files of a checkpoint. The small one is first: a name that is not a checkpoint is known at once.
pub(super) const FILES: [&str; 2] = ["config.json", "model.safetensors"];

/// How far the download of a file has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Name of the file.
    pub file: &'static str,
    /// Bytes that are here, those of an earlier call included.
    pub done: u64,
    /// Bytes of the whole file, when the server tells.
    pub total: Option<u64>,
}

/// What a fetch has brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// The commit both files are of, 40 hexadecimal digits; `None` when the server does not tell.
    pub commit: Option<String>,
    /// Whether the files are copies from the shared cache.
    pub from_cache: bool,
    /// The files, `config.json` first.
    pub files: Vec<FetchedFile>,
}

/// A file that is in place and was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// Name of the file.
    pub name: &'static str,
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
}
