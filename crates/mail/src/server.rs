//! A mail server as the configuration names it: one URL, parsed once, plus password, certificate authorities and time
//! limits. A password within the URL is rejected, because configurations are shown, logged and kept in repositories.

pub(crate) mod url;

use crate::{error::MailError, text::sanitized};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{fmt, net::IpAddr, path::Path, time::Duration};
use url::{Security, Url};

/// Time limits on the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ServerLimits {
    /// Limit for resolving a name, for connecting to each of its addresses, and for a TLS handshake. A server that is
    /// up does each in a second.
    pub connect: Duration,
    /// Limit for the reply to a command. Some servers deliberately delay unknown clients, for seconds to half a
    /// minute.
    pub command: Duration,
    /// Limit for sending a piece of the message, and for the reply after its end, which comes only when the server's
    /// filters have read it: giving up earlier makes letters arrive twice.
    pub data: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), command: Duration::from_secs(30), data: Duration::from_secs(120) }
    }
}

/// A secret that must not be shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret(String);

impl Secret {
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// A mail server and the settings to reach it.
#[derive(Debug, Clone)]
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    user: Option<String>,
    password: Option<Secret>,
    authorities: Vec<CertificateDer<'static>>,
    limits: ServerLimits,
}

impl Server {
    /// Parses `smtps://[user@]host[:port]` (TLS from the start, port 465), `smtp://[user@]host[:port]` (STARTTLS,
    /// port 587) or `smtp://host[:port]?tls=none`. An @ in the user is written %40.
    ///
    /// # Errors
    /// When the text is no such URL: the error says what was found (a password masked), what is wrong with it and
    /// what is expected.
    pub fn parse(text: &str) -> Result<Self, MailError> {
        let Url { host, port, security, user } =
            url::parse(text.trim()).map_err(|reason| MailError::Server { found: url::masked(text), reason })?;
        let (password, authorities, limits) = (None, Vec::new(), ServerLimits::default());
        Ok(Self { host, port, security, user, password, authorities, limits })
    }

    /// Adds the user's password, or the token used instead. The line end of a file is removed and, for
    /// smtp.gmail.com, the blanks that app passwords are shown with.
    ///
    /// # Errors
    /// When the URL names no user, or the password is empty or holds control characters.
    pub fn with_password(mut self, password: &str) -> Result<Self, MailError> {
        let refused = |reason| MailError::Password { server: self.address(), reason };
        if self.user.is_none() {
            return Err(refused("mail.smtp names no user; write smtps://USER@HOST, an @ in USER as %40"));
        }
        let mut password = password.trim_end_matches(['\r', '\n']).to_owned();
        if self.host == "smtp.gmail.com" {
            password.retain(|c| !c.is_whitespace());
        }
        if password.is_empty() {
            return Err(refused("it is empty; look at the file or systemd credential that mail.password names"));
        }
        if password.chars().any(char::is_control) {
            return Err(refused("it has a control character; mail.password has to name a file with one line"));
        }
        self.password = Some(Secret(password));
        Ok(self)
    }

    /// Adds the certificate authorities of a PEM file, such as a company's own, to the trusted ones.
    ///
    /// # Errors
    /// When the file cannot be read, holds no certificate, or holds one that cannot be used.
    pub fn with_ca_file(mut self, path: &Path) -> Result<Self, MailError> {
        let refused = |reason: String| MailError::CaFile { path: path.to_owned(), reason };
        let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let mut store = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| refused(sanitized(&error.to_string(), 100)))?;
            store.add(certificate.clone()).map_err(|error| refused(sanitized(&error.to_string(), 100)))?;
            self.authorities.push(certificate);
        }
        if store.is_empty() {
            return Err(refused("there is no certificate in it".into()));
        }
        Ok(self)
    }

    /// Replaces the time limits.
    #[must_use]
    pub fn with_limits(mut self, limits: ServerLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Returns host and port, as an operator would write them.
    #[must_use]
    pub fn address(&self) -> String {
        match self.host.parse() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }

    /// Returns the host alone; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Returns the port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns the protection of the connection.
    #[must_use]
    pub fn security(&self) -> Security {
        self.security
    }

    /// Returns the user, if the server requires one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// True when a password is missing.
    #[must_use]
    pub fn wants_password(&self) -> bool {
        self.user.is_some() && self.password.is_none()
    }

    pub(crate) fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    pub(crate) fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.authorities
    }

    pub(crate) fn limits(&self) -> ServerLimits {
        self.limits
    }
}

#[cfg(test)]
mod tests;
