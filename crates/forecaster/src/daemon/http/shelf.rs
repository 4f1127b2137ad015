//! Directory of the reports: lists what is there, and reads one file.
//!
//! Folder and file are opened step by step from the directory down, and no step follows a link; an
//! opened file is checked before it is read, so that nothing can be exchanged in between. Devices, pipes
//! and folders count as absent.

use super::report_name::{Kind, ReportId, ReportName};
use forecaster_domain::Horizon;
use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{Error, Read};
use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// Largest file that is sent, bytes. Reports are some hundred kilobytes.
pub(super) const LARGEST: u64 = 16 << 20;

/// Directory with the reports of all horizons.
#[derive(Debug, Clone)]
pub(super) struct Shelf(pub PathBuf);

/// Report, with the forms in which it exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Report {
    pub id: ReportId,
    pub kinds: BTreeSet<Kind>,
}

/// Reason why a file is not sent.
#[derive(Debug)]
pub(super) enum Unavailable {
    /// There is no such file, or it is not a regular file.
    Absent,
    /// The file has this many bytes, too many to send.
    TooLarge(u64),
    /// The file is there, but cannot be read.
    Unreadable(Error),
}

impl From<Errno> for Unavailable {
    fn from(error: Errno) -> Self {
        match error {
            // A link gives ELOOP, or ENOTDIR where a folder is expected; a socket gives ENXIO.
            Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::NXIO => Self::Absent,
            error => Self::Unreadable(error.into()),
        }
    }
}

impl Shelf {
    /// Opens the folder of a horizon. The reports directory itself may be a link: that is the operator's choice.
    fn folder(&self, horizon: Horizon) -> Result<OwnedFd, Unavailable> {
        let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let shelf = openat(CWD, &self.0, folder, Mode::empty())?;
        Ok(openat(shelf, horizon.key(), folder | OFlags::NOFOLLOW, Mode::empty())?)
    }

    /// Returns every report of `horizon`, the latest as-of date first, and of one date the latest run first.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub(super) fn list(&self, horizon: Horizon) -> Result<Vec<Report>, Error> {
        let folder = match self.folder(horizon) {
            Ok(folder) => folder,
            Err(Unavailable::Unreadable(error)) => return Err(error),
            Err(_) => return Ok(Vec::new()),
        };
        let mut found: BTreeMap<ReportId, BTreeSet<Kind>> = BTreeMap::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            // Some file systems do not report the type; a request for the file checks it.
            let file = matches!(entry.file_type(), FileType::RegularFile | FileType::Unknown);
            let name = entry.file_name().to_str().ok().and_then(|name| name.parse::<ReportName>().ok());
            if let Some(name) = name.filter(|_| file) {
                found.entry(name.id).or_default().insert(name.kind);
            }
        }
        Ok(found.into_iter().rev().map(|(id, kinds)| Report { id, kinds }).collect())
    }

    /// Returns the latest report of `horizon` in HTML, for the browser.
    ///
    /// # Errors
    /// When the folder is there but cannot be read.
    pub(super) fn latest(&self, horizon: Horizon) -> Result<Option<Report>, Error> {
        Ok(self.list(horizon)?.into_iter().find(|report| report.kinds.contains(&Kind::Html)))
    }

    /// Reads the bytes of a report.
    ///
    /// # Errors
    /// When it cannot be sent.
    pub(super) fn read(&self, horizon: Horizon, name: ReportName) -> Result<Vec<u8>, Unavailable> {
        // Without NONBLOCK, opening a pipe would wait.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let file = openat(self.folder(horizon)?, name.to_string(), flags, Mode::empty())?;
        let status = fstat(&file)?;
        if FileType::from_raw_mode(status.st_mode) != FileType::RegularFile {
            return Err(Unavailable::Absent);
        }
        let size = u64::try_from(status.st_size).unwrap_or(u64::MAX);
        if size > LARGEST {
            return Err(Unavailable::TooLarge(size));
        }
        let mut bytes = Vec::new();
        File::from(file).take(LARGEST).read_to_end(&mut bytes).map_err(Unavailable::Unreadable)?;
        Ok(bytes)
    }
}
