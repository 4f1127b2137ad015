//! The market around the pair: technical snapshot, regressors, volatility.

use super::blocks::{Align, Block, Cell, Head, Row, Section, Table, charted};
use crate::{
    charts::Size,
    figure::Figure,
    html::indicator_rows,
    page::Page,
    text::{labels, sentences},
};

/// The sections.
pub(super) fn sections(page: &Page<'_>) -> Vec<Section> {
    let language = page.language;
    let mut sections = vec![snapshot(page)];
    let surroundings = [
        (labels::regressors_heading(language), vec![Figure::Regressors, Figure::Correlation]),
        (labels::volatility_heading(language), vec![Figure::Volatility]),
    ];
    for (heading, figures) in surroundings {
        let wide = figures.iter().filter_map(|figure| wide(page, *figure));
        let blocks: Vec<Block> = wide.collect();
        if !blocks.is_empty() {
            sections.push(Section { heading: heading.to_owned(), blocks });
        }
    }
    sections
}

fn wide(page: &Page<'_>, figure: Figure) -> Option<Block> {
    figure.svg(page, Size::Wide).map(|svg| {
        Block::Chart(super::blocks::Chart::new(svg, figure.takeaway(page).unwrap_or_default()))
    })
}

fn snapshot(page: &Page<'_>) -> Section {
    let language = page.language;
    let rows = indicator_rows(page, &page.prices()).into_iter().map(|(name, figure, comment)| Row {
        cells: vec![Cell::new(name), Cell::new(figure), Cell::new(comment)],
        ..Row::default()
    });
    let heads = [labels::indicator(language), labels::value(language), labels::reading(language)];
    let table = Table {
        columns: vec![(Align::Left, 3), (Align::Right, 4), (Align::Left, 6)],
        header: heads.map(Head::new).into(),
        rows: rows.collect(),
    };
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(charted(page, &[Figure::Price, Figure::Indicators]));
    blocks.push(Block::Note(sentences::technical_note(language).to_owned()));
    Section { heading: labels::technical_heading(language).to_owned(), blocks }
}
