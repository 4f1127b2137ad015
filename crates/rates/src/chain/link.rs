//! Links of a chain: the providers that have a series, with their symbols and the conversion of their values.

use crate::{
    listings::listings,
    provider::{Listing, Provider, ValueConversion},
    providers,
    request::SeriesRequest,
    sources::Sources,
};
use std::sync::Arc;

/// A provider that has a series.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) provider: Arc<dyn Provider>,
    pub(crate) symbol: String,
    pub(crate) reading: ValueConversion,
}

/// Returns the providers of a series, the preferred one first, without those that do not have it.
pub(crate) fn links(sources: &Sources, request: &SeriesRequest) -> Vec<Link> {
    let listed = listings(&request.series);
    let order = request.providers.as_deref().unwrap_or(sources.order());
    let link = |name: &String| {
        let provider = sources.get(name)?;
        let (symbol, reading) = match request.symbols.get(name) {
            Some(own) => own_symbol(own, listed.iter().find(|l| l.provider == name)),
            None if providers::of_name(name).is_some_and(|kind| kind.any_series) => {
                (request.series.clone(), ValueConversion::AsIs)
            }
            None => {
                let Listing { symbol, reading, .. } = listed.iter().find(|l| l.provider == name)?.clone();
                (symbol, reading)
            }
        };
        Some(Link { provider, symbol, reading })
    };
    order.iter().filter_map(link).collect()
}

/// Parses a symbol from the configuration: `1/X` is the inverse of X; other symbols use the provider's usual
/// conversion.
fn own_symbol(own: &str, usual: Option<&Listing>) -> (String, ValueConversion) {
    match own.strip_prefix("1/") {
        Some(symbol) => (symbol.to_owned(), ValueConversion::Inverse),
        None => (own.to_owned(), usual.map_or(ValueConversion::AsIs, |listing| listing.reading)),
    }
}
