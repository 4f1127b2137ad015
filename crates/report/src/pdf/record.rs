//! Track record of issued forecasts, and recent drift of the pair.

use super::blocks::{Align, Block, Cell, Head, Placement, Row, Section, Table};
use crate::{drift, labels, page::Page, text::drift as drift_words, track_record};

/// Builds the section on the track record of issued forecasts.
pub(super) fn track_record(page: &Page<'_>) -> Section {
    let mut blocks = vec![Block::Text(track_record::introduction(page))];
    let rows: Vec<Row> = track_record::rows(page)
        .into_iter()
        .map(|(name, values, strong)| Row {
            cells: [name].into_iter().chain(values).map(Cell::new).collect(),
            strong,
            ..Row::default()
        })
        .collect();
    if !rows.is_empty() {
        let heads = [labels::model(page.language).to_owned()].into_iter().chain(track_record::columns(page));
        let mut columns = vec![(Align::Right, 2); 8];
        columns[0] = (Align::Left, 5);
        blocks.push(Block::Table(Table { columns, header: heads.map(Head::new).collect(), rows, notes: Vec::new() }));
        blocks.extend(track_record::comparisons(page).into_iter().map(Block::Text));
    }
    Section { heading: labels::track_record_heading(page.language).to_owned(), place: Placement::OnePage, blocks }
}

/// Builds the section on drift and regime.
pub(super) fn drift(page: &Page<'_>) -> Section {
    let language = page.language;
    let mut blocks = vec![Block::Text(drift::verdict(page)), Block::Text(drift::regime(page))];
    let rows: Vec<Row> = drift::rows(page)
        .into_iter()
        .map(|cells| Row { cells: cells.map(Cell::new).to_vec(), ..Row::default() })
        .collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(Table {
            columns: vec![
                (Align::Left, 5),
                (Align::Right, 2),
                (Align::Right, 2),
                (Align::Right, 3),
                (Align::Left, 5),
            ],
            header: drift::columns(page).map(Head::new).into(),
            rows,
            notes: vec![drift_words::note(language).to_owned()],
        }));
    }
    Section { heading: labels::drift_heading(language).to_owned(), place: Placement::OnePage, blocks }
}
