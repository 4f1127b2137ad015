//! Fonts embedded in the binary: for output that no browser renders, the PDF and the charts of the mail, and smaller ones
//! that every HTML report carries. Their origin is described in `fonts/README.md`.

use base64::{Engine, engine::general_purpose::STANDARD};
use std::sync::LazyLock;

/// Name of the sans family, the first choice in charts.
pub(crate) const SANS: &str = "Forecaster Sans";

/// All font files.
pub(crate) const FILES: [&[u8]; 6] = [
    include_bytes!("../fonts/ForecasterSans-Regular.ttf"),
    include_bytes!("../fonts/ForecasterSans-Italic.ttf"),
    include_bytes!("../fonts/ForecasterSans-SemiBold.ttf"),
    include_bytes!("../fonts/ForecasterSans-Bold.ttf"),
    include_bytes!("../fonts/ForecasterSerif-Regular.ttf"),
    include_bytes!("../fonts/ForecasterSerif-SemiBold.ttf"),
];

/// Fonts of the HTML report, with their weight.
const OF_PAGES: [(u16, &[u8]); 2] = [
    (400, include_bytes!("../fonts/ForecasterSans-Regular.woff2")),
    (700, include_bytes!("../fonts/ForecasterSans-Bold.woff2")),
];

/// Returns the style rules by which a page brings its own fonts, so that it looks the same on every machine.
pub(crate) fn rules() -> &'static str {
    static RULES: LazyLock<String> = LazyLock::new(|| {
        let rule = |(weight, file): (u16, &[u8])| {
            let data = STANDARD.encode(file);
            format!(
                "@font-face {{ font-family: \"{SANS}\"; font-weight: {weight}; \
                 src: url(data:font/woff2;base64,{data}) format(\"woff2\"); }}\n"
            )
        };
        OF_PAGES.into_iter().map(rule).collect()
    });
    &RULES
}
