//! Memory of the machine and of this process.

use sysinfo::{MemoryRefreshKind, Pid, ProcessRefreshKind, ProcessesToUpdate, RefreshKind, System};

const MEBIBYTE: u64 = 1 << 20;

/// Available memory, MiB: that of the machine, or of the control group that limits this process when that has less.
/// `None` when the system does not report it.
pub fn free_mb() -> Option<u64> {
    let system =
        System::new_with_specifics(RefreshKind::nothing().with_memory(MemoryRefreshKind::nothing().with_ram()))
            .ok()?;
    let machine = system.available_memory();
    let mut processes = System::new().ok()?;
    let pid = Pid::from_u32(std::process::id());
    processes.refresh_processes_specifics(ProcessesToUpdate::Some(&[pid]), true, ProcessRefreshKind::nothing());
    let group = processes.process(pid).and_then(|p| p.cgroup_limits()).map(|limits| limits.free_memory);
    let free = group.map_or(machine, |group| group.min(machine));
    (machine > 0).then_some(free / MEBIBYTE)
}

/// Greatest resident memory of this process so far, MiB; 0 when the kernel does not report it.
pub fn peak_rss_mb() -> f64 {
    from_status("VmHWM:").unwrap_or(0.0)
}

/// Resident memory of this process now, MiB; 0 when the kernel does not report it.
pub fn rss_mb() -> f64 {
    from_status("VmRSS:").unwrap_or(0.0)
}

fn from_status(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(field))?;
    let kibibytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kibibytes / 1024.0)
}
