//! Errors of an attempt as a whole. Each is a sentence for the operator: what happened, with which server, the
//! server's own text if there was any, and what to do. Methods report if it is permanent, and how soon to try again.

use crate::schedule::RetryPace;

/// Reason why an attempt failed. All server names are host and port; no text contains a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// The host has no address.
    #[error("cannot find {server}: {reason}; check the host in mail.smtp and this machine's DNS")]
    UnknownHost {
        /// Host and port.
        server: String,
        /// The system's error text.
        reason: String,
    },
    /// The connection failed.
    #[error(
        "cannot connect to {server}: {reason}; check host and port in mail.smtp, and firewalls on the way (many \
         networks let port 587 or 465 pass and not 25)"
    )]
    Unreachable {
        /// Host and port.
        server: String,
        /// The system's error text.
        reason: String,
    },
    /// The server does not answer in time.
    #[error("{server} did not answer within {seconds} s ({during}){advice}")]
    Silent {
        /// Host and port.
        server: String,
        /// The step of the session.
        during: &'static str,
        /// Seconds waited.
        seconds: u64,
        /// Advice with its leading separator, or empty.
        advice: &'static str,
    },
    /// The server's certificate is not trusted. Neither password nor message was sent.
    #[error("the certificate of {server} is refused: {reason}; {advice}. Neither password nor message was sent")]
    Certificate {
        /// Host and port.
        server: String,
        /// The problem with the certificate.
        reason: String,
        /// Advice.
        advice: String,
    },
    /// The TLS handshake fails for another reason.
    #[error("no protected connection with {server}: {reason}{advice}")]
    Tls {
        /// Host and port.
        server: String,
        /// The problem.
        reason: String,
        /// Advice with its leading separator, or empty.
        advice: &'static str,
    },
    /// STARTTLS is required and not offered. Neither password nor message was sent.
    #[error(
        "{server} does not offer STARTTLS, so neither password nor message was sent; use smtps:// if it speaks TLS from \
         the start (port 465), add ?tls=none for a relay on this machine, and be suspicious if it did offer STARTTLS \
         before"
    )]
    NoTls {
        /// Host and port.
        server: String,
    },
    /// The password would have been sent in clear to another machine.
    #[error(
        "the password was not sent to {server}: with tls=none it may only be sent to this machine, but the name \
         resolves to {address}; leave tls=none out"
    )]
    ClearPassword {
        /// Host and port.
        server: String,
        /// The address that the name resolves to.
        address: String,
    },
    /// There is a user but no password.
    #[error(
        "{server} was not contacted: mail.smtp names the user {user}, and there is no password; set mail.password"
    )]
    NoPassword {
        /// Host and port.
        server: String,
        /// The user.
        user: String,
    },
    /// User and password were refused, or are required.
    #[error("{server} refused the user {user}: {reply}; {advice}")]
    Authentication {
        /// Host and port.
        server: String,
        /// The user, or "nobody".
        user: String,
        /// The server's text.
        reply: String,
        /// Advice.
        advice: &'static str,
    },
    /// User and password cannot be checked now.
    #[error("{server} cannot check the user {user} now: {reply}; it is tried again later")]
    AuthenticationDeferred {
        /// Host and port.
        server: String,
        /// The user.
        user: String,
        /// The server's text.
        reply: String,
    },
    /// The server offers no supported mechanism for the password.
    #[error(
        "{server} accepts no password here: it offers {offered}, but PLAIN or LOGIN is needed; check the port in \
         mail.smtp (587 and 465 are for users), or leave the user out if it wants none"
    )]
    NoMechanism {
        /// Host and port.
        server: String,
        /// The offered mechanisms.
        offered: String,
    },
    /// The server is busy or defers the request: 4xx.
    #[error("{server} is busy ({during}): {reply}; the mail will be tried again later")]
    Busy {
        /// Host and port.
        server: String,
        /// The step of the session.
        during: &'static str,
        /// The server's text.
        reply: String,
    },
    /// The server rejects this machine: 5xx before anything was requested.
    #[error("{server} rejects this machine ({during}): {reply}; check mail.smtp, or ask the server's operator")]
    ClientRejected {
        /// Host and port.
        server: String,
        /// The step of the session.
        during: &'static str,
        /// The server's text.
        reply: String,
    },
    /// The server does not accept mail from this sender: 5xx.
    #[error("{server} takes no mail from {sender}: {reply}; check mail.from, which has to belong to the user")]
    Sender {
        /// Host and port.
        server: String,
        /// The sender's address.
        sender: String,
        /// The server's text.
        reply: String,
    },
    /// The server does not accept this message: 5xx.
    #[error("{server} refused the message: {reply}; it is not tried again")]
    Message {
        /// Host and port.
        server: String,
        /// The server's text.
        reply: String,
    },
    /// The message is larger than the server accepts.
    #[error("the message has {size} bytes, too many for {server}: {limit}; send fewer or smaller attachments")]
    TooLarge {
        /// Host and port.
        server: String,
        /// Bytes of the message.
        size: usize,
        /// The limit, or the server's text.
        limit: String,
    },
    /// The message is not ASCII, and the server accepts only ASCII. A [`Letter`](crate::Letter) always gives ASCII.
    #[error("the message has bytes beyond ASCII, and {server} does not offer 8BITMIME; it is not tried again")]
    EightBit {
        /// Host and port.
        server: String,
    },
    /// The server does not speak SMTP.
    #[error("{server} does not answer as a mail server does ({during}): {reason}; check host and port in mail.smtp")]
    Protocol {
        /// Host and port.
        server: String,
        /// The step of the session.
        during: &'static str,
        /// The bytes received.
        reason: String,
    },
    /// The connection was lost before the message's end: it was not accepted.
    #[error(
        "the connection to {server} was lost ({during}): {reason}; the message was not taken, and is tried again"
    )]
    Cut {
        /// Host and port.
        server: String,
        /// The step of the session.
        during: &'static str,
        /// The system's error text.
        reason: String,
    },
    /// The connection was lost between the message's end and the reply: nobody knows if it was accepted. When it is
    /// sent again with the same Message-ID, mail programs can show it once.
    #[error(
        "the complete message was sent to {server}, but no reply came ({reason}), so it may or may not have been \
         accepted; it is tried again with the same Message-ID"
    )]
    InDoubt {
        /// Host and port.
        server: String,
        /// The event instead of a reply.
        reason: String,
    },
}

impl DeliveryError {
    /// True when another attempt with the same message would end the same way.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Sender { .. } | Self::Message { .. } | Self::TooLarge { .. } | Self::EightBit { .. })
    }

    /// True when user or password is the cause: no mail gets through until somebody changes them.
    #[must_use]
    pub fn is_login_error(&self) -> bool {
        matches!(
            self,
            Self::Authentication { .. }
                | Self::NoPassword { .. }
                | Self::NoMechanism { .. }
                | Self::ClearPassword { .. }
        )
    }

    /// Returns the pace of further attempts.
    #[must_use]
    pub fn pace(&self) -> RetryPace {
        if self.is_login_error() { RetryPace::Account } else { RetryPace::Usual }
    }
}
