//! The statistical database (BDE) of the Banco Central de Chile, which publishes the dólar observado: the primary
//! source. It requires an account, which is free.
//!
//! - **Documentation**: <https://si3.bcentral.cl/estadisticas/Principal1/Web_Services/index.htm>; accounts are given
//!   by the form there, under the terms of use that are accepted with it.
//! - **Address**: `https://si3.bcentral.cl/SieteRestWS/SieteRestWS.ashx?user=..&pass=..&function=GetSeries&
//!   timeseries=F073.TCO.PRE.Z.D&firstdate=2024-10-01&lastdate=2024-10-31`. User and password are in the query, so
//!   the address is a secret.
//! - **Response**: `{"Codigo":0,"Descripcion":"Success","Series":{"descripEsp":"..","descripIng":"..","seriesId":
//!   "F073.TCO.PRE.Z.D","Obs":[{"indexDateString":"01-10-2024","value":"897.68","statusCode":"OK"},
//!   {"indexDateString":"05-10-2024","value":"NaN","statusCode":"ND"}]},"SeriesInfos":[]}`. Values are text with a
//!   decimal point. UTF-8, Latin-1 and UTF-16 with a byte order mark have been seen.
//! - **Dates**: day first, as the bank dates its rates: the dólar observado of the first of October is in force on
//!   that day and averages the trades of the business day before.
//! - **Days without a rate** have the status `ND` and the value `NaN`, and are left out.
//! - **Errors** come with HTTP status 200 and a `Codigo` other than 0: -5 "Invalid username or password", -50 "An
//!   internal error has occurred" (also for an unknown series); `Series` or `Obs` is then null.

use super::answer::{day_first_date, decimal, encoded, json, provider_error, redacted, row, unexpected_format};
use crate::{
    provider::{
        Document, Provider, ProviderKey, ProviderKind, ReadError, SourceSettings, SpanRequest, ValueConversion,
        excerpt,
    },
    snapshot::RawObservation,
};
use serde::Deserialize;
use std::{fmt, sync::Arc};

/// Name of the provider.
const NAME: &str = "bcch";
/// Default address.
const DEFAULT_URL: &str = "https://si3.bcentral.cl/SieteRestWS/SieteRestWS.ashx";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    keys: &[ProviderKey::URL, ProviderKey::USER, ProviderKey::secret("password", "forecaster.bcch-password")],
    series: &[
        ("usdclp", "F073.TCO.PRE.Z.D", ValueConversion::AsIs),
        ("eurclp", "F072.CLP.EUR.N.O.D", ValueConversion::AsIs),
    ],
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| {
        let SourceSettings { user, password, .. } = settings.clone();
        Arc::new(Bcch::new(settings.address(), user, password))
    })
};

const EXPECTED: &str = "JSON with 'Codigo' and 'Series'";

/// Client for the database at an address, with or without an account.
pub(crate) struct Bcch {
    base_url: String,
    account: Option<Account>,
}

struct Account {
    user: String,
    password: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SeriesResponse {
    codigo: Option<i64>,
    descripcion: Option<String>,
    series: Option<Series>,
}

#[derive(Debug, Deserialize)]
struct Series {
    #[serde(rename = "seriesId")]
    id: Option<String>,
    #[serde(rename = "Obs")]
    observations: Option<Vec<SeriesValue>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SeriesValue {
    index_date_string: Option<String>,
    value: Option<String>,
    status_code: Option<String>,
}

impl Bcch {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`], with a user's account.
    pub(crate) fn new(base_url: &str, user: Option<String>, password: Option<String>) -> Self {
        let given = |text: &String| !text.trim().is_empty();
        let account = user.filter(given).zip(password.filter(given));
        let account = account.map(|(user, password)| Account { user, password });
        Self { base_url: base_url.to_owned(), account }
    }
}

impl fmt::Debug for Bcch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let account = if self.account.is_some() { "[redacted]" } else { "none" };
        f.debug_struct("Bcch").field("base_url", &self.base_url).field("account", &account).finish()
    }
}

impl Provider for Bcch {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        let Some(Account { user, password }) = &self.account else { return Vec::new() };
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        let account = format!("user={}&pass={}", encoded(user), encoded(password));
        let series = format!("timeseries={}&firstdate={from}&lastdate={to}", encoded(symbol));
        let url = format!("{}?{account}&function=GetSeries&{series}", self.base_url);
        vec![Document::web(url, format!("{symbol} from {from} to {to}"))]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        read(&wanted.symbol, body).map_err(|error| {
            let secrets = self.account.iter().flat_map(|Account { user, password }| [password.as_str(), user]);
            read(&wanted.symbol, &redacted(body, secrets)).err().unwrap_or(error)
        })
    }

    fn unavailable(&self) -> Option<String> {
        let reason = "no account: set rates.provider.bcch.user and rates.provider.bcch.password";
        self.account.is_none().then(|| reason.to_owned())
    }
}

fn read(symbol: &str, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
    let answer: SeriesResponse = json(body, EXPECTED)?;
    match answer.codigo {
        Some(0) => {}
        Some(code) => {
            let message = format!("{code} {}", answer.descripcion.unwrap_or_default());
            return Err(provider_error(&message, advice(code)));
        }
        None => return Err(unexpected_format(EXPECTED, excerpt(body))),
    }
    let Some(Series { id, observations: Some(observations) }) = answer.series else {
        return Err(unexpected_format("JSON with 'Series' that has 'Obs'", excerpt(body)));
    };
    if let Some(id) = id.filter(|id| !id.eq_ignore_ascii_case(symbol)) {
        return Err(unexpected_format(&format!("about '{symbol}'"), excerpt(id.as_bytes())));
    }
    observations.iter().enumerate().filter_map(|(index, o)| o.read(index).transpose()).collect()
}

fn advice(code: i64) -> &'static str {
    match code {
        -5 => "; check rates.provider.bcch.user and rates.provider.bcch.password",
        -50 => "; it reports the same for an unknown series",
        _ => "",
    }
}

impl SeriesValue {
    fn read(&self, index: usize) -> Result<Option<RawObservation>, ReadError> {
        let place = |field: &str| format!("Obs[{index}].{field}");
        let text = self.index_date_string.as_deref().unwrap_or_default();
        let date = day_first_date(text)
            .ok_or_else(|| row(place("indexDateString"), text, "a date such as 31-01-2025 (day-month-year)"))?;
        let value = self.value.as_deref().unwrap_or_default().trim();
        if self.status_code.as_deref() == Some("ND") || value.is_empty() || value == "NaN" {
            return Ok(None);
        }
        let value = decimal(value, || place("value"))?;
        Ok(Some(RawObservation { date, value }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        provider::DocumentLocation,
        providers::tests::{observed, unreadable, wanted},
    };

    const DOLAR: &str = "F073.TCO.PRE.Z.D";

    fn service() -> Bcch {
        Bcch::new("http://localhost:1/ws.ashx", Some("ana@example.com".into()), Some("p&ss wörd".into()))
    }

    fn read(body: impl AsRef<[u8]>) -> Result<Vec<RawObservation>, ReadError> {
        let wanted = wanted(DOLAR, "2024-10-01", "2024-10-31");
        service().read(&wanted, &service().documents(&wanted)[0], body.as_ref())
    }

    fn answer(observations: &str) -> String {
        let series =
            format!(r#"{{"descripEsp":"Dólar","descripIng":"","seriesId":"{DOLAR}","Obs":[{observations}]}}"#);
        format!(r#"{{"Codigo":0,"Descripcion":"Success","Series":{series},"SeriesInfos":[]}}"#)
    }

    #[test]
    fn the_address_has_the_account_and_the_label_has_not() {
        let documents = service().documents(&wanted(DOLAR, "2024-10-01", "2024-10-31"));
        let url = "http://localhost:1/ws.ashx?user=ana%40example.com&pass=p%26ss%20w%C3%B6rd&function=GetSeries&\
                   timeseries=F073.TCO.PRE.Z.D&firstdate=2024-10-01&lastdate=2024-10-31";
        assert_eq!(documents.len(), 1);
        assert_eq!(documents[0].place, DocumentLocation::Web(vec![url.to_owned()]));
        assert_eq!(documents[0].label, "F073.TCO.PRE.Z.D from 2024-10-01 to 2024-10-31");
    }

    #[test]
    fn without_an_account_it_cannot_be_asked() {
        let some = |text: &str| Some(text.to_owned());
        for (user, password) in [(None, some("p")), (some("u"), None), (some(" "), some("p")), (None, None)] {
            let service = Bcch::new(DEFAULT_URL, user, password);
            let reason = "no account: set rates.provider.bcch.user and rates.provider.bcch.password";
            assert_eq!(service.unavailable().as_deref(), Some(reason));
            assert_eq!(service.documents(&wanted(DOLAR, "2024-10-01", "2024-10-31")), []);
        }
        assert_eq!(service().unavailable(), None);
    }

    #[test]
    fn user_and_password_are_never_shown() {
        assert_eq!(
            format!("{:?}", service()),
            r#"Bcch { base_url: "http://localhost:1/ws.ashx", account: "[redacted]" }"#
        );
        let page = "<p>GET /ws.ashx?user=ana%40example.com&pass=p%26ss%20w%C3%B6rd ana@example.com p&ss wörd";
        let error = unreadable(read(page));
        assert!(error.contains("user=***&pass=*** *** ***"), "{error}");
        // A password that equals a value does not change the value.
        let service = Bcch::new(DEFAULT_URL, Some("u".into()), Some("897.68".into()));
        let body = answer(r#"{"indexDateString":"01-10-2024","value":"897.68","statusCode":"OK"}"#);
        let wanted = wanted(DOLAR, "2024-10-01", "2024-10-31");
        let read = service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes());
        assert_eq!(read.unwrap(), [observed("2024-10-01", 897.68)]);
    }

    #[test]
    fn days_without_a_rate_are_left_out() {
        let body = answer(
            r#"{"indexDateString":"01-10-2024","value":"897.68","statusCode":"OK"},
               {"indexDateString":"05-10-2024","value":"NaN","statusCode":"ND"},
               {"indexDateString":"06-10-2024","value":"NaN","statusCode":"OK"},
               {"indexDateString":"07-10-2024","value":"","statusCode":null},
               {"indexDateString":"08-10-2024"},
               {"indexDateString":"09-10-2024","value":"-1","statusCode":"OK"}"#,
        );
        let expected = [observed("2024-10-01", 897.68), observed("2024-10-09", -1.0)];
        assert_eq!(read(&body).unwrap(), expected);
        let utf16: Vec<u8> = std::iter::once(0xfeff).chain(body.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        assert_eq!(read(utf16).unwrap(), expected);
        let latin: Vec<u8> = body.chars().map(|c| c as u8).collect();
        assert_eq!(read(latin).unwrap(), expected);
        assert_eq!(read(answer("")).unwrap(), []);
    }

    #[test]
    fn errors_come_with_status_200() {
        let error = |code: i64, text: &str| {
            let nothing = r#"{"descripEsp":null,"seriesId":null,"Obs":null}"#;
            unreadable(read(format!(r#"{{"Codigo":{code},"Descripcion":"{text}","Series":{nothing}}}"#)))
        };
        assert_eq!(
            error(-5, "Invalid username or password"),
            "it reports an error: -5 Invalid username or password; check rates.provider.bcch.user and \
             rates.provider.bcch.password"
        );
        assert_eq!(
            error(-50, "An internal error has occurred"),
            "it reports an error: -50 An internal error has occurred; it reports the same for an unknown series"
        );
        assert_eq!(unreadable(read(r#"{"Codigo":7,"Series":null}"#)), "it reports an error: 7");
    }

    #[test]
    fn impossible_dates_and_values_are_named() {
        for (date, value, message) in [
            ("2024-10-01", "1", "Obs[0].indexDateString: found '2024-10-01', expected a date such as 31-01-2025"),
            ("31-02-2024", "1", "Obs[0].indexDateString: found '31-02-2024'"),
            (
                "01-10-2024",
                "897,68",
                "Obs[0].value: found '897,68', expected a number with a decimal point, not a comma",
            ),
            ("01-10-2024", "abc", "Obs[0].value: found 'abc', expected a number such as 981.26"),
        ] {
            let point = format!(r#"{{"indexDateString":"{date}","value":"{value}","statusCode":"OK"}}"#);
            let error = unreadable(read(answer(&point)));
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        let whole = answer(r#"{"indexDateString":"01-10-2024","value":"897.68","statusCode":"OK"}"#);
        for (body, message) in [
            ("", "the answer is not JSON with 'Codigo' and 'Series': nothing"),
            ("<html><h1>Mantención</h1>", "'<html><h1>Mantención</h1>' (expected value"),
            (&whole[..whole.len() - 60], "EOF while parsing"),
            (r#"{"Series":{"Obs":[]}}"#, "not JSON with 'Codigo' and 'Series': '{"),
            (r#"{"Codigo":0,"Series":null}"#, "not JSON with 'Series' that has 'Obs': '{"),
            (r#"{"Codigo":0,"Series":{"seriesId":"X","Obs":[]}}"#, "the answer is not about 'F073.TCO.PRE.Z.D': 'X'"),
            (&answer(r#"{"indexDateString":"01-10-2024","value":897.68}"#), "invalid type: floating point `897.68`"),
        ] {
            let error = unreadable(read(body));
            assert!(error.contains(message), "{error}");
        }
    }
}
