//! Business days of Mexico's banks, on which the Banco de México determines the FIX.
//!
//! Source: the rules by which the Comisión Nacional Bancaria y de Valores names, each December in the Diario Oficial,
//! the days of the next year on which banks must close. The days of each year were compared with those on which a FIX
//! was published, from 1991-11-12 to 2026-03-04 (test `mexican_holidays_are_the_weekdays_without_a_fix`).

use super::rules::{Holidays, OneOff, YearOfHolidays};
use chrono::Weekday::Mon;

/// Days of single years.
const ONE_OFFS: [OneOff; 3] = [
    (1994, 3, 24, "Duelo por Luis Donaldo Colosio"),
    (1999, 12, 31, "Cambio de milenio"),
    (2010, 9, 17, "Bicentenario de la Independencia"),
];

/// Returns the holidays of `year` on which Mexican banks close.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    of.add_on(1, 1, "Año Nuevo");
    // Moved to Mondays by the reform of article 74 of the Ley Federal del Trabajo (Diario Oficial, 2006-01-17), which
    // left 21 March 2006, the bicentenary of Juárez, where it was.
    let monday = |of: &YearOfHolidays, n, month| of.nth(n, Mon, month);
    let constitution = if year >= 2006 { monday(&of, 1, 2) } else { of.on(2, 5) };
    of.add(constitution, "Aniversario de la Constitución");
    let juarez = if year >= 2007 { monday(&of, 3, 3) } else { of.on(3, 21) };
    of.add(juarez, "Natalicio de Benito Juárez");
    of.add(of.easter(-3), "Jueves Santo");
    of.add(of.easter(-2), "Viernes Santo");
    of.add_on(5, 1, "Día del Trabajo");
    if year <= 2000 {
        of.add_on(5, 5, "Batalla de Puebla");
    }
    of.add_on(9, 16, "Día de la Independencia");
    if year <= 1993 {
        of.add_on(10, 12, "Día de la Raza");
        of.add_on(12, 31, "Fin de año");
    }
    // The president's report was given on 1 November until 1994, and on 1 September after that.
    if year <= 1994 {
        of.add_on(11, 1, "Informe presidencial");
    } else if year <= 1999 {
        of.add_on(9, 1, "Informe presidencial");
    }
    if !(2001..=2005).contains(&year) {
        of.add_on(11, 2, "Día de Muertos");
    }
    let revolution = if year >= 2006 { monday(&of, 3, 11) } else { of.on(11, 20) };
    of.add(revolution, "Aniversario de la Revolución");
    // Every six years, since 2024 on 1 October: article 83 of the constitution, reformed on 2014-02-10.
    if year % 6 == 2 {
        let date = if year >= 2024 { of.on(10, 1) } else { of.on(12, 1) };
        of.add(date, "Transmisión del Poder Ejecutivo Federal");
    }
    of.add_on(12, 12, "Día del Empleado Bancario");
    of.add_on(12, 25, "Navidad");
    of.add_one_offs(&ONE_OFFS);
    of.into_holidays()
}
