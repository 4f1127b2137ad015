//! The connection: commands out, replies in, with limits on time, lines and bytes.
//!
//! lettre's own `AsyncSmtpConnection` (0.11.23) was examined and rejected: its buffer survives STARTTLS, so replies
//! injected before it count as protected; it reads a line without an end without limit; it has one time limit for
//! connecting and none for replies; a byte beyond UTF-8 in a reply is an error; and it accepts 250 for 354 in reply
//! to DATA.

use crate::{
    reply::{SmtpReply, continues},
    text::sanitized,
};
use std::{fmt::Display, io, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    time::timeout,
};

/// Longest line of a reply: RFC 5321 4.5.3.1.5 allows 512 bytes; some servers exceed it.
const MAX_LINE: usize = 4 << 10;
/// Largest number of lines of a reply: EHLO has about twenty.
const MAX_LINES: usize = 200;
/// Bytes of a message that are written at once and must be accepted within the limit for data.
const PIECE: usize = 64 << 10;

/// A socket, or TLS over one.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Reason why no reply was received.
#[derive(Debug)]
pub(crate) enum WireError {
    /// No reply in time.
    Timeout(Duration),
    /// The connection ended.
    ConnectionLost(String),
    /// The bytes received are no reply.
    InvalidReply(String),
}

/// A connection.
pub(crate) struct Connection<S> {
    stream: S,
    /// Bytes received and not yet parsed.
    buffer: Vec<u8>,
}

impl<S: Stream> Connection<S> {
    pub(crate) fn over(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    /// Returns the bare stream, to be protected. Bytes received before TLS must not be trusted after it (the class of
    /// CVE-2021-38371), so any left in the buffer are an error.
    pub(crate) fn into_stream(self) -> Result<S, WireError> {
        match self.buffer.as_slice() {
            [] => Ok(self.stream),
            rest => Err(WireError::InvalidReply(format!(
                "it sent more than was asked before TLS began, as somebody on the way would ('{}')",
                excerpt(rest)
            ))),
        }
    }

    /// Sends a command, line end included, and reads its reply.
    pub(crate) async fn command(&mut self, command: impl Display, within: Duration) -> Result<SmtpReply, WireError> {
        if let Some(farewell) = self.unsolicited_reply(within).await? {
            return Ok(farewell);
        }
        let sent = self.write(command.to_string().as_bytes(), within).await;
        self.reply_after_send(sent, within).await
    }

    /// Sends bytes already in wire form, in pieces.
    pub(crate) async fn send(&mut self, bytes: &[u8], within: Duration) -> Result<(), WireError> {
        for piece in bytes.chunks(PIECE) {
            self.write(piece, within).await?;
        }
        Ok(())
    }

    /// Reads the next reply.
    pub(crate) async fn reply(&mut self, within: Duration) -> Result<SmtpReply, WireError> {
        timeout(within, self.read_reply()).await.unwrap_or(Err(WireError::Timeout(within)))
    }

    /// Reads the reply even if sending failed: a server that hangs up may give the reason first, and then its text
    /// counts rather than the failed write.
    pub(crate) async fn reply_after_send(
        &mut self,
        sent: Result<(), WireError>,
        within: Duration,
    ) -> Result<SmtpReply, WireError> {
        match sent {
            Ok(()) => self.reply(within).await,
            Err(WireError::ConnectionLost(reason)) => match self.reply(within.min(Duration::from_secs(2))).await {
                Ok(reply) if !reply.is_done() => Ok(reply),
                _ => Err(WireError::ConnectionLost(reason)),
            },
            Err(error) => Err(error),
        }
    }

    /// Reads an unsolicited reply, if any: a 421 before hanging up counts as the reply to the next command; after
    /// anything else replies and commands no longer match.
    pub(crate) async fn unsolicited_reply(&mut self, within: Duration) -> Result<Option<SmtpReply>, WireError> {
        if self.buffer.is_empty() {
            return Ok(None);
        }
        let reply = self.reply(within).await?;
        if reply.code == 421 {
            return Ok(Some(reply));
        }
        Err(WireError::InvalidReply(format!("it answered twice, the second time '{reply}'")))
    }

    async fn write(&mut self, bytes: &[u8], within: Duration) -> Result<(), WireError> {
        let written = timeout(within, async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        });
        written.await.map_err(|_| WireError::Timeout(within))?.map_err(cut)
    }

    async fn read_reply(&mut self) -> Result<SmtpReply, WireError> {
        let mut lines = Vec::new();
        loop {
            let line = self.read_line().await?;
            let more = continues(&line).ok_or_else(|| WireError::InvalidReply(format!("'{}'", excerpt(&line))))?;
            lines.push(line);
            if !more {
                let excerpt = || WireError::InvalidReply(format!("'{}' and other codes", excerpt(&lines[0])));
                return SmtpReply::of(&lines).ok_or_else(excerpt);
            }
            if lines.len() == MAX_LINES {
                return Err(WireError::InvalidReply(format!("its answer does not end after {MAX_LINES} lines")));
            }
        }
    }

    /// Reads a line without its end, LF or CR LF.
    async fn read_line(&mut self) -> Result<Vec<u8>, WireError> {
        let mut seen = 0;
        loop {
            if let Some(at) = self.buffer[seen..].iter().position(|&b| b == b'\n') {
                let mut line: Vec<u8> = self.buffer.drain(..=seen + at).collect();
                line.pop();
                line.pop_if(|b| *b == b'\r');
                return Ok(line);
            }
            seen = self.buffer.len();
            if seen > MAX_LINE {
                return Err(WireError::InvalidReply(format!(
                    "a line of its answer does not end after {MAX_LINE} bytes"
                )));
            }
            let mut piece = [0; 1024];
            match self.stream.read(&mut piece).await.map_err(cut)? {
                0 if seen == 0 => return Err(WireError::ConnectionLost("it hung up".into())),
                0 => return Err(WireError::ConnectionLost(format!("it hung up after '{}'", excerpt(&self.buffer)))),
                n => self.buffer.extend_from_slice(&piece[..n]),
            }
        }
    }
}

fn cut(error: io::Error) -> WireError {
    match error.kind() {
        // rustls's error for a connection that ends without close_notify.
        io::ErrorKind::UnexpectedEof => WireError::ConnectionLost("it hung up".into()),
        _ => WireError::ConnectionLost(sanitized(&error.to_string(), 200)),
    }
}

fn excerpt(bytes: &[u8]) -> String {
    sanitized(&String::from_utf8_lossy(&bytes[..bytes.len().min(200)]), 80)
}

/// Returns a message in wire form: every line ends in CR LF, whatever ended it before (a bare LF allows one message
/// to be smuggled into another), dots at the start of a line are doubled, and the end is marked.
pub(crate) fn to_wire_form(message: &[u8]) -> WireMessage {
    let mut bytes = Vec::with_capacity(message.len() + message.len() / 50 + 5);
    let mut dots = 0;
    let mut rest = message;
    while !rest.is_empty() {
        let end = rest.iter().position(|&b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
        let (line, tail) = rest.split_at(end);
        if line.first() == Some(&b'.') {
            bytes.push(b'.');
            dots += 1;
        }
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(b"\r\n");
        rest = tail.strip_prefix(b"\r\n").or_else(|| tail.get(1..)).unwrap_or_default();
    }
    let size = bytes.len() - dots;
    bytes.extend_from_slice(b".\r\n");
    WireMessage { bytes, size, is_ascii: message.is_ascii() }
}

/// A message in wire form, see [`to_wire_form`].
pub(crate) struct WireMessage {
    /// The bytes to send.
    pub(crate) bytes: Vec<u8>,
    /// Octets as RFC 1870 counts them: line ends are two, doubled dots one, the end mark none.
    pub(crate) size: usize,
    /// True when the message is ASCII, so that every server can accept it.
    pub(crate) is_ascii: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire_form(message: &[u8]) -> String {
        String::from_utf8(to_wire_form(message).bytes).unwrap()
    }

    #[test]
    fn dots_are_doubled_and_every_line_ends_as_it_should() {
        assert_eq!(wire_form(b"a\r\n.\r\n..b\r\nc.\r\n"), "a\r\n..\r\n...b\r\nc.\r\n.\r\n");
        assert_eq!(wire_form(b".a\n.b\rc"), "..a\r\n..b\r\nc\r\n.\r\n");
        assert_eq!(wire_form(b"a\n.\nMAIL FROM:<x@y.cl>\n"), "a\r\n..\r\nMAIL FROM:<x@y.cl>\r\n.\r\n");
        assert_eq!(wire_form(b"a\r.\r\nb"), "a\r\n..\r\nb\r\n.\r\n");
        assert_eq!(wire_form(b"\n\r\n"), "\r\n\r\n.\r\n");
        assert_eq!(wire_form(b""), ".\r\n");
    }

    #[test]
    fn the_size_counts_neither_doubled_dots_nor_the_end() {
        assert_eq!(to_wire_form(b".a\n..\r\nb").size, ".a\r\n..\r\nb\r\n".len());
        assert!(to_wire_form(b"a").is_ascii && !to_wire_form("ñ".as_bytes()).is_ascii);
    }

    #[tokio::test]
    async fn answers_are_read_however_they_are_cut() {
        let (near, mut far) = tokio::io::duplex(3);
        let told = tokio::spawn(async move { far.write_all(b"250-one\r\n250 two\r\n421 bye\n").await.map(|()| far) });
        let mut wire = Connection::over(near);
        let second = Duration::from_secs(60);
        assert_eq!(wire.reply(second).await.unwrap().to_string(), "250 one two");
        assert_eq!(wire.reply(second).await.unwrap().to_string(), "421 bye");
        drop(told.await.unwrap());
        assert!(matches!(wire.reply(second).await, Err(WireError::ConnectionLost(_))));
    }
}
