//! Who may read: everyone when no token is configured, else whoever brings it, as a bearer token or as the password of
//! basic authentication, which browsers ask for.

use super::Site;
use crate::secret::Secret;
use axum::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

impl Site {
    /// Whether a request with these headers may see everything.
    pub(super) fn admits(&self, headers: &HeaderMap) -> bool {
        self.pages.token.as_ref().is_none_or(|token| brings(headers, token))
    }
}

fn brings(headers: &HeaderMap, token: &Secret) -> bool {
    let Some((scheme, credentials)) =
        headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '))
    else {
        return false;
    };
    let credentials = credentials.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return token.is(credentials);
    }
    // RFC 7617: base64 of user:password, and only the user has no colon.
    let password = || {
        let pair = String::from_utf8(BASE64_STANDARD.decode(credentials).ok()?).ok()?;
        pair.split_once(':').map(|(_, password)| password.to_owned())
    };
    scheme.eq_ignore_ascii_case("basic") && password().is_some_and(|password| token.is(&password))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn admitted(authorization: &str) -> bool {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "a:tóken").unwrap();
        let token = Secret::read(file.path().to_str().unwrap(), "k").unwrap();
        let value = HeaderValue::from_bytes(authorization.as_bytes()).unwrap();
        brings(&HeaderMap::from_iter([(AUTHORIZATION, value)]), &token)
    }

    #[test]
    fn a_token_is_taken_as_the_password_of_any_user_colons_and_accents_included() {
        for user in ["", "any", "véronique"] {
            assert!(admitted(&format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:a:tóken")))));
        }
        assert!(admitted(&format!("bAsIc  {}", BASE64_STANDARD.encode("x:a:tóken"))));
    }

    #[test]
    fn anything_else_is_not_taken() {
        let others = [
            "",
            "Basic",
            "Basic ",
            "Basic !!!!",
            "Basic Zm9v",
            "Bearer",
            "Bearer ",
            "Bearer a:token",
            "Digest a:token",
            "a:token",
        ];
        for other in others {
            assert!(!admitted(other), "{other}");
        }
        for pair in ["a:tóken", "x:a:tóken\n", "x:a:tóke", "x:", "a:tóken:x"] {
            assert!(!admitted(&format!("Basic {}", BASE64_STANDARD.encode(pair))), "{pair}");
        }
        assert!(!admitted(&format!("Basic {}", BASE64_STANDARD.encode(b"x:\xff\xfe"))));
        assert!(!brings(&HeaderMap::new(), &Secret::read("/etc/hostname", "k").unwrap()));
    }
}
