//! Display names of models and series, and wording of their changes. Unknown names stay unchanged.

use crate::{
    labels, models,
    view::{
        ChangeUnit,
        Language::{self, English, Spanish},
        RATE_DIFFERENTIAL,
    },
};

/// Returns the name of a model; the shorter one when space is scarce.
pub(crate) fn model(language: Language, name: &str, short: bool) -> String {
    match models::find(language, name) {
        Some(words) if short => words.short.to_owned(),
        _ => labels::model_name(language, name),
    }
}

/// Returns the short name of a series, for tables and charts.
pub(crate) fn series(language: Language, name: &str) -> String {
    let short = match name {
        "dxy" => "DXY",
        "usd_broad" => language.pick("Dólar amplio", "Broad dollar"),
        "usdclp" => "USD/CLP",
        "usdclp_spot" => language.pick("USD/CLP spot", "USD/CLP spot"),
        "usdmxn" => "USD/MXN",
        "usdbrl" => "USD/BRL",
        "usdaud" => "USD/AUD",
        "usdcad" => "USD/CAD",
        "usdnok" => "USD/NOK",
        "copper" => language.pick("Cobre", "Copper"),
        "copper_comex" => language.pick("Cobre COMEX", "COMEX copper"),
        "vix" => "VIX",
        "tpm" => "TPM",
        "fed_funds" => "Fed funds",
        RATE_DIFFERENTIAL => "TPM − Fed funds",
        other => other,
    };
    short.to_owned()
}

/// Returns the name of a series within a sentence.
pub(crate) fn series_in_words(language: Language, name: &str) -> String {
    let (spanish, english) = match name {
        "dxy" => ("índice dólar (DXY)", "dollar index (DXY)"),
        "usd_broad" => ("índice amplio del dólar", "broad dollar index"),
        "usdclp_spot" => ("cotización de mercado USD/CLP", "USD/CLP market quote"),
        "usdmxn" => ("peso mexicano por dólar", "Mexican pesos per dollar"),
        "usdbrl" => ("real brasileño por dólar", "Brazilian reais per dollar"),
        "usdaud" => ("dólar australiano por dólar", "Australian dollars per dollar"),
        "usdcad" => ("dólar canadiense por dólar", "Canadian dollars per dollar"),
        "usdnok" => ("corona noruega por dólar", "Norwegian kroner per dollar"),
        "copper" => ("cobre", "copper"),
        "copper_comex" => ("cobre en COMEX", "COMEX copper"),
        "tpm" => ("tasa de política monetaria (TPM)", "Chilean policy rate (TPM)"),
        "fed_funds" => ("tasa de fondos federales", "federal funds rate"),
        RATE_DIFFERENTIAL => ("diferencial TPM − fondos federales", "TPM − fed funds differential"),
        other => return series(language, other),
    };
    language.pick(spanish, english).to_owned()
}

/// Formats a signed change in its unit: "+1,2 %", "-0,8 puntos", "+0,25 pp"; `None` without a change.
pub(crate) fn change(language: Language, change: Option<f64>, measure: ChangeUnit) -> Option<String> {
    let change = change.filter(|change| change.is_finite())?;
    Some(match (measure, language) {
        (ChangeUnit::Percent, _) => language.signed_percent(change, decimals(change)),
        (ChangeUnit::Points, Spanish) => format!("{}\u{a0}puntos", language.signed(change, 1)),
        (ChangeUnit::Points, English) => format!("{}\u{a0}points", language.signed(change, 1)),
        (ChangeUnit::PercentagePoints, _) => format!("{}\u{a0}pp", language.signed(change, 2)),
    })
}

/// Returns the number of decimals: two for small changes, one for large ones.
fn decimals(change: f64) -> usize {
    if change.abs() < 10.0 { 2 } else { 1 }
}

/// Joins items: "a", "a y b", "a, b y c".
pub(crate) fn list(language: Language, items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [start @ .., last] => {
            let and = match language {
                // Spanish "y" becomes "e" before an i sound.
                Spanish if begins_with_i_sound(last) => "e",
                Spanish => "y",
                English => "and",
            };
            format!("{} {and} {last}", start.join(", "))
        }
    }
}

fn begins_with_i_sound(word: &str) -> bool {
    let lower = word.to_lowercase();
    ["i", "í", "hi", "hí"].iter().any(|start| lower.starts_with(start)) && !lower.starts_with("hie")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_end_with_and() {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(list(Spanish, &words(&["a", "b", "c"])), "a, b y c");
        assert_eq!(list(Spanish, &words(&["cobre", "índice dólar"])), "cobre e índice dólar");
        assert_eq!(list(English, &words(&["a"])), "a");
        assert_eq!(list(English, &[]), "");
    }

    #[test]
    fn unknown_series_keep_their_names_and_known_ones_have_words_in_both_languages() {
        assert_eq!(series_in_words(Spanish, "usdmxn"), "peso mexicano por dólar");
        assert_eq!(series_in_words(English, "usdmxn"), "Mexican pesos per dollar");
        assert_eq!(
            (series(Spanish, "lithium"), series_in_words(English, "lithium")),
            ("lithium".into(), "lithium".into())
        );
    }

    #[test]
    fn changes_are_written_by_their_measure() {
        assert_eq!(change(Spanish, Some(1.234), ChangeUnit::Percent).unwrap(), "+1,23\u{a0}%");
        assert_eq!(change(English, Some(-2.0), ChangeUnit::Points).unwrap(), "-2.0\u{a0}points");
        assert_eq!(change(Spanish, Some(-0.25), ChangeUnit::PercentagePoints).unwrap(), "-0,25\u{a0}pp");
        assert_eq!(change(Spanish, Some(f64::NAN), ChangeUnit::Percent), None);
    }
}
