//! Sentences on the market quote and its contribution, Spanish beside English.

use crate::{
    findings::{
        Direction,
        quote::{QuoteGap, QuoteReach, SkillPoints, SkillSplit, SkillTrajectory},
    },
    labels,
    view::{
        Language::{self, English, Spanish},
        QuoteView,
    },
};

/// A quote with its price already formatted.
pub(crate) struct FormattedQuote<'a> {
    pub(crate) price: String,
    pub(crate) quote: &'a QuoteView,
    pub(crate) gap: Option<QuoteGap>,
}

impl FormattedQuote<'_> {
    /// Returns text such as "995,26 (Narodowy Bank Polski, 26-oct-2026, 08:15), 0,31 % sobre la tasa oficial".
    fn in_words(&self, language: Language) -> String {
        let source = labels::provider_name(language, &self.quote.source);
        let quote = format!("{} ({source}, {})", self.price, language.moment(self.quote.known_at));
        self.gap.map_or(quote.clone(), |gap| format!("{quote}, {}", against(language, gap)))
    }
}

fn against(language: Language, gap: QuoteGap) -> String {
    let rate = match gap.official {
        true => language.pick("la tasa oficial", "the official rate"),
        false => language.pick("el último valor", "the last value"),
    };
    let to_rate = if gap.official { "a la tasa oficial" } else { "al último valor" };
    let size = language.percent(gap.percent.abs(), 2);
    match (language, gap.direction) {
        (Spanish, Direction::Above) => format!("{size} sobre {rate}"),
        (Spanish, Direction::Below) => format!("{size} bajo {rate}"),
        (Spanish, Direction::Unchanged) => format!("casi igual {to_rate}"),
        (English, Direction::Above) => format!("{size} above {rate}"),
        (English, Direction::Below) => format!("{size} below {rate}"),
        (English, Direction::Unchanged) => format!("almost the same as {rate}"),
    }
}

/// Returns the sentence for a quote used by the forecast, and why it is more recent than the official rate.
pub(crate) fn used(language: Language, quoted: &FormattedQuote<'_>) -> String {
    let quote = quoted.in_words(language);
    let is_news = quoted.gap.is_some_and(|gap| gap.official);
    let why = match (language, is_news) {
        (_, false) => "",
        (Spanish, true) => ": es una noticia posterior a las operaciones que esa tasa promedia",
        (English, true) => ", which is more recent than the trades averaged in that rate",
    };
    match language {
        Spanish => format!("El pronóstico ya recoge una cotización de mercado de {quote}{why}."),
        English => format!("The forecast already includes a market quote of {quote}{why}."),
    }
}

/// Returns the sentence for a quote that no model with a weight uses.
pub(crate) fn quote_not_used(language: Language, quoted: &FormattedQuote<'_>) -> String {
    let quote = quoted.in_words(language);
    match language {
        Spanish => format!("Hay una cotización de mercado de {quote}, pero ningún modelo con peso la usa."),
        English => format!("There is a market quote of {quote}, but no model with a weight makes use of it."),
    }
}

/// Returns the sentence for a missing quote; `reason` is the series with the reason, already formatted.
pub(crate) fn missing(language: Language, reason: Option<(&str, String)>) -> String {
    let why = reason.map_or_else(String::new, |(series, reason)| {
        format!(" {} ({series}): {}.", language.pick("Motivo", "Reason"), reason.trim_end_matches('.'))
    });
    let text = language.pick(
        "Este pronóstico no recoge ninguna cotización de mercado; sin ella, el paseo desde el mercado es igual al paseo \
         aleatorio.",
        "This forecast includes no market quote; without one, the market walk is the same as the random walk.",
    );
    format!("{text}{why}")
}

/// Returns the sentence on the horizon over which a quote helps.
pub(crate) fn quote_reach(language: Language, reach: QuoteReach) -> &'static str {
    match reach {
        QuoteReach::Short => language.pick(
            "Adelanta cerca de un día de noticias: cuenta en los primeros días y a 90 días casi no pesa.",
            "It is about one day ahead of the official rate: that matters in the first days and hardly at 90 days.",
        ),
        QuoteReach::Hardly => language.pick(
            "A 90 días la cotización casi no pesa: cuenta en los primeros días.",
            "At 90 days the quote hardly matters: it counts in the first days.",
        ),
    }
}

/// Returns the sentence for a validation without quotes.
pub(crate) fn no_quotes(language: Language) -> &'static str {
    language.pick(
        "En la validación no hubo cotizaciones que usar, así que no se sabe cuánto aportan.",
        "There were no quotes in the validation, so their contribution is not known.",
    )
}

/// Returns the sentences on the sources of the ensemble's skill, then on the parts that may be chance.
pub(crate) fn parts(language: Language, parts: &SkillSplit) -> String {
    let chance = chance(language, parts).map_or_else(String::new, |chance| format!(" {chance}"));
    split(language, parts) + &chance
}

fn split(language: Language, SkillSplit { total, quote, models, .. }: &SkillSplit) -> String {
    let advantage = language.percent(total.value(), 1);
    let points = |part: &SkillPoints| language.number(part.value().abs(), 1);
    match (language, quote.tenths, models.tenths) {
        (Spanish, 1.., 1..) => format!(
            "De la ventaja de {advantage} sobre el paseo aleatorio, {} puntos vienen de la cotización y {} de los modelos.",
            points(quote),
            points(models)
        ),
        (English, 1.., 1..) => format!(
            "Of the advantage of {advantage} over the random walk, {} points come from the quote and {} from the models.",
            points(quote),
            points(models)
        ),
        (Spanish, 1.., 0) => format!(
            "Toda la ventaja de {advantage} sobre el paseo aleatorio viene de la cotización; los modelos no suman nada."
        ),
        (English, 1.., 0) => {
            format!(
                "All of the advantage of {advantage} over the random walk comes from the quote; the models add nothing."
            )
        }
        (Spanish, 0, 1..) => format!(
            "Toda la ventaja de {advantage} sobre el paseo aleatorio viene de los modelos; la cotización no suma nada."
        ),
        (English, 0, 1..) => {
            format!(
                "All of the advantage of {advantage} over the random walk comes from the models; the quote adds nothing."
            )
        }
        (Spanish, ..) => format!(
            "Frente al paseo aleatorio, la cotización {} y los modelos {}: en total, {}.",
            effect(*quote, &points(quote), ["suma", "resta", "no suma ni resta"], "puntos"),
            effect(*models, &points(models), ["suman", "restan", "no suman ni restan"], "puntos"),
            sum(language, *total)
        ),
        (English, ..) => format!(
            "Against the random walk the quote {} and the models {}: in all, {}.",
            effect(*quote, &points(quote), ["adds", "takes away", "changes nothing"], "points"),
            effect(*models, &points(models), ["add", "take away", "change nothing"], "points"),
            sum(language, *total)
        ),
    }
}

fn effect(part: SkillPoints, size: &str, [adds, takes, neither]: [&str; 3], unit: &str) -> String {
    match part.tenths {
        1.. => format!("{adds} {size} {unit}"),
        0 => neither.to_owned(),
        _ => format!("{takes} {size} {unit}"),
    }
}

fn sum(language: Language, total: SkillPoints) -> String {
    let size = language.percent(total.value().abs(), 1);
    match (language, total.tenths) {
        (Spanish, 1..) => format!("una ventaja de {size}"),
        (English, 1..) => format!("an advantage of {size}"),
        (Spanish, 0) => "ninguna ventaja".to_owned(),
        (English, 0) => "no advantage".to_owned(),
        (Spanish, _) => format!("una desventaja de {size}"),
        (English, _) => format!("a disadvantage of {size}"),
    }
}

/// Returns the sentence on the parts that may be chance; `None` when there are none, or it is not known. A part
/// printed as zero is not mentioned.
fn chance(language: Language, parts: &SkillSplit) -> Option<&'static str> {
    let doubtful = |points: SkillPoints| points.chance && points.tenths != 0;
    let text = match (doubtful(parts.total), doubtful(parts.quote), doubtful(parts.models)) {
        (false, false, false) => return None,
        (true, true, true) => ("Nada de esto se distingue del azar.", "None of it can be told from chance."),
        (true, false, false) => ("El total no se distingue del azar.", "The total cannot be told from chance."),
        (true, true, false) => (
            "Ni el total ni la parte de la cotización se distinguen del azar.",
            "Neither the total nor the quote's part can be told from chance.",
        ),
        (true, false, true) => (
            "Ni el total ni la parte de los modelos se distinguen del azar.",
            "Neither the total nor the models' part can be told from chance.",
        ),
        (false, true, true) => {
            ("Ninguna de las dos partes se distingue del azar.", "Neither part can be told from chance.")
        }
        (false, true, false) => {
            ("La parte de la cotización no se distingue del azar.", "The quote's part cannot be told from chance.")
        }
        (false, false, true) => {
            ("La parte de los modelos no se distingue del azar.", "The models' part cannot be told from chance.")
        }
    };
    Some(language.pick(text.0, text.1))
}

/// Returns the sentence on the skill from the first target date to the last.
pub(crate) fn course(
    language: Language,
    (course, first, last): (SkillTrajectory, SkillPoints, SkillPoints),
) -> String {
    let plain = |points: SkillPoints| language.percent(points.value(), 1);
    let signed = |points: SkillPoints| language.signed_percent(points.value(), 1);
    let doubt = |points: SkillPoints| match points.chance {
        true => language.pick(" (no se distingue del azar)", " (cannot be told from chance)"),
        false => "",
    };
    match (language, course) {
        (Spanish, SkillTrajectory::Gone) => format!(
            "La ventaja del conjunto se nota el primer día ({}); la diferencia al final del plazo ({}) no se distingue del \
             azar.",
            plain(first),
            plain(last)
        ),
        (English, SkillTrajectory::Gone) => format!(
            "The ensemble's advantage shows on the first day ({}); the difference at the end of the horizon ({}) cannot be \
             told from chance.",
            plain(first),
            plain(last)
        ),
        (Spanish, SkillTrajectory::Falls) => {
            format!(
                "La ventaja del conjunto es de {} el primer día y baja a {} el último.",
                plain(first),
                plain(last)
            )
        }
        (English, SkillTrajectory::Falls) => {
            format!(
                "The ensemble's advantage is {} on the first day and falls to {} on the last.",
                plain(first),
                plain(last)
            )
        }
        (Spanish, SkillTrajectory::Other) if first.chance && last.chance => format!(
            "La ventaja del conjunto es de {} el primer día y de {} el último; ninguna de las dos cifras se distingue del azar.",
            signed(first),
            signed(last)
        ),
        (English, SkillTrajectory::Other) if first.chance && last.chance => format!(
            "The ensemble's advantage is {} on the first day and {} on the last; neither figure can be told from chance.",
            signed(first),
            signed(last)
        ),
        (Spanish, SkillTrajectory::Other) => format!(
            "La ventaja del conjunto es de {}{} el primer día y de {}{} el último.",
            signed(first),
            doubt(first),
            signed(last),
            doubt(last)
        ),
        (English, SkillTrajectory::Other) => format!(
            "The ensemble's advantage is {}{} on the first day and {}{} on the last.",
            signed(first),
            doubt(first),
            signed(last),
            doubt(last)
        ),
    }
}

/// Returns the sentence with the named standard errors; `bounded` is true when the models' one is an upper bound.
pub(crate) fn errors(language: Language, errors: &[(&'static str, f64)], bounded: bool) -> String {
    let one = |(name, error): &(&str, f64)| format!("{name} {}", language.number(*error, 1));
    let all = errors.iter().map(one).collect::<Vec<_>>().join("; ");
    let bound = match bounded {
        true => language.pick(
            " El de los modelos es una cota: la suma de los otros dos.",
            " The one for the models is an upper bound: the sum of the other two.",
        ),
        false => "",
    };
    match language {
        Spanish => format!(
            "Errores estándar, en puntos: {all}.{bound} Lo que no llega a dos errores estándar no se distingue del azar."
        ),
        English => format!(
            "Standard errors, in points: {all}.{bound} A figure smaller than two standard errors cannot be told \
             from chance."
        ),
    }
}

/// Returns the sentence on the quote for the section on sources.
pub(crate) fn source(language: Language, price: &str, unit: &str, quote: &QuoteView) -> String {
    let (source, known) = (labels::provider_name(language, &quote.source), language.moment(quote.known_at));
    match language {
        Spanish => {
            format!("Cotización de mercado conocida desde el {known}: {price} {unit} ({source}).")
        }
        English => format!("Market quote known since {known}: {price} {unit} ({source})."),
    }
}
