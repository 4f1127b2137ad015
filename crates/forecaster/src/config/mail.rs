//! `[mail]` and `horizons.X.email`: the server, who writes, who reads.

use super::{Config, check::Problem};
use forecaster_domain::Horizon;
use forecaster_mail::{Address, Server};
use serde::de::{self, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::path::PathBuf;

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MailSettings {
    /// The server; empty: no mail.
    pub smtp: String,
    /// Where the password is, when the server's address names a user: a systemd credential's name or a file's absolute path.
    pub password: String,
    /// Certificates in PEM that are trusted besides the system's; empty: none.
    pub ca_file: PathBuf,
    /// The sender.
    pub from: String,
    /// Who gets the reports.
    pub recipients: Vec<String>,
    /// Who gets the alerts; empty: who gets the reports.
    pub alerts: Vec<String>,
    /// Hours until the same alert is sent again.
    pub alert_every_hours: u32,
    /// Whether reports made from stale rates are mailed too.
    pub when_stale: bool,
}

impl Default for MailSettings {
    fn default() -> Self {
        Self {
            smtp: String::new(),
            password: "forecaster.smtp-password".into(),
            ca_file: PathBuf::new(),
            from: String::new(),
            recipients: Vec::new(),
            alerts: Vec::new(),
            alert_every_hours: 24,
            when_stale: false,
        }
    }
}

impl MailSettings {
    /// Whether there is a server to send by.
    pub(crate) fn is_on(&self) -> bool {
        !self.smtp.is_empty()
    }
}

/// `horizons.X.email`: who gets the reports of a horizon.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum HorizonEmail {
    /// Those of `mail.recipients`, or nobody.
    Usual(bool),
    /// These instead.
    Only(Vec<String>),
}

impl Default for HorizonEmail {
    fn default() -> Self {
        Self::Usual(true)
    }
}

impl<'de> Deserialize<'de> for HorizonEmail {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EmailVisitor)
    }
}

/// By hand, since an untagged enum's error does not name the key.
struct EmailVisitor;

impl<'de> Visitor<'de> for EmailVisitor {
    type Value = HorizonEmail;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a list of addresses")
    }

    fn visit_bool<E: de::Error>(self, usual: bool) -> Result<HorizonEmail, E> {
        Ok(HorizonEmail::Usual(usual))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<HorizonEmail, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(HorizonEmail::Only)
    }
}

/// What [`check`] has seen to be addresses.
fn parsed(addresses: &[String]) -> Vec<Address> {
    addresses.iter().filter_map(|address| Address::parse(address).ok()).collect()
}

impl Config {
    /// Who gets the reports of `horizon`.
    pub(crate) fn readers(&self, horizon: Horizon) -> Vec<Address> {
        match &self.horizons.get(horizon).email {
            HorizonEmail::Usual(true) => parsed(&self.mail.recipients),
            HorizonEmail::Usual(false) => Vec::new(),
            HorizonEmail::Only(addresses) => parsed(addresses),
        }
    }

    /// Who gets the alerts.
    pub(crate) fn watchers(&self) -> Vec<Address> {
        let own = &self.mail.alerts;
        parsed(if own.is_empty() { &self.mail.recipients } else { own })
    }
}

pub(super) fn check(config: &Config) -> Result<(), Problem> {
    let mail = &config.mail;
    let problem = |key: &str, found: String, expected: String| Problem { key: key.to_owned(), found, expected };
    if mail.is_on()
        && let Err(error) = Server::parse(&mail.smtp)
    {
        let expected = format!(
            "\"smtp://user@host:587\" (STARTTLS), \"smtps://user@host:465\" (TLS), or \"\" for no mail ({error})"
        );
        // A password in it is not to be shown.
        return Err(problem("mail.smtp", "an address that cannot be used".into(), expected));
    }
    let horizons = Horizon::ALL.map(|horizon| match &config.horizons.get(horizon).email {
        HorizonEmail::Only(addresses) => (format!("horizons.{horizon}.email"), addresses.clone()),
        HorizonEmail::Usual(_) => (String::new(), Vec::new()),
    });
    let lists =
        [("mail.recipients".to_owned(), mail.recipients.clone()), ("mail.alerts".to_owned(), mail.alerts.clone())];
    for (key, addresses) in lists.into_iter().chain(horizons) {
        for address in &addresses {
            if let Err(error) = Address::parse(address) {
                let expected = format!("addresses such as \"Treasury <treasury@example.com>\" ({error})");
                return Err(problem(&key, format!("\"{address}\""), expected));
            }
        }
    }
    if (mail.is_on() || !mail.from.is_empty())
        && let Err(error) = Address::parse(&mail.from)
    {
        let expected = format!("the sender, such as \"Forecaster <forecaster@example.com>\" ({error})");
        return Err(problem("mail.from", format!("\"{}\"", mail.from), expected));
    }
    if mail.is_on() && config.watchers().is_empty() {
        let expected =
            "at least one address, or mail.alerts: somebody must be told when something is wrong".to_owned();
        return Err(problem("mail.recipients", "an empty list".into(), expected));
    }
    if !(1..=720).contains(&mail.alert_every_hours) {
        return Err(problem("mail.alert_every_hours", mail.alert_every_hours.to_string(), "1 to 720".into()));
    }
    if mail.password.contains('/') && !mail.password.starts_with('/') {
        let expected = "the name of a systemd credential or the absolute path of a file".to_owned();
        return Err(problem("mail.password", format!("\"{}\"", mail.password), expected));
    }
    Ok(())
}
