//! Pause that a busy server asks for, read from its headers.

use std::time::Duration;

/// Returns the pause in `Retry-After`, or else in `RateLimit`, the header of the IETF draft "RateLimit header fields
/// for HTTP" that the hub sends: `"resolvers";r=0;t=52` has no request left for the next 52 seconds. Of several
/// limits the exhausted one that lasts longest counts. One second is added to that.
pub(super) fn asked_pause(retry_after: Option<&str>, rate_limit: Option<&str>) -> Option<Duration> {
    let seconds = retry_after.and_then(|seconds| seconds.trim().parse().ok());
    // The time to the reset is rounded down.
    seconds.or_else(|| Some(until_reset(rate_limit?)?.saturating_add(1))).map(Duration::from_secs)
}

/// Seconds until the last exhausted limit of the header is reset; of the last limit when none is exhausted.
fn until_reset(header: &str) -> Option<u64> {
    let limits = header.split(',').filter_map(|limit| {
        let parameter = |name: &str| {
            limit.split(';').skip(1).find_map(|part| part.trim().strip_prefix(name)?.trim().parse::<u64>().ok())
        };
        Some((parameter("r=") == Some(0), parameter("t=")?))
    });
    limits.max().map(|(_, seconds)| seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(retry_after: Option<&str>, rate_limit: Option<&str>) -> Option<u64> {
        asked_pause(retry_after, rate_limit).map(|pause| pause.as_secs())
    }

    #[test]
    fn the_pause_is_read_from_either_header() {
        assert_eq!(seconds(None, Some("\"resolvers\";r=0;t=52")), Some(53));
        assert_eq!(seconds(Some("7"), Some("\"resolvers\";r=0;t=52")), Some(7));
        assert_eq!(seconds(Some("Wed, 21 Oct 2026 07:28:00 GMT"), Some("\"api\"; r=0; t=9")), Some(10));
        assert_eq!(seconds(None, Some("\"api\";r=496;t=246, \"resolvers\";r=0;t=52")), Some(53));
        assert_eq!(seconds(None, Some("\"a\";r=0;t=3,\"b\";r=0;t=5")), Some(6));
        assert_eq!(seconds(None, Some("\"api\";r=3;t=8")), Some(9));
    }

    #[test]
    fn a_header_of_another_form_asks_for_nothing() {
        for strange in
            ["", ";", "52", "\"resolvers\";r=0", "\"resolvers\";r=0;t=-1", "t=5", "\"x\";t=1e9;r=0", ";;,,;t="]
        {
            assert_eq!(seconds(None, Some(strange)), None, "{strange}");
        }
        assert_eq!(seconds(None, None), None);
    }
}
