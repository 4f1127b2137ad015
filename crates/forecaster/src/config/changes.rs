//! Differences between two configurations, key by key.

use super::settings::Config;
use serde_json::Value;
use std::collections::BTreeMap;

/// Returns `key: old -> new` for each key that differs, in the order of the keys.
pub(crate) fn changes(old: &Config, new: &Config) -> Vec<String> {
    let (old, new) = (flat(old), flat(new));
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |value: Option<&String>| value.cloned().unwrap_or_else(|| "nothing".to_owned());
    keys.into_iter()
        .filter(|key| old.get(*key) != new.get(*key))
        .map(|key| format!("{key}: {} -> {}", shown(old.get(key)), shown(new.get(key))))
        .collect()
}

fn flat(config: &Config) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    // A configuration can always be written as JSON: it came from TOML.
    collect(String::new(), &serde_json::to_value(config).unwrap_or_default(), &mut found);
    found
}

fn collect(key: String, value: &Value, found: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let key = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                collect(key, value, found);
            }
        }
        other => {
            found.insert(key, other.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_that_differs_is_named_with_both_values() {
        let mut new = Config::default();
        assert!(changes(&Config::default(), &new).is_empty());
        new.horizons.d15.chronos.enabled = true;
        new.service.language = crate::config::settings::ReportLanguage::En;
        new.rates.series.remove("dxy");
        assert_eq!(
            changes(&Config::default(), &new),
            [
                "horizons.15d.chronos.enabled: false -> true",
                "rates.series.dxy.lag_days: 1 -> nothing",
                "service.language: \"es\" -> \"en\"",
            ]
        );
    }
}
