//! The sizes that charts are drawn in, in units of their drawings: for a screen or paper, for a telephone, for a mail.

/// How wide a chart is drawn. Text keeps its size, so a narrow chart is not a wide one shrunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 760 units: screens and A4.
    Wide,
    /// 350 units: telephones, or half a page.
    Narrow,
    /// 420 units: a mail, read at 600 pixels on a screen and at half of that on a telephone.
    Mail,
}

impl Size {
    /// The width of the drawing.
    pub(super) fn width(self) -> f64 {
        match self {
            Size::Wide => 760.0,
            Size::Narrow => 350.0,
            Size::Mail => 420.0,
        }
    }

    /// Whether there is room for what only a screen or a sheet of A4 can show.
    pub(super) fn is_wide(self) -> bool {
        self == Size::Wide
    }
}
