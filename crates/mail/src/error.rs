//! Errors before any connection: what is wrong in the configuration or in a letter, what was found and what is
//! expected. Errors on the way to a server are [`DeliveryError`](crate::DeliveryError).

use std::path::PathBuf;

/// Reason why an address, a server or a letter cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// Not an e-mail address.
    #[error(
        "'{found}' is no e-mail address: {reason}; expected one such as treasury@example.com or \
         Tesorería <tesoreria@example.com>"
    )]
    Address {
        /// The text, cut and without control characters.
        found: String,
        /// The problem with it.
        reason: String,
    },
    /// Not the URL of a mail server.
    #[error(
        "'{found}' is no mail server: {reason}; expected smtps://treasury%40example.com@mail.example.com (TLS from the \
         start, port 465), smtp://treasury%40example.com@mail.example.com (STARTTLS, port 587) or \
         smtp://localhost:25?tls=none (a relay on this machine)"
    )]
    Server {
        /// The text; a password in it is masked.
        found: String,
        /// The problem with it.
        reason: String,
    },
    /// A password that cannot be used.
    #[error("the password for {server} cannot be used: {reason}")]
    Password {
        /// Host and port.
        server: String,
        /// The problem with it.
        reason: &'static str,
    },
    /// A file of certificates that cannot be used.
    #[error("cannot use {path} as a certificate authority: {reason}; expected a file with a certificate in PEM")]
    CaFile {
        /// The file.
        path: PathBuf,
        /// The problem with it.
        reason: String,
    },
    /// A letter that cannot be written.
    #[error("the letter cannot be written: {part} {reason}")]
    Letter {
        /// The part: "the subject", "the attachment's name" ...
        part: &'static str,
        /// The problem with it.
        reason: String,
    },
}
