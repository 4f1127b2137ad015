//! The supervisor with a controlled clock, alarms that never ring, and scripted runs.

use super::*;
use crate::daemon::mailer::{MailState, Mailer};
use crate::daemon::pulse::LivenessProbe;
use crate::daemon::test_run::record;
use chrono::TimeDelta;
use std::sync::Mutex;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::{Instant, sleep};

/// Clock on tokio's paused time, from a Monday 07:59 in Santiago on.
struct PausedClock(Instant);

fn start() -> DateTime<Utc> {
    "2025-01-06T10:59:00Z".parse().unwrap()
}

impl Clock for PausedClock {
    fn read(&self) -> ClockReading {
        let elapsed = self.0.elapsed();
        ClockReading { now: start() + TimeDelta::from_std(elapsed).unwrap(), elapsed }
    }
}

/// Alarms that never ring: the regular pulse alone must do.
struct Silent;

impl Alarms for Silent {
    fn set(&mut self, _: impl Iterator<Item = DateTime<Utc>>, _: ClockReading) {}

    fn alarm_notification(&self) -> Arc<Notify> {
        Arc::default()
    }

    fn is_dead(&mut self, _: ClockReading) -> bool {
        false
    }
}

/// Behaviour of a run.
#[derive(Clone, Copy)]
enum Act {
    Finish(u64),
    /// Fails for a transient reason.
    Fail,
    Die,
    Panic,
    Hang,
}

#[derive(Default)]
struct Stage {
    acts: Mutex<VecDeque<Act>>,
    /// Horizon, run, start and end in seconds.
    played: Mutex<Vec<(Horizon, String, u64, u64)>>,
    configs: Mutex<Vec<Config>>,
}

struct Actor {
    stage: Arc<Stage>,
    ledger: Arc<Ledger>,
    begin: Instant,
}

impl Runner for Actor {
    async fn run(&self, job: Job, cut: CancellationToken) -> JobEnd {
        let begun = self.begin.elapsed().as_secs();
        let act = self.stage.acts.lock().unwrap().pop_front().unwrap_or(Act::Finish(5));
        self.stage.configs.lock().unwrap().push(job.config.clone());
        let ended = match act {
            Act::Finish(seconds) => {
                sleep(Duration::from_secs(seconds)).await;
                self.ledger.record(&record(&job.assignment)).unwrap();
                JobEnd::Exited
            }
            Act::Fail => JobEnd::TryAgain,
            Act::Die => JobEnd::Lost("the run's process was killed (signal 9)".into()),
            Act::Panic => panic!("a run that panics"),
            Act::Hang => {
                cut.cancelled().await;
                JobEnd::Cut
            }
        };
        let Assignment { horizon, run_id, .. } = job.assignment;
        self.stage.played.lock().unwrap().push((horizon, run_id, begun, self.begin.elapsed().as_secs()));
        ended
    }
}

struct House {
    directory: tempfile::TempDir,
    config: Config,
    stage: Arc<Stage>,
    clock: Arc<PausedClock>,
}

/// Running supervisor.
struct Lodger {
    messages: mpsc::Sender<Message>,
    pulse: LivenessProbe,
    stop: CancellationToken,
    stop_now: CancellationToken,
    state: watch::Receiver<Arc<DaemonState>>,
    ledger: Arc<Ledger>,
    living: JoinHandle<Result<(), crate::failure::Failure>>,
}

impl House {
    fn new(acts: &[Act]) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let mut config = Config::default();
        // Instants of these tests.
        config.horizons.d7.schedule = "0 8 * * Mon".into();
        config.service.data_dir = directory.path().to_owned();
        config.service.metrics_log = directory.path().join("metrics.jsonl");
        let stage = Arc::new(Stage { acts: Mutex::new(acts.iter().copied().collect()), ..Stage::default() });
        Self { directory, config, stage, clock: Arc::new(PausedClock(Instant::now())) }
    }

    fn move_in(&self) -> Lodger {
        let ledger = Arc::new(Ledger::open(&self.directory.path().join("ledger.sqlite")).unwrap());
        let (state_sender, state) = watch::channel(Arc::new(DaemonState {
            started_at: start(),
            ready: false,
            stopping: false,
            zone: self.config.zone(),
            reports_dir: "reports".into(),
            horizons: Vec::new(),
            waiting: Vec::new(),
            run_blocker: None,
            configuration: ConfigurationState { file: None, accepted_at: start(), refused: None },
            mail: MailState::default(),
        }));
        let runner = Actor { stage: self.stage.clone(), ledger: ledger.clone(), begin: self.clock.0 };
        let supervisor = Supervisor::new(Dependencies {
            clock: self.clock.clone(),
            alarms: Silent,
            runner,
            ledger: ledger.clone(),
            config: self.config.clone(),
            state: state_sender,
            systemd: Arc::default(),
            mailbox: Mailer::new(ledger.clone(), self.config.clone()).1,
        })
        .unwrap();
        let (pulse, beats) = LivenessProbe::new();
        let (messages, inbox) = mpsc::channel(8);
        let (stop, stop_now) = (CancellationToken::new(), CancellationToken::new());
        let inbox = Inbox { messages: inbox, beats, stop: stop.clone(), stop_now: stop_now.clone() };
        Lodger { messages, pulse, stop, stop_now, state, ledger, living: tokio::spawn(supervisor.run_loop(inbox)) }
    }

    fn played(&self) -> Vec<(Horizon, String, u64, u64)> {
        self.stage.played.lock().unwrap().clone()
    }
}

impl Lodger {
    fn runs(&self, horizon: Horizon) -> Vec<(String, String)> {
        let runs = self.ledger.runs(horizon, 100).unwrap();
        runs.into_iter().map(|run| (run.run_id, run.status)).collect()
    }

    /// Stops, and waits for the end; returns how long that took.
    async fn leave(self) -> Duration {
        let begin = Instant::now();
        self.stop.cancel();
        self.living.await.unwrap().unwrap();
        begin.elapsed()
    }
}

async fn minutes(count: u64) {
    sleep(Duration::from_secs(60 * count)).await;
}

#[tokio::test(start_paused = true)]
async fn each_horizon_runs_at_its_instant_and_two_never_at_once() {
    let mut house = House::new(&[Act::Finish(600), Act::Finish(600)]);
    house.config.horizons.d15.schedule = "0 8 * * Mon".into();
    let lodger = house.move_in();
    minutes(30).await;
    let played = house.played();
    assert_eq!(played.len(), 2);
    assert!(played[0].2 >= 60 && played[1].2 >= played[0].3, "{played:?}");
    assert_eq!((lodger.runs(Horizon::D7).len(), lodger.runs(Horizon::D15).len()), (1, 1));
    let state = lodger.state.borrow().clone();
    assert!(state.ready && state.horizons[0].last.as_ref().unwrap().figures == Some((1011.8, 1009.2)));
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_dies_or_panics_has_failed_alone() {
    let mut house = House::new(&[Act::Die, Act::Panic]);
    house.config.horizons.d7.schedule = "*/5 * * * *".into();
    let lodger = house.move_in();
    minutes(17).await;
    let statuses: Vec<String> = lodger.runs(Horizon::D7).into_iter().map(|(_, status)| status).rev().collect();
    assert_eq!(statuses.iter().filter(|status| *status == "failed").count(), 2, "{statuses:?}");
    assert!(statuses.iter().filter(|status| *status == "ok").count() >= 1);
    let metrics = std::fs::read_to_string(&house.config.service.metrics_log).unwrap();
    assert!(metrics.contains("signal 9") && metrics.contains("panicked"), "{metrics}");
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_may_finish_when_the_daemon_is_asked_to_stop() {
    let house = House::new(&[Act::Finish(20)]);
    let lodger = house.move_in();
    sleep(Duration::from_secs(91)).await;
    let ledger = lodger.ledger.clone();
    assert!(lodger.leave().await <= Duration::from_secs(20));
    assert_eq!(ledger.runs(Horizon::D7, 9).unwrap().len(), 1);
    assert!(ledger.open_slots().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_outlives_its_grace_is_cut_off_and_run_again_under_its_name_at_the_next_start() {
    let house = House::new(&[Act::Hang]);
    let lodger = house.move_in();
    minutes(2).await;
    let alive = lodger.pulse.clone();
    assert!(alive.check(Duration::from_secs(1)).await.is_ok(), "it answers while a run is in progress");
    let took = lodger.leave().await;
    assert!((30..35).contains(&took.as_secs()), "{took:?}");
    let lodger = house.move_in();
    minutes(1).await;
    let played = house.played();
    assert_eq!((played.len(), &played[0].1), (2, &played[1].1));
    assert_eq!(lodger.runs(Horizon::D7), [(played[0].1.clone(), "ok".to_owned())]);
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_second_wish_to_stop_waits_for_nothing() {
    let house = House::new(&[Act::Hang]);
    let lodger = house.move_in();
    minutes(2).await;
    lodger.stop_now.cancel();
    assert!(lodger.leave().await < Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_is_taken_over_moves_the_schedule_and_reaches_the_next_run() {
    let house = House::new(&[]);
    let lodger = house.move_in();
    sleep(Duration::from_secs(1)).await;
    let mut config = house.config.clone();
    config.horizons.d7.schedule = "10 8 * * Mon".into();
    config.horizons.d15.enabled = false;
    config.horizons.d7.chronos.enabled = false;
    let (answer, adopted) = oneshot::channel();
    lodger.messages.send(Message::Adopt(Box::new(config.clone()), None, answer)).await.ok().unwrap();
    adopted.await.unwrap().unwrap();
    minutes(5).await;
    assert!(house.played().is_empty(), "08:00 is no more");
    let state = lodger.state.borrow().clone();
    assert_eq!(state.horizons[0].next, Some("2025-01-06T11:10:00Z".parse().unwrap()));
    assert_eq!((state.horizons[1].enabled, state.horizons[1].next), (false, None));
    minutes(8).await;
    assert_eq!(*house.stage.configs.lock().unwrap(), [config]);
    let (answer, told) = oneshot::channel();
    lodger.messages.send(Message::Refused("horizons.7d: bad".into(), answer)).await.ok().unwrap();
    told.await.unwrap();
    assert_eq!(lodger.state.borrow().configuration.refused.as_deref(), Some("horizons.7d: bad"));
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_another_run_when_the_daemon_stops_is_due_at_the_next_start() {
    let mut house = House::new(&[Act::Hang]);
    house.config.horizons.d15.schedule = "0 8 * * Mon".into();
    house.move_in_for(2).await;
    let lodger = house.move_in();
    minutes(1).await;
    assert_eq!((lodger.runs(Horizon::D7).len(), lodger.runs(Horizon::D15).len()), (1, 1));
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_fails_for_what_passes_is_made_again_under_its_name() {
    let house = House::new(&[Act::Fail, Act::Fail]);
    let lodger = house.move_in();
    minutes(8).await;
    let played = house.played();
    assert!(played.len() == 3 && played.iter().all(|it| it.1 == played[0].1), "{played:?}");
    assert_eq!(lodger.runs(Horizon::D7), [(played[0].1.clone(), "ok".to_owned())]);
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_waits_to_be_made_again_is_passed_over_when_its_horizon_is_switched_off() {
    let house = House::new(&[Act::Fail]);
    let lodger = house.move_in();
    minutes(2).await;
    assert_eq!(lodger.state.borrow().waiting, [Horizon::D7]);
    let mut config = house.config.clone();
    config.horizons.d7.enabled = false;
    let (answer, adopted) = oneshot::channel();
    lodger.messages.send(Message::Adopt(Box::new(config), None, answer)).await.ok().unwrap();
    adopted.await.unwrap().unwrap();
    minutes(5).await;
    assert_eq!(house.played().len(), 1);
    assert!(lodger.state.borrow().waiting.is_empty() && lodger.ledger.open_slots().unwrap().is_empty());
    lodger.leave().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_that_a_locked_ledger_kept_from_beginning_begins_later_even_when_its_schedule_was_changed_meanwhile() {
    let mut house = House::new(&[]);
    house.config.service.catch_up_hours = 0;
    let lodger = house.move_in();
    sleep(Duration::from_secs(1)).await;
    lodger.ledger.set_lock_timeout(Duration::ZERO).unwrap();
    let other = rusqlite::Connection::open(house.directory.path().join("ledger.sqlite")).unwrap();
    sleep(Duration::from_secs(50)).await;
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    sleep(Duration::from_secs(25)).await;
    let state = lodger.state.borrow().clone();
    assert!(state.run_blocker.as_ref().is_some_and(|it| it.contains("locked")) && !state.is_ready(), "{state:?}");
    assert_eq!(state.waiting, [Horizon::D7]);
    assert!(lodger.pulse.check(Duration::from_secs(1)).await.is_ok());
    assert!(!lodger.state.borrow().is_ready(), "another look does not make it well");
    other.execute_batch("COMMIT").unwrap();
    let mut config = house.config.clone();
    config.horizons.d7.schedule = "0 12 * * Mon".into();
    let (answer, adopted) = oneshot::channel();
    lodger.messages.send(Message::Adopt(Box::new(config), None, answer)).await.ok().unwrap();
    adopted.await.unwrap().unwrap();
    minutes(4).await;
    assert_eq!(lodger.runs(Horizon::D7).len(), 1);
    let state = lodger.state.borrow().clone();
    assert!(state.is_ready() && state.waiting.is_empty(), "{state:?}");
    lodger.leave().await;
}

impl House {
    async fn move_in_for(&self, count: u64) {
        let lodger = self.move_in();
        minutes(count).await;
        lodger.leave().await;
    }
}
