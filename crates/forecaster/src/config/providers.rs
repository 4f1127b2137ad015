//! `[rates.provider]`: the settings of each provider of rates, one section each. `forecaster_rates` alone defines the
//! providers and their keys.

use crate::config::problem::{SettingProblem, problem, quoted};
use forecaster_rates::{KeyType, ProviderKey, ProviderKind, SourceSettings, provider_kinds};
use serde::de::{DeserializeSeed, Error, MapAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

/// The value of a key.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
enum Setting {
    Text(String),
    List(Vec<String>),
}

impl Setting {
    fn default_for(key: &ProviderKey) -> Self {
        match key.meaning {
            KeyType::Urls { .. } => Self::List(Vec::new()),
            _ => Self::Text(key.default_value.to_owned()),
        }
    }

    fn all(&self) -> &[String] {
        match self {
            Self::Text(text) => std::slice::from_ref(text),
            Self::List(texts) => texts,
        }
    }

    /// Returns all texts that are not empty.
    fn texts(&self) -> Vec<String> {
        self.all().iter().filter(|text| !text.is_empty()).cloned().collect()
    }
}

/// `[rates.provider.NAME]`: the settings in the order of the provider's keys.
#[derive(Debug, Clone)]
struct Section {
    kind: &'static ProviderKind,
    settings: Vec<Setting>,
}

impl PartialEq for Section {
    fn eq(&self, other: &Self) -> bool {
        self.kind.name == other.kind.name && self.settings == other.settings
    }
}

impl Section {
    fn with_defaults(kind: &'static ProviderKind) -> Self {
        Self { kind, settings: kind.keys.iter().map(Setting::default_for).collect() }
    }

    fn keys(&self) -> impl Iterator<Item = (&'static ProviderKey, &Setting)> {
        self.kind.keys.iter().zip(&self.settings)
    }

    /// True when the name of an account is set.
    fn has_account(&self) -> bool {
        self.first(KeyType::User).is_some()
    }

    /// Returns the locations of the provider's secrets. A password is not needed beside a token.
    fn secrets(&self) -> Vec<SecretLocation> {
        let of_account = self.kind.keys.iter().any(|key| key.meaning == KeyType::User);
        let has_token = self.first(KeyType::Token).is_some();
        let keys = self.keys().filter(|(key, _)| matches!(key.meaning, KeyType::Secret | KeyType::Token));
        let secret = |(key, setting): (&ProviderKey, &Setting)| {
            let place = setting.texts().into_iter().next().unwrap_or_default();
            let is_needed = match key.meaning {
                KeyType::Secret if of_account => self.has_account() && !has_token,
                _ => !place.is_empty(),
            };
            let (provider, meaning) = (self.kind.name, key.meaning);
            SecretLocation { provider, key: key.name, meaning, place, of_account, is_needed }
        };
        keys.map(secret).collect()
    }

    /// Returns the first text under the first key of that meaning; `None` when there is no such key, or it is empty.
    fn first(&self, meaning: KeyType) -> Option<String> {
        let (_, setting) = self.keys().find(|(key, _)| key.meaning == meaning)?;
        setting.texts().into_iter().next()
    }
}

/// `[rates.provider]`: addresses and accounts of the providers.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ProviderSections(Vec<Section>);

/// Location of a provider's secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretLocation {
    /// The provider.
    pub provider: &'static str,
    /// The key that names the location, without its sections.
    pub key: &'static str,
    /// Meaning of the secret: a password or key, or a token.
    pub meaning: KeyType,
    /// A systemd credential's name or a file's absolute path.
    pub place: String,
    /// True when the secret belongs to a named account.
    pub of_account: bool,
    /// True when the secret is needed: its account is named or, for a secret without an account, a location is set.
    pub is_needed: bool,
}

impl SecretLocation {
    /// Returns the key with its sections.
    pub(crate) fn path(&self) -> String {
        format!("rates.provider.{}.{}", self.provider, self.key)
    }
}

impl ProviderSections {
    /// Returns the locations of the providers' secrets.
    pub(crate) fn secrets(&self) -> Vec<SecretLocation> {
        self.0.iter().flat_map(Section::secrets).collect()
    }

    /// Returns the settings of all providers by name; `reveal` reads the secrets.
    pub(crate) fn sources(
        &self,
        reveal: impl Fn(&SecretLocation) -> Option<String>,
    ) -> BTreeMap<String, SourceSettings> {
        let settings = |section: &Section| {
            let is_address =
                |key: &ProviderKey| !matches!(key.meaning, KeyType::User | KeyType::Secret | KeyType::Token);
            let addresses = section.keys().filter(|(key, _)| is_address(key));
            let secrets = section.secrets();
            let revealed = |meaning: KeyType| {
                secrets.iter().find(|secret| secret.meaning == meaning && secret.is_needed).and_then(&reveal)
            };
            let token = revealed(KeyType::Token);
            // A token that cannot be read leaves the older way.
            let password = match &token {
                None if section.has_account() => {
                    secrets.iter().find(|secret| secret.meaning == KeyType::Secret).and_then(&reveal)
                }
                _ => revealed(KeyType::Secret),
            };
            let is_named = secrets.iter().any(|secret| secret.is_needed);
            SourceSettings {
                is_unread: is_named && token.is_none() && password.is_none(),
                addresses: addresses.flat_map(|(_, setting)| setting.texts()).collect(),
                user: section.first(KeyType::User),
                password,
                token,
            }
        };
        self.0.iter().map(|section| (section.kind.name.to_owned(), settings(section))).collect()
    }

    /// Reports the first invalid setting.
    pub(super) fn check(&self) -> Result<(), SettingProblem> {
        for section in &self.0 {
            for (key, setting) in section.keys() {
                let path = || format!("rates.provider.{}.{}", section.kind.name, key.name);
                // A secret that was written in place of its location is not repeated; a relative path is.
                let is_hidden = |text: &str| {
                    let of_secret = matches!(key.meaning, KeyType::Secret | KeyType::Token);
                    of_secret && text.split('/').any(|part| !is_location(part))
                };
                let shown =
                    |text: &str| if is_hidden(text) { "a text that is not shown".to_owned() } else { quoted(text) };
                for text in setting.all() {
                    check(key.meaning, text).map_err(|expected| problem(path(), shown(text), expected))?;
                }
            }
        }
        Ok(())
    }
}

/// Checks one text; the error says what was expected.
fn check(meaning: KeyType, text: &str) -> Result<(), String> {
    let is_web = text.is_empty() || ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
    match meaning {
        KeyType::Url | KeyType::Urls { .. } if !is_web => {
            Err("an address that begins with https:// or http://, or \"\" for the usual one".to_owned())
        }
        KeyType::Urls { with } if with.iter().any(|part| !text.contains(part)) => {
            Err(format!("addresses with {} in them", with.join(" and ")))
        }
        KeyType::Secret | KeyType::Token if !text.is_empty() && !is_location(text) => {
            Err("the name of a systemd credential or the absolute path of a file; a secret itself does not belong \
                 into the configuration"
                .to_owned())
        }
        _ => Ok(()),
    }
}

/// Length from which a name without a hyphen or an underscore is taken for a secret: FRED's keys have 32 letters and
/// digits, the Banco Central's tokens 60.
const LONG_NAME: usize = 24;

/// True for an absolute path, and for text that can be the name of a credential and is no secret itself.
fn is_location(text: &str) -> bool {
    let is_name = text.chars().all(|c| c.is_ascii_alphanumeric() || "._-@".contains(c));
    text.starts_with('/') || (is_name && (text.len() < LONG_NAME || text.contains(['-', '_'])))
}

/// The provider kinds that have keys to set.
fn kinds() -> impl Iterator<Item = &'static ProviderKind> {
    provider_kinds().iter().filter(|kind| !kind.keys.is_empty())
}

/// Names of these kinds, and the keys of each, as static slices for serde's messages.
static NAMES: LazyLock<Vec<&'static str>> = LazyLock::new(|| kinds().map(|kind| kind.name).collect());
static KEYS: LazyLock<BTreeMap<&'static str, Vec<&'static str>>> =
    LazyLock::new(|| kinds().map(|kind| (kind.name, kind.keys.iter().map(|key| key.name).collect())).collect());

impl Default for ProviderSections {
    fn default() -> Self {
        Self(kinds().map(Section::with_defaults).collect())
    }
}

impl Serialize for ProviderSections {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|section| (section.kind.name, section)))
    }
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.settings.len()))?;
        for (key, setting) in self.keys() {
            map.serialize_entry(key.name, setting)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for ProviderSections {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(SectionsVisitor)
    }
}

/// Reader of `[rates.provider]`; absent keys keep their defaults.
struct SectionsVisitor;

impl<'de> Visitor<'de> for SectionsVisitor {
    type Value = ProviderSections;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ProviderSections, A::Error> {
        let mut sections = ProviderSections::default();
        while let Some(place) = map.next_key_seed(KeyIndexSeed(&NAMES))? {
            map.next_value_seed(SectionSeed(&mut sections.0[place]))?;
        }
        Ok(sections)
    }
}

/// Reader of a key, returning its index among the known ones. It rejects the key itself rather than its section, so
/// that the message names the file or variable that the key came from.
struct KeyIndexSeed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KeyIndexSeed {
    type Value = usize;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeyIndexSeed {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<usize, E> {
        self.0.iter().position(|known| *known == name).ok_or_else(|| Error::unknown_field(name, self.0))
    }
}

/// Reader of `[rates.provider.NAME]` into its section.
struct SectionSeed<'a>(&'a mut Section);

impl<'de> DeserializeSeed<'de> for SectionSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for SectionSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(Section { kind, settings }) = self;
        let known = KEYS.get(kind.name).map_or(&[][..], Vec::as_slice);
        while let Some(place) = map.next_key_seed(KeyIndexSeed(known))? {
            settings[place] = match &settings[place] {
                Setting::Text(_) => Setting::Text(map.next_value()?),
                Setting::List(_) => Setting::List(map.next_value()?),
            };
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_read_over_the_usual_ones_and_written_whole() {
        let text = "[bcch]\nuser = \"me\"\n\n[currency-api]\nurls = [\"https://a/{date}/{base}\"]\n";
        let read: ProviderSections = toml::from_str(text).unwrap();
        let written = toml::to_string(&read).unwrap();
        assert!(
            written.contains("[bcch]\nurl = \"\"\nuser = \"me\"\npassword = \"forecaster.bcch-password\"\n"),
            "{written}"
        );
        assert_eq!(toml::from_str::<ProviderSections>(&written).unwrap(), read);
        let sources = read.sources(|secret| Some(format!("what lies at {}", secret.place)));
        let bcch = &sources["bcch"];
        assert_eq!((bcch.user.as_deref(), bcch.addresses.len()), (Some("me"), 0));
        assert_eq!(bcch.password.as_deref(), Some("what lies at forecaster.bcch-password"));
        assert_eq!(sources["currency-api"].addresses, ["https://a/{date}/{base}"]);
        assert_eq!(sources["stooq"].password, None, "no place is named");
    }

    #[test]
    fn a_token_takes_the_place_of_the_password_unless_it_cannot_be_read() {
        let text = "[bcch]\nuser = \"me\"\ntoken = \"forecaster.bcch-token\"\n";
        let sections: ProviderSections = toml::from_str(text).unwrap();
        let sources = sections.sources(|secret| Some(secret.key.to_owned()));
        let bcch = &sources["bcch"];
        assert_eq!((bcch.token.as_deref(), bcch.password.as_deref()), (Some("token"), None));
        let sources = sections.sources(|secret| (secret.key == "password").then(|| "p".to_owned()));
        let bcch = &sources["bcch"];
        assert_eq!((bcch.token.as_deref(), bcch.password.as_deref()), (None, Some("p")));
        let needed: Vec<&str> =
            sections.secrets().iter().filter(|secret| secret.is_needed).map(|secret| secret.key).collect();
        assert_eq!(needed, ["token"]);
    }

    #[test]
    fn without_an_account_no_secret_is_read() {
        let sources = ProviderSections::default().sources(|secret| panic!("{secret:?}"));
        assert!(sources.values().all(|settings| settings.password.is_none() && settings.addresses.is_empty()));
    }

    #[test]
    fn unknown_sections_and_keys_are_refused_with_those_there_are() {
        let error = toml::from_str::<ProviderSections>("[nbq]\nurl = \"\"\n").unwrap_err().to_string();
        assert!(error.contains("nbq") && error.contains("nbp"), "{error}");
        let error = toml::from_str::<ProviderSections>("[bcch]\nusr = \"\"\n").unwrap_err().to_string();
        assert!(error.contains("usr") && error.contains("password"), "{error}");
    }

    #[test]
    fn what_cannot_be_meant_is_named_with_its_key() {
        let refused = |text: &str| {
            let problem = toml::from_str::<ProviderSections>(text).unwrap().check().unwrap_err();
            (problem.key, problem.expected)
        };
        assert_eq!(refused("[nbp]\nurl = \"ftp://x\"\n").0, "rates.provider.nbp.url");
        let (key, expected) = refused("[currency-api]\nurls = [\"https://x/{date}\"]\n");
        assert_eq!(
            (key.as_str(), expected.as_str()),
            ("rates.provider.currency-api.urls", "addresses with {date} and {base} in them")
        );
        assert_eq!(refused("[currency-api]\nurls = [\"\"]\n").0, "rates.provider.currency-api.urls");
        assert_eq!(refused("[stooq]\nkey = \"a/b\"\n").0, "rates.provider.stooq.key");
        // Pasted in place of its location, a secret is not repeated.
        for pasted in
            ["$2a$10$abcdefgh/ijklm", "$2a$10$abcdefghijklm", "p4ss word&", "0123456789abcdef0123456789abcdef"]
        {
            let sections: ProviderSections = toml::from_str(&format!("[bcch]\ntoken = '{pasted}'\n")).unwrap();
            let problem = sections.check().unwrap_err();
            assert_eq!(problem.key, "rates.provider.bcch.token");
            assert!(!format!("{}{}", problem.found, problem.expected).contains(&pasted[..4]), "{}", problem.found);
        }
        ProviderSections::default().check().map_err(|problem| problem.key).unwrap();
    }
}
