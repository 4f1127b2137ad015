//! Access token for the hub: where it comes from, and what to advise when a model cannot be had with it.

use std::{fmt, io::ErrorKind, path::Path};

/// Token of an account on the hub.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) value: String,
    /// Place that it was found in, for messages: `HF_TOKEN`, or the path of a file.
    pub(super) origin: String,
}

/// Keeps the token out of logs.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "set in {}", self.origin)
    }
}

/// Token of the environment, if there is one and it may be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// No token was found.
    Anonymous,
    /// No token is sent, because this variable keeps it back.
    Withheld(&'static str),
    /// A token was found, and is sent.
    Token(Token),
}

/// State of the access when a request was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing<'a> {
    /// No token was found.
    Anonymous,
    /// No token is sent, because this variable keeps it back.
    Withheld(&'static str),
    /// The token from this place was sent.
    Sent(&'a str),
    /// The hub called the token from this place invalid.
    Invalid(&'a str),
    /// No token is for the server that refused: a mirror redirects there.
    Elsewhere,
}

impl Standing<'_> {
    /// Advice for a model that the hub does not know or does not show.
    pub(super) fn advice_for_missing(self) -> String {
        match self {
            Self::Anonymous => "or set HF_TOKEN if it is private".to_owned(),
            Self::Withheld(variable) => format!("or unset {variable} if it is private"),
            Self::Sent(origin) => {
                format!(
                    "or take a token of an account that may see it, if it is private (the one in {origin} was sent)"
                )
            }
            Self::Invalid(origin) => format!("or renew the token in {origin}, which is not valid, if it is private"),
            Self::Elsewhere => {
                "or set HF_ENDPOINT to that address if it is private: a token is sent to HF_ENDPOINT only".to_owned()
            }
        }
    }

    /// Advice for a model that the hub knows but does not hand out.
    pub(super) fn advice_for_denied(self) -> String {
        match self {
            Self::Anonymous => "ask for access on its page there and set HF_TOKEN".to_owned(),
            Self::Withheld(variable) => {
                format!("ask for access on its page there and unset {variable}, which keeps the token back")
            }
            Self::Sent(origin) => {
                format!("check that the token in {origin} is valid and that its account has been given access")
            }
            Self::Invalid(origin) => {
                format!(
                    "renew the token in {origin}, which is not valid, with one whose account has been given access"
                )
            }
            Self::Elsewhere => "ask for access on its page there and set HF_ENDPOINT to that address".to_owned(),
        }
    }
}

/// Removes line breaks and surrounding spaces, as Hugging Face's own client does; `None` when nothing is left.
pub(super) fn cleaned(token: &str) -> Option<String> {
    let token = token.replace(['\r', '\n'], "");
    Some(token.trim().to_owned()).filter(|token| !token.is_empty())
}

/// Reads the token in a file. A file that is not there is no reason for a warning, unless it was asked for.
pub(super) fn read_token(file: &Path, asked_for: bool) -> Option<Token> {
    match std::fs::read_to_string(file) {
        Ok(text) => Some(Token { value: cleaned(&text)?, origin: file.display().to_string() }),
        Err(e) => {
            if asked_for || e.kind() != ErrorKind::NotFound {
                tracing::warn!("The token file {} cannot be read ({e}); no token is sent", file.display());
            }
            None
        }
    }
}
