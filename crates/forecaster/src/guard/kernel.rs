//! Boot identifier and out-of-memory kills of the kernel, from Linux's /proc; elsewhere nothing is known.

/// Returns the identifier of this boot; empty when the kernel has none.
pub(super) fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}

/// Returns the out-of-memory kills since boot, those at the memory limit of a service (MemoryMax) included; `None`
/// when the kernel does not count them.
pub(super) fn oom_kills() -> Option<i64> {
    parse_oom_kills(&std::fs::read_to_string("/proc/vmstat").ok()?)
}

fn parse_oom_kills(vmstat: &str) -> Option<i64> {
    vmstat.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

/// True when there may have been a kill since the count was `before`; always true without a count.
pub(super) fn has_killed_since(before: Option<i64>) -> bool {
    match (before, oom_kills()) {
        (Some(before), Some(now)) => now != before,
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_count_is_found_by_its_whole_name() {
        assert_eq!(parse_oom_kills("nr_free_pages 12\noom_kill_disable 3\noom_kill 7\n"), Some(7));
        assert_eq!(parse_oom_kills("nr_free_pages 12\n"), None);
    }

    #[test]
    fn without_a_count_a_kill_may_have_been_one_for_memory() {
        assert!(has_killed_since(None));
        assert!(oom_kills().is_none_or(|count| !has_killed_since(Some(count)) || has_killed_since(Some(count - 1))));
    }
}
