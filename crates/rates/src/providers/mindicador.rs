//! mindicador.cl: Chilean indicators as the Banco Central de Chile publishes them, without a key.
//!
//! - **Documentation**: <https://mindicador.cl>. A free service of its author; the numbers are those published by the
//!   Banco Central, under its terms.
//! - **Address**: `https://mindicador.cl/api/{indicator}/{year}`, one year per document. Without a year it returns
//!   the last month, which is not used, since the year contains it and changes no more often.
//! - **Response**, newest first: `{"version":"1.7.0","autor":"mindicador.cl","codigo":"dolar","nombre":"Dólar
//!   observado","unidad_medida":"Pesos","serie":[{"fecha":"2024-03-06T03:00:00.000Z","valor":976.36},...]}`. Without
//!   values `serie` is empty.
//! - **Dates**: `fecha` is midnight in Santiago as an instant in UTC: 03:00 in summer, 04:00 in winter. A server with
//!   other rules of summer time is off by an hour or two (responses of version 1.5.0 had 05:00 in summer), so the
//!   nearest midnight counts. A service of the same form, findic.cl, gives the bare date. Monthly indicators have the
//!   first of their month.
//! - **Errors**: pages in HTML, or JSON with `error` and `message` instead of `serie`. In the first days of January
//!   the document of the new year may be missing or answer 500: any failure counts as "not published yet", as long as
//!   the old year's can be read.
//! - **Known ahead**: `uf` up to the 9th of the next month, `utm` for the next month.
//! - **Quirks**: `ipc` and `imacec` are changes in per cent, `libra_cobre` is USD per pound.

use super::answer::{iso_date, json, number, plausible, provider_error, row, unexpected_format};
use crate::{
    provider::{Document, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion, excerpt},
    snapshot::RawObservation,
};
use chrono::{DateTime, Datelike, NaiveDate, TimeDelta};
use chrono_tz::America::Santiago;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "mindicador";
/// Default address.
const DEFAULT_URL: &str = "https://mindicador.cl/api";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    is_exact: true,
    series: &[
        ("usdclp", "dolar", ValueConversion::AsIs),
        ("eurclp", "euro", ValueConversion::AsIs),
        ("copper", "libra_cobre", ValueConversion::AsIs),
        ("tpm", "tpm", ValueConversion::AsIs),
        ("uf", "uf", ValueConversion::AsIs),
        ("ipc", "ipc", ValueConversion::ChangeToLevel),
        ("utm", "utm", ValueConversion::AsIs),
    ],
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Mindicador::new(settings.address())))
};

const INDICATORS: [&str; 12] = [
    "bitcoin",
    "dolar",
    "dolar_intercambio",
    "euro",
    "imacec",
    "ipc",
    "ivp",
    "libra_cobre",
    "tasa_desempleo",
    "tpm",
    "uf",
    "utm",
];

const EXPECTED: &str = "JSON with 'codigo' and 'serie'";

/// Longest time before a midnight in Santiago at which an instant still means that midnight.
const BEFORE_MIDNIGHT: TimeDelta = TimeDelta::hours(3);

/// Client for mindicador.cl at an address.
#[derive(Debug)]
pub(crate) struct Mindicador {
    base_url: String,
}

#[derive(Debug, Deserialize)]
struct IndicatorResponse {
    codigo: Option<String>,
    serie: Option<Vec<IndicatorPoint>>,
    error: Option<Value>,
    message: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct IndicatorPoint {
    fecha: Option<String>,
    #[serde(default)]
    valor: Value,
}

impl Mindicador {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }
}

impl Provider for Mindicador {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        if !INDICATORS.contains(&symbol.as_str()) {
            return Vec::new();
        }
        // In the first days of January the new year may have no values yet.
        let is_new = |year: i32| year == to.year() && to.ordinal() <= 7;
        let year = |year: i32| Document {
            may_be_missing: is_new(year),
            may_not_exist_yet: is_new(year),
            ..Document::web(format!("{}/{symbol}/{year}", self.base_url), format!("{symbol}/{year}"))
        };
        (from.year()..=to.year()).map(year).collect()
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let answer: IndicatorResponse = json(body, EXPECTED)?;
        let Some(serie) = answer.serie else {
            let says = answer.message.or(answer.error).ok_or_else(|| unexpected_format(EXPECTED, excerpt(body)))?;
            return Err(provider_error(says.as_str().unwrap_or(&says.to_string()), ""));
        };
        match answer.codigo {
            Some(code) if code == wanted.symbol => {}
            Some(code) => {
                return Err(unexpected_format(&format!("about '{}'", wanted.symbol), excerpt(code.as_bytes())));
            }
            None => return Err(unexpected_format(EXPECTED, excerpt(body))),
        }
        let point = |(index, point): (usize, &IndicatorPoint)| observation(index, point).transpose();
        serie.iter().enumerate().filter_map(point).collect()
    }
}

fn observation(index: usize, point: &IndicatorPoint) -> Result<Option<RawObservation>, ReadError> {
    let fecha = point.fecha.as_deref().unwrap_or_default();
    let date = day_in_santiago(fecha).ok_or_else(|| {
        row(
            format!("serie[{index}].fecha"),
            fecha,
            "an instant such as 2024-03-06T03:00:00.000Z, or a date such as 2024-03-06",
        )
    })?;
    let value = number(&point.valor, || format!("serie[{index}].valor"))?;
    Ok(value.map(|value| RawObservation { date, value }))
}

/// Returns the day whose first midnight in Santiago is meant, or the date itself where there is no zone.
fn day_in_santiago(fecha: &str) -> Option<NaiveDate> {
    // Midnight in UTC is no midnight in Santiago: a bare date was written with a time.
    if let Some(date) = iso_date(fecha) {
        return Some(date);
    }
    let local = DateTime::parse_from_rfc3339(fecha).ok()?.with_timezone(&Santiago).naive_local();
    plausible(local.checked_add_signed(BEFORE_MIDNIGHT)?.date())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::tests::{observed, unreadable, wanted};

    fn read(symbol: &str, body: &str) -> Result<Vec<RawObservation>, ReadError> {
        let wanted = wanted(symbol, "2024-01-01", "2024-12-31");
        let service = Mindicador::new(DEFAULT_URL);
        service.read(&wanted, &service.documents(&wanted)[0], body.as_bytes())
    }

    fn dolar(serie: &str) -> Result<Vec<RawObservation>, ReadError> {
        let head = r#""version":"1.7.0","autor":"mindicador.cl","codigo":"dolar","nombre":"Dólar observado""#;
        read("dolar", &format!(r#"{{{head},"unidad_medida":"Pesos","serie":[{serie}]}}"#))
    }

    fn date_of(fecha: &str) -> String {
        match dolar(&format!(r#"{{"fecha":"{fecha}","valor":900.5}}"#)).as_deref() {
            Ok([RawObservation { date, .. }]) => date.to_string(),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_document_a_year() {
        let service = Mindicador::new("http://localhost:1/api/");
        let year = |year: i32| Document::web(format!("http://localhost:1/api/dolar/{year}"), format!("dolar/{year}"));
        assert_eq!(service.documents(&wanted("dolar", "2023-12-29", "2025-01-13")), [2023, 2024, 2025].map(year));
        // A year that has just begun may have no values yet.
        let begun = service.documents(&wanted("dolar", "2024-12-29", "2025-01-03"));
        assert_eq!(begun, [year(2024), Document { may_be_missing: true, may_not_exist_yet: true, ..year(2025) }]);
        assert_eq!(service.documents(&wanted("CLP=X", "2024-01-01", "2024-01-31")), []);
        assert_eq!(service.documents(&wanted("dolar", "2024-01-01", "2023-12-31")), []);
    }

    #[test]
    fn values_are_read_newest_first_with_those_of_no_day_left_out() {
        let serie = r#"{"fecha":"2024-03-06T03:00:00.000Z","valor":976.36},
            {"fecha":"2024-03-05T03:00:00.000Z","valor":null},{"fecha":"2024-03-04T03:00:00.000Z"},
            {"fecha":"2024-03-01T03:00:00.000Z","valor":-1},{"fecha":"2099-01-01T03:00:00.000Z","valor":1e30}"#;
        let expected = [observed("2024-03-06", 976.36), observed("2024-03-01", -1.0), observed("2099-01-01", 1e30)];
        assert_eq!(dolar(serie).unwrap(), expected);
        assert_eq!(dolar("").unwrap(), []);
    }

    #[test]
    fn a_date_is_the_day_in_santiago() {
        // Summer time ended on 2024-04-06 at 24:00 and began again on 2024-09-07 at 24:00.
        for (fecha, date) in [
            ("2024-03-06T03:00:00.000Z", "2024-03-06"),
            ("2024-06-12T04:00:00.000Z", "2024-06-12"),
            ("2024-04-06T03:00:00.000Z", "2024-04-06"),
            ("2024-04-07T04:00:00.000Z", "2024-04-07"),
            ("2024-04-08T04:00:00.000Z", "2024-04-08"),
            ("2024-09-07T04:00:00.000Z", "2024-09-07"),
            ("2024-09-08T04:00:00.000Z", "2024-09-08"),
            ("2024-09-09T03:00:00.000Z", "2024-09-09"),
            ("2024-03-06T00:00:00-03:00", "2024-03-06"),
            // findic.cl, which has the same form.
            ("2024-03-06", "2024-03-06"),
            ("2024-03-06T00:00:00", "2024-03-06"),
            ("2024-06-06T00:00:00.000Z", "2024-06-06"),
        ] {
            assert_eq!(date_of(fecha), date, "{fecha}");
        }
    }

    /// The first three are from responses of the service, of versions 1.5.0 and 1.4.0.
    #[test]
    fn rules_of_summer_time_of_other_years_do_not_move_a_date() {
        for (fecha, date) in [
            ("2018-01-15T05:00:00.000Z", "2018-01-15"),
            ("2014-11-13T05:00:00.000Z", "2014-11-13"),
            ("2016-09-01T04:00:00.000Z", "2016-09-01"),
            ("2024-06-12T03:00:00.000Z", "2024-06-12"),
            ("2024-09-08T03:00:00.000Z", "2024-09-08"),
        ] {
            assert_eq!(date_of(fecha), date, "{fecha}");
        }
    }

    #[test]
    fn impossible_dates_and_numbers_are_named() {
        for (point, message) in [
            (
                r#"{"fecha":"06-03-2024","valor":1}"#,
                "serie[0].fecha: found '06-03-2024', expected an instant such as",
            ),
            (r#"{"fecha":"2024-02-30T03:00:00.000Z","valor":1}"#, "serie[0].fecha: found '2024-02-30T03"),
            (r#"{"fecha":"9999-12-31T23:59:59Z","valor":1}"#, "serie[0].fecha: found '9999-12-31T23"),
            (r#"{"fecha":"0000-01-01T00:00:00Z","valor":1}"#, "serie[0].fecha: found '0000-01-01T00"),
            (r#"{"valor":1}"#, "serie[0].fecha: found '', expected"),
            (
                r#"{"fecha":"2024-03-06T03:00:00.000Z","valor":"981,26"}"#,
                "serie[0].valor: found '981,26', expected a number, not text with a decimal comma",
            ),
        ] {
            let error = unreadable(dolar(point));
            assert!(error.starts_with(message), "{error}");
        }
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        for (body, message) in [
            ("", "the answer is not JSON with 'codigo' and 'serie': nothing (EOF while parsing"),
            ("<!DOCTYPE html>\n<title>502</title>", "'<!DOCTYPE html> <title>502</title>' (expected value at line 1"),
            (r#"{"codigo":"dolar","serie":[{"fecha":"2024-0"#, "EOF while parsing a string at line 1 column 43"),
            (r#"{"codigo":"dolar","serie":{}}"#, "invalid type: map, expected a sequence"),
            (r#"{"codigo":"dolar"}"#, "'codigo' and 'serie': '{\"codigo\":\"dolar\"}'"),
            (
                r#"{"error":"Not Found","message":"No existe el indicador"}"#,
                "it reports an error: No existe el indicador",
            ),
            (r#"{"error":{"code":500}}"#, "it reports an error: {\"code\":500}"),
            (r#"{"codigo":"uf","serie":[]}"#, "the answer is not about 'dolar': 'uf'"),
            (r#"{"serie":[]}"#, "'codigo' and 'serie': '{\"serie\":[]}'"),
            ("[1,2]", "the answer is not JSON with"),
        ] {
            let error = unreadable(read("dolar", body));
            assert!(error.contains(message), "{error}");
        }
    }
}
