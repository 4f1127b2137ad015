//! Dates as they are written, read one by one.

use super::*;

fn day_of(text: &str) -> Option<String> {
    match read_date(text)?.0 {
        WrittenDate::Day(date, _) => Some(date.to_string()),
        WrittenDate::Open(parts, _) => Some(format!("{parts:?}")),
    }
}

#[test]
fn dates_that_can_be_read_in_one_way() {
    for (text, date) in [
        ("2025-01-31", "2025-01-31"),
        ("2025/1/31", "2025-01-31"),
        ("2025.01.31", "2025-01-31"),
        ("20250131", "2025-01-31"),
        ("2024-12-30 00:00:00", "2024-12-30"),
        ("2024-12-30T03:00:00.000Z", "2024-12-30"),
        ("2024-12-30 16:00:00-03:00", "2024-12-30"),
        ("Jun 21, 2020", "2020-06-21"),
        ("June 21st, 2020", "2020-06-21"),
        ("21 June 2020", "2020-06-21"),
        ("Fri, 21 Jun 2020", "2020-06-21"),
        ("02-ene-2025", "2025-01-02"),
        ("02.ene.2025", "2025-01-02"),
        ("2 de enero de 2025", "2025-01-02"),
        ("Jueves 2 de Enero del 2025", "2025-01-02"),
        ("mar 04 mar 2025", "2025-03-04"),
        ("1º de septiembre de 2025", "2025-09-01"),
        ("2-Sept-25", "2025-09-02"),
        ("2025-ene-02", "2025-01-02"),
        ("Thu Jan 02 2025 00:00:00 GMT-0300 (hora de verano de Chile)", "2025-01-02"),
        ("Ene 2025", "2025-01-01"),
        ("ene.2025", "2025-01-01"),
        ("2025-01", "2025-01-01"),
        ("2025M01", "2025-01-01"),
        ("2025-M01", "2025-01-01"),
        ("01/2025", "2025-01-01"),
        ("enero de 2025", "2025-01-01"),
    ] {
        assert_eq!(day_of(text).as_deref(), Some(date), "{text}");
    }
}

#[test]
fn dates_whose_order_is_open() {
    for (text, parts) in [
        ("02/01/2025", "[2, 1, 2025]"),
        ("2-1-2025", "[2, 1, 2025]"),
        ("02.01.2025 4:00 pm", "[2, 1, 2025]"),
        ("02/01/25", "[2, 1, 25]"),
        ("31012025", "[31, 1, 2025]"),
    ] {
        assert_eq!(day_of(text).as_deref(), Some(parts), "{text}");
    }
}

#[test]
fn other_texts_are_no_dates() {
    for text in [
        "",
        "2025",
        "2025.01",
        "996.1",
        "1,003",
        "02-ene",
        "ene-25",
        "Q1 2025",
        "2025-13-01",
        "2025-02-30",
        "1-2-3-4",
        "abc",
        "2025-01-",
        "Fuente 2024-01-02",
        "32 de enero de 2025",
        "12:30",
        "45658",
        "0000-00-00",
        "99999999999999999999",
        "2/1-2025",
        "1850-01-01",
    ] {
        assert_eq!(day_of(text), None, "{text}");
    }
}

#[test]
fn what_was_meant_as_a_date_is_told_from_a_note() {
    for text in ["2025-13-45", "32-ene-2025", "20", "2025-01-"] {
        assert!(is_attempt(text), "{text}");
    }
    for text in ["Fuente: Banco Central", "(1) cifras provisorias al 31/12/2024", "abc", ""] {
        assert!(!is_attempt(text), "{text}");
    }
}

#[test]
fn numbers_stand_for_dates_in_workbooks_and_charts() {
    let date = |written: WrittenDate| written.under(DateOrder::YearMonthDay).unwrap().to_string();
    assert_eq!(date(sheet_number(45658.75).unwrap()), "2025-01-01");
    assert_eq!(date(sheet_number(20_250_131.0).unwrap()), "2025-01-31");
    assert_eq!(sheet_number(2024.0), None);
    assert_eq!(date(unix_time("1735689600").unwrap().0), "2025-01-01");
    assert_eq!(unix_time("1735689600000").unwrap().1, None);
    assert_eq!(unix_time("1735740000").unwrap().1.as_deref(), Some("14:00:00"));
}

#[test]
fn patterns_give_the_order() {
    for (pattern, order) in [
        ("%d/%m/%Y", DateOrder::DayMonthYear),
        ("dd/mm/yyyy", DateOrder::DayMonthYear),
        ("DD-MM-YY", DateOrder::DayMonthYear),
        ("dd/mm/aaaa", DateOrder::DayMonthYear),
        ("d.m.yyyy hh:mm", DateOrder::DayMonthYear),
        ("%d-%b-%Y", DateOrder::DayMonthYear),
        ("%d/%m/%Y %H:%M:%S", DateOrder::DayMonthYear),
        ("mm/dd/yyyy", DateOrder::MonthDayYear),
        ("%m/%d/%y", DateOrder::MonthDayYear),
        ("%Y-%m-%d", DateOrder::YearMonthDay),
        ("yyyy-mm-dd", DateOrder::YearMonthDay),
        ("%F", DateOrder::YearMonthDay),
    ] {
        assert_eq!(pattern.parse(), Ok(order), "{pattern}");
    }
    for pattern in ["", "iso", "dd/mm", "%H:%M", "yyyy/dd/mm"] {
        assert!(pattern.parse::<DateOrder>().is_err(), "{pattern}");
    }
}
