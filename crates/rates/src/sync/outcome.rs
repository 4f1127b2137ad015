//! What came of a sync: by series, and within it by provider.

use crate::{doubt::Doubt, store::MergeReport};
use chrono::NaiveDate;

/// What one provider's part came to.
#[derive(Debug, Clone)]
pub struct ProviderOutcome {
    /// Its name.
    pub provider: String,
    /// What was merged of its answer, or why nothing came, as the end of a sentence that begins with provider and series.
    pub outcome: Result<MergeReport, String>,
    /// Observations that were refused, and odd ones, a line each.
    pub findings: Vec<String>,
    /// False for a provider that only has nothing for us, for instance for want of an account.
    pub is_fault: bool,
    /// That its newest value was refused, or is older than usual when a less preferred provider has newer ones.
    pub remark: Option<String>,
    /// The reason as far as it is the same for other series of the provider.
    pub(super) gist: String,
}

/// A provider that failed for a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its name.
    pub provider: String,
    /// The series.
    pub series: String,
    /// Why, as the end of a sentence that begins with provider and series.
    pub reason: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}: {}", self.provider, self.series, self.reason)
    }
}

/// What a series came to.
#[derive(Debug, Clone)]
pub struct SeriesOutcome {
    /// Its name.
    pub series: String,
    /// Who was asked, in order.
    pub providers: Vec<ProviderOutcome>,
    /// Where sources disagree, a sentence each.
    pub disagreements: Vec<String>,
    /// A newest value that is taken, but not confirmed.
    pub doubt: Option<Doubt>,
    /// Date and source of the newest observation that is known now.
    pub newest: Option<(NaiveDate, String)>,
    /// Whether somebody who was asked is up to date.
    pub up_to_date: bool,
    /// Why nothing could be merged: the store, not the providers.
    pub store_error: Option<String>,
}

impl SeriesOutcome {
    /// Observations on days that had none.
    pub fn added(&self) -> usize {
        self.reports().map(|report| report.added).sum()
    }

    /// The providers that are at fault, with why: those that failed, are late, or take back what they said.
    pub fn faults(&self) -> impl Iterator<Item = Fault> + '_ {
        self.providers.iter().flat_map(|asked| {
            let failed = asked.outcome.as_ref().err().filter(|_| asked.is_fault).cloned();
            let withheld = asked.outcome.as_ref().ok().and_then(|report| {
                report
                    .withheld
                    .first()
                    .map(|first| format!("takes back {} values, the first {first}: not taken", report.withheld.len()))
            });
            let reasons = failed.into_iter().chain(withheld).chain(asked.remark.clone());
            reasons.map(|reason| Fault { provider: asked.provider.clone(), series: self.series.clone(), reason })
        })
    }

    /// Whether any provider answered.
    pub fn is_answered(&self) -> bool {
        self.reports().next().is_some()
    }

    fn reports(&self) -> impl Iterator<Item = &MergeReport> {
        self.providers.iter().filter_map(|p| p.outcome.as_ref().ok())
    }
}

/// One line for what is the same for several series: a provider that is down says it once.
pub(super) fn tell_failures(outcomes: &[SeriesOutcome]) {
    let mut told: Vec<(&str, &str, Vec<Fault>)> = Vec::new();
    for outcome in outcomes {
        let failed = outcome.providers.iter().filter(|asked| asked.is_fault);
        for asked in failed {
            let reason = asked.outcome.as_ref().err().cloned().unwrap_or_default();
            let fault = Fault { provider: asked.provider.clone(), series: outcome.series.clone(), reason };
            let known =
                told.iter_mut().find(|(provider, gist, _)| *provider == asked.provider && *gist == asked.gist);
            match known {
                Some((_, _, faults)) => faults.push(fault),
                None => told.push((&asked.provider, &asked.gist, vec![fault])),
            }
        }
    }
    for outcome in outcomes {
        let (series, late) = (&outcome.series, outcome.providers.iter().filter(|asked| asked.remark.is_some()));
        for (provider, remark) in late.filter_map(|asked| Some((&asked.provider, asked.remark.as_ref()?))) {
            tracing::warn!(provider, series, "{provider}, {series}: {remark}");
        }
        if let Some(doubt) = &outcome.doubt {
            tracing::warn!(series, "{doubt}");
        }
    }
    for (provider, gist, faults) in told {
        let series: Vec<&str> = faults.iter().map(|fault| fault.series.as_str()).collect();
        let series = series.join(", ");
        match faults.as_slice() {
            [one] => tracing::warn!(provider, series, "{one}"),
            _ => tracing::warn!(provider, series, "{provider}, {series}: {gist}"),
        }
    }
}
