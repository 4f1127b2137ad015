//! Wording of the rule-based readings: indicators and calibration, Spanish beside English.

use crate::{
    findings::{BandPosition, IntervalRating, Momentum, Strength, VolatilityChange},
    view::Language,
};

pub(crate) fn strength(language: Language, reading: Strength) -> &'static str {
    match reading {
        Strength::Overbought => language.pick("Sobrecompra (70 o más)", "Overbought (70 or more)"),
        Strength::RisesLead => language.pick("Neutral, predominan las alzas", "Neutral, rises prevail"),
        Strength::FallsLead => language.pick("Neutral, predominan las bajas", "Neutral, falls prevail"),
        Strength::Oversold => language.pick("Sobreventa (30 o menos)", "Oversold (30 or less)"),
    }
}

pub(crate) fn momentum(language: Language, reading: Momentum) -> &'static str {
    match reading {
        Momentum::AboveSignal => {
            language.pick("Línea sobre la señal: impulso alcista", "Line above the signal: upward momentum")
        }
        Momentum::BelowSignal => {
            language.pick("Línea bajo la señal: impulso bajista", "Line below the signal: downward momentum")
        }
        Momentum::None => language.pick("Línea y señal coinciden: sin impulso", "Line and signal agree: no momentum"),
    }
}

pub(crate) fn band_position(language: Language, reading: BandPosition) -> &'static str {
    match reading {
        BandPosition::AboveUpper => language.pick("Precio sobre la banda alta", "Price above the upper band"),
        BandPosition::UpperHalf => {
            language.pick("Precio en la mitad alta de las bandas", "Price in the upper half of the bands")
        }
        BandPosition::LowerHalf => {
            language.pick("Precio en la mitad baja de las bandas", "Price in the lower half of the bands")
        }
        BandPosition::BelowLower => language.pick("Precio bajo la banda baja", "Price below the lower band"),
        BandPosition::NoWidth => language.pick("Precio sin variación en 20 días", "Price unchanged over 20 days"),
    }
}

/// Returns the reading of an indicator of prices that have not changed over its 14 days.
pub(crate) fn still(language: Language) -> &'static str {
    language.pick("Precio sin variación en 14 días", "Price unchanged over 14 days")
}

pub(crate) fn agitation(language: Language, reading: VolatilityChange) -> &'static str {
    match reading {
        VolatilityChange::Higher => language.pick("Más agitado que en 60 días", "More volatile than over 60 days"),
        VolatilityChange::Similar => language.pick("Similar a la de 60 días", "Similar to that of 60 days"),
        VolatilityChange::Lower => language.pick("Más calmo que en 60 días", "Calmer than over 60 days"),
    }
}

pub(crate) fn too_short(language: Language) -> &'static str {
    language.pick("Historia o variación de precios muy corta", "Too little history or price movement")
}

pub(crate) fn annualised(language: Language) -> &'static str {
    language.pick("Anualizada", "Annualised")
}

pub(crate) fn width(language: Language, reading: IntervalRating) -> &'static str {
    match reading {
        IntervalRating::Fair => language.pick(
            "El ancho del intervalo de 80\u{a0}% fue adecuado",
            "The width of the 80% interval was about right",
        ),
        IntervalRating::TooNarrow => language.pick(
            "El intervalo de 80\u{a0}% resultó angosto: hubo más sorpresas que las anunciadas",
            "The 80% interval turned out narrow: there were more surprises than announced",
        ),
        IntervalRating::TooWide => language.pick(
            "El intervalo de 80\u{a0}% resultó ancho: hubo menos sorpresas que las anunciadas",
            "The 80% interval turned out wide: there were fewer surprises than announced",
        ),
    }
}
