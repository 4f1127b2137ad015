//! Manifest of a backup: the list of its members, each with size and checksum.

use super::{CONFIGURATION, FOLDERS, LEDGER, METRICS};
use crate::failure::BackupProblem;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::{self, Read, Write};

/// Newest archive format that this version can read.
pub(super) const FORMAT: u32 = 1;

/// Manifest of a backup, the first member of the archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// Archive format.
    pub format: u32,
    /// Version of the program that made the backup.
    pub version: String,
    /// Time the backup was made, RFC 3339.
    pub created_at: String,
    /// The forecast pair.
    pub pair: String,
    /// The configured checkpoint; it is not in the backup.
    pub model: String,
    /// Schema of the ledger; null when there was none.
    pub schema: Option<i64>,
    /// The members, in archive order.
    pub members: Vec<Member>,
}

/// A file in a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Member {
    /// Path in the archive.
    pub name: String,
    /// Size in bytes.
    pub size: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

impl Member {
    /// True when a backup can hold a file of this name. No such name leads out of the folder it is unpacked into.
    pub(super) fn is_expected(&self) -> bool {
        let plain = |name: &str| {
            let usual = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            !name.is_empty() && !name.starts_with('.') && name.chars().all(usual)
        };
        match self.name.split_once('/') {
            Some((folder, name)) => FOLDERS.contains(&folder) && plain(name),
            None => [CONFIGURATION, LEDGER, METRICS].contains(&self.name.as_str()),
        }
    }
}

/// Copies `from` to `to`, and returns the length and SHA-256 of the bytes copied.
pub(super) fn copy_hashed(from: &mut (impl Read + ?Sized), to: &mut impl Write) -> io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut length = 0;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = match from.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hash.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
        length += count as u64;
    }
    let hexadecimal = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((length, hexadecimal))
}

impl Manifest {
    /// Parses a manifest and refuses anything that this version does not know.
    ///
    /// # Errors
    /// When `text` is not a manifest, is of a newer format, or names files that no backup has.
    pub(super) fn parse(text: &[u8]) -> Result<Self, BackupProblem> {
        let manifest: Self = serde_json::from_slice(text).map_err(BackupProblem::BadList)?;
        if manifest.format > FORMAT {
            return Err(BackupProblem::Newer { version: manifest.version, form: manifest.format });
        }
        if let Some(strange) = manifest.members.iter().find(|member| !member.is_expected()) {
            return Err(BackupProblem::StrangeMember(strange.name.clone()));
        }
        Ok(manifest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_of_the_state_are_members() {
        let expected = |name: &str| Member { name: name.into(), size: 0, sha256: String::new() }.is_expected();
        for name in
            ["ledger.sqlite", "configuration.toml", "rates/usdclp.parquet", "configurations/1-20250101T000000Z.toml"]
        {
            assert!(expected(name), "{name}");
        }
        for name in ["", "/etc/passwd", "../x", "rates/../x", "rates/.lock", "rates/a/b", "models/x", "rates/", "x"] {
            assert!(!expected(name), "{name}");
        }
    }

    /// Authority: `printf abc | sha256sum`.
    #[test]
    fn the_checksum_is_that_of_sha256sum() {
        let (length, sum) = copy_hashed(&mut &b"abc"[..], &mut io::sink()).unwrap();
        assert_eq!(length, 3);
        assert_eq!(sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
