//! Converts a letter to the bytes of a message that every server accepts: ASCII, CRLF, no line over 998 bytes,
//! nothing that could be mistaken for a header. The same letter gives the same bytes.
//!
//! The parts of a message, RFC 2045 to 2047, 2231, 2387, 2392, 3834; absent parts are left out of the tree:
//!
//! ```text
//! mixed [ alternative [ text, related [ html, images ] ], attachments ]
//! ```
//!
//! Text is always quoted-printable and files are always base64, so every message is 7-bit, and a boundary with "=_"
//! in it can occur in neither (RFC 2045, section 6.7).

use crate::{
    address::Address,
    error::MailError,
    letter::{Attachment, HtmlBody, InlineImage, Letter, LetterKind, refused},
    text::fingerprint,
};
use lettre::message::{
    Attachment as Part, Body, Mailboxes, MultiPart, SinglePart,
    header::{
        ContentTransferEncoding, ContentType, From, HeaderName, HeaderValue, Headers, MIME_VERSION_1_0, MessageId,
        Subject, To,
    },
};

const PROGRAM: &str = concat!("forecaster ", env!("CARGO_PKG_VERSION"));

impl Letter {
    /// Returns the message in wire form, before dots are doubled.
    ///
    /// # Errors
    /// When a header would be invalid: line breaks in the subject, an invalid Message-ID, no recipient.
    pub fn to_bytes(&self) -> Result<Vec<u8>, MailError> {
        self.check()?;
        let bytes = message(self)?;
        check_lines(&bytes)?;
        Ok(bytes)
    }
}

/// One part, or a tree of parts.
enum Node {
    Leaf(SinglePart),
    Tree(MultiPart),
}

impl Node {
    fn within(self, tree: MultiPart) -> MultiPart {
        match self {
            Self::Leaf(part) => tree.singlepart(part),
            Self::Tree(part) => tree.multipart(part),
        }
    }
}

/// Builds the complete message. Values that could break out of a header have been rejected before.
fn message(letter: &Letter) -> Result<Vec<u8>, MailError> {
    let boundaries = Boundaries { seed: fingerprint(&letter.message_id) };
    let mut root = text_and_page(letter, &boundaries)?;
    if !letter.attachments.is_empty() {
        let mut mixed = root.within(tree(&boundaries.of("mixed", ""))?);
        for attachment in &letter.attachments {
            mixed = mixed.singlepart(attached(attachment)?);
        }
        root = Node::Tree(mixed);
    }
    let mut bytes = head(letter).to_string().into_bytes();
    bytes.append(&mut match root {
        Node::Leaf(part) => part.formatted(),
        Node::Tree(part) => part.formatted(),
    });
    Ok(bytes)
}

fn head(letter: &Letter) -> Headers {
    let mut head = Headers::new();
    let mut set = |name, text: &str| head.insert_raw(HeaderValue::new(name, text.to_owned()));
    // lettre's own Date does not support time zones.
    set(HeaderName::new_from_ascii_str("Date"), &letter.date.to_rfc2822());
    set(HeaderName::new_from_ascii_str("Content-Language"), &letter.language);
    set(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated");
    set(HeaderName::new_from_ascii_str("X-Auto-Response-Suppress"), "All");
    set(HeaderName::new_from_ascii_str("X-Mailer"), PROGRAM);
    if letter.kind == LetterKind::Alert {
        set(HeaderName::new_from_ascii_str("Importance"), "high");
    }
    head.set(From::from(Mailboxes::from(letter.from.mailbox())));
    head.set(To::from(letter.to.iter().map(Address::mailbox).collect::<Mailboxes>()));
    head.set(Subject::from(letter.subject.clone()));
    head.set(MessageId::from(format!("<{}>", letter.message_id)));
    head.set(MIME_VERSION_1_0);
    head
}

fn text_and_page(letter: &Letter, boundaries: &Boundaries) -> Result<Node, MailError> {
    let text = Node::Leaf(text(ContentType::TEXT_PLAIN, &letter.text)?);
    let Some(body) = &letter.html else { return Ok(text) };
    let page = page(body, boundaries)?;
    Ok(Node::Tree(page.within(text.within(tree(&boundaries.of("alternative", ""))?))))
}

fn page(body: &HtmlBody, boundaries: &Boundaries) -> Result<Node, MailError> {
    let html = text(ContentType::TEXT_HTML, &body.html)?;
    if body.images.is_empty() {
        return Ok(Node::Leaf(html));
    }
    // RFC 2387 requires the type of the part that is shown first.
    let mut related = tree(&boundaries.of("related", "; type=\"text/html\""))?.singlepart(html);
    for image in &body.images {
        related = related.singlepart(shown_within(image)?);
    }
    Ok(Node::Tree(related))
}

/// Boundaries between parts, derived from the Message-ID.
struct Boundaries {
    seed: u64,
}

impl Boundaries {
    fn of(&self, kind: &str, parameters: &str) -> String {
        format!("multipart/{kind}{parameters}; boundary=\"=_{kind}_{:016x}\"", self.seed)
    }
}

fn tree(content_type: &str) -> Result<MultiPart, MailError> {
    Ok(MultiPart::builder().header(media_type(content_type)?).build())
}

fn text(content_type: ContentType, text: &str) -> Result<SinglePart, MailError> {
    // A lone carriage return is a line break as well, and no line may contain one.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let body = Body::new_with_encoding(text, ContentTransferEncoding::QuotedPrintable);
    let body = body.map_err(|_| refused("the text", "cannot be encoded"))?;
    Ok(SinglePart::builder().header(content_type).body(body))
}

fn attached(file: &Attachment) -> Result<SinglePart, MailError> {
    let content_type = leaf_type("the attachment's media type", &file.media_type)?;
    Ok(Part::new(file.name.clone()).body(binary(&file.bytes)?, content_type))
}

fn shown_within(image: &InlineImage) -> Result<SinglePart, MailError> {
    let content_type = leaf_type("the image's media type", &image.media_type)?;
    let part = Part::new_inline_with_name(image.content_id.clone(), image.file_name.clone());
    Ok(part.body(binary(&image.bytes)?, content_type))
}

fn binary(bytes: &[u8]) -> Result<Body, MailError> {
    Body::new_with_encoding(bytes.to_vec(), ContentTransferEncoding::Base64)
        .map_err(|_| refused("a file", "cannot be encoded"))
}

/// Parses the media type of a file; those of messages and multiparts follow other rules and are rejected.
fn leaf_type(part: &'static str, text: &str) -> Result<ContentType, MailError> {
    let lower = text.to_ascii_lowercase();
    let is_plain = text.bytes().all(|b| matches!(b, b' '..=b'~')) && text.len() <= 100;
    if !is_plain || lower.starts_with("multipart/") || lower.starts_with("message/") {
        return Err(refused(part, "is none for a file; expected one such as application/pdf"));
    }
    media_type(text).map_err(|_| refused(part, "is none; expected one such as application/pdf"))
}

fn media_type(text: &str) -> Result<ContentType, MailError> {
    ContentType::parse(text).map_err(|_| refused("a media type", "is none"))
}

/// Checks every line, whatever its source, against RFC 5322 2.1.1 and RFC 5321 2.3.8.
fn check_lines(message: &[u8]) -> Result<(), MailError> {
    let body = message.strip_suffix(b"\r\n").ok_or_else(|| refused("a line", "has no end"))?;
    for line in body.split(|&b| b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.len() > 998 || !line.is_ascii() || line.contains(&b'\r') || line.contains(&0) {
            return Err(refused("a line", "is too long for SMTP or has bytes that it cannot carry"));
        }
    }
    Ok(())
}
