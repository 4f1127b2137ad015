//! The four horizons, in calendar days after the as-of date.

use crate::error::DomainError;
use std::{fmt, str::FromStr};

/// Length of a forecast, in calendar days after the as-of date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Horizon {
    /// 7 calendar days.
    D7,
    /// 15 calendar days.
    D15,
    /// 30 calendar days.
    D30,
    /// 90 calendar days.
    D90,
}

impl Horizon {
    /// Every horizon, shortest first.
    pub const ALL: [Horizon; 4] = [Horizon::D7, Horizon::D15, Horizon::D30, Horizon::D90];

    /// Length in calendar days.
    pub fn days(self) -> u64 {
        match self {
            Horizon::D7 => 7,
            Horizon::D15 => 15,
            Horizon::D30 => 30,
            Horizon::D90 => 90,
        }
    }

    /// Name on the command line, in the configuration and in file names.
    pub fn key(self) -> &'static str {
        match self {
            Horizon::D7 => "7d",
            Horizon::D15 => "15d",
            Horizon::D30 => "30d",
            Horizon::D90 => "90d",
        }
    }
}

impl FromStr for Horizon {
    type Err = DomainError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Horizon::ALL
            .into_iter()
            .find(|horizon| horizon.key() == text)
            .ok_or_else(|| DomainError::BadHorizon(text.to_owned()))
    }
}

impl fmt::Display for Horizon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_horizon_is_read_by_its_key_and_nothing_else() {
        for horizon in Horizon::ALL {
            assert_eq!(horizon.key().parse(), Ok(horizon));
            assert_eq!(horizon.key(), format!("{}d", horizon.days()));
        }
        assert_eq!("60d".parse::<Horizon>(), Err(DomainError::BadHorizon("60d".into())));
    }
}
