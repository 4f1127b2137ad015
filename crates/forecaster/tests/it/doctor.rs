//! The doctor: on a healthy machine, and with each of its lines broken in turn.
#![cfg(onnxruntime)]
#![allow(clippy::unwrap_used)]

use crate::daemon::{Daemon, only};
use crate::desk::{Desk, assert_valid};
use chrono::{Datelike, Days, Utc, Weekday};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

/// Starts a mail server that answers `verdict` to a sender.
fn postman(verdict: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // The thread ends with the test's process.
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            let _ = stream.write_all(b"220 postman\r\n");
            while let Some(Ok(line)) = lines.next() {
                let answer = if line.starts_with("MAIL FROM") { verdict } else { "250 all right" };
                let _ = stream.write_all(format!("{answer}\r\n").as_bytes());
            }
        }
    });
    port
}

/// Returns rates of the pair up to today, as another program would store them.
fn rates() -> String {
    let mut text = "date,value\n".to_owned();
    let today = Utc::now().date_naive();
    for back in (0..900).rev() {
        let day = today - Days::new(back);
        if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            text += &format!("{day},{:.2}\n", 950.0 + 30.0 * (back as f64 / 25.0).sin() + (back % 7) as f64);
        }
    }
    text
}

/// A desk without any problem.
fn good() -> Desk {
    let mut desk = Desk::as_shipped();
    desk.write("usdclp.csv", &rates());
    desk.set("FORECASTER__RATES__PROVIDERS", r#"["file"]"#);
    desk.set("FORECASTER__RATES__PROVIDER__FILE__PATH", desk.path("{series}.csv").to_str().unwrap());
    desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1");
    // The regressors have no values for these days.
    desk.set("FORECASTER__HORIZONS__7D__MODELS", r#"["random_walk", "arima_garch"]"#);
    desk.set("FORECASTER__MAIL__SMTP", &format!("smtp://127.0.0.1:{}?tls=none", postman("250 welcome")));
    desk.set("FORECASTER__MAIL__FROM", "Forecaster <forecaster@example.com>");
    desk.set("FORECASTER__MAIL__RECIPIENTS", r#"["treasury@example.com"]"#);
    desk.write("token", "a secret\n");
    std::fs::set_permissions(desk.path("token"), std::fs::Permissions::from_mode(0o600)).unwrap();
    desk.set("FORECASTER__SERVICE__HTTP__TOKEN", desk.path("token").to_str().unwrap());
    desk.run(&["rates", "import", "usdclp.csv", "--series", "usdclp"]).expect(0);
    desk
}

fn checks(desk: &Desk, code: i32) -> Value {
    let document = desk.run(&["doctor", "--json"]).expect(code).json();
    assert_valid(&document, "doctor.schema.json");
    document
}

fn line<'a>(document: &'a Value, id: &str) -> &'a Value {
    let checks = document["checks"].as_array().unwrap();
    checks.iter().find(|check| check["id"] == id).unwrap_or_else(|| panic!("no {id} in {document:#}"))
}

#[test]
fn on_a_good_machine_all_is_well_and_nothing_is_left_behind() {
    let desk = good();
    let before = desk.files(".");
    let document = checks(&desk, 0);
    assert_eq!((&document["counts"]["fail"], &document["counts"]["warn"]), (&0.into(), &0.into()), "{document:#}");
    for id in [
        "configuration.valid",
        "credentials.http_token",
        "directories.data",
        "ledger.sound",
        "machine.memory",
        "machine.next_7d",
        "chronos.library",
        "chronos.model",
        "chronos.forecast",
        "chronos.ensemble",
        "chronos.memory",
        "rates.newest",
        "rates.file",
        "rates.providers",
        "mail.server",
        "mail.recipients",
    ] {
        assert_eq!(line(&document, id)["status"], "ok", "{document:#}");
    }
    assert_eq!(desk.files("."), before, "no file was made");
    assert!(!desk.path("data/ledger.sqlite").exists() && !desk.path("reports").exists());
    // Paths are never shortened, however long they are.
    let fits = |line: &str| line.chars().count() <= 120 || line.contains("libonnxruntime");
    let told = desk.run(&["doctor"]).expect(0).stdout();
    assert!(told.contains("0 warnings, 0 failures") && told.lines().all(fits), "{told}");
    // After a run there is more to inspect; the inspection changes nothing.
    desk.run(&["run", "7d", "--no-email"]).expect(0);
    let ledger = std::fs::read(desk.path("data/ledger.sqlite")).unwrap();
    let document = checks(&desk, 0);
    assert_eq!(line(&document, "ledger.last_7d")["status"], "ok");
    assert_eq!(line(&document, "chronos.guard_7d")["finding"], "not suspended");
    assert_eq!(std::fs::read(desk.path("data/ledger.sqlite")).unwrap(), ledger);
}

/// A breakage, the line that reports it with status, finding and fix, and the exit code.
struct Case {
    what: &'static str,
    breakage: fn(&mut Desk),
    id: &'static str,
    status: &'static str,
    finding: &'static str,
    fix: &'static str,
    code: i32,
}

const fn case(
    what: &'static str,
    breakage: fn(&mut Desk),
    (id, status): (&'static str, &'static str),
    finding: &'static str,
    fix: &'static str,
) -> Case {
    let code = if let b'f' = status.as_bytes()[0] { 1 } else { 3 };
    Case { what, breakage, id, status, finding, fix, code }
}

fn run(desk: &Desk) {
    desk.run(&["run", "7d", "--no-email"]).expect(0);
}

fn append(desk: &Desk, name: &str, bytes: &[u8]) {
    std::fs::OpenOptions::new().append(true).open(desk.path(name)).unwrap().write_all(bytes).unwrap();
}

/// Imports a copy of a small checkpoint into the store and selects it.
fn imported(desk: &mut Desk) {
    let fixture = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../chronos/fixtures/reg_relu");
    desk.run(&["model", "import", fixture.to_str().unwrap(), "--name", "own"]).expect(0);
    desk.set("FORECASTER__CHRONOS__MODEL", "own");
}

const CASES: &[Case] = &[
    Case {
        what: "a mistake in the configuration",
        breakage: |desk| drop(desk.write("config/forecasters.toml", "[guard]\nmax_failures = 2\n")),
        id: "configuration.valid",
        status: "fail",
        finding: "guard.max_failures",
        fix: "config rollback",
        code: 2,
    },
    case(
        "every horizon off",
        |desk| {
            for horizon in ["7D", "15D", "30D", "90D"] {
                desk.set(&format!("FORECASTER__HORIZONS__{horizon}__ENABLED"), "false");
            }
        },
        ("configuration.horizons", "warn"),
        "on: none",
        "horizons.7d.enabled",
    ),
    case(
        "a secret that is not there",
        |desk| std::fs::remove_file(desk.path("token")).unwrap(),
        ("credentials.http_token", "fail"),
        "cannot be read",
        "put it into",
    ),
    case(
        "a secret that is empty",
        |desk| std::fs::write(desk.path("token"), "\n").unwrap(),
        ("credentials.http_token", "fail"),
        "is empty",
        "put it into",
    ),
    case(
        "a secret that all may read",
        |desk| std::fs::set_permissions(desk.path("token"), std::fs::Permissions::from_mode(0o644)).unwrap(),
        ("credentials.http_token", "warn"),
        "mode 644",
        "chmod 600",
    ),
    case(
        "a directory that is a file",
        |desk| {
            desk.write("reports", "a file");
        },
        ("directories.reports", "fail"),
        "cannot be written to",
        "chown forecaster",
    ),
    case(
        "a directory where nothing can be written",
        |desk| desk.set("FORECASTER__SERVICE__METRICS_LOG", "/proc/forecaster/metrics.jsonl"),
        ("directories.logs", "fail"),
        "/proc/forecaster cannot be written to",
        "make it",
    ),
    case(
        "a damaged ledger",
        |desk| {
            desk.write("data/ledger.sqlite", &"no ledger at all ".repeat(300));
        },
        ("ledger.sound", "fail"),
        "damaged or not a ledger",
        "forecaster restore",
    ),
    case(
        "a pipe in the metrics' place",
        |desk| {
            std::fs::create_dir_all(desk.path("logs")).unwrap();
            let made = std::process::Command::new("mkfifo").arg(desk.path("logs/metrics.jsonl")).status().unwrap();
            assert!(made.success());
        },
        ("ledger.metrics", "fail"),
        "is no file",
        "move it away",
    ),
    case(
        "a broken line in the metrics",
        |desk| {
            run(desk);
            append(desk, "logs/metrics.jsonl", b"{\"run_id\":\"01");
        },
        ("ledger.metrics", "warn"),
        "1 of them broken",
        "nothing is lost",
    ),
    case(
        "a run that failed",
        |desk| {
            std::fs::create_dir_all(desk.path("data")).unwrap();
            desk.write("reports/7d", "in the way");
            desk.run(&["run", "7d", "--no-email"]).expect(1);
            std::fs::remove_file(desk.path("reports/7d")).unwrap();
        },
        ("ledger.last_7d", "warn"),
        "failed 0 h ago: cannot write",
        "forecaster run 7d",
    ),
    case(
        "too little memory",
        |desk| desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1000000"),
        ("machine.memory", "fail"),
        "MB free",
        "chronos.min_free_ram_mb",
    ),
    case(
        "a limit of the guard above the machine's memory",
        |desk| desk.set("FORECASTER__GUARD__MAX_PEAK_RSS_MB", "1000000"),
        ("machine.guard_limit", "warn"),
        "guard.max_peak_rss_mb = 1000000",
        "well below",
    ),
    case(
        "no ONNX Runtime",
        |desk| desk.set("FORECASTER__CHRONOS__ONNXRUNTIME", "/nowhere/libonnxruntime.so"),
        ("chronos.library", "fail"),
        "/nowhere/libonnxruntime.so",
        "pip download",
    ),
    case(
        "a checkpoint that is not there",
        |desk| desk.set("FORECASTER__CHRONOS__MODEL", "amazon/chronos-bolt-small"),
        ("chronos.model", "fail"),
        "amazon/chronos-bolt-small",
        "model pull",
    ),
    case(
        "a checkpoint that was changed",
        |desk| {
            imported(desk);
            let weights = desk.files("data/models").into_iter().find(|it| it.ends_with("model.safetensors")).unwrap();
            let mut bytes = std::fs::read(&weights).unwrap();
            let end = bytes.len();
            bytes[end - 40] ^= 0x20;
            std::fs::set_permissions(&weights, std::fs::Permissions::from_mode(0o644)).unwrap();
            std::fs::write(weights, bytes).unwrap();
        },
        ("chronos.model", "fail"),
        "sha256",
        "model pull",
    ),
    case("an untrained checkpoint", imported, ("chronos.forecast", "warn"), "out of order", "model verify"),
    case(
        "too little memory for Chronos in the ensemble",
        |desk| desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1000000"),
        ("chronos.ensemble", "fail"),
        "Chronos is left out",
        "lines above",
    ),
    case(
        "Chronos suspended",
        |desk| drop(desk.run(&["chronos", "suspend", "7d", "--reason", "on trial"]).expect(0)),
        ("chronos.guard_7d", "warn"),
        "on trial",
        "forecaster chronos resume 7d",
    ),
    case(
        "stale rates",
        |desk| std::fs::remove_dir_all(desk.path("data/rates")).unwrap(),
        ("rates.newest", "warn"),
        "is of 2026-10-26",
        "rates sync",
    ),
    case(
        "a provider that is down",
        |desk| {
            desk.set("FORECASTER__RATES__PROVIDERS", r#"["mindicador", "file"]"#);
            desk.set("FORECASTER__RATES__PROVIDER__MINDICADOR__URL", "http://127.0.0.1:9");
        },
        ("rates.mindicador", "warn"),
        "127.0.0.1",
        "[rates.provider]",
    ),
    case(
        "all providers down",
        |desk| {
            desk.set("FORECASTER__RATES__PROVIDERS", r#"["mindicador"]"#);
            desk.set("FORECASTER__RATES__PROVIDER__MINDICADOR__URL", "http://127.0.0.1:9");
        },
        ("rates.providers", "fail"),
        "0 of 1 answer",
        "HTTPS_PROXY",
    ),
    case(
        "a mail server that is down",
        |desk| desk.set("FORECASTER__MAIL__SMTP", "smtp://127.0.0.1:9?tls=none"),
        ("mail.server", "fail"),
        "127.0.0.1:9",
        "forecaster mail test",
    ),
    case(
        "a mail server that refuses the sender",
        |desk| {
            let port = postman("550 5.7.1 not from you");
            desk.set("FORECASTER__MAIL__SMTP", &format!("smtp://127.0.0.1:{port}?tls=none"));
        },
        ("mail.server", "fail"),
        "not from you",
        "forecaster mail test",
    ),
];

/// Prints a table of the reported lines with `-- --nocapture`.
#[test]
fn each_line_that_is_broken_is_told_with_what_to_do() {
    for Case { what, breakage, id, status, finding, fix, code } in CASES {
        let mut desk = good();
        breakage(&mut desk);
        let document = checks(&desk, *code);
        let check = line(&document, id);
        let said = |key: &str| check[key].as_str().unwrap_or_default().to_owned();
        println!("| {what} | {id} | {} | {} | {} |", said("status"), said("finding"), said("fix"));
        assert_eq!(check["status"], *status, "{what}: {document:#}");
        assert!(said("finding").contains(finding) && said("fix").contains(fix), "{what}: {check:#}");
    }
}

#[test]
fn beside_a_daemon_it_sees_the_process_its_pages_and_an_edit_that_was_not_taken_over() {
    let mut desk = good();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    desk.set("FORECASTER__SERVICE__HTTP__LISTEN", &format!("127.0.0.1:{port}"));
    desk.write("forecasters.toml", &only("7d", "0 8 * * Mon"));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    let doctor = |code: i32| desk.run(&["--config", "forecasters.toml", "doctor", "--json"]).expect(code).json();
    let document = doctor(0);
    for id in ["service.daemon", "service.pages", "configuration.taken_over"] {
        assert_eq!(line(&document, id)["status"], "ok", "{document:#}");
    }
    assert!(line(&document, "service.daemon")["finding"].as_str().unwrap().contains(&daemon.pid().to_string()));
    desk.write("forecasters.toml", &only("7d", "0 9 * * Mon"));
    let document = doctor(3);
    assert_eq!(line(&document, "configuration.taken_over")["fix"], "systemctl reload forecaster");
    daemon.stop();
}
