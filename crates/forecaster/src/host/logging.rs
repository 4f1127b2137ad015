//! Log lines: under systemd to the journal with their fields, otherwise as text or JSON to standard error. Standard
//! output carries only the results of commands.

use crate::config::settings::LogFormat;
use crate::failure::Failure;
use crate::host::progress;
use std::os::unix::fs::MetadataExt;
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing_journald::{Priority, PriorityMappings};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

/// Identifier by which `journalctl -t` finds every process of the program.
const IDENTIFIER: &str = "forecaster";

/// Default filter: job-level logs of tokio-cron-scheduler, many for one alarm, are noise. The operator's filter comes
/// after it.
const DEFAULT_FILTER: &str = "tokio_cron_scheduler=warn";

type Handle = reload::Handle<EnvFilter, Registry>;

static HANDLE: OnceLock<Handle> = OnceLock::new();
static IN_FORCE: Mutex<Option<(String, LogFormat)>> = Mutex::new(None);

/// Starts logging; a second start only changes the level.
///
/// # Errors
/// When `filter` is not a valid filter.
pub(crate) fn start(filter: &str, format: LogFormat) -> Result<(), Failure> {
    if HANDLE.get().is_some() {
        return set_level(filter);
    }
    let (filtered, handle) = reload::Layer::new(parse(filter)?);
    let base = tracing_subscriber::registry().with(filtered);
    // In tests several command lines run in one process: the first subscriber stays.
    let _ = base.with(lines(format)).try_init();
    let _ = HANDLE.set(handle);
    remember(filter, format);
    Ok(())
}

/// Changes the level or filter of all later log lines.
///
/// # Errors
/// When `filter` is not a valid filter.
pub(crate) fn set_level(filter: &str) -> Result<(), Failure> {
    let parsed = parse(filter)?;
    if let Some(handle) = HANDLE.get() {
        handle.reload(parsed).map_err(Failure::LogReload)?;
    }
    remember(filter, current_filter().1);
    Ok(())
}

/// Returns the arguments that make another process of this program log in the same way.
pub(crate) fn arguments() -> Vec<String> {
    let (filter, format) = current_filter();
    vec!["--log".into(), filter, "--log-format".into(), format.as_str().into()]
}

fn current_filter() -> (String, LogFormat) {
    let in_force = IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner);
    in_force.clone().unwrap_or_else(|| ("info".to_owned(), LogFormat::Auto))
}

fn remember(filter: &str, format: LogFormat) {
    *IN_FORCE.lock().unwrap_or_else(PoisonError::into_inner) = Some((filter.to_owned(), format));
}

fn parse(filter: &str) -> Result<EnvFilter, Failure> {
    EnvFilter::try_new(format!("{DEFAULT_FILTER},{filter}"))
        .map_err(|error| Failure::LogLevel { filter: filter.to_owned(), reason: error.to_string() })
}

fn lines<S>(format: LogFormat) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span> + Send + Sync,
{
    let text = tracing_subscriber::fmt::layer().with_writer(progress::log_writer).with_target(false);
    match format {
        LogFormat::Auto if stderr_is_the_journal() => match tracing_journald::layer() {
            Ok(journal) => journal
                .with_field_prefix(None)
                .with_syslog_identifier(IDENTIFIER.to_owned())
                .with_priority_mappings(PriorityMappings {
                    info: Priority::Informational,
                    debug: Priority::Debug,
                    ..PriorityMappings::new()
                })
                .boxed(),
            // The journal also receives standard error, without the fields.
            Err(_) => text.with_ansi(false).compact().without_time().boxed(),
        },
        LogFormat::Json => text.json().flatten_event(true).with_current_span(false).boxed(),
        LogFormat::Auto | LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            text.with_ansi(colour).compact().boxed()
        }
    }
}

/// True when standard error is the stream that systemd connected to the journal (`JOURNAL_STREAM`, systemd.exec(5)).
fn stderr_is_the_journal() -> bool {
    let Ok(stream) = std::env::var("JOURNAL_STREAM") else { return false };
    let Ok(stderr) = std::fs::metadata("/proc/self/fd/2") else { return false };
    stream == format!("{}:{}", stderr.dev(), stderr.ino())
}

/// Rounds to thousandths, as log lines and metrics do.
pub(crate) fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
