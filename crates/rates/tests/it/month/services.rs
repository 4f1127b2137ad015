//! Services that publish as the real ones do at 08:30 in Santiago (11:30 UTC in summer): each series in the service's
//! own format, with its own holidays and delays.

use crate::server::{Reply, Request};
use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::America::Santiago;
use forecaster_domain::BusinessCalendar;
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Token of the account at the Banco Central.
pub(crate) const TOKEN: &str = "$2a$10$abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0";

/// Currencies in units per dollar.
const PER_DOLLAR: [(&str, f64); 14] = [
    ("USD", 1.0),
    ("AUD", 1.52),
    ("BRL", 5.4),
    ("CAD", 1.39),
    ("CHF", 0.8),
    ("CLP", 950.0),
    ("CNY", 7.1),
    ("EUR", 0.86),
    ("GBP", 0.75),
    ("JPY", 152.0),
    ("MXN", 18.4),
    ("NOK", 10.1),
    ("PLN", 3.66),
    ("SEK", 9.5),
];

/// The services on a day.
#[derive(Clone, Copy)]
pub(crate) struct Services {
    pub(crate) today: NaiveDate,
    /// First day with a false price of the peso, and the factor by which it is false.
    pub(crate) lie: Option<(NaiveDate, f64)>,
}

/// Parameters of a query, as they stand.
fn parameter<'a>(request: &'a Request, name: &str) -> &'a str {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).unwrap_or_default()
}

fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn is_weekday(day: NaiveDate) -> bool {
    !matches!(day.weekday(), Weekday::Sat | Weekday::Sun)
}

/// True on the days with rates of the European Central Bank.
fn is_target_day(day: NaiveDate) -> bool {
    is_weekday(day) && ![(12, 25), (12, 26), (1, 1)].contains(&(day.month(), day.day()))
}

/// True on business days of Poland, where Christmas Eve is a holiday since 2025.
fn is_polish_day(day: NaiveDate) -> bool {
    is_weekday(day) && ![(12, 24), (12, 25), (12, 26), (1, 1), (1, 6)].contains(&(day.month(), day.day()))
}

/// True on business days of the United States, as far as the tests need them: Martin Luther King's day is the third
/// Monday of January, Labor Day the first of September.
fn is_american_day(day: NaiveDate) -> bool {
    let is_monday = |month, days: std::ops::RangeInclusive<u32>| {
        day.month() == month && day.weekday() == Weekday::Mon && days.contains(&day.day())
    };
    let is_holiday = is_monday(1, 15..=21) || is_monday(9, 1..=7);
    is_weekday(day) && !is_holiday && ![(12, 25), (1, 1)].contains(&(day.month(), day.day()))
}

/// Returns the last day before `day` that passes a test.
pub(crate) fn before(day: NaiveDate, passes: impl Fn(NaiveDate) -> bool) -> NaiveDate {
    day.iter_days().rev().skip(1).find(|day| passes(*day)).unwrap()
}

/// Returns a level with waves of up to 1.4 %, different for each name.
fn wave(name: &str, level: f64, day: NaiveDate) -> f64 {
    let phase = name.bytes().map(f64::from).sum::<f64>();
    let days = f64::from(day.num_days_from_ce());
    level * (1.0 + 0.01 * (days / 9.0 + phase).sin() + 0.004 * (1.7 * days + phase).sin())
}

/// Returns the market's close of a currency on a weekday, in units per dollar.
fn close(currency: &str, day: NaiveDate) -> f64 {
    let level = PER_DOLLAR.iter().find(|(code, _)| *code == currency).unwrap().1;
    if currency == "USD" { level } else { wave(currency, level, day) }
}

/// Returns the observed rate of a Chilean business day in pesos per unit of a currency: near the close before it.
pub(crate) fn observed(currency: &str, day: NaiveDate) -> f64 {
    let trades = before(day, is_weekday);
    let pesos = close("CLP", trades) * (1.0 + 0.002 * f64::from(day.day()).sin());
    (100.0 * pesos / close(currency, trades)).round() / 100.0
}

/// Returns a step function: the policy rate of a day, lowered on 2026-12-16 and on 2027-01-12.
fn policy_rate(day: NaiveDate) -> f64 {
    4.5 - 0.25 * f64::from(u8::from(day >= date("2026-12-16")))
        - 0.25 * f64::from(u8::from(day >= date("2027-01-12")))
}

fn uf(day: NaiveDate) -> f64 {
    let days = (day - date("2024-01-01")).num_days() as f64;
    (100.0 * 36_789.0 * (1.000_09_f64).powf(days)).round() / 100.0
}

impl Services {
    pub(crate) fn on(today: NaiveDate) -> Self {
        Self { today, lie: None }
    }

    /// Returns the factor by which the peso's price of a day is false.
    fn factor(&self, currency: &str, day: NaiveDate) -> f64 {
        self.lie.filter(|(from, _)| day >= *from && currency == "CLP").map_or(1.0, |(_, factor)| factor)
    }

    /// Returns the observed rate of a day as this service gives it.
    fn told(&self, currency: &str, day: NaiveDate) -> f64 {
        observed(currency, day) * self.factor("CLP", day)
    }

    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let path = request.path.split('?').next().unwrap();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match parts[..] {
            ["mindicador", indicator, year] => self.mindicador(indicator, year.parse().unwrap()),
            ["bcch"] => self.bcch(request),
            ["ecb", _] => Reply::ok(self.ecb()),
            ["fred"] => self.fred(request),
            ["sii", "valores_y_fechas", "dolar", page] => self.sii(page),
            ["frankfurter", "rates"] => self.frankfurter(request),
            ["bis", key, "all"] => self.bis(key, request),
            ["nbp", .., code, from, to] => self.nbp(code, date(from), date(to)),
            ["yahoo", symbol] => self.yahoo(&symbol.replace("%5E", "^").replace("%3D", "=")),
            ["currency-api", day, _] => self.currency_api(date(day)),
            _ => Reply::status(404, "not found"),
        }
    }

    /// Returns the value of an indicator on a day, as the Banco Central has published it by now.
    fn chilean(&self, indicator: &str, day: NaiveDate) -> Option<f64> {
        let chile = BusinessCalendar::chile();
        let is_open = chile.is_business_day(day);
        // The rate of the next business day is published on the evening before a weekend.
        let next = self.today.iter_days().find(|day| chile.is_business_day(*day)).unwrap();
        let currency = match indicator {
            "dolar" => Some("USD"),
            "euro" => Some("EUR"),
            "libra" => Some("GBP"),
            _ => None,
        };
        match indicator {
            _ if currency.is_some() => (is_open && day <= next).then(|| self.told(currency.unwrap(), day)),
            "libra_cobre" => (is_open && day < self.today).then(|| (1e4 * wave("copper", 4.9, day)).round() / 1e4),
            "tpm" => (day <= self.today).then(|| policy_rate(day)),
            // Announced on the 9th up to the 9th of the next month.
            "uf" => {
                let announced = if self.today.day() >= 9 { self.today + Days::new(31) } else { self.today };
                (day <= announced.with_day(9).unwrap()).then(|| uf(day))
            }
            "utm" => (day.day() == 1 && day <= self.today + Days::new(20)).then(|| (uf(day) * 1.72).round()),
            "ipc" => (day.day() == 1 && day + Days::new(38) <= self.today).then(|| 0.1 * f64::from(day.month() % 5)),
            _ => None,
        }
    }

    fn mindicador(&self, indicator: &str, year: i32) -> Reply {
        if year > self.today.year() || (year == self.today.year() && self.today.ordinal() < 4) {
            return Reply::status(500, "<!DOCTYPE html><title>500</title>");
        }
        let days = NaiveDate::from_ymd_opt(year, 1, 1).unwrap().iter_days().take_while(|day| day.year() == year);
        let values = days.filter_map(|day| Some((day, self.chilean(indicator, day)?)));
        let row = |(day, value): (NaiveDate, f64)| {
            // Midnight, or one o'clock on the day on which summer time begins at midnight.
            let midnight = Santiago.from_local_datetime(&day.and_time(NaiveTime::MIN)).earliest();
            let first = midnight.or_else(|| Santiago.from_local_datetime(&day.and_hms_opt(1, 0, 0)?).earliest());
            let fecha = first.unwrap().to_utc().format("%Y-%m-%dT%H:%M:%S.000Z");
            format!(r#"{{"fecha":"{fecha}","valor":{value}}}"#)
        };
        let mut rows: Vec<String> = values.map(row).collect();
        rows.reverse();
        Reply::ok(format!(r#"{{"version":"1.7.0","codigo":"{indicator}","serie":[{}]}}"#, rows.join(",")))
    }

    fn bcch(&self, request: &Request) -> Reply {
        let id = parameter(request, "timeseries");
        let indicator = match id {
            "F073.TCO.PRE.Z.D" => "dolar",
            "F072.CLP.EUR.N.O.D" => "euro",
            "F072.CLP.GBP.N.O.D" => "libra",
            "F019.PPB.PRE.100.D" => "libra_cobre",
            "F022.TPM.TIN.D001.NO.Z.D" => "tpm",
            "F073.UFF.PRE.Z.D" => "uf",
            "F073.UTR.PRE.Z.M" => "utm",
            "F074.IPC.VAR.Z.Z.C.M" => "ipc",
            _ => "",
        };
        if parameter(request, "token") != TOKEN.replace('$', "%24") || indicator.is_empty() {
            return Reply::ok(r#"{"Codigo":-50,"Descripcion":"An internal error has occurred","Series":null}"#);
        }
        let (from, to) = (date(parameter(request, "firstdate")), date(parameter(request, "lastdate")));
        let is_open = |day: &NaiveDate| indicator != "tpm" || is_weekday(*day);
        let rows: Vec<String> = from
            .iter_days()
            .take_while(|day| *day <= to)
            .filter(is_open)
            .map(|day| {
                let value = self.chilean(indicator, day);
                let (text, status) = value.map_or(("NaN".to_owned(), "ND"), |value| (value.to_string(), "OK"));
                let day = day.format("%d-%m-%Y");
                format!(r#"{{"indexDateString":"{day}","value":"{text}","statusCode":"{status}"}}"#)
            })
            .collect();
        let series = format!(r#"{{"descripEsp":"","descripIng":"","seriesId":"{id}","Obs":[{}]}}"#, rows.join(","));
        Reply::ok(format!(r#"{{"Codigo":0,"Descripcion":"Success","Series":{series},"SeriesInfos":[]}}"#))
    }

    /// Returns the page of a year, which appears with its first values.
    fn sii(&self, page: &str) -> Reply {
        let year: i32 = page.trim_start_matches("dolar").trim_end_matches(".htm").parse().unwrap();
        if year > self.today.year() || (year == self.today.year() && self.today.ordinal() < 5) {
            return Reply::status(404, "<h1>Not Found</h1>");
        }
        let cell = |day: u32, month: u32| {
            let value = NaiveDate::from_ymd_opt(year, month, day).filter(|day| *day <= self.today);
            let value = value.and_then(|day| self.chilean("dolar", day));
            value.map_or_else(|| "&nbsp;".to_owned(), |value| format!("{value:.2}").replace('.', ","))
        };
        let row = |day: u32| {
            let cells: String = (1..=12).map(|month| format!("<td>{}</td>", cell(day, month))).collect();
            format!("<tr><th>{day}</th>{cells}</tr>")
        };
        let months = "Ene Feb Mar Abr May Jun Jul Ago Sep Oct Nov Dic".split(' ');
        let months: String = months.map(|month| format!("<th>{month}</th>")).collect();
        let days: String = (1..=31).map(row).collect();
        let means = "<td>950,00</td>".repeat(12);
        Reply::ok(format!(
            "<!doctype html><div class='meses' id='mes_all'><table><thead><tr><th>D\u{ed}a</th>{months}</tr></thead>\
             <tbody>{days}<tr><th>Promedio</th>{means}</tr></tbody></table></div>"
        ))
    }

    /// Returns a central bank's rates up to the business day before: it is asked in the afternoon.
    fn frankfurter(&self, request: &Request) -> Reply {
        let (base, quote) = (parameter(request, "base"), parameter(request, "quotes"));
        let (from, to) = (date(parameter(request, "from")), date(parameter(request, "to")));
        let value = |day: NaiveDate| match (base, quote) {
            (base, "CLP") => BusinessCalendar::chile().is_business_day(day).then(|| self.told(base, day)),
            (_, quote) => is_weekday(day).then(|| close(quote, day)),
        };
        let days = from.iter_days().take_while(|day| *day <= to && *day < self.today);
        let row = |day: NaiveDate| {
            let rate = value(day)?;
            Some(format!(r#"{{"date":"{day}","base":"{base}","quote":"{quote}","rate":{rate}}}"#))
        };
        Reply::ok(format!("[{}]", days.filter_map(row).collect::<Vec<_>>().join(",")))
    }

    /// Returns a currency's rates per dollar, which end a week ago.
    fn bis(&self, key: &str, request: &Request) -> Reply {
        let parts: Vec<&str> = key.split('.').collect();
        let (area, code) = (parts[1], parts[2]);
        let (from, to) = (date(parameter(request, "startPeriod")), date(parameter(request, "endPeriod")));
        let days = from.iter_days().take_while(|day| *day <= to && *day + Days::new(7) <= self.today);
        let value = |day: NaiveDate| match code {
            "CLP" => BusinessCalendar::chile().is_business_day(day).then(|| self.told("USD", day)),
            code => is_weekday(day).then(|| close(code, day)),
        };
        let row = |day: NaiveDate| Some(format!("D,{area},{code},A,{day},{:.5}\n", value(day)?));
        let rows: String = days.filter_map(row).collect();
        Reply::ok(format!("FREQ,REF_AREA,CURRENCY,COLLECTION,TIME_PERIOD,OBS_VALUE\n{rows}"))
    }

    /// Returns the table published at 16:00 in Frankfurt: until then yesterday's is the newest.
    fn ecb(&self) -> Vec<u8> {
        let codes: Vec<&str> =
            PER_DOLLAR.iter().map(|(code, _)| *code).filter(|c| !["EUR", "CLP"].contains(c)).collect();
        let mut table = format!("Date,{},\n", codes.join(","));
        let days = self.today.iter_days().rev().skip(1).take(800).filter(|day| is_target_day(*day));
        for day in days {
            let cells = codes.iter().map(|code| format!("{:.5}", close(code, day) / close("EUR", day)));
            table += &format!("{day},{},\n", cells.collect::<Vec<_>>().join(","));
        }
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("eurofxref-hist.csv", SimpleFileOptions::default()).unwrap();
        archive.write_all(table.as_bytes()).unwrap();
        archive.finish().unwrap().into_inner()
    }

    fn fred(&self, request: &Request) -> Reply {
        let ids: Vec<&str> = parameter(request, "id").split(',').flat_map(|ids| ids.split("%2C")).collect();
        // H.10 is published on Monday afternoons, or on Tuesday after a holiday, for the week before.
        let release = before(self.today, |day| is_american_day(day) && !is_american_day(day - Days::new(1)));
        let of_week = before(release, |day| day.weekday() == Weekday::Fri);
        // The federal funds rate of a day, and of the weekend before it, is published on the next business day.
        let trading = before(self.today, is_american_day);
        let value = |id: &str, day: NaiveDate| match id {
            "DFF" => (day < trading).then(|| 0.08 + policy_rate(day) - 0.5),
            "VIXCLS" => (day < trading && is_american_day(day)).then(|| vix(day)),
            "DTWEXBGS" => (day <= of_week && is_american_day(day)).then(|| wave("broad", 121.0, day)),
            "PCOPPUSDM" => {
                (day.day() == 1 && day + Days::new(48) <= self.today).then(|| wave("copper", 10_800.0, day))
            }
            _ => {
                let (code, in_dollars) = match id {
                    "DEXUSEU" => ("EUR", true),
                    "DEXUSUK" => ("GBP", true),
                    "DEXUSAL" => ("AUD", true),
                    "DEXJPUS" => ("JPY", false),
                    "DEXCAUS" => ("CAD", false),
                    "DEXSDUS" => ("SEK", false),
                    "DEXSZUS" => ("CHF", false),
                    "DEXMXUS" => ("MXN", false),
                    "DEXBZUS" => ("BRL", false),
                    "DEXNOUS" => ("NOK", false),
                    _ => return None,
                };
                let rate = (day <= of_week && is_american_day(day)).then(|| close(code, day))?;
                Some(if in_dollars { 1.0 / rate } else { rate })
            }
        };
        let (from, to) = (date(parameter(request, "cosd")), date(parameter(request, "coed")));
        let mut table = format!("observation_date,{}\n", ids.join(","));
        for day in from.iter_days().take_while(|day| *day <= to) {
            let cells: Vec<Option<f64>> = ids.iter().map(|id| value(id, day)).collect();
            if cells.iter().any(Option::is_some) {
                let cell = |cell: &Option<f64>| cell.map_or_else(String::new, |value| format!("{value:.5}"));
                table += &format!("{day},{}\n", cells.iter().map(cell).collect::<Vec<_>>().join(","));
            }
        }
        Reply::ok(table)
    }

    /// Returns a currency's mids: a morning's closes the trades of the weekday before.
    fn nbp(&self, code: &str, from: NaiveDate, to: NaiveDate) -> Reply {
        let code = code.to_uppercase();
        let days = from.iter_days().take_while(|day| *day <= to.min(self.today)).filter(|day| is_polish_day(*day));
        let mid = |day: NaiveDate| {
            let trades = before(day, is_weekday);
            close("PLN", trades) / close(&code, trades) / self.factor(&code, day)
        };
        let row = |day: NaiveDate| format!(r#"{{"no":"1/A/NBP","effectiveDate":"{day}","mid":{:.9}}}"#, mid(day));
        let rows: Vec<String> = days.map(row).collect();
        if rows.is_empty() {
            return Reply::status(404, "404 NotFound - Not Found - Brak danych");
        }
        Reply::ok(format!(r#"{{"table":"A","currency":"x","code":"{code}","rates":[{}]}}"#, rows.join(",")))
    }

    /// Returns bars: a currency's open is the close of the weekday before; an index has its closes up to yesterday.
    fn yahoo(&self, symbol: &str) -> Reply {
        let days = self.today.iter_days().rev().take(420).filter(|day| is_weekday(*day));
        let mut bars: Vec<(NaiveDate, f64)> = match symbol.strip_suffix("=X") {
            Some(pair) => {
                let (base, quote) = pair.split_at_checked(pair.len() - 3).unwrap();
                let base = if base.is_empty() { "USD" } else { base };
                let open = |day: NaiveDate| before(day, is_weekday);
                let price = |day| close(quote, open(day)) / close(base, open(day)) * self.factor(quote, day);
                days.map(|day| (day, price(day))).collect()
            }
            None => days
                .skip_while(|day| *day >= self.today)
                .filter(|day| is_american_day(*day))
                .map(|day| (day, if symbol == "^VIX" { vix(day) } else { dollar_index(day) }))
                .collect(),
        };
        bars.reverse();
        let times: Vec<i64> =
            bars.iter().map(|(day, _)| day.and_time(NaiveTime::MIN).and_utc().timestamp()).collect();
        let prices: Vec<f64> = bars.iter().map(|(_, price)| *price).collect();
        let meta = format!(r#"{{"symbol":"{symbol}","exchangeTimezoneName":"UTC","gmtoffset":0}}"#);
        Reply::ok(format!(
            r#"{{"chart":{{"result":[{{"meta":{meta},"timestamp":{times:?},"indicators":{{"quote":[{{"open":{prices:?},
               "close":{prices:?}}}]}}}}],"error":null}}}}"#
        ))
    }

    /// Returns the package of a day, with the closes of the weekday before.
    fn currency_api(&self, day: NaiveDate) -> Reply {
        if day > self.today {
            return Reply::status(404, "not found");
        }
        let trades = before(day, is_weekday);
        let rate = |(code, _): &(&str, f64)| {
            format!(r#""{}":{}"#, code.to_lowercase(), close(code, trades) * self.factor(code, day))
        };
        let rates: Vec<String> = PER_DOLLAR.iter().map(rate).collect();
        Reply::ok(format!(r#"{{"date":"{day}","usd":{{{}}}}}"#, rates.join(",")))
    }
}

fn vix(day: NaiveDate) -> f64 {
    wave("vix", 17.0, day)
}

fn dollar_index(day: NaiveDate) -> f64 {
    let weights = [("EUR", 0.576), ("JPY", 0.136), ("GBP", 0.119), ("CAD", 0.091), ("SEK", 0.042), ("CHF", 0.036)];
    weights.iter().fold(50.143_481_12, |index, (code, weight)| index * close(code, day).powf(*weight))
}
