//! Interface of a source of rates: which documents hold a span of a series, and how their bytes are read. A provider
//! never touches the network or the clock: it names [`Document`]s and reads the bytes that the wire fetches, so each
//! provider can be tested, and fed with garbage, as a function of bytes.

mod kind;

pub(crate) use kind::PairRequest;
pub use kind::{KeyType, ProviderKey, ProviderKind, SourceSettings};

use crate::snapshot::RawObservation;
use chrono::{Days, NaiveDate};
use forecaster_domain::BusinessCalendar;
use std::{fmt, path::PathBuf, time::Duration};

/// A source of rates.
pub(crate) trait Provider: fmt::Debug + Send + Sync {
    /// Returns the name used in `rates.providers`, in the store's source column, in log lines and in reports.
    fn name(&self) -> &'static str;

    /// Returns the documents that hold `wanted`, oldest first; none when the provider cannot have it (an unknown
    /// symbol, a span before its archive begins).
    fn documents(&self, wanted: &SpanRequest) -> Vec<Document>;

    /// Returns the observations of `wanted.symbol` in a document, in any order, with the values as they stand: checks
    /// come later. Days without a value are left out. Observations outside the span do no harm.
    ///
    /// # Errors
    /// When the bytes do not match the description in the provider's file, or report an error of the service. Never
    /// panics, whatever the bytes.
    fn read(&self, wanted: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError>;

    /// Combines the observations read from all documents of `wanted.symbol`. Returns all of them, unless several
    /// documents make one value ([`Document::part`]).
    fn combine(&self, _: &SpanRequest, read: Vec<(&Document, Vec<RawObservation>)>) -> Vec<RawObservation> {
        read.into_iter().flat_map(|(_, observations)| observations).collect()
    }

    /// Returns why the provider cannot be used at all, for instance a missing account; `None` when it can.
    fn unavailable(&self) -> Option<String> {
        None
    }
}

/// Symbol and span requested from a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SpanRequest {
    /// Symbol of the series at the provider, such as `CLP=X`.
    pub(crate) symbol: String,
    /// First day.
    pub(crate) from: NaiveDate,
    /// Last day.
    pub(crate) to: NaiveDate,
}

/// Location of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum DocumentLocation {
    /// The same document at one or more addresses; the next is tried when one fails. The query of an address may hold
    /// secrets: never show the address, show [`Document::label`].
    Web(Vec<String>),
    /// A local file.
    File(PathBuf),
    /// Built into the program.
    Embedded,
}

/// A document to fetch and read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// Location.
    pub(crate) place: DocumentLocation,
    /// Short description without secrets, for messages: `dolar/2024`.
    pub(crate) label: String,
    /// Day of the values, for a document of a single day.
    pub(crate) day: Option<NaiveDate>,
    /// Content, such as a currency, when several documents make one value. Such a document is always fetched in full:
    /// "unchanged" for one part would be useless when another part has changed.
    pub(crate) part: Option<String>,
    /// User agents, the next one after each refusal, for a server that refuses some programs; empty for our own.
    pub(crate) agents: &'static [&'static str],
    /// Least time between the starts of two requests to the host; `None` for the usual one.
    pub(crate) spacing: Option<Duration>,
    /// Set when a 404 is not a failure: nothing was published.
    pub(crate) may_be_missing: bool,
    /// Set when any failure means that nothing was published yet, as long as the older documents can be read: the
    /// document of a year that has just begun.
    pub(crate) may_not_exist_yet: bool,
    /// Set when the body of a 400, 404 or 422 is a readable error message.
    pub(crate) error_body_readable: bool,
}

impl Document {
    /// Returns a document on the web, at one address.
    pub(crate) fn web(url: String, label: impl Into<String>) -> Self {
        Self::at(DocumentLocation::Web(vec![url]), label)
    }

    /// Returns a document at a location.
    pub(crate) fn at(place: DocumentLocation, label: impl Into<String>) -> Self {
        Self {
            place,
            label: label.into(),
            day: None,
            part: None,
            agents: &[],
            spacing: None,
            may_be_missing: false,
            may_not_exist_yet: false,
            error_body_readable: false,
        }
    }
}

/// Reason why a response could not be read: the end of the sentence "mindicador, usdclp: ...".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum ReadError {
    /// A response that does not have the expected form.
    #[error(
        "the answer is not {expected}: {found}; the service may have changed its format, or a proxy may have \
         answered in its place"
    )]
    UnexpectedFormat {
        /// Expected form: "JSON", "a CSV file with the columns ...".
        expected: String,
        /// Content found instead, including an excerpt of at most [`EXCERPT`] characters.
        found: String,
    },
    /// An invalid row. A single one rejects the whole response, since its other rows cannot be trusted.
    #[error("{place}: found '{found}', expected {expected}")]
    Row {
        /// Position: `line 3`, `serie[17]`.
        place: String,
        /// Cell or value found.
        found: String,
        /// Expected form.
        expected: &'static str,
    },
    /// An error reported by the provider.
    #[error("it reports an error: {message}{advice}")]
    ProviderError {
        /// Error code and text, shortened.
        message: String,
        /// Advice beginning with "; "; may be empty.
        advice: &'static str,
    },
    /// An account that the provider does not accept: no other request with it will succeed.
    #[error("it reports an error: {message}{advice}")]
    AccountRefused {
        /// Error code and text, shortened.
        message: String,
        /// Advice beginning with "; "; may be empty.
        advice: &'static str,
    },
    /// A page whose scripts check that a browser is reading it.
    #[error(
        "it answers with a page that wants a browser to run its scripts, which keeps programs out: {found}; the \
         service may answer again later, or to another address"
    )]
    WantsBrowser {
        /// Excerpt of the page.
        found: String,
    },
    /// A series that the provider does not have.
    #[error("it has no series '{symbol}'")]
    NoSuchSeries {
        /// Symbol of the series at the provider.
        symbol: String,
    },
}

/// Maximum length of an excerpt of a response in a message, in characters.
pub(crate) const EXCERPT: usize = 80;

/// Returns the beginning of a response for a message: one line, printable, at most [`EXCERPT`] characters.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let start = &body[..body.len().min(4 * EXCERPT)];
    let text = String::from_utf8_lossy(start);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let printable = line.chars().filter(|c| !c.is_control());
    let mut short: String = printable.clone().take(EXCERPT).collect();
    if printable.count() > EXCERPT || body.len() > start.len() {
        short.push_str("...");
    }
    if short.is_empty() { "nothing".to_owned() } else { format!("'{short}'") }
}

/// Conversion from a provider's values to those of our series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueConversion {
    /// No conversion.
    AsIs,
    /// The inverse, 1/x: the provider quotes the pair the other way round.
    Inverse,
    /// A market close of day t stands for the next business day's dólar observado, which averages the trades of t.
    NextBusinessDay,
    /// A value dated d is the close of the day before.
    DayBefore,
    /// A value dated d is the close of the weekday before, which for a Monday is Friday.
    WeekdayBefore,
    /// A change in per cent becomes 100 plus the change: a positive level, with the previous period at 100.
    ChangeToLevel,
}

impl ValueConversion {
    /// Converts a provider's observation to ours.
    pub(crate) fn apply(self, observation: RawObservation, calendar: BusinessCalendar) -> RawObservation {
        let RawObservation { date, value } = observation;
        match self {
            Self::AsIs => observation,
            Self::Inverse => RawObservation { date, value: 1.0 / value },
            Self::DayBefore => RawObservation { date: date - Days::new(1), value },
            Self::WeekdayBefore => {
                let weekdays = BusinessCalendar::weekdays();
                let before = date.iter_days().rev().skip(1).find(|day| weekdays.is_business_day(*day));
                RawObservation { date: before.unwrap_or(date), value }
            }
            Self::ChangeToLevel => RawObservation { date, value: 100.0 + value },
            Self::NextBusinessDay => {
                // A close on a day outside our calendar stands for the same next business day.
                let next = date.iter_days().skip(1).take(14).find(|day| calendar.is_business_day(*day));
                RawObservation { date: next.unwrap_or(date + Days::new(1)), value }
            }
        }
    }
}

/// A series at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// Name of the provider.
    pub(crate) provider: &'static str,
    /// Symbol of the series at the provider.
    pub(crate) symbol: String,
    /// Conversion of the provider's values.
    pub(crate) reading: ValueConversion,
}
