//! Common parts of the pages for people: the frame, and the format of instants and prices.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use forecaster_domain::PriceFormat;
use maud::{DOCTYPE, Markup, PreEscaped, html};

/// Builds a complete document.
pub(super) fn document(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · forecaster" }
                style { (PreEscaped(include_str!("page.css"))) }
            }
            body { main { (body) } }
        }
    }
}

/// Formats an instant in the configured zone: "Mon 2025-01-06 08:00".
pub(super) fn instant(instant: DateTime<Utc>, zone: Tz) -> Markup {
    let local = instant.with_timezone(&zone);
    html! {
        time.whole datetime=(local.to_rfc3339()) { span.weekday { (local.format("%a")) } " " (local.format("%Y-%m-%d %H:%M")) }
    }
}

/// Formats a price with about five significant digits: 1011.8, 0.9213.
pub(super) fn price(price: f64) -> String {
    PriceFormat::of(price).short(price)
}

/// Formats a distance in time, to the minute: "in 2 h 5 min", "3 d 4 h ago".
pub(super) fn relative_time(instant: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let minutes = (instant - now).num_minutes();
    let (days, hours, rest) = (minutes.abs() / 1440, minutes.abs() / 60 % 24, minutes.abs() % 60);
    let length = match (days, hours) {
        (0, 0) => format!("{rest} min"),
        (0, _) => format!("{hours} h {rest} min"),
        _ => format!("{days} d {hours} h"),
    };
    match minutes {
        0 => "now".into(),
        minutes if minutes < 0 => format!("{length} ago"),
        _ => format!("in {length}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn distances_in_time_are_told_in_their_two_largest_units() {
        let now = Utc::now();
        for (minutes, told) in [
            (0, "now"),
            (5, "in 5 min"),
            (-61, "1 h 1 min ago"),
            (1439, "in 23 h 59 min"),
            (1440, "in 1 d 0 h"),
            (-10_000, "6 d 22 h ago"),
        ] {
            assert_eq!(relative_time(now + TimeDelta::minutes(minutes), now), told);
        }
    }

    #[test]
    fn prices_have_the_decimals_that_matter() {
        assert_eq!([1011.83, 17.256, 1.08348, 0.0061234].map(price), ["1011.8", "17.26", "1.0835", "0.006123"]);
    }

    #[test]
    fn instants_are_told_in_the_zone() {
        let markup = instant("2025-01-06T11:00:00Z".parse().unwrap(), chrono_tz::America::Santiago).into_string();
        assert!(markup.contains("Mon</span> 2025-01-06 08:00</time>"), "{markup}");
    }
}
