//! The statistical database (BDE) of the Banco Central de Chile, which publishes the dólar observado: the primary
//! source. It requires an account, which is free.
//!
//! - **Documentation**: <https://si3.bcentral.cl/estadisticas/Principal1/Web_Services/index.htm>; accounts are given
//!   by the form there, under the terms of use that are accepted with it. As of January 2024 an account may send five
//!   requests a second.
//! - **Address**: `https://si3.bcentral.cl/SieteRestWS/SieteRestWS.ashx?token=..&function=GetSeries&
//!   timeseries=F073.TCO.PRE.Z.D&firstdate=2024-10-01&lastdate=2024-10-31`. The token is made on the page "Mi Cuenta"
//!   under "Apikey Token": 60 characters that begin with `$2a$10$`, valid for a year. The older way is `user=..&pass=..`
//!   in its place; where the service only takes a token, it answers that with error -5. All of them are in the query,
//!   so the address is a secret.
//! - **Response**: `{"Codigo":0,"Descripcion":"Success","Series":{"descripEsp":"..","descripIng":"..","seriesId":
//!   "F073.TCO.PRE.Z.D","Obs":[{"indexDateString":"01-10-2024","value":"897.68","statusCode":"OK"},
//!   {"indexDateString":"05-10-2024","value":"NaN","statusCode":"ND"}]},"SeriesInfos":[]}`. Values are text with a
//!   decimal point. UTF-8, Latin-1 and UTF-16 with a byte order mark have been seen.
//! - **Dates**: day first, as the bank dates its rates: the dólar observado of the first of October is in force on
//!   that day and averages the trades of the business day before.
//! - **Days without a rate** have the status `ND` and the value `NaN`, and are left out.
//! - **Errors** come with HTTP status 200 and a `Codigo` other than 0: -1 for a date that it cannot read, -5 "Invalid
//!   username or password" (also for a token that is wrong or has expired), -50 "An internal error has occurred" (also
//!   for an unknown series); `Series` or `Obs` is then null. No answer says until when a token is valid.
//! - **Series**: besides the dólar observado, the rates in pesos of other currencies, computed by the bank from it and
//!   the currencies' prices in dollars (`F072.CLP.EUR.N.O.D`: pesos per euro); copper in USD a pound; the monetary
//!   policy rate (TPM); UF and UTM in pesos; the monthly change of consumer prices (IPC) in per cent.

use super::answer::{
    account_refused, day_first_date, decimal, encoded, json, provider_error, redacted, row, unexpected_format,
};
use crate::{
    provider::{
        Document, Provider, ProviderKey, ProviderKind, ReadError, SourceSettings, SpanRequest, ValueConversion,
        excerpt,
    },
    snapshot::RawObservation,
};
use serde::Deserialize;
use std::{fmt, sync::Arc, time::Duration};

/// Name of the provider.
const NAME: &str = "bcch";
/// Default address.
const DEFAULT_URL: &str = "https://si3.bcentral.cl/SieteRestWS/SieteRestWS.ashx";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    is_exact: true,
    keys: &[
        ProviderKey::URL,
        ProviderKey::USER,
        ProviderKey::secret("password", "forecaster.bcch-password"),
        ProviderKey::TOKEN,
    ],
    series: &[
        ("usdclp", "F073.TCO.PRE.Z.D", ValueConversion::AsIs),
        ("eurclp", "F072.CLP.EUR.N.O.D", ValueConversion::AsIs),
        ("gbpclp", "F072.CLP.GBP.N.O.D", ValueConversion::AsIs),
        ("jpyclp", "F072.CLP.JPY.N.O.D", ValueConversion::AsIs),
        ("cadclp", "F072.CLP.CAD.N.O.D", ValueConversion::AsIs),
        ("audclp", "F072.CLP.AUD.N.O.D", ValueConversion::AsIs),
        ("cnyclp", "F072.CLP.CNY.N.O.D", ValueConversion::AsIs),
        ("brlclp", "F072.CLP.BRL.N.O.D", ValueConversion::AsIs),
        ("copper", "F019.PPB.PRE.100.D", ValueConversion::AsIs),
        ("tpm", "F022.TPM.TIN.D001.NO.Z.D", ValueConversion::AsIs),
        ("uf", "F073.UFF.PRE.Z.D", ValueConversion::AsIs),
        ("utm", "F073.UTR.PRE.Z.M", ValueConversion::AsIs),
        ("ipc", "F074.IPC.VAR.Z.Z.C.M", ValueConversion::ChangeToLevel),
    ],
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Bcch::new(settings)))
};

/// Least time between two requests: an account may send five a second.
const SPACING: Duration = Duration::from_millis(220);
/// Error code for an account that the service does not accept.
const ACCOUNT_REFUSED: i64 = -5;
/// Beginning and length of a token: a bcrypt hash.
const TOKEN_FORM: (&str, usize) = ("$2a$10$", 60);

const EXPECTED: &str = "JSON with 'Codigo' and 'Series'";

/// Client for the database at an address, with or without an account.
pub(crate) struct Bcch {
    base_url: String,
    account: Option<Account>,
    /// True when an account is configured whose token or password could not be read.
    is_unread: bool,
}

/// Proof of an account.
enum Account {
    Token(String),
    Password { user: String, password: String },
}

impl Account {
    /// Returns the account's part of the query.
    fn query(&self) -> String {
        match self {
            Self::Token(token) => format!("token={}", encoded(token)),
            Self::Password { user, password } => format!("user={}&pass={}", encoded(user), encoded(password)),
        }
    }

    fn secrets(&self) -> Vec<&str> {
        match self {
            Self::Token(token) => vec![token],
            Self::Password { user, password } => vec![password, user],
        }
    }

    /// Returns advice for an account that the service does not accept.
    fn advice(&self) -> &'static str {
        match self {
            Self::Token(token) if !token.starts_with(TOKEN_FORM.0) || token.len() != TOKEN_FORM.1 => {
                "; the token under rates.provider.bcch.token does not have the 60 characters that begin with $2a$10$: \
                 was a $ lost to a shell?"
            }
            Self::Token(_) => {
                "; a token is valid for a year: make a new one at si3.bcentral.cl (Mi Cuenta, Apikey Token) and store \
                 it in the credential or file that rates.provider.bcch.token names"
            }
            Self::Password { .. } => {
                "; the bank now gives tokens: make one at si3.bcentral.cl (Mi Cuenta, Apikey Token) and set \
                 rates.provider.bcch.token, or check rates.provider.bcch.user and rates.provider.bcch.password"
            }
        }
    }
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
    /// Creates a client for the first address of `settings`, with its token or else its user and password.
    pub(crate) fn new(settings: &SourceSettings) -> Self {
        let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let password = given(&settings.user).zip(given(&settings.password));
        let password = || password.map(|(user, password)| Account::Password { user, password });
        let account = given(&settings.token).map(|token| Account::Token(token.trim().to_owned())).or_else(password);
        Self { base_url: settings.address().to_owned(), account, is_unread: settings.is_unread }
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
        let Some(account) = &self.account else { return Vec::new() };
        if symbol.is_empty() || from > to {
            return Vec::new();
        }
        let series = format!("timeseries={}&firstdate={from}&lastdate={to}", encoded(symbol));
        let url = format!("{}?{}&function=GetSeries&{series}", self.base_url, account.query());
        vec![Document { spacing: Some(SPACING), ..Document::web(url, format!("{symbol} from {from} to {to}")) }]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let account = self.account.as_ref();
        read(&wanted.symbol, body, account).map_err(|error| {
            let secrets = account.map(Account::secrets).unwrap_or_default();
            read(&wanted.symbol, &redacted(body, secrets), account).err().unwrap_or(error)
        })
    }

    fn unavailable(&self) -> Option<String> {
        let unread = "the token or password of its account cannot be read: the log says why, and what to do";
        let reason = "no account: set rates.provider.bcch.token (an account is free; Mi Cuenta, Apikey Token), or \
                      rates.provider.bcch.user and rates.provider.bcch.password";
        self.account.is_none().then(|| if self.is_unread { unread } else { reason }.to_owned())
    }
}

fn read(symbol: &str, body: &[u8], account: Option<&Account>) -> Result<Vec<RawObservation>, ReadError> {
    let answer: SeriesResponse = json(body, EXPECTED)?;
    match answer.codigo {
        Some(0) => {}
        Some(code) => {
            let message = format!("{code} {}", answer.descripcion.unwrap_or_default());
            let advice = advice(code, account);
            let is_account = code == ACCOUNT_REFUSED;
            return Err(if is_account {
                account_refused(&message, advice)
            } else {
                provider_error(&message, advice)
            });
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

fn advice(code: i64, account: Option<&Account>) -> &'static str {
    match code {
        -1 => "; it cannot read a date of the request",
        ACCOUNT_REFUSED => account.map_or("", Account::advice),
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

    const TOKEN: &str = "$2a$10$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0";

    fn with(token: Option<&str>, user: Option<&str>, password: Option<&str>) -> Bcch {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        let addresses = vec!["http://localhost:1/ws.ashx".to_owned()];
        let (token, user, password) = (owned(token), owned(user), owned(password));
        Bcch::new(&SourceSettings { addresses, user, password, token, is_unread: false })
    }

    fn service() -> Bcch {
        with(None, Some("ana@example.com"), Some("p&ss wörd"))
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
        for (user, password) in [(None, Some("p")), (Some("u"), None), (Some(" "), Some("p")), (None, None)] {
            for token in [None, Some(" ")] {
                let service = with(token, user, password);
                let reason = service.unavailable().unwrap();
                assert!(reason.starts_with("no account: set rates.provider.bcch.token ("), "{reason}");
                assert_eq!(service.documents(&wanted(DOLAR, "2024-10-01", "2024-10-31")), []);
            }
        }
        assert_eq!((service().unavailable(), with(Some(TOKEN), None, None).unavailable()), (None, None));
    }

    #[test]
    fn an_account_that_is_configured_but_cannot_be_read_is_told_from_none() {
        let service = Bcch::new(&SourceSettings { is_unread: true, ..SourceSettings::default() });
        assert!(service.unavailable().unwrap().starts_with("the token or password of its account cannot be read"));
    }

    #[test]
    fn a_token_takes_the_place_of_user_and_password() {
        let service = with(Some(&format!("{TOKEN}\n")), Some("ana@example.com"), Some("p"));
        let documents = service.documents(&wanted(DOLAR, "2024-10-01", "2024-10-31"));
        let DocumentLocation::Web(urls) = &documents[0].place else { panic!("{documents:?}") };
        let token = "%242a%2410%24abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0";
        assert!(urls[0].starts_with(&format!("http://localhost:1/ws.ashx?token={token}&function=")), "{}", urls[0]);
        assert!(!urls[0].contains("user=") && !format!("{service:?}").contains("abcdef"), "{service:?}");
        assert_eq!(TOKEN.len(), 60);
    }

    /// The body is the service's answer to a user and password where it only takes a token.
    #[test]
    fn a_refused_account_is_told_what_to_do_in_each_of_its_forms() {
        let case = include_str!("../../tests/cases/bcch_token_only_minus5.http");
        let (_, body) = case.split_once("\r\n\r\n").unwrap();
        let expired = body.replace("Invalid username or password", "Token expired");
        let told = |service: Bcch, body: &str| {
            let wanted = wanted(DOLAR, "2024-10-01", "2024-10-31");
            unreadable(service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes()))
        };
        assert_eq!(
            told(service(), body),
            "it reports an error: -5 Invalid username or password; the bank now gives tokens: make one at \
             si3.bcentral.cl (Mi Cuenta, Apikey Token) and set rates.provider.bcch.token, or check \
             rates.provider.bcch.user and rates.provider.bcch.password"
        );
        assert_eq!(
            told(with(Some(TOKEN), None, None), &expired),
            "it reports an error: -5 Token expired; a token is valid for a year: make a new one at si3.bcentral.cl \
             (Mi Cuenta, Apikey Token) and store it in the credential or file that rates.provider.bcch.token names"
        );
        // In double quotes a shell takes $2a and $10 for variables.
        let without_dollars = with(Some(&TOKEN[6..]), None, None);
        assert!(told(without_dollars, body).contains("was a $ lost to a shell?"));
        assert!(told(service(), &body.replace("-5", "-1")).contains("cannot read a date"));
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
        let service = with(None, Some("u"), Some("897.68"));
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
