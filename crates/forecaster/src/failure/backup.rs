//! Problems with a backup file.

use std::io;

/// Reason why a file is not an intact backup.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each kind says what it is")]
pub enum BackupProblem {
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    #[error("it is damaged or no backup: {0}")]
    Damaged(io::Error),
    #[error("it is damaged or no backup: it does not begin with a list of its members")]
    NoList,
    #[error("its list of members cannot be read: {0}")]
    BadList(serde_json::Error),
    #[error("made by a newer version ({version}, form {form})")]
    Newer { version: String, form: u32 },
    #[error("it names {0:?}, which no backup has")]
    StrangeMember(String),
    #[error("{0:?} is not in its list of members")]
    Unlisted(String),
    #[error("{0} is not what its list of members says")]
    NotAsListed(String),
    #[error("{0} is damaged: its checksum is not the one in the list")]
    Checksum(String),
    #[error("it is damaged: {0} is missing")]
    Missing(String),
}
