//! Out-of-sample performance of the forecasts: scoreboard, past and issued forecasts, skill, calibration, drift,
//! weights.

use super::{
    blocks::{Align, Block, BlockRow, Cell, ChartBlock, ColumnHeader, Placement, Section, TableBlock, chart_blocks},
    record,
};
use crate::{
    charts::Size,
    figure::Figure,
    html::{no_calibration, score_columns, score_values},
    labels,
    page::Page,
    quote,
    text::sentences,
    view::ScoreView,
};
use forecaster_domain::ModelId;

/// Builds the sections.
pub(super) fn sections(page: &Page<'_>) -> Vec<Section> {
    [
        Some(scoreboard(page)),
        quote_worth(page),
        Some(past(page)),
        Some(record::track_record(page)),
        Some(calibration(page)),
        Some(record::drift(page)),
        over_time(page),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn scoreboard(page: &Page<'_>) -> Section {
    let (language, view) = (page.language, page.view);
    let scored = view.ensemble_scores.is_some() || view.models.iter().any(|m| m.scores.is_some());
    let origins = view.ensemble_scores.map_or(view.validation.origins, |v| v.scores.n);
    let row = |name: Cell, weight: Option<f64>, scores: Option<&ScoreView>| {
        let values = score_values(page, weight, scores).map(Cell::new);
        BlockRow { cells: [name].into_iter().chain(values).collect(), ..BlockRow::default() }
    };
    let ensemble = row(Cell::new(labels::ensemble(language)), None, view.ensemble_scores.as_ref());
    let mut rows = vec![BlockRow { strong: true, ..ensemble }];
    if let Some(scores) = &view.ensemble_without_chronos_scores {
        rows.push(row(Cell::new(labels::ensemble_without_chronos(language)), None, Some(scores)));
    }
    for model in &view.models {
        let benchmark = model.name == ModelId::RandomWalk.as_str();
        let tag = benchmark.then(|| labels::yes_benchmark(language).to_owned());
        let name = Cell { tag, ..Cell::new(labels::model_name(language, &model.name)) };
        rows.push(row(name, Some(model.weight), model.scores.as_ref()));
    }
    let heads = [labels::model(language).to_owned()].into_iter().chain(score_columns(page));
    let header = heads.map(ColumnHeader::new).collect();
    let mut columns = vec![(Align::Right, 2); 8];
    columns[0] = (Align::Left, 5);
    let note = if scored {
        sentences::scoreboard_note(language, origins, view.pair.quote())
    } else {
        sentences::no_validation(language).to_owned()
    };
    Section {
        heading: labels::scoreboard_heading(language).to_owned(),
        place: Placement::Flow,
        blocks: vec![Block::Table(TableBlock { columns, header, rows, notes: vec![note] })],
    }
}

/// Share of the skill that comes from the market's quote, on one page; `None` when there is nothing to report.
fn quote_worth(page: &Page<'_>) -> Option<Section> {
    let paragraphs = quote::paragraphs(page);
    let heading = labels::quote_heading(page.language).to_owned();
    let blocks = paragraphs.into_iter().map(Block::Text).chain(quote::note(page).map(Block::Note));
    let blocks: Vec<Block> = blocks.collect();
    (!blocks.is_empty()).then_some(Section { heading, place: Placement::OnePage, blocks })
}

/// Builds the section on past forecasts, replayed and issued.
fn past(page: &Page<'_>) -> Section {
    let language = page.language;
    let mut blocks = chart_blocks(page, &[Figure::Past, Figure::Issued]);
    if page.view.past.is_empty() {
        blocks.insert(0, Block::Text(sentences::no_past(language).to_owned()));
    }
    Section { heading: labels::past_heading(language).to_owned(), place: Placement::Float, blocks }
}

fn calibration(page: &Page<'_>) -> Section {
    let language = page.language;
    let reading = sentences::how_to_read_calibration(language).to_owned();
    let block = Figure::Reliability.svg(page, Size::Narrow).map(|svg| {
        let takeaway = Figure::Reliability.takeaway(page).unwrap_or_default();
        let chart = ChartBlock { caption: String::new(), ..ChartBlock::new(svg, takeaway.clone()) };
        Block::Beside(chart, vec![Block::Text(takeaway), Block::Note(reading)])
    });
    Section {
        heading: labels::calibration_heading(language).to_owned(),
        place: Placement::Float,
        blocks: vec![block.unwrap_or_else(|| Block::Text(no_calibration(page)))],
    }
}

/// Builds the section on skill and weights over time; `None` without either.
fn over_time(page: &Page<'_>) -> Option<Section> {
    let named = [
        (Figure::Skill, labels::skill_heading(page.language)),
        (Figure::Weights, labels::weights_heading(page.language)),
    ];
    let drawn: Vec<_> = named.into_iter().filter(|(figure, _)| figure.svg(page, Size::Narrow).is_some()).collect();
    let heading = drawn.iter().map(|(_, heading)| *heading).collect::<Vec<_>>().join(" · ");
    let figures: Vec<Figure> = drawn.iter().map(|(figure, _)| *figure).collect();
    (!drawn.is_empty()).then(|| Section { heading, place: Placement::OnePage, blocks: chart_blocks(page, &figures) })
}
