//! Local files as a provider, for rates that another program has fetched.
//!
//! - **Address**: a path in which `{series}` stands for the name of the series, such as `/srv/rates/{series}.csv`.
//! - **Format**: CSV with the header `date,value`, as `forecaster rates import` reads it, or Parquet with these
//!   columns.

use crate::{
    import::read_csv_bytes,
    provider::{Document, DocumentLocation, KeyType, Provider, ProviderKey, ProviderKind, ReadError, SpanRequest},
    snapshot::{RawObservation, read_parquet},
};
use std::{path::PathBuf, sync::Arc};

/// Name of the provider.
const NAME: &str = "file";

/// Registration of the provider.
pub(crate) const KIND: ProviderKind = ProviderKind {
    keys: &[ProviderKey { name: "path", default_value: "", meaning: KeyType::Path }],
    any_series: true,
    ..ProviderKind::new(NAME, &[], |settings| Arc::new(FileProvider { path: settings.addresses.first().cloned() }))
};

/// Local files, one per series: CSV with the header `date,value`, or Parquet with these two columns. Another program
/// writes them; they are read at every sync. The symbol is the name of the series and replaces `{series}` in the
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

    fn read(&self, _: &SpanRequest, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        if body.starts_with(b"PAR1") {
            return read_parquet(body.to_vec()).map_err(|found| ReadError::UnexpectedFormat {
                expected: "a Parquet file with the columns date and value".into(),
                found,
            });
        }
        let path = PathBuf::from(&document.label);
        read_csv_bytes(body, &path)
            .map_err(|error| ReadError::ProviderError { message: error.to_string(), advice: "" })
    }
}
