//! Delivery of the outbox: sends due mail to the server and records each result at once.
//!
//! One round at a time on a machine. A crash between the server's reply and the ledger's record leaves a mail due: it
//! is sent again, the same bytes under the same Message-ID.

use crate::config::settings::Config;
use crate::failure::Failure;
use crate::host::lock;
use crate::host::secret::Secret;
use chrono::{DateTime, Utc};
use forecaster_ledger::{DueMail, Ledger, MailOutcome, WaitingRecipient};
use forecaster_mail::{
    Address, DeliveryError, GIVE_UP_AFTER_DAYS, RecipientOutcome, RetryPace, Server, deliver, next_attempt,
};
use std::collections::BTreeSet;

/// Results of a round, counted by recipients.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct DeliveryRound {
    /// Accepted by the server.
    pub sent: usize,
    /// Refused for good, or given up.
    pub lost: usize,
    /// Deferred to a later attempt.
    pub waiting: usize,
    /// Reason for the deferral, when it concerns all mail.
    pub error: Option<String>,
    /// Set when another process is sending.
    pub busy: bool,
}

/// Builds the configured server, with its password.
///
/// # Errors
/// When no server is configured, or its password or certificates cannot be read.
pub(crate) fn server(config: &Config) -> Result<Server, Failure> {
    let mail = &config.mail;
    if !mail.is_on() {
        return Err(Failure::NoMailServer);
    }
    let mut server = Server::parse(&mail.smtp).map_err(Failure::MailAddress)?;
    if !mail.ca_file.as_os_str().is_empty() {
        server = server.with_ca_file(&mail.ca_file).map_err(Failure::Mail)?;
    }
    if server.wants_password() {
        let password = Secret::read(&mail.password, "mail.password").map_err(Failure::Secret)?;
        server = server.with_password(password.reveal()).map_err(Failure::MailAddress)?;
    }
    Ok(server)
}

/// Sends due mail to the server.
///
/// # Errors
/// When the ledger cannot be read or written, or the server's password cannot be read: no attempt is counted then.
pub(crate) async fn deliver_due(ledger: &Ledger, config: &Config) -> Result<DeliveryRound, Failure> {
    let mut round = DeliveryRound::default();
    if ledger.due_mail(Utc::now())?.is_none() {
        return Ok(round);
    }
    let Some(_alone) = lock::mail(&config.service.data_dir)? else {
        return Ok(DeliveryRound { busy: true, ..round });
    };
    let server = server(config)?;
    let mut in_the_way: Option<DeliveryError> = None;
    let mut seen = BTreeSet::new();
    while let Some(mail) = ledger.due_mail(Utc::now())? {
        if !seen.insert(mail.message_id.clone()) {
            // The outcome of its last attempt was not recorded. Stopping delays mail; going on would repeat it.
            return Err(Failure::MailAgain(mail.message_id));
        }
        let outcomes = match &in_the_way {
            // The trouble of the last mail would stop this one as well: the server is not asked again.
            Some(error) => postpone(&mail, &error.to_string(), error.pace(), Utc::now()),
            None => {
                let (outcomes, error) = attempt(&server, &mail).await;
                in_the_way = error;
                outcomes
            }
        };
        log_outcomes(&mail, &outcomes, &mut round);
        ledger.record_mail_outcomes(&mail.message_id, &outcomes, Utc::now())?;
    }
    round.error = in_the_way.map(|error| error.to_string());
    Ok(round)
}

/// True when the trouble would stop any other mail too. A mail cut off in transit may have been
/// cut off for its content.
fn blocks_all_mail(error: &DeliveryError) -> bool {
    let of_one = matches!(
        error,
        DeliveryError::Cut { .. }
            | DeliveryError::InDoubt { .. }
            | DeliveryError::Protocol { .. }
            | DeliveryError::Silent { .. }
    );
    !of_one && !error.is_permanent()
}

/// Sends a mail to the server; returns an outcome for each recipient, and trouble that concerns all mail.
async fn attempt(server: &Server, mail: &DueMail) -> (Vec<(String, MailOutcome)>, Option<DeliveryError>) {
    let parsed =
        |recipient: &WaitingRecipient| Some((recipient.address.clone(), Address::parse(&recipient.address).ok()?));
    let known: Vec<(String, Address)> = mail.recipients.iter().filter_map(parsed).collect();
    let (Ok(sender), false) = (Address::parse(&mail.sender), known.is_empty()) else {
        return (refused(mail.recipients.iter().map(|recipient| recipient.address.clone())), None);
    };
    let addresses: Vec<Address> = known.iter().map(|(_, address)| address.clone()).collect();
    tracing::debug!(message_id = mail.message_id, "sending to {} of {}", addresses.len(), server.address());
    let delivery = deliver(server, &sender, &addresses, &mail.message).await;
    let now = Utc::now();
    let pace = delivery.error.as_ref().map_or(RetryPace::Usual, DeliveryError::pace);
    let fate = |((address, _), (_, outcome)): (&(String, Address), &(Address, RecipientOutcome))| {
        let outcome = match outcome {
            RecipientOutcome::Accepted { reply } => MailOutcome::Sent(reply.clone()),
            RecipientOutcome::Refused { reply } => MailOutcome::Refused(reply.clone()),
            RecipientOutcome::Deferred { reason } => waiting(mail, address, reason, pace, now),
        };
        (address.clone(), outcome)
    };
    let unknown = mail.recipients.iter().map(|recipient| &recipient.address);
    let unknown = unknown.filter(|address| !known.iter().any(|(other, _)| other == *address)).cloned();
    let outcomes = known.iter().zip(&delivery.recipients).map(fate).chain(refused(unknown)).collect();
    (outcomes, delivery.error.filter(blocks_all_mail))
}

/// Refuses recipients or a sender in the outbox that are not addresses: only an edit by hand can have put them there.
fn refused(addresses: impl Iterator<Item = String>) -> Vec<(String, MailOutcome)> {
    addresses.map(|address| (address, MailOutcome::Refused("the outbox holds an invalid address".into()))).collect()
}

fn postpone(mail: &DueMail, reason: &str, pace: RetryPace, now: DateTime<Utc>) -> Vec<(String, MailOutcome)> {
    let recipients = mail.recipients.iter().map(|recipient| recipient.address.clone());
    recipients.map(|address| (address.clone(), waiting(mail, &address, reason, pace, now))).collect()
}

fn waiting(mail: &DueMail, address: &str, reason: &str, pace: RetryPace, now: DateTime<Utc>) -> MailOutcome {
    let before = mail.recipients.iter().find(|recipient| recipient.address == address);
    let attempts = before.map_or(0, |recipient| recipient.attempts) + 1;
    match next_attempt(attempts, mail.created_at, now, pace, &mail.message_id) {
        Some(next) => MailOutcome::Waiting(reason.to_owned(), next),
        None => MailOutcome::Expired(reason.to_owned()),
    }
}

/// Logs and counts the outcomes of a mail.
fn log_outcomes(mail: &DueMail, outcomes: &[(String, MailOutcome)], round: &mut DeliveryRound) {
    let subject = &mail.subject;
    let sent: Vec<&str> = outcomes
        .iter()
        .filter(|(_, o)| matches!(o, MailOutcome::Sent(_)))
        .map(|(address, _)| address.as_str())
        .collect();
    if !sent.is_empty() {
        tracing::info!(message_id = mail.message_id, "mail sent to {}: {subject}", sent.join(", "));
    }
    round.sent += sent.len();
    for (address, outcome) in outcomes {
        match outcome {
            MailOutcome::Sent(_) => {}
            MailOutcome::Refused(reply) => {
                round.lost += 1;
                tracing::error!(message_id = mail.message_id, "mail to {address} is refused for good: {reply}");
            }
            MailOutcome::Expired(reason) => {
                round.lost += 1;
                tracing::error!(
                    message_id = mail.message_id,
                    "mail to {address} is given up after {GIVE_UP_AFTER_DAYS} days: {reason}"
                );
            }
            MailOutcome::Waiting(reason, next) => {
                round.waiting += 1;
                let next = next.format("%Y-%m-%d %H:%M UTC");
                tracing::warn!(message_id = mail.message_id, "mail to {address} waits until {next}: {reason}");
            }
        }
    }
}

/// Sends due mail after runs by hand, unless another process is sending. Unsent mail waits in the outbox for the
/// daemon or `forecaster mail flush`; the runs are not affected.
pub(crate) fn deliver_after_run(ledger: &Ledger, config: &Config) {
    if !config.mail.is_on() {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let delivered = match runtime {
        Ok(runtime) => {
            let delivered = runtime.block_on(deliver_due(ledger, config));
            // A name server that does not answer keeps a thread of the system's resolver busy; do not wait for it.
            runtime.shutdown_background();
            delivered
        }
        Err(error) => Err(Failure::System { what: "no runtime to send with", source: error }),
    };
    match delivered {
        Ok(DeliveryRound { busy: true, .. }) => tracing::info!("mail is being sent by another process"),
        Ok(_) => {}
        Err(error) => tracing::warn!("mail waits in the outbox, for the daemon or forecaster mail flush: {error}"),
    }
}
