//! Listings: the providers that have a series, their symbols for it, the reading of its values, and the traits of
//! those values. In: the name of a series. Out: its [`Listing`]s and [`Traits`]. Known names are in a table; any
//! other name of six letters that are two currencies is that pair. Each provider declares for itself which series it
//! has.

use crate::{
    provider::{Listing, PairRequest, ProviderKind, ValueConversion},
    providers::{ALL, bcch, of_name},
    quality::SeriesKind,
};
use forecaster_domain::{BusinessCalendar, CalendarKind};

/// Traits of a series' values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Traits {
    /// Kind of the series, which decides the checks of its values.
    pub(crate) kind: SeriesKind,
    /// True when the series has values on weekends and holidays too.
    pub(crate) every_day: bool,
    /// Delay from the date of a value to its publication.
    pub(crate) delay: PublicationDelay,
    /// Greatest plausible ratio between neighbouring values.
    pub(crate) max_ratio: f64,
    /// True when the value of a day is known only after the day: request values up to yesterday.
    pub(crate) market_close: bool,
}

/// Delay from the date of a value to its publication: a newest value that is older is late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PublicationDelay {
    /// A value for each day, published this many weekdays after it (for a market's close, after the day that follows).
    Weekdays(u32),
    /// A value for each month, dated its first day, and published this many days after that.
    OfMonth(u32),
}

impl Traits {
    /// True when the series has one value per month.
    pub(crate) fn is_monthly(&self) -> bool {
        matches!(self.delay, PublicationDelay::OfMonth(_))
    }

    const fn late_by(self, weekdays: u32) -> Self {
        Self { delay: PublicationDelay::Weekdays(weekdays), ..self }
    }
}

/// Values on business days, each known on its own day.
const DAILY: Traits = Traits {
    kind: SeriesKind::Price,
    every_day: false,
    delay: PublicationDelay::Weekdays(0),
    max_ratio: CURRENCY,
    market_close: false,
};
/// Prices at the close of a market.
const CLOSES: Traits = Traits { market_close: true, ..DAILY };
/// Interest rates set by a central bank.
const POLICY_RATE: Traits = Traits { kind: SeriesKind::PolicyRate, max_ratio: RATE, ..DAILY };
/// Values announced weeks ahead.
const KNOWN_AHEAD: Traits = Traits { kind: SeriesKind::KnownAhead, max_ratio: PRICES, ..DAILY };

/// Relative difference between two relays of one official rate that rounding explains.
const OFFICIAL_DIFFERENCE: f64 = 1e-3;

/// Bound for currencies, currency indices and copper: the greatest step of the dólar observado since 1990 is 6 per
/// cent, of copper 12, of a currency that was devalued overnight rarely above 30.
const CURRENCY: f64 = 1.3;
/// Bound for interest rates near zero and for the VIX, which doubled on 2018-02-05.
const RATE: f64 = 5.0;
/// Bound for price levels.
const PRICES: f64 = 1.1;
/// Bound for monthly copper, which fell by 30 per cent in October 2008.
const MONTHLY_PRICE: f64 = 2.0;

/// Traits of the series that are not pairs. Each provider declares which of them it has.
///
/// Publication delays: the Federal Reserve's broad dollar index comes on Mondays for the week before, or on Tuesday
/// after a holiday; FRED has the VIX and the federal funds rate a day or two after their day; Cochilco's copper price
/// is published a day later; the consumer prices come on the 8th of the next month, the International Monetary Fund's
/// copper price by the middle of it or later.
const KNOWN: [(&str, Traits); 11] = [
    ("dxy", CLOSES.late_by(1)),
    ("usd_broad", Traits { kind: SeriesKind::Index, ..CLOSES.late_by(6) }),
    ("vix", Traits { kind: SeriesKind::Index, max_ratio: RATE, ..CLOSES.late_by(2) }),
    ("fed_funds", Traits { every_day: true, market_close: true, ..POLICY_RATE.late_by(2) }),
    ("copper", DAILY.late_by(2)),
    ("copper_comex", CLOSES.late_by(1)),
    (
        "copper_monthly",
        Traits { kind: SeriesKind::Index, delay: PublicationDelay::OfMonth(80), max_ratio: MONTHLY_PRICE, ..DAILY },
    ),
    ("tpm", POLICY_RATE.late_by(1)),
    ("uf", Traits { every_day: true, ..KNOWN_AHEAD }),
    ("ipc", Traits { kind: SeriesKind::Index, delay: PublicationDelay::OfMonth(42), max_ratio: PRICES, ..DAILY }),
    ("utm", Traits { delay: PublicationDelay::OfMonth(0), ..KNOWN_AHEAD }),
];

/// Currencies in use (ISO 4217), so that a name of six letters such as "oxygen" is not taken for a pair.
const CURRENCIES: &str = "\
    AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP \
    BYN BZD CAD CDF CHF CLF CLP CNH CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP \
    GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP \
    LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK \
    PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SYP SZL THB TJS TMT TND TOP \
    TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XAG XAU XCD XOF XPF YER ZAR ZMW";

/// Returns the listings of a series, such as "usdclp"; empty when no provider has it.
///
/// A name that ends in `_spot` is the market's own price of the pair named before it, on the day of the trades.
pub(crate) fn listings(series: &str) -> Vec<Listing> {
    let listing = |kind: &ProviderKind| {
        let (symbol, reading) = listed_symbol(kind, series)?;
        Some(Listing { provider: kind.name, symbol, reading })
    };
    ALL.iter().filter_map(listing).collect()
}

/// Returns a provider's symbol for a series, and the reading of its values; `None` when it does not have the series.
fn listed_symbol(kind: &ProviderKind, series: &str) -> Option<(String, ValueConversion)> {
    let name = series.strip_suffix("_spot");
    // A series known by name is never treated as a pair, whichever provider is asked.
    let pair = if known(series).is_some() { None } else { pair(name.unwrap_or(series)) };
    let (spot, observed) = (name.is_some(), is_official(series));
    let asked = pair.as_ref().map(|(base, quote)| PairRequest { base, quote, spot, observed });
    kind.symbol(series, asked.as_ref())
}

/// Returns the traits of a series' values.
pub(crate) fn traits(series: &str) -> Traits {
    if let Some(traits) = known(series) {
        return traits;
    }
    if is_official(series) {
        return DAILY;
    }
    match pair(series.strip_suffix("_spot").unwrap_or(series)) {
        Some(_) => CLOSES,
        None => Traits { max_ratio: f64::INFINITY, ..DAILY },
    }
}

/// True when the values of a provider only stand in for the series: market quotes for an official rate. For a cross,
/// "a + b", the first provider counts, which is that of the peso's official rate.
pub fn is_stand_in(series: &str, provider: &str) -> bool {
    let provider = provider.split(" + ").next().unwrap_or_default();
    let quotes = |kind: &ProviderKind| kind.is_stand_in && listed_symbol(kind, series).is_some();
    is_official(series) && of_name(provider).is_some_and(quotes)
}

/// True when the series is an official rate for which market quotes may stand in, whichever provider is asked: a rate
/// in pesos that the Banco Central de Chile publishes for each of its business days.
pub(crate) fn is_official(series: &str) -> bool {
    series.ends_with("clp") && bcch::KIND.series.iter().any(|(name, _, _)| *name == series)
}

/// Returns the number of business days by which a provider's newest daily rate is usually behind.
pub(crate) fn usual_delay(provider: &str) -> i64 {
    of_name(provider).map_or(0, |kind| kind.usual_delay)
}

/// Returns the relative difference that is tolerated between two providers' values of one day. Those that relay the
/// same official rate have the same number, apart from its rounding.
pub(crate) fn tolerance(series: &str, one: &str, other: &str, usual: f64) -> f64 {
    let is_exact = |provider| of_name(provider).is_some_and(|kind| kind.is_exact);
    if is_official(series) && is_exact(one) && is_exact(other) { usual.min(OFFICIAL_DIFFERENCE) } else { usual }
}

/// Returns the days on which a series has values: Chile's business days for the observed rates of the Banco Central,
/// weekdays for others; `None` when it has values on any day.
pub fn calendar_of(series: &str) -> Option<BusinessCalendar> {
    let traits = traits(series);
    if traits.every_day || traits.is_monthly() {
        return None;
    }
    Some(if is_official(series) { BusinessCalendar::chile() } else { BusinessCalendar::weekdays() })
}

/// Returns the calendars that all must be open on a day for a value of the series, besides the series' own: the
/// Federal Reserve's for what it and the exchanges of New York publish, Chile's and London's for the copper price,
/// and that of the euro area for market rates, whose usual sources are there.
pub(crate) fn publication_calendars(series: &str) -> &'static [CalendarKind] {
    match series {
        "fed_funds" | "usd_broad" | "vix" | "dxy" | "copper_comex" => &[CalendarKind::FederalReserve],
        "copper" => &[CalendarKind::Chile, CalendarKind::UnitedKingdom],
        "tpm" => &[CalendarKind::Chile],
        _ if traits(series).market_close => &[CalendarKind::Target],
        _ => &[],
    }
}

/// Returns the kind of a series, which decides the checks of its values.
pub fn kind_of(series: &str) -> SeriesKind {
    traits(series).kind
}

fn known(series: &str) -> Option<Traits> {
    KNOWN.iter().find(|(name, _)| *name == series).map(|(_, traits)| *traits)
}

/// Returns the currencies of a series that is a pair, such as USD and CLP of "usdclp"; `None` for any other name.
pub(crate) fn currencies_of(series: &str) -> Option<(String, String)> {
    pair(series).filter(|_| known(series).is_none())
}

/// Splits a lower-case pair name into its two currencies, in capitals.
fn pair(name: &str) -> Option<(String, String)> {
    let is_currency = |code: &str| code.len() == 3 && CURRENCIES.split_whitespace().any(|known| known == code);
    if name.len() != 6 || !name.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return None;
    }
    let (base, quote) = name.split_at_checked(3)?;
    let (base, quote) = (base.to_uppercase(), quote.to_uppercase());
    (is_currency(&base) && is_currency(&quote) && base != quote).then_some((base, quote))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::ValueConversion::{AsIs, DayBefore, NextBusinessDay, WeekdayBefore};

    fn listed(series: &str, provider: &str) -> Option<(String, ValueConversion)> {
        let of_provider = listings(series).into_iter().find(|listing| listing.provider == provider);
        of_provider.map(|listing| (listing.symbol, listing.reading))
    }

    fn symbol(text: &str, reading: ValueConversion) -> Option<(String, ValueConversion)> {
        Some((text.to_owned(), reading))
    }

    #[test]
    fn every_known_series_has_providers_and_each_lists_a_series_once_that_is_known() {
        let pairs = ["usdaud", "audusd", "gbpmxn", "usdclp_spot", "gbpclp_spot"];
        for series in KNOWN.iter().map(|(name, _)| *name).chain(pairs) {
            assert!(!listings(series).is_empty(), "{series}");
        }
        for kind in ALL {
            let mut names: Vec<&str> = kind.series.iter().map(|(name, _, _)| *name).collect();
            assert!(names.iter().all(|name| traits(name).max_ratio.is_finite()), "{}", kind.name);
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), kind.series.len(), "{}", kind.name);
        }
        let mut names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).collect();
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
    fn the_other_rates_in_pesos_of_the_banco_central_are_official_too() {
        for code in ["EUR", "GBP", "JPY", "CAD", "AUD", "CNY", "BRL"] {
            let series = format!("{}clp", code.to_lowercase());
            assert_eq!(listed(&series, "bcch"), symbol(&format!("F072.CLP.{code}.N.O.D"), AsIs));
            assert_eq!(listed(&series, "yahoo"), symbol(&format!("{code}CLP=X"), NextBusinessDay));
            assert_eq!(listed(&series, "stooq"), symbol(&series, NextBusinessDay));
            assert_eq!(listed(&series, "currency-api"), symbol(&format!("{code}/CLP"), AsIs));
            assert!(is_stand_in(&series, "yahoo") && is_stand_in(&series, "nbp") && !is_stand_in(&series, "bcch"));
            assert_eq!(calendar_of(&series).unwrap().kind(), CalendarKind::Chile);
            assert!(!traits(&series).market_close);
        }
        assert_eq!(listed("nzdclp", "yahoo"), symbol("NZDCLP=X", AsIs));
        assert!(!is_stand_in("nzdclp", "yahoo") && traits("nzdclp").market_close);
    }

    #[test]
    fn the_banco_central_is_a_second_source_of_what_mindicador_has() {
        for series in ["usdclp", "eurclp", "copper", "tpm", "uf", "utm", "ipc"] {
            assert!(listed(series, "mindicador").is_some(), "{series}");
            let (of_bank, of_mindicador) = (listed(series, "bcch").unwrap(), listed(series, "mindicador").unwrap());
            assert_eq!(of_bank.1, of_mindicador.1, "{series}");
        }
    }

    #[test]
    fn the_quote_of_a_morning_in_warsaw_stands_for_the_day_and_closes_the_trades_of_the_weekday_before() {
        for (series, name) in [("usdclp", "USD/CLP"), ("eurclp", "EUR/CLP"), ("usdmxn", "USD/MXN")] {
            assert_eq!(listed(series, "nbp"), symbol(name, AsIs));
        }
        assert_eq!(listed("usdclp_spot", "nbp"), symbol("USD/CLP", WeekdayBefore));
        assert_eq!(listed("gbpclp_spot", "nbp"), symbol("GBP/CLP", WeekdayBefore));
        assert_eq!(listed("usdpln", "nbp"), symbol("USD/PLN", AsIs));
        // Not in table A: the Peruvian sol and, since 2026, the lev.
        assert_eq!((listed("usdpen", "nbp"), listed("usdbgn_spot", "nbp"), listed("dxy", "nbp")), (None, None, None));
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
        let monthly = ["ipc", "utm", "copper_monthly"];
        assert!(monthly.iter().all(|series| traits(series).is_monthly()) && !traits("copper").is_monthly());
        let kinds = [
            ("usdclp", SeriesKind::Price),
            ("usdmxn", SeriesKind::Price),
            ("tpm", SeriesKind::PolicyRate),
            ("fed_funds", SeriesKind::PolicyRate),
            ("vix", SeriesKind::Index),
            ("uf", SeriesKind::KnownAhead),
            ("utm", SeriesKind::KnownAhead),
        ];
        assert!(kinds.iter().all(|(series, kind)| kind_of(series) == *kind));
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
