//! Names of report files: `<as-of>-<run id>.<kind>`. A name that parses can neither leave its folder nor name
//! anything but a report, because the file name is rebuilt from its parts.

use chrono::{DateTime, NaiveDate, Utc};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// Date and run identifier: the common name of all report files of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ReportId {
    /// Date of the last observation.
    pub as_of: NaiveDate,
    /// Identifier of the run.
    pub run: Uuid,
}

impl ReportId {
    /// Returns the start of the run, from its identifier (RFC 9562, version 7).
    pub(super) fn began(&self) -> Option<DateTime<Utc>> {
        let (seconds, nanoseconds) = self.run.get_timestamp()?.to_unix();
        DateTime::from_timestamp(i64::try_from(seconds).ok()?, nanoseconds)
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.as_of, self.run.hyphenated())
    }
}

/// Forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// For the browser.
    Html,
    /// For paper.
    Pdf,
    /// For programs.
    Json,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Html, Kind::Pdf, Kind::Json];

    /// Returns the file name's extension.
    pub(super) fn extension(self) -> &'static str {
        match self {
            Kind::Html => "html",
            Kind::Pdf => "pdf",
            Kind::Json => "json",
        }
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Kind::Html => "text/html; charset=utf-8",
            Kind::Pdf => "application/pdf",
            // RFC 8259: JSON is UTF-8; the parameter does no harm and helps old browsers.
            Kind::Json => "application/json; charset=utf-8",
        }
    }
}

/// File name of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReportName {
    pub id: ReportId,
    pub kind: Kind,
}

impl fmt::Display for ReportName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.id, self.kind.extension())
    }
}

impl FromStr for ReportName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (stem, extension) = text.split_once('.').ok_or(())?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.extension() == extension).ok_or(())?;
        let (as_of, run) = stem.split_at_checked("2025-01-03".len()).ok_or(())?;
        let as_of = as_of.parse().map_err(drop)?;
        let run = Uuid::try_parse(run.strip_prefix('-').ok_or(())?).map_err(drop)?;
        let name = Self { id: ReportId { as_of, run }, kind };
        // Dates and identifiers can be written in other ways; file names cannot.
        if name.to_string() == text { Ok(name) } else { Err(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: &str = "01943a5c-7d00-7a3b-8c4d-1234567890ab";

    #[test]
    fn a_report_is_named_by_date_run_and_kind() {
        for kind in Kind::ALL {
            let text = format!("2025-01-03-{RUN}.{}", kind.extension());
            let name: ReportName = text.parse().unwrap();
            assert_eq!((name.to_string(), name.kind), (text, kind));
            assert_eq!(name.id.began().unwrap().to_rfc3339(), "2025-01-06T06:45:27.424+00:00");
        }
    }

    #[test]
    fn nothing_else_is_a_report() {
        let upper = RUN.to_uppercase();
        let simple = RUN.replace('-', "");
        for text in [
            String::new(),
            ".".into(),
            "..".into(),
            ".html".into(),
            format!(".report-2025-01-03-{RUN}.html"),
            format!("2025-01-03-{RUN}"),
            format!("2025-01-03-{RUN}."),
            format!("2025-01-03-{RUN}.htm"),
            format!("2025-01-03-{RUN}.HTML"),
            format!("2025-01-03-{RUN}.html.html"),
            format!("2025-01-03-{RUN}.html/"),
            format!("2025-01-03-{RUN}.html\0"),
            format!("2025-01-03-{RUN}%2ehtml"),
            format!("2025-02-30-{RUN}.html"),
            format!("2025-1-003-{RUN}.html"),
            format!("+025-01-03-{RUN}.html"),
            format!("2025-01-03 {RUN}.html"),
            format!("2025-01-03-{upper}.html"),
            format!("2025-01-03-{simple}.html"),
            format!("2025-01-03-{{{RUN}}}.html"),
            format!("2025-01-03-urn:uuid:{RUN}.html"),
            format!("../7d/2025-01-03-{RUN}.html"),
            format!("２025-01-03-{RUN}.html"),
        ] {
            assert_eq!(text.parse::<ReportName>(), Err(()), "{text}");
        }
    }

    #[test]
    fn a_run_whose_identifier_tells_no_time_has_none() {
        let id = ReportId { as_of: NaiveDate::default(), run: Uuid::nil() };
        assert_eq!(id.began(), None);
    }
}
