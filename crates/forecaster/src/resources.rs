//! What a run used: wall-clock seconds and resident memory.

use std::time::Instant;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// Measures from its making on.
#[derive(Debug)]
pub(crate) struct Usage {
    start: Instant,
    worker_mb: f64,
}

impl Usage {
    /// Starts the clock and, where the kernel allows it, resets the peak of resident memory, so that each run of a
    /// long process reports its own peak.
    pub(crate) fn start() -> Self {
        #[cfg(target_os = "linux")]
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self { start: Instant::now(), worker_mb: 0.0 }
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Adds the peak of a process that worked for this one, MiB.
    pub(crate) fn add_worker(&mut self, peak_mb: f64) {
        self.worker_mb = self.worker_mb.max(peak_mb);
    }

    /// Peak resident memory of the process that worked for this one, MiB; 0 when none did.
    pub(crate) fn worker_peak_mb(&self) -> f64 {
        self.worker_mb
    }

    /// Peak resident memory since the start, MiB, with that of the process that worked for this one; the current one
    /// where the kernel does not tell the peak.
    pub(crate) fn peak_rss_mb(&self) -> f64 {
        peak_from_proc().unwrap_or_else(rss_mb) + self.worker_mb
    }
}

/// Resident memory now, MiB.
pub(crate) fn rss_mb() -> f64 {
    let Ok(mut system) = System::new() else { return 0.0 };
    let pid = Pid::from_u32(std::process::id());
    system.refresh_processes_specifics(
        ProcessesToUpdate::Some(&[pid]),
        true,
        ProcessRefreshKind::nothing().with_memory(),
    );
    system.process(pid).map_or(0.0, |process| process.memory() as f64 / (1024.0 * 1024.0))
}

fn peak_from_proc() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_peak_is_at_least_what_is_used_and_sees_an_allocation() {
        let usage = Usage::start();
        let before = usage.peak_rss_mb();
        let block = vec![1u8; 64 << 20];
        assert!(block.iter().map(|b| u64::from(*b)).sum::<u64>() == 64 << 20);
        drop(block);
        assert!(usage.peak_rss_mb() > before + 50.0, "{before} {}", usage.peak_rss_mb());
    }
}
