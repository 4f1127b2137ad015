//! The embedded snapshot as a provider, for series that no other provider has. It has no settings.

use crate::{
    provider::{Document, DocumentLocation, Provider, ProviderKind, ReadError, SpanRequest},
    snapshot::{EMBEDDED_SOURCE, RawObservation, embedded},
};
use std::sync::Arc;

/// Name of the provider.
const NAME: &str = EMBEDDED_SOURCE;

/// Registration of the provider.
pub(crate) const KIND: ProviderKind =
    ProviderKind { keys: &[], any_series: true, ..ProviderKind::new(NAME, &[], |_| Arc::new(Snapshot)) };

/// The snapshot as a provider, for series that no other provider has. The store is an overlay on the snapshot anyway,
/// so snapshot values enter the store only when `--from` requests them.
#[derive(Debug)]
struct Snapshot;

impl Provider for Snapshot {
    fn name(&self) -> &'static str {
        NAME
    }

    fn documents(&self, _: &SpanRequest) -> Vec<Document> {
        vec![Document::at(DocumentLocation::Embedded, "")]
    }

    fn read(&self, wanted: &SpanRequest, _: &Document, _: &[u8]) -> Result<Vec<RawObservation>, ReadError> {
        let all = embedded().map_err(|error| ReadError::ProviderError { message: error.to_string(), advice: "" })?;
        let series = all.get(&wanted.symbol);
        let none = || ReadError::NoSuchSeries { symbol: wanted.symbol.clone() };
        Ok(series.ok_or_else(none)?.iter().filter(|o| (wanted.from..=wanted.to).contains(&o.date)).copied().collect())
    }
}
