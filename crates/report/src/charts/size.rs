//! Chart sizes, in drawing units: for a screen or paper, for a phone, for an e-mail.

/// Width of a chart. Text keeps its size, so a narrow chart is not a shrunken wide one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// 760 units: screens and A4.
    Wide,
    /// 350 units: phones, or half a page.
    Narrow,
    /// 420 units: e-mails, shown at 600 pixels on a screen and at half of that on a phone.
    Mail,
}

impl Size {
    /// Returns the width of the drawing.
    pub(super) fn width(self) -> f64 {
        match self {
            Size::Wide => 760.0,
            Size::Narrow => 350.0,
            Size::Mail => 420.0,
        }
    }

    /// True when there is room for details that only fit on a screen or on A4 paper.
    pub(super) fn is_wide(self) -> bool {
        self == Size::Wide
    }
}
