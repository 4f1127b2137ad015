//! Fuzz test of every reader: arbitrary bytes, and valid responses with bytes flipped, inserted, deleted, repeated or
//! cut off, and with numbers and dates replaced by nasty ones. No reader may panic, and observations have plausible
//! dates.
//!
//! `FORECASTER_FUZZ` is the number of responses for each reader, 2,000 when it is not set. The generator is a loop
//! over a small random number generator: proptest's strategies take longer to make a response than the readers to
//! read it. Each reader has its own seed, and a failure shows the bytes.

use super::wanted;
use crate::{
    provider::{Document, DocumentLocation, Provider, SourceSettings, ValueConversion},
    providers::{
        bcch::Bcch, bis::Bis, currency_api::CurrencyApi, ecb, ecb::Ecb, frankfurter::Frankfurter, fred::Fred,
        mindicador::Mindicador, nbp, nbp::Nbp, sii, sii::Sii, stooq::Stooq, yahoo::Yahoo,
    },
};
use chrono::Datelike;
use forecaster_domain::BusinessCalendar;
use std::panic::{AssertUnwindSafe, catch_unwind};

const CASES: usize = 2_000;

const MINDICADOR: &str = r#"{"version":"1.7.0","autor":"mindicador.cl","codigo":"dolar","nombre":"Dólar observado",
    "unidad_medida":"Pesos","serie":[{"fecha":"2024-03-06T03:00:00.000Z","valor":981.26},
    {"fecha":"2024-06-05","valor":-1},{"fecha":"2024-03-04T03:00:00.000Z","valor":null}]}"#;
const BCCH: &str = r#"{"Codigo":0,"Descripcion":"Success","Series":{"descripEsp":"Dólar",
    "seriesId":"F073.TCO.PRE.Z.D","Obs":[{"indexDateString":"01-10-2024","value":"897.68","statusCode":"OK"},
    {"indexDateString":"05-10-2024","value":"NaN","statusCode":"ND"}]},"SeriesInfos":[]}"#;
const FRED: &str = "observation_date,DEXUSEU,DEXJPUS,DEXUSUK,DEXCAUS,DEXSDUS,DEXSZUS\n\
    2024-12-30,1.0400,156.70,1.2540,1.4380,11.03,\n2024-12-31,1.0351,157.37,1.2529,1.4389,11.0622,0.9068\n";
const FRED_KEYED: &str = r#"{"units":"lin","count":2,"observations":[{"realtime_start":"2024-04-01","realtime_end":
    "2024-04-01","date":"2024-03-28","value":"151.38"},{"date":"2024-03-29","value":"."}]}"#;
const FRED_ERROR: &str = r#"{"error_code":400,"error_message":"Bad Request.  The series does not exist."}"#;
const YAHOO: &str = r#"{"chart":{"result":[{"meta":{"currency":"CLP","symbol":"CLP=X","gmtoffset":0,
    "exchangeTimezoneName":"Europe/London","regularMarketTime":1709911800,"currentTradingPeriod":{"regular":
    {"timezone":"GMT","start":1709856000,"end":1709942340,"gmtoffset":0}}},"timestamp":[1709683200,1709769600,
    1709856000,1709911800],"indicators":{"quote":[{"open":[976.1,null,981.25,982.0],"close":[976.1,null,981.25,990.0]}]}}],"error":null}}"#;
const YAHOO_ERROR: &str =
    r#"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#;
const STOOQ: &str =
    "Date,Open,High,Low,Close,Volume\r\n2024-03-05,1,2,0.5,976.1,0\r\n2024-03-06,976.1,983.2,975.4,981.3,\r\n";
const ECB: &str = "Date,USD,JPY,BGN,CYP,GBP,SEK,CHF,AUD,CAD,\n\
    2024-03-07,1.0895,161.27,1.9558,N/A,0.85533,11.2355,0.9579,1.6524,1.4689,\n\
    1999-01-04,1.1789,133.73,N/A,0.58231,0.7111,9.4696,1.6168,1.91,1.8004,\n";
const CURRENCY_API: &str = r#"{"date":"2024-03-06","usd":{"aed":3.6725,"cad":1.35996541,"chf":0.88415093,
    "clp":977.45345457,"eur":0.92167024,"gbp":0.78765532,"jpy":149.92706,"sek":10.36487,"usd":1}}"#;
const BIS: &str = "FREQ,REF_AREA,CURRENCY,COLLECTION,UNIT_MULT,TITLE,TIME_PERIOD,OBS_VALUE\r\n\
    D,CL,CLP,A,0,\"USD, Chile\",2024-03-06,981.26\r\nD,CL,CLP,A,0,\"USD, Chile\",2024-03-09,NaN\r\n";
const FRANKFURTER: &str = r#"[{"date":"2024-03-06","base":"USD","quote":"CLP","rate":981.26},
    {"date":"2024-03-07","base":"USD","quote":"CLP","rate":977.5}]"#;
const FRANKFURTER_ERROR: &str = r#"{"status":422,"message":"invalid currency: XXX"}"#;
const NBP_NOTHING: &str = r#"{"table":"A","currency":"peso chilijskie","code":"CLP","rates":[]}"#;
const NBP: &str = r#"{"table":"A","currency":"peso chilijskie","code":"CLP","rates":[{"no":"047/A/NBP/2024",
    "effectiveDate":"2024-03-06","mid":0.004051},{"no":"048/A/NBP/2024","effectiveDate":"2024-03-07","mid":0.004098}]}"#;

/// Replacements for a number, a date or a word of a response.
const NASTY: [&str; 25] = [
    "0",
    "-0",
    "-1",
    "1e30",
    "1e308",
    "1e999999",
    "-1e-999999",
    "NaN",
    "-inf",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999999",
    "8210266876799",
    "-8334601228800",
    "\"981,26\"",
    "981,26",
    "null",
    "\"\"",
    "[[[[[[[[",
    "{}",
    "2099-12-31T24:00:60Z",
    "262142-12-31T23:59:59Z",
    "2024-02-30",
    "0000-00-00",
    "\u{feff}\u{0}é",
];

/// Random number generator: Marsaglia's xorshift64*.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, bound: usize) -> usize {
        ((self.next() >> 32) as usize) % bound.max(1)
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn bytes(&mut self, at_most: usize) -> Vec<u8> {
        let len = self.below(at_most + 1);
        let plain = self.below(2) == 0;
        (0..len)
            .map(|_| if plain { *self.pick(b"{}[]\",:.-0129eEnullNaPK\n\r \x00") } else { self.next() as u8 })
            .collect()
    }

    /// Applies one change in most cases, three at most.
    fn mutate(&mut self, answer: &mut Vec<u8>) {
        for _ in 0..=self.below(5).saturating_sub(2) {
            let at = self.below(answer.len() + 1);
            let end = (at + self.below(24)).min(answer.len());
            match self.below(10) {
                0 if at < answer.len() => answer[at] ^= 1 << self.below(8),
                1 if at < answer.len() => answer[at] = *self.pick(b"\"\\{}[],:.-+0129eEnN/ \n\x00\xff"),
                2 => drop(answer.splice(at..at, self.bytes(6))),
                3 => drop(answer.drain(at..end)),
                4 => {
                    let repeated = answer[at..end].repeat(1 + self.below(3));
                    drop(answer.splice(at..at, repeated));
                }
                5 if self.below(4) == 0 => answer.truncate(at),
                _ => self.replace_word(answer, at),
            }
        }
    }

    /// Replaces the word at or after a position: letters, digits and the characters of numbers and dates.
    fn replace_word(&mut self, answer: &mut Vec<u8>, at: usize) {
        let in_word = |byte: &u8| byte.is_ascii_alphanumeric() || b".-+:".contains(byte);
        let Some(start) = answer[at..].iter().position(in_word).map(|offset| at + offset) else { return };
        let len = answer[start..].iter().take_while(|byte| in_word(byte)).count();
        let nasty = self.pick(&NASTY).bytes();
        drop(answer.splice(start..start + len, nasty));
    }
}

/// A provider with one or more valid responses, and symbols to request from it.
struct Target {
    provider: Box<dyn Provider>,
    answers: Vec<Vec<u8>>,
    symbols: &'static [&'static str],
    /// Label of the document.
    label: &'static str,
    /// Transformation of a mutated response before it is read.
    wrap: fn(Vec<u8>, &mut Dice) -> Vec<u8>,
}

fn plain(answer: Vec<u8>, _: &mut Dice) -> Vec<u8> {
    answer
}

/// Packs three quarters of the mutated tables, and mutates a quarter of these archives again.
fn packed(answer: Vec<u8>, dice: &mut Dice) -> Vec<u8> {
    if answer.starts_with(b"PK") || dice.below(4) == 0 {
        return answer;
    }
    let mut archive = ecb::tests::stored("eurofxref-hist.csv", &answer);
    if dice.below(4) == 0 {
        dice.mutate(&mut archive);
    }
    archive
}

fn targets() -> Vec<Target> {
    let target = |provider: Box<dyn Provider>, answers: &[&str], symbols: &'static [&'static str]| Target {
        provider,
        answers: answers.iter().map(|answer| answer.as_bytes().to_vec()).collect(),
        symbols,
        label: "fuzz",
        wrap: plain,
    };
    let account = |text: &str| Some(text.to_owned());
    let (user, password) = (account("ana"), account("897.68"));
    let bcch = Bcch::new(&SourceSettings { user, password, ..SourceSettings::default() });
    let mut ecb = target(Box::new(Ecb::new("")), &[ECB], &["USD/AUD", "EUR/USD", "DXY", "USD/CLP", ""]);
    ecb.answers.push(ecb::tests::small_archive());
    ecb.wrap = packed;
    let page = sii::tests::page(&[(6, 3, "976,36"), (7, 3, "1.003,25")]);
    let mut sii = target(Box::new(Sii::new("")), &[&page], &["dolar"]);
    sii.label = "dolar/2024";
    vec![
        target(Box::new(Mindicador::new("")), &[MINDICADOR], &["dolar", "uf"]),
        target(Box::new(bcch), &[BCCH], &["F073.TCO.PRE.Z.D", ""]),
        target(Box::new(Fred::new("", None)), &[FRED], &["DXY", "DEXJPUS", "DFF", ""]),
        target(
            Box::new(Fred::new("", account("981.26"))),
            &[FRED_KEYED, FRED_KEYED, FRED_ERROR],
            &["DXY", "DEXJPUS", ""],
        ),
        target(Box::new(Yahoo::new(&[String::new()])), &[YAHOO, YAHOO, YAHOO_ERROR], &["CLP=X", "USDCLP=X", ""]),
        target(Box::new(Stooq::new("", None)), &[STOOQ, "No data"], &["usdclp", ""]),
        ecb,
        sii,
        target(Box::new(Nbp::new("")), &[NBP, NBP, NBP_NOTHING], &["USD/CLP", "CLP/PLN", "CLP/USD", "USD/PEN", ""]),
        target(Box::new(Bis::new("")), &[BIS], &["CL.CLP", "XM.EUR", ""]),
        target(
            Box::new(Frankfurter::new("")),
            &[FRANKFURTER, FRANKFURTER, "[]", FRANKFURTER_ERROR],
            &["USD/CLP", "EUR/CLP", ""],
        ),
        target(Box::new(CurrencyApi::new(vec![])), &[CURRENCY_API], &["USD/CLP", "EUR/CLP", "DXY", "clp"]),
    ]
}

/// Reads the responses; returns how many were readable and how many observations they had.
fn feed(target: &Target, cases: usize, seed: u64) -> (usize, usize) {
    let (mut dice, mut readable, mut observations) = (Dice(seed), 0, 0);
    let mut document = Document::web(String::new(), target.label);
    document.place = DocumentLocation::Embedded;
    document.part = Some("CLP".to_owned());
    let dollar = Document { part: Some("USD".to_owned()), ..document.clone() };
    let spans = [("2024-01-01", "2024-12-31"), ("1900-01-01", "2200-12-31"), ("2024-12-31", "2024-01-01")];
    let readings = [
        ValueConversion::AsIs,
        ValueConversion::Inverse,
        ValueConversion::NextBusinessDay,
        ValueConversion::WeekdayBefore,
        ValueConversion::ChangeToLevel,
    ];
    for _ in 0..cases {
        let mut body = if dice.below(8) == 0 { dice.bytes(200) } else { dice.pick(&target.answers).clone() };
        if dice.below(16) > 0 {
            dice.mutate(&mut body);
        }
        let body = (target.wrap)(body, &mut dice);
        let (from, to) = *dice.pick(&spans);
        let symbol = dice.pick::<&str>(target.symbols);
        let wanted = wanted(symbol, from, to);
        document.day = (dice.below(4) == 0).then_some(wanted.from);
        let name = target.provider.name();
        let read = catch_unwind(AssertUnwindSafe(|| target.provider.read(&wanted, &document, &body)));
        match read.unwrap_or_else(|_| panic!("{name} panicked at {wanted:?}, b\"{}\"", body.escape_ascii())) {
            Ok(read) => {
                readable += 1;
                observations += read.len();
                // Parts are combined with themselves, once as USD and once as CLP.
                let parts = if name == nbp::NAME { vec![(&dollar, read.clone())] } else { Vec::new() };
                let parts = parts.into_iter().chain([(&document, read)]).collect();
                let read = target.provider.combine(&wanted, parts);
                let reading = *dice.pick(&readings);
                for date in read.into_iter().map(|o| reading.apply(o, BusinessCalendar::chile()).date) {
                    assert!((1900..=2201).contains(&date.year()), "{name}: {date} in b\"{}\"", body.escape_ascii());
                }
            }
            Err(error) => {
                let message = error.to_string();
                let fit = message.chars().count() < 600 && !message.chars().any(char::is_control);
                assert!(fit, "{name}: {message:?} about b\"{}\"", body.escape_ascii());
            }
        }
    }
    (readable, observations)
}

#[test]
fn no_answer_makes_a_reader_panic() {
    let cases = std::env::var("FORECASTER_FUZZ").ok().and_then(|text| text.parse().ok()).unwrap_or(CASES);
    for (index, target) in targets().iter().enumerate() {
        let started = std::time::Instant::now();
        let (readable, observations) = feed(target, cases, 0x9e37_79b9_7f4a_7c15 ^ (index as u64 + 1));
        let (name, elapsed) = (target.provider.name(), started.elapsed());
        println!("{name}: {cases} answers, {readable} readable, {observations} observations, {elapsed:.1?}");
        // A generator that made only garbage, or no garbage, would prove nothing.
        let mixed = cases < 1_000 || (readable > cases / 50 && readable < cases);
        assert!(mixed, "{name}: {readable} of {cases} readable");
    }
}
