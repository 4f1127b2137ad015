//! Static description of a provider: name, keys of its section of the configuration, series with their symbols, and
//! constructor from settings. Each provider's file has one [`ProviderKind`]; the rest of the crate knows the
//! providers only by the list of these.

use super::{Provider, ValueConversion};
use std::sync::Arc;

/// A kind of provider: all that is known about it except how its responses are read.
#[derive(Debug, Clone, Copy)]
pub struct ProviderKind {
    /// Name, as in `rates.providers`.
    pub name: &'static str,
    /// Default addresses, used where the configuration has none; empty when there is no address or no default.
    pub default_addresses: &'static [&'static str],
    /// Keys of the section `[rates.provider.NAME]`, in their order; empty when there is nothing to set.
    pub keys: &'static [ProviderKey],
    /// True when the provider has any series that a user supplies, under our name for it: none is listed.
    pub(crate) any_series: bool,
    /// True when the provider's values for an official rate are market quotes, which only stand in for it.
    pub(crate) is_stand_in: bool,
    /// True when the provider gives an official rate with the very number that its authority has published.
    pub(crate) is_exact: bool,
    /// Business days by which its newest daily rate is usually behind.
    pub(crate) usual_delay: i64,
    /// Series listed by name: our name, the provider's symbol, and the conversion of its values.
    pub(crate) series: &'static [(&'static str, &'static str, ValueConversion)],
    /// Symbol and conversion for any pair that is not among [`ProviderKind::series`]; `None` when the provider does
    /// not have the pair.
    pub(crate) pair: fn(&PairRequest<'_>) -> Option<(String, ValueConversion)>,
    /// Constructor from settings, in which missing addresses are already replaced by the default ones.
    pub(crate) make: fn(&SourceSettings) -> Arc<dyn Provider>,
}

/// A currency pair as requested from a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PairRequest<'a> {
    /// Currency that is priced, in capitals.
    pub(crate) base: &'a str,
    /// Currency of the price, in capitals.
    pub(crate) quote: &'a str,
    /// True when the market's own price is requested, dated at the day of the trades, and no other rate.
    pub(crate) spot: bool,
    /// True when the rate requested is one that the Banco Central de Chile publishes: the average of the trades of the
    /// business day before, for which a market quote can only stand in.
    pub(crate) observed: bool,
}

impl PairRequest<'_> {
    /// Returns the conversion of a market's closing price: a close of day t stands for the next business day's
    /// observed rate.
    pub(crate) fn of_close(&self) -> ValueConversion {
        if self.observed { ValueConversion::NextBusinessDay } else { ValueConversion::AsIs }
    }
}

/// A key of a provider's section `[rates.provider.NAME]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProviderKey {
    /// Name of the key.
    pub name: &'static str,
    /// Default value.
    pub default_value: &'static str,
    /// Meaning of the value.
    pub meaning: KeyType,
}

/// Meaning of the value of a provider's key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyType {
    /// An address on the web; empty for the default one. Stored in [`SourceSettings::addresses`].
    Url,
    /// A list of addresses of mirrors; empty for the default ones. Stored in [`SourceSettings::addresses`].
    Urls {
        /// Placeholders that each address must contain, such as `{date}`.
        with: &'static [&'static str],
    },
    /// A path to local files; empty for none. Stored in [`SourceSettings::addresses`].
    Path,
    /// The name of an account; empty for none. Stored in [`SourceSettings::user`].
    User,
    /// The location of a secret, not the secret itself; empty for none. The secret is in
    /// [`SourceSettings::password`].
    Secret,
    /// The location of a token that stands for a whole account; empty for none. The token is in
    /// [`SourceSettings::token`].
    Token,
}

/// Addresses and account of a provider. The default value stands for the default addresses and no account.
#[derive(Debug, Clone, Default)]
pub struct SourceSettings {
    /// Address, or addresses of mirrors; for `file`, a path. May contain `{series}`, `{date}` and `{base}` where the
    /// provider's documentation says so.
    pub addresses: Vec<String>,
    /// Name of the account.
    pub user: Option<String>,
    /// Password, key or other secret; `None` when there is none.
    pub password: Option<String>,
    /// Token that stands for a whole account; `None` when there is none.
    pub token: Option<String>,
    /// True when the location of a secret is set, and none could be read there.
    pub is_unread: bool,
}

impl ProviderKind {
    /// Returns a kind with one configurable address and nothing else yet: no series and no account.
    pub(crate) const fn new(
        name: &'static str,
        usual: &'static [&'static str],
        make: fn(&SourceSettings) -> Arc<dyn Provider>,
    ) -> Self {
        let keys = ProviderKey::URL_ALONE;
        Self {
            name,
            default_addresses: usual,
            keys,
            any_series: false,
            is_stand_in: false,
            is_exact: false,
            usual_delay: 0,
            series: &[],
            pair: |_| None,
            make,
        }
    }

    /// Builds the provider from settings, with the default addresses where none are set.
    pub(crate) fn provider(&self, mut settings: SourceSettings) -> Arc<dyn Provider> {
        if settings.addresses.is_empty() {
            settings.addresses = self.default_addresses.iter().map(|address| (*address).to_owned()).collect();
        }
        (self.make)(&settings)
    }

    /// Returns the provider's symbol for the series `name` and the conversion of its values; `None` when it does not
    /// have the series. `pair` is the currency pair of the series, if it is one.
    pub(crate) fn symbol(&self, name: &str, pair: Option<&PairRequest<'_>>) -> Option<(String, ValueConversion)> {
        let own = self.series.iter().find(|(ours, _, _)| *ours == name);
        own.map(|(_, symbol, reading)| ((*symbol).to_owned(), *reading)).or_else(|| (self.pair)(pair?))
    }
}

impl ProviderKey {
    /// Key of the address.
    pub(crate) const URL: Self = Self { name: "url", default_value: "", meaning: KeyType::Url };
    /// Keys of a provider that has an address only.
    pub(crate) const URL_ALONE: &'static [Self] = &[Self::URL];
    /// Key of the account name.
    pub(crate) const USER: Self = Self { name: "user", default_value: "", meaning: KeyType::User };

    /// Key of the location of a token.
    pub(crate) const TOKEN: Self = Self { name: "token", default_value: "", meaning: KeyType::Token };

    /// Returns a key for the location of a secret.
    pub(crate) const fn secret(name: &'static str, usual: &'static str) -> Self {
        Self { name, default_value: usual, meaning: KeyType::Secret }
    }
}

impl SourceSettings {
    /// Returns the first address; empty when there is none.
    pub(crate) fn address(&self) -> &str {
        self.addresses.first().map_or("", String::as_str)
    }
}
