use super::*;
use crate::{
    listings::listings,
    provider::{
        DocumentLocation,
        ValueConversion::{AsIs, Inverse},
    },
    providers::tests::{observed, unreadable, wanted},
};

fn symbol_of(series: &str) -> Option<(String, ValueConversion)> {
    let listing = listings(series).into_iter().find(|listing| listing.provider == NAME);
    listing.map(|listing| (listing.symbol, listing.reading))
}

fn read(symbol: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
    let (service, wanted) = (Fred::new(DEFAULT_URL, None), wanted(symbol, "2024-03-01", "2024-12-31"));
    service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes())
}

fn address(symbol: &str) -> String {
    let documents =
        Fred::new("http://localhost:1/g.csv", None).documents(&wanted(symbol, "2024-03-01", "2024-03-31"));
    match documents.first().map(|document| &document.place) {
        Some(DocumentLocation::Web(urls)) => urls.concat(),
        _ => String::new(),
    }
}

#[test]
fn one_table_has_all_series_that_are_needed() {
    assert_eq!(address("DFF"), "http://localhost:1/g.csv?id=DFF&cosd=2024-03-01&coed=2024-03-31");
    let six = "DEXUSEU,DEXJPUS,DEXUSUK,DEXCAUS,DEXSDUS,DEXSZUS";
    assert_eq!(address("DXY"), format!("http://localhost:1/g.csv?id={six}&cosd=2024-03-01&coed=2024-03-31"));
    assert!(address("A&B").contains("id=A%26B&"));
    assert_eq!(address(""), "");
}

#[test]
fn both_headers_and_both_marks_of_a_missing_value_are_known() {
    let expected = [observed("2024-03-28", 151.38), observed("2024-04-01", 151.6)];
    let now = "observation_date,DEXJPUS\n2024-03-28,151.38\n2024-03-29,\n2024-04-01,151.60\n";
    assert_eq!(read("DEXJPUS", now).unwrap(), expected);
    let before = "DATE,DEXJPUS\r\n2024-03-28,151.38\r\n2024-03-29,.\r\n2024-04-01,151.60\r\n";
    assert_eq!(read("DEXJPUS", before).unwrap(), expected);
    assert_eq!(read("DEXJPUS", "observation_date,DEXJPUS\n").unwrap(), []);
}

#[test]
fn the_dollar_index_needs_all_six() {
    let body = "observation_date,DEXUSEU,DEXJPUS,DEXUSUK,DEXCAUS,DEXSDUS,DEXSZUS\n\
                2024-12-30,1.0400,156.70,1.2540,1.4380,11.03,\n\
                2024-12-31,1.0351,157.37,1.2529,1.4389,11.0622,0.9068\n";
    let index = read("DXY", body).unwrap();
    assert_eq!(index.len(), 1);
    let expected = dollar_index([1.0 / 1.0351, 157.37, 1.0 / 1.2529, 1.4389, 11.0622, 0.9068]);
    assert_eq!(index[0].value, expected);
    assert_eq!(unreadable(read("DXY", "DATE,DEXJPUS\n2024-12-31,157.37\n")), "it has no series 'DXY'");
}

#[test]
fn answers_that_are_something_else_are_named() {
    for (body, message) in [
        ("", "the answer is not a CSV file with the columns observation_date and the series: nothing;"),
        ("<!DOCTYPE html><title>404</title>", "and the series: '<!DOCTYPE html><title>404</title>';"),
        ("PK\u{3}\u{4}daily.csv", "and the series: 'PKdaily.csv';"),
        ("observation_date,DFF\n2024-03-06,5.33", "it has no series 'DEXJPUS'"),
        ("DATE,DEXJPUS\n2024-03-06,149,36", "line 2: found '2024-03-06,149,36', expected as many cells"),
        ("DATE,DEXJPUS\n2024-03-0", "line 2: found '2024-03-0', expected a date such as 2025-01-31"),
        ("DATE,DEXJPUS\n2024-03-06,n/a", "line 2: found 'n/a', expected a number such as 981.26"),
    ] {
        let error = unreadable(read("DEXJPUS", body));
        assert!(error.contains(message), "{error}");
    }
}

/// Independent reference: the names of the series. "USAL" is USD per Australian dollar, "BZUS" reais per USD.
#[test]
fn the_federal_reserves_rates_have_the_right_direction() {
    for (id, priced, unit) in H10 {
        assert_eq!(id.ends_with("US"), priced == "USD", "{id}");
        assert_eq!(id.starts_with("DEXUS"), unit == "USD", "{id}");
        let series = format!("{priced}{unit}").to_lowercase();
        assert_eq!(symbol_of(&series), Some((id.to_owned(), AsIs)));
    }
    for (series, id, reading) in [
        ("usdaud", "DEXUSAL", Inverse),
        ("usdeur", "DEXUSEU", Inverse),
        ("usdnzd", "DEXUSNZ", Inverse),
        ("usdgbp", "DEXUSUK", Inverse),
        ("eurusd", "DEXUSEU", AsIs),
        ("usdbrl", "DEXBZUS", AsIs),
        ("usdcad", "DEXCAUS", AsIs),
        ("usdmxn", "DEXMXUS", AsIs),
        ("usdnok", "DEXNOUS", AsIs),
        ("usdzar", "DEXSFUS", AsIs),
        ("cadusd", "DEXCAUS", Inverse),
    ] {
        assert_eq!(symbol_of(series), Some((id.to_owned(), reading)));
    }
    assert_eq!(symbol_of("eurgbp"), None);
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn with_key() -> Fred {
    Fred::new("http://localhost:1/observations", Some(format!(" {KEY}\n")))
}

fn read_with_key(symbol: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
    let wanted = wanted(symbol, "2024-03-01", "2024-12-31");
    with_key().read(&wanted, &with_key().documents(&wanted)[0], body.as_bytes())
}

/// Returns a response of the documented interface.
fn keyed(observations: &[(&str, &str)]) -> String {
    let row = |(date, value): &(&str, &str)| {
        format!(r#"{{"realtime_start":"2024-04-01","realtime_end":"2024-04-01","date":"{date}","value":"{value}"}}"#)
    };
    let rows: Vec<String> = observations.iter().map(row).collect();
    format!(r#"{{"units":"lin","count":{},"limit":100000,"observations":[{}]}}"#, rows.len(), rows.join(","))
}

#[test]
fn with_a_key_each_series_is_asked_for_at_the_documented_interface() {
    let addresses = |service: &Fred, symbol: &str| -> Vec<(String, Option<String>)> {
        let documents = service.documents(&wanted(symbol, "2024-03-01", "2024-03-31"));
        let web = |document: Document| match document.place {
            DocumentLocation::Web(urls) => (urls.concat(), document.part),
            _ => (String::new(), None),
        };
        documents.into_iter().map(web).collect()
    };
    let span = "observation_start=2024-03-01&observation_end=2024-03-31";
    let address =
        |id: &str| format!("http://localhost:1/observations?series_id={id}&api_key={KEY}&file_type=json&{span}");
    assert_eq!(addresses(&with_key(), "DFF"), [(address("DFF"), None)]);
    let six = OF_THE_INDEX.map(|id| (address(id), Some(id.to_owned())));
    assert_eq!(addresses(&with_key(), "DXY"), six);
    assert_eq!(addresses(&with_key(), ""), []);
    // The default address is that of the form in use.
    let usual = |key: Option<&str>| addresses(&Fred::new(DEFAULT_URL, key.map(str::to_owned)), "DFF").remove(0).0;
    assert!(usual(Some(KEY)).starts_with("https://api.stlouisfed.org/fred/series/observations?series_id=DFF&"));
    assert!(usual(None).starts_with("https://fred.stlouisfed.org/graph/fredgraph.csv?id=DFF&"));
    assert_eq!(usual(Some(" ")), usual(None));
    assert_eq!(format!("{:?}", with_key()).matches(KEY).count(), 0);
}

#[test]
fn with_a_key_values_are_text_and_a_missing_one_is_a_point() {
    let body = keyed(&[("2024-03-28", "151.38"), ("2024-03-29", "."), ("2024-04-01", "151.6")]);
    let expected = [observed("2024-03-28", 151.38), observed("2024-04-01", 151.6)];
    assert_eq!(read_with_key("DEXJPUS", &body).unwrap(), expected);
    assert_eq!(read_with_key("DEXJPUS", &keyed(&[])).unwrap(), []);
}

#[test]
fn with_a_key_the_dollar_index_needs_all_six_documents_of_a_day() {
    let (service, wanted) = (with_key(), wanted("DXY", "2024-03-01", "2024-12-31"));
    let documents = service.documents(&wanted);
    let rates = [1.0351, 157.37, 1.2529, 1.4389, 11.0622, 0.9068];
    let combined = |missing: usize| {
        let read = documents.iter().zip(rates).enumerate().map(|(index, (document, rate))| {
            let early = if index == missing { Vec::new() } else { vec![observed("2024-12-30", rate)] };
            (document, [early, vec![observed("2024-12-31", rate)]].concat())
        });
        service.combine(&wanted, read.collect())
    };
    let expected = dollar_index([1.0 / 1.0351, 157.37, 1.0 / 1.2529, 1.4389, 11.0622, 0.9068]);
    assert_eq!(combined(6), [observed("2024-12-30", expected), observed("2024-12-31", expected)]);
    for missing in 0..6 {
        assert_eq!(combined(missing), [observed("2024-12-31", expected)]);
    }
    assert_eq!(service.combine(&wanted, vec![(&documents[0], vec![observed("2024-12-31", 1.0)])]), []);
}

#[test]
fn a_refused_key_is_told_with_advice_and_without_the_key() {
    let refused = format!(
        r#"{{"error_code":400,"error_message":"Bad Request.  The value '{KEY}' for variable api_key is not registered.  Read https://fred.stlouisfed.org/docs/api/api_key.html for more information."}}"#
    );
    let error = unreadable(read_with_key("DFF", &refused));
    let expected = "it reports an error: Bad Request.  The value '***' for variable api_key is not registered; check \
                    rates.provider.fred.key";
    assert_eq!(error, expected);
    let page = format!("<p>GET /fred/series/observations?series_id=DFF&api_key={KEY}</p>");
    assert!(unreadable(read_with_key("DFF", &page)).contains("api_key=***</p>'"));
    let absent = r#"{"error_code":400,"error_message":"Bad Request.  The series does not exist."}"#;
    assert_eq!(unreadable(read_with_key("DFF", absent)), "it has no series 'DFF'");
    let other = r#"{"error_code":429,"error_message":"Too Many Requests.  Exceeded Rate Limit"}"#;
    let error = unreadable(read_with_key("DFF", other));
    assert_eq!(error, "it reports an error: Too Many Requests.  Exceeded Rate Limit");
}

#[test]
fn with_a_key_answers_that_are_something_else_are_named() {
    let good = keyed(&[("2024-03-06", "149.36")]);
    for (body, message) in [
        ("", "the answer is not JSON with 'observations': nothing (EOF while parsing"),
        ("<?xml version=\"1.0\"?><observations/>", "'<?xml version=\"1.0\"?><observations/>' (expected value at"),
        (&good[..120], "EOF while parsing"),
        (r#"{"count":0}"#, "the answer is not JSON with 'observations': '{\"count\":0}';"),
        (r#"{"observations":{}}"#, "invalid type: map, expected a sequence"),
        (&good.replace("2024-03-06", "2024-02-30"), "observations[0].date: found '2024-02-30', expected a date such"),
        (
            &good.replace("149.36", "149,36"),
            "observations[0].value: found '149,36', expected a number with a decimal",
        ),
        (&good.replace("149.36", ""), "observations[0].value: found '', expected a number such as 981.26"),
        (&good.replace("\"149.36\"", "149.36"), "invalid type: floating point `149.36`, expected a string"),
    ] {
        let error = unreadable(read_with_key("DEXJPUS", body));
        assert!(error.contains(message), "{error}");
    }
}
