//! The outbox: mails stored together with the run that they report, and the delivery state of each recipient.
//!
//! A mail is stored exactly as it will be sent, in the run's transaction. The sender asks for a due mail and records
//! the outcome. After a crash in between, the mail is still due: the next attempt sends the same bytes under the same
//! Message-ID.

use crate::error::LedgerError;
use crate::instants::{instant, to_text};
use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// A mail to be stored until it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct OutgoingMail {
    /// Message-ID, without angle brackets.
    pub message_id: String,
    /// Topic, such as `report:7d` or `stale`.
    pub topic: String,
    /// Envelope sender.
    pub sender: String,
    /// Subject, shown in the list of the outbox.
    pub subject: String,
    /// Envelope recipients.
    pub recipients: Vec<String>,
    /// The complete mail as it is sent.
    pub message: Vec<u8>,
    /// Instant at which it was written.
    pub created_at: DateTime<Utc>,
    /// Skip this mail when another one on its topic was written after this instant.
    pub skip_if_topic_since: Option<DateTime<Utc>>,
}

/// A mail with the recipients that are due.
#[derive(Debug, Clone, PartialEq)]
pub struct DueMail {
    /// Message-ID, without angle brackets.
    pub message_id: String,
    /// Topic, such as `report:7d` or `stale`.
    pub topic: String,
    /// Envelope sender.
    pub sender: String,
    /// The subject.
    pub subject: String,
    /// The recipients that are due.
    pub recipients: Vec<WaitingRecipient>,
    /// The complete mail as it is sent.
    pub message: Vec<u8>,
    /// Instant at which it was written.
    pub created_at: DateTime<Utc>,
}

/// A recipient still waiting for a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRecipient {
    /// The address.
    pub address: String,
    /// Number of attempts so far.
    pub attempts: u32,
}

/// Outcome of a delivery attempt for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// Accepted by a server; the server's reply.
    Sent(String),
    /// Refused permanently; the reason.
    Refused(String),
    /// Not delivered yet; the reason, and the instant of the next attempt.
    Waiting(String, DateTime<Utc>),
    /// Not delivered and too old to try again; the reason.
    Expired(String),
}

impl MailOutcome {
    fn state(&self) -> &'static str {
        match self {
            MailOutcome::Sent(_) => "sent",
            MailOutcome::Refused(_) => "refused",
            MailOutcome::Waiting(..) => "waiting",
            MailOutcome::Expired(_) => "expired",
        }
    }

    fn reply(&self) -> &str {
        match self {
            MailOutcome::Sent(words) | MailOutcome::Refused(words) => words,
            MailOutcome::Waiting(words, _) | MailOutcome::Expired(words) => words,
        }
    }
}

/// Number of recipients by delivery state; a mail to three recipients counts three times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// Still to be sent.
    pub waiting: u64,
    /// Accepted by a server.
    pub sent: u64,
    /// Refused permanently.
    pub refused: u64,
    /// Given up after waiting too long.
    pub expired: u64,
}

/// The mail that is due next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextMail {
    /// Instant at which it is due.
    pub due: DateTime<Utc>,
    /// Reason why it has not been sent; `None` when it has not been tried.
    pub reason: Option<String>,
}

/// A mail in the list of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Message-ID, without angle brackets.
    pub message_id: String,
    /// Run that it reports.
    pub run_id: Option<String>,
    /// Topic, such as `report:7d` or `stale`.
    pub topic: String,
    /// The subject.
    pub subject: String,
    /// Instant at which it was written.
    pub created_at: DateTime<Utc>,
    /// Recipients and their delivery states.
    pub recipients: Vec<RecipientEntry>,
}

/// A recipient in the list of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientEntry {
    /// The address.
    pub address: String,
    /// State: `waiting`, `sent`, `refused` or `expired`.
    pub state: String,
    /// Number of attempts so far.
    pub attempts: u32,
    /// Instant of the next attempt, while the recipient waits.
    pub next_attempt: DateTime<Utc>,
    /// Instant of the last change of state, or of the last attempt.
    pub changed_at: DateTime<Utc>,
    /// Last reply of the server, or the reason why it was not reached.
    pub reply: Option<String>,
}

/// Stores `mail`, unless its topic has had another mail since `skip_if_topic_since`; returns true when it was stored.
pub(crate) fn insert(connection: &Connection, run_id: Option<&str>, mail: &OutgoingMail) -> rusqlite::Result<bool> {
    if let Some(since) = mail.skip_if_topic_since {
        let told = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE topic = ?1 AND created_at > ?2)",
            params![mail.topic, to_text(since)],
            |row| row.get(0),
        )?;
        if told {
            return Ok(false);
        }
    }
    connection.execute(
        "INSERT INTO outbox (message_id, run_id, topic, sender, subject, created_at, message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            mail.message_id,
            run_id,
            mail.topic,
            mail.sender,
            mail.subject,
            to_text(mail.created_at),
            mail.message
        ],
    )?;
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO outbox_recipients (message_id, address, state, next_attempt, changed_at)
         VALUES (?1, ?2, 'waiting', ?3, ?3)",
    )?;
    for address in &mail.recipients {
        statement.execute(params![mail.message_id, address, to_text(mail.created_at)])?;
    }
    Ok(true)
}

impl Ledger {
    /// Stores a mail that belongs to no run, unless its topic has had another mail since `skip_if_topic_since`; returns true
    /// when it was stored.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn enqueue(&self, mail: &OutgoingMail) -> Result<bool, LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<bool> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let kept = insert(&transaction, None, mail)?;
            transaction.commit()?;
            Ok(kept)
        };
        write().map_err(|e| self.failed(e))
    }

    /// Returns the oldest mail with recipients due at `now`, and all of those recipients.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn due_mail(&self, now: DateTime<Utc>) -> Result<Option<DueMail>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Option<DueMail>> {
            let mail = connection
                .query_row(
                    "SELECT message_id, topic, sender, subject, message, created_at FROM outbox
                     WHERE message IS NOT NULL AND message_id IN
                         (SELECT message_id FROM outbox_recipients WHERE state = 'waiting' AND next_attempt <= ?1)
                     ORDER BY created_at, message_id LIMIT 1",
                    [to_text(now)],
                    |row| {
                        Ok(DueMail {
                            message_id: row.get(0)?,
                            topic: row.get(1)?,
                            sender: row.get(2)?,
                            subject: row.get(3)?,
                            recipients: Vec::new(),
                            message: row.get(4)?,
                            created_at: instant(row, 5)?,
                        })
                    },
                )
                .optional()?;
            let Some(mut mail) = mail else { return Ok(None) };
            mail.recipients = connection
                .prepare_cached(
                    "SELECT address, attempts FROM outbox_recipients
                     WHERE message_id = ?1 AND state = 'waiting' AND next_attempt <= ?2 ORDER BY address",
                )?
                .query_map(params![mail.message_id, to_text(now)], |row| {
                    Ok(WaitingRecipient { address: row.get(0)?, attempts: row.get(1)? })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(mail))
        };
        read().map_err(|e| self.failed(e))
    }

    /// Records the outcomes of an attempt at `now`, one per address. The text of a mail is deleted once no recipient
    /// waits for it.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn record_mail_outcomes(
        &self,
        message_id: &str,
        outcomes: &[(String, MailOutcome)],
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let mut connection = self.connection();
        let mut write = || -> rusqlite::Result<()> {
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            for (address, outcome) in outcomes {
                let next = if let MailOutcome::Waiting(_, next) = outcome { *next } else { now };
                transaction.execute(
                    "UPDATE outbox_recipients SET state = ?3, reply = ?4, next_attempt = ?5, changed_at = ?6,
                         attempts = attempts + 1
                     WHERE message_id = ?1 AND address = ?2 AND state = 'waiting'",
                    params![message_id, address, outcome.state(), outcome.reply(), to_text(next), to_text(now)],
                )?;
            }
            transaction.execute(
                "UPDATE outbox SET message = NULL WHERE message_id = ?1 AND NOT EXISTS
                     (SELECT 1 FROM outbox_recipients WHERE message_id = ?1 AND state = 'waiting')",
                [message_id],
            )?;
            transaction.commit()
        };
        write().map_err(|e| self.failed(e))
    }

    /// Makes every waiting recipient due at `now`.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn make_mail_due(&self, now: DateTime<Utc>) -> Result<(), LedgerError> {
        self.connection()
            .execute(
                "UPDATE outbox_recipients SET next_attempt = ?1 WHERE state = 'waiting' AND next_attempt > ?1",
                [to_text(now)],
            )
            .map(drop)
            .map_err(|e| self.failed(e))
    }

    /// Returns the mail that is due next; `None` when none waits.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn next_mail(&self) -> Result<Option<NextMail>, LedgerError> {
        self.connection()
            .query_row(
                "SELECT next_attempt, reply FROM outbox_recipients WHERE state = 'waiting'
                 ORDER BY next_attempt, changed_at DESC LIMIT 1",
                [],
                |row| Ok(NextMail { due: instant(row, 0)?, reason: row.get(1)? }),
            )
            .optional()
            .map_err(|e| self.failed(e))
    }

    /// Counts the recipients by delivery state.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn outbox_counts(&self) -> Result<OutboxCounts, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<(String, i64)>> {
            connection
                .prepare("SELECT state, COUNT(*) FROM outbox_recipients GROUP BY state")?
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect()
        };
        let rows = read().map_err(|e| self.failed(e))?;
        let of = |state: &str| {
            let count = rows.iter().find(|(word, _)| word == state).map_or(0, |(_, count)| *count);
            u64::try_from(count).unwrap_or_default()
        };
        Ok(OutboxCounts { waiting: of("waiting"), sent: of("sent"), refused: of("refused"), expired: of("expired") })
    }

    /// Returns all mails with a waiting recipient, and the last `settled` of the others, oldest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn outbox(&self, settled: usize) -> Result<Vec<OutboxEntry>, LedgerError> {
        let connection = self.connection();
        let read = || -> rusqlite::Result<Vec<OutboxEntry>> {
            let mut entries: Vec<OutboxEntry> = connection
                .prepare(
                    "SELECT message_id, run_id, topic, subject, created_at FROM outbox
                     WHERE message IS NOT NULL OR message_id IN
                         (SELECT message_id FROM outbox WHERE message IS NULL ORDER BY created_at DESC LIMIT ?1)
                     ORDER BY created_at, message_id",
                )?
                .query_map([settled as i64], entry)?
                .collect::<rusqlite::Result<_>>()?;
            let mut statement = connection.prepare(
                "SELECT address, state, attempts, next_attempt, changed_at, reply FROM outbox_recipients
                 WHERE message_id = ?1 ORDER BY address",
            )?;
            for entry in &mut entries {
                entry.recipients =
                    statement.query_map([&entry.message_id], recipient)?.collect::<rusqlite::Result<_>>()?;
            }
            Ok(entries)
        };
        read().map_err(|e| self.failed(e))
    }
}

fn entry(row: &Row<'_>) -> rusqlite::Result<OutboxEntry> {
    Ok(OutboxEntry {
        message_id: row.get(0)?,
        run_id: row.get(1)?,
        topic: row.get(2)?,
        subject: row.get(3)?,
        created_at: instant(row, 4)?,
        recipients: Vec::new(),
    })
}

fn recipient(row: &Row<'_>) -> rusqlite::Result<RecipientEntry> {
    Ok(RecipientEntry {
        address: row.get(0)?,
        state: row.get(1)?,
        attempts: row.get(2)?,
        next_attempt: instant(row, 3)?,
        changed_at: instant(row, 4)?,
        reply: row.get(5)?,
    })
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
