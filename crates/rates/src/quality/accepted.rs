//! Values that a person has accepted.

use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Values that a person has accepted as they are, by date.
pub(crate) type AcceptedValues = BTreeMap<NaiveDate, f64>;
