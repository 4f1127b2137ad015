//! Backups with the real program: made while runs and the daemon write, killed at any instant, damaged, restored.
#![allow(clippy::unwrap_used)]

use crate::daemon::{Daemon, ledger, minutes_ago, miss, only};
use crate::desk::Desk;
use forecaster_domain::Horizon;
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

fn run(desk: &Desk, as_of: &str) -> Value {
    desk.run(&["run", "7d", "--offline", "--as-of", as_of, "--json"]).expect(0).json()
}

fn back_up(desk: &Desk, name: &str) -> std::path::PathBuf {
    let file = desk.path(name);
    desk.run(&["backup", file.to_str().unwrap()]).expect(0);
    file
}

/// Returns the files of an unfinished backup or restoration.
fn leftovers(desk: &Desk, folder: &str) -> Vec<String> {
    let names = std::fs::read_dir(desk.path(folder)).unwrap().flatten();
    let names = names.map(|entry| entry.file_name().into_string().unwrap());
    names.filter(|name| name.starts_with(".forecaster-backup") || name.starts_with(".restore")).collect()
}

/// Restores a backup into an empty directory, runs SQLite's own check, and returns the number of runs.
fn restored_runs(file: &Path) -> i64 {
    let desk = Desk::new();
    desk.run(&["restore", file.to_str().unwrap()]).expect(0);
    let ledger = rusqlite::Connection::open(desk.path("data/ledger.sqlite")).unwrap();
    let one = |sql: &str| ledger.query_row(sql, [], |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
    assert_eq!(one("PRAGMA integrity_check"), rusqlite::types::Value::Text("ok".into()));
    let rusqlite::types::Value::Integer(runs) = one("SELECT count(*) FROM runs") else { panic!() };
    runs
}

#[test]
fn restored_into_an_empty_directory_the_next_run_goes_on_from_there() {
    let desk = Desk::new();
    desk.write("config/forecasters.toml", "[service]\nlanguage = \"en\"\n");
    desk.write("copper.csv", "date,value\n2024-12-20,4.1\n2024-12-23,4.2\n");
    desk.run(&["rates", "import", "copper.csv", "--series", "copper"]).expect(0);
    run(&desk, "2024-12-16");
    let file = back_up(&desk, "safe.backup");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let other = Desk::new();
    let said = other.run(&["restore", file.to_str().unwrap()]).expect(0).stdout();
    assert!(said.contains("1 runs") && said.contains("configuration: config/forecasters.toml"), "{said}");
    for name in ["config/forecasters.toml", "data/rates/copper.parquet", "logs/metrics.jsonl"] {
        assert_eq!(std::fs::read(desk.path(name)).unwrap(), std::fs::read(other.path(name)).unwrap(), "{name}");
    }
    let here = run(&desk, "2024-12-23");
    let there = run(&other, "2024-12-23");
    assert_eq!(there["since_last"]["as_of"], "2024-12-16");
    assert_eq!(there["since_last"], here["since_last"]);
    assert_eq!(there["quantiles"], here["quantiles"]);
    assert!(other.metrics()[1]["resources"]["forecasts_cached"].as_u64().unwrap() > 0, "the cache came along");
    assert_eq!(other.metrics().len(), 2);
    assert!(leftovers(&other, "data").is_empty() && leftovers(&desk, ".").is_empty());
}

#[test]
fn backups_during_a_run_are_each_whole() {
    let desk = Desk::new();
    run(&desk, "2024-12-16");
    let arguments = ["run", "all", "--offline", "--as-of", "2024-12-23"];
    let mut running = desk.command(&arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut files = Vec::new();
    while running.try_wait().unwrap().is_none() {
        files.push(back_up(&desk, &format!("{}.backup", files.len())));
    }
    assert!(!files.is_empty(), "the run was over too soon");
    let runs: Vec<i64> = files.iter().map(|file| restored_runs(file)).collect();
    assert!(runs.is_sorted() && runs[0] >= 1 && runs.iter().all(|runs| *runs <= 5), "{runs:?}");
    assert_eq!(restored_runs(&back_up(&desk, "last.backup")), 5);
}

#[test]
fn a_backup_beside_the_daemon_holds_nobody_up_and_a_restore_beside_it_is_refused() {
    let desk = Desk::new();
    let schedule = miss(&desk, Horizon::D7, minutes_ago(30));
    desk.write("forecasters.toml", &only("7d", &schedule));
    let mut daemon = Daemon::start(&desk);
    daemon.hears("READY=1");
    let early = back_up(&desk, "early.backup");
    daemon.hears("STATUS=7d degraded");
    let late = back_up(&desk, "late.backup");
    assert!(restored_runs(&early) <= 1);
    assert_eq!(restored_runs(&late), 1);
    let refused = desk.run(&["restore", late.to_str().unwrap()]).expect(1).stderr();
    assert!(refused.contains("another forecaster is using it"), "{refused}");
    daemon.stop();
}

#[test]
fn nothing_is_overwritten() {
    let desk = Desk::new();
    desk.write("config/forecasters.toml", "[service]\nlanguage = \"en\"\n");
    run(&desk, "2024-12-16");
    let file = back_up(&desk, "safe.backup");
    let refused = desk.run(&["backup", file.to_str().unwrap()]).expect(2).stderr();
    assert!(refused.contains("exists already") && refused.contains("another name"), "{refused}");
    let before = std::fs::read(desk.path("data/ledger.sqlite")).unwrap();
    let refused = desk.run(&["restore", file.to_str().unwrap()]).expect(1).stderr();
    assert!(refused.contains("has a ledger.sqlite already") && refused.contains("move it away"), "{refused}");
    assert_eq!(std::fs::read(desk.path("data/ledger.sqlite")).unwrap(), before);
    // Another configuration and other metrics are kept; those of the backup are stored beside them.
    let other = Desk::new();
    other.write("config/forecasters.toml", "[service]\nlanguage = \"es\"\n");
    other.write("logs/metrics.jsonl", "{}\n");
    let said = other.run(&["restore", file.to_str().unwrap()]).expect(0).stdout();
    assert!(said.contains("config/forecasters.toml.restored") && said.contains("metrics.jsonl.restored"), "{said}");
    let text = |name: &str| std::fs::read_to_string(other.path(name)).unwrap();
    assert!(
        text("config/forecasters.toml").contains("es") && text("config/forecasters.toml.restored").contains("en")
    );
    assert_eq!(text("logs/metrics.jsonl"), "{}\n");
}

#[test]
fn what_is_no_sound_backup_is_refused_and_nothing_is_written() {
    let desk = Desk::new();
    run(&desk, "2024-12-16");
    let whole = std::fs::read(back_up(&desk, "safe.backup")).unwrap();
    let mut altered = whole.clone();
    let middle = altered.len() / 2;
    altered[middle] ^= 0x10;
    let cases: [(&str, Vec<u8>, &str); 6] = [
        ("empty", vec![], "damaged or no backup"),
        ("text", b"date,value\n2024-12-20,4.1\n".to_vec(), "damaged or no backup"),
        ("cut", whole[..whole.len() - 900].to_vec(), "damaged"),
        ("altered", altered, "damaged"),
        ("newer", archive(&[("manifest.json", manifest(99, &[]).as_bytes())]), "newer version"),
        (
            "strange",
            archive(&[("manifest.json", manifest(1, &["../../evil"]).as_bytes()), ("x", b"x")]),
            "no backup has",
        ),
    ];
    for (name, bytes, words) in cases {
        let other = Desk::new();
        std::fs::write(other.path("file.backup"), bytes).unwrap();
        let refused = other.run(&["restore", "file.backup"]).expect(1).stderr();
        assert!(refused.contains("file.backup") && refused.contains(words), "{name}: {refused}");
        let left = other.files("data");
        assert!(left.iter().all(|file| file.ends_with("daemon.lock")), "{name}: {left:?}");
        assert!(!other.path("config/forecasters.toml").exists(), "{name}");
    }
    let none = desk.run(&["restore", "none.backup"]).expect(1).stderr();
    assert!(none.contains("none.backup: it cannot be read"), "{none}");
    let nowhere = desk.run(&["backup", "/proc/x.backup"]).expect(1).stderr();
    assert!(nowhere.contains("cannot write /proc/x.backup"), "{nowhere}");
}

fn manifest(format: u32, members: &[&str]) -> String {
    let members: Vec<Value> =
        members.iter().map(|name| serde_json::json!({ "name": name, "size": 1, "sha256": "" })).collect();
    serde_json::json!({
        "format": format, "version": "9", "created_at": "2025-01-01T00:00:00Z", "pair": "USD/CLP", "model": "embedded",
        "schema": null, "members": members,
    })
    .to_string()
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut archive = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, content) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_cksum();
        archive.append_data(&mut header, name, *content).unwrap();
    }
    archive.into_inner().unwrap().finish().unwrap()
}

/// Kills a dozen backups, or FORECASTER_BACKUP_KILLS of them, spread over the time that a backup takes.
#[test]
fn a_backup_that_is_killed_leaves_no_half_file_and_a_sound_ledger() {
    let kills: u32 = std::env::var("FORECASTER_BACKUP_KILLS").map_or(12, |count| count.parse().unwrap());
    let desk = Desk::new();
    run(&desk, "2024-12-16");
    let begin = Instant::now();
    back_up(&desk, "first.backup");
    let duration = begin.elapsed();
    let (mut whole, mut absent, mut pieces) = (0, 0, 0);
    for number in 0..kills {
        let name = format!("{number}.backup");
        let mut process =
            desk.command(&["backup", &name]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(duration.mul_f64(f64::from(number % 50) / 45.0));
        let _ = process.kill();
        process.wait().unwrap();
        pieces += leftovers(&desk, ".").len();
        if desk.path(&name).exists() {
            whole += 1;
            assert_eq!(restored_runs(&desk.path(&name)), 1, "{name} is whole");
        } else {
            absent += 1;
        }
    }
    std::thread::sleep(Duration::from_millis(10));
    // Unlocked files left by a kill are removed when they are a minute old.
    for name in leftovers(&desk, ".") {
        let old = std::time::SystemTime::now() - Duration::from_secs(120);
        std::fs::File::open(desk.path(&name)).unwrap().set_modified(old).unwrap();
    }
    let last = back_up(&desk, "last.backup");
    assert_eq!(restored_runs(&last), 1);
    assert!(leftovers(&desk, ".").is_empty(), "{:?}", leftovers(&desk, "."));
    assert!(ledger(&desk).check().is_ok());
    eprintln!(
        "{kills} kills in {duration:?} each: {whole} files whole, {absent} absent, {pieces} folders found on the way"
    );
    assert!(kills < 12 || absent > 0, "no kill came in time");
}
