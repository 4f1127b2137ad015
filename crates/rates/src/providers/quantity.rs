//! What is computed from the rates of a day against any one currency, for providers that give a table of such rates: the
//! cross of two currencies, or ICE's dollar index.

use super::dollar_index::{CURRENCIES, dollar_index};
use crate::provider::Unreadable;

/// What is computed from the rates of a day.
#[derive(Debug)]
pub(super) enum Quantity<'a> {
    /// The price of the first in units of the second.
    Cross(&'a str, &'a str),
    /// ICE's index.
    DollarIndex,
}

impl<'a> Quantity<'a> {
    /// `DXY`, or two currencies as in `USD/AUD`, of which the provider must know both.
    pub(super) fn of(symbol: &'a str, is_known: impl Fn(&str) -> bool) -> Option<Self> {
        if symbol == "DXY" {
            return Some(Self::DollarIndex);
        }
        let (base, quote) = symbol.split_once('/')?;
        (is_known(base) && is_known(quote)).then_some(Self::Cross(base, quote))
    }

    /// The currencies whose rates it needs, in the order in which [`Quantity::value`] asks for them.
    pub(super) fn currencies(&self) -> Vec<&'a str> {
        match self {
            Self::Cross(base, quote) => vec![*base, *quote],
            Self::DollarIndex => std::iter::once("USD").chain(CURRENCIES).collect(),
        }
    }

    /// Its value from units of each currency per unit of any one; `None` when a rate is missing.
    ///
    /// # Errors
    /// Those of `rate`.
    pub(super) fn value(
        &self,
        rate: impl FnMut(&str) -> Result<Option<f64>, Unreadable>,
    ) -> Result<Option<f64>, Unreadable> {
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
