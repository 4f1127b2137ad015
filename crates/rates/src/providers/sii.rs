//! The Servicio de Impuestos Internos (SII), Chile's tax office: the dólar observado of a year as a page, without a key.
//!
//! - **Documentation**: none; <https://www.sii.cl/valores_y_fechas/index_valores_y_fechas.html> lists the pages. The
//!   numbers are those published by the Banco Central de Chile.
//! - **Address**: `https://www.sii.cl/valores_y_fechas/dolar/dolar2026.htm`, one year per document; for 1990 to 2012
//!   `https://www.sii.cl/pagina/valores/dolar/dolar2012.htm`.
//! - **Response**: HTML. In `<div class='meses' id='mes_all'>` there is a table with the columns Día, Ene, Feb ... Dic, a
//!   row for each day from 1 to 31, and a last row Promedio. The day is in a `th`, the values are in `td`. Cells of days
//!   without a rate are empty or have a no-break space. Before it, each month has a division `mes_enero` ... with a table
//!   of other columns, which is not used. Pages before 2013 have one table of days and months.
//! - **Numbers** have a decimal comma, and a point for the thousands (`1.003,25`). Some years before 2013 have a decimal
//!   point (2005: `576.60`).
//! - **Dates**: the dólar observado of the first of October is in force on that day and averages the trades of the
//!   business day before.
//! - **Encoding**: Latin-1 and UTF-8 are both in use. Only digits and the first letters of the months matter here.
//! - **Errors**: pages in HTML. The page of a new year appears with its first values, in the first days of January.
//!
//! No page was at hand. Columns, identifiers and cells are those that several programs on GitHub look for and that
//! their tests copy (pages of 2013 to 2026, and the older form), which agree with each other.

mod page;

use super::answer::{no_such_series, unexpected_format};
use crate::{
    provider::{Document, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion, excerpt},
    snapshot::RawObservation,
};
use chrono::{Datelike, NaiveDate};
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "sii";
/// Default address.
const DEFAULT_URL: &str = "https://www.sii.cl";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    is_exact: true,
    series: &[("usdclp", DOLLAR, ValueConversion::AsIs)],
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Sii::new(settings.address())))
};

/// Symbol of the only series.
const DOLLAR: &str = "dolar";
/// First year with a page.
const FIRST_YEAR: i32 = 1990;
/// First year whose page is at today's address.
const FIRST_YEAR_HERE: i32 = 2013;

const EXPECTED: &str = "a table with the columns Día, Ene to Dic";

/// Client for the pages at an address.
#[derive(Debug)]
pub(crate) struct Sii {
    base_url: String,
}

impl Sii {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }

    fn document(&self, year: i32, last: NaiveDate) -> Document {
        let folder = if year < FIRST_YEAR_HERE { "pagina/valores" } else { "valores_y_fechas" };
        let url = format!("{}/{folder}/dolar/dolar{year}.htm", self.base_url);
        let is_new = is_new(year, last);
        Document {
            may_be_missing: is_new,
            may_not_exist_yet: is_new,
            ..Document::web(url, format!("{DOLLAR}/{year}"))
        }
    }
}

impl Provider for Sii {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        if wanted.symbol != DOLLAR {
            return Vec::new();
        }
        let years = wanted.from.year().max(FIRST_YEAR)..=wanted.to.year();
        years.map(|year| self.document(year, wanted.to)).collect()
    }

    fn read(&self, wanted: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let year = year_of(document).ok_or_else(|| no_such_series(&wanted.symbol))?;
        page::observations(body, year)?.ok_or_else(|| unexpected_format(EXPECTED, excerpt(body)))
    }
}

/// True for a year that has just begun on the last day of a span: its page may not exist yet.
fn is_new(year: i32, last: NaiveDate) -> bool {
    year == last.year() && last.ordinal() <= 7
}

/// Returns the year of a document, which is the end of its label; the page itself may not name it.
fn year_of(document: &Document) -> Option<i32> {
    let (symbol, year) = document.label.split_once('/')?;
    year.parse().ok().filter(|year| symbol == DOLLAR && (FIRST_YEAR..=2200).contains(year))
}

#[cfg(test)]
pub(crate) mod tests;
