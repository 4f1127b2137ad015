//! The order of day and month, decided by the whole file. In: the dates as written. Out: the dates, and the reason for
//! their order, or complaints. Never one of two possible readings is guessed.

use super::{
    cells::Sheet,
    dates::{DateForm, DateOrder, WrittenDate},
};
use crate::error::FileComplaint;
use chrono::NaiveDate;

/// Fewest dates that can show which order makes them even.
const EVEN_DATES: usize = 6;
/// Longest gap of an even series as a multiple of its median gap: two weeks of holidays in a daily series.
const EVEN: i64 = 12;
/// Longest gap as a multiple of the median gap from which on a series is surely not even.
const UNEVEN: i64 = 60;

/// Median gap in days from which on dates are yearly.
const YEARLY: i64 = 300;

/// Date of a row as written.
#[derive(Debug, Clone)]
pub(super) struct DatedRow {
    /// Line of the row.
    pub(super) line: u64,
    /// Text of the cell.
    pub(super) text: String,
    /// Date of the cell, perhaps with its order open.
    pub(super) written: WrittenDate,
}

/// Dates of a file, and an account of how they were read.
#[derive(Debug)]
pub(super) struct DecidedDates {
    /// Dates of the rows, in their order.
    pub(super) dates: Vec<NaiveDate>,
    /// Forms of the dates, in words, with the reason for an order.
    pub(super) described: String,
    /// True if every date is written as 2025-01-31.
    pub(super) plain: bool,
}

/// Decides the order of the dates of a file, or complains.
pub(super) fn decide(
    sheet: &Sheet,
    rows: &[DatedRow],
    wanted: Option<DateOrder>,
) -> Result<DecidedDates, Vec<FileComplaint>> {
    let mut complaints: Vec<FileComplaint> = rows.iter().filter_map(|row| impossible(sheet, row, wanted)).collect();
    complaints.extend(text_among_dates(sheet, rows));
    let (mut orders, mut described) = (Vec::new(), Vec::new());
    for row in rows {
        let description = match row.written {
            WrittenDate::Day(_, form) => form.describe().to_owned(),
            WrittenDate::Open(_, separator) => {
                let key = (separator, row.written.is_short());
                if orders.iter().any(|(decided, _)| *decided == key) {
                    continue;
                }
                let group: Vec<&DatedRow> = rows.iter().filter(|r| is_of(r.written, key)).collect();
                match order_of(sheet, &group, wanted) {
                    Ok((order, reason)) => {
                        orders.push((key, order));
                        format!("{}{reason}", order.form(key.1).replace('/', separator_text(key.0)))
                    }
                    Err(complaint) => {
                        // Listed once: a placeholder keeps the group from being decided again.
                        orders.push((key, DateOrder::DayMonthYear));
                        complaints.extend(complaint);
                        continue;
                    }
                }
            }
        };
        if !described.contains(&description) {
            described.push(description);
        }
    }
    if !complaints.is_empty() {
        return Err(complaints);
    }
    let order = |written: WrittenDate| {
        orders.iter().find(|(key, _)| is_of(written, *key)).map_or(DateOrder::YearMonthDay, |(_, order)| *order)
    };
    let plain = rows.iter().all(|row| matches!(row.written, WrittenDate::Day(_, DateForm::YearFirst)));
    let dates = rows.iter().filter_map(|row| row.written.under(order(row.written))).collect();
    Ok(DecidedDates { dates, described: described.join("; "), plain })
}

fn separator_text(separator: char) -> &'static str {
    match separator {
        '-' => "-",
        '.' => ".",
        ' ' => "",
        _ => "/",
    }
}

fn is_of(written: WrittenDate, (separator, short): (char, bool)) -> bool {
    matches!(written, WrittenDate::Open(_, other) if other == separator) && written.is_short() == short
}

/// Complains about a date that exists under no order, or not under the one that was given.
fn impossible(sheet: &Sheet, row: &DatedRow, wanted: Option<DateOrder>) -> Option<FileComplaint> {
    let exists = DateOrder::ALL.into_iter().filter(|order| row.written.under(*order).is_some());
    let expected = match wanted {
        _ if exists.clone().next().is_none() => "a date that exists, in the years 1900 to 2200".to_owned(),
        Some(order) if exists.clone().all(|possible| possible != order) => format!("a date as {order}"),
        _ => return None,
    };
    Some(FileComplaint::Row { place: sheet.place(row.line), found: row.text.clone(), expected })
}

/// Complains about a sheet with dates and texts such as 13/02/2025: a program that expects another order takes the
/// days up to 12 for months, and leaves the others as text.
fn text_among_dates(sheet: &Sheet, rows: &[DatedRow]) -> Option<FileComplaint> {
    let has_dates =
        rows.iter().any(|r| matches!(r.written, WrittenDate::Day(_, DateForm::SheetDate | DateForm::SheetDays)));
    let text = rows.iter().find(|row| matches!(row.written, WrittenDate::Open(..))).filter(|_| has_dates)?;
    Some(FileComplaint::TextAmongDates { place: sheet.place(text.line), found: text.text.clone() })
}

/// Returns the order of dates that are written in one way, and its reason in words.
fn order_of(
    sheet: &Sheet,
    group: &[&DatedRow],
    wanted: Option<DateOrder>,
) -> Result<(DateOrder, String), Option<FileComplaint>> {
    if let Some(order) = wanted {
        return Ok((order, ", as --date-format says".to_owned()));
    }
    let possible = |row: &DatedRow| -> Vec<DateOrder> {
        DateOrder::ALL.into_iter().filter(|order| row.written.under(*order).is_some()).collect()
    };
    // A date that exists under no order is complained about elsewhere.
    let existing: Vec<(&DatedRow, Vec<DateOrder>)> =
        group.iter().map(|row| (*row, possible(row))).filter(|(_, orders)| !orders.is_empty()).collect();
    let common: Vec<DateOrder> = DateOrder::ALL
        .into_iter()
        .filter(|order| existing.iter().all(|(_, orders)| orders.contains(order)))
        .collect();
    match common.as_slice() {
        [] => Err(mixed(sheet, &existing)),
        [order] => {
            let decisive = existing.iter().min_by_key(|(_, orders)| orders.len());
            let reason = decisive.map(|(row, _)| format!(" ({}: '{}')", sheet.place(row.line), row.text));
            Ok((*order, reason.unwrap_or_default()))
        }
        [first, others @ ..] => {
            let same = |row: &DatedRow| others.iter().all(|o| row.written.under(*o) == row.written.under(*first));
            let Some((example, _)) = existing.iter().find(|(row, _)| !same(row)) else {
                return Ok((*first, String::new()));
            };
            if let Some(order) = even_order(group, &common) {
                return Ok((order, " (only so the dates follow each other evenly)".to_owned()));
            }
            let short = example.written.is_short();
            let reading = |order: &DateOrder| Some((order.form(short), example.written.under(*order)?));
            Err(Some(FileComplaint::DateOrder {
                place: sheet.place(example.line),
                found: example.text.clone(),
                readings: common.iter().filter_map(reading).collect(),
            }))
        }
    }
}

/// Complains about two dates that have no order in common.
fn mixed(sheet: &Sheet, existing: &[(&DatedRow, Vec<DateOrder>)]) -> Option<FileComplaint> {
    let (row, orders) = existing.iter().min_by_key(|(_, orders)| orders.len())?;
    let disjoint = |others: &[DateOrder]| !others.iter().any(|order| orders.contains(order));
    let (other, other_orders) = existing.iter().find(|(_, others)| disjoint(others))?;
    Some(FileComplaint::MixedDates {
        cell: sheet.written(row.line, &row.text),
        order: orders.first()?.form(row.written.is_short()),
        other: sheet.written(other.line, &other.text),
        other_order: other_orders.first()?.form(other.written.is_short()),
    })
}

/// Returns the only order under which the dates follow each other evenly, when under every other they surely do not.
fn even_order(group: &[&DatedRow], orders: &[DateOrder]) -> Option<DateOrder> {
    let mut even = None;
    for order in orders {
        match evenness(group, *order)? {
            ratio if ratio <= EVEN && even.is_none() => even = Some(*order),
            ratio if ratio > UNEVEN => {}
            _ => return None,
        }
    }
    even
}

/// Returns the longest gap as a multiple of the median gap. `i64::MAX` for dates that go up and down, and for years of two
/// digits that change with every date: these are days. `None` for too few dates.
fn evenness(group: &[&DatedRow], order: DateOrder) -> Option<i64> {
    let mut dates: Vec<NaiveDate> = group.iter().map(|row| row.written.under(order)).collect::<Option<_>>()?;
    dates.dedup();
    if dates.len() < EVEN_DATES {
        return None;
    }
    let gaps: Vec<i64> = dates.windows(2).map(|pair| (pair[1] - pair[0]).num_days()).collect();
    if gaps.iter().any(|gap| gap.signum() != gaps[0].signum()) {
        return Some(i64::MAX);
    }
    let mut lengths: Vec<i64> = gaps.iter().map(|gap| gap.abs()).collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    let is_yearly = median > YEARLY && group.iter().all(|row| row.written.is_short());
    Some(if is_yearly { i64::MAX } else { lengths[lengths.len() - 1] / median })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::import::dates::read_date;

    fn read(texts: &[&str], wanted: Option<DateOrder>) -> Result<(Vec<String>, String), String> {
        let row = |(index, text): (usize, &&str)| DatedRow {
            line: index as u64 + 2,
            text: (*text).to_owned(),
            written: read_date(text).unwrap().0,
        };
        let rows: Vec<DatedRow> = texts.iter().enumerate().map(row).collect();
        match decide(&Sheet::default(), &rows, wanted) {
            Ok(decided) => Ok((decided.dates.iter().map(NaiveDate::to_string).collect(), decided.described)),
            Err(complaints) => Err(complaints.iter().map(FileComplaint::to_string).collect::<Vec<_>>().join("\n")),
        }
    }

    #[test]
    fn one_date_decides_for_all() {
        let (dates, how) = read(&["02-01-2025", "13-01-2025"], None).unwrap();
        assert_eq!((dates[0].as_str(), how.as_str()), ("2025-01-02", "dd-mm-yyyy (line 3: '13-01-2025')"));
        let (dates, how) = read(&["01/02/2025", "01/13/2025"], None).unwrap();
        assert_eq!((dates[0].as_str(), how.as_str()), ("2025-01-02", "mm/dd/yyyy (line 3: '01/13/2025')"));
    }

    #[test]
    fn two_readings_are_never_guessed() {
        let asked = "line 2: '02/01/2025' is 2025-01-02 as dd/mm/yyyy and 2025-02-01 as mm/dd/yyyy, and no row of \
                     the file decides; say which: --date-format dd/mm/yyyy or --date-format mm/dd/yyyy";
        assert_eq!(read(&["02/01/2025", "03/01/2025"], None).unwrap_err(), asked);
        let days: Vec<String> = (2..=12).map(|day| format!("{day:02}/01/2025")).collect();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        assert_eq!(read(&days, None).unwrap_err(), asked, "days of January, or a day of eleven months");
        assert_eq!(read(&days, Some(DateOrder::MonthDayYear)).unwrap().0[10], "2025-12-01");
        assert_eq!(read(&["01/01/2025", "02/02/2025"], None).unwrap().0, ["2025-01-01", "2025-02-02"]);
    }

    #[test]
    fn an_order_that_alone_is_even_needs_no_question() {
        let months = |year: u32| (1..=12).map(move |month| format!("01/{month:02}/{year}"));
        let texts: Vec<String> = months(2023).chain(months(2024)).collect();
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let (dates, how) = read(&texts, None).unwrap();
        assert_eq!(dates[13], "2024-02-01");
        assert_eq!(how, "dd/mm/yyyy (only so the dates follow each other evenly)");
    }

    #[test]
    fn years_of_two_digits_are_read_where_the_file_leaves_no_doubt() {
        let day_first = ["30/12/24", "31/12/24", "02/01/25", "03/01/25", "06/01/25", "07/01/25"];
        let (dates, how) = read(&day_first, None).unwrap();
        assert_eq!(
            (dates[2].as_str(), how.as_str()),
            ("2025-01-02", "dd/mm/yy (only so the dates follow each other evenly)")
        );
        let within_a_month = ["25-02-03", "25-02-04", "25-02-05", "25-02-06", "25-02-07", "25-02-10"];
        let (dates, how) = read(&within_a_month, None).unwrap();
        assert!(dates[5] == "2025-02-10" && how.starts_with("yy-mm-dd"), "{how}");
        let error = read(&["31/12/24", "02/01/25"], None).unwrap_err();
        assert!(error.contains("2024-12-31 as dd/mm/yy and 2031-12-24 as yy/mm/dd"), "{error}");
    }

    #[test]
    fn dates_that_contradict_each_other_are_named() {
        let error = read(&["13/02/2025", "02/14/2025"], None).unwrap_err();
        assert!(
            error.starts_with("line 2: '13/02/2025' can only be dd/mm/yyyy, but line 3: '02/14/2025'"),
            "{error}"
        );
        let error = read(&["31/02/2025", "13/01/2025"], None).unwrap_err();
        assert_eq!(error, "line 2: found '31/02/2025', expected a date that exists, in the years 1900 to 2200");
        let error = read(&["13/02/2025"], Some(DateOrder::MonthDayYear)).unwrap_err();
        assert_eq!(error, "line 2: found '13/02/2025', expected a date as mm/dd/yyyy");
    }
}
