//! Resources used by a run: wall-clock seconds and resident memory.

use forecaster_chronos::memory;
use std::time::Instant;

/// A measurement that begins when it is created.
#[derive(Debug)]
pub(crate) struct Usage {
    start: Instant,
    worker_mb: f64,
}

impl Usage {
    /// Starts the clock and, where the kernel allows it, resets the peak of resident memory, so that each run of a
    /// long-lived process reports its own peak.
    pub(crate) fn start() -> Self {
        #[cfg(target_os = "linux")]
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        Self { start: Instant::now(), worker_mb: 0.0 }
    }

    /// Seconds since the start.
    pub(crate) fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    /// Records the peak memory of a worker process, MiB.
    pub(crate) fn record_worker_peak(&mut self, peak_mb: f64) {
        self.worker_mb = self.worker_mb.max(peak_mb);
    }

    /// Returns the peak resident memory of the worker process, MiB; 0 when there was none.
    pub(crate) fn worker_peak_mb(&self) -> f64 {
        self.worker_mb
    }

    /// Returns the peak resident memory since the start, MiB, including the worker process.
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
