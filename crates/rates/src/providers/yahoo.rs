//! Yahoo Finance: daily closes of currencies, indices and futures, without a key, from the interface behind its
//! charts.
//!
//! - **Documentation**: none; <https://finance.yahoo.com> draws its charts with it. The terms allow personal use;
//!   nothing is promised, and from time to time it refuses programs (429, "Too Many Requests"; 403). Reports of 2025
//!   and 2026 see 429 for a full browser's user agent from a program, and 200 for the bare `Mozilla/5.0`: so that is
//!   sent first. After a refusal the other one is sent to the other host, and after a second refusal no more requests
//!   are sent in the same sync.
//! - **Address**: `https://query1.finance.yahoo.com/v8/finance/chart/{symbol}?period1=..&period2=..&interval=1d`, the
//!   periods in Unix seconds, or the same at `query2`. The requested span has a spare day on either side because of
//!   time zones.
//! - **Response**: `{"chart":{"result":[{"meta":{"symbol":"CLP=X","exchangeTimezoneName":"Europe/London",
//!   "gmtoffset":0,"regularMarketTime":1709855940,"currentTradingPeriod":{"regular":{"start":1709769600,
//!   "end":1709855940}}},"timestamp":[1709596800,1709683200],"indicators":{"quote":[{"close":[976.1,null],...}]}}],
//!   "error":null}}`. Days without a price are null. A span without trading has neither timestamps nor closes.
//! - **Dates**: the timestamp of a bar is the start of its session, in the zone of its exchange. A day of CLP=X
//!   begins at midnight in London, 23:00 UTC of the day before in summer; a day of an index begins when its exchange
//!   opens.
//! - **Currencies** (`CLP=X`): the close of a past bar equals its open, the price at midnight in London, which is the
//!   evening before in America; only the bar of the current day has another close, the price of the moment. Against
//!   the dólar observado of 2020 to 2024 a day's bar carries no information as that day's close, but explains a
//!   quarter of the next return when it is taken as the close of the day before (docs/BENCHMARKS.md). So the open is
//!   read and dated the day before; of two bars of one day the earlier counts. Monday's open is from Sunday evening;
//!   weekends are refused later.
//! - **Errors**: `{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be
//!   delisted"}}}`; the same under `finance` when it rejects the caller.
//! - **The day in progress**: its bar has the timestamp of its latest trade, and stays beside the settled bar for a
//!   while. The reader has no clock, so the response itself decides: while the latest trade (`regularMarketTime`) is
//!   minutes before the end of the session (`currentTradingPeriod`), every bar of that session is left out; of two
//!   last bars of one day the later counts. On Fridays currencies and futures stop trading hours before the end that
//!   Yahoo gives for the session, so over the weekend Friday's bar is left out as well: a day's delay is better than
//!   a false close.

#[cfg(test)]
mod tests;

use super::answer::{encoded, json, no_such_series, number, plausible, provider_error, row, unexpected_format};
use crate::{
    provider::{
        Document, DocumentLocation, PairRequest, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion,
        excerpt,
    },
    snapshot::RawObservation,
};
use chrono::{DateTime, Days, FixedOffset, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "yahoo";
/// Default addresses.
const DEFAULT_URLS: [&str; 2] =
    ["https://query1.finance.yahoo.com/v8/finance/chart", "https://query2.finance.yahoo.com/v8/finance/chart"];
/// User agents, the one that is refused less often first.
const AGENTS: [&str; 2] = ["Mozilla/5.0", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"];

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    is_stand_in: true,
    series: &[
        ("dxy", "DX-Y.NYB", ValueConversion::AsIs),
        ("vix", "^VIX", ValueConversion::AsIs),
        ("copper_comex", "HG=F", ValueConversion::AsIs),
    ],
    pair: symbol_of_pair,
    ..ProviderKind::new(NAME, &DEFAULT_URLS, |settings| Arc::new(Yahoo::new(&settings.addresses)))
};

const EXPECTED: &str = "JSON with a 'chart'";

/// Seconds before the end of a session within which the latest trade may be the last one: on 2026-02-02 the last
/// trade of ^TNX was eight seconds before the announced end.
const LAST_TRADE: i64 = 300;

/// Client for Yahoo's charts at one or more addresses.
#[derive(Debug)]
pub(crate) struct Yahoo {
    /// One address for each of [`AGENTS`].
    base_urls: Vec<String>,
}

#[derive(Debug, Deserialize)]
struct ChartResponse {
    #[serde(alias = "finance")]
    chart: ChartData,
}

#[derive(Debug, Deserialize)]
struct ChartData {
    result: Option<Vec<Bars>>,
    error: Option<ChartError>,
}

#[derive(Debug, Deserialize)]
struct ChartError {
    code: Option<String>,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Bars {
    meta: Meta,
    #[serde(default)]
    timestamp: Vec<i64>,
    indicators: Indicators,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    symbol: Option<String>,
    exchange_timezone_name: Option<String>,
    gmtoffset: Option<i32>,
    regular_market_time: Option<i64>,
    current_trading_period: Option<TradingPeriods>,
}

#[derive(Debug, Deserialize)]
struct TradingPeriods {
    regular: Option<Session>,
}

#[derive(Debug, Deserialize)]
struct Session {
    start: i64,
    end: i64,
}

#[derive(Debug, Deserialize)]
struct Indicators {
    #[serde(default)]
    quote: Vec<ClosingPrices>,
}

#[derive(Debug, Deserialize)]
struct ClosingPrices {
    #[serde(default)]
    open: Vec<Value>,
    #[serde(default)]
    close: Vec<Value>,
}

/// Time zone of an exchange.
#[derive(Debug, Clone, Copy)]
enum Zone {
    Named(Tz),
    Offset(FixedOffset),
}

impl Yahoo {
    /// Creates a client for addresses, for instance [`DEFAULT_URLS`]. A single one is used with both user agents.
    pub(crate) fn new(addresses: &[String]) -> Self {
        let given = addresses.iter().map(|address| address.trim_end_matches('/').to_owned());
        Self { base_urls: given.cycle().take(AGENTS.len()).collect() }
    }
}

impl Provider for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        let day = |date: Option<NaiveDate>| date.map_or(0, |date| seconds(date).max(0));
        let (start, end) = (day(from.checked_sub_days(Days::new(1))), day(to.checked_add_days(Days::new(2))));
        let span = format!("period1={start}&period2={end}&interval=1d");
        let urls = self.base_urls.iter().map(|base| format!("{base}/{}?{span}", encoded(symbol))).collect();
        let place = DocumentLocation::Web(urls);
        vec![Document { agents: &AGENTS, error_body_readable: true, ..Document::at(place, symbol.as_str()) }]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let ChartResponse { chart } = json(body, EXPECTED)?;
        if let Some(error) = chart.error {
            return Err(error.meaning(&wanted.symbol));
        }
        let Some(bars) = chart.result.and_then(|result| result.into_iter().next()) else {
            return Err(unexpected_format("JSON with a 'chart' that has a result", excerpt(body)));
        };
        bars.meta.check_symbol(&wanted.symbol)?;
        bars.observations(is_currency(&wanted.symbol))
    }
}

/// Returns the symbol of any pair; Yahoo writes pairs with the dollar as base without the dollar.
fn symbol_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let PairRequest { base, quote, .. } = request;
    let symbol = if *base == "USD" { format!("{quote}=X") } else { format!("{base}{quote}=X") };
    Some((symbol, request.of_close()))
}

impl ChartError {
    fn meaning(self, symbol: &str) -> ReadError {
        let (code, description) = (self.code.unwrap_or_default(), self.description.unwrap_or_default());
        match code.as_str() {
            "Not Found" => no_such_series(symbol),
            _ => provider_error(format!("{code} {description}").trim(), ""),
        }
    }
}

impl Meta {
    /// Checks that the response is about `wanted`. Yahoo writes the dollar pairs without the dollar, and may respond
    /// with the short symbol to a request for the long one.
    fn check_symbol(&self, wanted: &str) -> Result<(), ReadError> {
        let plain = |symbol: &str| symbol.to_uppercase().trim_start_matches("USD").to_owned();
        match &self.symbol {
            Some(symbol) if plain(symbol) != plain(wanted) => {
                Err(unexpected_format(&format!("about '{wanted}'"), excerpt(symbol.as_bytes())))
            }
            _ => Ok(()),
        }
    }

    fn zone(&self) -> Result<Zone, ReadError> {
        let named = self.exchange_timezone_name.as_deref().and_then(|name| name.parse().ok()).map(Zone::Named);
        let offset = || self.gmtoffset.and_then(FixedOffset::east_opt).map(Zone::Offset);
        named.or_else(offset).ok_or_else(|| {
            let found = self.exchange_timezone_name.as_deref().unwrap_or_default();
            row("chart.result[0].meta".into(), found, "the zone of the exchange")
        })
    }

    /// Returns the current session when its latest trade is too early to be the last one.
    fn session_in_progress(&self) -> Option<&Session> {
        let session = self.current_trading_period.as_ref()?.regular.as_ref()?;
        (self.regular_market_time? < session.end.saturating_sub(LAST_TRADE)).then_some(session)
    }
}

impl Bars {
    fn observations(&self, currency: bool) -> Result<Vec<RawObservation>, ReadError> {
        let quote = self.indicators.quote.first();
        let prices = quote.map_or(&[][..], |quote| if currency { &quote.open } else { &quote.close });
        if prices.len() != self.timestamp.len() {
            let found = format!("{} timestamps and {} prices", self.timestamp.len(), prices.len());
            return Err(unexpected_format("a chart with a price for each timestamp", found));
        }
        if prices.is_empty() {
            return Ok(Vec::new());
        }
        let zone = self.meta.zone()?;
        let unfinished = self.meta.session_in_progress().filter(|_| !currency);
        let mut observations = Vec::with_capacity(prices.len());
        for (index, (&timestamp, price)) in self.timestamp.iter().zip(prices).enumerate() {
            let day = zone.day(timestamp).and_then(|day| if currency { day.pred_opt() } else { Some(day) });
            let date = day.ok_or_else(|| {
                let expected = "Unix seconds in a year from 1900 to 2200";
                row(format!("timestamp[{index}]"), &timestamp.to_string(), expected)
            })?;
            let value = number(price, || format!("prices[{index}]"))?;
            if unfinished.is_some_and(|session| timestamp >= session.start) {
                continue;
            }
            observations.extend(value.map(|value| RawObservation { date, value }));
        }
        if let [.., before, last] = observations[..]
            && before.date == last.date
        {
            let superfluous = if currency { observations.len() - 1 } else { observations.len() - 2 };
            observations.remove(superfluous);
        }
        Ok(observations)
    }
}

/// True for symbols such as `CLP=X` and `EURCLP=X`.
fn is_currency(symbol: &str) -> bool {
    symbol.ends_with("=X")
}

impl Zone {
    /// Returns the day of an instant. Only plausible instants are converted: chrono panics near the ends of time.
    fn day(self, timestamp: i64) -> Option<NaiveDate> {
        let instant = DateTime::from_timestamp(timestamp, 0)?;
        plausible(instant.date_naive())?;
        plausible(match self {
            Self::Named(zone) => instant.with_timezone(&zone).date_naive(),
            Self::Offset(offset) => instant.with_timezone(&offset).date_naive(),
        })
    }
}

fn seconds(date: NaiveDate) -> i64 {
    date.and_time(chrono::NaiveTime::MIN).and_utc().timestamp()
}
