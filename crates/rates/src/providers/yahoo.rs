//! Yahoo Finance: daily closes of currencies, indices and futures, without a key, from the interface behind its
//! charts.
//!
//! - **Documentation**: none; <https://finance.yahoo.com> draws its charts with it. Its terms allow personal use;
//!   nothing is promised, and from time to time it refuses programs (429, "Too Many Requests"), so it is asked as a
//!   browser asks.
//! - **Address**: `https://query1.finance.yahoo.com/v8/finance/chart/{symbol}?period1=..&period2=..&interval=1d`, the
//!   periods in Unix seconds. The span is asked for with a day to spare on either side, for the sake of zones.
//! - **Answer**: `{"chart":{"result":[{"meta":{"symbol":"CLP=X","exchangeTimezoneName":"Europe/London","gmtoffset":0,
//!   "regularMarketTime":1709855940,"currentTradingPeriod":{"regular":{"start":1709769600,"end":1709855940}}},
//!   "timestamp":[1709596800,1709683200],"indicators":{"quote":[{"close":[976.1,null],...}]}}],"error":null}}`. Days
//!   without a price are null. A span without trading has neither timestamps nor closes.
//! - **Dates**: a bar is stamped with the start of its session, in the zone of its exchange: a day of CLP=X begins at
//!   midnight in London, 23:00 UTC of the day before in summer; one of an index when its exchange opens.
//! - **Currencies** (`CLP=X`): a past bar has its open for a close, the price at midnight in London, which is the evening
//!   before in America; only the bar of the current day has another close, the price of the moment. Against the dólar
//!   observado of 2020 to 2024 the bar of a day is worth nothing as that day's close, and explains a quarter of the
//!   next return as the close of the day before (docs/BENCHMARKS.md). So the open is read, and dated the day before; of
//!   two bars of one day the earlier has it. Monday's is from Sunday evening, and weekends are refused later.
//! - **Errors**: `{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be
//!   delisted"}}}`; the same under `finance` when it is the caller that it does not like.
//! - **The day in progress**: its bar is stamped with its latest trade, and stays beside the settled one for a while.
//!   Without a clock the answer itself tells: while the latest trade (`regularMarketTime`) is minutes before the end
//!   of the session (`currentTradingPeriod`), every bar of that session is left out; of two last bars of one day
//!   the later counts. Currencies and futures stop on Friday hours before the end that Yahoo gives for that session,
//!   so over the weekend Friday's bar is left out as well: a day late is better than a price that was none.

use super::answer::{encoded, json, no_such_series, number, plausible, refused, row, shape};
use crate::{
    provider::{Document, Provider, Unreadable, Wanted, excerpt},
    snapshot::RawObservation,
};
use chrono::{DateTime, Days, FixedOffset, NaiveDate};
use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::Value;

/// Its name.
pub(crate) const NAME: &str = "yahoo";
/// Where it is.
pub(crate) const DEFAULT_URL: &str = "https://query1.finance.yahoo.com/v8/finance/chart";

const EXPECTED: &str = "JSON with a 'chart'";

/// Seconds before the end of a session in which the latest trade may well be its last: on 2026-02-02 that of ^TNX was
/// eight seconds before the end that was given.
const LAST_TRADE: i64 = 300;

/// The service at an address.
#[derive(Debug)]
pub(crate) struct Yahoo {
    base_url: String,
}

#[derive(Debug, Deserialize)]
struct Answer {
    #[serde(alias = "finance")]
    chart: Chart,
}

#[derive(Debug, Deserialize)]
struct Chart {
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
    quote: Vec<Quote>,
}

#[derive(Debug, Deserialize)]
struct Quote {
    #[serde(default)]
    open: Vec<Value>,
    #[serde(default)]
    close: Vec<Value>,
}

/// The zone of an exchange.
#[derive(Debug, Clone, Copy)]
enum Zone {
    Named(Tz),
    Offset(FixedOffset),
}

impl Yahoo {
    /// The service at `base_url`, [`DEFAULT_URL`] for instance.
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }
}

impl Provider for Yahoo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &Wanted) -> Vec<Document> {
        let Wanted { symbol, from, to } = wanted;
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        let day = |date: Option<NaiveDate>| date.map_or(0, |date| seconds(date).max(0));
        let (start, end) = (day(from.checked_sub_days(Days::new(1))), day(to.checked_add_days(Days::new(2))));
        let span = format!("period1={start}&period2={end}&interval=1d");
        let url = format!("{}/{}?{span}", self.base_url, encoded(symbol));
        vec![Document { as_browser: true, ..Document::web(url, symbol.as_str()) }]
    }

    fn read(&self, wanted: &Wanted, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, Unreadable> {
        let Answer { chart } = json(body, EXPECTED)?;
        if let Some(error) = chart.error {
            return Err(error.meaning(&wanted.symbol));
        }
        let Some(bars) = chart.result.and_then(|result| result.into_iter().next()) else {
            return Err(shape("JSON with a 'chart' that has a result", excerpt(body)));
        };
        bars.meta.check_symbol(&wanted.symbol)?;
        bars.observations(is_currency(&wanted.symbol))
    }
}

impl ChartError {
    fn meaning(self, symbol: &str) -> Unreadable {
        let (code, description) = (self.code.unwrap_or_default(), self.description.unwrap_or_default());
        match code.as_str() {
            "Not Found" => no_such_series(symbol),
            _ => refused(format!("{code} {description}").trim(), ""),
        }
    }
}

impl Meta {
    /// Yahoo writes the dollar pairs without the dollar, and may answer so when asked with it.
    fn check_symbol(&self, wanted: &str) -> Result<(), Unreadable> {
        let plain = |symbol: &str| symbol.to_uppercase().trim_start_matches("USD").to_owned();
        match &self.symbol {
            Some(symbol) if plain(symbol) != plain(wanted) => {
                Err(shape(&format!("about '{wanted}'"), excerpt(symbol.as_bytes())))
            }
            _ => Ok(()),
        }
    }

    fn zone(&self) -> Result<Zone, Unreadable> {
        let named = self.exchange_timezone_name.as_deref().and_then(|name| name.parse().ok()).map(Zone::Named);
        let offset = || self.gmtoffset.and_then(FixedOffset::east_opt).map(Zone::Offset);
        named.or_else(offset).ok_or_else(|| {
            let found = self.exchange_timezone_name.as_deref().unwrap_or_default();
            row("chart.result[0].meta".into(), found, "the zone of the exchange")
        })
    }

    /// The session of which the latest trade is not the last.
    fn session_in_progress(&self) -> Option<&Session> {
        let session = self.current_trading_period.as_ref()?.regular.as_ref()?;
        (self.regular_market_time? < session.end.saturating_sub(LAST_TRADE)).then_some(session)
    }
}

impl Bars {
    fn observations(&self, currency: bool) -> Result<Vec<RawObservation>, Unreadable> {
        let quote = self.indicators.quote.first();
        let prices = quote.map_or(&[][..], |quote| if currency { &quote.open } else { &quote.close });
        if prices.len() != self.timestamp.len() {
            let found = format!("{} timestamps and {} prices", self.timestamp.len(), prices.len());
            return Err(shape("a chart with a price for each timestamp", found));
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

/// `CLP=X`, `EURCLP=X`
fn is_currency(symbol: &str) -> bool {
    symbol.ends_with("=X")
}

impl Zone {
    /// The day of an instant. Only plausible instants are converted: chrono panics near the ends of time.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        provider::Place,
        providers::test_answers::{observed, unreadable, wanted},
    };
    use chrono::Utc;

    /// Midnight in London of 2024-03-04 to 2024-03-08, before the summer time that began on 2024-03-31.
    const WEEK: &str = "1709510400,1709596800,1709683200,1709769600,1709856000";

    fn chart(meta: &str, timestamps: &str, closes: &str) -> String {
        let quote = format!(r#"{{"quote":[{{"open":[],"close":[{closes}]}}],"adjclose":[{{}}]}}"#);
        let bars = format!(r#"{{"meta":{{{meta}}},"timestamp":[{timestamps}],"indicators":{quote}}}"#);
        format!(r#"{{"chart":{{"result":[{bars}],"error":null}}}}"#)
    }

    fn london(rest: &str) -> String {
        format!(r#""symbol":"HG=F","exchangeTimezoneName":"Europe/London","gmtoffset":0{rest}"#)
    }

    fn read(symbol: &str, body: &str) -> Result<Vec<RawObservation>, Unreadable> {
        let (service, wanted) = (Yahoo::new(DEFAULT_URL), wanted(symbol, "2024-03-01", "2024-03-08"));
        service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes())
    }

    #[test]
    fn the_span_is_asked_for_with_a_day_to_spare_and_the_symbol_encoded() {
        let service = Yahoo::new("http://localhost:1/chart/");
        let documents = service.documents(&wanted("^VIX", "1970-01-01", "2024-03-08"));
        let url = "http://localhost:1/chart/%5EVIX?period1=0&period2=1710028800&interval=1d";
        assert_eq!(documents[0].place, Place::Web(vec![url.to_owned()]));
        assert!(documents[0].as_browser);
        assert_eq!(documents[0].label, "^VIX");
        assert_eq!(service.documents(&wanted("HG=F", "2024-03-08", "2024-03-07")), []);
        let ends = Wanted { symbol: "A".into(), from: NaiveDate::MIN, to: NaiveDate::MAX };
        assert!(matches!(&service.documents(&ends)[0].place, Place::Web(urls) if urls[0].contains("period1=0&")));
    }

    #[test]
    fn null_closes_are_days_without_a_price() {
        let body = chart(&london(""), WEEK, "976.1,null,981.25,null,-1");
        let expected = [observed("2024-03-04", 976.1), observed("2024-03-06", 981.25), observed("2024-03-08", -1.0)];
        assert_eq!(read("HG=F", &body).unwrap(), expected);
    }

    #[test]
    fn of_a_currency_the_open_counts_as_what_closed_the_day_before() {
        let meta = r#""symbol":"CLP=X","exchangeTimezoneName":"Europe/London","gmtoffset":0"#;
        let quote = r#"{"quote":[{"open":[976.1,978.5,null,981.25,984],"close":[976.1,978.5,null,981.25,990.5]}]}"#;
        let bars = format!(r#"{{"meta":{{{meta}}},"timestamp":[{WEEK}],"indicators":{quote}}}"#);
        let body = format!(r#"{{"chart":{{"result":[{bars}],"error":null}}}}"#);
        // Monday's is from Sunday evening; the bar in progress has its open too, and its close does not matter.
        let expected = [
            observed("2024-03-03", 976.1),
            observed("2024-03-04", 978.5),
            observed("2024-03-06", 981.25),
            observed("2024-03-07", 984.0),
        ];
        assert_eq!(read("CLP=X", &body).unwrap(), expected);
        let error = unreadable(read("CLP=X", &body.replace(r#""open":[976.1,"#, r#""open":["#)));
        assert!(error.contains("not a chart with a price for each timestamp: 5 timestamps and 4 prices;"), "{error}");
    }

    #[test]
    fn a_span_without_trading_is_empty() {
        let body = r#"{"chart":{"result":[{"meta":{"symbol":"HG=F"},"indicators":{"quote":[{}]}}],"error":null}}"#;
        assert_eq!(read("HG=F", body).unwrap(), []);
    }

    #[test]
    fn a_bar_belongs_to_the_day_in_the_zone_of_its_exchange() {
        let date = |meta: &str, timestamp: &str| read("A", &chart(meta, timestamp, "1")).unwrap()[0].date.to_string();
        let london = r#""exchangeTimezoneName":"Europe/London","gmtoffset":0"#;
        // Midnight in London in summer: 23:00 UTC of the day before, whatever the offset of today.
        assert_eq!(date(london, "1720047600"), "2024-07-04");
        assert_eq!(date(london, "1709683200"), "2024-03-06");
        // Midnight in New York; half past nine in Chicago; Auckland is a day ahead of UTC.
        assert_eq!(date(r#""exchangeTimezoneName":"America/New_York""#, "1709701200"), "2024-03-06");
        assert_eq!(date(r#""exchangeTimezoneName":"America/Chicago""#, "1709735400"), "2024-03-06");
        assert_eq!(date(r#""exchangeTimezoneName":"Pacific/Auckland""#, "1709758800"), "2024-03-07");
        // A zone that nobody knows: the offset counts.
        assert_eq!(date(r#""exchangeTimezoneName":"Mars/Base","gmtoffset":3600"#, "1720047600"), "2024-07-04");
        assert_eq!(date(r#""gmtoffset":-18000"#, "1709683200"), "2024-03-05");
        let nowhere = unreadable(read("A", &chart(r#""gmtoffset":86400"#, "1709683200", "1")));
        assert_eq!(nowhere, "chart.result[0].meta: found '', expected the zone of the exchange");
    }

    #[test]
    fn the_session_in_progress_is_left_out() {
        let session = |market_time: i64| {
            let regular = r#"{"timezone":"GMT","start":1709856000,"end":1709942340,"gmtoffset":0}"#;
            let periods = format!(r#""currentTradingPeriod":{{"pre":{{}},"regular":{regular}}}"#);
            london(&format!(r#","regularMarketTime":{market_time},{periods}"#))
        };
        // In the afternoon of 2024-03-08: the bar of the day is stamped with its latest trade.
        let body = chart(&session(1709911800), "1709683200,1709769600,1709911800", "1,2,3");
        let expected = [observed("2024-03-06", 1.0), observed("2024-03-07", 2.0)];
        assert_eq!(read("HG=F", &body).unwrap(), expected);
        // The settled bar of the same session stands beside it.
        let body = chart(&session(1709911800), "1709683200,1709769600,1709856000,1709911800", "1,2,3,4");
        assert_eq!(read("HG=F", &body).unwrap(), expected);
        // At its end, or a minute before, it counts, once.
        let body = chart(&session(1709942280), "1709769600,1709856000,1709942340", "2,3,4");
        assert_eq!(read("HG=F", &body).unwrap(), [observed("2024-03-07", 2.0), observed("2024-03-08", 4.0)]);
    }

    #[test]
    fn arrays_of_different_length_are_refused() {
        let error = unreadable(read("HG=F", &chart(&london(""), WEEK, "1,2,3,4")));
        assert!(error.contains("not a chart with a price for each timestamp: 5 timestamps and 4 prices;"), "{error}");
    }

    #[test]
    fn impossible_timestamps_and_closes_are_named() {
        for (timestamp, close, message) in [
            ("9223372036854775807", "1", "timestamp[0]: found '9223372036854775807', expected Unix seconds"),
            ("-9223372036854775808", "1", "timestamp[0]: found '-9223372036854775808', expected Unix seconds"),
            ("8210266876799", "1", "timestamp[0]: found '8210266876799'"),
            (
                "1709683200",
                "\"981,26\"",
                "prices[0]: found '981,26', expected a number, not text with a decimal comma",
            ),
            ("1709683200", "{}", "prices[0]: found '{}', expected a number"),
            ("1709683200.5", "1", "the answer is not JSON with a 'chart'"),
            ("1709683200", "1e999", "the answer is not JSON with a 'chart'"),
        ] {
            let error = unreadable(read("HG=F", &chart(&london(""), timestamp, close)));
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn the_ends_of_time_are_refused_in_every_zone() {
        for meta in [r#""gmtoffset":86399"#, r#""gmtoffset":-86399"#, r#""exchangeTimezoneName":"Pacific/Apia""#] {
            for instant in [DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC] {
                let timestamp = instant.timestamp().to_string();
                let error = unreadable(read("HG=F", &chart(meta, &timestamp, "1")));
                assert!(error.contains("expected Unix seconds in a year from 1900 to 2200"), "{error}");
            }
        }
    }

    #[test]
    fn errors_are_told_in_its_own_words() {
        let error = |place: &str, code: &str, text: &str| {
            let error = format!(r#"{{"code":"{code}","description":"{text}"}}"#);
            unreadable(read("HG=F", &format!(r#"{{"{place}":{{"result":null,"error":{error}}}}}"#)))
        };
        let delisted = error("chart", "Not Found", "No data found, symbol may be delisted");
        assert_eq!(delisted, "it has no series 'HG=F'");
        let crumb = error("finance", "Unauthorized", "Invalid Crumb");
        assert_eq!(crumb, "it says: Unauthorized Invalid Crumb");
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        let other = chart(r#""symbol":"EURCLP=X","gmtoffset":0"#, "", "");
        for (body, message) in [
            ("", "the answer is not JSON with a 'chart': nothing"),
            ("Too Many Requests\r\n", "'Too Many Requests' (expected value"),
            ("<html>consent</html>", "'<html>consent</html>'"),
            (r#"{"chart":{"result":[{"meta":{"#, "EOF while parsing"),
            (r#"{"chart":{"result":[],"error":null}}"#, "not JSON with a 'chart' that has a result: '{"),
            (r#"{"chart":{"result":null,"error":null}}"#, "not JSON with a 'chart' that has a result"),
            (other.as_str(), "the answer is not about 'HG=F': 'EURCLP=X'"),
        ] {
            let error = unreadable(read("HG=F", body));
            assert!(error.contains(message), "{error}");
        }
        let pair = chart(r#""symbol":"CLP=X","gmtoffset":0"#, "", "");
        assert_eq!(read("USDCLP=X", &pair).unwrap(), []);
    }
}
