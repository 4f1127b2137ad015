//! A chart as a PNG, because mail clients show no SVG: rendered by resvg with the embedded fonts.
//!
//! In: one of the report's charts. Out: a PNG 1200 pixels wide, on white, with a palette.

use super::error::EmailError;
use crate::{charts::Size, figure::Figure, fonts, page::Page};
use resvg::{
    tiny_skia::{Color, Pixmap, Transform},
    usvg::{Options, Tree, fontdb},
};
use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

/// Width in pixels: twice the 600 pixels at which mail is read.
const PIXELS: f32 = 1200.0;

/// Maximum number of colours in a palette.
const COLOURS: usize = 256;

type Rgb = [u8; 3];

/// Renders the chart; `None` when the view has nothing to draw.
pub(super) fn of(page: &Page<'_>, figure: Figure) -> Result<Option<Vec<u8>>, EmailError> {
    figure.svg(page, Size::Mail).map(|svg| png(&render(&svg)?)).transpose()
}

fn typefaces() -> Arc<fontdb::Database> {
    static FONTS: OnceLock<Arc<fontdb::Database>> = OnceLock::new();
    let load = || {
        let mut database = fontdb::Database::new();
        fonts::FILES.iter().for_each(|file| database.load_font_data(file.to_vec()));
        Arc::new(database)
    };
    Arc::clone(FONTS.get_or_init(load))
}

fn render(svg: &str) -> Result<Pixmap, EmailError> {
    let options = Options { fontdb: typefaces(), font_family: fonts::SANS.to_owned(), ..Options::default() };
    let tree = Tree::from_str(svg, &options).map_err(|error| EmailError::Chart(error.to_string()))?;
    let scale = PIXELS / tree.size().width();
    let height = (tree.size().height() * scale).ceil();
    let mut pixmap = Pixmap::new(PIXELS as u32, height as u32)
        .ok_or_else(|| EmailError::Chart(format!("cannot create a picture {height} pixels high")))?;
    pixmap.fill(Color::WHITE);
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    Ok(pixmap)
}

/// Encodes the picture with its most frequent colours; all others (edges of letters and lines) become the nearest
/// one.
fn png(pixmap: &Pixmap) -> Result<Vec<u8>, EmailError> {
    let pixels: Vec<Rgb> = pixmap.pixels().iter().map(|p| [p.red(), p.green(), p.blue()]).collect();
    let mut counts: HashMap<Rgb, usize> = HashMap::new();
    for run in pixels.chunk_by(|a, b| a == b) {
        *counts.entry(run[0]).or_default() += run.len();
    }
    let mut colours: Vec<Rgb> = counts.keys().copied().collect();
    colours.sort_by_key(|colour| (std::cmp::Reverse(counts[colour]), *colour));
    let palette = &colours[..colours.len().min(COLOURS)];
    let places: HashMap<Rgb, u8> = colours.iter().map(|colour| (*colour, nearest(palette, *colour))).collect();
    let runs = pixels.chunk_by(|a, b| a == b);
    let indices: Vec<u8> = runs.flat_map(|run| std::iter::repeat_n(places[&run[0]], run.len())).collect();

    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Indexed);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_palette(palette.concat());
    encoder.set_compression(png::Compression::High);
    encoder.set_filter(png::Filter::NoFilter);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&indices)?;
    writer.finish()?;
    Ok(file)
}

/// Position in the palette of the colour nearest to `colour`.
fn nearest(palette: &[Rgb], colour: Rgb) -> u8 {
    let distance =
        |other: &Rgb| -> u32 { other.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum() };
    let place = palette.iter().enumerate().min_by_key(|(_, other)| distance(other)).map_or(0, |(place, _)| place);
    u8::try_from(place).unwrap_or(u8::MAX)
}
