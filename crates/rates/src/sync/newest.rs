//! Checks of new values that jump unusually far, where an error or a forged value does most harm.
//!
//! - Another source shows the jump as well: it is accepted.
//! - Other sources contradict it: it is refused.
//! - It is an official rate that only one market quote contradicts, or no other source has the date: it is accepted with
//!   a doubt.
//!
//! A newest value that differs from another source's is judged by all of them ([`verdict`]): it is confirmed, accepted
//! with a doubt, or refused. A doubt is kept until the value is confirmed or replaced.

use crate::{
    chain::{KnownSeries, ProviderReply},
    doubt::Doubt,
    listings::is_stand_in,
    opinions::{Opinion, Verdict, verdict},
    quality::{Action, DataProblem, Finding},
    snapshot::RawObservation,
};
use chrono::NaiveDate;

/// Checks the new values of all replies, removes those that are refused, and returns a doubt if one remains.
/// `remembered` is the doubt of an earlier sync.
pub(super) fn check_jumps(
    series: &str,
    replies: &mut [ProviderReply],
    known: &KnownSeries,
    tolerated: f64,
    remembered: Option<&Doubt>,
) -> Option<Doubt> {
    let mut doubt = None;
    for index in 0..replies.len() {
        let Some(jump) = first_new_jump(&replies[index], known) else { continue };
        let (provider, others) = (replies[index].provider, others_on(replies, index, jump.date));
        if others.iter().any(|(_, other)| jump.is_seen_in(*other)) {
            continue;
        }
        let doubtful = Doubt {
            series: series.to_owned(),
            provider: provider.to_owned(),
            date: jump.date,
            value: jump.value,
            before: jump.before,
            instead: others.first().map(|(other, value)| ((*other).to_owned(), *value)),
        };
        let independent = others.iter().filter(|(other, _)| !is_stand_in(series, other)).count();
        let is_denied = independent > 0 || others.len() > 1 || (others.len() == 1 && is_stand_in(series, provider));
        match others.first() {
            Some((by, instead)) if is_denied => refuse(&mut replies[index], &jump, by, *instead),
            _ => doubt = doubt.or(Some(doubtful)),
        }
    }
    doubt.or_else(|| check_newest(series, replies, known, tolerated, remembered))
}

/// Returns the accepted observations of a reply; none when there was no reply.
pub(super) fn accepted(replies: &ProviderReply) -> impl Iterator<Item = &RawObservation> {
    replies.outcome.iter().flat_map(|reply| &reply.accepted.observations)
}

#[derive(Debug, Clone, Copy)]
struct Jump {
    date: NaiveDate,
    before: f64,
    value: f64,
}

impl Jump {
    /// True when another source's value of the day has moved at least half as far in the same direction.
    fn is_seen_in(&self, other: f64) -> bool {
        let (own, others) = ((self.value / self.before).ln(), (other / self.before).ln());
        own * others > 0.0 && others.abs() >= 0.5 * own.abs()
    }
}

fn first_new_jump(replies: &ProviderReply, known: &KnownSeries) -> Option<Jump> {
    let findings = replies.outcome.iter().flat_map(|reply| &reply.accepted.findings);
    findings.filter(|finding| !known.values.contains_key(&finding.date)).find_map(|finding| match finding.problem {
        DataProblem::Jump { before, value, .. } => Some(Jump { date: finding.date, before, value }),
        _ => None,
    })
}

fn others_on(replies: &[ProviderReply], index: usize, date: NaiveDate) -> Vec<Opinion> {
    let others = replies.iter().enumerate().filter(|(other, _)| *other != index);
    others.filter_map(|(_, one)| one.opinion_on(date)).collect()
}

/// Drops a reply's values from the jump on: later values are at the same level.
fn refuse(replies: &mut ProviderReply, jump: &Jump, by: &str, instead: f64) {
    let Ok(reply) = &mut replies.outcome else { return };
    let Jump { date, value, .. } = *jump;
    reply.accepted.findings.retain(|finding| finding.date != date);
    let problem = DataProblem::Contradicted { value, by: by.to_owned(), instead };
    let finding = Finding { date, problem, action: Action::Refused };
    reply.remark = Some(finding.to_string());
    reply.accepted.findings.push(finding);
    reply.accepted.observations.retain(|o| o.date < date);
}

/// Checks the newest preferred value against the values of the other sources for that day, when it is new, or was
/// doubted in an earlier sync.
fn check_newest(
    series: &str,
    replies: &mut [ProviderReply],
    known: &KnownSeries,
    usual: f64,
    remembered: Option<&Doubt>,
) -> Option<Doubt> {
    let (index, first) = replies.iter().enumerate().find(|(_, one)| accepted(one).next().is_some())?;
    let newest = *accepted(first).last()?;
    let is_known = known.values.contains_key(&newest.date);
    let remembered = remembered.filter(|doubt| doubt.date == newest.date && doubt.value == newest.value);
    if is_known && remembered.is_none() {
        return None;
    }
    let stored = known.values.range(..newest.date).next_back().map(|(_, (value, _))| *value);
    let before = accepted(first).filter(|o| o.date < newest.date).last().map(|o| o.value).or(stored);
    let (provider, others) = (first.provider, others_on(replies, index, newest.date));
    let doubt = |(by, instead): (&str, f64)| Doubt {
        series: series.to_owned(),
        provider: provider.to_owned(),
        date: newest.date,
        value: newest.value,
        before: before.unwrap_or(newest.value),
        instead: Some((by.to_owned(), instead)),
    };
    match verdict(series, (provider, newest.value), before, &others, usual) {
        Verdict::Confirmed | Verdict::Favoured => None,
        Verdict::Alone => remembered.cloned(),
        Verdict::Disputed(other) => Some(doubt(other)),
        // A stored value stays until its source corrects it.
        Verdict::Outvoted(other) if is_known => Some(doubt(other)),
        Verdict::Outvoted((by, instead)) => {
            let before = before.unwrap_or(newest.value);
            refuse(&mut replies[index], &Jump { date: newest.date, before, value: newest.value }, by, instead);
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{chain::ProviderValues, intake::Accepted};
    use std::collections::{BTreeMap, BTreeSet};

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Returns a reply with values for two days; the second, when far from the first, has the finding of the checks.
    fn answering(provider: &'static str, values: [f64; 2]) -> ProviderReply {
        let dates = [day("2025-05-05"), day("2025-05-06")];
        let observations: Vec<RawObservation> =
            dates.into_iter().zip(values).map(|(date, value)| RawObservation { date, value }).collect();
        let problem = DataProblem::Jump { before: values[0], value: values[1], deviations: 20.0, newest: true };
        let finding = Finding { date: dates[1], problem, action: Action::Noted };
        let findings = Some(finding).filter(|_| (values[1] / values[0] - 1.0).abs() > 0.05).into_iter().collect();
        let accepted = Accepted { observations, findings };
        let reply = ProviderValues {
            accepted,
            documents: Vec::new(),
            unchanged: false,
            asked_to: day("2025-05-06"),
            remark: None,
        };
        ProviderReply { provider, outcome: Ok(reply) }
    }

    fn judged(series: &str, mut replies: Vec<ProviderReply>) -> (Option<Doubt>, Vec<usize>) {
        let known = KnownSeries {
            values: BTreeMap::from([(day("2025-05-05"), (100.0, None))]),
            snapshot: BTreeSet::new(),
            last_of: BTreeMap::new(),
        };
        let doubt = check_jumps(series, &mut replies, &known, 0.02, None);
        (doubt, replies.iter().map(|one| accepted(one).count()).collect())
    }

    #[test]
    fn a_jump_that_another_has_seen_at_least_half_of_is_taken_and_a_difference_told() {
        let (doubt, taken) =
            judged("usdclp", vec![answering("mindicador", [100.0, 106.0]), answering("yahoo", [100.0, 110.0])]);
        assert_eq!(taken, [2, 2]);
        assert!(
            doubt.unwrap().to_string().contains("mindicador has 106 on 2025-05-06, after 100, but yahoo has 110")
        );
        let (doubt, _) =
            judged("usdclp", vec![answering("mindicador", [100.0, 106.0]), answering("yahoo", [100.0, 106.5])]);
        assert_eq!(doubt, None);
    }

    #[test]
    fn an_official_rate_is_refused_when_two_quotes_deny_it_and_doubted_when_one_does() {
        let official = || answering("mindicador", [100.0, 125.0]);
        let (doubt, taken) = judged("usdclp", vec![official(), answering("yahoo", [100.0, 100.2])]);
        assert_eq!((doubt.unwrap().instead, taken), (Some(("yahoo".to_owned(), 100.2)), vec![2, 2]));
        let two = vec![official(), answering("yahoo", [100.0, 100.2]), answering("currency-api", [100.0, 100.1])];
        assert_eq!(judged("usdclp", two), (None, vec![1, 2, 2]));
        let bank = vec![official(), answering("bcch", [100.0, 100.2])];
        assert_eq!(judged("usdclp", bank), (None, vec![1, 2]));
    }

    #[test]
    fn a_quote_that_the_official_rate_denies_is_refused() {
        let replies = vec![answering("yahoo", [100.0, 125.0]), answering("mindicador", [100.0, 100.2])];
        assert_eq!(judged("usdclp", replies), (None, vec![1, 2]));
    }

    #[test]
    fn relays_of_one_official_rate_have_the_same_number_and_of_three_the_odd_one_is_refused() {
        let relays = |first: f64, second: f64| {
            vec![answering("mindicador", [100.0, first]), answering("bcch", [100.0, second])]
        };
        // A stale number differs by less than a market quote may.
        let doubt = judged("usdclp", relays(100.0, 100.4)).0.unwrap();
        assert_eq!((doubt.value, doubt.instead), (100.0, Some(("bcch".to_owned(), 100.4))));
        assert_eq!(judged("usdclp", relays(100.4, 100.41)).0, None);
        let with_quote = |first, second| [relays(first, second), vec![answering("nbp", [100.0, 100.6])]].concat();
        assert_eq!(judged("usdclp", with_quote(104.0, 100.4)), (None, vec![1, 2, 2]), "two deny it, one officially");
        // The quote confirms the first within its own tolerance.
        assert_eq!(judged("usdclp", with_quote(100.4, 104.0)), (None, vec![2, 2, 2]));
        // Market quotes alone never refuse an official rate without a jump.
        let quotes = vec![
            answering("mindicador", [100.0, 104.0]),
            answering("nbp", [100.0, 100.6]),
            answering("currency-api", [100.0, 100.7]),
        ];
        assert!(judged("usdclp", quotes).0.is_some());
    }

    #[test]
    fn sources_may_date_the_step_of_a_policy_rate_a_day_apart() {
        let sources = |first, second| vec![answering("mindicador", [10.0, first]), answering("bcch", [10.0, second])];
        assert_eq!(judged("tpm", sources(9.75, 10.0)).0, None);
        assert!(judged("tpm", sources(9.7, 9.95)).0.is_some());
    }

    #[test]
    fn what_nobody_else_has_is_taken_with_a_doubt_and_what_is_usual_without() {
        let (doubt, taken) = judged("usdbrl", vec![answering("ecb", [100.0, 125.0])]);
        assert_eq!((doubt.unwrap().instead, taken), (None, vec![2]));
        assert_eq!(judged("usdbrl", vec![answering("ecb", [100.0, 101.0])]).0, None);
    }
}
