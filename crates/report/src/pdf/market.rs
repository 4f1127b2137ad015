//! The market around the pair: technical snapshot, regressors, volatility.

use super::blocks::{Align, Block, BlockRow, Cell, ColumnHeader, Placement, Section, TableBlock, chart_blocks};
use crate::{
    charts::Size,
    figure::Figure,
    html::{indicator_rows, standstill},
    labels,
    page::Page,
    text::sentences,
};

/// Builds the sections.
pub(super) fn sections(page: &Page<'_>) -> Vec<Section> {
    let language = page.language;
    let regressors = chart_blocks(page, &[Figure::Regressors]);
    let beside = chart_blocks(page, &[Figure::Correlation, Figure::Volatility]);
    let drawn = |figure: Figure| figure.svg(page, Size::Narrow).is_some();
    let headings = [
        (labels::regressors_heading(language), drawn(Figure::Regressors) || drawn(Figure::Correlation)),
        (labels::volatility_heading(language), drawn(Figure::Volatility)),
    ];
    let headings: Vec<&str> = headings.into_iter().filter(|(_, shown)| *shown).map(|(heading, _)| heading).collect();
    let surroundings = Section {
        heading: headings.join(" · "),
        place: Placement::Flow,
        blocks: beside.into_iter().chain(regressors).collect(),
    };
    if headings.is_empty() { vec![snapshot(page)] } else { vec![snapshot(page), surroundings] }
}

fn snapshot(page: &Page<'_>) -> Section {
    let language = page.language;
    let heading = labels::technical_heading(language).to_owned();
    if let Some(text) = standstill(page) {
        return Section { heading, place: Placement::Flow, blocks: vec![Block::Text(text)] };
    }
    let rows = indicator_rows(page, &page.prices()).into_iter().map(|(name, figure, comment)| BlockRow {
        cells: vec![Cell::new(name), Cell::new(figure), Cell::new(comment)],
        ..BlockRow::default()
    });
    let heads = [labels::indicator(language), labels::value(language), labels::reading(language)];
    let table = TableBlock {
        columns: vec![(Align::Left, 3), (Align::Right, 4), (Align::Left, 6)],
        header: heads.map(ColumnHeader::new).into(),
        rows: rows.collect(),
        notes: vec![sentences::technical_note(language).to_owned()],
    };
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(chart_blocks(page, &[Figure::Price, Figure::Indicators]));
    Section { heading, place: Placement::OnePage, blocks }
}
