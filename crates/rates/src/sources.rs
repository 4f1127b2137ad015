//! Configured providers: their settings and the order in which they are asked, from `rates.providers` and
//! `[rates.provider.X]`.

use crate::{
    provider::{Provider, ProviderKind, SourceSettings},
    providers::ALL,
};
use std::{collections::BTreeMap, sync::Arc};

/// Names of all providers, as in `rates.providers`.
pub const PROVIDERS: [&str; ALL.len()] = {
    let mut names = [""; ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = ALL[index].name;
        index += 1;
    }
    names
};

/// Returns all kinds of providers, in the order of [`PROVIDERS`].
pub fn provider_kinds() -> &'static [ProviderKind] {
    ALL
}

/// All providers, and the order in which they are asked.
#[derive(Debug, Clone)]
pub struct Sources {
    order: Vec<String>,
    by_name: BTreeMap<String, Arc<dyn Provider>>,
}

impl Sources {
    /// Creates all providers; they are asked in `order` unless a series has an order of its own. Names that are not
    /// in [`PROVIDERS`] are never asked.
    pub fn new(order: &[String], settings: &BTreeMap<String, SourceSettings>) -> Self {
        let by_name = ALL.iter().map(|kind| {
            let settings = settings.get(kind.name).cloned().unwrap_or_default();
            (kind.name.to_owned(), kind.provider(settings))
        });
        Self { order: order.to_vec(), by_name: by_name.collect() }
    }

    pub(crate) fn order(&self) -> &[String] {
        &self.order
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<dyn Provider>> {
        self.by_name.get(name).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::KeyType;

    #[test]
    fn the_names_are_in_the_order_of_messages_and_each_is_of_one_provider_that_says_so() {
        // The official sources come first in messages; the list itself is in providers.rs.
        assert!(PROVIDERS.starts_with(&["mindicador", "bcch", "ecb", "fred"]), "{PROVIDERS:?}");
        assert!(PROVIDERS.ends_with(&["file", "embedded"]), "{PROVIDERS:?}");
        let sources = Sources::new(&[], &BTreeMap::new());
        assert_eq!(sources.by_name.len(), PROVIDERS.len());
        assert!(PROVIDERS.iter().all(|name| sources.get(name).is_some_and(|provider| provider.name() == *name)));
    }

    #[test]
    fn a_provider_has_one_key_for_its_place_at_most_and_one_where_it_has_a_usual_place() {
        for kind in provider_kinds() {
            let is_place = |meaning: KeyType| !matches!(meaning, KeyType::User | KeyType::Secret | KeyType::Token);
            let places = kind.keys.iter().filter(|key| is_place(key.meaning)).count();
            assert!(places == 1 || (places == 0 && kind.default_addresses.is_empty()), "{}", kind.name);
        }
    }
}
