//! Checks of systemd's view of the service, and of the daemon's own pages.

use super::check::Check;
use crate::config::load::LoadedConfig;
use crate::daemon::http::probe::healthcheck;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for systemctl or timedatectl.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(5);
const UNIT: &str = "forecaster.service";

pub(super) fn service(loaded: &LoadedConfig) -> Vec<Check> {
    let mut checks = unit(loaded);
    let (runs, daemon) = daemon(loaded);
    checks.extend([daemon, pages(loaded, runs), time()]);
    checks
}

/// True when systemd is this machine's init.
fn has_systemd() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

fn unit(loaded: &LoadedConfig) -> Vec<Check> {
    if !has_systemd() {
        return vec![Check::skip("service.unit", "this machine is not run by systemd")];
    }
    let properties = "LoadState,UnitFileState,ActiveState,WatchdogUSec,FragmentPath,MemoryMax";
    let Some(told) = output("systemctl", &["show", UNIT, "--property", properties]) else {
        return vec![Check::warn("service.unit", "systemctl does not answer", "systemctl status forecaster")];
    };
    let told: BTreeMap<&str, &str> = told.lines().filter_map(|line| line.split_once('=')).collect();
    let of = |key: &str| told.get(key).copied().unwrap_or_default();
    if of("LoadState") != "loaded" {
        let fix = "install the package, or: sudo deploy/install.sh install";
        return vec![Check::warn("service.unit", "forecaster.service is not installed", fix)];
    }
    let limit = loaded.config.guard.max_peak_rss_mb;
    let most = of("MemoryMax").parse::<u64>().ok().map(|bytes| bytes >> 20);
    let watched = !matches!(of("WatchdogUSec"), "" | "0" | "infinity");
    vec![
        Check::ok("service.unit", of("FragmentPath")),
        match of("UnitFileState") {
            "enabled" => Check::ok("service.enabled", "starts with the machine"),
            state => Check::warn("service.enabled", state, "systemctl enable forecaster"),
        },
        match of("ActiveState") {
            "active" => Check::ok("service.active", "running"),
            "failed" => Check::fail("service.active", "failed", "systemctl status forecaster says why"),
            state => Check::warn("service.active", state, "systemctl start forecaster"),
        },
        match most.filter(|most| *most <= limit) {
            Some(most) => Check::warn(
                "service.memory_max",
                format!("MemoryMax is {most} MB, and guard.max_peak_rss_mb {limit}"),
                "set the guard's limit below MemoryMax, or the kernel kills the process before the guard can act",
            ),
            None => Check::ok("service.memory_max", most.map_or("none".to_owned(), |most| format!("{most} MB"))),
        },
        match watched {
            true => Check::ok("service.watchdog", of("WatchdogUSec")),
            false => Check::warn("service.watchdog", "off", "set WatchdogSec=60s by systemctl edit forecaster"),
        },
    ]
}

/// Checks if a daemon holds the state directory; the first value is true when one does.
fn daemon(loaded: &LoadedConfig) -> (bool, Check) {
    const ID: &str = "service.daemon";
    let path = loaded.config.service.data_dir.join("daemon.lock");
    let lock = match File::open(&path) {
        Ok(lock) => lock,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return (false, Check::skip(ID, "no daemon has run here yet"));
        }
        Err(error) => return (false, Check::skip(ID, format!("{} cannot be read: {error}", path.display()))),
    };
    match lock.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let process = std::fs::read_to_string(&path).unwrap_or_default();
            (true, Check::ok(ID, format!("process {} has the state directory", process.trim())))
        }
        _ => (false, Check::skip(ID, "no daemon is running")),
    }
}

fn pages(loaded: &LoadedConfig, runs: bool) -> Check {
    const ID: &str = "service.pages";
    if loaded.config.service.http.listen.is_empty() {
        return Check::skip(ID, "off (service.http.listen is empty)");
    }
    if !runs {
        return Check::skip(ID, "no daemon is running");
    }
    match healthcheck(&loaded.config) {
        Ok(_) => Check::ok(ID, format!("http://{}/healthz says ok", loaded.config.service.http.listen)),
        Err(failure) => {
            let fix = failure.hint().unwrap_or_else(|| "journalctl -u forecaster says why".to_owned());
            Check::fail(ID, failure.to_string(), fix)
        }
    }
}

fn time() -> Check {
    const ID: &str = "service.time";
    if !has_systemd() {
        return Check::skip(ID, "whether the clock is kept by the network is not known");
    }
    match output("timedatectl", &["show", "--property", "NTPSynchronized", "--value"]).as_deref().map(str::trim) {
        Some("yes") => Check::ok(ID, "the clock is kept by the network"),
        Some("no") => {
            Check::warn(ID, "the clock is not kept by the network", "timedatectl set-ntp true, or run chrony")
        }
        _ => Check::skip(ID, "timedatectl does not tell"),
    }
}

/// Output of a program; `None` when it is missing, fails or takes too long.
fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let begin = Instant::now();
    // The output of these programs fits into the pipe.
    while child.try_wait().ok()?.is_none() {
        if begin.elapsed() > COMMAND_TIMEOUT {
            let _ = child.kill();
            let _ = child.wait();
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}
