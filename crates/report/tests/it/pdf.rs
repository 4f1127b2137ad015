//! Tests of the PDF for readers, text search and screen readers.

// Test helpers outside of test functions.
#![allow(clippy::unwrap_used)]

use forecaster_domain::Horizon;
use forecaster_report::Language::{English, Spanish};
use forecaster_report::*;
use lopdf::{Dictionary, Document, Object};

fn document(view: &ReportView) -> (Vec<u8>, Document) {
    let bytes = pdf(view).unwrap();
    let document = Document::load_mem(&bytes).unwrap();
    (bytes, document)
}

/// All text, with spaces as displayed.
fn text(document: &Document) -> String {
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    let text = document.extract_text(&pages).unwrap();
    text.replace('\u{a0}', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Text without any spaces, so that line breaks do not matter.
fn letters(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace() && *c != '\u{200b}').collect()
}

fn said(document: &Document, words: &str) -> bool {
    letters(&text(document)).contains(&letters(words))
}

/// Standards declared in the file's XMP metadata.
fn declared(document: &Document) -> String {
    let stream = document.catalog().unwrap().get(b"Metadata").unwrap();
    let stream = document.dereference(stream).unwrap().1.as_stream().unwrap();
    let content = stream.decompressed_content().unwrap_or_else(|_| stream.content.clone());
    String::from_utf8(content).unwrap()
}

fn assert_conforming(document: &Document, name: &str) {
    let xmp = declared(document);
    for mark in [
        "<pdfaid:part>2</pdfaid:part>",
        "<pdfaid:conformance>A</pdfaid:conformance>",
        "<pdfuaid:part>1</pdfuaid:part>",
    ] {
        assert!(xmp.contains(mark), "{name}: no {mark}");
    }
}

fn dictionary<'a>(document: &'a Document, object: &'a Object) -> &'a Dictionary {
    document.dereference(object).unwrap().1.as_dict().unwrap()
}

fn information(document: &Document, key: &[u8]) -> String {
    let info = dictionary(document, document.trailer.get(b"Info").unwrap());
    lopdf::decode_text_string(info.get(key).unwrap()).unwrap()
}

/// Every alternative text in the document's structure.
fn alternatives(document: &Document) -> Vec<String> {
    let dictionaries = document.objects.values().filter_map(|object| object.as_dict().ok());
    dictionaries.filter_map(|d| d.get(b"Alt").ok()).map(|alt| lopdf::decode_text_string(alt).unwrap()).collect()
}

#[test]
fn every_horizon_in_both_languages_has_four_to_nine_pages_is_small_and_keeps_to_the_standards() {
    for horizon in Horizon::ALL {
        for language in [Spanish, English] {
            let (bytes, document) = document(&crate::synthetic::view(language, horizon));
            let pages = document.get_pages().len();
            assert!((4..=9).contains(&pages), "{horizon} {language:?}: {pages} pages");
            assert_conforming(&document, &format!("{horizon} {language:?}"));
            assert!(bytes.len() < 600_000, "{horizon} {language:?}: {} bytes", bytes.len());
        }
    }
}

#[test]
fn a_long_note_with_every_warning_keeps_to_nine_pages() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D30);
    crate::synthetic::make_stale(&mut view);
    view.cautions = vec![Caution::StandIn { provider: "yahoo".to_owned() }, Caution::NotStored];
    let (_, document) = document(&view);
    assert!((4..=9).contains(&document.get_pages().len()));
    for words in [
        "Datos desactualizados",
        "Cautela con el último dato",
        "suspendido desde el 14-ene-2025: falló en varias ejecuciones seguidas",
    ] {
        assert!(said(&document, words), "{words}");
    }
}

#[test]
fn two_renders_are_the_same_to_the_last_byte() {
    let view = crate::synthetic::view(English, Horizon::D15);
    assert_eq!(pdf(&view).unwrap(), pdf(&view).unwrap());
}

#[test]
fn a_search_finds_the_headline_figures_as_the_html_prints_them() {
    let view = crate::synthetic::view(Spanish, Horizon::D7);
    let (_, document) = document(&view);
    let page = html(&view);
    let end = view.ensemble.last_step();
    let last = view.observations.last().unwrap();
    let price = |p: f64| Spanish.number(p, 2);
    let ((low80, high80), (low95, high95)) = (view.ensemble.interval80(end), view.ensemble.interval95(end));
    for figure in [view.ensemble.median(end), low80, high80, low95, high95, last.value].map(price) {
        assert!(said(&document, &figure) && page.contains(&figure), "{figure}");
    }
    for words in [
        "USD/CLP · perspectiva a 7 días",
        "Mediana al 20-ene-2025",
        "superó al paseo aleatorio: su pérdida (WQL) fue 2,3 % menor",
        &Spanish.probability(view.ensemble.probability_above(end, last.value)),
    ] {
        assert!(said(&document, words), "{words}");
    }
}

#[test]
fn every_section_of_the_html_is_in_the_pdf() {
    let view = crate::synthetic::view(Spanish, Horizon::D7);
    let (_, document) = document(&view);
    let text = letters(&text(&document));
    let html = html(&view);
    let headings: Vec<&str> = html.split("<h2>").skip(1).map(|rest| rest.split("</h2>").next().unwrap()).collect();
    assert!(headings.len() > 12, "{headings:?}");
    // Issued forecasts stand beside replayed ones, under one heading.
    for heading in headings.into_iter().filter(|heading| *heading != "Pronósticos emitidos y resultado") {
        assert!(text.contains(&letters(heading)), "{heading}");
    }
    assert!(text.contains(&letters("Pronósticos a 7 días emitidos")));
}

#[test]
fn the_file_says_what_it_is() {
    for (language, code, title) in [
        (Spanish, "es", "USD/CLP · perspectiva a 7 días · 13-ene-2025"),
        (English, "en", "USD/CLP · 7-day outlook · 13\u{a0}Jan\u{a0}2025"),
    ] {
        let (_, document) = document(&crate::synthetic::view(language, Horizon::D7));
        assert_eq!(information(&document, b"Title"), title);
        assert_eq!(information(&document, b"Author"), "forecaster");
        assert!(information(&document, b"Keywords").contains("USD/CLP"));
        assert_eq!(information(&document, b"CreationDate"), "D:20250113190241-03'00", "the run's own time");
        let catalog = document.catalog().unwrap();
        let lang = lopdf::decode_text_string(catalog.get(b"Lang").unwrap()).unwrap();
        assert!(lang.starts_with(code), "{lang}");
    }
}

#[test]
fn it_is_tagged_and_every_chart_tells_its_title_and_what_to_see() {
    let view = crate::synthetic::view(Spanish, Horizon::D7);
    let (_, document) = document(&view);
    let mark = dictionary(&document, document.catalog().unwrap().get(b"MarkInfo").unwrap());
    assert!(mark.get(b"Marked").unwrap().as_bool().unwrap());
    let told = alternatives(&document);
    assert_eq!(told.len(), 13, "one a chart: {told:#?}");
    let fan = told.iter().find(|alt| alt.starts_with("USD/CLP: observado y pronóstico a 7 días. ")).unwrap();
    assert!(fan.contains("intervalo de 80"), "{fan}");
}

#[test]
fn charts_are_vectors_and_their_text_is_text() {
    let (_, document) = document(&crate::synthetic::view(Spanish, Horizon::D7));
    let is_image = |d: &Dictionary| d.get(b"Subtype").and_then(Object::as_name).is_ok_and(|name| name == b"Image");
    let streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    assert_eq!(streams.filter(|stream| is_image(&stream.dict)).count(), 0);
    assert!(said(&document, "Pronósticos por modelo al 20-ene-2025"), "a chart's title");
}

#[test]
fn pages_are_numbered_and_carry_the_pair_the_horizon_and_the_date() {
    let (_, document) = document(&crate::synthetic::view(English, Horizon::D30));
    let count = document.get_pages().len() as u32;
    for number in 1..=count {
        let page = letters(&document.extract_text(&[number]).unwrap());
        assert!(page.contains(&format!("Page{number}of{count}")), "{number}: {page}");
        assert!(page.contains("USD/CLP·30-dayoutlook") && page.contains("13Jan2025"), "{number}: {page}");
    }
}

#[test]
fn text_from_outside_is_never_markup() {
    let evil = "#panic() *bold* _it_ $x^2$ `raw` = Head\n- list @ref <label> \\ // #include \"x\" ] ) } \u{7} 漢字";
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    view.zone = evil.to_owned();
    view.run_id = evil.to_owned();
    view.version = evil.to_owned();
    view.models[1].name = evil.to_owned();
    view.models[1].details = vec![(evil.to_owned(), evil.to_owned())];
    view.left_out = vec![crate::reasons::without_regressors(evil)];
    for source in &mut view.sources {
        source.provider = evil.to_owned();
        source.left_out = Some(crate::reasons::doubted(evil));
    }
    let (_, document) = document(&view);
    assert_conforming(&document, "text that no font can show");
    let shown = "#panic() *bold* _it_ $x^2$ `raw` = Head - list @ref <label> \\ // #include \"x\" ] ) } ??";
    assert!(said(&document, shown), "{}", text(&document));
}

#[test]
fn extreme_views_are_still_notes() {
    for (name, view) in crate::extreme::views() {
        let (_, document) = document(&view);
        assert_conforming(&document, name);
        let text = text(&document);
        assert!(!text.contains("NaN") && !text.contains("inf%"), "{name}");
        assert!(document.get_pages().len() <= 10, "{name}: {} pages", document.get_pages().len());
    }
}
