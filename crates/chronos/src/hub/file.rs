//! Files of a checkpoint: their names, the progress of a download, and facts about files in place.

/// Names of the files. The small one is first, so that a model that is not a checkpoint is detected at once.
pub(super) const FILES: [&str; 2] = ["config.json", "model.safetensors"];

/// Progress of the download of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Name of the file.
    pub file: &'static str,
    /// Bytes received, including those of an earlier call.
    pub done: u64,
    /// Bytes of the complete file; `None` when the server does not report them.
    pub total: Option<u64>,
}

/// Result of a fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedCheckpoint {
    /// Commit of both files, 40 hexadecimal digits; `None` when the server does not report it.
    pub commit: Option<String>,
    /// True when the files come from the shared cache.
    pub from_cache: bool,
    /// True when the installed checkpoint is kept: then nothing was fetched, and the folder is empty.
    pub kept: bool,
    /// True when each file was compared with a checksum: one that the hub announced, the name of a file in the shared
    /// cache, or the one recorded when the checkpoint was installed.
    pub verified: bool,
    /// The files, `config.json` first.
    pub files: Vec<FetchedFile>,
}

/// File that is in place and verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchedFile {
    /// Name of the file.
    pub name: &'static str,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of its content, 64 hexadecimal digits.
    pub sha256: String,
}
