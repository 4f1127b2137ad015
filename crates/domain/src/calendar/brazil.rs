//! Business days of Brazil's banks, on which the Banco Central do Brasil publishes the PTAX.
//!
//! Source: the national holidays, and the days that the Conselho Monetário Nacional adds for banks (Resolução 2.516 of
//! 1998, 2.932 of 2002, 4.880 of 2020): Monday and Tuesday of Carnival, and Corpus Christi.

use super::rules::{Holidays, YearOfHolidays};

/// Returns the holidays of `year` on which Brazilian banks close.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    // Lei 662 (1949) and Lei 10.607 (2002): fixed days. Lei 6.802 (1980): 12 October. Lei 9.093 (1995): Good Friday,
    // as a religious day that every town observes.
    of.add_on(1, 1, "Confraternização Universal");
    of.add(of.easter(-48), "Carnaval");
    of.add(of.easter(-47), "Carnaval");
    // A business day since 2000: Resolução 2.516.
    if year < 2000 {
        of.add(of.easter(-3), "Quinta-feira Santa");
    }
    of.add(of.easter(-2), "Sexta-feira da Paixão");
    of.add_on(4, 21, "Tiradentes");
    of.add_on(5, 1, "Dia do Trabalho");
    of.add(of.easter(60), "Corpus Christi");
    of.add_on(9, 7, "Independência do Brasil");
    of.add_on(10, 12, "Nossa Senhora Aparecida");
    of.add_on(11, 2, "Finados");
    of.add_on(11, 15, "Proclamação da República");
    // Lei 14.759 (2023).
    if year >= 2024 {
        of.add_on(11, 20, "Dia Nacional de Zumbi e da Consciência Negra");
    }
    of.add_on(12, 25, "Natal");
    of.into_holidays()
}
