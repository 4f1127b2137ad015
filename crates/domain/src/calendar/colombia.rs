//! Business days of Colombia, for which the Superintendencia Financiera certifies the TRM.
//!
//! Source: Ley 51 of 1983 (Ley Emiliani), which lists all holidays and moves ten of them to the Monday on or after
//! their day; Ley 2578 of 2026 added one. The TRM of a weekend or holiday repeats that of the next business day.

use super::rules::{Holidays, YearOfHolidays, on_or_after};
use chrono::Weekday::Mon;

/// Returns the holidays of `year` in Colombia.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    of.add_on(1, 1, "Año Nuevo");
    of.add(of.easter(-3), "Jueves Santo");
    of.add(of.easter(-2), "Viernes Santo");
    of.add_on(5, 1, "Día del Trabajo");
    of.add_on(7, 20, "Día de la Independencia");
    of.add_on(8, 7, "Batalla de Boyacá");
    of.add_on(12, 8, "Inmaculada Concepción");
    of.add_on(12, 25, "Navidad");
    let mut moved = vec![
        (of.on(1, 6), "Día de los Reyes Magos"),
        (of.on(3, 19), "Día de San José"),
        (of.easter(39), "Ascensión del Señor"),
        (of.easter(60), "Corpus Christi"),
        (of.easter(68), "Sagrado Corazón de Jesús"),
        (of.on(6, 29), "San Pedro y San Pablo"),
        (of.on(8, 15), "Asunción de la Virgen"),
        (of.on(10, 12), "Día de la Raza"),
        (of.on(11, 1), "Día de Todos los Santos"),
        (of.on(11, 11), "Independencia de Cartagena"),
    ];
    if year >= 2026 {
        moved.push((of.on(7, 9), "Virgen de Chiquinquirá"));
    }
    for (date, name) in moved {
        of.add(date.map(|date| on_or_after(date, Mon)), name);
    }
    of.into_holidays()
}
