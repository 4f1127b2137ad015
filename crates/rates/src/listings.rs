//! Which providers have a series, under which name of their own, and how its values are read; and what kind of values
//! the series has. In comes the name of a series, out come its [`Listing`]s and [`Traits`]. Known names stand in a
//! table; any other name of six letters that are two currencies is that pair.

use crate::{
    provider::{Listing, Reading},
    providers::{bcch, currency_api, ecb, fred, mindicador, nbp, stooq, yahoo},
};
use forecaster_domain::BusinessCalendar;

/// What kind of values a series has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Traits {
    /// It has values on weekends and holidays too.
    pub(crate) every_day: bool,
    /// It has a value a month.
    pub(crate) monthly: bool,
    /// Greatest plausible ratio between neighbouring values.
    pub(crate) max_ratio: f64,
    /// The value of a day is known after the day: ask for values up to yesterday.
    pub(crate) market_close: bool,
}

/// Values on business days, each known on its day.
const DAILY: Traits = Traits { every_day: false, monthly: false, max_ratio: CURRENCY, market_close: false };
/// Prices at the close of a market.
const CLOSES: Traits = Traits { market_close: true, ..DAILY };

/// Currencies, indices of them, and copper: the greatest step of the dólar observado since 1990 is 6 per cent, of
/// copper 12, of a currency that was devalued overnight rarely above 30.
const CURRENCY: f64 = 1.3;
/// Rates of interest near zero and the VIX, which doubled on 2018-02-05.
const RATE: f64 = 5.0;
/// Price levels.
const PRICES: f64 = 1.1;
/// Copper by the month fell by 30 per cent in October 2008.
const MONTHLY_PRICE: f64 = 2.0;

use Reading::{AsIs, ChangeToLevel, DayBefore, Inverse, NextBusinessDay, WeekdayBefore};

/// A series by name: its kind, and provider, symbol and reading of each listing.
type Known = (&'static str, Traits, &'static [(&'static str, &'static str, Reading)]);

/// The series that are not pairs, and the pairs of the peso, whose values are the Banco Central's.
const KNOWN: [Known; 13] = [
    (
        "usdclp",
        DAILY,
        &[
            (bcch::NAME, "F073.TCO.PRE.Z.D", AsIs),
            (mindicador::NAME, "dolar", AsIs),
            // Its date d has the price of the morning, before Santiago trades: the last trades are those of the day before.
            (nbp::NAME, "USD/CLP", AsIs),
            // Its date d has the closes of the day before, as the dólar observado of d averages the trades of it.
            (currency_api::NAME, "USD/CLP", AsIs),
            (yahoo::NAME, "CLP=X", NextBusinessDay),
            (stooq::NAME, "usdclp", NextBusinessDay),
        ],
    ),
    (
        "eurclp",
        DAILY,
        &[
            (bcch::NAME, "F072.CLP.EUR.N.O.D", AsIs),
            (mindicador::NAME, "euro", AsIs),
            (nbp::NAME, "EUR/CLP", AsIs),
            (currency_api::NAME, "EUR/CLP", AsIs),
            (yahoo::NAME, "EURCLP=X", NextBusinessDay),
            (stooq::NAME, "eurclp", NextBusinessDay),
        ],
    ),
    (
        "dxy",
        CLOSES,
        &[
            (yahoo::NAME, "DX-Y.NYB", AsIs),
            (ecb::NAME, "DXY", AsIs),
            (fred::NAME, "DXY", AsIs),
            (currency_api::NAME, "DXY", DayBefore),
        ],
    ),
    ("usd_broad", CLOSES, &[(fred::NAME, "DTWEXBGS", AsIs)]),
    ("vix", Traits { max_ratio: RATE, ..CLOSES }, &[(yahoo::NAME, "^VIX", AsIs), (fred::NAME, "VIXCLS", AsIs)]),
    ("fed_funds", Traits { every_day: true, max_ratio: RATE, ..CLOSES }, &[(fred::NAME, "DFF", AsIs)]),
    ("copper", DAILY, &[(mindicador::NAME, "libra_cobre", AsIs)]),
    ("copper_comex", CLOSES, &[(yahoo::NAME, "HG=F", AsIs)]),
    (
        "copper_monthly",
        Traits { monthly: true, max_ratio: MONTHLY_PRICE, ..DAILY },
        &[(fred::NAME, "PCOPPUSDM", AsIs)],
    ),
    ("tpm", Traits { max_ratio: RATE, ..DAILY }, &[(mindicador::NAME, "tpm", AsIs)]),
    ("uf", Traits { every_day: true, max_ratio: PRICES, ..DAILY }, &[(mindicador::NAME, "uf", AsIs)]),
    ("ipc", Traits { monthly: true, max_ratio: PRICES, ..DAILY }, &[(mindicador::NAME, "ipc", ChangeToLevel)]),
    ("utm", Traits { monthly: true, max_ratio: PRICES, ..DAILY }, &[(mindicador::NAME, "utm", AsIs)]),
];

/// The exchange rates of the Federal Reserve's release H.10: the currency priced, the one it is priced in.
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

/// Currencies in use (ISO 4217), so that a name of six letters such as "oxygen" is no pair.
const CURRENCIES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP \
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP \
    LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK \
    PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XAG XAU XCD XOF XPF YER ZAR ZMW";

/// The listings of the series `series`, such as "usdclp"; empty when no provider has it.
///
/// A name that ends in `_spot` is the market's own price of the pair before it, on the day of the trades.
pub(crate) fn listings(series: &str) -> Vec<Listing> {
    if let Some((_, _, known)) = known(series) {
        let listing = |&(provider, symbol, reading): &_| Listing { provider, symbol: String::from(symbol), reading };
        return known.iter().map(listing).collect();
    }
    match series.strip_suffix("_spot") {
        // The morning's quote closes the trades of the weekday before.
        Some(name) => pair(name).map_or_else(Vec::new, |(base, quote)| {
            closes(&base, &quote).into_iter().chain(table_a(&base, &quote, WeekdayBefore)).collect()
        }),
        None => pair(series).map_or_else(Vec::new, |(base, quote)| of_pair(&base, &quote)),
    }
}

/// What kind of values the series `series` has.
pub(crate) fn traits(series: &str) -> Traits {
    if let Some((_, traits, _)) = known(series) {
        return *traits;
    }
    match pair(series.strip_suffix("_spot").unwrap_or(series)) {
        Some(_) => CLOSES,
        None => Traits { max_ratio: f64::INFINITY, ..DAILY },
    }
}

/// Whether the values of a provider only stand in for the series `series`: market quotes for an official rate. Of a cross,
/// "a + b", the first counts, whose is the official rate of the peso.
pub fn is_stand_in(series: &str, provider: &str) -> bool {
    let provider = provider.split(" + ").next().unwrap_or_default();
    let listing = listings(series).into_iter().find(|listing| listing.provider == provider);
    let is_quote = |listing: Listing| {
        listing.reading == NextBusinessDay || [currency_api::NAME, nbp::NAME].contains(&listing.provider)
    };
    is_official(series) && listing.is_some_and(is_quote)
}

/// Whether the series is an official rate for which market quotes may stand in, whoever is asked.
pub(crate) fn is_official(series: &str) -> bool {
    listings(series).iter().any(|listing| listing.reading == NextBusinessDay)
}

/// The days on which the series `series` has values: Chile's business days for the observed rates of the Banco Central,
/// weekdays for others; `None` when it has values on any day.
pub fn calendar_of(series: &str) -> Option<BusinessCalendar> {
    let Traits { every_day, monthly, .. } = traits(series);
    match series {
        _ if every_day || monthly => None,
        "usdclp" | "eurclp" => Some(BusinessCalendar::chile()),
        _ => Some(BusinessCalendar::weekdays()),
    }
}

fn known(series: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|(name, _, _)| *name == series)
}

/// The currencies of a pair's name in lower case.
fn pair(name: &str) -> Option<(String, String)> {
    let is_currency = |code: &str| code.len() == 3 && CURRENCIES.split_whitespace().any(|known| known == code);
    if name.len() != 6 || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let (base, quote) = name.split_at_checked(3)?;
    let (base, quote) = (base.to_uppercase(), quote.to_uppercase());
    (is_currency(&base) && is_currency(&quote) && base != quote).then_some((base, quote))
}

/// The market's closes of a pair.
fn closes(base: &str, quote: &str) -> Vec<Listing> {
    let listing = |provider, symbol| Listing { provider, symbol, reading: AsIs };
    let yahoo_symbol = if base == "USD" { format!("{quote}=X") } else { format!("{base}{quote}=X") };
    let packaged = Listing { reading: DayBefore, ..listing(currency_api::NAME, format!("{base}/{quote}")) };
    vec![listing(yahoo::NAME, yahoo_symbol), listing(stooq::NAME, format!("{base}{quote}").to_lowercase()), packaged]
}

/// A pair as the rates of Narodowy Bank Polski tell of it.
fn table_a(base: &str, quote: &str, reading: Reading) -> Option<Listing> {
    let symbol = format!("{base}/{quote}");
    (nbp::is_quoted(base) && nbp::is_quoted(quote)).then_some(Listing { provider: nbp::NAME, symbol, reading })
}

/// Everything a pair is published under.
fn of_pair(base: &str, quote: &str) -> Vec<Listing> {
    let mut listings = closes(base, quote);
    let symbol = format!("{base}/{quote}");
    if ecb::QUOTED.contains(&base) && ecb::QUOTED.contains(&quote) {
        listings.push(Listing { provider: ecb::NAME, symbol, reading: AsIs });
    }
    // Known at noon of its day: with a lag of a day it is never used before.
    listings.extend(table_a(base, quote, AsIs));
    for (id, priced, unit) in H10 {
        let reading = match (priced, unit) {
            _ if (priced, unit) == (base, quote) => AsIs,
            _ if (priced, unit) == (quote, base) => Inverse,
            _ => continue,
        };
        listings.push(Listing { provider: fred::NAME, symbol: id.to_owned(), reading });
    }
    listings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::NAMES;

    fn listed(series: &str, provider: &str) -> Option<(String, Reading)> {
        let of_provider = listings(series).into_iter().find(|listing| listing.provider == provider);
        of_provider.map(|listing| (listing.symbol, listing.reading))
    }

    fn symbol(text: &str, reading: Reading) -> Option<(String, Reading)> {
        Some((text.to_owned(), reading))
    }

    #[test]
    fn every_provider_named_is_known_and_named_once_a_series() {
        let pairs = ["usdaud", "audusd", "gbpmxn", "usdclp_spot", "gbpclp_spot"];
        for series in KNOWN.iter().map(|(name, _, _)| *name).chain(pairs) {
            let mut providers: Vec<&str> = listings(series).iter().map(|listing| listing.provider).collect();
            assert!(!providers.is_empty() && providers.iter().all(|name| NAMES.contains(name)), "{series}");
            providers.sort_unstable();
            providers.dedup();
            assert_eq!(providers.len(), listings(series).len(), "{series}");
        }
        let mut names: Vec<&str> = KNOWN.iter().map(|(name, _, _)| *name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), KNOWN.len());
    }

    #[test]
    fn the_dolar_observado_is_the_market_close_of_the_business_day_before() {
        assert_eq!(listed("usdclp", "mindicador"), symbol("dolar", AsIs));
        assert_eq!(listed("usdclp", "bcch"), symbol("F073.TCO.PRE.Z.D", AsIs));
        assert_eq!(listed("usdclp", "yahoo"), symbol("CLP=X", NextBusinessDay));
        assert_eq!(listed("usdclp", "stooq"), symbol("usdclp", NextBusinessDay));
        assert_eq!(listed("usdclp", "currency-api"), symbol("USD/CLP", AsIs));
        assert_eq!(listed("usdclp", "ecb"), None);
        assert_eq!(listed("usdclp_spot", "yahoo"), symbol("CLP=X", AsIs));
        assert_eq!(listed("usdclp_spot", "mindicador"), None);
        assert_eq!(listed("usdclp_spot", "currency-api"), symbol("USD/CLP", DayBefore));
    }

    #[test]
    fn the_quote_of_a_morning_in_warsaw_stands_for_the_day_and_closes_the_trades_of_the_weekday_before() {
        for (series, name) in [("usdclp", "USD/CLP"), ("eurclp", "EUR/CLP"), ("usdmxn", "USD/MXN")] {
            assert_eq!(listed(series, "nbp"), symbol(name, AsIs));
        }
        assert_eq!(listed("usdclp_spot", "nbp"), symbol("USD/CLP", WeekdayBefore));
        assert_eq!(listed("gbpclp_spot", "nbp"), symbol("GBP/CLP", WeekdayBefore));
        assert_eq!(listed("usdpln", "nbp"), symbol("USD/PLN", AsIs));
        // Not in table A: the Peruvian sol, nor since 2026 the lev.
        assert_eq!((listed("usdpen", "nbp"), listed("usdbgn_spot", "nbp"), listed("dxy", "nbp")), (None, None, None));
    }

    /// Outside authority: the names of the series. "USAL" is USD per Australian dollar, "BZUS" reais per USD.
    #[test]
    fn the_federal_reserves_rates_have_the_right_direction() {
        for (id, priced, unit) in H10 {
            assert_eq!(id.ends_with("US"), priced == "USD", "{id}");
            assert_eq!(id.starts_with("DEXUS"), unit == "USD", "{id}");
            let series = format!("{priced}{unit}").to_lowercase();
            assert_eq!(listed(&series, "fred"), symbol(id, AsIs));
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
            assert_eq!(listed(series, "fred"), symbol(id, reading));
        }
        assert_eq!(listed("eurgbp", "fred"), None);
    }

    #[test]
    fn any_pair_is_listed_under_its_name_at_each_provider() {
        assert_eq!(listed("usdaud", "yahoo"), symbol("AUD=X", AsIs));
        assert_eq!(listed("audusd", "yahoo"), symbol("AUDUSD=X", AsIs));
        assert_eq!(listed("gbpmxn", "ecb"), symbol("GBP/MXN", AsIs));
        assert_eq!(listed("gbpcop", "ecb"), None);
        assert_eq!(listed("gbpcop", "currency-api"), symbol("GBP/COP", DayBefore));
        assert_eq!(listed("gbpcop", "stooq"), symbol("gbpcop", AsIs));
    }

    #[test]
    fn other_names_are_no_series() {
        for name in ["", "oxygen", "USDCLP", "usdusd", "usdclp_spot_spot", "_spot", "dxy_spot", "éurclp", "usdcl"] {
            assert_eq!(listings(name), [], "{name}");
            assert_eq!(traits(name).max_ratio, f64::INFINITY, "{name}");
        }
    }

    #[test]
    fn the_calendar_is_chiles_for_the_observed_rates_and_none_for_what_has_values_on_any_day() {
        use forecaster_domain::CalendarKind;
        let kind = |series| calendar_of(series).map(|calendar| calendar.kind());
        assert_eq!(kind("usdclp"), Some(CalendarKind::Chile));
        assert_eq!(kind("usdclp_spot"), Some(CalendarKind::Weekdays));
        assert_eq!((kind("ipc"), kind("fed_funds"), kind("dxy")), (None, None, Some(CalendarKind::Weekdays)));
    }

    #[test]
    fn market_quotes_stand_in_for_official_rates_only() {
        for provider in ["nbp", "yahoo", "currency-api"] {
            assert!(is_stand_in("usdclp", provider) && is_stand_in("eurclp", provider), "{provider}");
        }
        assert!(!is_stand_in("usdclp", "mindicador") && !is_stand_in("usdclp", "import"));
        assert!(!is_stand_in("usdmxn", "yahoo") && !is_stand_in("usdclp_spot", "yahoo"));
        assert!(is_stand_in("eurclp", "nbp + ecb") && !is_stand_in("eurclp", "mindicador + nbp"));
        assert!(!is_stand_in("usdmxn", "nbp") && !is_stand_in("usdclp_spot", "nbp"));
    }

    #[test]
    fn traits_are_those_of_the_values() {
        assert!(traits("fed_funds").every_day && traits("uf").every_day && !traits("tpm").every_day);
        assert!(traits("ipc").monthly && traits("copper_monthly").monthly && !traits("copper").monthly);
        for (series, ratio) in
            [("usdclp", 1.3), ("usdaud", 1.3), ("dxy", 1.3), ("copper", 1.3), ("vix", 5.0), ("tpm", 5.0), ("uf", 1.1)]
        {
            assert_eq!(traits(series).max_ratio, ratio, "{series}");
        }
        let closes = ["usdclp_spot", "usdaud", "dxy", "vix", "copper_comex", "fed_funds"];
        assert!(closes.iter().all(|series| traits(series).market_close));
        assert!(!["usdclp", "eurclp", "uf", "tpm", "ipc", "copper"].iter().any(|series| traits(series).market_close));
    }
}
