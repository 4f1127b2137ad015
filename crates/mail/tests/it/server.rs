//! A mail server that behaves correctly except where a test says otherwise.

use rustls::{
    ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU32, Ordering},
};
use tokio::{
    io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

static COUNT: AtomicU32 = AtomicU32::new(1);

/// Scripted answer: hang up instead of answering.
pub(crate) const CUT: &str = "<cut>";
/// Scripted answer: send nothing, and stay connected.
pub(crate) const HANG: &str = "<hang>";

trait Stream: AsyncBufRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncBufRead + AsyncWrite + Unpin + Send> Stream for T {}

#[derive(Clone)]
enum Tls {
    None,
    AfterCommand(Arc<ServerConfig>),
    FromTheStart(Arc<ServerConfig>),
}

/// Behaviour of the server.
#[derive(Clone)]
pub(crate) struct Manners {
    tls: Tls,
    offers: Vec<&'static str>,
    /// Scripted answers: prefix of a command, or "" for the greeting and "." for the message's end; the answer; the
    /// number of times.
    answers: Vec<(&'static str, String, usize)>,
}

/// Everything the server has received.
#[derive(Default)]
pub(crate) struct Seen {
    /// Commands; those over TLS are marked.
    pub(crate) commands: Vec<String>,
    /// Messages as they came over the wire, including their end mark.
    pub(crate) messages: Vec<String>,
}

pub(crate) struct Scripted {
    pub(crate) port: u16,
    pub(crate) seen: Arc<Mutex<Seen>>,
}

impl Manners {
    pub(crate) fn plain() -> Self {
        Self { tls: Tls::None, offers: vec!["SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES"], answers: Vec::new() }
    }

    pub(crate) fn starttls(config: Arc<ServerConfig>) -> Self {
        Self { tls: Tls::AfterCommand(config), offers: vec!["AUTH PLAIN LOGIN"], answers: Vec::new() }
    }

    pub(crate) fn smtps(config: Arc<ServerConfig>) -> Self {
        Self { tls: Tls::FromTheStart(config), offers: vec!["AUTH PLAIN LOGIN"], answers: Vec::new() }
    }

    pub(crate) fn offering(mut self, offers: &[&'static str]) -> Self {
        self.offers = offers.to_vec();
        self
    }

    pub(crate) fn answering(mut self, prefix: &'static str, answer: &str) -> Self {
        self.answers.push((prefix, answer.to_owned(), usize::MAX));
        self
    }

    pub(crate) fn answering_once(mut self, prefix: &'static str, answer: &str) -> Self {
        self.answers.push((prefix, answer.to_owned(), 1));
        self
    }

    pub(crate) async fn listen(self) -> Scripted {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let manners = Arc::new(Mutex::new(self));
        let handed = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let visit = Visit { manners: manners.clone(), seen: handed.clone(), is_protected: false };
                tokio::spawn(async move { visit.welcome(stream).await });
            }
        });
        Scripted { port, seen }
    }
}

impl Scripted {
    pub(crate) fn commands(&self) -> Vec<String> {
        self.seen.lock().unwrap().commands.clone()
    }

    pub(crate) fn messages(&self) -> Vec<String> {
        self.seen.lock().unwrap().messages.clone()
    }

    /// True when a command that begins with `prefix` was received.
    pub(crate) fn was_asked(&self, prefix: &str) -> bool {
        self.commands().iter().any(|command| command.trim_start_matches("TLS ").starts_with(prefix))
    }
}

struct Visit {
    manners: Arc<Mutex<Manners>>,
    seen: Arc<Mutex<Seen>>,
    is_protected: bool,
}

impl Visit {
    async fn welcome(mut self, stream: TcpStream) -> Option<()> {
        let tls = self.manners.lock().unwrap().tls.clone();
        let mut plain = BufReader::new(stream);
        if let Tls::FromTheStart(config) = tls {
            self.is_protected = true;
            let stream = TlsAcceptor::from(config).accept(plain).await.ok()?;
            let mut stream = BufReader::new(stream);
            self.say(&mut stream, "", "220 mx.test ESMTP").await?;
            return self.converse(&mut stream).await;
        }
        self.say(&mut plain, "", "220 mx.test ESMTP").await?;
        self.converse(&mut plain).await?;
        let Tls::AfterCommand(config) = tls else { return None };
        self.is_protected = true;
        let stream = TlsAcceptor::from(config).accept(plain).await.ok()?;
        self.converse(&mut BufReader::new(stream)).await
    }

    /// `Some` when STARTTLS was answered, `None` when the connection is over.
    async fn converse(&mut self, stream: &mut impl Stream) -> Option<()> {
        loop {
            let command = self.hear(stream).await?;
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            match verb.as_str() {
                "EHLO" => {
                    let hello = self.hello();
                    self.say(stream, "EHLO", &hello).await?;
                }
                "STARTTLS" => {
                    self.say(stream, "STARTTLS", "220 go").await?;
                    return Some(());
                }
                "AUTH" => self.authenticate(stream, &command).await?,
                "DATA" => {
                    if self.say(stream, "DATA", "354 go").await?.starts_with("354") {
                        self.take_message(stream).await?;
                        self.say(stream, ".", "250 2.0.0 taken").await?;
                    }
                }
                "QUIT" => {
                    self.say(stream, "QUIT", "221 bye").await?;
                    return None;
                }
                _ => {
                    self.say(stream, &command, "250 2.1.0 ok").await?;
                }
            }
        }
    }

    fn hello(&self) -> String {
        let manners = self.manners.lock().unwrap();
        let mut lines = vec!["mx.test"];
        lines.extend(&manners.offers);
        if matches!(manners.tls, Tls::AfterCommand(_)) && !self.is_protected {
            lines.push("STARTTLS");
        }
        let last = lines.pop().unwrap();
        lines.iter().map(|line| format!("250-{line}\r\n")).collect::<String>() + "250 " + last
    }

    async fn authenticate(&mut self, stream: &mut impl Stream, command: &str) -> Option<()> {
        if command.starts_with("AUTH LOGIN") && self.say(stream, "AUTH", "334 VXNlcm5hbWU6").await?.starts_with("334")
        {
            self.hear(stream).await?;
            self.say(stream, "user", "334 UGFzc3dvcmQ6").await?;
            self.hear(stream).await?;
            self.say(stream, "password", "235 welcome").await?;
        } else if !command.starts_with("AUTH LOGIN") {
            self.say(stream, "AUTH", "235 welcome").await?;
        }
        Some(())
    }

    async fn hear(&self, stream: &mut impl Stream) -> Option<String> {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok().filter(|&n| n > 0)?;
        let mark = if self.is_protected { "TLS " } else { "" };
        let line = line.trim_end().to_owned();
        self.seen.lock().unwrap().commands.push(format!("{mark}{line}"));
        Some(line)
    }

    async fn take_message(&self, stream: &mut impl Stream) -> Option<()> {
        let mut bytes = Vec::new();
        if self.scripted("BODY").is_some() {
            // Reads a part of it, and then no more.
            stream.read_exact(&mut [0; 10]).await.ok()?;
            return None;
        }
        while bytes != b".\r\n" && !bytes.ends_with(b"\r\n.\r\n") {
            stream.read_until(b'\n', &mut bytes).await.ok().filter(|&n| n > 0)?;
        }
        self.seen.lock().unwrap().messages.push(String::from_utf8_lossy(&bytes).into_owned());
        Some(())
    }

    /// Returns the scripted answer to a command, if any.
    fn scripted(&self, command: &str) -> Option<String> {
        let mut manners = self.manners.lock().unwrap();
        let answers = manners.answers.iter_mut();
        let mut fitting = answers.filter(|(prefix, _, left)| {
            *left > 0 && (*prefix == command || !prefix.is_empty() && command.starts_with(*prefix))
        });
        let (_, answer, left) = fitting.next()?;
        *left -= 1;
        Some(answer.clone())
    }

    async fn say(&self, stream: &mut impl Stream, command: &str, usual: &str) -> Option<String> {
        let answer = self.scripted(command).unwrap_or_else(|| usual.to_owned());
        match answer.as_str() {
            CUT => None,
            HANG => std::future::pending().await,
            words => {
                let line = format!("{}\r\n", words.trim_end_matches(CUT));
                stream.write_all(line.as_bytes()).await.ok()?;
                stream.flush().await.ok()?;
                (!words.ends_with(CUT)).then_some(answer)
            }
        }
    }
}

/// A certificate authority that signs anything.
pub(crate) struct Authority {
    issuer: rcgen::Issuer<'static, rcgen::KeyPair>,
    der: CertificateDer<'static>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut parameters = rcgen::CertificateParams::default();
        // Two authorities with the same name would be confused with each other.
        let name = format!("authority {}", COUNT.fetch_add(1, Ordering::Relaxed));
        parameters.distinguished_name.push(rcgen::DnType::CommonName, name);
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        let der = parameters.self_signed(&key).unwrap().der().clone();
        Self { issuer: rcgen::Issuer::new(parameters, key), der }
    }

    /// Returns the configuration of a server with a certificate for these names.
    pub(crate) fn certify(&self, names: &[&str], until: i32) -> Arc<ServerConfig> {
        let names = names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let mut parameters = rcgen::CertificateParams::new(names).unwrap();
        parameters.not_after = rcgen::date_time_ymd(until, 6, 30);
        let key = rcgen::KeyPair::generate().unwrap();
        let own = parameters.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        Arc::new(config.with_single_cert(vec![own.der().clone()], key).unwrap())
    }

    /// Writes its certificate to a file.
    pub(crate) fn file(&self) -> tempfile::NamedTempFile {
        use base64::{Engine, engine::general_purpose::STANDARD};
        let file = tempfile::NamedTempFile::new().unwrap();
        let text = STANDARD.encode(&self.der);
        std::fs::write(&file, format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")).unwrap();
        file
    }
}
