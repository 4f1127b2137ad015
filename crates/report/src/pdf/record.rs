//! Track record of issued forecasts, and recent drift of the pair.

use super::blocks::{Align, Block, BlockRow, Cell, ColumnHeader, Placement, Section, TableBlock};
use crate::{drift_section, labels, page::Page, text::drift_sentences, track_record};

/// Builds the section on the track record of issued forecasts.
pub(super) fn track_record(page: &Page<'_>) -> Section {
    let mut blocks = vec![Block::Text(track_record::introduction(page))];
    let rows: Vec<BlockRow> = track_record::rows(page)
        .into_iter()
        .map(|(name, values, strong)| BlockRow {
            cells: [name].into_iter().chain(values).map(Cell::new).collect(),
            strong,
            ..BlockRow::default()
        })
        .collect();
    if !rows.is_empty() {
        let heads = [labels::model(page.language).to_owned()].into_iter().chain(track_record::columns(page));
        let mut columns = vec![(Align::Right, 2); 8];
        columns[0] = (Align::Left, 5);
        blocks.push(Block::Table(TableBlock {
            columns,
            header: heads.map(ColumnHeader::new).collect(),
            rows,
            notes: Vec::new(),
        }));
        blocks.extend(track_record::comparisons(page).into_iter().map(Block::Text));
    }
    Section { heading: labels::track_record_heading(page.language).to_owned(), place: Placement::OnePage, blocks }
}

/// Builds the section on drift and regime.
pub(super) fn drift(page: &Page<'_>) -> Section {
    let language = page.language;
    let mut blocks: Vec<Block> = drift_section::paragraphs(page).into_iter().map(Block::Text).collect();
    let rows: Vec<BlockRow> = drift_section::rows(page)
        .into_iter()
        .map(|cells| BlockRow { cells: cells.map(Cell::new).to_vec(), ..BlockRow::default() })
        .collect();
    if !rows.is_empty() {
        blocks.push(Block::Table(TableBlock {
            columns: vec![
                (Align::Left, 5),
                (Align::Right, 2),
                (Align::Right, 2),
                (Align::Right, 3),
                (Align::Left, 5),
            ],
            header: drift_section::columns(page).map(ColumnHeader::new).into(),
            rows,
            notes: vec![drift_sentences::note(language).to_owned()],
        }));
    }
    Section { heading: labels::drift_heading(language).to_owned(), place: Placement::OnePage, blocks }
}
