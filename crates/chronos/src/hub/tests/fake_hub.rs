//! Test server on 127.0.0.1 with one thread and one connection at a time: it records the requests and answers as the
//! test specifies. Also a model that answers as the hub does.

use sha1::{Digest, Sha1};
use sha2::Sha256;
use std::{
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// Request of a client.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: String,
    pub(super) path: String,
    headers: Vec<(String, String)>,
}

impl Request {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    pub(super) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    pub(super) fn wants(&self, file: &str) -> bool {
        self.path.split('?').next().is_some_and(|path| path.ends_with(file))
    }

    /// Request line, such as "GET /owner/model/resolve/main/config.json".
    pub(super) fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

/// End of a connection.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Ending {
    Whole,
    /// Closed after this many bytes of the body.
    CutAfter(usize),
    /// Silent after this many bytes of the body, but open.
    SilentAfter(usize),
}

/// Response to a request.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    ending: Ending,
}

impl Answer {
    pub(super) fn status(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: Vec::new(), ending: Ending::Whole }
    }

    pub(super) fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub(super) fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(super) fn cut_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::CutAfter(bytes);
        self
    }

    pub(super) fn silent_after(mut self, bytes: usize) -> Self {
        self.ending = Ending::SilentAfter(bytes);
        self
    }

    /// Returns the complete content, or the requested range.
    pub(super) fn content(request: &Request, content: &[u8]) -> Self {
        let Some(range) = request.header("range") else { return Self::status(200).body(content) };
        let from: usize = range.strip_prefix("bytes=").unwrap().strip_suffix('-').unwrap().parse().unwrap();
        let size = content.len();
        if from >= size {
            return Self::status(416).with("Content-Range", format!("bytes */{size}"));
        }
        Self::status(206).with("Content-Range", format!("bytes {from}-{}/{size}", size - 1)).body(&content[from..])
    }
}

/// Server that ends when it is dropped.
pub(super) struct Server {
    address: SocketAddr,
    log: Arc<Mutex<Vec<(Request, usize)>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(super) fn answering(mut answer: impl FnMut(&Request) -> Answer + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (log, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (noted, stopped) = (Arc::clone(&log), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            let mut silent = Vec::new();
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                let Some(request) = read(&stream) else { continue };
                let answer = answer(&request);
                // Recorded before it is sent, so that the log contains everything the client has seen.
                noted.lock().unwrap().push((request.clone(), sent_length(&request, &answer)));
                send(&stream, &request, &answer);
                if matches!(answer.ending, Ending::SilentAfter(_)) {
                    silent.push(stream);
                }
            }
        });
        Self { address, log, stop, thread: Some(thread) }
    }

    pub(super) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().iter().map(|(request, _)| request.clone()).collect()
    }

    pub(super) fn lines(&self) -> Vec<String> {
        self.requests().iter().map(Request::line).collect()
    }

    /// Values of `Range` in the GETs of a file, in order; "all" for a GET without one.
    pub(super) fn ranges(&self, file: &str) -> Vec<String> {
        let gets = self.requests().into_iter().filter(|request| !request.is_head() && request.wants(file));
        gets.map(|request| request.header("range").unwrap_or("all").to_owned()).collect()
    }

    /// Bytes of a file's content sent by all requests together.
    pub(super) fn bytes_sent(&self, file: &str) -> usize {
        self.log.lock().unwrap().iter().filter(|(request, _)| request.wants(file)).map(|(_, sent)| sent).sum()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
        let ended = self.thread.take().unwrap().join();
        assert!(ended.is_ok() || std::thread::panicking(), "the fake server panicked");
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let (method, rest) = first.split_once(' ')?;
    let path = rest.split_once(' ')?.0.to_owned();
    let mut headers = Vec::new();
    for line in lines {
        match line.ok()?.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    Some(Request { method: method.to_owned(), path, headers })
}

fn sent_length(request: &Request, answer: &Answer) -> usize {
    match answer.ending {
        _ if request.is_head() => 0,
        Ending::Whole => answer.body.len(),
        Ending::CutAfter(bytes) | Ending::SilentAfter(bytes) => bytes.min(answer.body.len()),
    }
}

/// Sends an answer; errors are ignored, because the client may have gone away.
fn send(mut stream: &TcpStream, request: &Request, answer: &Answer) {
    let mut head = format!("HTTP/1.1 {} -\r\nConnection: close\r\n", answer.status);
    if !answer.headers.iter().any(|(name, _)| name == "Content-Length") {
        head += &format!("Content-Length: {}\r\n", answer.body.len());
    }
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let _ = stream.write_all(format!("{head}\r\n").as_bytes());
    let _ = stream.write_all(&answer.body[..sent_length(request, answer)]);
}

/// Model as on the hub: a small file in git and a large one in LFS.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) config: Vec<u8>,
    pub(super) weights: Vec<u8>,
}

impl Model {
    /// Creates a model with weights of about 300 kB, no two blocks alike.
    pub(super) fn example() -> Self {
        let weights = (0..75_000_u32).flat_map(|i| i.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
        Self { config: br#"{"architectures": ["ChronosBoltModelForForecasting"]}"#.to_vec(), weights }
    }

    /// Response of the hub, with the weights at the same address.
    pub(super) fn answer(&self, request: &Request) -> Answer {
        let (etag, content) =
            if request.wants("config.json") { ("ETag", &self.config) } else { ("X-Linked-Etag", &self.weights) };
        let checksum = if etag == "ETag" { git_blob(content) } else { sha256(content) };
        let mut answer =
            Answer::content(request, content).with("X-Repo-Commit", COMMIT).with(etag, format!("\"{checksum}\""));
        if request.is_head() && etag != "ETag" {
            answer = answer.with("X-Linked-Size", content.len());
        }
        answer
    }

    /// Response of the hub as captured in 2026: the small file by a relative redirect, whose target describes it again,
    /// and the weights by a redirect to a CDN.
    pub(super) fn answer_as_captured(&self, request: &Request, cdn: &str) -> Answer {
        if !request.wants("config.json") {
            return self.answer_with_cdn(request, cdn);
        }
        let etag = format!("\"{}\"", git_blob(&self.config));
        if request.path.starts_with("/api/resolve-cache/") {
            return Answer::content(request, &self.config).with("ETag", etag);
        }
        Answer::status(307)
            .with("Location", format!("/api/resolve-cache/models/owner/model/{COMMIT}/config.json?etag=%22x%22"))
            .with("X-Repo-Commit", COMMIT)
            .with("X-Linked-Size", self.config.len())
            .with("X-Linked-ETag", etag)
            .body(b"Temporary Redirect. Redirecting to /api/resolve-cache")
    }

    /// Response of the hub, with the weights at a CDN.
    pub(super) fn answer_with_cdn(&self, request: &Request, cdn: &str) -> Answer {
        if request.wants("config.json") {
            return self.answer(request);
        }
        Answer::status(302)
            .with("Location", format!("{cdn}/signed/model.safetensors?for=a+while"))
            .with("X-Repo-Commit", COMMIT)
            .with("ETag", "W/\"of-the-redirect\"")
            .with("X-Linked-Etag", format!("\"{}\"", sha256(&self.weights)))
            .with("X-Linked-Size", self.weights.len())
            .body(b"Found. Redirecting")
    }
}

/// Refusal with the headers in which the hub tells the reason; an empty one is left out.
pub(super) fn refusal(status: u16, code: &str, message: &str) -> Answer {
    let headers = [("X-Error-Code", code), ("X-Error-Message", message)];
    let told = headers.into_iter().filter(|(_, value)| !value.is_empty());
    told.fold(Answer::status(status), |answer, (name, value)| answer.with(name, value)).body(message.as_bytes())
}

pub(super) fn sha256(content: &[u8]) -> String {
    hexadecimal(&Sha256::digest(content))
}

pub(super) fn git_blob(content: &[u8]) -> String {
    hexadecimal(&Sha1::new_with_prefix(format!("blob {}\0", content.len())).chain_update(content).finalize())
}
