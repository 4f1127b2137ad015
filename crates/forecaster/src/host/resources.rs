//! What a run used: wall-clock seconds and resident memory.

use forecaster_chronos::memory;
use std::time::Instant;

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

    /// Peak resident memory since the start, MiB, with that of the process that worked for this one.
    pub(crate) fn peak_rss_mb(&self) -> f64 {
        memory::peak_rss_mb() + self.worker_mb
    }
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
