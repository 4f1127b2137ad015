//! Times of further attempts. Pure: the caller has the clock, and records the number of attempts and the time of the
//! first.

use crate::text::fingerprint;
use chrono::{DateTime, TimeDelta, Utc};

/// Days after which a letter is given up: RFC 5321 4.5.4.1 requires four to five days of relays, but a forecast of
/// three days ago is outdated.
pub const GIVE_UP_AFTER_DAYS: i64 = 3;

/// Minutes after the first, second ... attempt; the last entry holds for all later ones. A greylist accepts mail
/// after one to fifteen minutes, a restarting server after one to five.
const USUAL: [i64; 7] = [1, 5, 15, 30, 60, 120, 240];
/// Minutes after a refused login: a few wrong passwords in an hour lock an account at some providers.
const ACCOUNT: [i64; 3] = [15, 60, 360];

/// Pace of further attempts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryPace {
    /// Nothing prevents an early attempt.
    Usual,
    /// The server refused user or password: quick attempts would lock the account.
    Account,
}

/// Returns the time of the next attempt after `attempts` of them, the first made at `first`, the last just before
/// `now`; `None` to give up. Up to a tenth is added, derived from `message_id`, so that letters that failed together
/// are not all sent again together.
#[must_use]
pub fn next_attempt(
    attempts: u32,
    first: DateTime<Utc>,
    now: DateTime<Utc>,
    pace: RetryPace,
    message_id: &str,
) -> Option<DateTime<Utc>> {
    let minutes: &[i64] = match pace {
        RetryPace::Usual => &USUAL,
        RetryPace::Account => &ACCOUNT,
    };
    let step = usize::try_from(attempts.saturating_sub(1)).unwrap_or(usize::MAX).min(minutes.len() - 1);
    let seconds = minutes[step] * 60;
    let jitter = i64::try_from(fingerprint(&format!("{message_id} {attempts}")) % 100).unwrap_or(0);
    let next = now + TimeDelta::seconds(seconds + seconds * jitter / 1000);
    (next <= first + TimeDelta::days(GIVE_UP_AFTER_DAYS)).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waits(pace: RetryPace) -> Vec<i64> {
        let first = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let (mut now, mut waits) = (first, Vec::new());
        while let Some(next) = next_attempt(u32::try_from(waits.len()).unwrap() + 1, first, now, pace, "a@b") {
            waits.push((next - now).num_seconds());
            now = next;
        }
        assert!(now <= first + TimeDelta::days(3));
        waits
    }

    #[test]
    fn attempts_become_rarer_and_end_after_three_days() {
        let waits = waits(RetryPace::Usual);
        for (wait, minutes) in waits.iter().zip([1, 5, 15, 30, 60, 120, 240, 240]) {
            assert!((minutes * 60..=minutes * 66).contains(wait), "{wait} s instead of {minutes} min");
        }
        assert!((20..=25).contains(&waits.len()), "{}", waits.len());
    }

    #[test]
    fn a_refused_account_is_tried_rarely() {
        let waits = waits(RetryPace::Account);
        for (wait, minutes) in waits.iter().zip([15, 60, 360, 360]) {
            assert!((minutes * 60..=minutes * 66).contains(wait), "{wait} s instead of {minutes} min");
        }
        assert!((11..=14).contains(&waits.len()), "{}", waits.len());
    }

    #[test]
    fn the_same_letter_gets_the_same_time_and_another_letter_another() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let next = |id| next_attempt(7, now, now, RetryPace::Usual, id).unwrap();
        assert_eq!(next("a@example.com"), next("a@example.com"));
        assert_ne!(next("a@example.com"), next("b@example.com"));
    }

    #[test]
    fn any_number_of_attempts_and_any_clock_gives_an_answer() {
        let now = DateTime::from_timestamp(1_795_000_000, 0).unwrap();
        let day = TimeDelta::days(1);
        assert!(next_attempt(0, now, now, RetryPace::Usual, "").is_some());
        assert!(next_attempt(u32::MAX, now, now, RetryPace::Usual, "").is_some());
        assert!(next_attempt(2, now, now - day, RetryPace::Usual, "").is_some(), "a clock that was set back");
        assert_eq!(next_attempt(2, now, now + day * 4, RetryPace::Usual, ""), None);
    }
}
