//! Fetching rates: the configured providers, the series that a forecast needs, and a runtime for the duration of the
//! fetch. Failures are logged as they happen and returned; a forecast uses the rates that are available.

use crate::config::providers::SecretLocation;
use crate::config::settings::Config;
use crate::failure::Failure;
use crate::host::clock::today;
use crate::host::secret::Secret;
use crate::market::series::{MIN_OBSERVATIONS, is_used_for, legs, quality_rules, spot_of};
use chrono::{Days, NaiveDate, Utc};
use forecaster_rates::{
    Doubt, Freshness, FreshnessState, ProviderFault, RatesStore, SeriesOutcome, SeriesRequest, Sources, SyncSettings,
    assemble_pair, doubts, freshness, providers_for, sync,
};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Deadline of `rates sync`: the first one requests ten years.
const BY_HAND: Duration = Duration::from_secs(300);

/// Fetch request: dates, series, and handling of revisions.
#[derive(Debug, Clone, Default)]
pub(crate) struct FetchRequest {
    /// First day to fetch; `None` for only what is new.
    pub from: Option<NaiveDate>,
    /// Series to fetch; empty for all those that a forecast and its report need.
    pub series: Vec<String>,
    /// Set to accept values that differ from the store.
    pub accept_revisions: bool,
}

/// Result of a fetch, as far as a forecast must report it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FetchReport {
    /// Failures of providers.
    pub faults: Vec<ProviderFault>,
    /// Newest value of the pair, or of a series it is computed from, that no source confirms.
    pub doubt: Option<Doubt>,
    /// Newest market quote of the pair that another source contradicts, or that jumps and is not confirmed:
    /// no forecast starts from it.
    pub quote_doubt: Option<Doubt>,
    /// Reason why values of the pair could not be stored.
    pub unstored: Option<String>,
}

impl FetchReport {
    /// True when a forecast made now must be marked degraded.
    pub(crate) fn is_degraded(&self) -> bool {
        self.doubt.is_some() || self.unstored.is_some()
    }

    fn new(outcomes: &[SeriesOutcome], of_pair: &[String], quotes: &[String]) -> Self {
        let own = || outcomes.iter().filter(|outcome| of_pair.contains(&outcome.series));
        let mut of_quotes = outcomes.iter().filter(|outcome| quotes.contains(&outcome.series));
        Self {
            faults: outcomes.iter().flat_map(SeriesOutcome::faults).collect(),
            doubt: own().find_map(|outcome| outcome.doubt.clone()),
            quote_doubt: of_quotes.find_map(|outcome| outcome.doubt.clone()),
            unstored: own().find_map(|outcome| outcome.store_error.clone()),
        }
    }
}

/// Updates the store for a run, unless `offline`: within the configured deadline, and skipping for a while
/// providers that failed repeatedly.
pub(crate) fn for_run(config: &Config, today: NaiveDate, offline: bool) -> FetchReport {
    let of_pair = [vec![config.pair().series_name()], legs(config.pair())].concat();
    let quotes = vec![spot_of(config.pair())];
    if offline || has_no_provider(config) {
        let (doubt, quote_doubt) = (remembered_doubt(config, &of_pair), remembered_doubt(config, &quotes));
        return FetchReport { doubt, quote_doubt, ..FetchReport::default() };
    }
    let started = Instant::now();
    let settings =
        SyncSettings { deadline: Duration::from_secs(config.rates.deadline_seconds), ..settings(config, today) };
    let outcomes = match fetch(config, &FetchRequest::default(), &settings, &|_| {}) {
        Ok(outcomes) => outcomes,
        Err(error) => {
            tracing::warn!("no rates could be fetched: {error}");
            return FetchReport::default();
        }
    };
    let added: usize = outcomes.iter().map(SeriesOutcome::added).sum();
    let answered = outcomes.iter().filter(|outcome| outcome.is_answered()).count();
    let seconds = crate::host::logging::rounded(started.elapsed().as_secs_f64());
    tracing::info!(
        seconds,
        added,
        "rates fetched: {added} new values, {answered} of {} series answered",
        outcomes.len()
    );
    let fetched = FetchReport::new(&outcomes, &of_pair, &quotes);
    FetchReport {
        doubt: fetched.doubt.or_else(|| remembered_doubt(config, &of_pair)),
        quote_doubt: fetched.quote_doubt.or_else(|| remembered_doubt(config, &quotes)),
        ..fetched
    }
}

/// Returns the doubt of an earlier fetch, when the doubted value is still the newest.
fn remembered_doubt(config: &Config, of_pair: &[String]) -> Option<Doubt> {
    let doubts = RatesStore::open(&config.service.data_dir).and_then(|store| doubts(&store));
    doubts.ok()?.into_iter().find(|doubt| of_pair.contains(&doubt.series))
}

/// True when no provider is configured, neither for all series nor for any one.
pub(crate) fn has_no_provider(config: &Config) -> bool {
    let of_series = config.rates.series.values().filter_map(|series| series.providers.as_ref());
    of_series.chain([&config.rates.providers]).all(Vec::is_empty)
}

/// Fetches by hand: with more time, and without skipping providers that failed repeatedly.
pub(crate) fn by_hand(
    config: &Config,
    today: NaiveDate,
    request: &FetchRequest,
    done: &(dyn Fn(&SeriesOutcome) + Sync),
) -> Result<Vec<SeriesOutcome>, Failure> {
    let settings = SyncSettings {
        deadline: BY_HAND,
        skip_failing: false,
        from: request.from,
        accept_revisions: request.accept_revisions,
        ..settings(config, today)
    };
    fetch(config, request, &settings, done)
}

/// Result of asking one provider.
pub(crate) struct Trial {
    /// Series requested.
    pub series: String,
    /// Newest day the provider has; or the reason why it has nothing, and true when that is its fault.
    pub outcome: Result<Option<NaiveDate>, (String, bool)>,
}

/// Days requested in a trial.
const TRIAL_DAYS: u64 = 10;
/// Deadline of a trial.
const TRIAL: Duration = Duration::from_secs(6);

/// Asks one provider for the newest days of the first series that it has, and stores nothing;
/// `None` when it has none.
///
/// # Errors
/// When the temporary folder cannot be created or used.
pub(crate) fn try_provider(config: &Config, name: &str, today: NaiveDate) -> Result<Option<Trial>, Failure> {
    let sources = sources(config);
    let pair = config.pair();
    let only = vec![name.to_owned()];
    let request = |series: &String| SeriesRequest {
        providers: Some(only.clone()),
        symbols: config.rates.series.get(series).map(|own| own.symbols.clone()).unwrap_or_default(),
        ..SeriesRequest::new(series, quality_rules(pair, series, today))
    };
    let requests = needed(config)?;
    let Some(request) = requests.iter().map(request).find(|request| !providers_for(&sources, request).is_empty())
    else {
        return Ok(None);
    };
    let folder =
        tempfile::tempdir().map_err(|error| Failure::System { what: "no folder to work in", source: error })?;
    let store = RatesStore::open(folder.path())?;
    let settings = SyncSettings {
        deadline: TRIAL,
        skip_failing: false,
        cross_check: false,
        from: Some(today - Days::new(TRIAL_DAYS)),
        // The folder holds only the snapshot, and there is a gap between it and the requested days.
        accept_revisions: true,
        ..settings(config, today)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::System { what: "no runtime to ask with", source: error })?;
    let outcomes = runtime.block_on(sync(&store, &sources, std::slice::from_ref(&request), &settings, &|_| {}));
    runtime.shutdown_background();
    let series = request.series.clone();
    let outcome = outcomes?.into_iter().next();
    let newest = outcome.as_ref().and_then(|it| it.freshness.newest.as_ref()).map(|(date, _)| *date);
    let asked = outcome.and_then(|it| it.providers.into_iter().next());
    Ok(asked.map(|asked| {
        let is_fault = asked.is_fault;
        Trial { series, outcome: asked.outcome.map(|_| newest).map_err(|reason| (reason, is_fault)) }
    }))
}

/// Returns the freshness of each series that a forecast and its report need, the pair first.
pub(crate) fn freshness_of_needed(config: &Config, today: NaiveDate) -> Result<Vec<(String, Freshness)>, Failure> {
    let store = RatesStore::open(&config.service.data_dir)?;
    let one = |series: String| {
        let rules = quality_rules(config.pair(), &series, today);
        let freshness = of_pair_or(config, &series, today, freshness(&store, &series, rules)?);
        Ok((series, freshness))
    };
    needed(config)?.into_iter().map(one).collect()
}

/// Returns the freshness of a series; for the pair without a series of its own, that of the series it is computed from.
pub(crate) fn of_pair_or(config: &Config, series: &str, today: NaiveDate, own: Freshness) -> Freshness {
    let pair = config.pair();
    if own.state != FreshnessState::Unknown || series != pair.series_name() {
        return own;
    }
    let rules = |name: &str| quality_rules(pair, name, today);
    let store = RatesStore::open(&config.service.data_dir);
    let made = store.and_then(|store| assemble_pair(&store, pair, rules, None, MIN_OBSERVATIONS));
    let newest = made.ok().map(|made| (made.checked.series.last_date(), made.provider));
    Freshness::new(series, newest, own.expected)
}

/// Returns the names of the series that a forecast and its report need, the pair first.
pub(crate) fn needed(config: &Config) -> Result<Vec<String>, Failure> {
    let pair = config.pair();
    let store = RatesStore::open(&config.service.data_dir)?;
    let own = pair.series_name();
    let mut names: BTreeSet<String> =
        config.rates.series.keys().filter(|name| is_used_for(name, pair)).cloned().collect();
    // A pair without a history of its own is computed from other series.
    let today = today(config);
    let made = assemble_pair(&store, pair, |name| quality_rules(pair, name, today), None, MIN_OBSERVATIONS);
    if made.map_or(true, |made| made.formula.is_some() || made.checked.series.len() < MIN_OBSERVATIONS) {
        names.extend(legs(pair));
    }
    names.extend(config.rates.watched.iter().cloned());
    names.remove(&own);
    // The pair first: everything else serves it.
    Ok(std::iter::once(own).chain(names).collect())
}

fn settings(config: &Config, today: NaiveDate) -> SyncSettings {
    SyncSettings {
        max_difference: config.rates.max_difference_percent / 100.0,
        cross_check: config.rates.cross_check,
        ..SyncSettings::new(today, Utc::now())
    }
}

fn fetch(
    config: &Config,
    request: &FetchRequest,
    settings: &SyncSettings,
    done: &(dyn Fn(&SeriesOutcome) + Sync),
) -> Result<Vec<SeriesOutcome>, Failure> {
    let pair = config.pair();
    let store = RatesStore::open(&config.service.data_dir)?;
    let names = if request.series.is_empty() { needed(config)? } else { request.series.clone() };
    let requests = names.iter().map(|name| {
        forecaster_rates::checked_name(name)?;
        let own = config.rates.series.get(name);
        Ok(SeriesRequest {
            providers: own.and_then(|series| series.providers.clone()),
            symbols: own.map(|series| series.symbols.clone()).unwrap_or_default(),
            ..SeriesRequest::new(name, quality_rules(pair, name, settings.today))
        })
    });
    let requests: Vec<SeriesRequest> = requests.collect::<Result<_, Failure>>()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::System { what: "no runtime to fetch with", source: error })?;
    let outcomes = runtime.block_on(sync(&store, &sources(config), &requests, settings, done));
    // A name server that does not answer keeps a thread of the system's resolver busy; do not wait for it.
    runtime.shutdown_background();
    Ok(outcomes?)
}

fn sources(config: &Config) -> Sources {
    let reveal = |secret: &SecretLocation| self::secret(&secret.place, &secret.path());
    Sources::new(&config.rates.providers, &config.rates.provider.sources(reveal))
}

/// Returns the secret at a place. When it cannot be read, the log gives the reason; the provider
/// reports why it is not asked.
fn secret(place: &str, key: &str) -> Option<String> {
    Secret::read(place, key).map_err(|error| tracing::warn!("{error}")).ok().map(|secret| secret.reveal().to_owned())
}
