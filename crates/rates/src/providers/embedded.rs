//! The embedded snapshot as a provider, for series that nobody else has; nothing of it can be set.

use crate::{
    provider::{Document, Place, Provider, ProviderKind, Unreadable, Wanted},
    snapshot::{EMBEDDED_SOURCE, RawObservation, embedded},
};
use std::sync::Arc;

/// Its name.
const NAME: &str = EMBEDDED_SOURCE;

/// What it is among the providers.
pub(crate) const KIND: ProviderKind =
    ProviderKind { keys: &[], any_series: true, ..ProviderKind::new(NAME, &[], |_| Arc::new(Snapshot)) };

/// The snapshot as a provider: it answers where nobody else has a series. It lies beneath the store anyway, so its values
/// enter the store only when `--from` asks for them.
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
