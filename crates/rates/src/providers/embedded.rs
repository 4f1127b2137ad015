//! The embedded snapshot as a provider, for series that no other provider has. It has no settings.

use crate::{
    provider::{Document, Place, Provider, ProviderKind, Unreadable, Wanted},
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

    fn documents(&self, _: &Wanted) -> Vec<Document> {
        vec![Document::at(Place::Embedded, "")]
    }

    fn read(&self, wanted: &Wanted, _: &Document, _: &[u8]) -> Result<Vec<RawObservation>, Unreadable> {
        let all = embedded().map_err(|error| Unreadable::Refused { message: error.to_string(), advice: "" })?;
        let series = all.get(&wanted.symbol);
        let none = || Unreadable::NoSuchSeries { symbol: wanted.symbol.clone() };
        Ok(series.ok_or_else(none)?.iter().filter(|o| (wanted.from..=wanted.to).contains(&o.date)).copied().collect())
    }
}
