//! The outlook: changes, path by date, each model's own forecast, round levels.

use super::blocks::{Align, Block, BlockRow, Cell, ColumnHeader, Placement, Section, TableBlock, chart_blocks};
use crate::{
    drivers,
    figure::Figure,
    html::{level_decimals, shown_steps},
    labels,
    page::Page,
    text::{drivers as driver_words, sentences},
};

/// Builds the sections.
pub(super) fn sections(page: &Page<'_>) -> Vec<Section> {
    [Some(changes(page)), Some(path(page)), Some(models(page)), round_levels(page)].into_iter().flatten().collect()
}

/// Builds the section on changes since the last report, in words and figures.
fn changes(page: &Page<'_>) -> Section {
    let heading = labels::drivers_heading(page.language).to_owned();
    let paragraphs = drivers::paragraphs(page).into_iter();
    let mut blocks: Vec<Block> = paragraphs.map(|sentences| Block::Text(sentences.join(" "))).collect();
    let rows = drivers::rows(page);
    if rows.is_empty() {
        return Section { heading, place: Placement::Flow, blocks };
    }
    let rows = rows.into_iter().map(|cells| BlockRow { cells: cells.map(Cell::new).into(), ..BlockRow::default() });
    let table = TableBlock {
        columns: vec![(Align::Left, 1), (Align::Right, 1), (Align::Right, 1), (Align::Right, 1)],
        header: drivers::columns(page).map(ColumnHeader::new).into(),
        rows: rows.collect(),
        notes: vec![driver_words::note(page).to_owned()],
    };
    blocks.push(Block::Table(table));
    Section { heading, place: Placement::Flow, blocks }
}

fn path(page: &Page<'_>) -> Section {
    let language = page.language;
    let steps = shown_steps(page);
    let all = page.view.ensemble.steps();
    let weekly = (steps.len() < all).then_some(all);
    let last = page.last().map(|last| page.price(last.value));
    let tall = |text: &str| ColumnHeader { rows: 2, ..ColumnHeader::new(text) };
    let wide = |text: &str| ColumnHeader { columns: 2, ..ColumnHeader::new(text) };
    let (low, high) = (labels::low(language), labels::high(language));
    let header = vec![
        tall(labels::date(language)),
        tall(labels::median(language)),
        wide(labels::interval80(language)),
        wide(labels::interval95(language)),
        tall(labels::change(language)),
        tall(labels::probability_above(language)),
        ColumnHeader::new(low),
        ColumnHeader::new(high),
        ColumnHeader::new(low),
        ColumnHeader::new(high),
    ];
    let mut columns = vec![(Align::Right, 1); 8];
    columns[0] = (Align::Left, 1);
    let rows = steps.into_iter().map(|step| path_row(page, step)).collect();
    let notes = vec![
        sentences::path_note(language, weekly, last.as_deref()),
        sentences::meaning_of_rise(language, &page.view.pair),
    ];
    Section {
        heading: labels::path_heading(language).to_owned(),
        place: Placement::Flow,
        blocks: vec![Block::Table(TableBlock { columns, header, rows, notes })],
    }
}

fn path_row(page: &Page<'_>, step: usize) -> BlockRow {
    let language = page.language;
    let forecast = &page.view.ensemble;
    let median = forecast.median(step);
    let ((low80, high80), (low95, high95)) = (forecast.interval80(step), forecast.interval95(step));
    let mut cells = vec![Cell::new(page.date(forecast.dates()[step]))];
    cells.push(Cell { strong: true, ..Cell::new(page.price(median)) });
    cells.extend([low80, high80, low95, high95].map(|price| Cell::new(page.price(price))));
    cells.push(Cell::new(language.signed_percent(page.change(median), 2)));
    cells.push(Cell::new(language.probability(page.probability_of_rise(step))));
    BlockRow { cells, ..BlockRow::default() }
}

fn models(page: &Page<'_>) -> Section {
    Section {
        heading: labels::models_heading(page.language).to_owned(),
        place: Placement::Float,
        blocks: chart_blocks(page, &[Figure::Paths, Figure::Models]),
    }
}

fn round_levels(page: &Page<'_>) -> Option<Section> {
    let language = page.language;
    let levels = &page.view.round_levels;
    if levels.is_empty() {
        return None;
    }
    let decimals = level_decimals(page);
    let bar = |share: f64| Cell { bar: Some(share), ..Cell::new(language.probability(share)) };
    let row = |price: f64, above: f64, touched: f64| BlockRow {
        cells: vec![Cell::new(language.number(price, decimals)), bar(above), bar(touched)],
        ..BlockRow::default()
    };
    let heads = [labels::price(language), labels::above_at_end(language), labels::touched(language)];
    let table = TableBlock {
        columns: vec![(Align::Left, 0), (Align::Left, 1), (Align::Left, 1)],
        header: heads.map(ColumnHeader::new).into(),
        rows: levels.iter().map(|level| row(level.price, level.above_at_end, level.touched)).collect(),
        notes: vec![sentences::levels_note(language, &page.date(page.end_date()))],
    };
    Some(Section {
        heading: labels::levels_heading(language).to_owned(),
        place: Placement::Flow,
        blocks: vec![Block::Table(table)],
    })
}
