//! A server's reply to a command: its code, its enhanced code (RFC 3463) if it has one, and its text, made fit for
//! one line of a log. Whatever bytes the server sent, this text is short and has no control characters.

use crate::text::sanitized;
use std::fmt;

/// Characters of a reply's text that are shown; the important part comes first.
const MAX_WORDS: usize = 300;

/// A complete reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SmtpReply {
    /// Reply code, 200 to 599.
    pub(crate) code: u16,
    /// Class, subject and detail of the enhanced code.
    enhanced: Option<(u16, u16, u16)>,
    /// Texts of the lines, without codes.
    lines: Vec<String>,
}

impl SmtpReply {
    /// Parses the lines of a reply, without their ends; each must begin with the same code.
    pub(crate) fn of(lines: &[Vec<u8>]) -> Option<Self> {
        let code = lines.first().and_then(|line| code_of(line))?;
        if lines.iter().any(|line| code_of(line) != Some(code)) {
            return None;
        }
        let text = |line: &Vec<u8>| String::from_utf8_lossy(line.get(4..).unwrap_or_default()).trim().to_owned();
        let mut lines: Vec<String> = lines.iter().map(text).collect();
        let first = lines.first().and_then(|line| line.split_whitespace().next()).unwrap_or_default().to_owned();
        let enhanced = enhanced_of(&first).filter(|(class, ..)| *class == code / 100);
        if enhanced.is_some() {
            // Some servers repeat it on every line; it is shown once, with the code.
            for line in &mut lines {
                if let Some(rest) = line.strip_prefix(&first) {
                    *line = rest.trim_start().to_owned();
                }
            }
        }
        Some(Self { code, enhanced, lines })
    }

    /// Returns the texts of the lines.
    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    /// True for 2xx.
    pub(crate) fn is_done(&self) -> bool {
        self.code / 100 == 2
    }

    /// True for 4xx: another attempt may succeed.
    pub(crate) fn is_transient(&self) -> bool {
        self.code / 100 == 4
    }

    /// True when the enhanced code has this subject and detail.
    pub(crate) fn has_enhanced_code(&self, subject: u16, detail: u16) -> bool {
        self.enhanced.is_some_and(|(_, s, d)| (s, d) == (subject, detail))
    }

    /// True for a mailbox that is full now and may be emptied (5.2.2), although the code says permanent.
    pub(crate) fn is_over_quota(&self) -> bool {
        self.has_enhanced_code(2, 2)
    }

    /// True for a message that is too large for this server (5.3.4) or mailbox (5.2.3).
    pub(crate) fn is_too_large(&self) -> bool {
        !self.is_transient() && (self.has_enhanced_code(3, 4) || self.has_enhanced_code(2, 3))
    }

    /// True when the server requires authentication (RFC 4954): a problem of the account, not of the message.
    pub(crate) fn wants_authentication(&self) -> bool {
        matches!(self.code, 530 | 534 | 535 | 538)
    }

    /// Masks secrets, in case the server repeats them.
    pub(crate) fn without(mut self, secrets: &[String]) -> Self {
        for secret in secrets.iter().filter(|secret| secret.chars().count() >= 4) {
            for line in &mut self.lines {
                *line = line.replace(secret, "***");
            }
        }
        self
    }
}

impl fmt::Display for SmtpReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.code)?;
        if let Some((class, subject, detail)) = self.enhanced {
            write!(f, " {class}.{subject}.{detail}")?;
        }
        let words = sanitized(&self.lines.join(" "), MAX_WORDS);
        if words.is_empty() { Ok(()) } else { write!(f, " {words}") }
    }
}

/// Returns the code of a line, provided that a blank, a hyphen or nothing follows it.
fn code_of(line: &[u8]) -> Option<u16> {
    let (digits, rest) = line.split_at_checked(3)?;
    let code: u16 = std::str::from_utf8(digits).ok()?.parse().ok()?;
    ((200..600).contains(&code) && matches!(rest.first(), None | Some(b' ' | b'-'))).then_some(code)
}

/// Returns true when more lines follow; `None` when the line is not part of a reply.
pub(crate) fn continues(line: &[u8]) -> Option<bool> {
    code_of(line).map(|_| line.get(3) == Some(&b'-'))
}

fn enhanced_of(word: &str) -> Option<(u16, u16, u16)> {
    let mut parts = word.splitn(3, '.').map(|part| part.parse().ok().filter(|_| part.len() <= 3));
    Some((parts.next()??, parts.next()??, parts.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(lines: &[&str]) -> Option<SmtpReply> {
        SmtpReply::of(&lines.iter().map(|line| line.as_bytes().to_vec()).collect::<Vec<_>>())
    }

    #[test]
    fn an_answer_of_several_lines_is_told_in_one() {
        let gmail = reply(&["550-5.1.1 The account", "550-5.1.1 does not", "550 5.1.1 exist."]).unwrap();
        assert_eq!(gmail.to_string(), "550 5.1.1 The account does not exist.");
        assert_eq!(reply(&["250"]).unwrap().to_string(), "250");
        assert_eq!(reply(&["552 2.2.2 odd"]).unwrap().to_string(), "552 2.2.2 odd");
    }

    #[test]
    fn what_a_server_says_cannot_break_a_log() {
        let words = format!("550 \u{1b}[31mred\u{7}\tNo\u{0} {}", "x".repeat(5_000));
        let shown = reply(&[words.as_str()]).unwrap().to_string();
        assert!(shown.chars().count() < 320 && !shown.contains(char::is_control), "{shown}");
        let raw = SmtpReply::of(&[b"550 se\xf1or".to_vec()]).unwrap();
        assert_eq!(raw.to_string(), "550 se\u{fffd}or");
    }

    #[test]
    fn what_is_no_answer_is_none() {
        for lines in [&[""][..], &["hello"], &["25 x"], &["2500"], &["199 x"], &["600 x"], &["250-a", "550 b"], &[]] {
            assert!(reply(lines).is_none(), "{lines:?}");
        }
    }

    #[test]
    fn a_full_mailbox_and_a_large_message_are_told_apart() {
        assert!(reply(&["552 5.2.2 full"]).unwrap().is_over_quota());
        assert!(reply(&["552 5.3.4 large"]).unwrap().is_too_large());
        assert!(!reply(&["452 4.3.4 large"]).unwrap().is_too_large());
        let plain = reply(&["552 storage"]).unwrap();
        assert!(!plain.is_over_quota() && !plain.is_too_large());
    }

    #[test]
    fn a_secret_that_the_server_repeats_is_masked() {
        let echo = reply(&["535 no s3cret here"]).unwrap().without(&["s3cret".to_owned(), "no".to_owned()]);
        assert_eq!(echo.to_string(), "535 no *** here");
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_an_answer_fit_to_be_shown_or_none(lines: Vec<Vec<u8>>, text: Vec<u8>) {
            let _ = SmtpReply::of(&lines);
            let line: Vec<u8> = b"550 5.1.1 ".iter().copied().chain(text).collect();
            let shown = SmtpReply::of(&[line]).unwrap().to_string();
            proptest::prop_assert!(shown.starts_with("550 5.1.1") && !shown.contains(char::is_control));
        }
    }
}
