//! Model in a separate process, which is this same program started again.
//!
//! Memory that ONNX Runtime maps, allocates and initialises is never completely released within a process; the end of
//! the process releases all of it. A failure in native code (a crash, the out-of-memory killer) ends the worker and
//! not the daemon: the ensemble continues without Chronos. Parent and worker exchange lines of JSON over the worker's
//! standard input and output; the worker ends when its input does.

use crate::checkpoint::CheckpointPlace;
use crate::error::ChronosError;
use crate::memory;
use crate::precision::Precision;
use crate::predictor::Predictor;
use crate::session::{Device, SessionSettings};
use forecaster_domain::Unavailability;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// Setting that makes glibc ask the kernel for huge pages: a forecast reads every weight once, and with small pages
/// looking up their addresses takes 6 % of its time. Other C libraries, and a glibc before 2.35, ignore it.
const HUGE_PAGES: &str = "glibc.malloc.hugetlb=1";
/// Environment variable of glibc's settings, which are separated by colons.
const TUNABLES: &str = "GLIBC_TUNABLES";

/// Variable that stops Microsoft's build from even preparing to send usage data; sessions disable it too.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// Command that runs a model in a separate process.
#[derive(Debug, Clone)]
pub struct WorkerCommand {
    /// The program.
    pub program: PathBuf,
    /// Arguments that make it call [`serve_worker`].
    pub arguments: Vec<String>,
    /// Longest wait for an answer, after which the process is killed.
    pub reply_timeout: Duration,
    /// Additional wait for each context.
    pub timeout_per_context: Duration,
}

/// Combines the operator's settings with [`HUGE_PAGES`], unless they already mention huge pages.
fn tunables(set: Option<String>) -> String {
    match set {
        Some(set) if set.contains("glibc.malloc.hugetlb") => set,
        Some(set) if !set.is_empty() => format!("{set}:{HUGE_PAGES}"),
        _ => HUGE_PAGES.to_owned(),
    }
}

/// Request of the parent.
#[derive(Debug, Serialize, Deserialize)]
enum Request {
    /// Load a checkpoint: the first request.
    Load { place: CheckpointPlace, int8: bool, threads: usize, cuda: bool, library: Option<PathBuf> },
    /// Forecast: contexts with `None` where nothing was observed.
    Predict { contexts: Vec<Vec<Option<f64>>>, steps: usize },
}

/// Answer of the worker.
#[derive(Debug, Serialize, Deserialize)]
enum Response {
    /// The checkpoint is loaded.
    Loaded { levels: Vec<f64>, seconds: f64 },
    /// Quantiles `[contexts][steps][quantiles]`, the time they took, and the worker's greatest resident memory so
    /// far, MiB. `None` is a number that is not finite.
    Quantiles { values: Vec<Vec<Vec<Option<f64>>>>, seconds: f64, peak_rss_mb: f64 },
    /// The request failed; `cause` is the code of the cause.
    Failed {
        reason: String,
        #[serde(default)]
        cause: String,
    },
}

/// Parent's handle of a worker process.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    patience: Duration,
    patience_a_context: Duration,
    /// Requests are written by a separate thread: a stopped worker does not read, and a full pipe would block us.
    requests: Sender<Vec<u8>>,
    responses: Receiver<std::io::Result<String>>,
    levels: Vec<f64>,
    load_seconds: f64,
    peak_rss_mb: f64,
}

impl Worker {
    /// Starts the process and loads the checkpoint in it.
    pub(crate) fn start(
        command: &WorkerCommand,
        place: &CheckpointPlace,
        precision: Precision,
        settings: &SessionSettings,
    ) -> Result<Self, ChronosError> {
        let failed = |error: std::io::Error| {
            let program = command.program.display();
            ChronosError::Worker(
                Unavailability::Failed,
                format!("the Chronos worker {program} could not be started: {error}"),
            )
        };
        let mut child = Command::new(&command.program)
            .arg0("forecaster")
            .args(&command.arguments)
            .env(TUNABLES, tunables(std::env::var(TUNABLES).ok()))
            .env(NO_TELEMETRY, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::Error::other("it has no pipes")));
        };
        let (requests, to_write) = channel::<Vec<u8>>();
        let (answered, responses) = channel();
        // Both threads end with the process, whose ends of the pipes then close.
        let thread = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let writer = thread("chronos-requests").spawn(move || {
            while let Ok(request) = to_write.recv() {
                // A worker that has ended is detected by its missing answer.
                if input.write_all(&request).and_then(|()| input.flush()).is_err() {
                    break;
                }
            }
        });
        let reader = thread("chronos-answers").spawn(move || {
            for line in BufReader::new(output).lines() {
                if answered.send(line).is_err() {
                    break;
                }
            }
        });
        let WorkerCommand { reply_timeout: patience, timeout_per_context: patience_a_context, .. } = *command;
        let mut worker = Self {
            child,
            patience,
            patience_a_context,
            requests,
            responses,
            levels: Vec::new(),
            load_seconds: 0.0,
            peak_rss_mb: 0.0,
        };
        writer.and(reader).map_err(failed)?;
        let load = Request::Load {
            place: place.clone(),
            int8: precision == Precision::Int8,
            threads: settings.threads,
            cuda: settings.device == Device::Cuda,
            library: settings.library.clone(),
        };
        match worker.ask(&load, patience)? {
            Response::Loaded { levels, seconds } => (worker.levels, worker.load_seconds) = (levels, seconds),
            other => return Err(unexpected(&other)),
        }
        Ok(worker)
    }

    /// Levels of the model's quantiles.
    pub(crate) fn levels(&self) -> &[f64] {
        &self.levels
    }

    /// Seconds that loading took, without the start of the process.
    pub(crate) fn load_seconds(&self) -> f64 {
        self.load_seconds
    }

    /// Greatest resident memory of the worker so far, MiB.
    pub(crate) fn peak_rss_mb(&self) -> f64 {
        self.peak_rss_mb
    }

    /// Same as [`Predictor::predict`]; also returns the seconds it took.
    pub(crate) fn predict(
        &mut self,
        contexts: &[Vec<f64>],
        steps: usize,
    ) -> Result<(Vec<Array2<f64>>, f64), ChronosError> {
        let seen = |context: &Vec<f64>| context.iter().map(|v| (!v.is_nan()).then_some(*v)).collect();
        let request = Request::Predict { contexts: contexts.iter().map(seen).collect(), steps };
        let patience = self.patience + self.patience_a_context * contexts.len() as u32;
        match self.ask(&request, patience)? {
            Response::Quantiles { values, seconds, peak_rss_mb } => {
                self.peak_rss_mb = peak_rss_mb;
                let shape = (steps, self.levels.len());
                let number = |value: Option<f64>| value.unwrap_or(f64::NAN);
                let matrix = |rows: Vec<Vec<Option<f64>>>| {
                    Array2::from_shape_vec(shape, rows.concat().into_iter().map(number).collect()).ok()
                };
                let answers: Option<Vec<_>> = values.into_iter().map(matrix).collect();
                let whole = answers.filter(|answers| answers.len() == contexts.len());
                let wrong = || ended("the Chronos worker returned numbers of the wrong shape".to_owned());
                whole.map(|answers| (answers, seconds)).ok_or_else(wrong)
            }
            other => Err(unexpected(&other)),
        }
    }

    fn ask(&mut self, request: &Request, patience: Duration) -> Result<Response, ChronosError> {
        let mut line = serde_json::to_vec(request).map_err(|e| ended(e.to_string()))?;
        line.push(b'\n');
        let _ = self.requests.send(line);
        let answer = match self.responses.recv_timeout(patience) {
            Ok(Ok(answer)) => answer,
            Err(RecvTimeoutError::Timeout) => {
                let seconds = patience.as_secs();
                let message = format!("the Chronos worker gave no answer in {seconds} s");
                return Err(ChronosError::Worker(Unavailability::NoAnswer { seconds }, message));
            }
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => return Err(self.exit_error()),
        };
        match serde_json::from_str(&answer) {
            Ok(Response::Failed { reason, cause }) => Err(ChronosError::Reported(reported_cause(&cause), reason)),
            Ok(response) => Ok(response),
            Err(error) => Err(ended(format!("the Chronos worker sent an invalid reply: {error}"))),
        }
    }

    /// Describes how the worker ended.
    fn exit_error(&mut self) -> ChronosError {
        let (cause, how) = match self.child.wait() {
            Ok(status) if status.signal() == Some(9) => (Unavailability::Killed, describe(status)),
            Ok(status) => (Unavailability::Ended, describe(status)),
            Err(error) => (Unavailability::Ended, error.to_string()),
        };
        ChronosError::Worker(cause, format!("the Chronos worker ended before it answered ({how})"))
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The worker holds nothing that could be lost. Killing one that has already ended fails, which is harmless.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn describe(status: std::process::ExitStatus) -> String {
    if let Some(signal) = status.signal() {
        let cause = match signal {
            9 => ": killed by the out-of-memory killer, or by hand",
            4 => ": an instruction that this processor does not have",
            7 => ": the weights file was changed while in use",
            _ => "",
        };
        return format!("signal {signal}{cause}");
    }
    status.to_string()
}

fn unexpected(response: &Response) -> ChronosError {
    ended(format!("the Chronos worker sent an unexpected reply: {response:?}"))
}

fn ended(message: String) -> ChronosError {
    ChronosError::Worker(Unavailability::Ended, message)
}

/// Returns the cause of a failure that a worker reports by its code: those that it finds while loading.
fn reported_cause(code: &str) -> Unavailability {
    let causes = [Unavailability::NoCheckpoint, Unavailability::BadCheckpoint, Unavailability::NoLibrary];
    causes.into_iter().find(|cause| cause.code() == code).unwrap_or(Unavailability::Failed)
}

/// Worker's side: answers requests until there are no more. When `input` ends, so does the process, even in the
/// middle of a forecast: the parent is gone, and nobody waits for the answer.
///
/// # Errors
/// When input or output fail; failures of a request are answered, not returned.
pub fn serve_worker(input: impl BufRead + Send + 'static, mut output: impl Write) -> std::io::Result<()> {
    let (sender, requests) = channel();
    std::thread::Builder::new().name("chronos-parent".to_owned()).spawn(move || {
        for line in input.lines() {
            if sender.send(line).is_err() {
                return;
            }
        }
        std::process::exit(0);
    })?;
    let mut predictor = None;
    for line in requests {
        let response = match serde_json::from_str(&line?) {
            Ok(request) => answer(request, &mut predictor),
            Err(error) => {
                let reason = format!("the Chronos worker received an invalid request: {error}");
                Response::Failed { reason, cause: String::new() }
            }
        };
        serde_json::to_writer(&mut output, &response)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}

/// JSON has only finite numbers.
fn finite(value: &f64) -> Option<f64> {
    value.is_finite().then_some(*value)
}

fn answer(request: Request, predictor: &mut Option<Predictor>) -> Response {
    let start = Instant::now();
    let attempt = match (request, predictor) {
        (Request::Load { place, int8, threads, cuda, library }, predictor) => {
            let device = if cuda { Device::Cuda } else { Device::Cpu };
            let precision = if int8 { Precision::Int8 } else { Precision::Float };
            Predictor::load(&place, precision, &SessionSettings { threads, device, library }).map(|loaded| {
                let levels = loaded.config().quantiles.clone();
                *predictor = Some(loaded);
                Response::Loaded { levels, seconds: start.elapsed().as_secs_f64() }
            })
        }
        (Request::Predict { contexts, steps }, Some(predictor)) => {
            let contexts: Vec<Vec<f64>> =
                contexts.into_iter().map(|c| c.into_iter().map(|v| v.unwrap_or(f64::NAN)).collect()).collect();
            let start = Instant::now();
            predictor.predict(&contexts, steps).map(|answers| Response::Quantiles {
                seconds: start.elapsed().as_secs_f64(),
                values: answers
                    .iter()
                    .map(|a| a.rows().into_iter().map(|r| r.iter().map(finite).collect()).collect())
                    .collect(),
                peak_rss_mb: memory::peak_rss_mb(),
            })
        }
        (Request::Predict { .. }, None) => Err(ended("no checkpoint has been loaded".to_owned())),
    };
    attempt.unwrap_or_else(|error| Response::Failed {
        reason: error.to_string(),
        cause: error.cause().code().to_owned(),
    })
}
