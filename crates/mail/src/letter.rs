//! A letter: sender, recipients, text and files as plain values, and the check that they can form a letter.
//! [`mime`](crate::mime) converts it to bytes.

use crate::{address::Address, error::MailError};
use chrono::{DateTime, FixedOffset};

/// Largest number of characters of a subject; mail programs show a fraction of that.
const MAX_SUBJECT: usize = 250;
/// Largest number of characters of a file name; file systems accept 255 bytes.
const MAX_FILE_NAME: usize = 120;
/// Largest number of characters of a Message-ID or Content-ID, which cannot be folded.
const MAX_ID: usize = 200;

/// Purpose of a letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A forecast or a review, to be read at leisure.
    Report,
    /// An alert for the operator, marked as important.
    Alert,
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The sender.
    pub from: Address,
    /// The recipients shown to readers, at least one.
    pub to: Vec<Address>,
    /// The subject, one line.
    pub subject: String,
    /// The Message-ID, `name@domain` without angle brackets. It stays the same when the letter is sent again, so that
    /// a mail program can show it once.
    pub message_id: String,
    /// Time of writing, in the reader's zone.
    pub date: DateTime<FixedOffset>,
    /// The language of the text, such as "es" or "en".
    pub language: String,
    /// The text, in plain text.
    pub text: String,
    /// The same content as HTML.
    pub html: Option<HtmlBody>,
    /// Attached files.
    pub attachments: Vec<Attachment>,
    /// Purpose of the letter.
    pub kind: LetterKind,
}

/// An HTML page and its images.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlBody {
    /// The HTML; images are shown with `src="cid:CONTENT_ID"`.
    pub html: String,
    /// The images.
    pub images: Vec<InlineImage>,
}

/// An image within a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineImage {
    /// The name used in the HTML after `cid:`, of the form `name@domain`.
    pub content_id: String,
    /// Media type, such as `image/png`.
    pub media_type: String,
    /// File name for saving the image.
    pub file_name: String,
    /// Bytes of the image.
    pub bytes: Vec<u8>,
}

/// A file attached to a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type, such as `application/pdf`.
    pub media_type: String,
    /// Bytes of the file.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// Checks every value that becomes a header.
    ///
    /// # Errors
    /// When there is no recipient, a line break in the subject or in a name, or an invalid Message-ID or Content-ID.
    pub(crate) fn check(&self) -> Result<(), MailError> {
        if self.to.is_empty() {
            return Err(refused("the list of recipients", "is empty; expected at least one address"));
        }
        one_line("the subject", &self.subject, MAX_SUBJECT)?;
        identity("the message's identity", &self.message_id)?;
        let is_tag = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !(1..=35).contains(&self.language.len()) || !self.language.bytes().all(is_tag) {
            return Err(refused("the language", "is none; expected a code such as es or en"));
        }
        for attachment in &self.attachments {
            file_name("the attachment's name", &attachment.name)?;
        }
        for image in self.html.iter().flat_map(|html| &html.images) {
            identity("the image's identity", &image.content_id)?;
            file_name("the image's name", &image.file_name)?;
        }
        Ok(())
    }
}

pub(crate) fn refused(part: &'static str, reason: impl Into<String>) -> MailError {
    MailError::Letter { part, reason: reason.into() }
}

fn one_line(part: &'static str, text: &str, at_most: usize) -> Result<(), MailError> {
    if text.chars().any(char::is_control) {
        return Err(refused(part, "has a line break or another control character; expected one line of text"));
    }
    let length = text.chars().count();
    if length == 0 || length > at_most {
        return Err(refused(part, format!("has {length} characters; expected 1 to {at_most}")));
    }
    Ok(())
}

fn file_name(part: &'static str, name: &str) -> Result<(), MailError> {
    one_line(part, name, MAX_FILE_NAME)?;
    if name.contains(['/', '\\']) {
        return Err(refused(part, "has a slash; expected a file name without folders"));
    }
    Ok(())
}

/// Checks for `name@domain` of characters that need no quotes in RFC 5322.
fn identity(part: &'static str, text: &str) -> Result<(), MailError> {
    let is_free = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&b);
    let is_side = |side: &str| !side.is_empty() && side.bytes().all(is_free);
    let has_sides = text.split_once('@').is_some_and(|(left, right)| is_side(left) && is_side(right));
    if !has_sides || text.len() > MAX_ID {
        let expected = "is none; expected something like 7d-2026-11-23.0197@example.com, without angle brackets, in";
        return Err(refused(part, format!("{expected} at most {MAX_ID} ASCII characters")));
    }
    Ok(())
}
