//! A mail server as the configuration names it: one URL, parsed once, and what is added to it: password, certificate
//! authorities, patience. A password within the URL is refused, because configurations are shown, logged and kept in
//! repositories.

pub(crate) mod url;

use crate::{error::MailError, text::shown};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use std::{fmt, net::IpAddr, path::Path, time::Duration};
use url::{Security, Url};

/// How long a server is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a name to be found, for each address of it to take a connection, and for a TLS handshake. A server that is
    /// up does each in a second.
    pub connect: Duration,
    /// For the answer to a command. Some servers let unknown clients wait on purpose, for seconds to half a minute.
    pub command: Duration,
    /// For a piece of the message to be taken, and for the answer after its end, which comes when the server's filters
    /// have read it: to give up earlier than it is how letters arrive twice.
    pub data: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), command: Duration::from_secs(30), data: Duration::from_secs(120) }
    }
}

/// What must not be shown.
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

/// A mail server and how to speak with it.
#[derive(Debug, Clone)]
pub struct Server {
    host: String,
    port: u16,
    security: Security,
    user: Option<String>,
    password: Option<Secret>,
    authorities: Vec<CertificateDer<'static>>,
    limits: Limits,
}

impl Server {
    /// Reads `smtps://[user@]host[:port]` (TLS from the start, port 465), `smtp://[user@]host[:port]` (STARTTLS, port
    /// 587) or `smtp://host[:port]?tls=none`. A user's @ is written %40.
    ///
    /// # Errors
    /// With what was found (a password masked), what is wrong with it and what is expected.
    pub fn parse(text: &str) -> Result<Self, MailError> {
        let Url { host, port, security, user } =
            url::parse(text.trim()).map_err(|reason| MailError::Server { found: url::masked(text), reason })?;
        let (password, authorities, limits) = (None, Vec::new(), Limits::default());
        Ok(Self { host, port, security, user, password, authorities, limits })
    }

    /// With the user's password, or the token that stands for one. The line end of a file is taken off, and for
    /// smtp.gmail.com the blanks with which app passwords are shown.
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

    /// Trusting in addition the certificate authorities of a PEM file, such as a company's own.
    ///
    /// # Errors
    /// When the file cannot be read, holds no certificate, or one that cannot be used.
    pub fn with_ca_file(mut self, path: &Path) -> Result<Self, MailError> {
        let refused = |reason: String| MailError::CaFile { path: path.to_owned(), reason };
        let pem = std::fs::read(path).map_err(|error| refused(error.to_string()))?;
        let mut store = rustls::RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate = certificate.map_err(|error| refused(shown(&error.to_string(), 100)))?;
            store.add(certificate.clone()).map_err(|error| refused(shown(&error.to_string(), 100)))?;
            self.authorities.push(certificate);
        }
        if store.is_empty() {
            return Err(refused("there is no certificate in it".into()));
        }
        Ok(self)
    }

    /// With other limits of patience.
    #[must_use]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Host and port, as an operator would say it.
    #[must_use]
    pub fn address(&self) -> String {
        match self.host.parse() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }

    /// The host alone; an IPv6 address without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How the way to it is protected.
    #[must_use]
    pub fn security(&self) -> Security {
        self.security
    }

    /// The user, if the server is to be told one.
    #[must_use]
    pub fn user(&self) -> Option<&str> {
        self.user.as_deref()
    }

    /// Whether a password is missing.
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

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }
}

#[cfg(test)]
mod tests;
