//! Colours of models and series, chosen by name, never by position in a list.
//!
//! The hues lie at least 20 CIELAB units apart for normal, protanopic and deuteranopic vision, on paper and on the
//! dark page, whose shades are in `html/note.css` (tests/colours.rs measures both). Labels are in ink beside a mark.

use super::svg::ACCENT;

/// Colour of the reference, a random walk.
const GREY: &str = "#767c83";
const SALMON: &str = "#cb7e63";
const GREEN: &str = "#103e34";
const ORCHID: &str = "#d25cd2";
const OLIVE: &str = "#4c3e08";
const BLUE: &str = "#0d60f2";
const ORANGE: &str = "#f0690d";
const INDIGO: &str = "#4c089e";

/// All hues; a name whose own hue is taken gets the first free one in this order.
const HUES: [&str; 8] = [ORANGE, BLUE, GREEN, ORCHID, OLIVE, INDIGO, SALMON, GREY];

/// Returns the fixed colour of a built-in name.
fn known(name: &str) -> Option<&'static str> {
    Some(match name {
        "ensemble" => ACCENT,
        "random_walk" | "usdclp_spot" => GREY,
        "ewma_walk" => OLIVE,
        "market_walk" => SALMON,
        "arima_garch" | "copper" | "copper_comex" => ORANGE,
        "chronos" | "dxy" | "usd_broad" => BLUE,
        "var" | "usdbrl" => GREEN,
        "random_forest" | "usdmxn" => ORCHID,
        "usdaud" | "tpm" => OLIVE,
        "usdcad" | "vix" => INDIGO,
        "usdnok" | "fed_funds" => SALMON,
        _ => return None,
    })
}

/// Returns the preferred colour of a name. FNV-1a hashing gives an unknown name the same one in every report.
fn preferred_colour(name: &str) -> &'static str {
    let hash = name.bytes().fold(2_166_136_261u32, |h, byte| (h ^ u32::from(byte)).wrapping_mul(16_777_619));
    known(name).unwrap_or(HUES[hash as usize % HUES.len()])
}

/// Returns a colour for each name of one chart. Names that prefer the same one get different colours while there are
/// any left: built-in names choose first, then alphabetical order decides, so the order of the list does not matter.
pub(super) fn of(names: &[&str]) -> Vec<&'static str> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|&i| (known(names[i]).is_none(), names[i]));
    let mut taken: Vec<&'static str> = Vec::new();
    let mut colours = vec![GREY; names.len()];
    for i in order {
        let wish = preferred_colour(names[i]);
        let free = if taken.contains(&wish) { HUES.into_iter().find(|hue| !taken.contains(hue)) } else { None };
        colours[i] = free.unwrap_or(wish);
        taken.push(colours[i]);
    }
    colours
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_its_colour_wherever_it_stands() {
        let names = ["random_walk", "arima_garch", "var", "random_forest", "chronos"];
        let colours = of(&names);
        let reversed: Vec<&str> = names.iter().rev().copied().collect();
        assert_eq!(of(&reversed).into_iter().rev().collect::<Vec<_>>(), colours);
        assert_eq!(of(&["chronos"])[0], colours[4], "without the others too");
    }

    #[test]
    fn no_two_names_of_a_chart_share_a_colour_while_there_are_any_left() {
        let names = ["copper", "copper_comex", "dxy", "usd_broad", "x", "y", "usdmxn", "vix"];
        let mut colours = of(&names);
        colours.sort_unstable();
        colours.dedup();
        assert_eq!(colours.len(), names.len());
        assert_eq!(of(&[""; 12]).len(), 12, "more names than hues still have some colour");
    }
}
