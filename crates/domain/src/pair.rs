//! A currency pair: which currency is priced in which.

use crate::error::DomainError;
use std::{fmt, str::FromStr};

/// A currency pair such as USD/CLP: the price of one unit of `base` in units of `quote`.
///
/// ```
/// use forecaster_domain::Pair;
/// let pair: Pair = "USD/CLP".parse().unwrap();
/// assert_eq!((pair.base(), pair.quote()), ("USD", "CLP"));
/// assert_eq!(pair.series_name(), "usdclp");
/// assert_eq!(pair.unit(), "CLP per USD");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pair {
    base: String,
    quote: String,
}

impl Pair {
    /// USD/CLP: pesos for a dollar.
    pub fn usd_clp() -> Self {
        Self { base: "USD".to_owned(), quote: "CLP".to_owned() }
    }

    /// ISO 4217 code of the currency being priced.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// ISO 4217 code of the currency the price is in.
    pub fn quote(&self) -> &str {
        &self.quote
    }

    /// Name of the series that holds the pair's rates: both codes, lower case, without a slash.
    pub fn series_name(&self) -> String {
        format!("{}{}", self.base, self.quote).to_lowercase()
    }

    /// Unit of the pair's prices, in English.
    pub fn unit(&self) -> String {
        format!("{} per {}", self.quote, self.base)
    }
}

impl FromStr for Pair {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_code = |code: &str| code.len() == 3 && code.bytes().all(|b| b.is_ascii_alphabetic());
        match text.split_once('/') {
            Some((base, quote)) if is_code(base) && is_code(quote) && !base.eq_ignore_ascii_case(quote) => {
                Ok(Self { base: base.to_uppercase(), quote: quote.to_uppercase() })
            }
            _ => Err(DomainError::BadPair(text.to_owned())),
        }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.quote)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_needs_two_different_codes() {
        for text in ["USDCLP", "USD/", "US/CLP", "USD/USD", "USD/CL1", ""] {
            assert_eq!(text.parse::<Pair>(), Err(DomainError::BadPair(text.to_owned())));
        }
        assert_eq!("eur/clp".parse::<Pair>().unwrap().to_string(), "EUR/CLP");
        assert_eq!("USD/CLP".parse(), Ok(Pair::usd_clp()));
    }
}
