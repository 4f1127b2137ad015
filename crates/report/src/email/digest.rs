//! Texts of a mail, shared by its plain text and its HTML.
//!
//! In: a page. Out: a [`Digest`] of texts in reading order.

use crate::{
    drift_section, drivers,
    figure::Figure,
    html::{against_random_walk, direction, level_decimals},
    labels,
    page::Page,
    quote,
    text::{caution_boxes, provenance, reasons, sentences},
};

/// Maximum number of price levels in a mail; those nearest to the median are kept.
const MOST_LEVELS: usize = 7;

/// Name and value of a figure.
pub(super) type NamedFigure = (String, String);

/// Texts of the mail.
pub(super) struct Digest<'a> {
    pub(super) page: &'a Page<'a>,
    pub(super) title: String,
    /// Date of the last observation, then the time of generation.
    pub(super) dateline: [String; 2],
    /// Boxes at the top: heading and lines.
    pub(super) warnings: Vec<(String, Vec<String>)>,
    pub(super) median: NamedFigure,
    /// Difference from the last observation, then that observation; `None` without one.
    pub(super) change: Option<(String, String)>,
    /// Both intervals and the probability of a rise.
    pub(super) figures: [NamedFigure; 3],
    /// Sentence on the final median; `None` without a last observation.
    pub(super) direction: Option<String>,
    /// Changes since the last report, by paragraph.
    pub(super) drivers: Vec<String>,
    /// Takeaway of the fan chart.
    pub(super) takeaway: String,
    /// Sentence on the market's quote; `None` unless it moved the forecast.
    pub(super) quote: Option<String>,
    /// Sentences on drift or an extreme regime; `None` without either.
    pub(super) drift: Option<String>,
    /// Header and rows: model, weight, median at the end, skill.
    pub(super) models: ([String; 4], Vec<[String; 4]>),
    /// Sentence comparing the ensemble with the random walk.
    pub(super) against_random_walk: String,
    /// Header and rows: price, probability of ending above it, probability of touching it.
    pub(super) levels: ([String; 3], Vec<[String; 3]>),
    /// Pointer to the full report, the run, the disclaimer.
    pub(super) closing: [String; 3],
}

impl<'a> Digest<'a> {
    pub(super) fn new(page: &'a Page<'a>) -> Self {
        let (language, view) = (page.language, page.view);
        let (forecast, end) = (&view.ensemble, page.end());
        let named = |name: &str, value: String| (name.to_owned(), value);
        Self {
            page,
            title: sentences::title(language, &view.pair, view.horizon),
            dateline: [
                format!("{} {}", labels::observed_until(language), page.date(forecast.as_of())),
                format!("{} {} · {}", labels::generated(language), language.instant(view.generated_at), view.zone),
            ],
            warnings: warnings(page),
            median: (
                format!("{} {}", labels::median_at(language), page.date(page.end_date())),
                page.price(forecast.median(end)),
            ),
            change: against(page),
            figures: [
                named(labels::interval80(language), page.interval(forecast.interval80(end))),
                named(labels::interval95(language), page.interval(forecast.interval95(end))),
                named(labels::rise_probability(language), language.probability(page.probability_of_rise(end))),
            ],
            direction: direction(page),
            drivers: drivers::paragraphs(page).into_iter().map(|sentences| sentences.join(" ")).collect(),
            takeaway: Figure::Fan.takeaway(page).unwrap_or_default(),
            quote: quote::alert(page),
            drift: drift_section::alert(page),
            models: models(page),
            against_random_walk: against_random_walk(page),
            levels: levels(page),
            closing: [
                labels::attached(language).to_owned(),
                format!("forecaster {} · {} {}", view.version, labels::run(language), view.run_id),
                provenance::disclaimer(language).to_owned(),
            ],
        }
    }
}

fn warnings(page: &Page<'_>) -> Vec<(String, Vec<String>)> {
    let (language, view) = (page.language, page.view);
    let stale = view.stale.map(|stale| {
        let last = page.date(page.last().map_or(view.ensemble.as_of(), |o| o.date));
        let line = sentences::staleness(language, stale, &last, &page.date(stale.today));
        (labels::stale_heading(language), vec![line])
    });
    let left_out: Vec<String> = view.left_out.iter().map(|it| reasons::left_out_line(language, it)).collect();
    stale
        .into_iter()
        .chain(caution_boxes::boxes(view))
        .chain([(labels::left_out(language), left_out)])
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(heading, lines)| (heading.to_owned(), lines))
        .collect()
}

fn against(page: &Page<'_>) -> Option<(String, String)> {
    let language = page.language;
    let median = page.view.ensemble.median(page.end());
    page.last().map(|last| {
        let change = page.price_change(median - last.value);
        let percent = language.signed_percent(page.change(median), 2);
        let label = labels::last_observation(language);
        (
            format!("{change} ({percent}) {}", labels::against_last(language)),
            format!("{label}: {}, {}", page.price(last.value), page.date(last.date)),
        )
    })
}

fn models(page: &Page<'_>) -> ([String; 4], Vec<[String; 4]>) {
    let (language, view) = (page.language, page.view);
    let known = |skill: &f64| skill.is_finite() && !page.is_constant();
    let skill = |scores: Option<f64>| language.signed_percent(100.0 * scores.filter(known).unwrap_or(f64::NAN), 1);
    let ensemble = [
        labels::ensemble(language).to_owned(),
        language.share(f64::NAN, 1),
        page.price(view.ensemble.median(page.end())),
        skill(view.ensemble_scores.map(|s| s.skill)),
    ];
    let rows = view.models.iter().map(|model| {
        [
            labels::model_name(language, &model.name),
            language.share(model.weight, 1),
            page.price(model.forecast.median(model.forecast.last_step())),
            skill(model.scores.map(|s| s.skill)),
        ]
    });
    let heads =
        [labels::model(language), labels::weight(language), labels::median(language), labels::skill(language)];
    (heads.map(str::to_owned), [ensemble].into_iter().chain(rows).collect())
}

fn levels(page: &Page<'_>) -> ([String; 3], Vec<[String; 3]>) {
    let language = page.language;
    let all = &page.view.round_levels;
    let median = page.view.ensemble.median(page.end());
    let mut nearest: Vec<usize> = (0..all.len()).collect();
    nearest.sort_by(|a, b| (all[*a].price - median).abs().total_cmp(&(all[*b].price - median).abs()));
    nearest.truncate(MOST_LEVELS);
    nearest.sort_unstable();
    let decimals = level_decimals(page);
    let rows = nearest.into_iter().map(|i| {
        let level = all[i];
        [
            language.number(level.price, decimals),
            language.probability(level.above_at_end),
            language.probability(level.touched),
        ]
    });
    let heads = [labels::price(language), labels::above_at_end(language), labels::touched(language)];
    (heads.map(str::to_owned), rows.collect())
}
