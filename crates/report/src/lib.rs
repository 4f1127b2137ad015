//! Renders a [`ReportView`] as a self-contained HTML document.

mod view;

pub use view::*;
