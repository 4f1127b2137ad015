//! A test of a server without sending mail: every step up to the sender's address, timed, for `doctor` and `mail
//! test`.

use crate::{
    address::Address,
    delivery_error::DeliveryError,
    server::Server,
    session::{Session, Step, StepLog},
    tls::TlsFacts,
};
use lettre::transport::smtp::commands::Mail;
use std::fmt;

/// Result of a test of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Host and port.
    pub server: String,
    /// The steps that succeeded, in order.
    pub steps: Vec<Step>,
    /// Protection of the connection, if any.
    pub tls: Option<TlsFacts>,
    /// The server's capabilities after EHLO, as it writes them.
    pub capabilities: Vec<String>,
    /// The largest message it accepts, in bytes, if stated.
    pub largest: Option<u64>,
    /// The error that ended the test; `None` when the server is ready for mail.
    pub error: Option<DeliveryError>,
}

/// Connects, protects the connection, logs in, and checks that the server accepts the sender. Sends no mail.
pub async fn probe(server: &Server, sender: &Address) -> Probe {
    let mut journal = StepLog::begin();
    let mut probe = Probe {
        server: server.address(),
        steps: Vec::new(),
        tls: None,
        capabilities: Vec::new(),
        largest: None,
        error: None,
    };
    match Session::open(server, sender.domain(), &mut journal).await {
        Err(error) => probe.error = Some(error),
        Ok(mut session) => {
            probe.error = introduce(server, sender, &mut session, &mut journal).await.err();
            probe.tls = session.tls.take();
            probe.largest = session.capabilities.largest;
            probe.capabilities = std::mem::take(&mut session.capabilities.lines);
            session.close().await;
        }
    }
    probe.steps = journal.steps;
    probe
}

async fn introduce(
    server: &Server,
    sender: &Address,
    session: &mut Session<'_>,
    journal: &mut StepLog,
) -> Result<(), DeliveryError> {
    let reply = session.ask("MAIL FROM", Mail::new(Some(sender.path()), Vec::new())).await?;
    let (server, words) = (server.address(), reply.to_string());
    if reply.is_done() {
        journal.note("MAIL FROM", words);
        // A server that does not support RSET still forgets the sender with the connection.
        session.ask("RSET", "RSET\r\n").await.map(drop)
    } else if reply.wants_authentication() {
        Err(session.refused(&reply))
    } else if reply.is_transient() {
        Err(DeliveryError::Busy { server, during: "MAIL FROM", reply: words })
    } else {
        Err(DeliveryError::Sender { server, sender: sender.address().to_owned(), reply: words })
    }
}

impl fmt::Display for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{:<10} {:>6} ms  {}", step.name, step.duration.as_millis(), step.note)?;
        }
        match &self.error {
            Some(error) => error.fmt(f),
            None => write!(f, "{} is ready for mail", self.server),
        }
    }
}
