//! `[mail]` and `horizons.X.email`: the server, the sender and the recipients.

use serde::de::{self, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use std::path::PathBuf;

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MailSettings {
    /// URL of the server; empty for no mail.
    pub smtp: String,
    /// Source of the password when the URL names a user: a systemd credential's name or a file's absolute path.
    pub password: String,
    /// PEM file of certificates trusted besides the system's; empty for none.
    pub ca_file: PathBuf,
    /// The sender.
    pub from: String,
    /// Recipients of the reports.
    pub recipients: Vec<String>,
    /// Recipients of the alerts; empty for the recipients of the reports.
    pub alerts: Vec<String>,
    /// Hours until the same alert is sent again.
    pub alert_every_hours: u32,
    /// True when reports made from stale rates are mailed too.
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
    /// True when there is a server to send through.
    pub(crate) fn is_on(&self) -> bool {
        !self.smtp.is_empty()
    }
}

/// `horizons.X.email`: recipients of a horizon's reports.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub(crate) enum HorizonEmail {
    /// The recipients of `mail.recipients` when true, nobody when false.
    Usual(bool),
    /// These recipients instead.
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

/// A hand-written visitor, since an untagged enum's error does not name the key.
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
