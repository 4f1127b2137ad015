//! The Bank for International Settlements (BIS): US dollar exchange rates of many currencies, with long histories,
//! without a key.
//!
//! - **Documentation**: <https://stats.bis.org/api-doc/v1/> for the interface (SDMX, with `format=csv`),
//!   <https://www.bis.org/statistics/xrusd/xrusd_doc.pdf> for the national sources. Free to use with the source named.
//! - **Address**: `https://stats.bis.org/api/v1/data/WS_XRU/D.CL.CLP.A/all?startPeriod=2026-07-01&endPeriod=2026-07-31&
//!   detail=dataonly&format=csv`. A key has the frequency (daily), the area, the currency, and `A` for the average of
//!   the period, which for a day is its rate. The areas are countries, and `XM` for the euro.
//! - **Response**, oldest first: `FREQ,REF_AREA,CURRENCY,COLLECTION,TIME_PERIOD,OBS_VALUE` and
//!   `D,GB,GBP,A,1999-01-04,0.603189`; with more detail also `UNIT_MULT,DECIMALS,TITLE,OBS_STATUS,..`, in another order,
//!   with commas inside quotation marks. Columns are found by name. Values are units of the currency per US dollar.
//! - **Dates**: those of the national source. The data are updated once a week and end about a week ago.
//! - **Days without a rate** have the value `NaN` or none.
//! - **Errors**: XML. A span without values, or a series that does not exist, is "not found" (404).
//! - **Quirks**: a currency that has joined the euro, and one that has a daily series no more, is "not found". Before
//!   1999 the euro's series is that of the ECU.
//!
//! Keys, columns and 404 were seen in programs on GitHub and in copies of responses in their tests. The definition of
//! the Chilean rate was not: it is taken for the observed rate of its date, as the documentation names central banks
//! as sources.

use super::answer::{decimal, iso_date, row, text, unexpected_format};
use crate::{
    provider::{Document, PairRequest, Provider, ProviderKind, ReadError, SpanRequest, ValueConversion, excerpt},
    snapshot::RawObservation,
};
use csv::{ReaderBuilder, StringRecord};
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = "bis";
/// Default address.
const DEFAULT_URL: &str = "https://stats.bis.org/api/v1/data/WS_XRU";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    usual_delay: 10,
    series: &[("usdclp", "CL.CLP", ValueConversion::AsIs)],
    pair: key_of_pair,
    ..ProviderKind::new(NAME, &[DEFAULT_URL], |settings| Arc::new(Bis::new(settings.address())))
};

/// Keys of the currencies with a daily series: area and currency.
const CURRENCIES: [&str; 40] = [
    "AE.AED", "AU.AUD", "BR.BRL", "CA.CAD", "CH.CHF", "CL.CLP", "CN.CNY", "CO.COP", "CZ.CZK", "DK.DKK", "XM.EUR",
    "GB.GBP", "HK.HKD", "HU.HUF", "ID.IDR", "IL.ILS", "IN.INR", "IS.ISK", "JP.JPY", "KR.KRW", "KW.KWD", "LK.LKR",
    "MX.MXN", "MY.MYR", "NO.NOK", "NZ.NZD", "PE.PEN", "PH.PHP", "PK.PKR", "PL.PLN", "QA.QAR", "RO.RON", "RU.RUB",
    "SA.SAR", "SE.SEK", "SG.SGD", "TH.THB", "TR.TRY", "TW.TWD", "ZA.ZAR",
];

const EXPECTED: &str = "a CSV file with the columns TIME_PERIOD and OBS_VALUE";

/// Client for the bank's exchange rates at an address.
#[derive(Debug)]
pub(crate) struct Bis {
    base_url: String,
}

impl Bis {
    /// Creates a client for `base_url`, for instance [`DEFAULT_URL`].
    pub(crate) fn new(base_url: &str) -> Self {
        Self { base_url: base_url.trim_end_matches('/').to_owned() }
    }
}

impl Provider for Bis {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let SpanRequest { symbol, from, to } = wanted;
        if !CURRENCIES.contains(&symbol.as_str()) || from > to {
            return Vec::new();
        }
        let span = format!("startPeriod={from}&endPeriod={to}&detail=dataonly&format=csv");
        let url = format!("{}/D.{symbol}.A/all?{span}", self.base_url);
        vec![Document { may_be_missing: true, ..Document::web(url, format!("{symbol} from {from} to {to}")) }]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let text = text(body);
        let not_a_table = || unexpected_format(EXPECTED, excerpt(text.as_bytes()));
        // Rows are compared with the header here, since the reader's own message would not name the row's content.
        let mut table = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        let header = table.headers().cloned().unwrap_or_default();
        let columns = Columns::of(&header).ok_or_else(not_a_table)?;
        let mut observations = Vec::new();
        for (index, cells) in table.records().enumerate() {
            let cells = cells.map_err(|_| not_a_table())?;
            observations.extend(columns.read(index + 2, &cells, &wanted.symbol)?);
        }
        Ok(observations)
    }
}

/// Returns the key of a pair with the dollar, inverted for a pair quoted the other way round.
fn key_of_pair(request: &PairRequest<'_>) -> Option<(String, ValueConversion)> {
    let (currency, reading) = match (request.base, request.quote) {
        ("USD", currency) => (currency, ValueConversion::AsIs),
        (currency, "USD") => (currency, ValueConversion::Inverse),
        _ => return None,
    };
    let key = CURRENCIES.iter().find(|key| key.ends_with(currency)).filter(|_| !request.spot)?;
    Some(((*key).to_owned(), reading))
}

/// Positions of the columns that are read.
struct Columns {
    width: usize,
    date: usize,
    value: usize,
    /// Dimensions of the key: frequency, area, currency, collection.
    key: [usize; 4],
    /// Power of ten by which values are to be multiplied, if the table has it.
    multiplier: Option<usize>,
}

impl Columns {
    /// Finds the columns; `None` when one is missing.
    fn of(header: &StringRecord) -> Option<Self> {
        let position = |name: &str| header.iter().position(|column| column.trim().eq_ignore_ascii_case(name));
        Some(Self {
            width: header.len(),
            date: position("TIME_PERIOD")?,
            value: position("OBS_VALUE")?,
            key: [position("FREQ")?, position("REF_AREA")?, position("CURRENCY")?, position("COLLECTION")?],
            multiplier: position("UNIT_MULT"),
        })
    }

    /// Reads a row; `None` for a day without a value.
    fn read(&self, line: usize, cells: &StringRecord, symbol: &str) -> Result<Option<RawObservation>, ReadError> {
        let place = || format!("line {line}");
        let cell = |index: usize| cells.get(index).unwrap_or_default().trim();
        if cells.len() != self.width {
            let found = cells.iter().collect::<Vec<_>>().join(",");
            return Err(row(place(), &found, "as many cells as in the header"));
        }
        let key = self.key.map(cell).join(".");
        if key != format!("D.{symbol}.A") {
            return Err(unexpected_format(&format!("about 'D.{symbol}.A'"), excerpt(key.as_bytes())));
        }
        if let Some(power) = self.multiplier.map(cell).filter(|power| !["", "0"].contains(power)) {
            return Err(row(place(), power, "the multiplier 0, for units"));
        }
        let date =
            iso_date(cell(self.date)).ok_or_else(|| row(place(), cell(self.date), "a date such as 2025-01-31"))?;
        match cell(self.value) {
            "" | "NaN" => Ok(None),
            value => Ok(Some(RawObservation { date, value: decimal(value, place)? })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        listings::{is_stand_in, listings},
        provider::{
            DocumentLocation,
            ValueConversion::{AsIs, Inverse},
        },
        providers::tests::{observed, unreadable, wanted},
    };

    const HEADER: &str = "FREQ,REF_AREA,CURRENCY,COLLECTION,TIME_PERIOD,OBS_VALUE\n";

    fn service() -> Bis {
        Bis::new("http://localhost:1/WS_XRU/")
    }

    fn read(body: &str) -> Result<Vec<RawObservation>, ReadError> {
        let wanted = wanted("CL.CLP", "2026-07-01", "2026-07-31");
        service().read(&wanted, &service().documents(&wanted)[0], body.as_bytes())
    }

    fn symbol_of(series: &str) -> Option<(String, ValueConversion)> {
        let listing = listings(series).into_iter().find(|listing| listing.provider == NAME);
        listing.map(|listing| (listing.symbol, listing.reading))
    }

    #[test]
    fn a_document_has_the_daily_averages_of_a_currency() {
        let documents = |symbol: &str| service().documents(&wanted(symbol, "2026-07-01", "2026-07-31"));
        let url = "http://localhost:1/WS_XRU/D.CL.CLP.A/all?startPeriod=2026-07-01&endPeriod=2026-07-31\
                   &detail=dataonly&format=csv";
        let expected = Document {
            place: DocumentLocation::Web(vec![url.to_owned()]),
            may_be_missing: true,
            ..Document::web(String::new(), "CL.CLP from 2026-07-01 to 2026-07-31")
        };
        assert_eq!(documents("CL.CLP"), [expected]);
        for symbol in ["CLP", "DE.EUR", "US.USD", ""] {
            assert_eq!(documents(symbol), [], "{symbol}");
        }
        assert_eq!(service().documents(&wanted("CL.CLP", "2026-07-02", "2026-07-01")), []);
    }

    #[test]
    fn pairs_with_the_dollar_are_known_in_both_directions_and_never_as_a_spot_price() {
        let symbol = |text: &str, reading| Some((text.to_owned(), reading));
        assert_eq!(symbol_of("usdclp"), symbol("CL.CLP", AsIs));
        assert_eq!(symbol_of("usdmxn"), symbol("MX.MXN", AsIs));
        assert_eq!(symbol_of("usdeur"), symbol("XM.EUR", AsIs));
        assert_eq!(symbol_of("eurusd"), symbol("XM.EUR", Inverse));
        assert_eq!(symbol_of("gbpusd"), symbol("GB.GBP", Inverse));
        for series in ["eurclp", "gbpmxn", "usdclp_spot", "usdmxn_spot", "usdvnd", "copper"] {
            assert_eq!(symbol_of(series), None, "{series}");
        }
        assert!(!is_stand_in("usdclp", NAME));
        let mut currencies: Vec<&str> = CURRENCIES.iter().map(|key| &key[3..]).collect();
        currencies.sort_unstable();
        currencies.dedup();
        assert_eq!(currencies.len(), CURRENCIES.len());
        assert!(CURRENCIES.iter().all(|key| key.len() == 6 && key.as_bytes()[2] == b'.'));
    }

    #[test]
    fn both_levels_of_detail_and_both_marks_of_a_missing_value_are_known() {
        let expected = [observed("2026-07-16", 958.7), observed("2026-07-17", 959.12)];
        let body = "D,CL,CLP,A,2026-07-15,NaN\nD,CL,CLP,A,2026-07-16,958.7\nD,CL,CLP,A,2026-07-17,959.120000\n";
        assert_eq!(read(&format!("{HEADER}{body}")).unwrap(), expected);
        let full = "FREQ,REF_AREA,CURRENCY,COLLECTION,UNIT_MULT,DECIMALS,AVAILABILITY,TITLE,TIME_PERIOD,OBS_VALUE,\
                    OBS_STATUS,OBS_PRE_BREAK,OBS_CONF\r\n\
                    D,CL,CLP,A,0,6,A,\"Rates against USD, Chile\",2026-07-16,958.7,A,,F\r\n\
                    D,CL,CLP,A,0,6,A,\"Rates against USD, Chile\",2026-07-17,959.12,A,,F\r\n\
                    D,CL,CLP,A,0,6,A,\"Rates against USD, Chile\",2026-07-18,,,,F\r\n";
        assert_eq!(read(full).unwrap(), expected);
        assert_eq!(read(HEADER).unwrap(), []);
    }

    #[test]
    fn another_series_than_asked_for_is_refused() {
        for (row, found) in [
            ("D,MX,MXN,A,2026-07-17,18.4", "'D.MX.MXN.A'"),
            ("M,CL,CLP,A,2026-07,959.12", "'M.CL.CLP.A'"),
            ("D,CL,CLP,E,2026-07-17,959.12", "'D.CL.CLP.E'"),
            ("D,CL,CLF,A,2026-07-17,0.024", "'D.CL.CLF.A'"),
        ] {
            let error = unreadable(read(&format!("{HEADER}{row}\n")));
            assert!(error.starts_with(&format!("the answer is not about 'D.CL.CLP.A': {found};")), "{error}");
        }
    }

    #[test]
    fn impossible_rows_are_named() {
        for (row, message) in [
            ("D,CL,CLP,A,17-07-2026,1", "line 2: found '17-07-2026', expected a date such as 2025-01-31"),
            ("D,CL,CLP,A,2026-02-30,1", "line 2: found '2026-02-30', expected a date"),
            ("D,CL,CLP,A,2026-07-17,n/a", "line 2: found 'n/a', expected a number such as 981.26"),
            ("D,CL,CLP,A,2026-07-17,\"959,12\"", "line 2: found '959,12', expected a number with a decimal point"),
            ("D,CL,CLP,A,2026-07-17,959,12", "line 2: found 'D,CL,CLP,A,2026-07-17,959,12', expected as many cells"),
            ("D,CL,CLP,A,2026-07-17", "line 2: found 'D,CL,CLP,A,2026-07-17', expected as many cells"),
        ] {
            let error = unreadable(read(&format!("{HEADER}{row}")));
            assert!(error.starts_with(message), "{error}");
        }
        let thousands = HEADER.replace("TIME_PERIOD", "UNIT_MULT,TIME_PERIOD") + "D,CL,CLP,A,3,2026-07-17,0.95912\n";
        assert_eq!(unreadable(read(&thousands)), "line 2: found '3', expected the multiplier 0, for units");
    }

    #[test]
    fn answers_that_are_something_else_are_named() {
        for (body, message) in [
            ("", "the answer is not a CSV file with the columns TIME_PERIOD and OBS_VALUE: nothing;"),
            ("<!DOCTYPE html>\n<title>502</title>", "OBS_VALUE: '<!DOCTYPE html> <title>502</title>';"),
            ("<?xml version=\"1.0\"?><mes:Error/>", "OBS_VALUE: '<?xml version=\"1.0\"?><mes:Error/>';"),
            ("TIME_PERIOD,OBS_VALUE\n2026-07-17,959.12", "OBS_VALUE: 'TIME_PERIOD,OBS_VALUE 2026-07-17,959.12';"),
            ("FREQ:Frequency,REF_AREA:Area\nD: Daily,CL: Chile", "OBS_VALUE: 'FREQ:Frequency,REF_AREA:Area"),
        ] {
            let error = unreadable(read(body));
            assert!(error.contains(message), "{error}");
        }
    }
}
