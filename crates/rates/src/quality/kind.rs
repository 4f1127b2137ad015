//! Kind of a series: the way in which its values move, and so the checks that they must pass.

/// Kind of a series, which decides the checks of its values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SeriesKind {
    /// A market price, or an average of market prices.
    #[default]
    Price,
    /// An interest rate that a central bank sets, in per cent a year. It stays as it is for weeks and then moves in a
    /// step: a step is no jump to check.
    PolicyRate,
    /// An index, of prices or of volatility: it may jump further than a price does.
    Index,
    /// A value that follows by rule from figures already published, and is announced weeks ahead, such as the UF.
    KnownAhead,
}

impl SeriesKind {
    /// Robust standard deviations beyond which a jump is reported; infinite for a series that moves in steps. Of
    /// USD/CLP's real moves from 2003 to 2024 one is beyond 8 of them: +4.4 % on 2011-01-05, after the Banco Central
    /// had announced its purchases of dollars. The VIX went from 17.31 to 37.32 on 2018-02-05, about
    /// 14 of its usual moves of 5 to 6 %.
    pub(super) fn jump_deviations(self) -> f64 {
        match self {
            Self::Price | Self::KnownAhead => 8.0,
            Self::Index => 16.0,
            Self::PolicyRate => f64::INFINITY,
        }
    }

    /// Least standard deviation of a daily log return. A managed currency stands still for weeks, and any move would
    /// be a jump against that: the shares here make it one from 1 % on, or 0.08 % where a value follows from others
    /// by rule. A smaller slip changes no forecast, while real moves of that size would be lost: of a peso held at 2.9
    /// and quoted in cents, each step of a cent.
    pub(super) fn least_deviation(self) -> f64 {
        match self {
            Self::Price | Self::Index | Self::PolicyRate => 1.25e-3,
            Self::KnownAhead => 1e-4,
        }
    }

    /// Days after today that a value may be dated. The dólar observado is published on the evening before its day, on
    /// a Friday for Monday; the UF up to the 9th of the next month, and the UTM for the first of the next month.
    /// Values on those days are left for a later sync without a warning.
    pub(crate) fn days_ahead(self) -> i64 {
        match self {
            Self::KnownAhead => 62,
            Self::Price | Self::PolicyRate | Self::Index => 7,
        }
    }
}
