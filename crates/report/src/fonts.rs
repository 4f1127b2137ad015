//! Fonts embedded in the binary, for output that no browser renders: the PDF and the charts of the mail. Their origin
//! is described in `fonts/README.md`.

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
