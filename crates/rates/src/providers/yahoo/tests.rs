//! Tests of reading Yahoo's charts: sessions, zones, errors, and responses that are not charts.

use super::*;
use crate::{
    provider::DocumentLocation,
    providers::tests::{observed, unreadable, wanted},
};
use chrono::Utc;

/// Midnights in London of 2024-03-04 to 2024-03-08, before summer time began on 2024-03-31.
const WEEK: &str = "1709510400,1709596800,1709683200,1709769600,1709856000";

fn chart(meta: &str, timestamps: &str, closes: &str) -> String {
    let quote = format!(r#"{{"quote":[{{"open":[],"close":[{closes}]}}],"adjclose":[{{}}]}}"#);
    let bars = format!(r#"{{"meta":{{{meta}}},"timestamp":[{timestamps}],"indicators":{quote}}}"#);
    format!(r#"{{"chart":{{"result":[{bars}],"error":null}}}}"#)
}

fn london(rest: &str) -> String {
    format!(r#""symbol":"HG=F","exchangeTimezoneName":"Europe/London","gmtoffset":0{rest}"#)
}

fn read(symbol: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
    let (service, wanted) =
        (Yahoo::new(&DEFAULT_URLS.map(str::to_owned)), wanted(symbol, "2024-03-01", "2024-03-08"));
    service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes())
}

#[test]
fn the_span_is_asked_for_with_a_day_to_spare_and_the_symbol_encoded() {
    let service = Yahoo::new(&["http://localhost:1/chart/".to_owned()]);
    let documents = service.documents(&wanted("^VIX", "1970-01-01", "2024-03-08"));
    let url = "http://localhost:1/chart/%5EVIX?period1=0&period2=1710028800&interval=1d";
    assert_eq!(documents[0].place, DocumentLocation::Web(vec![url.to_owned(), url.to_owned()]));
    assert_eq!((documents[0].agents.len(), documents[0].agents[0]), (2, "Mozilla/5.0"));
    assert_eq!(documents[0].label, "^VIX");
    assert_eq!(service.documents(&wanted("HG=F", "2024-03-08", "2024-03-07")), []);
    let ends = SpanRequest { symbol: "A".into(), from: NaiveDate::MIN, to: NaiveDate::MAX };
    assert!(
        matches!(&service.documents(&ends)[0].place, DocumentLocation::Web(urls) if urls[0].contains("period1=0&"))
    );
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
    // Monday's open is from Sunday evening; the bar in progress has its open too, and its close is ignored.
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
    // Midnight in London in summer is 23:00 UTC of the day before, whatever today's offset.
    assert_eq!(date(london, "1720047600"), "2024-07-04");
    assert_eq!(date(london, "1709683200"), "2024-03-06");
    // Midnight in New York; half past nine in Chicago; Auckland is a day ahead of UTC.
    assert_eq!(date(r#""exchangeTimezoneName":"America/New_York""#, "1709701200"), "2024-03-06");
    assert_eq!(date(r#""exchangeTimezoneName":"America/Chicago""#, "1709735400"), "2024-03-06");
    assert_eq!(date(r#""exchangeTimezoneName":"Pacific/Auckland""#, "1709758800"), "2024-03-07");
    // For an unknown zone the offset counts.
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
    // In the afternoon of 2024-03-08 the bar of the day has the timestamp of its latest trade.
    let body = chart(&session(1709911800), "1709683200,1709769600,1709911800", "1,2,3");
    let expected = [observed("2024-03-06", 1.0), observed("2024-03-07", 2.0)];
    assert_eq!(read("HG=F", &body).unwrap(), expected);
    // The settled bar of the same session is beside it.
    let body = chart(&session(1709911800), "1709683200,1709769600,1709856000,1709911800", "1,2,3,4");
    assert_eq!(read("HG=F", &body).unwrap(), expected);
    // At the end of the session, or a minute before, the bar counts, once.
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
        ("1709683200", "\"981,26\"", "prices[0]: found '981,26', expected a number, not text with a decimal comma"),
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
    assert_eq!(crumb, "it reports an error: Unauthorized Invalid Crumb");
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
