//! Checks of the configuration, of the version that the daemon has applied, and of the secrets it names.

use super::check::Check;
use crate::config::load::LoadedConfig;
use crate::config::providers::SecretLocation;
use crate::config::settings::Config;
use crate::config::snapshots;
use crate::host::secret::{Secret, stored};
use forecaster_domain::Horizon;
use forecaster_mail::Server;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

pub(super) fn configuration(loaded: &LoadedConfig) -> Vec<Check> {
    let LoadedConfig { config, file, .. } = loaded;
    let place = file.as_ref().map_or("the built-in defaults".to_owned(), |file| file.display().to_string());
    let on: Vec<&str> = enabled(config).map(Horizon::key).collect();
    let with: Vec<&str> =
        enabled(config).filter(|h| config.horizons.get(*h).chronos.enabled).map(Horizon::key).collect();
    let words = |horizons: &[&str]| if horizons.is_empty() { "none".to_owned() } else { horizons.join(", ") };
    let horizons = format!("on: {}; with Chronos: {}", words(&on), words(&with));
    let horizons = if on.is_empty() {
        Check::warn("configuration.horizons", horizons, "set horizons.7d.enabled = true, or nothing is ever forecast")
    } else {
        Check::ok("configuration.horizons", horizons)
    };
    vec![Check::ok("configuration.valid", place), horizons, applied_version(loaded)]
}

pub(super) fn enabled(config: &Config) -> impl Iterator<Item = Horizon> + '_ {
    Horizon::ALL.into_iter().filter(|horizon| config.horizons.get(*horizon).enabled)
}

/// Checks that the daemon has applied the current contents of the file.
fn applied_version(loaded: &LoadedConfig) -> Check {
    const ID: &str = "configuration.taken_over";
    let snapshots = snapshots::list(&loaded.config.service.data_dir).unwrap_or_default();
    let Some(last) = snapshots.last() else { return Check::skip(ID, "no daemon has run here yet") };
    match (last.text(), &loaded.text) {
        (Ok(text), Some(own)) if text == *own => {
            Check::ok(ID, format!("version {}, since {}", last.number, last.at.format("%Y-%m-%d %H:%M UTC")))
        }
        (Ok(_), Some(_)) => Check::warn(
            ID,
            format!("the file was edited since the daemon took over version {}", last.number),
            "systemctl reload forecaster",
        ),
        _ => Check::skip(ID, "there is no file to compare with"),
    }
}

pub(super) fn credentials(loaded: &LoadedConfig) -> Vec<Check> {
    let config = &loaded.config;
    let http = &config.service.http;
    let is_shown = |secret: &SecretLocation| secret.of_account || secret.is_needed;
    let accounts = config.rates.provider.secrets().into_iter().filter(is_shown);
    let wants_password = config.mail.is_on() && Server::parse(&config.mail.smtp).is_ok_and(|it| it.wants_password());
    [
        (
            "credentials.http_token",
            "service.http.token",
            &http.token,
            !http.listen.is_empty() && !http.token.is_empty(),
        ),
        ("credentials.smtp_password", "mail.password", &config.mail.password, wants_password),
    ]
    .map(|(id, key, place, is_needed)| (id.to_owned(), key.to_owned(), place.clone(), is_needed))
    .into_iter()
    .chain(accounts.map(|secret| {
        let asked = config.rates.providers.iter().any(|name| name == secret.provider);
        let id = format!("credentials.{}_{}", secret.provider, secret.key);
        (id, secret.path(), secret.place, secret.is_needed && asked)
    }))
    .map(
        |(id, key, place, is_needed)| {
            if is_needed { credential(&id, &key, &place) } else { Check::skip(&id, "not needed") }
        },
    )
    .collect()
}

fn credential(id: &str, key: &str, place: &str) -> Check {
    let path = stored(place);
    match Secret::read(place, key) {
        Ok(_) => {
            let mode = std::fs::metadata(&path).map_or(0, |file| file.permissions().mode());
            if mode & 0o077 == 0 {
                return Check::ok(id, "readable, and not empty");
            }
            let finding = format!("others may read {} (mode {:03o})", path.display(), mode & 0o777);
            Check::warn(id, finding, format!("chmod 600 {}", path.display()))
        }
        Err(_) if !place.starts_with('/') && !is_visible(&path) => {
            Check::skip(id, format!("only root and the service can see {}", path.display()))
        }
        // A drop-in of the unit may name another place.
        Err(_) if !place.starts_with('/') && !path.exists() => Check::warn(
            id,
            format!("{} does not exist, unless the unit loads the secret from elsewhere", path.display()),
            format!("put it into {}, readable by its owner alone", path.display()),
        ),
        Err(reason) => {
            Check::fail(id, reason, format!("put it into {}, readable by its owner alone", path.display()))
        }
    }
}

/// True when this user can determine if the file exists.
fn is_visible(path: &Path) -> bool {
    !matches!(std::fs::metadata(path), Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied)
}
