//! The decimal sign, decided by the whole file. In: the numbers as written. Out: the sign, with its reason, or
//! complaints. Never one of two possible readings is guessed.

use super::{
    cells::Sheet,
    numbers::{DecimalSign, WrittenNumber},
};
use crate::error::FileComplaint;

/// Ratio of two values of one series beside each other from which on one of them was read wrongly. The readings of a
/// number differ by 1,000.
const WRONG_SIZE: f64 = 30.0;

/// Number of a row as written; a cell of a workbook has one reading.
#[derive(Debug, Clone)]
pub(super) struct ValuedRow {
    /// Line of the row.
    pub(super) line: u64,
    /// Text of the cell.
    pub(super) text: String,
    /// Number of the cell.
    pub(super) number: WrittenNumber,
}

/// Decimal sign of a file, and an account of how it was decided.
#[derive(Debug)]
pub(super) struct DecidedSign {
    pub(super) sign: DecimalSign,
    /// Sign in words, with its reason; `None` if no number has decimals or separators.
    pub(super) described: Option<String>,
}

/// Decides the decimal sign of a file, or complains. `in_doubt` says that a point may separate thousands, as it does
/// in files with Spanish words or with semicolons.
pub(super) fn decide(
    sheet: &Sheet,
    rows: &[ValuedRow],
    wanted: Option<DecimalSign>,
    in_doubt: bool,
) -> Result<DecidedSign, Vec<FileComplaint>> {
    if let Some(sign) = wanted {
        let refuse = |row: &ValuedRow| FileComplaint::Row {
            place: sheet.place(row.line),
            found: row.text.clone(),
            expected: format!("a number with a decimal {sign}, as --decimal says"),
        };
        let wrong: Vec<FileComplaint> =
            rows.iter().filter(|row| row.number.under(sign).is_none()).map(refuse).collect();
        let described = Some(format!("decimal {sign}, as --decimal says"));
        return if wrong.is_empty() { Ok(DecidedSign { sign, described }) } else { Err(wrong) };
    }
    let with_point = rows.iter().find(|row| row.number.comma.is_none());
    let with_comma = rows.iter().find(|row| row.number.point.is_none());
    let reason = |row: &ValuedRow| format!(" ({}: '{}')", sheet.place(row.line), row.text);
    match (with_point, with_comma) {
        (Some(point), Some(comma)) => Err(vec![FileComplaint::MixedDecimals {
            cell: sheet.written(point.line, &point.text),
            other: sheet.written(comma.line, &comma.text),
        }]),
        (Some(row), None) => sized(sheet, rows, DecimalSign::Point, reason(row)),
        (None, Some(row)) => sized(sheet, rows, DecimalSign::Comma, reason(row)),
        (None, None) => match rows.iter().find(|row| row.number.readings().is_some()) {
            None => Ok(DecidedSign { sign: DecimalSign::Point, described: None }),
            Some(row) => undecided(sheet, rows, row, in_doubt),
        },
    }
}

/// Accepts a sign unless it makes a number about 1,000 times larger or smaller than those beside it, while the other
/// sign does not.
fn sized(
    sheet: &Sheet,
    rows: &[ValuedRow],
    sign: DecimalSign,
    reason: String,
) -> Result<DecidedSign, Vec<FileComplaint>> {
    let odd = odd_ones(rows, sign);
    let Some((row, beside, (as_point, as_comma))) = odd.first() else {
        return Ok(DecidedSign { sign, described: Some(format!("decimal {sign}{reason}")) });
    };
    Err(vec![FileComplaint::MixedSizes {
        cell: sheet.written(row.line, &row.text),
        as_point: *as_point,
        as_comma: *as_comma,
        other: sheet.written(beside.line, &beside.text),
        rows: if odd.len() == 1 { String::new() } else { format!(", on {} rows", odd.len()) },
        insisted: if sign == DecimalSign::Point { *as_point } else { *as_comma },
        option: sign.word(),
    }])
}

/// A number that the other sign would fit better, the number beside it, and its two readings.
type OddNumber<'a> = (&'a ValuedRow, &'a ValuedRow, (f64, f64));

/// Returns the numbers that `sign` makes too large or too small beside their neighbours with a single reading.
fn odd_ones(rows: &[ValuedRow], sign: DecimalSign) -> Vec<OddNumber<'_>> {
    let certain = |row: &ValuedRow| row.number.readings().is_none();
    let mut before = None;
    let mut next = 0;
    let mut odd = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let Some((as_point, as_comma)) = row.number.readings() else {
            before = Some(row);
            continue;
        };
        if next <= index {
            next = (index + 1..rows.len()).find(|at| certain(&rows[*at])).unwrap_or(rows.len());
        }
        let (own, other) = if sign == DecimalSign::Point { (as_point, as_comma) } else { (as_comma, as_point) };
        let contradicts = |beside: &&ValuedRow| {
            let size = beside.number.under(sign).map_or(0.0, f64::abs);
            size > 0.0 && is_odd(own.abs(), size) && !is_odd(other.abs(), size)
        };
        if let Some(beside) = [before, rows.get(next)].into_iter().flatten().find(contradicts) {
            odd.push((row, beside, (as_point, as_comma)));
        }
    }
    odd
}

fn is_odd(value: f64, beside: f64) -> bool {
    value > 0.0 && (value / beside).ln().abs() > WRONG_SIZE.ln()
}

/// Decides for a decimal point where every number is plain, has no comma, and nothing speaks against it.
fn undecided(
    sheet: &Sheet,
    rows: &[ValuedRow],
    example: &ValuedRow,
    in_doubt: bool,
) -> Result<DecidedSign, Vec<FileComplaint>> {
    let open = || rows.iter().filter(|row| row.number.readings().is_some());
    let odd = odd_ones(rows, DecimalSign::Point);
    let is_money = open().any(|row| row.number.currency.is_some());
    let has_comma = open().any(|row| row.text.contains(','));
    if odd.is_empty() && !is_money && !has_comma && !in_doubt {
        let described = Some("decimal point".to_owned());
        return Ok(DecidedSign { sign: DecimalSign::Point, described });
    }
    let (row, beside) = match odd.first() {
        Some((row, beside, _)) => (*row, format!(", beside '{}' ({})", beside.text, sheet.place(beside.line))),
        None => (example, ", and no number of the file decides".to_owned()),
    };
    let Some((as_point, as_comma)) = row.number.readings() else { return Err(Vec::new()) };
    Err(vec![FileComplaint::DecimalSign {
        place: sheet.place(row.line),
        found: row.text.clone(),
        as_point,
        as_comma,
        beside,
    }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::numbers::read_number;

    fn decided(texts: &[&str], wanted: Option<DecimalSign>, in_doubt: bool) -> Result<DecimalSign, String> {
        let row = |(index, text): (usize, &&str)| ValuedRow {
            line: index as u64 + 2,
            text: (*text).to_owned(),
            number: read_number(text).unwrap(),
        };
        let rows: Vec<ValuedRow> = texts.iter().enumerate().map(row).collect();
        decide(&Sheet::default(), &rows, wanted, in_doubt)
            .map(|decided| decided.sign)
            .map_err(|complaints| complaints.iter().map(FileComplaint::to_string).collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_number_with_one_reading_decides() {
        use DecimalSign::{Comma, Point};
        for (texts, sign) in [
            (&["991.4", "996"][..], Point),
            (&["991,4", "1.003,75", "1.007"], Comma),
            (&["1,003.75", "1,011"], Point),
            (&["996,1", "1.003"], Comma),
            (&["1.003", "0.998", "1.5"], Point),
            (&["108.26", "108.125"], Point),
            (&["996", "1003"], Point),
            (&["1.003", "1.007"], Point),
            (&["1.003", "1.01", "1", "900.5"], Point),
        ] {
            assert_eq!(decided(texts, None, false), Ok(sign), "{texts:?}");
        }
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let error = decided(&["991.4", "996.1", "1.003", "1.007"], None, false).unwrap_err();
        assert!(
            error.starts_with("line 4: '1.003' may be 1.003 or 1003: beside '996.1' (line 3) the file contradicts itself, on 2 rows."),
            "{error}"
        );
        assert!(error.ends_with("if '1.003' really is 1.003, say so: --decimal point"), "{error}");
        assert_eq!(decided(&["991.4", "1.003"], Some(DecimalSign::Point), false), Ok(DecimalSign::Point));
        let error = decided(&["1.003", "991,4", "1,003"], None, false).unwrap_err();
        assert!(error.starts_with("line 4: '1,003' may be 1003 or 1.003: beside '991,4' (line 3)"), "{error}");
        let error = decided(&["991.4", "996,1"], None, false).unwrap_err();
        assert!(error.starts_with("line 2: '991.4' has a decimal point, but line 3: '996,1'"), "{error}");
        let error = decided(&["991.4", "996,1"], Some(DecimalSign::Comma), false).unwrap_err();
        assert_eq!(error, "line 2: found '991.4', expected a number with a decimal comma, as --decimal says");
    }

    #[test]
    fn two_readings_are_never_guessed() {
        let error = decided(&["1,003", "1,011"], None, false).unwrap_err();
        assert_eq!(
            error,
            "line 2: '1,003' may be 1003 or 1.003, and no number of the file decides; \
             say which: --decimal point or --decimal comma"
        );
        let error = decided(&["996", "1.003"], None, false).unwrap_err();
        assert!(
            error.starts_with("line 3: '1.003' may be 1.003 or 1003, beside '996' (line 2); say which"),
            "{error}"
        );
        assert!(decided(&["1.003", "1.007"], None, true).unwrap_err().contains("say which"));
        assert!(decided(&["$1.003", "$1.007"], None, false).unwrap_err().contains("say which"));
        assert_eq!(decided(&["1,003", "1,011"], Some(DecimalSign::Comma), false), Ok(DecimalSign::Comma));
    }
}
