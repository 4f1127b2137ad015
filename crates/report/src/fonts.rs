//! The fonts that the binary carries, for what no browser sets: the PDF and the charts of the mail. `fonts/README.md`
//! says where they come from.

/// Name of the sans family, which comes first in the charts.
pub(crate) const SANS: &str = "Forecaster Sans";

/// Every font file.
pub(crate) const FILES: [&[u8]; 6] = [
    include_bytes!("../fonts/ForecasterSans-Regular.ttf"),
    include_bytes!("../fonts/ForecasterSans-Italic.ttf"),
    include_bytes!("../fonts/ForecasterSans-SemiBold.ttf"),
    include_bytes!("../fonts/ForecasterSans-Bold.ttf"),
    include_bytes!("../fonts/ForecasterSerif-Regular.ttf"),
    include_bytes!("../fonts/ForecasterSerif-SemiBold.ttf"),
];
