//! Secrets: read from a systemd credential or a file, never from the configuration or the environment.

use std::fmt;
use std::path::{Path, PathBuf};

/// Directory in which systemd looks for the secrets that a unit loads by name.
const CREDENTIAL_STORE: &str = "/etc/credstore";

/// Returns the path of the secret at `place` when no unit passes it on; an absolute path stays unchanged.
pub(crate) fn stored(place: &str) -> PathBuf {
    Path::new(CREDENTIAL_STORE).join(place)
}

/// A secret; printed as dots.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    /// Reads the secret at `place`: the name of a systemd credential (a file in `$CREDENTIALS_DIRECTORY`), or the
    /// absolute path of a file. Surrounding whitespace and line ends are removed.
    ///
    /// # Errors
    /// A sentence when the secret is missing, unreadable or empty; `key` is the setting that names it.
    pub(crate) fn read(place: &str, key: &str) -> Result<Self, String> {
        let credentials = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
        Self::read_from(place, key, credentials.as_deref())
    }

    fn read_from(place: &str, key: &str, credentials: Option<&Path>) -> Result<Self, String> {
        let path = match (place.starts_with('/'), credentials) {
            (true, _) => PathBuf::from(place),
            (false, Some(directory)) => directory.join(place),
            // Without a unit (root at a prompt): the file that systemd would pass on.
            (false, None) if stored(place).is_file() => stored(place),
            (false, None) => {
                return Err(format!(
                    "{key}: the credential \"{place}\" is not available: systemd passes credentials only to a \
                     service (LoadCredential={place}); elsewhere set the absolute path of a file"
                ));
            }
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            let remedy =
                if place.starts_with('/') { "make the file" } else { "put it into /etc/credstore/, mode 0600" };
            format!("{key}: the secret {} cannot be read: {error}; {remedy}", path.display())
        })?;
        match text.trim() {
            "" => Err(format!("{key}: the secret {} is empty", path.display())),
            secret => Ok(Self(secret.to_owned())),
        }
    }

    /// Returns the secret in clear, for its recipient only.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Compares `offered` with the secret in a time that does not reveal how much of it was right.
    pub(crate) fn matches(&self, offered: &str) -> bool {
        let (own, offered) = (self.0.as_bytes(), offered.as_bytes());
        let differences = own.iter().zip(offered).fold(0u8, |all, (a, b)| all | (a ^ b));
        own.len() == offered.len() && differences == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("••••")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_comes_from_a_file_or_a_credential_and_is_never_printed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("http-token");
        std::fs::write(&path, "s3cret\n").unwrap();
        let by_path = Secret::read_from(path.to_str().unwrap(), "k", None).unwrap();
        let by_name = Secret::read_from("http-token", "k", Some(directory.path())).unwrap();
        assert_eq!(by_path, by_name);
        assert!(
            by_path.matches("s3cret")
                && !by_path.matches("s3cre")
                && !by_path.matches("s3creT")
                && !by_path.matches("")
        );
        assert!(!format!("{by_path:?}").contains("s3cret"));
    }

    #[test]
    fn a_secret_that_is_not_there_or_empty_is_named_with_its_setting() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("empty"), "\n").unwrap();
        for (place, credentials, expected) in [
            ("none", Some(directory.path()), "/etc/credstore/"),
            ("none", None, "LoadCredential=none"),
            ("empty", Some(directory.path()), "is empty"),
            ("/nowhere/token", None, "make the file"),
        ] {
            let error = Secret::read_from(place, "service.http.token", credentials).unwrap_err();
            assert!(error.contains(expected) && error.starts_with("service.http.token: "), "{error}");
        }
    }
}
