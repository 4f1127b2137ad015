//! Summaries of lists that may be long: a file of thirty years has a thousand values on weekends, and one line says so.

use super::finding::{Action, DataProblem, Finding};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// Line of a list that may be summarised: a finding, or a value that was replaced.
#[derive(Debug, Clone, PartialEq)]
pub struct SummaryEntry {
    /// Kind of the entry, in the plural, such as "values on weekends".
    pub kind: &'static str,
    /// Date concerned.
    pub date: NaiveDate,
    /// Size of the problem, comparable within a kind; the largest is the example.
    pub gravity: f64,
    /// The line itself.
    pub text: String,
}

impl From<&Finding> for SummaryEntry {
    fn from(finding: &Finding) -> Self {
        let (kind, gravity) = kind_and_gravity(finding);
        Self { kind, date: finding.date, gravity, text: finding.to_string() }
    }
}

/// Returns the lines of `entries` in their order; a kind that has more than `listed` of them has one line, at the place
/// of its first: their number, the first and the last date, and the gravest as an example.
pub fn summarised(entries: impl IntoIterator<Item = SummaryEntry>, listed: usize) -> Vec<String> {
    let entries: Vec<SummaryEntry> = entries.into_iter().collect();
    let mut kinds: BTreeMap<&str, Vec<&SummaryEntry>> = BTreeMap::new();
    for entry in &entries {
        kinds.entry(entry.kind).or_default().push(entry);
    }
    let line = |entry: &SummaryEntry| match kinds.get_mut(entry.kind) {
        Some(all) if all.len() > listed.max(1) => Some(summary(&std::mem::take(all))),
        // Its line is there already.
        Some(all) if all.is_empty() => None,
        _ => Some(entry.text.clone()),
    };
    entries.iter().filter_map(line).collect()
}

/// Summarises at least one entry of one kind.
fn summary(entries: &[&SummaryEntry]) -> String {
    let dates = || entries.iter().map(|entry| entry.date);
    let (first, last) = (dates().min().unwrap_or_default(), dates().max().unwrap_or_default());
    // Of several that are equally grave the newest matters most.
    let gravest = entries.iter().max_by(|a, b| a.gravity.total_cmp(&b.gravity).then(a.date.cmp(&b.date)));
    let differ = entries.iter().any(|entry| entry.gravity != entries[0].gravity);
    let example = if differ { "the worst" } else { "such as" };
    let text = gravest.map_or("", |gravest| &gravest.text);
    format!("{} {} from {first} to {last}, {example} {text}", entries.len(), entries[0].kind)
}

/// Returns the kind of a finding in words, and its gravity among those of its kind.
fn kind_and_gravity(finding: &Finding) -> (&'static str, f64) {
    let ratio = |a: f64, b: f64| (a / b).ln().abs();
    // A day off that has a value of its own may be a wrong date; one that repeats its neighbour loses nothing.
    let own_value = |carried_from: &Option<NaiveDate>| f64::from(u8::from(carried_from.is_none()));
    match &finding.problem {
        DataProblem::NotANumber { .. } => ("values that are not numbers", 0.0),
        DataProblem::NotPositive { value } => ("values that are not positive", -value),
        DataProblem::AfterToday { today, .. } => {
            ("values dated after today", (finding.date - *today).num_days() as f64)
        }
        DataProblem::Unordered { count } => ("dates out of order", *count as f64),
        DataProblem::Duplicate { values } => {
            let range = |values: &[f64]| {
                let (least, greatest) =
                    (values.iter().copied().reduce(f64::min), values.iter().copied().reduce(f64::max));
                least.zip(greatest).map_or(0.0, |(least, greatest)| ratio(greatest, least))
            };
            let kind = match finding.action {
                Action::Repaired(how) if how == super::KEPT_ONCE => "dates given several times with one value",
                _ => "dates with several values",
            };
            (kind, range(values))
        }
        DataProblem::Weekend { carried_from, .. } => ("values on weekends", own_value(carried_from)),
        DataProblem::Holiday { carried_from, .. } => ("values on holidays", own_value(carried_from)),
        DataProblem::Spike { deviations, .. } => ("spikes", *deviations),
        DataProblem::Jump { deviations, newest: false, .. } => ("jumps that lasted", *deviations),
        DataProblem::Jump { deviations, newest: true, .. } => ("jumps not yet confirmed", *deviations),
        DataProblem::AcceptedJump { deviations, .. } => ("jumps accepted by hand", *deviations),
        DataProblem::Contradicted { value, instead, .. } => {
            ("values that another source contradicts", ratio(*value, *instead))
        }
        DataProblem::Implausible { value, before, .. } => ("values out of proportion", ratio(*value, *before)),
        DataProblem::Hole { days, .. } => ("holes", f64::from(*days)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn weekend(date: &str, value: f64, carried_from: Option<&str>) -> Finding {
        let problem = DataProblem::Weekend { value, carried_from: carried_from.map(day) };
        Finding { date: day(date), problem, action: Action::Refused }
    }

    fn lines(findings: &[Finding], listed: usize) -> Vec<String> {
        summarised(findings.iter().map(SummaryEntry::from), listed)
    }

    fn thousand() -> Vec<Finding> {
        let dates = day("2005-01-01").iter_weeks().take(1000);
        dates.map(|date| weekend(&date.to_string(), 550.0, Some("2004-12-31"))).collect()
    }

    #[test]
    fn a_thousand_findings_of_one_kind_are_one_line_with_the_gravest_and_the_others_keep_theirs() {
        let mut findings = thousand();
        findings[500] = weekend("2014-08-02", 571.2, None);
        let spike = DataProblem::Spike { before: 700.0, value: 7000.0, after: 701.0, deviations: 300.0 };
        findings.insert(3, Finding { date: day("2005-01-20"), problem: spike, action: Action::Refused });
        let spike = "2005-01-20: a spike of 300 deviations, 700 -> 7000 -> 701; refused";
        assert_eq!(
            lines(&findings, 5),
            [
                "1000 values on weekends from 2005-01-01 to 2024-02-24, the worst 2014-08-02: 571.2 on a weekend; \
                 refused",
                spike
            ]
        );
    }

    #[test]
    fn up_to_five_of_a_kind_keep_their_lines_and_equals_are_shown_by_the_newest() {
        let findings = thousand();
        let each = |count: usize| findings[..count].iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(lines(&findings[..5], 5), each(5));
        let six = "6 values on weekends from 2005-01-01 to 2005-02-05, such as 2005-02-05: 550 on a weekend, repeating \
                   the value of 2004-12-31; refused";
        assert_eq!(lines(&findings[..6], 5), [six]);
        assert_eq!(lines(&findings, usize::MAX), each(1000));
        assert_eq!(lines(&findings[..1], 0), each(1), "one line either way");
        assert_eq!(lines(&[], 5), Vec::<String>::new());
    }

    #[test]
    fn the_gravest_of_each_kind_is_the_largest() {
        let with = |problem: DataProblem| Finding { date: day("2024-03-01"), problem, action: Action::Noted };
        let hole = |days| with(DataProblem::Hole { to: day("2024-04-01"), days });
        let found = &lines(&[hole(7), hole(40), hole(9)], 1)[0];
        assert!(found.starts_with("3 holes from") && found.contains("no value on 40 business days"), "{found}");
        let far = |value| with(DataProblem::Implausible { value, before: 900.0, before_date: day("2024-02-29") });
        let found = &lines(&[far(9000.0), far(0.9), far(9100.0)], 1)[0];
        assert!(found.contains("the worst 2024-03-01: 0.9 is out"), "{found}");
        let not_positive = |value| with(DataProblem::NotPositive { value });
        let found = &lines(&[not_positive(0.0), not_positive(-5.0)], 1)[0];
        assert!(found.contains("the worst 2024-03-01: -5 is not positive"), "{found}");
    }
}
