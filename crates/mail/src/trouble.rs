//! What can go wrong with an attempt as a whole, each a sentence for the operator: what happened, with whom, in the
//! server's own words where it used some, and what to do. Whether it can pass, and how soon to try again, is told by
//! methods.

use crate::schedule::Pace;

/// Why an attempt did not take its way. All server names are host and port; no text holds a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The host has no address.
    #[error("cannot find {server}: {reason}; check the host in mail.smtp and this machine's DNS")]
    UnknownHost {
        /// Host and port.
        server: String,
        /// The system's words.
        reason: String,
    },
    /// No connection.
    #[error(
        "cannot connect to {server}: {reason}; check host and port in mail.smtp, and firewalls on the way (many \
         networks let port 587 or 465 pass and not 25)"
    )]
    Unreachable {
        /// Host and port.
        server: String,
        /// The system's words.
        reason: String,
    },
    /// It does not answer in time.
    #[error("{server} did not answer within {seconds} s ({during}){advice}")]
    Silent {
        /// Host and port.
        server: String,
        /// At which step.
        during: &'static str,
        /// How long it was waited for.
        seconds: u64,
        /// What to do, with what separates it, or nothing.
        advice: &'static str,
    },
    /// Its certificate is not to be trusted. Neither password nor message was sent.
    #[error("the certificate of {server} is refused: {reason}; {advice}. Neither password nor message was sent")]
    Certificate {
        /// Host and port.
        server: String,
        /// What is wrong with it.
        reason: String,
        /// What to do.
        advice: String,
    },
    /// The TLS handshake fails for another reason.
    #[error("no protected connection with {server}: {reason}{advice}")]
    Tls {
        /// Host and port.
        server: String,
        /// What went wrong.
        reason: String,
        /// What to do, with what separates it, or nothing.
        advice: &'static str,
    },
    /// STARTTLS is wanted and not offered. Neither password nor message was sent.
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
        "the password was not sent to {server}: with tls=none it may go to this machine only, and the name leads to \
         {address}; leave tls=none out"
    )]
    ClearPassword {
        /// Host and port.
        server: String,
        /// Where the name leads.
        address: String,
    },
    /// There is a user and no password.
    #[error(
        "{server} was not contacted: mail.smtp names the user {user}, and there is no password; set mail.password"
    )]
    NoPassword {
        /// Host and port.
        server: String,
        /// The user.
        user: String,
    },
    /// User and password were refused, or are wanted.
    #[error("{server} refused the user {user}: {reply}; {advice}")]
    Authentication {
        /// Host and port.
        server: String,
        /// The user, or "nobody".
        user: String,
        /// The server's words.
        reply: String,
        /// What to do.
        advice: &'static str,
    },
    /// User and password could not be checked now.
    #[error("{server} cannot check the user {user} now: {reply}; it is tried again later")]
    AuthenticationDeferred {
        /// Host and port.
        server: String,
        /// The user.
        user: String,
        /// The server's words.
        reply: String,
    },
    /// It offers no way of checking a password that is known here.
    #[error(
        "{server} takes no password here: it offers {offered}, and PLAIN or LOGIN is needed; check the port in mail.smtp \
         (587 and 465 are for users), or leave the user out if it wants none"
    )]
    NoMechanism {
        /// Host and port.
        server: String,
        /// What it offers.
        offered: String,
    },
    /// It has no time, or not now: 4xx.
    #[error("{server} puts it off ({during}): {reply}; it is tried again later")]
    Busy {
        /// Host and port.
        server: String,
        /// At which step.
        during: &'static str,
        /// The server's words.
        reply: String,
    },
    /// It wants nothing from this machine: 5xx before anything was asked of it.
    #[error("{server} turns this machine away ({during}): {reply}; check mail.smtp, or ask the server's operator")]
    TurnedAway {
        /// Host and port.
        server: String,
        /// At which step.
        during: &'static str,
        /// The server's words.
        reply: String,
    },
    /// It does not take mail from this sender: 5xx.
    #[error("{server} takes no mail from {sender}: {reply}; check mail.from, which has to belong to the user")]
    Sender {
        /// Host and port.
        server: String,
        /// The address.
        sender: String,
        /// The server's words.
        reply: String,
    },
    /// It does not take this message: 5xx.
    #[error("{server} refused the message: {reply}; it is not tried again")]
    Message {
        /// Host and port.
        server: String,
        /// The server's words.
        reply: String,
    },
    /// The message is larger than it takes.
    #[error("the message has {size} bytes, too many for {server}: {limit}; send fewer or smaller attachments")]
    TooLarge {
        /// Host and port.
        server: String,
        /// Bytes of the message.
        size: usize,
        /// The limit or the server's words.
        limit: String,
    },
    /// The message is not ASCII, and the server takes nothing else. What [`Letter`](crate::Letter) writes is.
    #[error("the message has bytes beyond ASCII, and {server} does not offer 8BITMIME; it is not tried again")]
    EightBit {
        /// Host and port.
        server: String,
    },
    /// It speaks something else than SMTP.
    #[error("{server} does not answer as a mail server does ({during}): {reason}; check host and port in mail.smtp")]
    Protocol {
        /// Host and port.
        server: String,
        /// At which step.
        during: &'static str,
        /// What came.
        reason: String,
    },
    /// The connection was lost before the message's end: it was not taken.
    #[error(
        "the connection to {server} was lost ({during}): {reason}; the message was not taken, and is tried again"
    )]
    Cut {
        /// Host and port.
        server: String,
        /// At which step.
        during: &'static str,
        /// The system's words.
        reason: String,
    },
    /// The connection was lost between the message's end and the answer: nobody knows whether it was taken. Sending
    /// it again with the same Message-ID lets mail programs show it once.
    #[error(
        "after the whole message was sent to {server} no answer came ({reason}), so it may or may not have been taken; \
         it is tried again with the same Message-ID"
    )]
    InDoubt {
        /// Host and port.
        server: String,
        /// What happened instead.
        reason: String,
    },
}

impl Trouble {
    /// Whether another attempt with the same message would end the same way.
    #[must_use]
    pub fn is_permanent(&self) -> bool {
        matches!(self, Self::Sender { .. } | Self::Message { .. } | Self::TooLarge { .. } | Self::EightBit { .. })
    }

    /// Whether user or password are the matter: nothing else will get through until somebody changes them.
    #[must_use]
    pub fn is_account(&self) -> bool {
        matches!(
            self,
            Self::Authentication { .. }
                | Self::NoPassword { .. }
                | Self::NoMechanism { .. }
                | Self::ClearPassword { .. }
        )
    }

    /// How soon to try again.
    #[must_use]
    pub fn pace(&self) -> Pace {
        if self.is_account() { Pace::Account } else { Pace::Usual }
    }
}
