//! One transaction: sender, recipients, message, and the outcome for each recipient. A refused recipient does not
//! stop the others, and nothing that happens after the server has accepted the message revokes that.

use crate::{
    address::Address,
    delivery_error::DeliveryError,
    reply::SmtpReply,
    server::Server,
    session::{Session, StepLog},
    wire::{WireMessage, to_wire_form},
};
use lettre::transport::smtp::{
    commands::{Data, Mail, Rcpt},
    extension::{MailBodyParameter, MailParameter},
};

/// The outcome for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecipientOutcome {
    /// The server has accepted the message for this recipient.
    Accepted {
        /// The server's text.
        reply: String,
    },
    /// The server refused the message for good.
    Refused {
        /// The server's text, or the error of the message.
        reply: String,
    },
    /// The message was not accepted this time.
    Deferred {
        /// The server's text, or the error of the attempt.
        reason: String,
    },
}

/// The outcome for a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Every recipient with its outcome, in the order given.
    pub recipients: Vec<(Address, RecipientOutcome)>,
    /// The error of the attempt as a whole, if any.
    pub error: Option<DeliveryError>,
}

impl Delivery {
    /// Returns the recipients for whom another attempt is worthwhile.
    pub fn pending(&self) -> impl Iterator<Item = &Address> {
        let deferred =
            |(_, outcome): &&(Address, RecipientOutcome)| matches!(outcome, RecipientOutcome::Deferred { .. });
        self.recipients.iter().filter(deferred).map(|(address, _)| address)
    }
}

/// Delivers a message to a server for all recipients. Usually the message comes from
/// [`Letter::to_bytes`](crate::Letter::to_bytes), but any bytes will do: line ends are corrected and dots doubled
/// here. It takes as long as the server's limits allow. If the future is dropped, it is unknown if the message was
/// accepted.
pub async fn deliver(server: &Server, sender: &Address, recipients: &[Address], message: &[u8]) -> Delivery {
    if recipients.is_empty() {
        return Delivery { recipients: Vec::new(), error: None };
    }
    let mut fates = RecipientOutcomes { of: vec![None; recipients.len()] };
    let message = to_wire_form(message);
    let error = match Session::open(server, sender.domain(), &mut StepLog::begin()).await {
        Err(error) => Some(error),
        Ok(mut session) => {
            let mut transaction = Transaction { session: &mut session, server: server.address() };
            let result = transaction.run(sender, recipients, &message, &mut fates).await;
            session.close().await;
            result.err()
        }
    };
    Delivery { recipients: fates.into_outcomes(recipients, error.as_ref()), error }
}

/// Outcomes known so far, one per recipient.
struct RecipientOutcomes {
    of: Vec<Option<RecipientOutcome>>,
}

impl RecipientOutcomes {
    fn are_all_known(&self) -> bool {
        self.of.iter().all(Option::is_some)
    }

    fn accept(&mut self, reply: &SmtpReply) {
        for fate in self.of.iter_mut().filter(|fate| fate.is_none()) {
            *fate = Some(RecipientOutcome::Accepted { reply: reply.to_string() });
        }
    }

    /// Assigns the error of the attempt to every recipient without an outcome of its own.
    fn into_outcomes(
        self,
        recipients: &[Address],
        error: Option<&DeliveryError>,
    ) -> Vec<(Address, RecipientOutcome)> {
        let words = error.map_or_else(|| "no answer".to_owned(), DeliveryError::to_string);
        let rest = match error {
            Some(error) if error.is_permanent() => RecipientOutcome::Refused { reply: words },
            _ => RecipientOutcome::Deferred { reason: words },
        };
        let fates = self.of.into_iter().map(|fate| fate.unwrap_or_else(|| rest.clone()));
        recipients.iter().cloned().zip(fates).collect()
    }
}

struct Transaction<'a, 'b> {
    session: &'a mut Session<'b>,
    server: String,
}

impl Transaction<'_, '_> {
    async fn run(
        &mut self,
        sender: &Address,
        recipients: &[Address],
        message: &WireMessage,
        fates: &mut RecipientOutcomes,
    ) -> Result<(), DeliveryError> {
        self.check(message)?;
        self.send_envelope(sender, message).await?;
        for (recipient, fate) in recipients.iter().zip(&mut fates.of) {
            let reply = self.session.ask("RCPT TO", Rcpt::new(recipient.path(), Vec::new())).await?;
            *fate = self.recipient_outcome(&reply)?;
        }
        if fates.are_all_known() {
            return Ok(());
        }
        let reply = self.session.ask("DATA", Data).await?;
        if reply.code != 354 {
            return Err(self.refused("DATA", &reply, message));
        }
        let reply = self.session.send_message(&message.bytes).await?;
        if !reply.is_done() {
            return Err(self.refused("message", &reply, message));
        }
        fates.accept(&reply);
        Ok(())
    }

    /// Rejects a message that the server is known to refuse, before it is sent.
    fn check(&self, message: &WireMessage) -> Result<(), DeliveryError> {
        let capabilities = &self.session.capabilities;
        if let Some(largest) = capabilities.largest.filter(|&largest| message.size as u64 > largest) {
            return Err(self.too_large(message, format!("it takes {largest}")));
        }
        if !message.is_ascii && !capabilities.eight_bit {
            return Err(DeliveryError::EightBit { server: self.server.clone() });
        }
        Ok(())
    }

    async fn send_envelope(&mut self, sender: &Address, message: &WireMessage) -> Result<(), DeliveryError> {
        let mut parameters = Vec::new();
        if self.session.capabilities.size {
            parameters.push(MailParameter::Size(message.size));
        }
        if !message.is_ascii {
            parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let reply = self.session.ask("MAIL FROM", Mail::new(Some(sender.path()), parameters)).await?;
        if reply.is_done() {
            return Ok(());
        }
        Err(match self.refused("MAIL FROM", &reply, message) {
            DeliveryError::Message { server, reply } => {
                DeliveryError::Sender { server, sender: sender.address().to_owned(), reply }
            }
            error => error,
        })
    }

    /// Returns the outcome for a recipient from the reply to RCPT TO; `None` when the server has accepted the recipient,
    /// whose outcome the reply to the message decides.
    fn recipient_outcome(&self, reply: &SmtpReply) -> Result<Option<RecipientOutcome>, DeliveryError> {
        if reply.is_done() {
            return Ok(None);
        }
        if reply.wants_authentication() {
            return Err(self.session.refused(reply));
        }
        // Before 452, servers used 552 for too many recipients (RFC 5321 4.5.3.1.10) or a full mailbox.
        let is_temporary =
            reply.is_transient() || reply.is_over_quota() || reply.code == 552 && !reply.is_too_large();
        match reply.code / 100 {
            _ if is_temporary => Ok(Some(RecipientOutcome::Deferred { reason: reply.to_string() })),
            5 => Ok(Some(RecipientOutcome::Refused { reply: reply.to_string() })),
            _ => Err(self.odd("RCPT TO", reply)),
        }
    }

    /// Returns the error for a refused sender or message.
    fn refused(&self, during: &'static str, reply: &SmtpReply, message: &WireMessage) -> DeliveryError {
        let (server, words) = (self.server.clone(), reply.to_string());
        if reply.wants_authentication() {
            self.session.refused(reply)
        } else if reply.is_transient() || reply.is_over_quota() {
            DeliveryError::Busy { server, during, reply: words }
        } else if reply.is_too_large() || reply.code == 552 {
            self.too_large(message, words)
        } else if reply.code / 100 == 5 {
            DeliveryError::Message { server, reply: words }
        } else if during == "message" {
            DeliveryError::InDoubt { server, reason: format!("it said '{words}'") }
        } else {
            self.odd(during, reply)
        }
    }

    fn too_large(&self, message: &WireMessage, limit: String) -> DeliveryError {
        DeliveryError::TooLarge { server: self.server.clone(), size: message.size, limit }
    }

    fn odd(&self, during: &'static str, reply: &SmtpReply) -> DeliveryError {
        DeliveryError::Protocol { server: self.server.clone(), during, reason: format!("'{reply}'") }
    }
}
