//! `forecaster rates remove`: takes stored values of a series away, after a copy of them is written to
//! `<data_dir>/removed/`.

use crate::cli::output::print;
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use forecaster_rates::{IMPORT_SOURCE, RatesStore, Removal, Selection, StoredObservation, removable};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Folder of the copies in the state directory.
const FOLDER: &str = "removed";

/// Removes the chosen values of the series `name`; a dry run only shows them.
pub(super) fn remove(
    store: &RatesStore,
    config: &Config,
    name: &str,
    selection: &Selection,
    dry_run: bool,
) -> Result<CommandOutcome, Failure> {
    if let (Some(from), Some(to)) = (selection.from, selection.to)
        && from > to
    {
        return Err(Failure::FromAfterTo { from, to });
    }
    if dry_run {
        let planned = removable(store, name, selection)?;
        return print_removal(name, selection, &planned, None);
    }
    let mut copy = None;
    let removal = forecaster_rates::remove(store, name, selection, |versions| {
        let path = write_copy(&config.service.data_dir.join(FOLDER), name, versions, Utc::now())?;
        copy = Some(path);
        Ok::<(), Failure>(())
    })?;
    print_removal(name, selection, &removal, copy.as_deref())
}

/// Prints what was removed into `copy`, or would be removed when there is none.
fn print_removal(
    name: &str,
    selection: &Selection,
    removal: &Removal,
    copy: Option<&Path>,
) -> Result<CommandOutcome, Failure> {
    let dates: BTreeSet<NaiveDate> = removal.removed.iter().map(|version| version.date).collect();
    let (Some(first), Some(last)) = (removal.removed.first(), removal.removed.last()) else {
        return Err(Failure::NothingToRemove(nothing_there(name, selection, removal)));
    };
    let verb = if copy.is_some() { "removed" } else { "would be removed" };
    let mut text = format!(
        "{name}: {} values of {} days {verb}, the first {} on {}, the last {} on {}\n",
        removal.removed.len(),
        dates.len(),
        first.value,
        first.date,
        last.value,
        last.date
    );
    let mut counts_again = |count: usize, what: &str| {
        if count > 0 {
            let _ = writeln!(text, "  on {count} of these days {what} counts again");
        }
    };
    counts_again(removal.still_stored, "another stored value");
    counts_again(removal.still_embedded, "the embedded value");
    if let Some(copy) = copy {
        let _ = writeln!(text, "  copy: {}", copy.display());
        let _ = writeln!(
            text,
            "  to bring it back: forecaster rates import {} --series {name} --accept-jumps",
            copy.display()
        );
        if removal.removed.iter().any(|version| version.source != IMPORT_SOURCE) {
            let _ = writeln!(
                text,
                "  to fetch it again: forecaster rates sync --series {name} --from {} --accept-revisions",
                first.date
            );
        }
    } else {
        text.push_str("  nothing was changed\n");
    }
    print(&text)?;
    Ok(CommandOutcome::Done)
}

/// Returns the reason why no stored value is chosen.
fn nothing_there(name: &str, selection: &Selection, removal: &Removal) -> String {
    let bound = |word: &str, date: Option<NaiveDate>| date.map_or_else(String::new, |date| format!(" {word} {date}"));
    let place = format!("{name}{}{}", bound("from", selection.from), bound("to", selection.to));
    match &selection.source {
        Some(source) if !removal.sources.is_empty() => {
            format!("{place} has no stored values from '{source}', only from {}", removal.sources.join(", "))
        }
        _ if removal.embedded > 0 => format!(
            "{place} has no stored values, only {} embedded in the program, which cannot be removed (import the right \
             ones over them)",
            removal.embedded
        ),
        _ => format!("{place} has no stored values"),
    }
}

/// Writes the versions to a new file in `folder`, completely or not at all, and returns its path.
fn write_copy(
    folder: &Path,
    name: &str,
    versions: &[StoredObservation],
    now: DateTime<Utc>,
) -> Result<PathBuf, Failure> {
    let mut text = "date,value,source,fetched_at\n".to_owned();
    for StoredObservation { date, value, source, fetched_at } in versions {
        let _ = writeln!(text, "{date},{value},{source},{}", fetched_at.to_rfc3339_opts(SecondsFormat::Millis, true));
    }
    fs::create_dir_all(folder).map_err(|error| Failure::file("create", folder, error))?;
    let stem = format!("{name}-{}", now.format("%Y%m%dT%H%M%SZ"));
    let mut names =
        (1..).map(|i| folder.join(if i == 1 { format!("{stem}.csv") } else { format!("{stem}-{i}.csv") }));
    let (path, mut file) = loop {
        let Some(path) = names.next() else { continue };
        match OpenOptions::new().create_new(true).write(true).open(&path) {
            Ok(file) => break (path, file),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(Failure::file("write", &path, error)),
        }
    };
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    let written = written.and_then(|()| File::open(folder)?.sync_all());
    written.map_err(|error| {
        // Half a copy is none.
        let _ = fs::remove_file(&path);
        Failure::file("write", &path, error)
    })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(date: &str, value: f64) -> StoredObservation {
        let fetched_at = DateTime::UNIX_EPOCH;
        StoredObservation { date: date.parse().unwrap(), value, source: "import".into(), fetched_at }
    }

    #[test]
    fn a_copy_has_every_version_and_overwrites_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let inside = folder.path().join("removed");
        let versions = [version("2025-01-02", 100.1), version("2025-01-02", 1001.0)];
        let first = write_copy(&inside, "usdclp", &versions, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(first, inside.join("usdclp-19700101T000000Z.csv"));
        let expected = "date,value,source,fetched_at\n2025-01-02,100.1,import,1970-01-01T00:00:00.000Z\n\
                        2025-01-02,1001,import,1970-01-01T00:00:00.000Z\n";
        assert_eq!(fs::read_to_string(&first).unwrap(), expected);
        let second = write_copy(&inside, "usdclp", &versions, DateTime::UNIX_EPOCH).unwrap();
        assert_eq!(second, inside.join("usdclp-19700101T000000Z-2.csv"));
    }

    #[test]
    fn a_copy_that_cannot_be_written_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("removed");
        fs::write(&file, "no folder").unwrap();
        let error = write_copy(&file, "usdclp", &[version("2025-01-02", 1.0)], Utc::now()).unwrap_err().to_string();
        assert!(error.contains("removed"), "{error}");
    }
}
