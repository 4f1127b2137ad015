//! Reads the version of ONNX Runtime from a library's file, without running any of it.
//!
//! In: a path. Out: a version such as 1.32.0, or the reason why the file cannot be used. Every ONNX Runtime for Linux
//! is linked with a version script made by its own build (tools/ci_build/gen_def.py), which gives its `OrtGetApiBase`
//! the symbol version `VERS_1.32.0`. The offsets are those of the ELF-64 object file format and of the Linux Standard
//! Base's chapter on symbol versioning.

use super::library_error::LibraryError;
use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

const ENTRY_POINT: &[u8] = b"OrtGetApiBase";
/// `e_type` of a shared library.
const ET_DYN: u16 = 3;
/// Values of `e_machine`, and Rust's names for them.
const MACHINES: [(u16, &str); 4] = [(62, "x86_64"), (183, "aarch64"), (243, "riscv64"), (21, "powerpc64")];
const SHT_DYNSYM: u32 = 11;
const SHT_GNU_VERDEF: u32 = 0x6fff_fffd;
const SHT_GNU_VERSYM: u32 = 0x6fff_ffff;
/// Bytes of an ELF-64 file header, section header and symbol.
const HEADER: usize = 64;
const SECTION: usize = 64;
const SYMBOL: usize = 24;

/// Returns the version of ONNX Runtime in the file, if this program can load it.
pub(super) fn version(path: &Path) -> Result<String, LibraryError> {
    let refusal = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => LibraryError::Missing,
        _ => LibraryError::Unreadable(error),
    };
    // Checked before opening, because opening a pipe waits for its writer.
    if !path.metadata().map_err(refusal)?.is_file() {
        return Err(LibraryError::NotALibrary);
    }
    let mut file = File::open(path).map_err(refusal)?;
    let sections = sections(&mut file)?;
    let of = |kind: u32| sections.iter().find(|it| it.kind == kind);
    let symbols = of(SHT_DYNSYM).ok_or(LibraryError::NoEntryPoint)?;
    let names = sections.get(symbols.link).ok_or(LibraryError::NotALibrary)?.read(&mut file)?;
    let symbols = symbols.read(&mut file)?;
    let defined = |symbol: &[u8]| u16_at(symbol, 6) != Some(0);
    let position = symbols
        .chunks_exact(SYMBOL)
        .position(|symbol| defined(symbol) && text_at(&names, u32_at(symbol, 0)) == Some(ENTRY_POINT))
        .ok_or(LibraryError::NoEntryPoint)?;

    let versions = of(SHT_GNU_VERSYM).ok_or(LibraryError::NoVersion)?.read(&mut file)?;
    // The highest bit is set for a hidden symbol.
    let index = u16_at(&versions, 2 * position).ok_or(LibraryError::NotALibrary)? & 0x7fff;
    let definitions = of(SHT_GNU_VERDEF).ok_or(LibraryError::NoVersion)?;
    let names = sections.get(definitions.link).ok_or(LibraryError::NotALibrary)?.read(&mut file)?;
    let definitions = definitions.read(&mut file)?;
    let version = version_name(&definitions, &names, index).and_then(|name| name.strip_prefix("VERS_"));
    let version = version.ok_or(LibraryError::NoVersion)?.to_owned();
    match version.split('.').nth(1).and_then(|minor| minor.parse::<u32>().ok()) {
        Some(minor) if minor >= ort::MINOR_VERSION => Ok(version),
        Some(_) => Err(LibraryError::TooOld { version }),
        None => Err(LibraryError::NoVersion),
    }
}

struct Section {
    kind: u32,
    offset: u64,
    size: usize,
    /// Index of the section with this one's names.
    link: usize,
}

impl Section {
    fn read(&self, file: &mut File) -> Result<Vec<u8>, LibraryError> {
        read(file, self.offset, self.size)
    }
}

/// The section headers of a shared library for this machine.
fn sections(file: &mut File) -> Result<Vec<Section>, LibraryError> {
    let header = read(file, 0, HEADER)?;
    // 64 bits, least significant byte first.
    if !header.starts_with(b"\x7fELF\x02\x01") || u16_at(&header, 16) != Some(ET_DYN) {
        return Err(LibraryError::NotALibrary);
    }
    let machine = u16_at(&header, 18).unwrap_or_default();
    let found = MACHINES.iter().find(|it| it.0 == machine).map_or("another machine", |it| it.1);
    if found != std::env::consts::ARCH {
        return Err(LibraryError::OtherMachine { found: found.to_owned() });
    }
    let fields = || Some((u64_at(&header, 40)?, u16_at(&header, 58)?, u16_at(&header, 60)?));
    let (offset, size, count) = fields().ok_or(LibraryError::NotALibrary)?;
    if usize::from(size) != SECTION {
        return Err(LibraryError::NotALibrary);
    }
    let table = read(file, offset, SECTION * usize::from(count))?;
    let section = |bytes: &[u8]| {
        Some(Section {
            kind: u32_at(bytes, 4)?,
            offset: u64_at(bytes, 24)?,
            size: usize::try_from(u64_at(bytes, 32)?).ok()?,
            link: usize::try_from(u32_at(bytes, 40)?).ok()?,
        })
    };
    table.chunks_exact(SECTION).map(section).collect::<Option<_>>().ok_or(LibraryError::NotALibrary)
}

/// Name of the version definition with this index; the definitions are a linked list.
fn version_name<'a>(definitions: &[u8], names: &'a [u8], index: u16) -> Option<&'a str> {
    let mut rest = definitions;
    loop {
        if u16_at(rest, 4)? == index {
            let first_name = usize::try_from(u32_at(rest, 12)?).ok()?;
            return std::str::from_utf8(text_at(names, u32_at(rest, first_name))?).ok();
        }
        match usize::try_from(u32_at(rest, 16)?).ok()? {
            0 => return None,
            next => rest = rest.get(next..)?,
        }
    }
}

/// Reads exactly these bytes of the file; a file too short for them is incomplete.
fn read(file: &mut File, offset: u64, size: usize) -> Result<Vec<u8>, LibraryError> {
    let end = u64::try_from(size).ok().and_then(|size| offset.checked_add(size));
    if end.is_none_or(|end| file.metadata().is_ok_and(|it| end > it.len())) {
        return Err(LibraryError::NotALibrary);
    }
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = vec![0; size];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

/// Text from `at` to the next zero byte.
fn text_at(names: &[u8], at: Option<u32>) -> Option<&[u8]> {
    let rest = names.get(usize::try_from(at?).ok()?..)?;
    rest.split(|byte| *byte == 0).next()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}
