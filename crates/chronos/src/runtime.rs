//! Finds ONNX Runtime's shared library and loads it, once per process.
//!
//! In: the path in the configuration, if any. Out: a [`Runtime`] that lives as long as the process, or an error that
//! lists the places tried and says what to do. Only a success is remembered: after a failure the path can be
//! corrected and the call repeated. Linux only: a library is read as an ELF file before any of its code runs, because
//! ort keeps the first library it accepts for good and panics when that one turns out to be something else.

mod elf;
mod library_error;
pub(crate) mod places;
#[cfg(test)]
mod tests;

use library_error::LibraryError;
use ort::LoadDynamicError;
use ort::environment::Environment;
use ort::logging::LogLevel;
use places::{Candidate, LibrarySearch, LibrarySource};
use std::error::Error;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// ONNX Runtime, loaded.
#[derive(Debug)]
pub struct Runtime {
    environment: Environment,
    origin: LibrarySource,
    path: PathBuf,
    version: String,
}

impl Runtime {
    /// Environment in which sessions are created.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// Kind of place in which the library was found.
    pub fn origin(&self) -> LibrarySource {
        self.origin
    }

    /// Path of the library's file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Version of the library, such as 1.32.0.
    pub fn version(&self) -> &str {
        &self.version
    }
}

/// Reason why there is no ONNX Runtime.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// A setting names a library that cannot be used; no other is tried instead.
    #[error(
        "{} names {}, which cannot be used: {}. Correct the setting, or remove it so that the other places are \
         searched",
        .0.candidate.origin, .0.candidate.path.display(), .0.fault
    )]
    ConfiguredLibrary(Attempt),
    /// No setting names a library, and none of the places has a usable one.
    #[error(
        "no ONNX Runtime could be loaded. Tried {}. Put a libonnxruntime.so of version 1.{} or later beside the binary, \
         or name one with chronos.onnxruntime or ORT_DYLIB_PATH, or build the program again where pip or uv can fetch it",
        attempts_in_words(.0), ort::MINOR_VERSION
    )]
    NoLibraryFound(Vec<Attempt>),
}

/// Library that was tried, and the reason why it was not used.
#[derive(Debug)]
pub struct Attempt {
    /// The library.
    pub candidate: Candidate,
    /// Reason why it was not used.
    pub fault: LibraryError,
}

impl fmt::Display for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.candidate.origin, self.candidate.path.display(), self.fault)
    }
}

/// The loaded ONNX Runtime.
static LOADED: OnceLock<Runtime> = OnceLock::new();
/// Library that ort has accepted, which cannot be undone. The lock also lets only one thread at a time load.
static ACCEPTED_LIBRARY: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Returns ONNX Runtime, loading it at the first call that succeeds.
///
/// `configured` is the setting `chronos.onnxruntime`. When it or the environment variable `ORT_DYLIB_PATH` is set,
/// only that library is tried; otherwise the first usable one of [`candidates`] is loaded. A loaded library stays: a
/// setting changed later takes effect when the process restarts.
pub fn load_runtime(configured: Option<&Path>) -> Result<&'static Runtime, RuntimeError> {
    let loaded = match LOADED.get() {
        Some(loaded) => loaded,
        None => first_of(&candidates(configured))?,
    };
    if let Some(wanted) = configured.filter(|it| places::absolute_path(it) != loaded.path) {
        let (wanted, loaded) = (wanted.display(), loaded.path.display());
        tracing::warn!(%wanted, %loaded, "another ONNX Runtime is loaded already; restart to change it");
    }
    Ok(loaded)
}

/// Lists the places where a library is looked for, in order, whether or not there is one.
pub fn candidates(configured: Option<&Path>) -> Vec<Candidate> {
    LibrarySearch::of_this_process(configured).candidates()
}

fn first_of(candidates: &[Candidate]) -> Result<&'static Runtime, RuntimeError> {
    let mut held = ACCEPTED_LIBRARY.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(loaded) = LOADED.get() {
        return Ok(loaded);
    }
    let runtime = load_first(candidates, |candidate| load(candidate, &mut held))?;
    tracing::debug!(
        origin = %runtime.origin, path = %runtime.path.display(), version = runtime.version, "ONNX Runtime loaded"
    );
    Ok(LOADED.get_or_init(|| runtime))
}

/// Loads the first candidate that works; a candidate named by a setting is the last one tried.
fn load_first<T>(
    candidates: &[Candidate],
    mut load: impl FnMut(&Candidate) -> Result<T, LibraryError>,
) -> Result<T, RuntimeError> {
    let mut attempts = Vec::new();
    for candidate in candidates {
        let fault = match load(candidate) {
            Ok(loaded) => return Ok(loaded),
            Err(fault) => fault,
        };
        let attempt = Attempt { candidate: candidate.clone(), fault };
        if candidate.origin.is_explicit() {
            return Err(RuntimeError::ConfiguredLibrary(attempt));
        }
        tracing::debug!(%attempt, "ONNX Runtime not taken");
        attempts.push(attempt);
    }
    Err(RuntimeError::NoLibraryFound(attempts))
}

/// Passes a library that looks right to ort.
fn load(candidate: &Candidate, held: &mut Option<PathBuf>) -> Result<Runtime, LibraryError> {
    let version = candidate.version()?;
    let path = candidate.path.clone();
    if let Some(other) = held.as_ref().filter(|it| **it != path) {
        return Err(LibraryError::Held(other.clone()));
    }
    // ort panics when the library returns NULL. The library it has accepted by then is in `held`.
    let loading = catch_unwind(AssertUnwindSafe(|| {
        let builder = ort::init_from(&path).map_err(fault_of)?;
        *held = Some(path.clone());
        let builder = builder.with_name("forecaster").with_telemetry(false).with_logger(Arc::new(log));
        let environment = builder.build().map_err(|error| LibraryError::Refused(error.to_string()))?;
        environment.set_log_level(LogLevel::Warning);
        Ok(environment)
    }));
    let environment = loading.unwrap_or_else(|_| {
        Err(LibraryError::Refused(format!("it reports ONNX Runtime {version}, but does not provide its API")))
    })?;
    Ok(Runtime { environment, origin: candidate.origin, path, version })
}

fn fault_of(error: LoadDynamicError) -> LibraryError {
    match error {
        LoadDynamicError::Dlopen { error, .. } => {
            // libloading only says that dlopen failed; the loader's own message is the source.
            let reason = error.source().map_or_else(|| error.to_string(), ToString::to_string);
            LibraryError::Refused(format!("it cannot be loaded: {reason}"))
        }
        LoadDynamicError::MissingApi { .. } => LibraryError::NoEntryPoint,
        LoadDynamicError::BadVersion { version_str, .. } => LibraryError::TooOld { version: version_str },
        error @ LoadDynamicError::InvalidVersionString => LibraryError::Refused(error.to_string()),
    }
}

/// Logs ONNX Runtime's own messages one level lower: its errors are also returned as errors, and its warnings are
/// about its own optimisations and the machine's devices.
fn log(level: LogLevel, category: &str, _id: &str, place: &str, message: &str) {
    match level {
        LogLevel::Fatal | LogLevel::Error => tracing::warn!(target: "onnxruntime", category, place, "{message}"),
        LogLevel::Warning => tracing::debug!(target: "onnxruntime", category, place, "{message}"),
        LogLevel::Info | LogLevel::Verbose => tracing::trace!(target: "onnxruntime", category, place, "{message}"),
    }
}

fn attempts_in_words(attempts: &[Attempt]) -> String {
    attempts.iter().map(Attempt::to_string).collect::<Vec<_>>().join("; ")
}
