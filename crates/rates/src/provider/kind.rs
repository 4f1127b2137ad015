//! What a provider is before it is asked for anything: its name, the keys of its section of the configuration, the
//! series that it has and under which symbols, and how it is made of settings. The file of each provider has one
//! [`ProviderKind`] to say so, and the list of them is all that the rest of the crate knows the providers by.

use super::{Provider, Reading};
use std::sync::Arc;

/// A kind of provider: all that is to be known of one but how to read its answers.
#[derive(Debug, Clone, Copy)]
pub struct ProviderKind {
    /// Its name, as in `rates.providers`.
    pub name: &'static str,
    /// Its usual addresses, which count where the configuration has none; none: it has no address, or no usual one.
    pub usual: &'static [&'static str],
    /// The keys of its section `[rates.provider.NAME]`, in their order; none: there is nothing to set.
    pub keys: &'static [ProviderKey],
    /// Whether it has any series that somebody gave it, under our name of it: nothing is listed.
    pub(crate) any_series: bool,
    /// Whether what it has of an official rate are quotes of the market, which only stand in for it.
    pub(crate) stands_in: bool,
    /// The series that it has by name: our name, its symbol, and how its values are read.
    pub(crate) series: &'static [(&'static str, &'static str, Reading)],
    /// Its symbol of any pair that is not among [`ProviderKind::series`], and how its values are read; `None` when it
    /// does not have the pair.
    pub(crate) pair: fn(&PairAsked<'_>) -> Option<(String, Reading)>,
    /// The provider with settings, whose addresses are the usual ones where none are set.
    pub(crate) make: fn(&SourceSettings) -> Arc<dyn Provider>,
}

/// A pair as a provider is asked for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PairAsked<'a> {
    /// The currency priced, in capitals.
    pub(crate) base: &'a str,
    /// The currency it is priced in, in capitals.
    pub(crate) quote: &'a str,
    /// Whether it is the market's own price that is asked for, on the day of the trades, and no other rate.
    pub(crate) spot: bool,
}

/// A key of a provider's section `[rates.provider.NAME]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderKey {
    /// Its name.
    pub name: &'static str,
    /// What it is set to where the configuration does not set it.
    pub usual: &'static str,
    /// What is set with it.
    pub meaning: KeyMeaning,
}

/// What is set with a key of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyMeaning {
    /// An address on the web; empty: the usual one. It is the one of [`SourceSettings::addresses`].
    Url,
    /// A list of addresses of mirrors; empty: the usual ones. They are [`SourceSettings::addresses`].
    Urls {
        /// What each address must have in it, such as `{date}`.
        with: &'static [&'static str],
    },
    /// A path of files of this machine; empty: none. It is the one of [`SourceSettings::addresses`].
    Path,
    /// The name of an account; empty: none. It is [`SourceSettings::user`].
    User,
    /// Where a secret is, not the secret; empty: there is none. What is there is [`SourceSettings::password`].
    Secret,
}

/// Where a provider is, and with what it is asked. Empty: the provider's usual address, no account.
#[derive(Debug, Clone, Default)]
pub struct SourceSettings {
    /// Address, or addresses of mirrors; of `file`, a path. May hold `{series}`, `{date}` and `{base}` where the
    /// provider's documentation says so.
    pub addresses: Vec<String>,
    /// Name of an account.
    pub user: Option<String>,
    /// Its password, or why there is none.
    pub password: Option<String>,
}

impl ProviderKind {
    /// A provider with an address that can be set, of which nothing else is said yet: it has no series and no account.
    pub(crate) const fn new(
        name: &'static str,
        usual: &'static [&'static str],
        make: fn(&SourceSettings) -> Arc<dyn Provider>,
    ) -> Self {
        let keys = ProviderKey::URL_ALONE;
        Self { name, usual, keys, any_series: false, stands_in: false, series: &[], pair: |_| None, make }
    }

    /// The provider itself, with settings.
    pub(crate) fn provider(&self, mut settings: SourceSettings) -> Arc<dyn Provider> {
        if settings.addresses.is_empty() {
            settings.addresses = self.usual.iter().map(|address| (*address).to_owned()).collect();
        }
        (self.make)(&settings)
    }

    /// Its symbol of the series `name`, which is the pair `pair` unless it is none, and how its values are read; `None`
    /// when it does not have the series.
    pub(crate) fn symbol(&self, name: &str, pair: Option<&PairAsked<'_>>) -> Option<(String, Reading)> {
        let own = self.series.iter().find(|(ours, _, _)| *ours == name);
        own.map(|(_, symbol, reading)| ((*symbol).to_owned(), *reading)).or_else(|| (self.pair)(pair?))
    }
}

impl ProviderKey {
    /// The address.
    pub(crate) const URL: Self = Self { name: "url", usual: "", meaning: KeyMeaning::Url };
    /// The address and nothing else.
    pub(crate) const URL_ALONE: &'static [Self] = &[Self::URL];
    /// The name of an account.
    pub(crate) const USER: Self = Self { name: "user", usual: "", meaning: KeyMeaning::User };

    /// The place of a secret.
    pub(crate) const fn secret(name: &'static str, usual: &'static str) -> Self {
        Self { name, usual, meaning: KeyMeaning::Secret }
    }
}

impl SourceSettings {
    /// The first of its addresses; nothing when there is none.
    pub(crate) fn address(&self) -> &str {
        self.addresses.first().map_or("", String::as_str)
    }
}
