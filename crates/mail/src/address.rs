//! An address with an optional name, parsed once. In a parsed address the domain is ASCII (punycode), the local part
//! is a dot-atom, and nothing can break out of a header or a command. Local parts beyond ASCII are rejected, because
//! they need SMTPUTF8 on every server along the way, and most do not support it.

use crate::{error::MailError, text::sanitized};
use lettre::message::Mailbox;
use std::{fmt, str::FromStr};

/// Largest number of octets of an address in a path, RFC 5321 4.5.3.1.3, less the angle brackets.
const MAX_ADDRESS: usize = 254;
/// Largest number of octets of the local part, RFC 5321 4.5.3.1.1.
const MAX_LOCAL: usize = 64;
/// Largest number of characters of a name; a longer one is a mistake.
const MAX_NAME: usize = 200;

/// An e-mail address: `treasury@example.com`, or with a name `Tesorería <tesoreria@example.com>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    name: Option<String>,
    mailbox: lettre::Address,
}

impl Address {
    /// Parses a bare address, or a name with the address in angle brackets.
    ///
    /// # Errors
    /// When the text is no address: the error says what was found, what is wrong with it and what is expected.
    pub fn parse(text: &str) -> Result<Self, MailError> {
        let refused = |reason: String| MailError::Address { found: sanitized(text, 100), reason };
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(refused("it has a line break or another control character".into()));
        }
        let (name, address) = match text.rsplit_once('<') {
            None => (None, text),
            Some((name, rest)) => {
                let address = rest.strip_suffix('>').ok_or_else(|| refused("the > at its end is missing".into()))?;
                (name_of(name).map_err(refused)?, address)
            }
        };
        let (local, domain) = parts_of(address).map_err(refused)?;
        let mailbox = lettre::Address::new(local, domain).map_err(|e| refused(sanitized(&e.to_string(), 100)))?;
        Ok(Self { name, mailbox })
    }

    /// Returns the name, as given.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns the address alone, as used in commands; the domain is in ASCII.
    #[must_use]
    pub fn address(&self) -> &str {
        self.mailbox.as_ref()
    }

    /// Returns the part after the @, in ASCII.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.mailbox.domain()
    }

    pub(crate) fn mailbox(&self) -> Mailbox {
        Mailbox::new(self.name.clone(), self.mailbox.clone())
    }

    pub(crate) fn path(&self) -> lettre::Address {
        self.mailbox.clone()
    }
}

impl FromStr for Address {
    type Err = MailError;

    fn from_str(text: &str) -> Result<Self, MailError> {
        Self::parse(text)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.mailbox),
            None => self.mailbox.fmt(f),
        }
    }
}

/// Parses the name before the angle bracket, without the quotes around it.
fn name_of(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    let name = match text.strip_prefix('"') {
        None => text.to_owned(),
        Some(rest) => {
            let inner = rest.strip_suffix('"').ok_or("the quotes around the name are not closed")?;
            inner.replace("\\\"", "\"").replace("\\\\", "\\")
        }
    };
    if name.contains(['<', '>', '@']) {
        return Err("the name has an @ or an angle bracket; one address at a time".into());
    }
    if name.chars().count() > MAX_NAME {
        return Err(format!("the name has more than {MAX_NAME} letters"));
    }
    Ok(Some(name).filter(|name| !name.is_empty()))
}

/// Splits an address into local part and domain, the latter in ASCII.
fn parts_of(address: &str) -> Result<(&str, String), String> {
    if address.chars().any(|c| c.is_whitespace() || matches!(c, ',' | ';')) {
        return Err("it has a blank, a comma or a semicolon; one address at a time".into());
    }
    let (local, domain) = address.rsplit_once('@').ok_or("the @ is missing")?;
    if local.is_empty() || local.len() > MAX_LOCAL {
        return Err(format!("before the @ stand {} characters, expected 1 to {MAX_LOCAL}", local.len()));
    }
    if !local.is_ascii() {
        return Err("the part before the @ is not ASCII, which too few servers can handle (SMTPUTF8); \
                    ask for an address in plain letters"
            .into());
    }
    let is_atom = |part: &str| {
        let special = |b: u8| b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || special(b))
    };
    if !local.split('.').all(is_atom) {
        return Err(format!("'{local}' before the @ has a character or a dot where none can be"));
    }
    let domain = domain_of(domain)?;
    if local.len() + 1 + domain.len() > MAX_ADDRESS {
        return Err(format!("it is longer than {MAX_ADDRESS} characters"));
    }
    Ok((local, domain))
}

/// Converts the name of a host or a domain to ASCII.
pub(crate) fn domain_of(text: &str) -> Result<String, String> {
    let bad = || format!("'{}' is not the name of a domain", sanitized(text, 60));
    let domain = idna::domain_to_ascii_strict(text).map_err(|_| bad())?;
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let is_number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    if !domain.split('.').all(is_label) || domain.rsplit('.').next().is_none_or(is_number) {
        return Err(bad());
    }
    Ok(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_bare_or_with_a_name() {
        let bare = Address::parse(" treasury@example.com ").unwrap();
        assert_eq!((bare.name(), bare.address(), bare.domain()), (None, "treasury@example.com", "example.com"));
        let named = Address::parse("Tesorería <tesoreria@example.com>").unwrap();
        assert_eq!((named.name(), named.address()), (Some("Tesorería"), "tesoreria@example.com"));
        assert_eq!(named.to_string(), "Tesorería <tesoreria@example.com>");
        let quoted = Address::parse(r#""Pérez, \"El\" Juan" <j@example.com>"#).unwrap();
        assert_eq!(quoted.name(), Some("Pérez, \"El\" Juan"));
        for text in ["<a@b.cl>", "a@b.cl", "a.b+c@b.cl", "root@localhost", "'x'@b.cl"] {
            assert!(Address::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_domain_beyond_ascii_becomes_punycode() {
        let address = Address::parse("Ñandú <info@ÑANDÚ.cl>").unwrap();
        assert_eq!(address.address(), "info@xn--and-6ma2c.cl");
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "the @ is missing"),
            ("treasury", "the @ is missing"),
            ("@example.com", "expected 1 to 64"),
            ("a b@example.com", "has a blank"),
            ("a@example.com, b@example.com", "one address at a time"),
            ("A <a@example.com>, B <b@example.com>", "one address at a time"),
            ("a@", "not the name of a domain"),
            ("a@exa_mple.com", "not the name of a domain"),
            ("a@-x.com", "not the name of a domain"),
            ("a@10.0.0.1", "not the name of a domain"),
            ("a..b@example.com", "before the @"),
            ("tesorería@example.com", "SMTPUTF8"),
            ("Name <a@example.com", "the > at its end is missing"),
            ("\"Name <a@example.com>", "not closed"),
            ("Na\r\nBcc: x@y.cl <a@example.com>", "line break"),
            ("a@example.com\r\nRCPT TO:<x@y.cl", "line break"),
            ("a@exa\u{0}mple.com", "control character"),
        ] {
            let error = Address::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text:?}: {error}");
            assert!(error.contains("expected one such as") && !error.contains(['\r', '\n', '\0']), "{error}");
        }
        let long = format!("{}@example.com", "a".repeat(65));
        assert!(Address::parse(&long).unwrap_err().to_string().contains("65 characters"));
    }
}
