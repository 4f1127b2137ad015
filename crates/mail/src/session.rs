//! A session with a server up to the point where it accepts mail: connection, greeting, EHLO, TLS, password. Each
//! step is recorded with its duration, for callers that show it.

mod hello;

use crate::{
    delivery_error::DeliveryError,
    reply::SmtpReply,
    server::{Server, url::Security},
    text::sanitized,
    tls::{self, TlsFacts},
    wire::{Connection, Stream, WireError},
};
use hello::Capabilities;
use lettre::transport::smtp::{
    authentication::{Credentials, Mechanism},
    commands::{Auth, Ehlo, Quit, Starttls},
    extension::ClientId,
    response::Response,
};
use std::{
    fmt::Display,
    io,
    time::{Duration, Instant},
};
use tokio::{
    net::{TcpStream, lookup_host},
    time::timeout,
};

/// Addresses of a name that are tried; trying more does not help with a server that is down.
const MAX_ADDRESSES: usize = 4;
/// Time limit of QUIT, a courtesy on which nothing depends.
const FAREWELL: Duration = Duration::from_secs(5);

/// A step that succeeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Name of the step: "connect", "EHLO" ...
    pub name: &'static str,
    /// Duration of the step.
    pub duration: Duration,
    /// Result of the step: an address, the server's text.
    pub note: String,
}

/// The steps so far.
#[derive(Debug)]
pub(crate) struct StepLog {
    pub(crate) steps: Vec<Step>,
    since: Instant,
}

impl StepLog {
    pub(crate) fn begin() -> Self {
        Self { steps: Vec::new(), since: Instant::now() }
    }

    pub(crate) fn note(&mut self, name: &'static str, note: impl Display) {
        self.steps.push(Step { name, duration: self.since.elapsed(), note: sanitized(&note.to_string(), 300) });
        self.since = Instant::now();
    }
}

/// A session that is ready for mail.
pub(crate) struct Session<'a> {
    server: &'a Server,
    wire: Connection<Box<dyn Stream>>,
    /// The server's capabilities, from its last EHLO.
    pub(crate) capabilities: Capabilities,
    /// Protection of the connection, if any.
    pub(crate) tls: Option<TlsFacts>,
    /// Set when replies and commands no longer match.
    is_broken: bool,
}

impl<'a> Session<'a> {
    /// Connects, protects the connection as the server's URL requires, and logs in.
    pub(crate) async fn open(server: &'a Server, domain: &str, journal: &mut StepLog) -> Result<Self, DeliveryError> {
        if let (Some(user), None) = (server.user(), server.password()) {
            return Err(DeliveryError::NoPassword { server: server.address(), user: sanitized(user, 100) });
        }
        let stream = connect(server).await?;
        let lost = |error| {
            wire_to_delivery_error(server, "connect", WireError::ConnectionLost(io::Error::to_string(&error)))
        };
        let peer = stream.peer_addr().map_err(lost)?.ip();
        let name = hello::name(domain, stream.local_addr().map_err(lost)?.ip());
        journal.note("connect", peer);
        if server.security() == Security::None && server.user().is_some() && !peer.to_canonical().is_loopback() {
            return Err(DeliveryError::ClearPassword { server: server.address(), address: peer.to_string() });
        }
        let (stream, tls): (Box<dyn Stream>, _) = match server.security() {
            Security::None => (Box::new(stream), None),
            Security::Tls => protected(server, stream, journal).await?,
            Security::StartTls => {
                let stream = ask_for_tls(server, stream, &name, journal).await?;
                protected(server, stream, journal).await?
            }
        };
        let mut wire = Connection::over(stream);
        if server.security() != Security::StartTls {
            greeting(server, &mut wire, journal).await?;
        }
        let capabilities = hello(server, &mut wire, &name, journal).await?;
        let mut session = Self { server, wire, capabilities, tls, is_broken: false };
        session.authenticate(journal).await?;
        Ok(session)
    }

    /// Sends a command and reads the reply; a 421 or an invalid reply ends the session.
    pub(crate) async fn ask(
        &mut self,
        during: &'static str,
        command: impl Display,
    ) -> Result<SmtpReply, DeliveryError> {
        let answer = self.wire.command(command, self.server.limits().command).await;
        self.check_reply(during, answer)
    }

    /// Sends the message and reads the reply.
    pub(crate) async fn send_message(&mut self, message: &[u8]) -> Result<SmtpReply, DeliveryError> {
        let within = self.server.limits().data;
        if let Some(farewell) = self.wire.unsolicited_reply(within).await.transpose() {
            return self.check_reply("message", farewell);
        }
        let sent = self.wire.send(message, within).await;
        let whole = sent.is_ok();
        let answer = self.wire.reply_after_send(sent, within).await;
        match answer {
            Err(error) if whole => {
                self.is_broken = true;
                Err(DeliveryError::InDoubt { server: self.server.address(), reason: words(error) })
            }
            answer => self.check_reply("message", answer),
        }
    }

    /// Sends QUIT and ignores the result.
    pub(crate) async fn close(mut self) {
        if !self.is_broken {
            let _ = self.wire.command(Quit, self.server.limits().command.min(FAREWELL)).await;
        }
    }

    /// Returns the authentication error with the server's text.
    pub(crate) fn refused(&self, reply: &SmtpReply) -> DeliveryError {
        let user =
            self.server.user().map_or_else(|| "nobody".to_owned(), |user| format!("'{}'", sanitized(user, 100)));
        let advice = advice_on_password(self.server);
        DeliveryError::Authentication { server: self.server.address(), user, reply: reply.to_string(), advice }
    }

    fn check_reply(
        &mut self,
        during: &'static str,
        answer: Result<SmtpReply, WireError>,
    ) -> Result<SmtpReply, DeliveryError> {
        match answer {
            Ok(reply) if reply.code == 421 => {
                self.is_broken = true;
                Err(DeliveryError::Busy { server: self.server.address(), during, reply: reply.to_string() })
            }
            Ok(reply) => Ok(reply),
            Err(error) => {
                self.is_broken = true;
                Err(wire_to_delivery_error(self.server, during, error))
            }
        }
    }

    async fn authenticate(&mut self, journal: &mut StepLog) -> Result<(), DeliveryError> {
        let (Some(user), Some(password)) = (self.server.user(), self.server.password()) else { return Ok(()) };
        let credentials = Credentials::new(user.to_owned(), password.reveal().to_owned());
        let Some(mechanism) = self.capabilities.mechanism() else {
            let offered = self.capabilities.mechanisms();
            return Err(DeliveryError::NoMechanism {
                server: self.server.address(),
                offered: sanitized(&offered, 100),
            });
        };
        let odd = |_| {
            wire_to_delivery_error(
                self.server,
                "AUTH",
                WireError::InvalidReply("its question is not understood".into()),
            )
        };
        let mut command = Auth::new(mechanism, credentials.clone(), None).map_err(odd)?;
        let secrets = secrets(password.reveal(), &credentials);
        // LOGIN asks two questions, PLAIN none.
        for _ in 0..3 {
            let reply = self.ask("AUTH", &command).await?.without(&secrets);
            if reply.is_done() {
                journal.note("AUTH", format!("{mechanism}: {reply}"));
                return Ok(());
            }
            if reply.code != 334 {
                return Err(self.not_authenticated(user, &reply));
            }
            let question = format!("334 {}\r\n", reply.lines().next().unwrap_or_default());
            let question: Response = question.parse().map_err(odd)?;
            command = Auth::new_from_response(mechanism, credentials.clone(), &question).map_err(odd)?;
        }
        Err(wire_to_delivery_error(
            self.server,
            "AUTH",
            WireError::InvalidReply("it asks for more than user and password".into()),
        ))
    }

    fn not_authenticated(&self, user: &str, reply: &SmtpReply) -> DeliveryError {
        let (server, user, words) = (self.server.address(), format!("'{}'", sanitized(user, 100)), reply.to_string());
        match reply.code / 100 {
            4 => DeliveryError::AuthenticationDeferred { server, user, reply: words },
            5 => self.refused(reply),
            _ => DeliveryError::Protocol { server, during: "AUTH", reason: words },
        }
    }
}

async fn connect(server: &Server) -> Result<TcpStream, DeliveryError> {
    let address = server.address();
    let within = server.limits().connect;
    let silent = || wire_to_delivery_error(server, "connect", WireError::Timeout(within));
    let found = timeout(within, lookup_host((server.host(), server.port()))).await.map_err(|_| silent())?;
    let unknown = |reason| DeliveryError::UnknownHost { server: address.clone(), reason };
    let found = found.map_err(|error| unknown(sanitized(&error.to_string(), 200)))?;
    let mut last = unknown("the name has no address".into());
    for peer in found.take(MAX_ADDRESSES) {
        match timeout(within, TcpStream::connect(peer)).await {
            Ok(Ok(stream)) => {
                // Commands are short and each waits for its reply.
                let _ = stream.set_nodelay(true);
                return Ok(stream);
            }
            Ok(Err(error)) => {
                let reason = format!("{} ({})", sanitized(&error.to_string(), 200), peer.ip());
                last = DeliveryError::Unreachable { server: address.clone(), reason };
            }
            Err(_) => last = silent(),
        }
    }
    Err(last)
}

/// Greeting, EHLO and STARTTLS in clear; everything received in clear is discarded with the wire.
async fn ask_for_tls(
    server: &Server,
    stream: TcpStream,
    name: &ClientId,
    journal: &mut StepLog,
) -> Result<TcpStream, DeliveryError> {
    let mut wire = Connection::over(stream);
    greeting(server, &mut wire, journal).await?;
    if !hello(server, &mut wire, name, journal).await?.starttls {
        return Err(DeliveryError::NoTls { server: server.address() });
    }
    let during = "STARTTLS";
    let reply = wire.command(Starttls, server.limits().command).await;
    let reply = require_success(server, during, reply)?;
    journal.note(during, &reply);
    wire.into_stream().map_err(|error| wire_to_delivery_error(server, during, error))
}

async fn protected(
    server: &Server,
    stream: TcpStream,
    journal: &mut StepLog,
) -> Result<(Box<dyn Stream>, Option<TlsFacts>), DeliveryError> {
    let (stream, facts) = tls::start_tls(server, stream).await?;
    journal.note("TLS", facts.version);
    Ok((Box::new(stream), Some(facts)))
}

async fn greeting<S: Stream>(
    server: &Server,
    wire: &mut Connection<S>,
    journal: &mut StepLog,
) -> Result<(), DeliveryError> {
    let reply = require_success(server, "greeting", wire.reply(server.limits().command).await)?;
    journal.note("greeting", reply);
    Ok(())
}

async fn hello<S: Stream>(
    server: &Server,
    wire: &mut Connection<S>,
    name: &ClientId,
    journal: &mut StepLog,
) -> Result<Capabilities, DeliveryError> {
    let reply = wire.command(Ehlo::new(name.clone()), server.limits().command).await;
    let reply = require_success(server, "EHLO", reply)?;
    journal.note("EHLO", format!("as {name}: {reply}"));
    Ok(Capabilities::of(&reply))
}

/// Returns a positive reply; any other becomes an error.
fn require_success(
    server: &Server,
    during: &'static str,
    answer: Result<SmtpReply, WireError>,
) -> Result<SmtpReply, DeliveryError> {
    let reply = answer.map_err(|error| wire_to_delivery_error(server, during, error))?;
    let (server, words) = (server.address(), reply.to_string());
    match reply.code / 100 {
        2 => Ok(reply),
        4 => Err(DeliveryError::Busy { server, during, reply: words }),
        5 => Err(DeliveryError::ClientRejected { server, during, reply: words }),
        _ => Err(DeliveryError::Protocol { server, during, reason: words }),
    }
}

fn wire_to_delivery_error(server: &Server, during: &'static str, error: WireError) -> DeliveryError {
    let waits_for_handshake = during == "greeting" && server.security() != Security::Tls;
    let address = server.address();
    match error {
        WireError::Timeout(within) => DeliveryError::Silent {
            server: address,
            during,
            seconds: within.as_secs(),
            advice: if waits_for_handshake {
                "; if it speaks TLS from the start, as port 465 does, write smtps:// in mail.smtp instead of smtp://"
            } else {
                ""
            },
        },
        WireError::ConnectionLost(reason) => DeliveryError::Cut { server: address, during, reason },
        WireError::InvalidReply(reason) => DeliveryError::Protocol { server: address, during, reason },
    }
}

fn words(error: WireError) -> String {
    match error {
        WireError::Timeout(within) => format!("silence for {} s", within.as_secs()),
        WireError::ConnectionLost(reason) | WireError::InvalidReply(reason) => reason,
    }
}

/// Returns all forms in which a server could repeat the password.
fn secrets(password: &str, credentials: &Credentials) -> Vec<String> {
    let questions = [(Mechanism::Plain, None), (Mechanism::Login, Some("Password:".to_owned()))];
    let encoded = questions.into_iter().filter_map(|(mechanism, question)| {
        let command = Auth::new(mechanism, credentials.clone(), question).ok()?.to_string();
        command.split_whitespace().last().map(str::to_owned)
    });
    encoded.chain([password.to_owned()]).collect()
}

fn advice_on_password(server: &Server) -> &'static str {
    if server.user().is_none() {
        return "the server requires a login: set the user in mail.smtp (smtps://USER@HOST) and the password in \
            mail.password";
    }
    match server.host() {
        "smtp.gmail.com" => {
            "Gmail takes no account passwords here: create an app password (Google account, 2-step verification) and \
             store it where mail.password points. It is tried rarely until then"
        }
        "smtp.office365.com" | "smtp-mail.outlook.com" => {
            "check user and password; Microsoft takes passwords only where the administrator has allowed authenticated \
             SMTP for the mailbox. It is tried rarely until then"
        }
        _ => {
            "check the user in mail.smtp and what mail.password names. It is tried rarely until then, so that the \
             account is not locked"
        }
    }
}
