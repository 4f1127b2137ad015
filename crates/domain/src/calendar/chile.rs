//! Business days of Chile's banks, on which the dólar observado is published. The law behind each rule is cited beside
//! it; only one-off holidays, each created by a law of its own, are listed by date.

use super::rules::{Holidays, OneOff, YearOfHolidays};
use chrono::{
    Datelike, Days, NaiveDate, TimeDelta,
    Weekday::{self, Fri, Mon, Thu, Tue, Wed},
};

/// One-off holidays. The regional holiday of 2018-01-16 closed the banks of Santiago, and no rate was published.
const ONE_OFFS: [OneOff; 7] = [
    (2002, 4, 24, "Censo 2002"),
    (2004, 9, 17, "Feriado de Fiestas Patrias (Ley 19.973)"),
    (2010, 9, 17, "Bicentenario (Ley 20.450)"),
    (2010, 9, 20, "Bicentenario (Ley 20.450)"),
    (2017, 4, 19, "Censo 2017"),
    (2018, 1, 16, "Visita papal (Región Metropolitana)"),
    (2022, 9, 16, "Feriado de Fiestas Patrias (Ley 21.482)"),
];

/// Returns every holiday of `year` on which Chilean banks close, with its official name.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    let is = |of: &YearOfHolidays, month, day, weekday: Weekday| {
        of.on(month, day).is_some_and(|date| date.weekday() == weekday)
    };
    // Fixed and Easter holidays: Ley 2.977 (1915) and later.
    of.add_on(1, 1, "Año Nuevo");
    of.add(of.easter(-2), "Viernes Santo");
    of.add_on(5, 1, "Día del Trabajo");
    of.add_on(5, 21, "Día de las Glorias Navales");
    of.add_on(8, 15, "Asunción de la Virgen");
    of.add_on(9, 18, "Independencia Nacional");
    of.add_on(9, 19, "Día de las Glorias del Ejército");
    of.add_on(11, 1, "Día de Todos los Santos");
    of.add_on(12, 8, "Inmaculada Concepción");
    of.add_on(12, 25, "Navidad");
    // Bank holiday: Ley General de Bancos.
    of.add_on(12, 31, "Feriado bancario");
    // Moved to a Monday since 2000: Ley 19.668.
    of.add(of.on(6, 29).map(|date| moved_to_monday(date, year)), "San Pedro y San Pablo");
    of.add(of.on(10, 12).map(|date| moved_to_monday(date, year)), "Encuentro de Dos Mundos");
    // Corpus Christi was replaced by the Virgen del Carmen in 2007: Ley 20.148.
    if year >= 2007 {
        of.add_on(7, 16, "Virgen del Carmen");
    } else {
        of.add(of.easter(60).map(|date| moved_to_monday(date, year)), "Corpus Christi");
    }
    // Bridge holidays: Ley 20.215 (Monday 17th, Friday 20th), Ley 20.983 (Friday 17th, Monday 2 January).
    let bridge = "Feriado adicional de Fiestas Patrias";
    if year >= 2007 && is(&of, 9, 17, Mon) {
        of.add_on(9, 17, bridge);
    }
    if year >= 2007 && is(&of, 9, 20, Fri) {
        of.add_on(9, 20, bridge);
    }
    if year >= 2017 && is(&of, 9, 17, Fri) {
        of.add_on(9, 17, bridge);
    }
    if year >= 2017 && is(&of, 1, 2, Mon) {
        of.add_on(1, 2, "Feriado adicional de Año Nuevo");
    }
    // Evangelical churches: Ley 20.299; a Tuesday moves to the Friday before, a Wednesday to the Friday after.
    if year >= 2008 {
        let date = match of.on(10, 31).map(|date| date.weekday()) {
            Some(Tue) => of.on(10, 27),
            Some(Wed) => of.on(11, 2),
            _ => of.on(10, 31),
        };
        of.add(date, "Día de las Iglesias Evangélicas y Protestantes");
    }
    // Indigenous peoples, on the winter solstice: Ley 21.357, which sets 21 June for 2021.
    if year >= 2021 {
        let date = if year == 2021 { of.on(6, 21) } else { june_solstice(year) };
        of.add(date, "Día Nacional de los Pueblos Indígenas");
    }
    of.add_one_offs(&ONE_OFFS);
    of.into_holidays()
}

/// Applies Ley 19.668: Tuesday to Thursday moves to the Monday before, Friday to the Monday after.
fn moved_to_monday(date: NaiveDate, year: i32) -> NaiveDate {
    if year < 2000 {
        return date;
    }
    match date.weekday() {
        Tue => date - Days::new(1),
        Wed => date - Days::new(2),
        Thu => date - Days::new(3),
        Fri => date + Days::new(3),
        _ => date,
    }
}

/// Day of the June solstice in Chile's winter time (UTC-4).
///
/// Mean solstice of Meeus, Astronomical Algorithms, table 27.B, accurate to about a quarter of an hour; between 2022
/// and 2040 no solstice falls within an hour of midnight in Chile.
fn june_solstice(year: i32) -> Option<NaiveDate> {
    let y = (f64::from(year) - 2000.0) / 1000.0;
    let julian_day = 2_451_716.567_67 + y * (365_241.626_03 + y * (0.003_25 + y * (0.008_88 - y * 0.000_30)));
    let hours_after_2000 = (julian_day - 2_451_544.5) * 24.0 - 4.0;
    let start = NaiveDate::from_ymd_opt(2000, 1, 1)?.and_hms_opt(0, 0, 0)?;
    Some((start + TimeDelta::minutes((hours_after_2000 * 60.0) as i64)).date())
}

#[cfg(test)]
mod tests {
    #[test]
    fn no_solstice_up_to_2040_is_too_close_to_midnight_for_the_formula() {
        for year in 2022..=2040 {
            let y = (f64::from(year) - 2000.0) / 1000.0;
            let jd = 2_451_716.567_67 + y * 365_241.626_03;
            let hour = ((jd - 0.5) * 24.0 - 4.0).rem_euclid(24.0);
            assert!((1.0..23.0).contains(&hour), "{year}: {hour}");
        }
    }
}
