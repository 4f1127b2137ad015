//! Provenance: data sources, methodology, resources used, disclaimer.

use super::blocks::{Align, Block, BlockRow, Cell, ColumnHeader, Model, Placement, Section, TableBlock};
use crate::{
    html::resources_used,
    labels,
    page::Page,
    quote,
    text::{methods, provenance as words, reasons},
    view::{ModelView, SourceView},
};

/// Maximum number of series for which the table and the notes below it are kept on one page.
const MOST_ON_ONE_PAGE: usize = 20;

/// Builds the sections.
pub(super) fn sections(page: &Page<'_>) -> Vec<Section> {
    let language = page.language;
    let used = resources_used(page).map(|(name, value)| (name.to_owned(), value));
    let resources = Section {
        heading: labels::resources_heading(language).to_owned(),
        place: Placement::OnePage,
        blocks: vec![Block::Figures(used.into())],
    };
    let disclaimer = Section {
        heading: labels::disclaimer_heading(language).to_owned(),
        place: Placement::OnePage,
        blocks: vec![Block::Note(words::disclaimer(language).to_owned())],
    };
    vec![sources(page), methodology(page), resources, disclaimer]
}

fn sources(page: &Page<'_>) -> Section {
    let (language, view) = (page.language, page.view);
    let mut blocks = Vec::new();
    if !view.sources.is_empty() {
        let age = format!("{} ({})", labels::age(language), labels::age_unit(language));
        let heads = [
            labels::series(language),
            labels::provider(language),
            labels::last_observation(language),
            &age,
            labels::observations(language),
            labels::repaired(language),
        ];
        let columns = [(Align::Left, 4), (Align::Left, 6), (Align::Right, 4), (Align::Right, 4), (Align::Right, 4)];
        blocks.push(Block::Table(TableBlock {
            columns: columns.into_iter().chain([(Align::Right, 4)]).collect(),
            header: heads.map(ColumnHeader::new).into(),
            rows: view.sources.iter().map(|source| source_row(page, source)).collect(),
            notes: Vec::new(),
        }));
    }
    if !view.failed_providers.is_empty() {
        blocks.push(Block::Text(words::failed_providers(language, &view.failed_providers)));
    }
    blocks.extend(quote::source(page).map(Block::Text));
    if view.sources.iter().any(|source| source.series.ends_with("_spot") && source.left_out.is_none()) {
        blocks.push(Block::Text(words::spot_note(language).to_owned()));
    }
    blocks.push(Block::Note(words::sources_note(language).to_owned()));
    let place = if view.sources.len() <= MOST_ON_ONE_PAGE { Placement::OnePage } else { Placement::Flow };
    Section { heading: labels::sources_heading(language).to_owned(), place, blocks }
}

fn source_row(page: &Page<'_>, source: &SourceView) -> BlockRow {
    let language = page.language;
    let made_of = source.made_of.as_ref().map(|made_of| format!("= {made_of}"));
    let gap = source.left_out.as_ref();
    BlockRow {
        cells: vec![
            Cell { small: made_of, ..Cell::new(&source.series) },
            Cell::new(words::provider(language, source)),
            Cell::new(words::last_observation(language, source)),
            Cell::new(words::age(language, source)),
            Cell::new(language.count(source.observations)),
            Cell::new(language.count(source.repaired_or_refused)),
        ],
        annotation: gap.map(|gap| format!("{}: {}", labels::not_used(language), reasons::source(language, gap))),
        ..BlockRow::default()
    }
}

fn methodology(page: &Page<'_>) -> Section {
    let language = page.language;
    let validation = &page.view.validation;
    let span = validation.span.map(|(first, last)| (page.date(first), page.date(last)));
    let span = span.as_ref().map(|(first, last)| (first.as_str(), last.as_str()));
    let steps = page.view.ensemble.steps();
    let mut columns = vec![
        (labels::validation_heading(language).to_owned(), methods::validation(language, validation, span, steps)),
        (labels::pooling_heading(language).to_owned(), methods::pooling(language, validation)),
    ];
    if validation.origins > 0 {
        columns.push((labels::spread_heading(language).to_owned(), methods::spread(language, validation)));
    }
    let mut blocks = vec![Block::Columns(columns)];
    if !page.view.models.is_empty() {
        blocks.push(Block::Subheading(labels::models_used_heading(language).to_owned()));
        blocks.extend(page.view.models.iter().map(|model| Block::Model(described(page, model))));
    }
    Section { heading: labels::methodology_heading(language).to_owned(), place: Placement::Flow, blocks }
}

fn described(page: &Page<'_>, model: &ModelView) -> Model {
    let language = page.language;
    let trained = model.trained_here.as_ref();
    let trained =
        trained.map(|(checkpoint, until)| " ".to_owned() + &methods::trained_here(language, checkpoint, *until));
    let seconds = (labels::seconds_spent(language).to_owned(), format!("{} s", language.number(model.seconds, 1)));
    Model {
        name: labels::model_name(language, &model.name),
        code: model.name.clone(),
        description: methods::description(language, &model.name).to_owned() + &trained.unwrap_or_default(),
        details: methods::details(language, model).into_iter().chain([seconds]).collect(),
    }
}
