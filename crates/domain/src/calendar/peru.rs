//! Business days of Peru, on which the Banco Central de Reserva and the Superintendencia de Banca publish rates.
//!
//! Source: Decreto Legislativo 713 (1991), article 6, and the laws that added to it. The "días no laborables" that the
//! government decrees bind public offices, and banks stay open; listed are those since 2010 on which the stock exchange
//! of Lima was closed and no rate was published.

use super::rules::{Holidays, OneOff, YearOfHolidays};

/// Days of single years: summits in Lima, and bridges.
const ONE_OFFS: [OneOff; 7] = [
    (2012, 10, 1, "Cumbre ASPA"),
    (2012, 10, 2, "Cumbre ASPA"),
    (2015, 1, 2, "Día no laborable"),
    (2015, 7, 27, "Día no laborable"),
    (2016, 11, 17, "Cumbre APEC"),
    (2016, 11, 18, "Cumbre APEC"),
    (2018, 4, 13, "Cumbre de las Américas"),
];

/// Returns the national holidays of `year` in Peru.
pub(super) fn holidays(year: i32) -> Holidays {
    let mut of = YearOfHolidays::new(year);
    of.add_on(1, 1, "Año Nuevo");
    of.add(of.easter(-3), "Jueves Santo");
    of.add(of.easter(-2), "Viernes Santo");
    of.add_on(5, 1, "Día del Trabajo");
    of.add_on(6, 29, "San Pedro y San Pablo");
    of.add_on(7, 28, "Fiestas Patrias");
    of.add_on(7, 29, "Fiestas Patrias");
    of.add_on(8, 30, "Santa Rosa de Lima");
    of.add_on(10, 8, "Combate de Angamos");
    of.add_on(11, 1, "Todos los Santos");
    of.add_on(12, 8, "Inmaculada Concepción");
    of.add_on(12, 25, "Navidad del Señor");
    // Ley 31381 (December 2021), Ley 31530 (July 2022), Ley 31822 (July 2023), Ley 31788 (June 2023, a week after the day).
    let added = [
        (2022, 12, 9, "Batalla de Ayacucho"),
        (2022, 8, 6, "Batalla de Junín"),
        (2023, 7, 23, "Día de la Fuerza Aérea del Perú"),
        (2024, 6, 7, "Batalla de Arica y Día de la Bandera"),
    ];
    for (_, month, day, name) in added.into_iter().filter(|(since, ..)| year >= *since) {
        of.add_on(month, day, name);
    }
    of.add_one_offs(&ONE_OFFS);
    of.into_holidays()
}
