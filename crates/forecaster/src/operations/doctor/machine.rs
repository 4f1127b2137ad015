//! Checks of memory, clock and the next runs.

use super::check::Check;
use super::configuration::enabled;
use crate::config::load::LoadedConfig;
use crate::daemon::clock::is_set;
use crate::daemon::schedule::Schedule;
use chrono::{DateTime, Utc};
use forecaster_chronos::memory;

/// Free memory advised with Chronos, MiB: the largest checkpoint, its context and the run beside it.
const ROOMY_MB: u64 = 1500;
/// Next runs shown per horizon.
const NEXT_SHOWN: usize = 3;

pub(super) fn machine(loaded: &LoadedConfig) -> Vec<Check> {
    let mut checks = vec![free_memory(loaded), limit(loaded), clock(loaded)];
    checks.extend(schedules(loaded));
    checks
}

fn free_memory(loaded: &LoadedConfig) -> Check {
    const ID: &str = "machine.memory";
    let config = &loaded.config;
    let with_chronos = enabled(config).any(|horizon| config.horizons.get(horizon).chronos.enabled);
    let Some(free) = memory::free_mb() else { return Check::skip(ID, "the system does not tell") };
    let finding = format!("{free} MB free");
    let least = config.chronos.min_free_ram_mb;
    if with_chronos && free < least {
        let fix =
            format!("Chronos will be left out: free some memory, or lower chronos.min_free_ram_mb (now {least})");
        return Check::fail(ID, finding, fix);
    }
    if with_chronos && free < ROOMY_MB {
        let fix = format!("{ROOMY_MB} MB are advised with Chronos on; a small checkpoint does with less");
        return Check::warn(ID, finding, fix);
    }
    Check::ok(ID, finding)
}

fn limit(loaded: &LoadedConfig) -> Check {
    const ID: &str = "machine.guard_limit";
    let limit = loaded.config.guard.max_peak_rss_mb;
    let total = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let kibibytes: u64 =
            text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.split_whitespace().next()?.parse().ok()?;
        Some(kibibytes / 1024)
    });
    match total {
        Some(total) if limit >= total => Check::warn(
            ID,
            format!("guard.max_peak_rss_mb = {limit}, and the machine has {total} MB"),
            "set it well below the machine's memory, or the guard can never act",
        ),
        Some(total) => Check::ok(ID, format!("{limit} of {total} MB")),
        None => Check::skip(ID, "the system does not tell how much memory it has"),
    }
}

fn clock(loaded: &LoadedConfig) -> Check {
    let now = Utc::now();
    let local = now.with_timezone(&loaded.config.zone()).format("%Y-%m-%d %H:%M:%S %Z");
    let finding = format!("{local}, {}", loaded.config.zone().name());
    if is_set(now) {
        Check::ok("machine.clock", finding)
    } else {
        Check::fail("machine.clock", finding, "set the clock: timedatectl set-ntp true; no run starts until then")
    }
}

fn schedules(loaded: &LoadedConfig) -> Vec<Check> {
    let config = &loaded.config;
    let zone = config.zone();
    enabled(config)
        .map(|horizon| {
            let id = format!("machine.next_{horizon}");
            let fields = &config.horizons.get(horizon).schedule;
            let schedule = match Schedule::of(config, horizon) {
                Ok(schedule) => schedule,
                Err(reason) => return Check::fail(&id, reason, format!("correct horizons.{horizon}.schedule")),
            };
            let next = std::iter::successors(schedule.next_after(Utc::now()), |last| schedule.next_after(*last));
            let local = |at: DateTime<Utc>| at.with_timezone(&zone).format("%a %Y-%m-%d %H:%M").to_string();
            let next: Vec<String> = next.take(NEXT_SHOWN).map(local).collect();
            if next.is_empty() {
                return Check::warn(
                    &id,
                    format!("\"{fields}\" never comes"),
                    format!("correct horizons.{horizon}.schedule"),
                );
            }
            Check::ok(&id, next.join(", "))
        })
        .collect()
}
