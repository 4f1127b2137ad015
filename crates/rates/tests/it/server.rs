//! Web server on 127.0.0.1 for the tests: it records the requests and responds as the test says, correctly or not.
#![allow(dead_code, clippy::unwrap_used)]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
    time::Duration,
};

/// A recorded request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Path and query.
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// A response of the server.
#[derive(Debug, Clone)]
pub(crate) enum Reply {
    /// A complete response with its length.
    Whole { status: u16, headers: Vec<(String, String)>, body: Vec<u8> },
    /// A response that announces more than it sends.
    Cut(Vec<u8>),
    /// This many bytes without a length.
    Flood(usize),
    /// Nothing, with the connection left open.
    Silence,
    /// These bytes, then the end of the connection.
    Raw(Vec<u8>),
    /// A response in this many pieces, with a pause before each.
    Dripping { body: Vec<u8>, pieces: usize, pause: Duration },
}

impl Reply {
    pub(crate) fn ok(body: impl AsRef<[u8]>) -> Self {
        Self::status(200, body)
    }

    pub(crate) fn status(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::Whole { status, headers: Vec::new(), body: body.as_ref().to_vec() }
    }

    pub(crate) fn with(self, name: &str, value: impl ToString) -> Self {
        match self {
            Self::Whole { status, mut headers, body } => {
                headers.push((name.to_owned(), value.to_string()));
                Self::Whole { status, headers, body }
            }
            other => other,
        }
    }

    fn send(&self, stream: &mut dyn Write) -> std::io::Result<()> {
        match self {
            Self::Whole { status, headers, body } => {
                let mut head =
                    format!("HTTP/1.1 {status} -\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                stream.write_all(format!("{head}\r\n").as_bytes())?;
                stream.write_all(body)
            }
            Self::Cut(body) => {
                let length = body.len() + 1000;
                stream.write_all(format!("HTTP/1.1 200 -\r\nContent-Length: {length}\r\n\r\n").as_bytes())?;
                stream.write_all(body)
            }
            Self::Flood(bytes) => {
                stream.write_all(b"HTTP/1.1 200 -\r\nConnection: close\r\n\r\n")?;
                let block = vec![b'7'; 1 << 16];
                for _ in 0..bytes / block.len() {
                    stream.write_all(&block)?;
                }
                Ok(())
            }
            Self::Silence => Ok(()),
            Self::Raw(bytes) => stream.write_all(bytes),
            Self::Dripping { body, pieces, pause } => {
                let length = body.len();
                stream.write_all(format!("HTTP/1.1 200 -\r\nContent-Length: {length}\r\n\r\n").as_bytes())?;
                for piece in body.chunks(length.div_ceil(*pieces).max(1)) {
                    std::thread::sleep(*pause);
                    stream.write_all(piece)?;
                }
                Ok(())
            }
        }
    }
}

/// The server, with one thread per connection. It stops when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    log: Arc<Mutex<Vec<Request>>>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn answering(answer: impl Fn(&Request) -> Reply + Send + Sync + 'static) -> Self {
        Self::speaking("http", move |stream, log| serve(stream, &answer, log))
    }

    /// Starts a server that handles each connection with `speak`.
    pub(crate) fn speaking(
        scheme: &'static str,
        speak: impl Fn(TcpStream, &Mutex<Vec<Request>>) + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (log, stop) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (noted, stopped, speak) = (Arc::clone(&log), Arc::clone(&stop), Arc::new(speak));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                let (noted, speak) = (Arc::clone(&noted), Arc::clone(&speak));
                std::thread::spawn(move || speak(stream, &noted));
            }
        });
        Self { address, scheme, log, stop, thread: Some(thread) }
    }

    /// Returns the address, such as "http://127.0.0.1:12345".
    pub(crate) fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }

    /// Returns the requests recorded so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.log.lock().unwrap().clone()
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.requests().into_iter().map(|request| request.path).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener.
        drop(TcpStream::connect(self.address));
        let _ = self.thread.take().unwrap().join();
    }
}

fn serve(mut stream: TcpStream, answer: &dyn Fn(&Request) -> Reply, log: &Mutex<Vec<Request>>) {
    let Some(request) = read(&stream) else { return };
    // Recorded before the response is sent: whatever the client has received is in the log.
    log.lock().unwrap().push(request.clone());
    let reply = answer(&request);
    // A client that has hung up is not an error.
    let _ = reply.send(&mut stream);
    if matches!(reply, Reply::Silence) {
        // Blocks until the client gives up.
        let _ = stream.read(&mut [0; 64]);
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut lines = BufReader::new(stream).lines();
    let first = lines.next()?.ok()?;
    let path = first.split(' ').nth(1)?.to_owned();
    let mut headers = Vec::new();
    for line in lines {
        match line.ok()?.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => break,
        }
    }
    Some(Request { path, headers })
}

/// Returns an address on which no server listens.
pub(crate) fn closed() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
