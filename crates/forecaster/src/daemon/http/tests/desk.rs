//! Pages of a daemon on a port of their own, over a ledger and reports in a scratch directory.

use super::client::{Answer, ask};
use crate::daemon::http::connections::ConnectionLimits;
use crate::daemon::http::serve_within;
use crate::daemon::http::site::Pages;
use crate::daemon::mailer::MailState;
use crate::daemon::pulse::LivenessProbe;
use crate::daemon::state::{ChronosState, ConfigurationState, DaemonState, HorizonState, LastRun};
use crate::host::secret::Secret;
use chrono::{DateTime, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::{Ledger, RunRecord, RunStatus};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(super) const TOKEN: &str = "s3cret:token";

/// Settings of a desk.
pub(super) struct Setting {
    pub limits: ConnectionLimits,
    pub token: bool,
    /// Answer of the supervisor; `None` when it hangs.
    pub pulse: Option<Result<(), String>>,
    pub listen: String,
    /// Existing ledger to use instead of a new one.
    pub ledger: Option<PathBuf>,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            limits: ConnectionLimits::default(),
            token: false,
            pulse: Some(Ok(())),
            listen: "127.0.0.1:0".into(),
            ledger: None,
        }
    }
}

pub(super) struct Desk {
    directory: TempDir,
    pub runtime: Runtime,
    pub address: SocketAddr,
    pub state: watch::Sender<Arc<DaemonState>>,
    pub ledger: Arc<Ledger>,
    pub stop: CancellationToken,
    pub served: JoinHandle<std::io::Result<()>>,
}

impl Desk {
    pub(super) fn open() -> Self {
        Self::with(Setting::default())
    }

    pub(super) fn with(setting: Setting) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let ledger = setting.ledger.unwrap_or_else(|| directory.path().join("ledger.sqlite"));
        let ledger = Arc::new(Ledger::open(&ledger).unwrap());
        let secret = directory.path().join("token");
        std::fs::write(&secret, TOKEN).unwrap();
        let (state, published) = watch::channel(Arc::new(state(directory.path().join("reports"))));
        let (pulse, mut beats) = LivenessProbe::new();
        runtime.spawn(async move {
            let mut unanswered = Vec::new();
            while let Some(beat) = beats.recv().await {
                match &setting.pulse {
                    Some(answer) => drop(beat.send(answer.clone())),
                    None => unanswered.push(beat),
                }
            }
        });
        let token = setting.token.then(|| Secret::read(secret.to_str().unwrap(), "service.http.token").unwrap());
        let pages = Pages { state: published, pulse, ledger: Arc::clone(&ledger), token };
        let listener = runtime.block_on(TcpListener::bind(setting.listen)).unwrap();
        let (address, stop) = (listener.local_addr().unwrap(), CancellationToken::new());
        let served = runtime.spawn(serve_within(listener, pages, stop.clone(), setting.limits));
        Self { directory, runtime, address, state, ledger, stop, served }
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        ask(self.address, "GET", path, "")
    }

    /// Publishes a changed state.
    pub(super) fn becomes(&self, change: impl FnOnce(&mut DaemonState)) {
        let mut state = DaemonState::clone(&self.state.borrow());
        change(&mut state);
        self.state.send_replace(Arc::new(state));
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a file among the reports.
    pub(super) fn file(&self, name: &str, content: &str) {
        let path = self.path("reports").join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    }

    /// Records a run with this metrics line.
    pub(super) fn record(&self, horizon: Horizon, status: RunStatus, finished_at: &str, metrics: &str) {
        let finished_at = instant(finished_at);
        let record = RunRecord {
            run_id: format!("{horizon}-{finished_at}"),
            pair: "USD/CLP".into(),
            horizon,
            as_of: None,
            scheduled_for: None,
            started_at: finished_at,
            finished_at,
            status,
            report_html: None,
            report_pdf: None,
            report_json: None,
            metrics: metrics.into(),
            forecasts: Vec::new(),
            drift: None,
            mail: Vec::new(),
            guard: None,
        };
        self.ledger.record(&record).unwrap();
    }
}

pub(super) fn instant(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn state(reports_dir: PathBuf) -> DaemonState {
    let last = LastRun {
        finished_at: instant("2025-01-06T11:00:04Z"),
        status: "ok".into(),
        as_of: Some("2025-01-03".parse().unwrap()),
        figures: Some((1011.83, 1009.24)),
        error: None,
    };
    let horizon = |horizon, next: &str| HorizonState {
        horizon,
        enabled: true,
        next: Some(instant(next)),
        running_since: None,
        last: None,
        chronos: ChronosState::default(),
    };
    DaemonState {
        started_at: instant("2025-01-05T03:00:00Z"),
        ready: true,
        stopping: false,
        zone: chrono_tz::America::Santiago,
        reports_dir,
        waiting: Vec::new(),
        run_blocker: None,
        horizons: vec![
            HorizonState { last: Some(last), ..horizon(Horizon::D7, "2025-01-13T11:00:00Z") },
            horizon(Horizon::D15, "2025-01-15T12:00:00Z"),
            horizon(Horizon::D30, "2025-02-01T12:30:00Z"),
            HorizonState { enabled: false, next: None, ..horizon(Horizon::D90, "2025-02-04T13:00:00Z") },
        ],
        configuration: ConfigurationState {
            file: Some("/etc/forecaster/forecasters.toml".into()),
            accepted_at: instant("2025-01-05T03:00:00Z"),
            refused: None,
        },
        mail: MailState::default(),
    }
}
