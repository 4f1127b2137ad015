//! The ways in which a command ends: done, degraded, or failed. A failure is one of [`Failure`]'s variants, which
//! define its sentence, its exit code and the hint on what to do next, here and nowhere else.

mod backup;
mod configuration;
mod no_answer;

pub use backup::BackupProblem;
pub use configuration::ConfigError;
pub use no_answer::NoAnswerCause;

use chrono::NaiveDate;
use forecaster_chronos::{ChronosError, HubError};
use forecaster_domain::{Horizon, file_advice};
use forecaster_ledger::LedgerError;
use forecaster_mail::MailError;
use forecaster_rates::RatesError;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Result of a command that was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CommandOutcome {
    /// All as configured: exit 0.
    Done,
    /// Done, but with stale or doubtful data, or without a model: exit 3.
    Degraded,
}

impl CommandOutcome {
    /// Returns the exit code.
    pub fn code(self) -> u8 {
        match self {
            CommandOutcome::Done => 0,
            CommandOutcome::Degraded => 3,
        }
    }

    /// Returns the worse of the two.
    pub fn and(self, other: Self) -> Self {
        if self == CommandOutcome::Done { other } else { self }
    }
}

/// Reason why a command was not carried out.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the sentence of each kind says what it is")]
pub enum Failure {
    // The command line.
    #[error("--as-of {0} lies in the future")]
    AsOfInTheFuture(NaiveDate),
    #[error("--from {from} lies after --to {to}")]
    FromAfterTo { from: NaiveDate, to: NaiveDate },
    #[error("--models: '{name}' is no model; expected some of {known}")]
    NoSuchModel { name: String, known: String },
    #[error("--models: '{0}' is there twice")]
    ModelTwice(&'static str),
    #[error("{} exists already", .0.display())]
    BackupExists(PathBuf),
    #[error("{} is no folder", .0.display())]
    NoFolder(PathBuf),
    #[error("cannot read {}: {source}", path.display())]
    NoCheckpointThere { path: PathBuf, source: io::Error },
    #[error("cannot read {}: {source}", path.display())]
    NoValues { path: PathBuf, source: io::Error },
    #[error("{}, line {line}: {problem}", path.display())]
    BadValue { path: PathBuf, line: usize, problem: String },
    #[error("cannot write to standard output: {0}")]
    Output(io::Error),

    // The configuration.
    #[error(transparent)]
    Config(Box<ConfigError>),
    #[error("no horizon is enabled")]
    NoHorizon,
    #[error("rates.providers is empty: there is no provider to fetch from")]
    NoProvider,
    #[error("mail.smtp is empty: there is no server to send through")]
    NoMailServer,
    #[error("mail.recipients is empty")]
    NoRecipient,
    #[error("no server is configured: service.http.listen is empty")]
    NoPages,
    #[error("{0} is no address")]
    NoAddress(String),
    #[error("log level {filter}: {reason}")]
    LogLevel { filter: String, reason: String },
    #[error("{0}")]
    LogReload(tracing_subscriber::reload::Error),
    #[error("{0}")]
    Schedule(String),
    #[error("{key} cannot be changed while the daemon runs")]
    NeedsRestart { key: &'static str },
    #[error("cannot read {}: {source}", path.display())]
    NoConfiguration { path: PathBuf, source: io::Error },
    #[error("{} {wrong}", path.display())]
    StrangeConfiguration { path: PathBuf, wrong: &'static str },
    #[error("there is no configuration file to roll back")]
    NothingToRollBack,
    #[error("there is no version {number} in {}", data_dir.display())]
    NoSuchVersion { number: u32, data_dir: PathBuf },
    #[error("{} holds no version that differs from {}", data_dir.display(), file.display())]
    NoOtherVersion { data_dir: PathBuf, file: PathBuf },
    #[error("config/forecasters.toml no longer has the line {key} = \"{value}\" in [{section}]")]
    TemplateChanged { section: &'static str, key: &'static str, value: &'static str },
    #[error("{0}")]
    Secret(String),

    // The machine.
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
    #[error("{} belongs to {user}: the daemon could not overwrite files that root leaves", directory.display())]
    OwnedByOther { directory: PathBuf, user: String },
    #[error("state directory {}: another forecaster is using it (process {process})", directory.display())]
    StateInUse { directory: PathBuf, process: String },
    #[error("the system clock is not set: it shows {0}")]
    ClockNotSet(String),
    /// A thread, runtime or signal handler that the system refuses.
    #[error("{what}: {source}")]
    System { what: &'static str, source: io::Error },
    #[error("service.http.listen: {listen} cannot be bound: {source}")]
    Listen { listen: String, source: io::Error },
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Toml(toml::ser::Error),

    // Rates and forecasts.
    #[error(transparent)]
    Rates(Box<RatesError>),
    #[error("{0}")]
    Store(String),
    #[error("no provider answered{}: the stored rates are unchanged", .0.qualification())]
    NoAnswer(NoAnswerCause),
    #[error("{0}: nothing was removed")]
    NothingToRemove(String),
    #[error(
        "as of {date} there are {found} observations of {series} (the first on {first}); at least {needed} are needed{because}"
    )]
    TooFewObservations {
        date: NaiveDate,
        found: usize,
        series: String,
        first: NaiveDate,
        needed: usize,
        /// Conditions of the series that explain it, after a colon; may be empty.
        because: String,
    },
    #[error("no business day within {horizon} of {as_of}")]
    NoTargetDate { horizon: Horizon, as_of: NaiveDate },
    #[error("no model is left for the forecast ({0})")]
    NoModelLeft(String),
    #[error("{horizon}: no origin from {from} to {to} has {needed} observations before it and its outcome after it")]
    NoOrigin { horizon: Horizon, from: NaiveDate, to: NaiveDate, needed: usize, first: NaiveDate, last: NaiveDate },
    #[error("{0}: no model of the pool has a scored forecast in the period")]
    NothingScored(Horizon),

    // Chronos.
    #[error(transparent)]
    Chronos(Box<ChronosError>),
    #[error(transparent)]
    Hub(Box<HubError>),
    #[error("the model '{name}' on the hub cannot be used: {source}")]
    BadDownload { name: String, source: Box<ChronosError> },
    #[error("{}: {reason}", path.display())]
    BadContext { path: PathBuf, reason: String },
    #[error("the forecast is not finite")]
    NotFinite { checkpoint: String },
    #[error("there is no {0}")]
    NoCheckpoint(String),
    #[error("{}", if *.of == 1 { "the checkpoint failed".to_owned() } else { format!("{failed} of {of} checkpoints failed") })]
    CheckpointsFailed { failed: usize, of: usize },

    // The ledger, backups and mail.
    #[error(transparent)]
    Ledger(Box<LedgerError>),
    #[error("{0}")]
    LedgerDamaged(String),
    #[error("{}: {problem}", file.display())]
    InBackup { file: PathBuf, problem: Box<Failure> },
    #[error(transparent)]
    Backup(#[from] BackupProblem),
    #[error("{} has a {name} already", data_dir.display())]
    StateExists { data_dir: PathBuf, name: String },
    /// An invalid mail address, or the invalid address of a mail server.
    #[error("{0}")]
    MailAddress(MailError),
    #[error("{0}")]
    Mail(MailError),
    #[error("mail {0} would be sent again immediately")]
    MailAgain(String),
    #[error("another process is sending mail at this moment")]
    MailBusy,
    #[error("the server did not accept the test mail for {lost} of {of} recipients")]
    MailNotTaken { lost: usize, of: usize },
    #[error("{0}")]
    MailTrouble(String),

    // The daemon and its processes.
    #[error("the supervisor crashed: the lines above say why")]
    SupervisorCrashed,
    #[error("the supervisor has ended")]
    SupervisorEnded,
    #[error("the last lines of its log give the reason")]
    RunWillBeRetried,
    #[error("this is no job: {0}")]
    NoJob(serde_json::Error),
    #[error("the ledger has no record of this run: it is not the ledger that the daemon uses")]
    RunUnknown,
    #[error("the daemon at {address} does not answer: {source}")]
    DaemonSilent { address: SocketAddr, source: io::Error },
    #[error("the daemon at {address} is not healthy: {reason}")]
    DaemonUnhealthy { address: SocketAddr, reason: String },
    #[error("the program listening at {0} does not speak HTTP")]
    NotHttp(SocketAddr),
    #[error("{failed} of {of} checks failed")]
    ChecksFailed { failed: usize, of: usize },
    #[error("the configuration is not valid, so most of the other checks were skipped")]
    ChecksSkipped,
}

impl Failure {
    /// Builds the failure of a file that cannot be read or written.
    pub fn file(action: &'static str, path: &Path, source: io::Error) -> Self {
        Self::File { action, path: path.to_owned(), source }
    }

    /// Returns the exit code: 2 for an invalid request or configuration, 1 for everything else.
    pub fn code(&self) -> u8 {
        if self.is_usage_error() { 2 } else { 1 }
    }

    fn is_usage_error(&self) -> bool {
        match self {
            Self::AsOfInTheFuture(_)
            | Self::FromAfterTo { .. }
            | Self::NoSuchModel { .. }
            | Self::ModelTwice(_)
            | Self::BackupExists(_)
            | Self::NoFolder(_)
            | Self::Config(_)
            | Self::NoHorizon
            | Self::NoProvider
            | Self::NoMailServer
            | Self::NoRecipient
            | Self::NoAddress(_)
            | Self::LogLevel { .. }
            | Self::Schedule(_)
            | Self::NeedsRestart { .. }
            | Self::NoConfiguration { .. }
            | Self::StrangeConfiguration { .. }
            | Self::NothingToRollBack
            | Self::NoSuchVersion { .. }
            | Self::NoOtherVersion { .. }
            | Self::OwnedByOther { .. }
            | Self::TooFewObservations { .. }
            | Self::NoOrigin { .. }
            | Self::NothingToRemove(_)
            | Self::MailAddress(_)
            | Self::NoJob(_)
            | Self::ChecksSkipped => true,
            Self::Rates(error) => matches!(**error, RatesError::NothingUntil { .. } | RatesError::SeriesName { .. }),
            Self::Chronos(error) => matches!(**error, ChronosError::NoModel(_)),
            Self::Hub(error) => matches!(
                **error,
                HubError::BadName { .. }
                    | HubError::BadRevision { .. }
                    | HubError::BadEndpoint { .. }
                    | HubError::NoSuchModel { .. }
                    | HubError::NoSuchRevision { .. }
            ),
            _ => false,
        }
    }

    /// Returns a hint on what to do next, when there is one beyond the sentence.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoCheckpointThere { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "give the folder that holds config.json and model.safetensors"
            }
            Self::File { source, .. }
            | Self::NoCheckpointThere { source, .. }
            | Self::NoValues { source, .. }
            | Self::System { source, .. }
            | Self::Output(source)
            | Self::Backup(BackupProblem::Unreadable(source))
                if let Some(advice) = file_advice(source) =>
            {
                advice
            }
            Self::Backup(BackupProblem::Damaged(source)) if source.kind() == io::ErrorKind::IsADirectory => {
                "it is a folder: name the file of a backup"
            }
            Self::Chronos(error) => return chronos_hint(error),
            Self::BadDownload { source, .. } => return chronos_hint(source),
            Self::AsOfInTheFuture(_) => "leave it out for today",
            Self::BackupExists(_) => "choose another name, such as one with the date: a backup overwrites nothing",
            Self::NoFolder(_) => "give the folder that holds config.json and model.safetensors",
            Self::NoValues { .. } => "give a text file with one value a line, oldest first",
            Self::BadValue { .. } => {
                "one number a line with a decimal point and no header; an empty line is a missing value"
            }
            Self::Config(error) => error.hint(),
            Self::NoHorizon => "set horizons.7d.enabled = true",
            Self::NoProvider => "name providers in the configuration, such as providers = [\"mindicador\", \"ecb\"]",
            Self::NoMailServer => "set mail.smtp, mail.from and mail.recipients",
            Self::NoRecipient => "name somebody: forecaster mail test ADDRESS",
            Self::NoPages => "set service.http.listen to an address such as \"127.0.0.1:9187\"",
            Self::LogLevel { .. } => "use error, warn, info, debug or trace",
            Self::NeedsRestart { .. } => "systemctl restart forecaster",
            Self::NoConfiguration { .. } => "put the file back, readable for the daemon",
            Self::NothingToRollBack => "name one with --config FILE",
            Self::NoSuchVersion { .. } | Self::NoOtherVersion { .. } => "forecaster config history lists them",
            Self::TemplateChanged { .. } => "correct INSTALLED in cli/commands/generate.rs",
            Self::File { .. } => "the system's text says why; check the path, its permissions and the free space",
            Self::StateInUse { .. } => {
                "one daemon a state directory: stop the other one, or set another service.data_dir"
            }
            Self::ClockNotSet(_) => {
                "set it, or let systemd-timesyncd or chrony do so; the service starts again by itself"
            }
            Self::Listen { source, .. } => match source.kind() {
                io::ErrorKind::AddrNotAvailable => {
                    "this machine does not have that address: set 127.0.0.1, or 0.0.0.0 for all addresses"
                }
                io::ErrorKind::PermissionDenied => "ports below 1024 are reserved for root: set a higher one",
                _ => "free the port, or set another one, or \"\" for no server",
            },
            Self::Rates(error) if matches!(**error, RatesError::NothingUntil { .. }) => {
                "choose a later --as-of, or add history: forecaster rates import FILE.csv"
            }
            Self::NoAnswer(cause) => cause.hint(),
            Self::Rates(error) if let RatesError::ImportRefused { series, .. } = &**error => {
                return Some(format!(
                    "correct the file; if its values are right, take them: forecaster rates import FILE --series \
                     {series} --accept-jumps"
                ));
            }
            Self::NothingToRemove(_) => "forecaster rates show lists the series and their sources",
            Self::TooFewObservations { .. } => {
                "choose a later --as-of, or add history: forecaster rates import FILE.csv --series NAME"
            }
            Self::NoModelLeft(_) => "forecaster rates check shows the state of the series",
            Self::LedgerDamaged(_) => "the next start begins a fresh one",
            Self::Backup(BackupProblem::Newer { .. }) => "restore it with that version or a newer one",
            Self::StateExists { .. } => "nothing is overwritten: move it away, or set another service.data_dir",
            Self::MailBusy => "it also sends the waiting mails; forecaster mail queue shows the remaining ones",
            Self::RunUnknown => "was the state directory moved or restored? restart the daemon",
            Self::DaemonSilent { .. } => "systemctl status forecaster.service, or the container's log, says why",
            Self::NotHttp(_) => "see which program listens there: ss -ltnp",
            Self::OwnedByOther { user, .. } => return Some(format!("sudo -u '{user}' forecaster ...")),
            Self::NoOrigin { first, last, .. } => {
                return Some(format!("origins are possible from {first}, and outcomes are known up to {last}"));
            }
            Self::NotFinite { checkpoint } => {
                return Some(format!("check the checkpoint with: forecaster model verify {checkpoint}"));
            }
            Self::InBackup { problem, .. } => {
                let usual = || "nothing was written; take another backup".to_owned();
                return Some(problem.hint().unwrap_or_else(usual));
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }

    /// True when the same action may succeed later: a lock, a full disk.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::File { source, .. } => {
                matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
            }
            Self::Ledger(error) => error.is_transient(),
            _ => false,
        }
    }
}

/// Returns the hint for an error of Chronos whose sentence gives none.
fn chronos_hint(error: &ChronosError) -> Option<String> {
    let ChronosError::File { path, source, .. } = error else { return None };
    let is_of_checkpoint = ["config.json", "model.safetensors"].iter().any(|name| path.ends_with(name));
    let advice = match source.kind() {
        io::ErrorKind::NotFound if is_of_checkpoint => {
            Some("give the folder that holds config.json and model.safetensors")
        }
        _ => file_advice(source),
    };
    advice.map(str::to_owned)
}

/// Conversions from the errors of other crates and modules.
macro_rules! from {
    ($($kind:ident($error:ty),)+) => {
        $(impl From<$error> for Failure {
            fn from(error: $error) -> Self {
                Self::$kind(Box::new(error))
            }
        })+
    };
}

from! {
    Config(ConfigError),
    Rates(RatesError),
    Chronos(ChronosError),
    Hub(HubError),
    Ledger(LedgerError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_that_make_no_sense_end_with_2_and_all_else_with_1() {
        let day = NaiveDate::MIN;
        assert_eq!(Failure::AsOfInTheFuture(day).code(), 2);
        assert_eq!(Failure::from(RatesError::SeriesName { name: "../x".to_owned() }).code(), 2);
        assert_eq!(Failure::from(HubError::BadToken { origin: "HF_TOKEN".to_owned() }).code(), 1);
        assert_eq!(Failure::NoModelLeft(String::new()).code(), 1);
        assert_eq!((CommandOutcome::Done.code(), CommandOutcome::Degraded.code()), (0, 3));
    }

    #[test]
    fn only_a_full_disk_or_a_lock_may_pass() {
        let file = |kind: io::ErrorKind| Failure::file("write", Path::new("x"), kind.into());
        assert!(file(io::ErrorKind::StorageFull).is_transient() && file(io::ErrorKind::QuotaExceeded).is_transient());
        assert!(!file(io::ErrorKind::PermissionDenied).is_transient() && !Failure::ChecksSkipped.is_transient());
        assert_eq!(file(io::ErrorKind::NotFound).to_string(), "cannot write x: entity not found");
        assert!(file(io::ErrorKind::NotFound).hint().is_some());
    }

    #[test]
    fn the_hint_fits_the_cause() {
        let hint = |failure: Failure| failure.hint().unwrap();
        let file = |kind: io::ErrorKind| hint(Failure::file("write", Path::new("x"), kind.into()));
        assert!(file(io::ErrorKind::StorageFull).contains("free disk space"));
        assert!(file(io::ErrorKind::PermissionDenied).contains("permissions"));
        for kind in [io::ErrorKind::PermissionDenied, io::ErrorKind::IsADirectory, io::ErrorKind::NotADirectory] {
            assert!(!file(kind).contains("space"), "{kind}");
        }
        let listen = |kind: io::ErrorKind| hint(Failure::Listen { listen: "x".to_owned(), source: kind.into() });
        assert!(listen(io::ErrorKind::AddrInUse).contains("free the port"));
        assert!(listen(io::ErrorKind::AddrNotAvailable).contains("does not have that address"));
        assert!(listen(io::ErrorKind::PermissionDenied).contains("1024"));
        assert!(hint(Failure::NoAnswer(NoAnswerCause::Connection)).contains("network"));
        for cause in [NoAnswerCause::Refused, NoAnswerCause::NobodyAsked] {
            assert!(!hint(Failure::NoAnswer(cause)).contains("network"), "{cause:?}");
        }
        let values = |kind: io::ErrorKind| hint(Failure::NoValues { path: "x".into(), source: kind.into() });
        assert!(values(io::ErrorKind::NotFound).contains("path"), "not: how to write the file");
        let within = |problem: BackupProblem| hint(Failure::from(problem));
        assert!(within(BackupProblem::Unreadable(io::ErrorKind::NotFound.into())).contains("path"));
        assert!(within(BackupProblem::Damaged(io::ErrorKind::IsADirectory.into())).contains("folder"));
        let chronos = |path: &str| {
            let source = io::ErrorKind::NotFound.into();
            hint(ChronosError::File { action: "read", path: path.into(), source }.into())
        };
        assert!(chronos("m/config.json").contains("model.safetensors") && chronos("m/x").contains("path"));
    }

    #[test]
    fn what_is_wrong_in_a_backup_is_told_with_its_file_and_its_own_hint() {
        let within = |problem: BackupProblem| {
            let failure = Failure::InBackup { file: "b.tar".into(), problem: Box::new(problem.into()) };
            (failure.to_string(), failure.hint().unwrap())
        };
        let (said, hint) = within(BackupProblem::Newer { version: "9".to_owned(), form: 7 });
        assert_eq!(said, "b.tar: made by a newer version (9, form 7)");
        assert_eq!(hint, "restore it with that version or a newer one");
        assert_eq!(within(BackupProblem::NoList).1, "nothing was written; take another backup");
    }
}
