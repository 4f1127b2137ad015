//! Numbers as they are written. In: the text of a cell. Out: its value with a decimal point and its value with a
//! decimal comma, of which the whole file decides one.

use super::{cells::is_space, words::folded};
use std::{fmt, str::FromStr};

/// Sign that separates the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecimalSign {
    /// `1,003.75`.
    Point,
    /// `1.003,75`.
    Comma,
}

impl DecimalSign {
    /// Returns the word that `--decimal` takes.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Point => "point",
            Self::Comma => "comma",
        }
    }
}

impl fmt::Display for DecimalSign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for DecimalSign {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match folded(word).as_str() {
            "point" | "punto" | "." | "dot" => Ok(Self::Point),
            "comma" | "coma" | "," => Ok(Self::Comma),
            _ => Err("expected point or comma".to_owned()),
        }
    }
}

/// Number of a cell under both readings; at least one is there.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WrittenNumber {
    /// Value with a decimal point.
    pub(super) point: Option<f64>,
    /// Value with a decimal comma.
    pub(super) comma: Option<f64>,
    /// Currency code or sign around the number.
    pub(super) currency: Option<String>,
}

impl WrittenNumber {
    pub(super) fn under(&self, sign: DecimalSign) -> Option<f64> {
        match sign {
            DecimalSign::Point => self.point,
            DecimalSign::Comma => self.comma,
        }
    }

    /// Returns both values where they are there and differ.
    pub(super) fn readings(&self) -> Option<(f64, f64)> {
        let both = self.point.zip(self.comma)?;
        (both.0 != both.1).then_some(both)
    }
}

/// Currency signs and abbreviations around a number, folded; a code of three capital letters is one too.
const CURRENCIES: [&str; 44] = [
    "$", "€", "£", "¥", "₩", "₽", "₹", "₺", "₫", "₱", "₡", "₲", "₴", "₪", "฿", "us$", "u$s", "usd$", "r$", "s/",
    "s/.", "bs", "bs.", "kr", "kr.", "fr", "fr.", "rp", "rp.", "rs", "rs.", "ft", "kc", "zł", "c$", "a$", "nt$",
    "hk$", "ch$", "mx$", "col$", "cop$", "clp$", "pesos",
];

/// Returns the value of a cell under both readings; `None` if it is not a number.
pub(super) fn read_number(text: &str) -> Option<WrittenNumber> {
    if text.len() > 64 {
        return None;
    }
    let (mut body, mut currency) = (text.trim_matches(is_space), None);
    let mut sign = leading_sign(&mut body);
    if let Some((mark, rest)) = leading_currency(body) {
        (body, currency) = (rest, Some(mark.to_owned()));
        // `-$5` and `$-5`, but not both.
        sign = sign.or_else(|| leading_sign(&mut body));
    }
    if let Some((rest, mark)) = trailing_currency(body) {
        (body, currency) = (rest, Some(mark.to_owned()));
    }
    let (mantissa, exponent) = match body.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (body, None),
    };
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        !digits.is_empty() && digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    if exponent.is_some_and(|exponent| !is_exponent(exponent)) {
        return None;
    }
    let (groups, signs) = groups(mantissa)?;
    // Powers of ten have no thousands separators.
    let is_plain = |decimal: char| exponent.is_none() || signs.iter().all(|sign| *sign == decimal);
    let value = |decimal: char| {
        let digits = digits_under(decimal, &groups, &signs).filter(|_| is_plain(decimal))?;
        let number: f64 = format!("{}{digits}e{}", sign.unwrap_or_default(), exponent.unwrap_or("0")).parse().ok()?;
        Some(number).filter(|number| number.is_finite())
    };
    let number = WrittenNumber { point: value('.'), comma: value(','), currency };
    (number.point.is_some() || number.comma.is_some()).then_some(number)
}

/// Takes the sign off a number.
fn leading_sign(text: &mut &str) -> Option<&'static str> {
    let rest = text.strip_prefix(['-', '−', '+'])?;
    let sign = if text.starts_with('+') { "" } else { "-" };
    *text = rest.trim_start_matches(is_space);
    Some(sign)
}

fn is_currency(mark: &str) -> bool {
    let is_code = mark.len() == 3 && mark.bytes().all(|byte| byte.is_ascii_uppercase());
    is_code || CURRENCIES.contains(&folded(mark).as_str())
}

fn leading_currency(text: &str) -> Option<(&str, &str)> {
    let number = text.find(|c: char| c.is_ascii_digit() || matches!(c, '-' | '−' | '+'))?;
    // The point of `S/.` and `Bs.` belongs to the sign, that of `$.5` to the number.
    let ends = [number, text[..number].trim_end_matches(['.', ',']).len()];
    let mark = |end: usize| text[..end].trim_end_matches(is_space);
    let end = ends.into_iter().find(|end| is_currency(mark(*end)))?;
    Some((mark(end), text[end..].trim_start_matches(is_space)))
}

fn trailing_currency(text: &str) -> Option<(&str, &str)> {
    let last = text.rfind(|c: char| c.is_ascii_digit())? + 1;
    let mark = text[last..].trim_start_matches(is_space);
    is_currency(mark).then_some((&text[..last], mark))
}

/// Splits a number into groups of digits and the signs between them: a point, a comma, a space or an apostrophe.
fn groups(text: &str) -> Option<(Vec<&str>, Vec<char>)> {
    let (mut groups, mut signs, mut start) = (Vec::new(), Vec::new(), 0);
    for (at, character) in text.char_indices() {
        let sign = match character {
            '0'..='9' => continue,
            '.' | ',' => character,
            '\'' | '’' | '´' | '`' => '\'',
            _ if is_space(character) => ' ',
            _ => return None,
        };
        groups.push(&text[start..at]);
        signs.push(sign);
        start = at + character.len_utf8();
    }
    groups.push(&text[start..]);
    groups.iter().any(|group| !group.is_empty()).then_some((groups, signs))
}

/// Returns the digits with a decimal point; `None` if the groups are no number with this decimal sign.
fn digits_under(decimal: char, groups: &[&str], signs: &[char]) -> Option<String> {
    let (whole, separators, decimals) = match signs.split_last() {
        Some((last, separators)) if *last == decimal => {
            let (decimals, whole) = groups.split_last()?;
            (whole, separators, *decimals)
        }
        _ => (groups, signs, ""),
    };
    let Some(separator) = separators.first() else {
        return Some(format!("{}.{decimals}", whole.first()?));
    };
    let is_even = separators.iter().all(|sign| sign == separator) && *separator != decimal;
    let (first, others) = whole.split_first()?;
    let is_grouped = (1..=3).contains(&first.len()) && !first.starts_with('0') && others.iter().all(|g| g.len() == 3);
    (is_even && is_grouped).then(|| format!("{}.{decimals}", whole.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings(text: &str) -> Option<(Option<f64>, Option<f64>)> {
        read_number(text).map(|number| (number.point, number.comma))
    }

    #[test]
    fn each_number_has_its_readings() {
        let both = |value: f64| Some((Some(value), Some(value)));
        let point = |value: f64| Some((Some(value), None));
        let comma = |value: f64| Some((None, Some(value)));
        for (text, expected) in [
            ("996", both(996.0)),
            ("996.1", point(996.1)),
            ("996,1", comma(996.1)),
            ("0.996", point(0.996)),
            ("0,996", comma(0.996)),
            ("1.003", Some((Some(1.003), Some(1003.0)))),
            ("1,003", Some((Some(1003.0), Some(1.003)))),
            ("1,003.75", point(1003.75)),
            ("1.003,75", comma(1003.75)),
            ("1.003.750", comma(1_003_750.0)),
            ("1,003,750", point(1_003_750.0)),
            ("1 003,75", comma(1003.75)),
            ("1\u{a0}003,75", comma(1003.75)),
            ("1\u{202f}003.75", point(1003.75)),
            ("1'003.75", point(1003.75)),
            ("1 003", both(1003.0)),
            (".5", point(0.5)),
            ("-1.5", point(-1.5)),
            ("−1.5", point(-1.5)),
            ("9.961E+02", point(996.1)),
            ("9,961E+02", comma(996.1)),
            ("1e3", both(1000.0)),
            ("$996.10", point(996.1)),
            ("CLP 1007.1", point(1007.1)),
            ("1007.1 CLP", point(1007.1)),
            ("US$ 1.003,75", comma(1003.75)),
            ("3,75 €", comma(3.75)),
            ("S/. 3.75", point(3.75)),
            ("$-5.5", point(-5.5)),
        ] {
            assert_eq!(readings(text), expected, "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            ".",
            "-",
            "abc",
            "5.25%",
            "1,00,375.5",
            "1.003.75",
            "1,2,3",
            "1e",
            "1e9999999",
            "1e400",
            "inf",
            "NaN",
            "2025-01-02",
            "12:30",
            "(1.5)",
            "abc 5",
            "1 0 3",
            "0x10",
            "1_000",
            "$",
            "++5",
            "5 6",
        ] {
            assert_eq!(readings(text), None, "{text}");
        }
    }
}
