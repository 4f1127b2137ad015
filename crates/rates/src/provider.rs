//! What a source of rates is to the rest of the room: which documents hold a span of a series, and how its answers
//! are read. A provider never touches the network or the clock; it names [`Document`]s and reads the bytes that the
//! wire brings, so each can be tested, and fed with garbage, as a function of bytes.

mod kind;

pub(crate) use kind::PairAsked;
pub use kind::{KeyMeaning, ProviderKey, ProviderKind, SourceSettings};

use crate::snapshot::RawObservation;
use chrono::{Days, NaiveDate};
use forecaster_domain::BusinessCalendar;
use std::{fmt, path::PathBuf};

/// A source of rates.
pub(crate) trait Provider: fmt::Debug + Send + Sync {
    /// Its name in `rates.providers`, in the store's source column, in log lines and reports.
    fn name(&self) -> &'static str;

    /// The documents that hold `wanted`, oldest first; empty when the provider cannot have it (an unknown symbol, a
    /// span before its time).
    fn documents(&self, wanted: &Wanted) -> Vec<Document>;

    /// The observations of `wanted.symbol` in a document, in any order, with whatever values stand there: checks come
    /// later. Days without a value are left out. Observations outside the span do no harm.
    ///
    /// # Errors
    /// When the bytes are not what the provider's document of record describes, or are its way to tell of an error.
    /// Never panics, whatever the bytes.
    fn read(&self, wanted: &Wanted, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, Unreadable>;

    /// The observations of `wanted.symbol`, of what was read in each of its documents: all of it, unless several documents
    /// make one value ([`Document::part`]).
    fn combine(&self, _: &Wanted, read: Vec<(&Document, Vec<RawObservation>)>) -> Vec<RawObservation> {
        read.into_iter().flat_map(|(_, observations)| observations).collect()
    }

    /// Why it cannot be asked at all, for instance for want of an account; `None` when it can.
    fn unavailable(&self) -> Option<String> {
        None
    }
}

/// What a provider is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The provider's own name of the series, such as `CLP=X`.
    pub(crate) symbol: String,
    /// First day.
    pub(crate) from: NaiveDate,
    /// Last day.
    pub(crate) to: NaiveDate,
}

/// Where a document is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// The same document at one or more addresses; the next is asked when one fails. An address may hold secrets in
    /// its query: never show it, [`Document::label`] is for that.
    Web(Vec<String>),
    /// A file of this machine.
    File(PathBuf),
    /// Built into the program.
    Embedded,
}

/// One answer to be asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Document {
    /// Where it is.
    pub(crate) place: Place,
    /// What it is in a few words without secrets, for messages: `dolar/2024`.
    pub(crate) label: String,
    /// The day it is about, when it is about one.
    pub(crate) day: Option<NaiveDate>,
    /// What it holds when it takes several documents to make one value, such as a currency. It is always sent whole:
    /// "unchanged" would be no use beside another part that has changed.
    pub(crate) part: Option<String>,
    /// Ask as a browser would: the server refuses others.
    pub(crate) as_browser: bool,
    /// "Not found" is no fault: nothing was published.
    pub(crate) may_be_missing: bool,
    /// What comes with "not found" is an answer that can be read.
    pub(crate) tells_of_errors: bool,
}

impl Document {
    /// A document on the web, at one address.
    pub(crate) fn web(url: String, label: impl Into<String>) -> Self {
        Self::at(Place::Web(vec![url]), label)
    }

    /// A document at a place.
    pub(crate) fn at(place: Place, label: impl Into<String>) -> Self {
        Self {
            place,
            label: label.into(),
            day: None,
            part: None,
            as_browser: false,
            may_be_missing: false,
            tells_of_errors: false,
        }
    }
}

/// Why an answer could not be read: the end of the sentence "mindicador, usdclp: ...".
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub(crate) enum Unreadable {
    /// Not in the form expected.
    #[error(
        "the answer is not {expected}: {found}; it may have changed its format, or something in between answered"
    )]
    Shape {
        /// "JSON", "a CSV file with the columns ...".
        expected: String,
        /// What was found instead, an excerpt of at most [`EXCERPT`] characters included.
        found: String,
    },
    /// A row that makes no sense. One such row spoils the answer: what else in it would be wrong?
    #[error("{place}: found '{found}', expected {expected}")]
    Row {
        /// "line 3", "serie[17]".
        place: String,
        /// The cell or value.
        found: String,
        /// What was expected.
        expected: &'static str,
    },
    /// The provider's own words for an error.
    #[error("it says: {message}{advice}")]
    Refused {
        /// Code and text, shortened.
        message: String,
        /// What to do, beginning with "; ", or nothing.
        advice: &'static str,
    },
    /// It has no such series.
    #[error("it has no series '{symbol}'")]
    NoSuchSeries {
        /// The provider's own name of the series.
        symbol: String,
    },
}

/// Characters of an answer shown in a message.
pub(crate) const EXCERPT: usize = 80;

/// The beginning of an answer, for a message: one line, printable, at most [`EXCERPT`] characters.
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

/// How a provider's values become those of our series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// As they are.
    AsIs,
    /// One over them: the provider quotes the pair the other way round.
    Inverse,
    /// A market close of day t stands for the dólar observado of the next business day, which averages the trades of t.
    NextBusinessDay,
    /// A value dated d is the close of the day before.
    DayBefore,
    /// A value dated d is the close of the weekday before, which for a Monday is Friday.
    WeekdayBefore,
    /// A change in per cent, as 100 plus the change, so that it is positive: the level, with the period before at 100.
    ChangeToLevel,
}

impl Reading {
    /// Our observation for the provider's.
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
                // A close on a day that is none of ours counts for the same next day, once.
                let next = date.iter_days().skip(1).take(14).find(|day| calendar.is_business_day(*day));
                RawObservation { date: next.unwrap_or(date + Days::new(1)), value }
            }
        }
    }
}

/// A series at a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The provider's name.
    pub(crate) provider: &'static str,
    /// Its own name of the series.
    pub(crate) symbol: String,
    /// How its values are read.
    pub(crate) reading: Reading,
}
