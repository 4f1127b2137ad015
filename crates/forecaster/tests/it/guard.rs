//! The guard over Chronos, with the real program: tests cause faults and read the guard's reaction from exit codes,
//! log, reports, outbox and `chronos status`.
#![cfg(onnxruntime)]
#![allow(clippy::unwrap_used)]

use crate::daemon::{Daemon, ledger, minutes_ago, miss, only, signal, until};
use crate::desk::{Desk, assert_valid};
use forecaster_domain::Horizon;
use serde_json::Value;
use std::process::{Child, Stdio};

const RUN: [&str; 6] = ["run", "7d", "--offline", "--as-of", "2024-12-23", "--json"];

/// A desk with Chronos in 7d whose mail server does not exist, so that queued mail stays in the outbox.
fn desk() -> Desk {
    let mut desk = Desk::with_chronos();
    desk.set("FORECASTER__MAIL__SMTP", "smtp://127.0.0.1:9?tls=none");
    desk.set("FORECASTER__MAIL__FROM", "Forecaster <forecaster@example.com>");
    desk.set("FORECASTER__MAIL__RECIPIENTS", r#"["Treasury <treasury@example.com>"]"#);
    desk
}

fn status(desk: &Desk) -> Value {
    let document = desk.run(&["chronos", "status", "--json"]).expect(0).json();
    assert_valid(&document, "chronos-status.schema.json");
    document["horizons"]["7d"].clone()
}

/// Returns the subjects of the guard's alerts in the outbox.
fn alerts(desk: &Desk) -> Vec<String> {
    let queue = desk.run(&["mail", "queue", "--json"]).json();
    let subjects = queue.as_array().unwrap().iter().map(|mail| mail["subject"].as_str().unwrap());
    subjects.filter(|subject| subject.contains("Chronos")).map(str::to_owned).collect()
}

fn kinds(status: &Value) -> Vec<&str> {
    status["events"].as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect()
}

fn reason(run: &Value) -> &str {
    run["left_out"][0]["reason"].as_str().unwrap_or_default()
}

/// Starts a run and waits for its worker process; returns the run's process and the worker's id.
fn in_chronos(desk: &Desk) -> (Child, u32) {
    let mut run = desk.command(&RUN[..5]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut worker = None;
    until("the worker starts", || {
        assert!(run.try_wait().unwrap().is_none(), "the run was over too soon");
        worker = workers(run.id()).into_iter().next();
        worker.is_some()
    });
    (run, worker.unwrap())
}

/// Returns the ids of the child processes that run Chronos.
fn workers(parent: u32) -> Vec<u32> {
    let of_thread = |thread: std::fs::DirEntry| std::fs::read_to_string(thread.path().join("children")).ok();
    let threads = std::fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let children: Vec<String> = threads.filter_map(of_thread).collect();
    let ids = children.iter().flat_map(|ids| ids.split_whitespace()).filter_map(|id| id.parse().ok());
    ids.filter(|id: &u32| {
        std::fs::read_to_string(format!("/proc/{id}/comm")).is_ok_and(|name| name.trim() == "chronos-worker")
    })
    .collect()
}

#[test]
fn three_failures_in_a_row_suspend_chronos_and_resume_brings_it_back() {
    let desk = desk();
    desk.run(&RUN).expect(0);
    let weights = desk.path("checkpoint/model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    std::fs::write(&weights, b"not a checkpoint").unwrap();
    for failures in 1..=3 {
        let finished = desk.run(&RUN).expect(3);
        let run = finished.json();
        assert!(reason(&run).contains("model.safetensors"), "{run}");
        let report = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
        assert!(report.contains("los archivos del modelo entrenado no se pueden usar"), "in words for a reader");
        assert!(!report.contains("model.safetensors"));
        assert_eq!(report.contains("suspendido después de esta ejecución: falló en varias"), failures == 3);
        assert_eq!(status(&desk)["consecutive_failures"], failures);
        let suspended = finished.stderr().contains("Chronos suspended in 7d: 3 failures in a row");
        assert_eq!(suspended, failures == 3, "{}", finished.stderr());
        assert_eq!(desk.metrics().last().unwrap()["chronos_suspended"].is_string(), failures == 3);
        assert_eq!(alerts(&desk).len(), usize::from(failures == 3));
    }
    assert_eq!(alerts(&desk), ["forecaster: Chronos quedó suspendido en 7d"]);

    // The cause is repaired: Chronos stays suspended, and every output says so.
    std::fs::write(&weights, whole).unwrap();
    let finished = desk.run(&RUN).expect(3);
    let run = finished.json();
    assert!(reason(&run).starts_with("suspended since ") && reason(&run).contains("chronos resume 7d"), "{run}");
    assert!(!finished.stderr().contains("Loading Chronos pipeline"), "{}", finished.stderr());
    assert!(finished.stderr().contains("WARN") && finished.stderr().contains("Chronos left out: suspended since"));
    let report = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    assert!(report.contains("suspendido desde el ") && report.contains("falló en varias ejecuciones seguidas"));
    assert!(!report.contains("suspended") && !report.contains("forecaster chronos"), "no text for the operator");
    assert_eq!(run["left_out"][0]["code"], "suspended");
    let found = status(&desk);
    assert_eq!(
        (found["state"].as_str(), found["suspended"]["cause"].as_str()),
        (Some("suspended"), Some("failures"))
    );
    assert!(found["suspended"]["reason"].as_str().unwrap().contains("model.safetensors"), "{found}");
    assert_eq!(kinds(&found), ["suspended", "failed", "failed", "failed", "enabled"]);
    let told = desk.run(&["chronos", "status"]).expect(0).stdout();
    assert!(told.contains("SUSPENDED since") && told.contains("back with: forecaster chronos resume 7d"), "{told}");
    assert_eq!(alerts(&desk).len(), 1, "one alert a suspension");

    let said = desk.run(&["chronos", "resume", "7d"]).expect(0).stdout();
    assert!(said.contains("takes part in 7d again"), "{said}");
    assert!(desk.run(&["chronos", "resume", "7d"]).expect(0).stdout().contains("is not suspended"));
    let run = desk.run(&RUN).expect(0).json();
    assert!(run["models"]["chronos"]["weight"].as_f64().unwrap() > 0.0);
    let found = status(&desk);
    assert_eq!((found["state"].as_str(), found["consecutive_failures"].as_u64()), (Some("on"), Some(0)));
}

#[test]
fn a_success_in_between_forgets_the_failures() {
    let desk = desk();
    let weights = desk.path("checkpoint/model.safetensors");
    let whole = std::fs::read(&weights).unwrap();
    for (content, code, failures) in [(&b"nothing"[..], 3, 1), (b"nothing", 3, 2), (&whole, 0, 0), (b"nothing", 3, 1)]
    {
        std::fs::write(&weights, content).unwrap();
        desk.run(&RUN).expect(code);
        let found = status(&desk);
        assert_eq!((found["consecutive_failures"].as_u64(), found["state"].as_str()), (Some(failures), Some("on")));
    }
}

#[test]
fn two_runs_over_the_limit_of_memory_suspend_it() {
    let mut desk = desk();
    desk.set("FORECASTER__GUARD__MAX_PEAK_RSS_MB", "20");
    desk.run(&RUN).expect(0);
    let found = status(&desk);
    assert_eq!((found["state"].as_str(), found["consecutive_heavy_runs"].as_u64()), (Some("on"), Some(1)));
    let finished = desk.run(&RUN).expect(0);
    assert!(
        finished.stderr().contains("2 runs in a row over 20 MB (guard.max_peak_rss_mb)"),
        "{}",
        finished.stderr()
    );
    let run = finished.json();
    let report = std::fs::read_to_string(desk.path(run["report"]["html"].as_str().unwrap())).unwrap();
    assert!(report.contains("suspendido"), "the report of the run that suspends it tells so");
    assert_eq!((status(&desk)["suspended"]["cause"].as_str(), alerts(&desk).len()), (Some("memory"), 1));
    assert!(reason(&desk.run(&RUN).expect(3).json()).contains("suspended since"));
}

#[test]
fn an_answer_that_takes_longer_than_allowed_is_not_waited_for_and_suspends_it_at_once() {
    let mut desk = desk();
    desk.set("FORECASTER__GUARD__MAX_EXTRA_SECONDS", "1");
    let (mut run, worker) = in_chronos(&desk);
    signal(worker, "STOP");
    assert_eq!(run.wait().unwrap().code(), Some(3));
    let metrics = desk.metrics().pop().unwrap();
    assert!(metrics["left_out"][0]["reason"].as_str().unwrap().contains("gave no answer in 1 s"), "{metrics}");
    assert!(metrics["resources"]["seconds_chronos"].as_f64().unwrap() > 1.0, "{metrics}");
    let found = status(&desk);
    assert_eq!((found["suspended"]["cause"].as_str(), alerts(&desk).len()), (Some("slow"), 1), "{found}");
}

#[test]
fn a_worker_that_is_killed_is_a_failure_of_chronos_and_not_of_the_run() {
    let desk = desk();
    let (mut run, worker) = in_chronos(&desk);
    signal(worker, "KILL");
    assert_eq!(run.wait().unwrap().code(), Some(3));
    let metrics = desk.metrics().pop().unwrap();
    assert!(metrics["left_out"][0]["reason"].as_str().unwrap().contains("signal 9"), "{metrics}");
    let found = status(&desk);
    assert_eq!((found["state"].as_str(), found["consecutive_failures"].as_u64()), (Some("on"), Some(1)), "{found}");
}

/// The kernel counts its out-of-memory kills: this kill is not one of them.
#[test]
fn a_run_that_is_killed_in_chronos_is_counted_by_the_next_one() {
    let mut desk = desk();
    let (mut run, _) = in_chronos(&desk);
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(ledger(&desk).chronos_mark(Horizon::D7).unwrap().is_some(), "its record is unfinished");
    desk.run(&RUN).expect(0);
    let found = status(&desk);
    assert_eq!(kinds(&found), ["failed", "enabled"], "{found}");
    assert!(
        found["events"][0]["detail"].as_str().unwrap().contains("killed while it was running Chronos"),
        "{found}"
    );
    assert_eq!(found["consecutive_failures"], 0, "and the next one went well");
    assert!(ledger(&desk).chronos_mark(Horizon::D7).unwrap().is_none());

    // With no failure tolerated, the run after the killed one goes on without Chronos.
    desk.set("FORECASTER__GUARD__MAX_CONSECUTIVE_FAILURES", "0");
    let (mut run, _) = in_chronos(&desk);
    run.kill().unwrap();
    run.wait().unwrap();
    assert!(reason(&desk.run(&RUN).expect(3).json()).contains("suspended since"));
    assert_eq!((status(&desk)["suspended"]["cause"].as_str(), alerts(&desk).len()), (Some("failures"), 1));
}

/// Out of memory: the kernel's count differs from the one when the run entered Chronos.
#[test]
fn a_run_that_the_out_of_memory_killer_ended_in_chronos_suspends_it_at_once() {
    let desk = desk();
    let (mut run, _) = in_chronos(&desk);
    run.kill().unwrap();
    run.wait().unwrap();
    let ledger = ledger(&desk);
    let mut mark = ledger.chronos_mark(Horizon::D7).unwrap().unwrap();
    mark.oom_kills = mark.oom_kills.map(|count| count - 1);
    ledger.mark_chronos(&mark).unwrap();
    assert!(reason(&desk.run(&RUN).expect(3).json()).contains("the out-of-memory killer ended it"));
    assert_eq!((status(&desk)["suspended"]["cause"].as_str(), alerts(&desk).len()), (Some("killed"), 1));
}

#[test]
fn neither_an_interrupted_run_nor_a_restart_of_the_machine_is_counted() {
    let desk = desk();
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let (mut run, _) = in_chronos(&desk);
        signal(run.id(), name);
        assert_eq!(run.wait().unwrap().code(), Some(code));
        assert!(ledger(&desk).chronos_mark(Horizon::D7).unwrap().is_none());
    }
    let (mut run, _) = in_chronos(&desk);
    run.kill().unwrap();
    run.wait().unwrap();
    {
        let ledger = ledger(&desk);
        let mut mark = ledger.chronos_mark(Horizon::D7).unwrap().unwrap();
        mark.boot = "the one before".into();
        ledger.mark_chronos(&mark).unwrap();
    }
    desk.run(&RUN).expect(0);
    assert_eq!(kinds(&status(&desk)), ["interrupted", "enabled"]);
}

#[test]
fn suspended_by_hand_it_comes_back_when_it_is_switched_off_and_on() {
    let mut desk = desk();
    desk.run(&["chronos", "suspend", "7d", "--reason", "new checkpoint on trial"]).expect(0);
    assert!(desk.run(&["chronos", "suspend", "7d"]).expect(0).stdout().contains("already"));
    assert!(reason(&desk.run(&RUN).expect(3).json()).contains("new checkpoint on trial"));
    assert!(alerts(&desk).is_empty(), "who did it knows");
    desk.set("FORECASTER__HORIZONS__7D__CHRONOS__ENABLED", "false");
    assert_eq!(desk.run(&RUN).expect(0).json()["left_out"], Value::Array(vec![]));
    assert_eq!(status(&desk)["state"], "off");
    desk.set("FORECASTER__HORIZONS__7D__CHRONOS__ENABLED", "true");
    desk.run(&RUN).expect(0);
    let found = status(&desk);
    assert_eq!((found["state"].as_str(), kinds(&found)[..2].to_vec()), (Some("on"), vec!["enabled", "disabled"]));
}

#[test]
fn the_daemon_tells_of_a_suspension_and_counts_a_run_of_its_own_that_was_killed() {
    let mut desk = desk();
    desk.set("FORECASTER__GUARD__MAX_CONSECUTIVE_FAILURES", "0");
    let schedule = miss(&desk, Horizon::D7, minutes_ago(30));
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    let mut run = None;
    until("the run's worker starts", || {
        let children =
            std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", daemon.pid())).unwrap_or_default();
        let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap().flatten();
        let all =
            threads.filter_map(|it| std::fs::read_to_string(it.path().join("children")).ok()).collect::<String>();
        let ids = children.split_whitespace().chain(all.split_whitespace()).filter_map(|id| id.parse::<u32>().ok());
        run = ids.into_iter().find(|id| !workers(*id).is_empty());
        run.is_some()
    });
    signal(run.unwrap(), "KILL");
    daemon.hears("Chronos suspended in 7d since");
    assert_eq!(desk.metrics()[0]["status"], "failed");
    assert_eq!((status(&desk)["suspended"]["cause"].as_str(), alerts(&desk).len()), (Some("failures"), 1));
    desk.run(&["chronos", "resume", "7d"]).expect(0);
    daemon.stop();
}

/// A fortnight without a failure and good enough errors earn the next stage; each criterion reports its figures.
#[test]
fn the_next_stage_is_advised_by_criteria_with_figures() {
    let desk = desk();
    let open = |found: &Value| -> Vec<String> {
        let criteria = found["next_stage"]["criteria"].as_array().unwrap();
        let open = criteria.iter().filter(|it| it["met"] == false);
        open.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
    };
    let found = status(&desk);
    assert_eq!(
        (found["next_stage"]["horizon"].as_str(), found["next_stage"]["ready"].as_bool()),
        (Some("15d"), Some(false))
    );
    assert_eq!(open(&found).len(), 4, "{found}");
    desk.run(&RUN).expect(0);
    desk.run(&RUN).expect(0);
    let found = status(&desk);
    // The weights are random: the criteria on errors and on the ensemble stay open.
    assert_eq!(
        open(&found),
        ["on and not suspended", "RMSE against ARIMA and VAR", "ensemble with against without"],
        "{found}"
    );
    let advice = found["advice"].to_string();
    assert!(advice.contains("its weight is") && advice.contains("above that of every other model"), "{advice}");
    let told = desk.run(&["chronos", "status"]).expect(0).stdout();
    assert!(told.contains("next stage 15d: not yet, 3 of 5 criteria open"), "{told}");
    assert!(told.lines().all(|line| line.chars().count() <= 160), "{told}");
}
