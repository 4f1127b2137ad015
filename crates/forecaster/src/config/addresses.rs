//! Recipients of reports and alerts, and the rules for `[mail]`.

use crate::config::mail::HorizonEmail;
use crate::config::problem::SettingProblem;
use crate::config::settings::Config;
use forecaster_domain::Horizon;
use forecaster_mail::{Address, Server};

/// Parses addresses that [`check`] has already accepted.
fn parsed(addresses: &[String]) -> Vec<Address> {
    addresses.iter().filter_map(|address| Address::parse(address).ok()).collect()
}

impl Config {
    /// Returns the recipients of the reports of `horizon`.
    pub(crate) fn report_recipients(&self, horizon: Horizon) -> Vec<Address> {
        match &self.horizons.get(horizon).email {
            HorizonEmail::Usual(true) => parsed(&self.mail.recipients),
            HorizonEmail::Usual(false) => Vec::new(),
            HorizonEmail::Only(addresses) => parsed(addresses),
        }
    }

    /// Returns the recipients of the alerts.
    pub(crate) fn alert_recipients(&self) -> Vec<Address> {
        let own = &self.mail.alerts;
        parsed(if own.is_empty() { &self.mail.recipients } else { own })
    }
}

pub(super) fn check(config: &Config) -> Result<(), SettingProblem> {
    let mail = &config.mail;
    let problem =
        |key: &str, found: String, expected: String| SettingProblem { key: key.to_owned(), found, expected };
    if mail.is_on()
        && let Err(error) = Server::parse(&mail.smtp)
    {
        let expected = format!(
            "\"smtp://user@host:587\" (STARTTLS), \"smtps://user@host:465\" (TLS), or \"\" for no mail ({error})"
        );
        // The URL may hold a password, so it is not shown.
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
    if mail.is_on() && config.alert_recipients().is_empty() {
        let expected =
            "at least one address here or in mail.alerts, so that somebody is alerted when something is wrong"
                .to_owned();
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
