//! The outbox: mails that were written with the run they tell of, and what became of each recipient.
//!
//! A mail goes in as it will go over the wire, in the run's transaction. Whoever sends asks for what is due and writes down what
//! came of it; a crash in between leaves it due, and the next attempt sends the same bytes under the same Message-ID.

use crate::error::LedgerError;
use crate::instants::{instant, key};
use crate::ledger::Ledger;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior, params};

/// A mail to be kept until it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct OutgoingMail {
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// What it is about, such as `report:7d` or `stale`.
    pub topic: String,
    /// The envelope's sender.
    pub sender: String,
    /// The subject, for those who look into the outbox.
    pub subject: String,
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    /// The whole mail as it goes over the wire.
    pub message: Vec<u8>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Not kept when there has been another mail on its topic since.
    pub unless_since: Option<DateTime<Utc>>,
}

/// A mail of which some recipients are due.
#[derive(Debug, Clone, PartialEq)]
pub struct DueMail {
    /// Its Message-ID.
    pub message_id: String,
    /// What it is about.
    pub topic: String,
    /// The envelope's sender.
    pub sender: String,
    /// The subject.
    pub subject: String,
    /// The recipients that are due.
    pub recipients: Vec<WaitingRecipient>,
    /// The whole mail.
    pub message: Vec<u8>,
    /// When it was written.
    pub created_at: DateTime<Utc>,
}

/// A recipient who waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingRecipient {
    /// The address.
    pub address: String,
    /// How often it was tried.
    pub attempts: u32,
}

/// What came of an attempt for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// A server has taken it; its words.
    Sent(String),
    /// Refused for good, and why.
    Refused(String),
    /// Not yet, why, and when it is tried again.
    Waiting(String, DateTime<Utc>),
    /// Not yet, why, and it has waited too long.
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

/// Recipients by what became of them; a mail to three counts three times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OutboxCounts {
    /// Still to be sent.
    pub waiting: u64,
    /// Taken by a server.
    pub sent: u64,
    /// Refused for good.
    pub refused: u64,
    /// Given up after waiting too long.
    pub expired: u64,
}

/// The mail that is due next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextMail {
    /// When.
    pub due: DateTime<Utc>,
    /// Why it was not sent so far; `None` when it was not tried.
    pub reason: Option<String>,
}

/// A mail in the list of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxEntry {
    /// Its Message-ID.
    pub message_id: String,
    /// The run it tells of.
    pub run_id: Option<String>,
    /// What it is about.
    pub topic: String,
    /// The subject.
    pub subject: String,
    /// When it was written.
    pub created_at: DateTime<Utc>,
    /// Its recipients.
    pub recipients: Vec<RecipientEntry>,
}

/// A recipient in the list of the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipientEntry {
    /// The address.
    pub address: String,
    /// waiting, sent, refused or expired.
    pub state: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it is tried again, while it waits.
    pub next_attempt: DateTime<Utc>,
    /// When the state became what it is, or was last tried.
    pub changed_at: DateTime<Utc>,
    /// The server's last words, or why it was not reached.
    pub reply: Option<String>,
}

/// Keeps `mail`, unless there has been another one on its topic lately.
pub(crate) fn insert(connection: &Connection, run_id: Option<&str>, mail: &OutgoingMail) -> rusqlite::Result<bool> {
    if let Some(since) = mail.unless_since {
        let told = connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM outbox WHERE topic = ?1 AND created_at > ?2)",
            params![mail.topic, key(since)],
            |row| row.get(0),
        )?;
        if told {
            return Ok(false);
        }
    }
    connection.execute(
        "INSERT INTO outbox (message_id, run_id, topic, sender, subject, created_at, message)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![mail.message_id, run_id, mail.topic, mail.sender, mail.subject, key(mail.created_at), mail.message],
    )?;
    let mut statement = connection.prepare_cached(
        "INSERT OR IGNORE INTO outbox_recipients (message_id, address, state, next_attempt, changed_at)
         VALUES (?1, ?2, 'waiting', ?3, ?3)",
    )?;
    for address in &mail.recipients {
        statement.execute(params![mail.message_id, address, key(mail.created_at)])?;
    }
    Ok(true)
}

impl Ledger {
    /// Keeps a mail that tells of no run; whether it was kept, or there has been one on its topic lately.
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

    /// The oldest mail of which some recipients are due at `now`, with all that are.
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
                    [key(now)],
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
                .query_map(params![mail.message_id, key(now)], |row| {
                    Ok(WaitingRecipient { address: row.get(0)?, attempts: row.get(1)? })
                })?
                .collect::<rusqlite::Result<_>>()?;
            Ok(Some(mail))
        };
        read().map_err(|e| self.failed(e))
    }

    /// Writes down what came of an attempt at `now`: an outcome for each address. A mail that nobody waits for any more gives its
    /// text back.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn settle_mail(
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
                    params![message_id, address, outcome.state(), outcome.reply(), key(next), key(now)],
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

    /// Makes whatever waits due at `now`.
    ///
    /// # Errors
    /// When the ledger cannot be written.
    pub fn hasten_mail(&self, now: DateTime<Utc>) -> Result<(), LedgerError> {
        self.connection()
            .execute(
                "UPDATE outbox_recipients SET next_attempt = ?1 WHERE state = 'waiting' AND next_attempt > ?1",
                [key(now)],
            )
            .map(drop)
            .map_err(|e| self.failed(e))
    }

    /// The mail that is due next; `None` when none waits.
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

    /// How many recipients wait, and what became of the others.
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

    /// All mails of which somebody waits, and the last `settled` of the others, oldest first.
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
