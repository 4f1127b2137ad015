//! A letter: who, to whom, what, and what goes with it: plain values, and whether they can be a letter. What is made of
//! it is told in [`mime`](crate::mime).

use crate::{address::Address, error::MailError};
use chrono::{DateTime, FixedOffset};

/// Characters of a subject; mail programs show a fraction of that.
const MAX_SUBJECT: usize = 250;
/// Characters of a file name; file systems take 255 bytes.
const MAX_FILE_NAME: usize = 120;
/// Characters of a Message-ID or Content-ID, which cannot be folded.
const MAX_ID: usize = 200;

/// What a letter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LetterKind {
    /// A forecast or a review: read when there is time.
    Report,
    /// Something the operator has to know: marked as important.
    Alert,
}

/// A message to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The sender.
    pub from: Address,
    /// The recipients as readers see them, at least one.
    pub to: Vec<Address>,
    /// One line.
    pub subject: String,
    /// The identity of the letter, `name@domain` without angle brackets. It stays the same when it is sent again, so
    /// that a mail program can show it once.
    pub message_id: String,
    /// When it was written, in the zone in which it is to be read.
    pub date: DateTime<FixedOffset>,
    /// The language of the text, such as "es" or "en".
    pub language: String,
    /// What it says, in plain text.
    pub text: String,
    /// The same as a page.
    pub html: Option<HtmlBody>,
    /// Files that go with it.
    pub attachments: Vec<Attachment>,
    /// What it is for.
    pub kind: LetterKind,
}

/// A page and the images it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HtmlBody {
    /// The page; images are shown with `src="cid:CONTENT_ID"`.
    pub html: String,
    /// The images.
    pub images: Vec<InlineImage>,
}

/// An image within a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InlineImage {
    /// Its name in the page, after `cid:`; of the form `name@domain`.
    pub content_id: String,
    /// Such as `image/png`.
    pub media_type: String,
    /// The name under which it can be saved.
    pub file_name: String,
    /// The image.
    pub bytes: Vec<u8>,
}

/// A file that goes with a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    /// Its content.
    pub bytes: Vec<u8>,
}

impl Letter {
    /// The check of all that becomes a header.
    ///
    /// # Errors
    /// When there is no recipient, a line break in the subject or in a name, or an identity that is none.
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

/// `name@domain` of the characters that need no quotes in RFC 5322.
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
