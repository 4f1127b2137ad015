//! Rates up to today, whatever day that is, and the services that publish them, each in its own format. The formats
//! and their sources are documented in crates/rates/src/providers.
//!
//! The values of a series are the embedded ones as long as there are any. After that they vary around the last one,
//! by as much as the market moves, on the business days of the series. The official rate of a day is close to the
//! market's price of the weekday before.
#![allow(dead_code, clippy::unwrap_used)]

use crate::server::{Reply, Request};
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::{America::Santiago, Europe::London};
use forecaster_domain::BusinessCalendar;
use forecaster_rates::{calendar_of, embedded};
use serde_json::{Value, json};
use std::io::{Cursor, Write};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Account at the Banco Central's service. The password contains characters that a URL must encode.
pub(crate) const USER: &str = "observador@example.cl";
/// Password of the account.
pub(crate) const PASSWORD: &str = "Zorzal&7+Maitén/9";

/// Key of FRED's documented interface.
pub(crate) const FRED_KEY: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

/// Token of the account, which begins as the bank's tokens do.
pub(crate) const TOKEN: &str = "$2a$10$ZorzalMaitenZorzalMaitenZorzalMaitenZorzalMaitenZorza";

/// Units per USD of pairs that are not embedded, and levels of series that are no pairs.
const LEVELS: [(&str, f64); 18] = [
    ("eurclp", 1030.0),
    ("copper", 4.02),
    ("tpm", 5.0),
    ("usdchf", 0.9068),
    ("usdczk", 24.2),
    ("usdhkd", 7.78),
    ("usdhuf", 397.0),
    ("usdidr", 16_200.0),
    ("usdinr", 85.6),
    ("usdkrw", 1470.0),
    ("usdmyr", 4.47),
    ("usdthb", 34.3),
    ("usdgbp", 0.8),
    ("usdjpy", 157.37),
    ("usdsek", 11.06),
    ("usdcny", 7.3),
    ("usdpln", 4.12),
    ("usdsgd", 1.366),
];

/// The published values, up to a last day.
#[derive(Debug, Clone, Copy)]
pub(crate) struct World {
    /// The last day with any values.
    pub(crate) last: NaiveDate,
    /// First day of changed values, and the factor by which they differ from the original ones.
    pub(crate) moved: Option<(NaiveDate, f64)>,
}

/// Returns today's date in Chile.
pub(crate) fn today() -> NaiveDate {
    Utc::now().with_timezone(&Santiago).date_naive()
}

impl World {
    /// Returns the world with values up to today.
    pub(crate) fn today() -> Self {
        Self { last: today(), moved: None }
    }

    /// Returns the value of a day, rounded to four decimals; `None` when there is none.
    pub(crate) fn value(&self, series: &str, date: NaiveDate) -> Option<f64> {
        let snapshot = embedded().unwrap().get(series);
        let calendar = calendar_of(series).unwrap_or_else(BusinessCalendar::weekdays);
        let end = snapshot.map_or(first_day(), |known| known.last().unwrap().date);
        if let Some(known) = snapshot.filter(|_| date <= end) {
            let last = known[..known.partition_point(|o| o.date <= date)].last()?;
            // The embedded quotes lack the holidays of Poland.
            let carried = series.ends_with("_spot") && calendar.is_business_day(date);
            return (last.date == date || carried).then_some(last.value);
        }
        if date > self.last || !calendar.is_business_day(date) {
            return None;
        }
        let days = (date - end).num_days() as f64;
        let (level, wave) = if series == "usdclp" {
            (Self { moved: None, ..*self }.quote_of_the_morning(date)?, 0.003 * (1.3 * days).sin())
        } else {
            let level = snapshot.map(|known| known.last().unwrap().value);
            let level = level.or_else(|| LEVELS.iter().find(|(name, _)| *name == series).map(|(_, level)| *level))?;
            (level, 0.008 * (days / 9.0).sin() + 0.004 * (1.7 * days).sin())
        };
        let moved = self.moved.filter(|(from, _)| date >= *from).map_or(1.0, |(_, factor)| factor);
        Some((level * (1.0 + wave) * moved * 1e4).round() / 1e4)
    }

    /// Returns the market's price of the peso on the weekday before a date.
    fn quote_of_the_morning(&self, date: NaiveDate) -> Option<f64> {
        date.iter_days().rev().skip(1).find_map(|day| self.value("usdclp_spot", day))
    }

    /// Returns the observations of a series from `from` to `to`.
    pub(crate) fn values(&self, series: &str, from: NaiveDate, to: NaiveDate) -> Vec<(NaiveDate, f64)> {
        let days = from.iter_days().take_while(|day| *day <= to);
        days.filter_map(|day| Some((day, self.value(series, day)?))).collect()
    }

    /// True when yahoo has the market's close of a day: it is the open of the next bar, and Monday's is dated Sunday.
    pub(crate) fn is_at_yahoo(&self, date: NaiveDate) -> bool {
        let before_friday = date.weekday().num_days_from_monday() < 4;
        before_friday && date < self.last && !self.is_gap(date + Days::new(1))
    }

    /// Returns the newest day of a series that a provider can be asked for today; for a market's close, a day before
    /// today.
    pub(crate) fn newest(&self, series: &str) -> NaiveDate {
        let is_close = !["usdclp", "eurclp", "copper", "tpm"].contains(&series);
        let last = if is_close { self.last.min(today() - Days::new(1)) } else { self.last };
        (0..20).map(|back| last - Days::new(back)).find(|day| self.value(series, *day).is_some()).unwrap()
    }

    /// Returns a service's answer to a request.
    pub(crate) fn answer(&self, request: &Request) -> Reply {
        let (path, query) = request.path.split_once('?').unwrap_or((&request.path, ""));
        let query = Query(query);
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let body = match parts[..] {
            ["mindicador", indicator, year] => self.mindicador(indicator, year.parse().unwrap()),
            ["bcch"] => Some(self.bcch(query).into_bytes()),
            ["ecb", "eurofxref-hist.zip"] => Some(self.ecb()),
            ["fred"] if !query.get("series_id").is_empty() => return self.fred_with_key(query),
            ["fred"] => Some(self.fred(query).into_bytes()),
            ["sii", "valores_y_fechas", "dolar", page] => self.sii(page),
            ["frankfurter", "rates"] => Some(self.frankfurter(query).into_bytes()),
            ["bis", key, "all"] => return self.bis(key, query),
            ["nbp", "exchangerates", "rates", "a", code, from, to, ""] => return self.nbp(code, from, to),
            ["yahoo", symbol] => self.yahoo(&decoded(symbol), query),
            ["stooq"] => self.stooq(query),
            ["currency-api", date, "usd.json"] => self.currency_api(date.parse().unwrap()),
            _ => None,
        };
        body.map_or_else(|| Reply::status(404, "<h1>Not found</h1>"), Reply::ok)
    }

    fn mindicador(&self, indicator: &str, year: i32) -> Option<Vec<u8>> {
        let series = match indicator {
            "dolar" => "usdclp",
            "euro" => "eurclp",
            "libra_cobre" => "copper",
            "tpm" => "tpm",
            "ipc" => "",
            _ => return None,
        };
        let of_year = day(year, 1, 1).iter_days().take_while(|day| day.year() == year);
        let mut rows: Vec<(NaiveDate, f64)> = if indicator == "ipc" {
            // Published a week after the end of the month, dated to its first day.
            let firsts = of_year.filter(|day| day.day() == 1 && *day + Days::new(38) <= self.last);
            firsts.map(|day| (day, 0.1 * f64::from(day.month()) - 0.3)).collect()
        } else {
            of_year.filter_map(|day| Some((day, self.value(series, day)?))).collect()
        };
        rows.reverse();
        let points = rows.iter().map(|(date, value)| {
            let midnight = Santiago.from_local_datetime(&date.and_time(NaiveTime::MIN)).earliest();
            let midnight =
                midnight.unwrap_or_else(|| Santiago.from_utc_datetime(&date.and_hms_opt(4, 0, 0).unwrap()));
            json!({ "fecha": midnight.to_utc().format("%Y-%m-%dT%H:%M:%S.000Z").to_string(), "valor": value })
        });
        let answer = json!({
            "version": "1.7.0", "autor": "mindicador.cl", "codigo": indicator, "nombre": "Dólar observado",
            "unidad_medida": "Pesos", "serie": points.collect::<Vec<Value>>(),
        });
        Some(answer.to_string().into_bytes())
    }

    fn bcch(&self, query: Query<'_>) -> String {
        let has_account = query.get("user") == USER && query.get("pass") == PASSWORD;
        if !has_account && query.get("token") != TOKEN {
            return json!({
                "Codigo": -5, "Descripcion": "Invalid username or password", "Series": null, "SeriesInfos": [],
            })
            .to_string();
        }
        let id = query.get("timeseries");
        let series = if id == "F073.TCO.PRE.Z.D" { "usdclp" } else { "eurclp" };
        let points = query.days("firstdate", "lastdate", "%Y-%m-%d").map(|date| {
            let value = self.value(series, date);
            let text = value.map_or_else(|| "NaN".to_owned(), |value| value.to_string());
            json!({
                "indexDateString": date.format("%d-%m-%Y").to_string(), "value": text,
                "statusCode": if value.is_some() { "OK" } else { "ND" },
            })
        });
        let points: Vec<Value> = points.collect();
        json!({
            "Codigo": 0, "Descripcion": "Success",
            "Series": { "descripEsp": "Dólar observado", "descripIng": "Observed", "seriesId": id, "Obs": points },
            "SeriesInfos": [],
        })
        .to_string()
    }

    /// Returns the table of all currencies, newest day first.
    fn ecb(&self) -> Vec<u8> {
        let others = [
            "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "GBP", "HKD", "HUF", "IDR", "INR", "JPY", "KRW", "MXN", "NOK",
            "NZD", "PLN", "SEK", "SGD", "THB", "ZAR",
        ];
        let mut table = format!("Date,USD,{},CYP,\n", others.join(","));
        let mut days: Vec<NaiveDate> = first_day().iter_days().take_while(|day| *day <= self.last).collect();
        days.reverse();
        for date in days {
            let Some(euros) = self.value("usdeur", date) else { continue };
            table += &format!("{date},{:.8}", 1.0 / euros);
            for currency in others {
                let per_usd = self.value(&format!("usd{}", currency.to_lowercase()), date);
                table += &per_usd.map_or_else(|| ",N/A".to_owned(), |rate| format!(",{:.8}", rate / euros));
            }
            table += ",N/A,\n";
        }
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        archive.start_file("eurofxref-hist.csv", SimpleFileOptions::default()).unwrap();
        archive.write_all(table.as_bytes()).unwrap();
        archive.finish().unwrap().into_inner()
    }

    /// Returns one row per weekday, with a point for a missing quote.
    fn fred(&self, query: Query<'_>) -> String {
        let ids = query.get("id");
        let mut table = format!("observation_date,{ids}\n");
        for date in
            query.days("cosd", "coed", "%Y-%m-%d").filter(|d| BusinessCalendar::weekdays().is_business_day(*d))
        {
            table += &date.to_string();
            for id in ids.split(',') {
                let value = self.h10(id, date).filter(|_| !self.is_gap(date));
                table += &value.map_or_else(|| ",.".to_owned(), |value| format!(",{value:.8}"));
            }
            table += "\n";
        }
        table
    }

    /// Returns a series at the documented interface, which refuses another key.
    fn fred_with_key(&self, query: Query<'_>) -> Reply {
        if query.get("api_key") != FRED_KEY {
            let message = "Bad Request.  The value for variable api_key is not registered.  Read \
                           https://fred.stlouisfed.org/docs/api/api_key.html for more information.";
            return Reply::status(400, json!({ "error_code": 400, "error_message": message }).to_string());
        }
        let id = query.get("series_id");
        let days = query.days("observation_start", "observation_end", "%Y-%m-%d");
        let days = days.filter(|date| BusinessCalendar::weekdays().is_business_day(*date));
        let observations = days.map(|date| {
            let value = self.h10(&id, date).filter(|_| !self.is_gap(date));
            let value = value.map_or_else(|| ".".to_owned(), |value| format!("{value:.8}"));
            json!({ "realtime_start": "2026-01-01", "realtime_end": "2026-01-01", "date": date.to_string(), "value": value })
        });
        let observations: Vec<Value> = observations.collect();
        Reply::ok(json!({ "units": "lin", "limit": 100_000, "observations": observations }).to_string())
    }

    fn h10(&self, id: &str, date: NaiveDate) -> Option<f64> {
        let (currency, in_dollars) = match id {
            "DEXBZUS" => ("brl", false),
            "DEXCAUS" => ("cad", false),
            "DEXCHUS" => ("cny", false),
            "DEXJPUS" => ("jpy", false),
            "DEXMXUS" => ("mxn", false),
            "DEXNOUS" => ("nok", false),
            "DEXSDUS" => ("sek", false),
            "DEXSFUS" => ("zar", false),
            "DEXSIUS" => ("sgd", false),
            "DEXSZUS" => ("chf", false),
            "DEXUSAL" => ("aud", true),
            "DEXUSEU" => ("eur", true),
            "DEXUSNZ" => ("nzd", true),
            "DEXUSUK" => ("gbp", true),
            _ => return None,
        };
        let value = self.value(&format!("usd{currency}"), date)?;
        Some(if in_dollars { 1.0 / value } else { value })
    }

    /// Returns the page of a year, such as dolar2026.htm; none before the first value of the year.
    fn sii(&self, page: &str) -> Option<Vec<u8>> {
        let year: i32 = page.strip_prefix("dolar")?.strip_suffix(".htm")?.parse().unwrap();
        let value = |date: Option<NaiveDate>| self.value("usdclp", date?);
        let cell = |date| value(date).map_or_else(|| "&nbsp;".to_owned(), chilean);
        let row = |day: u32| {
            let cells = (1..=12).map(|month| cell(NaiveDate::from_ymd_opt(year, month, day)));
            let cells: String = cells.map(|cell| format!("<td style='text-align:right;'>{cell}</td>")).collect();
            format!("<tr><th style='text-align:center;'>{day}</th>{cells}</tr>")
        };
        let months = ["Ene", "Feb", "Mar", "Abr", "May", "Jun", "Jul", "Ago", "Sep", "Oct", "Nov", "Dic"];
        let (months, days) = (months.map(|month| format!("<th>{month}</th>")), (1..=31).map(row));
        let page = format!(
            "<!doctype html><html lang='es'><body><div class='meses' id='mes_enero'><table><tr><th>Día</th>\
             <th>Valor</th></tr><tr><th>1</th><td>&nbsp;</td></tr></table></div><div class='meses' id='mes_all'>\
             <table id='table_export'><thead><tr><th>Día</th>{}</tr></thead><tbody>{}<tr><th>Promedio</th>{}</tr>\
             </tbody></table></div></body></html>",
            months.concat(),
            days.collect::<String>(),
            "<td>950,10</td>".repeat(12),
        );
        (self.last >= day(year, 1, 2)).then(|| page.into_bytes())
    }

    /// Returns the rates of a central bank, of which it knows the pairs of one only.
    fn frankfurter(&self, query: Query<'_>) -> String {
        let (base, quote, bank) = (query.get("base"), query.get("quotes"), query.get("providers"));
        let series = format!("{base}{quote}").to_lowercase();
        let published = [("CLP", "BCCH"), ("MXN", "BANXICO"), ("BRL", "BCB")].contains(&(&*quote, &*bank));
        let rates = query.days("from", "to", "%Y-%m-%d").filter_map(|date| {
            let rate = self.value(&series, date).filter(|_| published)?;
            Some(json!({ "date": date.to_string(), "base": base, "quote": quote, "rate": rate }))
        });
        Value::Array(rates.collect()).to_string()
    }

    /// Returns one row per weekday, with NaN where there is no value.
    fn bis(&self, key: &str, query: Query<'_>) -> Reply {
        let mut table = "FREQ,REF_AREA,CURRENCY,COLLECTION,TIME_PERIOD,OBS_VALUE\n".to_owned();
        let currency = key.split('.').nth(2).unwrap().to_lowercase();
        let days = query.days("startPeriod", "endPeriod", "%Y-%m-%d").filter(|date| *date <= self.last);
        for date in days.filter(|date| BusinessCalendar::weekdays().is_business_day(*date)) {
            let value = self.value(&format!("usd{currency}"), date);
            let value = value.map_or_else(|| "NaN".to_owned(), |value| value.to_string());
            table += &format!("{},{date},{value}\n", key.replace('.', ","));
        }
        if table.lines().count() == 1 {
            return Reply::status(
                404,
                "<mes:Error><mes:ErrorMessage code=\"100\">No results</mes:ErrorMessage></mes:Error>",
            );
        }
        Reply::ok(table)
    }

    /// Returns one row per business day of Poland, whose holidays here are New Year and Epiphany: zloty per unit of
    /// the currency, for the peso as of the morning.
    fn nbp(&self, code: &str, from: &str, to: &str) -> Reply {
        let (from, to): (NaiveDate, NaiveDate) = (from.parse().unwrap(), to.parse().unwrap());
        if (to - from).num_days() >= 93 {
            let limit = "400 BadRequest - Przekroczony limit 93 dni / Limit of 93 days has been exceeded";
            return Reply::status(400, limit);
        }
        let is_open = |day: &NaiveDate| {
            let is_holiday = day.month() == 1 && [1, 6].contains(&day.day());
            BusinessCalendar::weekdays().is_business_day(*day) && !is_holiday
        };
        let days = from.iter_days().take_while(|day| *day <= to.min(self.last)).filter(is_open);
        // The factor applies to the price in dollars, not to the dollar.
        let zloty = Self { moved: None, ..*self };
        let rows: Vec<Value> = days
            .filter_map(|day| {
                let mid = zloty.value("usdpln", day)? / self.per_dollar(code, day)?;
                let no = format!("{:03}/A/NBP/{}", day.ordinal(), day.year());
                Some(json!({ "no": no, "effectiveDate": day.to_string(), "mid": (mid * 1e9).round() / 1e9 }))
            })
            .collect();
        if rows.is_empty() {
            return Reply::status(404, "404 NotFound - Not Found - Brak danych");
        }
        let answer = json!({ "table": "A", "currency": "waluta", "code": code.to_uppercase(), "rates": rows });
        Reply::ok(answer.to_string())
    }

    fn per_dollar(&self, code: &str, date: NaiveDate) -> Option<f64> {
        match code {
            "usd" => Some(1.0),
            "clp" => self.quote_of_the_morning(date),
            code => self.value(&format!("usd{code}"), date),
        }
    }

    /// True on days that some services lack; the last days are never among them.
    pub(crate) fn is_gap(&self, date: NaiveDate) -> bool {
        date.num_days_from_ce() % 17 == 0 && date + Days::new(14) < self.last
    }

    fn yahoo(&self, symbol: &str, query: Query<'_>) -> Option<Vec<u8>> {
        let series = match symbol {
            "CLP=X" => "usdclp_spot".to_owned(),
            pair => format!("usd{}", pair.strip_suffix("=X")?.to_lowercase()),
        };
        let midnight = |date: NaiveDate| {
            let midnight = London.from_local_datetime(&date.and_time(NaiveTime::MIN)).unwrap();
            midnight.timestamp()
        };
        let at = |key: &str| DateTime::from_timestamp(query.get(key).parse().unwrap(), 0).unwrap().date_naive();
        let days = at("period1").iter_days().take_while(|day| *day <= at("period2").min(self.last));
        let days: Vec<NaiveDate> = days.filter(|d| BusinessCalendar::weekdays().is_business_day(*d)).collect();
        // Each day opens at the close of the weekday before, and past days close at their own open.
        let before = |day: &NaiveDate| day.iter_days().rev().skip(1).find_map(|day| self.value(&series, day));
        let opens: Vec<Option<f64>> = days.iter().map(|day| before(day).filter(|_| !self.is_gap(*day))).collect();
        let (last, day) = (midnight(*days.last()?), 86_400);
        let answer = json!({ "chart": { "error": null, "result": [{
            "meta": {
                "currency": "CLP", "symbol": symbol, "exchangeTimezoneName": "Europe/London", "gmtoffset": 0,
                "regularMarketTime": last + day - 60,
                "currentTradingPeriod": { "regular": { "start": last, "end": last + day - 60 } },
            },
            "timestamp": days.iter().map(|day| midnight(*day)).collect::<Vec<i64>>(),
            "indicators": { "quote": [{ "open": opens, "close": opens }], "adjclose": [{ "adjclose": opens }] },
        }] } });
        Some(answer.to_string().into_bytes())
    }

    fn stooq(&self, query: Query<'_>) -> Option<Vec<u8>> {
        let series = query.get("s");
        let series = if series == "usdclp" { "usdclp_spot".to_owned() } else { series };
        let mut table = "Date,Open,High,Low,Close\r\n".to_owned();
        for date in query.days("d1", "d2", "%Y%m%d") {
            if let Some(close) = self.value(&series, date) {
                table += &format!("{date},{close},{:.4},{:.4},{close}\r\n", 1.002 * close, 0.998 * close);
            }
        }
        Some(table.into_bytes())
    }

    /// Returns the real answer of 2025-01-10 under another date: one package per day, weekends included.
    fn currency_api(&self, date: NaiveDate) -> Option<Vec<u8>> {
        let real = include_str!("../../fixtures/currency-api/2025.1.10.json");
        (date <= self.last).then(|| real.replace("2025-01-10", &date.to_string()).into_bytes())
    }
}

/// Returns `[rates.provider]` with every service at one address, so that no request leaves for the network.
pub(crate) fn places(address: &str) -> String {
    let single = ["mindicador", "bcch", "ecb", "fred", "sii", "frankfurter", "bis", "nbp", "yahoo", "stooq"];
    let single = single.map(|name| format!("[rates.provider.{name}]\nurl = \"{address}/{name}\"\n"));
    let mirrors =
        format!("[rates.provider.currency-api]\nurls = [\"{address}/currency-api/{{date}}/{{base}}.json\"]\n");
    single.concat() + &mirrors
}

/// Returns the first day of every series that is not embedded.
fn first_day() -> NaiveDate {
    day(2024, 6, 3)
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

/// The part of a URL after the question mark.
#[derive(Clone, Copy)]
struct Query<'a>(&'a str);

impl Query<'_> {
    fn get(self, key: &str) -> String {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(name, _)| *name == key).map(|(_, value)| decoded(value)).collect()
    }

    fn days(self, from: &str, to: &str, form: &str) -> impl Iterator<Item = NaiveDate> {
        let day = |key: &str| NaiveDate::parse_from_str(&self.get(key), form).unwrap();
        let to = day(to);
        day(from).iter_days().take_while(move |day| *day <= to)
    }
}

/// Writes a number as in Chile: a point for the thousands, a decimal comma, four decimals.
fn chilean(value: f64) -> String {
    let digits = format!("{value:.4}").replace('.', ",");
    let thousands = digits.find(',').unwrap().checked_sub(3).filter(|at| *at > 0);
    thousands.map_or(digits.clone(), |at| format!("{}.{}", &digits[..at], &digits[at..]))
}

/// Decodes percent-encoding.
fn decoded(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut plain = Vec::new();
    while let Some(byte) = bytes.next() {
        let hex = |byte: u8| char::from(byte).to_digit(16).unwrap() as u8;
        plain.push(if byte == b'%' { 16 * hex(bytes.next().unwrap()) + hex(bytes.next().unwrap()) } else { byte });
    }
    String::from_utf8(plain).unwrap()
}
