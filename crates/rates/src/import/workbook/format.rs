//! Formats of workbooks.

/// Format of a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkbookFormat {
    Xlsx,
    Xls,
    Ods,
}

impl WorkbookFormat {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Xlsx => "Excel workbook",
            Self::Xls => "Excel workbook (.xls)",
            Self::Ods => "OpenDocument spreadsheet",
        }
    }
}
