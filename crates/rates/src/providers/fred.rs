//! FRED, the economic data of the Federal Reserve Bank of St. Louis: the tables behind its graphs, without a key, or the
//! documented interface, with one.
//!
//! - **Documentation**: <https://fred.stlouisfed.org>; of the interface,
//!   <https://fred.stlouisfed.org/docs/api/fred/series_observations.html>. A key is free
//!   (<https://fredaccount.stlouisfed.org/apikeys>) and allows 120 requests a minute. The exchange rates are the Federal
//!   Reserve's (release H.10) and in the public domain; other series belong to their sources, VIXCLS to Cboe.
//! - **Address** without a key:
//!   `https://fred.stlouisfed.org/graph/fredgraph.csv?id=DEXJPUS,DEXCAUS&cosd=2024-03-01&coed=2024-03-31`. Several
//!   series of one frequency come in one table; series of several frequencies would come in a zip archive. Requests
//!   from the networks of some cloud services are never answered.
//! - **Address** with a key: `https://api.stlouisfed.org/fred/series/observations?series_id=DEXJPUS&api_key=..&
//!   file_type=json&observation_start=2024-03-01&observation_end=2024-03-31`, one series each. The key is in the query,
//!   so the address is a secret.
//! - **Response** without a key, oldest first: `observation_date,DEXJPUS` (formerly `DATE,DEXJPUS`) and
//!   `2024-03-06,149.36`. Holidays have a row whose value is empty or a point.
//! - **Response** with a key: `{"realtime_start":..,"observation_start":..,"units":"lin",..,"count":21,"offset":0,
//!   "limit":100000,"observations":[{"realtime_start":"2024-04-01","realtime_end":"2024-04-01","date":"2024-03-06",
//!   "value":"149.36"},...]}`. Values are text with a decimal point; a missing one is a point.
//! - **Dates**: the day of the value. H.10 has noon rates in New York and is published on Mondays for the week
//!   before, VIX and the federal funds rate a day later. DFF has a value on every day of the week; monthly series are
//!   dated the first of their month.
//! - **Errors** without a key: pages in HTML. With one: HTTP status 400 and `{"error_code":400,"error_message":"Bad
//!   Request.  The value for variable api_key is not registered.  Read https://.. for more information."}`, or ".. The
//!   series does not exist.".
//! - **Symbols**: those of FRED, and `DXY`, ICE's index computed from the H.10 rates of its six currencies.

mod keyed;
#[cfg(test)]
mod tests;

use super::{
    answer::{encoded, no_such_series, redacted, text},
    dollar_index::dollar_index,
    table::{CsvFormat, TableRow},
};
use crate::{
    provider::{Document, PairRequest, Provider, ProviderKey, ProviderKind, ReadError, SpanRequest, ValueConversion},
    snapshot::RawObservation,
};
use std::{fmt, sync::Arc};

/// Name of the provider.
const NAME: &str = "fred";
/// Default address, without a key.
const DEFAULT_URL: &str = "https://fred.stlouisfed.org/graph/fredgraph.csv";
/// Default address, with a key.
const KEYED_URL: &str = "https://api.stlouisfed.org/fred/series/observations";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    usual_delay: 7,
    keys: &[ProviderKey::URL, ProviderKey::secret("key", "")],
    series: &[
        ("dxy", "DXY", ValueConversion::AsIs),
        ("usd_broad", "DTWEXBGS", ValueConversion::AsIs),
        ("vix", "VIXCLS", ValueConversion::AsIs),
        ("fed_funds", "DFF", ValueConversion::AsIs),
        ("copper_monthly", "PCOPPUSDM", ValueConversion::AsIs),
    ],
    pair: series_of_pair,
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| {
        Arc::new(Fred::new(settings.address(), settings.password.clone()))
    })
};

/// Exchange rates of the Federal Reserve's release H.10: series, currency priced, currency of the price.
const H10: [(&str, &str, &str); 22] = [
    ("DEXBZUS", "USD", "BRL"),
    ("DEXCAUS", "USD", "CAD"),
    ("DEXCHUS", "USD", "CNY"),
    ("DEXDNUS", "USD", "DKK"),
    ("DEXHKUS", "USD", "HKD"),
    ("DEXINUS", "USD", "INR"),
    ("DEXJPUS", "USD", "JPY"),
    ("DEXKOUS", "USD", "KRW"),
    ("DEXMAUS", "USD", "MYR"),
    ("DEXMXUS", "USD", "MXN"),
    ("DEXNOUS", "USD", "NOK"),
    ("DEXSDUS", "USD", "SEK"),
    ("DEXSFUS", "USD", "ZAR"),
    ("DEXSIUS", "USD", "SGD"),
    ("DEXSLUS", "USD", "LKR"),
    ("DEXSZUS", "USD", "CHF"),
    ("DEXTAUS", "USD", "TWD"),
    ("DEXTHUS", "USD", "THB"),
    ("DEXUSAL", "AUD", "USD"),
    ("DEXUSEU", "EUR", "USD"),
    ("DEXUSNZ", "NZD", "USD"),
    ("DEXUSUK", "GBP", "USD"),
];

const FORM: CsvFormat<'static> = CsvFormat {
    expected: "a CSV file with the columns observation_date and the series",
    date_columns: &["observation_date", "date"],
    missing: &["."],
};

/// Symbol of the dollar index, which is computed.
const DOLLAR_INDEX: &str = "DXY";

/// Series of the dollar index, in the order of its currencies. The euro and the pound are in USD.
const OF_THE_INDEX: [&str; 6] = ["DEXUSEU", "DEXJPUS", "DEXUSUK", "DEXCAUS", "DEXSDUS", "DEXSZUS"];

/// Client for FRED at an address: that of the tables or, with a key, of the documented interface.
pub(crate) struct Fred {
    base_url: String,
    api_key: Option<String>,
}

impl Fred {
    /// Creates a client for `base_url`. The default address is that of the tables; with a key it stands for
    /// [`KEYED_URL`].
    pub(crate) fn new(base_url: &str, api_key: Option<String>) -> Self {
        let api_key = api_key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        let base_url = if api_key.is_some() && base_url == DEFAULT_URL { KEYED_URL } else { base_url };
        Self { base_url: base_url.to_owned(), api_key }
    }

    /// Returns the document of one series at the documented interface.
    fn keyed_document(&self, wanted: &SpanRequest, id: &str, key: &str) -> Document {
        let SpanRequest { symbol, from, to } = wanted;
        let asked = format!("series_id={}&api_key={}&file_type=json", encoded(id), encoded(key));
        let url = format!("{}?{asked}&observation_start={from}&observation_end={to}", self.base_url);
        Document {
            part: (symbol != id).then(|| id.to_owned()),
            error_body_readable: true,
            ..Document::web(url, format!("{id} from {from} to {to}"))
        }
    }
}

impl fmt::Debug for Fred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = if self.api_key.is_some() { "[redacted]" } else { "none" };
        f.debug_struct("Fred").field("base_url", &self.base_url).field("api_key", &key).finish()
    }
}

impl Provider for Fred {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        if let Some(key) = &self.api_key {
            return columns(symbol).into_iter().map(|id| self.keyed_document(wanted, id, key)).collect();
        }
        let ids: Vec<String> = columns(symbol).into_iter().map(encoded).collect();
        let url = format!("{}?id={}&cosd={from}&coed={to}", self.base_url, ids.join(","));
        vec![Document::web(url, format!("{symbol} from {from} to {to}"))]
    }

    fn read(&self, wanted: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        if let Some(key) = self.api_key.as_deref() {
            let id = document.part.as_deref().unwrap_or(&wanted.symbol);
            let read = |body: &[u8]| keyed::read(id, body);
            return read(body).map_err(|error| read(&redacted(body, [key])).err().unwrap_or(error));
        }
        let rows = FORM.rows(&text(body), &columns(&wanted.symbol), wanted)?;
        let rows = rows.ok_or_else(|| no_such_series(&wanted.symbol))?;
        let value = |row: TableRow| if wanted.symbol == DOLLAR_INDEX { index(row) } else { row.single() };
        Ok(rows.into_iter().filter_map(value).collect())
    }

    /// Computes the dollar index where it comes in six documents.
    fn combine(&self, wanted: &SpanRequest, read: Vec<(&Document, Vec<RawObservation>)>) -> Vec<RawObservation> {
        if self.api_key.is_none() || wanted.symbol != DOLLAR_INDEX {
            return read.into_iter().flat_map(|(_, observations)| observations).collect();
        }
        keyed::rows(&OF_THE_INDEX, &read).into_iter().filter_map(index).collect()
    }
}

/// Returns the series of a pair of the release H.10, inverted for a pair quoted the other way round.
fn series_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let found = H10.iter().find_map(|&(id, priced, unit)| match (priced, unit) {
        _ if (priced, unit) == (request.base, request.quote) => Some((id.to_owned(), ValueConversion::AsIs)),
        _ if (priced, unit) == (request.quote, request.base) => Some((id.to_owned(), ValueConversion::Inverse)),
        _ => None,
    });
    found.filter(|_| !request.spot)
}

fn columns(symbol: &str) -> Vec<&str> {
    if symbol == DOLLAR_INDEX { OF_THE_INDEX.to_vec() } else { vec![symbol] }
}

/// Computes the dollar index of a row; `None` when one of the six rates is missing.
fn index(row: TableRow) -> Option<RawObservation> {
    let rates: Option<Vec<f64>> = row.values.into_iter().collect();
    let [usd_per_euro, jpy, usd_per_pound, cad, sek, chf] = rates?[..] else { return None };
    let value = dollar_index([1.0 / usd_per_euro, jpy, 1.0 / usd_per_pound, cad, sek, chf]);
    Some(RawObservation { date: row.date, value })
}
