//! Words of the other language in a report or a mail.

use forecaster_report::Language;

/// Words that only English has, among those of reports, reasons and messages. "Spot" is used in Chile too.
const OF_ENGLISH: &str = "the there with failed fails is are was were of and not for from to at on by has have had it its \
     this that these which who whoever an but after before until only none needs needed least order degrees freedom \
     window lags weights weight quote quotes left out daily annual volatility trees smallest leaf training rows \
     features expected high low sample paths checkpoint gap coefficient suspended run runs estimation constant missing \
     memory worker ended answer values value observations as used fetch sync import series' available unavailable \
     known without long-run now ratios returns regressors regressor data too few reads read stored last first pair's";

/// Words that only Spanish has.
const OF_SPANISH: &str = "el la los las del que en con sin por para se su sus una unos unas y más hay es está son fue \
     desde hasta entre según cada datos días modelo modelos valores cotización mediana intervalo pronóstico serie \
     ninguno ninguna todavía aún avise quien sistema";

/// Names that are the same in both languages.
const NAMES: [&str; 2] = ["Banco Central de Chile", "Servicio de Impuestos Internos"];

/// Returns the words of the other language in a document, each with its neighbours. Looked at are the text and the
/// attributes that stand for pictures and headings; a name with an underscore is one word.
pub(crate) fn foreign_words(language: Language, html: &str) -> Vec<String> {
    let foreign: Vec<&str> = language.pick(OF_ENGLISH, OF_SPANISH).split_whitespace().collect();
    let words = words(html);
    let is_foreign = |at: &usize| foreign.contains(&words[*at].as_str());
    let with_neighbours = |at: usize| words[at.saturating_sub(3)..(at + 4).min(words.len())].join(" ");
    (0..words.len()).filter(is_foreign).map(with_neighbours).collect()
}

fn words(html: &str) -> Vec<String> {
    let body = html.split("</style>").last().unwrap_or_default();
    let attributes = ["alt=\"", "aria-label=\"", "title=\"", "data-label=\""];
    let spoken =
        attributes.iter().flat_map(|name| body.split(name).skip(1)).filter_map(|rest| rest.split('"').next());
    let mut pieces = body.split('<');
    let first = pieces.next().unwrap_or_default();
    let outside = pieces.filter_map(|piece| piece.split_once('>')).map(|(_, text)| text);
    let text = [first].into_iter().chain(outside).chain(spoken).collect::<Vec<_>>().join(" ");
    let text = NAMES.iter().fold(text, |text, name| text.replace(name, "")).replace("&#39;", "'").to_lowercase();
    let is_letter = |c: char| c.is_alphanumeric() || "_'-".contains(c);
    text.split(|c| !is_letter(c)).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
