//! Quantities computed from a day's rates against any one currency, for providers that publish a table of such rates:
//! the cross of two currencies, or ICE's dollar index.

use super::dollar_index::{CURRENCIES, dollar_index};
use crate::provider::ReadError;

/// A quantity computed from the rates of a day.
#[derive(Debug)]
pub(super) enum Quantity<'a> {
    /// Price of the first currency in units of the second.
    Cross(&'a str, &'a str),
    /// ICE's US dollar index.
    DollarIndex,
}

impl<'a> Quantity<'a> {
    /// Parses a symbol: `DXY`, or two currencies as in `USD/AUD`, both of which the provider must know.
    pub(super) fn of(symbol: &'a str, is_known: impl Fn(&str) -> bool) -> Option<Self> {
        if symbol == "DXY" {
            return Some(Self::DollarIndex);
        }
        let (base, quote) = symbol.split_once('/')?;
        (is_known(base) && is_known(quote)).then_some(Self::Cross(base, quote))
    }

    /// Returns the currencies whose rates are needed, in the order in which [`Quantity::value`] requests them.
    pub(super) fn currencies(&self) -> Vec<&'a str> {
        match self {
            Self::Cross(base, quote) => vec![*base, *quote],
            Self::DollarIndex => std::iter::once("USD").chain(CURRENCIES).collect(),
        }
    }

    /// Computes the value from units of each currency per unit of any one; `None` when a rate is missing.
    ///
    /// # Errors
    /// Those of `rate`.
    pub(super) fn value(
        &self,
        rate: impl FnMut(&str) -> Result<Option<f64>, ReadError>,
    ) -> Result<Option<f64>, ReadError> {
        let rates: Option<Vec<f64>> = self.currencies().into_iter().map(rate).collect::<Result<_, _>>()?;
        Ok(rates.and_then(|rates| match (self, rates.as_slice()) {
            (Self::Cross(..), [base, quote]) => Some(quote / base),
            (Self::DollarIndex, [usd, six @ ..]) => {
                let six: [f64; 6] = six.try_into().ok()?;
                Some(dollar_index(six.map(|rate| rate / usd)))
            }
            _ => None,
        }))
    }
}
