//! Outcome of a sync, by series and within a series by provider.

use crate::{doubt::Doubt, freshness::Freshness, store::MergeReport};

/// Outcome of one provider for a series.
#[derive(Debug, Clone)]
pub struct ProviderOutcome {
    /// Name of the provider.
    pub provider: String,
    /// Report of the merged values, or the reason for having none: the end of a sentence that begins with provider
    /// and series.
    pub outcome: Result<MergeReport, String>,
    /// Refused and unusual observations, one line each.
    pub findings: Vec<String>,
    /// The same in few lines: of a kind that has several, their number, dates and the gravest.
    pub summary: Vec<String>,
    /// True when the provider failed; false when it merely has nothing for us, for instance without an account.
    pub is_fault: bool,
    /// True when no answer came at all, because of the network or the server.
    pub of_connection: bool,
    /// Remark that the newest value was refused, or is older than usual when a less preferred provider has newer
    /// ones.
    pub remark: Option<String>,
    /// The part of the reason that is the same for other series of the provider.
    pub(super) gist: String,
}

/// A provider that failed for a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderFault {
    /// Name of the provider.
    pub provider: String,
    /// Name of the series.
    pub series: String,
    /// Reason, as the end of a sentence that begins with provider and series.
    pub reason: String,
}

impl std::fmt::Display for ProviderFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}, {}: {}", self.provider, self.series, self.reason)
    }
}

/// Outcome of a series.
#[derive(Debug, Clone)]
pub struct SeriesOutcome {
    /// Name of the series.
    pub series: String,
    /// Providers that were asked, in order.
    pub providers: Vec<ProviderOutcome>,
    /// Disagreements between sources, one sentence each.
    pub disagreements: Vec<String>,
    /// A newest value that was accepted without confirmation.
    pub doubt: Option<Doubt>,
    /// Newest observation now known, against the one that can be expected.
    pub freshness: Freshness,
    /// True when a provider that was asked has the expected date.
    pub up_to_date: bool,
    /// Error of the store, not of a provider, that prevented the merge.
    pub store_error: Option<String>,
}

impl SeriesOutcome {
    /// Number of observations on days that had none.
    pub fn added(&self) -> usize {
        self.reports().map(|report| report.added).sum()
    }

    /// Returns the providers at fault with the reasons: those that failed, are late, or withdrew earlier values.
    pub fn faults(&self) -> impl Iterator<Item = ProviderFault> + '_ {
        self.providers.iter().flat_map(|asked| {
            let failed = asked.outcome.as_ref().err().filter(|_| asked.is_fault).cloned();
            let withheld = asked.outcome.as_ref().ok().and_then(|report| {
                report.withheld.first().map(|first| {
                    format!(
                        "withdraws {} values, the first {first}; the stored values are kept",
                        report.withheld.len()
                    )
                })
            });
            let reasons = failed.into_iter().chain(withheld).chain(asked.remark.clone());
            reasons.map(|reason| ProviderFault {
                provider: asked.provider.clone(),
                series: self.series.clone(),
                reason,
            })
        })
    }

    /// True when any provider answered.
    pub fn is_answered(&self) -> bool {
        self.reports().next().is_some()
    }

    fn reports(&self) -> impl Iterator<Item = &MergeReport> {
        self.providers.iter().filter_map(|p| p.outcome.as_ref().ok())
    }
}

/// Logs the failures, with one line for all series that share a reason: a provider that is down is reported once.
pub(super) fn log_failures(outcomes: &[SeriesOutcome]) {
    let mut told: Vec<(&str, &str, Vec<ProviderFault>)> = Vec::new();
    for outcome in outcomes {
        let failed = outcome.providers.iter().filter(|asked| asked.is_fault);
        for asked in failed {
            let reason = asked.outcome.as_ref().err().cloned().unwrap_or_default();
            let fault = ProviderFault { provider: asked.provider.clone(), series: outcome.series.clone(), reason };
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
