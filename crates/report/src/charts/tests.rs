//! Layout tests with random views: no text of a chart leaves its sheet, and no two texts overlap.

use super::{size::Size, svg::text_width};
use crate::{figure::Figure, page::Page, tests::random};

/// Rectangle of a text: left, right, top, bottom.
type Extent = (f64, f64, f64, f64);

fn attribute<'a>(element: &'a str, name: &str) -> Option<&'a str> {
    let start = element.find(&format!(" {name}=\""))? + name.len() + 3;
    Some(&element[start..start + element[start..].find('"')?])
}

fn texts(svg: &str) -> Vec<(String, Extent)> {
    let elements = svg.split("<text").skip(1).filter(|element| !element.contains("rotate("));
    elements
        .map(|element| {
            let value = |name| attribute(element, name).unwrap().parse::<f64>().unwrap();
            let content = element[element.find('>').unwrap() + 1..].split("</text>").next().unwrap();
            let content = content.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let (x, y, size) = (value("x"), value("y"), value("font-size"));
            let width = text_width(&content, size);
            let left = match attribute(element, "text-anchor").unwrap() {
                "start" => x,
                "middle" => x - width / 2.0,
                _ => x - width,
            };
            (content, (left, left + width, y - 0.72 * size, y + 0.05 * size))
        })
        .collect()
}

#[test]
fn no_label_is_cut_and_none_lies_on_another() {
    for seed in 0..400 {
        let view = random::view(seed);
        let page = &Page::new(&view);
        for (figure, size) in Figure::ALL.into_iter().flat_map(|f| [(f, Size::Wide), (f, Size::Narrow)]) {
            let Some(svg) = figure.svg(page, size) else { continue };
            assert!(!svg.contains("NaN") && svg.contains("<title>"), "{seed} {figure:?}");
            let width = if figure == Figure::Reliability { 350.0 } else { size.width() };
            let texts = texts(&svg);
            for (i, (text, a)) in texts.iter().enumerate() {
                assert!(a.0 > -1.0 && a.1 < width + 1.0, "{seed} {figure:?} {size:?}: '{text}' {a:?} is cut");
                for (other, b) in &texts[..i] {
                    let apart = a.1 <= b.0 || b.1 <= a.0 || a.3 <= b.2 || b.3 <= a.2;
                    assert!(apart, "{seed} {figure:?} {size:?}: '{text}' {a:?} on '{other}' {b:?}");
                }
            }
        }
    }
}
