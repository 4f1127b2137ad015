//! The typst world of a note: one source file, the embedded fonts, the note as `sys.inputs`.
//!
//! It gives no access to files, packages or the clock, so that equal notes give equal documents.

use crate::fonts;
use std::sync::OnceLock;
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Dict, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};

/// Parts that are the same for every note.
struct SharedResources {
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    template: Source,
}

fn shared_resources() -> Option<&'static SharedResources> {
    static PRESS: OnceLock<Option<SharedResources>> = OnceLock::new();
    PRESS
        .get_or_init(|| {
            let fonts: Vec<Font> = fonts::FILES.iter().flat_map(|file| Font::iter(Bytes::new(*file))).collect();
            let path = RootedPath::new(VirtualRoot::Project, VirtualPath::new("note.typ").ok()?);
            Some(SharedResources {
                book: LazyHash::new(FontBook::from_fonts(&fonts)),
                fonts,
                template: Source::new(path.intern(), include_str!("note.typ").to_owned()),
            })
        })
        .as_ref()
}

/// True when one of the embedded fonts has a glyph for `c`.
pub(super) fn has_glyph(c: char) -> bool {
    shared_resources().is_some_and(|press| press.fonts.iter().any(|font| font.info().coverage.contains(u32::from(c))))
}

/// World of one note.
pub(super) struct NoteWorld {
    press: &'static SharedResources,
    library: LazyHash<Library>,
}

impl NoteWorld {
    /// Creates a world in which the template finds `note`; `None` when the template has no valid path.
    pub(super) fn new(note: Dict) -> Option<Self> {
        let library = Library::builder().with_inputs(note).build();
        Some(Self { press: shared_resources()?, library: LazyHash::new(library) })
    }
}

impl World for NoteWorld {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.press.book
    }

    fn main(&self) -> FileId {
        self.press.template.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main() { Ok(self.press.template.clone()) } else { Err(FileError::AccessDenied) }
    }

    fn file(&self, _: FileId) -> FileResult<Bytes> {
        Err(FileError::AccessDenied)
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.press.fonts.get(index).cloned()
    }

    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
