//! Local files as a provider, for rates that another program has fetched.
//!
//! - **Address**: a path in which `{series}` stands for the name of the series, such as `/srv/rates/{series}.csv`.
//! - **Format**: any text or workbook that `forecaster rates import` reads without options, best CSV with the header
//!   `date,value`; or Parquet with these columns.

use crate::{
    error::RatesError,
    import::{ReadOptions, read_bytes},
    provider::{Document, DocumentLocation, KeyType, Provider, ProviderKey, ProviderKind, ReadError, SpanRequest},
    snapshot::{RawObservation, read_parquet},
};
use std::{path::PathBuf, sync::Arc};

/// Name of the provider.
const NAME: &str = "file";

/// Advice for a file that can be read in two ways.
const NO_OPTIONS: &str = "; this provider has no options: let the program that writes the file write two columns, \
                          date,value, with dates such as 2025-01-31 and decimal points";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    keys: &[ProviderKey { name: "path", default_value: "", meaning: KeyType::Path }],
    any_series: true,
    ..ProviderKind::new(NAME, &[], |settings| Arc::new(FileProvider { path: settings.addresses.first().cloned() }))
};

/// Local files, one per series: CSV with the header `date,value`, another text or workbook that `forecaster rates
/// import` reads without options, or Parquet with these two columns. Another program writes them; they are read at
/// every sync. The symbol is the name of the series and replaces `{series}` in the
/// path.
#[derive(Debug)]
struct FileProvider {
    path: Option<String>,
}

impl Provider for FileProvider {
    fn name(&self) -> &'static str {
        NAME
    }

    fn unavailable(&self) -> Option<String> {
        let missing = "no path: set rates.provider.file.path to one such as /srv/rates/{series}.csv";
        self.path.is_none().then(|| missing.to_owned())
    }

    fn documents(&self, wanted: &SpanRequest) -> Vec<Document> {
        let Some(path) = &self.path else { return Vec::new() };
        let path = PathBuf::from(path.replace("{series}", &wanted.symbol));
        let label = path.display().to_string();
        vec![Document { may_be_missing: true, ..Document::at(DocumentLocation::File(path), label) }]
    }

    fn read(&self, wanted: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        if body.starts_with(b"PAR1") {
            return read_parquet(body.to_vec()).map_err(|found| ReadError::UnexpectedFormat {
                expected: "a Parquet file with the columns date and value".into(),
                found,
            });
        }
        let path = PathBuf::from(&document.label);
        let options = ReadOptions { series: Some(wanted.symbol.clone()), ..ReadOptions::default() };
        let read = read_bytes(body, &path, &options);
        read.map(|file| file.observations).map_err(|error| {
            let asks =
                matches!(&error, RatesError::UnreadableFile { complaints, .. } if complaints.ask_for_an_option());
            ReadError::ProviderError { message: error.to_string(), advice: if asks { NO_OPTIONS } else { "" } }
        })
    }
}
