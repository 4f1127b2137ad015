//! What the hub announces of a file, and whether a file on disk is that. The hub names a large file (LFS) by the
//! SHA-256 of its content and a small one by its git blob id, in the `ETag` header and as names in the cache.

use super::{error::HubError, file::FetchedFile};
use crate::digest::hexadecimal;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::{fs::File, io::Read, path::Path};

/// Enough for the disk to be the limit.
const BUFFER: usize = 128 * 1024;

/// A checksum as the hub announces it, in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha256(String),
    /// SHA-1 of "blob {length}\0" and the content, as `git hash-object` has it.
    GitBlob(String),
}

impl Checksum {
    /// The checksum in an etag without its quotes; `None` when the etag is of another kind.
    pub(super) fn from_etag(etag: &str) -> Option<Self> {
        let hexadecimal = etag.bytes().all(|b| b.is_ascii_hexdigit());
        match etag.len() {
            64 if hexadecimal => Some(Self::Sha256(etag.to_ascii_lowercase())),
            40 if hexadecimal => Some(Self::GitBlob(etag.to_ascii_lowercase())),
            _ => None,
        }
    }
}

/// What is known of a file before it is here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Expected {
    pub(super) size: Option<u64>,
    pub(super) checksum: Option<Checksum>,
}

/// Why a file is not the one expected: size or checksum, in words.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) found: String,
    pub(super) expected: String,
}

/// Reads a whole file and compares it with what is expected; `passing` gets every block of it.
///
/// # Errors
/// When it cannot be read, or `passing` says so.
pub(super) fn examine(
    path: &Path,
    name: &'static str,
    expected: &Expected,
    mut passing: impl FnMut(&[u8]) -> Result<(), HubError>,
) -> Result<Result<FetchedFile, Mismatch>, HubError> {
    let reading = HubError::io("read", path);
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (length, mut file) = match opened {
        Ok(opened) => opened,
        Err(e) => return Err(reading(e)),
    };
    if let Some(size) = expected.size.filter(|&size| size != length) {
        return Ok(Err(Mismatch { found: format!("{length} bytes"), expected: format!("{size} bytes") }));
    }
    let mut sha256 = Sha256::new();
    let git_blob = matches!(expected.checksum, Some(Checksum::GitBlob(_)));
    let mut sha1 = git_blob.then(|| Sha1::new_with_prefix(format!("blob {length}\0")));
    let mut buffer = vec![0; BUFFER];
    let mut bytes = 0;
    loop {
        let block = match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(n) => &buffer[..n],
            Err(e) => return Err(reading(e)),
        };
        bytes += block.len() as u64;
        sha256.update(block);
        if let Some(sha1) = &mut sha1 {
            sha1.update(block);
        }
        passing(block)?;
    }
    let sha256 = hexadecimal(&sha256.finalize());
    let git_blob = sha1.map(|sha1| hexadecimal(&sha1.finalize()));
    Ok(match &expected.checksum {
        Some(Checksum::Sha256(announced)) if *announced != sha256 => {
            Err(Mismatch { found: format!("SHA-256 {sha256}"), expected: format!("SHA-256 {announced}") })
        }
        Some(Checksum::GitBlob(announced)) if git_blob.as_ref() != Some(announced) => Err(Mismatch {
            found: format!("git blob id {}", git_blob.unwrap_or_default()),
            expected: format!("git blob id {announced}"),
        }),
        _ => Ok(FetchedFile { name, bytes, sha256 }),
    })
}
