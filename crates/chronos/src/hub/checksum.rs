//! Checksums announced by the hub, and the check of files against them. A large file (LFS) is identified by the
//! SHA-256 of its content and a small one by its git blob id, in the `ETag` header and as names in the cache.

use super::{error::HubError, file::FetchedFile};
use crate::digest::hexadecimal;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::{fs::File, io::Read, path::Path};

/// Size of a read buffer: large enough for the disk to be the limit.
const BUFFER: usize = 128 * 1024;

/// A checksum as the hub announces it, in lower-case hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Checksum {
    Sha256(String),
    /// SHA-1 of "blob {length}\0" and the content, as computed by `git hash-object`.
    GitBlob(String),
}

impl Checksum {
    /// Parses an etag without its quotes; `None` when it is not a checksum.
    pub(super) fn from_etag(etag: &str) -> Option<Self> {
        let hexadecimal = etag.bytes().all(|b| b.is_ascii_hexdigit());
        match etag.len() {
            64 if hexadecimal => Some(Self::Sha256(etag.to_ascii_lowercase())),
            40 if hexadecimal => Some(Self::GitBlob(etag.to_ascii_lowercase())),
            _ => None,
        }
    }
}

/// Size and checksum of a file that are known before it arrives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ExpectedFile {
    pub(super) size: Option<u64>,
    pub(super) checksum: Option<Checksum>,
}

/// Difference between a file and the expected one: size or checksum, as text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Mismatch {
    pub(super) found: String,
    pub(super) expected: String,
}

/// Reads a complete file and compares it with `expected`; `passing` receives every block of it.
///
/// # Errors
/// When it cannot be read, or when `passing` fails.
pub(super) fn examine(
    path: &Path,
    name: &'static str,
    expected: &ExpectedFile,
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
