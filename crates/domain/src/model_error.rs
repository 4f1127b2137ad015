//! Reasons why a model has no forecast, as values. Their English text is for logs, terminal and JSON; a report words
//! them in its own language.

use crate::error::DomainError;
use crate::regressor::RegressorStatus;
use chrono::NaiveDate;

/// Reason why a model has no forecast. The ensemble leaves such a model out and reports it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ModelError {
    /// Fewer observations than the model needs.
    #[error("needs at least {needed} observations, has {available}; import a longer history or lower the lookback")]
    TooShort {
        /// Observations needed.
        needed: usize,
        /// Observations in the window.
        available: usize,
    },
    /// No regressor reaches up to the as-of date.
    #[error("no usable regressor at {as_of}: {}", in_words(.left_out))]
    NoRegressors {
        /// The as-of date.
        as_of: NaiveDate,
        /// The regressors, each with the reason why it was left out; empty when there are none.
        left_out: Vec<RegressorStatus>,
    },
    /// The estimation gave no usable result.
    #[error("estimation failed: {0}")]
    Estimation(EstimationFailure),
    /// Something the model needs is missing or failed: a checkpoint, a library, memory, a process.
    #[error("{message}")]
    Unavailable {
        /// The cause.
        cause: Unavailability,
        /// Cause and remedy for the operator, in English.
        message: String,
    },
    /// The model panicked: a bug in it, caught so that the run continues.
    #[error("the model panicked; please report this as a bug")]
    Panicked,
    /// The forecast breaks a rule of the domain.
    #[error(transparent)]
    Domain(#[from] DomainError),
}

/// Reason why an estimation gave no usable result.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum EstimationFailure {
    /// The pair does not vary in the window.
    #[error("the series is constant")]
    Constant,
    /// The mean explains everything: nothing is left whose variance could be estimated.
    #[error("the innovations are all zero")]
    NoInnovations,
    /// Some regressors, or the pair, are constant or follow from the others.
    #[error("the regressors are collinear or constant")]
    Collinear,
    /// The residuals are constant, or follow from each other.
    #[error("the residual covariance is singular")]
    SingularCovariance,
    /// More target dates than the model can forecast.
    #[error("{steps} steps were requested; at most {most} are supported")]
    TooManySteps {
        /// Target dates requested.
        steps: usize,
        /// Target dates supported.
        most: usize,
    },
    /// The context has too few observations, or numbers that no model can read; the details in English.
    #[error("{0}")]
    Context(String),
    /// The answer has numbers that are not prices; the details in English.
    #[error("{0}")]
    NotPrices(String),
    /// The search found no result; the details in English.
    #[error("{0}")]
    NoResult(String),
}

/// Cause for which a model cannot run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailability {
    /// The configured checkpoint is not installed.
    NoCheckpoint,
    /// The checkpoint is damaged, or not one that the model can use.
    BadCheckpoint,
    /// The library that runs the model is missing or cannot be used.
    NoLibrary,
    /// Too little memory was free, MiB.
    Memory {
        /// Memory that was free.
        free_mb: u64,
        /// Memory needed.
        needed_mb: u64,
    },
    /// The model's process was killed: by the system for lack of memory, or by hand.
    Killed,
    /// The model's process ended, or sent a reply that cannot be read.
    Ended,
    /// The model's process did not answer in time.
    NoAnswer {
        /// Seconds waited.
        seconds: u64,
    },
    /// Anything else that went wrong while the model was running.
    Failed,
}

/// Cause for which the guard suspended a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuspensionCause {
    /// It failed in too many runs in a row.
    Failures,
    /// It took too much memory in too many runs in a row.
    Memory,
    /// It took too long.
    Slow,
    /// The system ended its process for lack of memory.
    Killed,
    /// An operator suspended it.
    ByHand,
    /// A cause recorded by another version of the program.
    Other,
}

/// Reason why a model takes no part in a forecast.
#[derive(Debug, Clone, PartialEq)]
pub enum LeftOutReason {
    /// The model was asked and has no forecast.
    NoForecast(ModelError),
    /// The guard has suspended the model.
    Suspended {
        /// Day on which it was suspended.
        since: NaiveDate,
        /// Cause of the suspension.
        cause: SuspensionCause,
    },
    /// The forecasts cannot be scored: no outcome was published.
    NoOutcome,
}

impl LeftOutReason {
    /// Name of the reason in JSON: one word with underscores.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoForecast(error) => error.code(),
            Self::Suspended { .. } => "suspended",
            Self::NoOutcome => "no_outcome",
        }
    }
}

impl ModelError {
    /// Name of the reason in JSON: one word with underscores.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => "too_short",
            Self::NoRegressors { .. } => "no_regressors",
            Self::Estimation(failure) => failure.code(),
            Self::Unavailable { cause, .. } => cause.code(),
            Self::Panicked => "panicked",
            Self::Domain(_) => "invalid_forecast",
        }
    }
}

impl EstimationFailure {
    fn code(&self) -> &'static str {
        match self {
            Self::Constant | Self::NoInnovations => "constant",
            Self::Collinear | Self::SingularCovariance => "collinear",
            Self::TooManySteps { .. } => "too_many_steps",
            Self::Context(_) => "too_few_values",
            Self::NotPrices(_) => "invalid_forecast",
            Self::NoResult(_) => "no_result",
        }
    }
}

impl Unavailability {
    /// Name of the cause in JSON: one word with underscores.
    pub fn code(self) -> &'static str {
        match self {
            Self::NoCheckpoint => "no_checkpoint",
            Self::BadCheckpoint => "bad_checkpoint",
            Self::NoLibrary => "no_library",
            Self::Memory { .. } => "memory",
            Self::Killed => "killed",
            Self::Ended => "ended",
            Self::NoAnswer { .. } => "no_answer",
            Self::Failed => "failed",
        }
    }
}

impl SuspensionCause {
    /// Returns the cause by its name in the ledger.
    pub fn named(name: &str) -> Self {
        match name {
            "failures" => Self::Failures,
            "memory" => Self::Memory,
            "slow" => Self::Slow,
            "killed" => Self::Killed,
            "hand" => Self::ByHand,
            _ => Self::Other,
        }
    }
}

/// Reasons why regressors were left out, in one line; empty when none was.
fn in_words(statuses: &[RegressorStatus]) -> String {
    let left_out = statuses.iter().filter_map(|s| s.left_out.map(|gap| format!("{} {gap}", s.name)));
    left_out.collect::<Vec<_>>().join("; ")
}
