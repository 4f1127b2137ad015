//! Causes for which no provider gave a usable answer.

/// Cause for which no provider gave a usable answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoAnswerCause {
    /// No answer came from a provider at least: the network, a proxy or a server.
    Connection,
    /// All that came was refused: a faulty file, an answer that is not plausible, a wrong account.
    Refused,
    /// No provider has the series, or none has an account.
    NobodyAsked,
}

impl NoAnswerCause {
    /// Returns the part of the sentence that tells an unusable answer from none.
    pub(super) fn qualification(self) -> &'static str {
        match self {
            Self::Refused => " with usable values",
            Self::Connection | Self::NobodyAsked => "",
        }
    }

    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Connection => {
                "the lines above say why; check the network, the proxy (HTTPS_PROXY) and rates.providers"
            }
            Self::Refused => {
                "the lines above say what was wrong with each; correct the file or the account, or name another \
                 provider in rates.providers"
            }
            Self::NobodyAsked => {
                "the lines above say what is lacking; check the name of the series, its file or the account, or name \
                 a provider that has the series in rates.providers"
            }
        }
    }
}
