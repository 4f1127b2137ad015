//! Network checks: the providers of rates and the mail server. All are asked at once, each with a short deadline.

use super::check::{Check, Status, with_temporary_data_dir};
use crate::config::load::LoadedConfig;
use crate::config::settings::Config;
use crate::host::clock::today;
use crate::market::Market;
use crate::market::conditions::Conditions;
use crate::market::fetch;
use crate::notify::delivery;
use forecaster_domain::SeriesCondition;
use forecaster_mail::{Address, probe};
use forecaster_rates::{Freshness, FreshnessState};
use std::time::{Duration, Instant};

/// Longest wait for the mail server.
const MAIL_TIMEOUT: Duration = Duration::from_secs(20);

pub(super) fn rates(loaded: &LoadedConfig) -> Vec<Check> {
    let (config, _folder) = with_temporary_data_dir(&loaded.config);
    let config = &config;
    let today = today(config);
    let mut checks = Vec::new();
    let mut conditions = Conditions::default();
    checks.push(match Market::load(config, None, today) {
        Ok(market) => {
            conditions = market.conditions.clone();
            let (as_of, age, limit) = (market.as_of(), market.age(), config.rates.max_age_business_days);
            let finding = format!("newest value of {} is of {as_of}, {age} business days old", config.rates.pair);
            if age > i64::from(limit) {
                Check::warn("rates.newest", finding, "forecaster rates sync, or forecaster rates import FILE.csv")
            } else {
                Check::ok("rates.newest", finding)
            }
        }
        Err(error) => Check::fail("rates.newest", error.to_string(), "forecaster rates sync"),
    });
    checks.extend(freshness(config, today, &conditions));
    if config.rates.providers.is_empty() {
        checks.push(Check::skip("rates.providers", "nobody is asked (rates.providers = [])"));
        return checks;
    }
    let asked: Vec<Check> = std::thread::scope(|scope| {
        let names = config.rates.providers.iter();
        let running: Vec<_> = names.map(|name| (name, scope.spawn(move || provider(config, name, today)))).collect();
        let stumbled =
            |name: &str| Check::fail(&id(name), "the doctor itself failed in this check", "report it, please");
        running.into_iter().map(|(name, one)| one.join().unwrap_or_else(|_| stumbled(name))).collect()
    });
    let answered = asked.iter().filter(|check| check.status == Status::Ok).count();
    let tried = asked.iter().filter(|check| check.status != Status::Skip).count();
    checks.extend(asked);
    let finding = format!("{answered} of {tried} answer");
    checks.push(match (answered, tried) {
        (_, 0) => Check::skip("rates.providers", "none of them has a series that is needed"),
        (0, _) => Check::fail("rates.providers", finding, "is there a network, or a proxy to be set (HTTPS_PROXY)?"),
        _ => Check::ok("rates.providers", finding),
    });
    checks
}

/// Tells for each series if its newest value is of the day that can be expected. An older one is no warning: the store
/// is only updated by runs, and `rates.newest` judges the pair's age.
///
/// A condition of the series is added; one that degrades forecasts is a warning.
fn freshness(config: &Config, today: chrono::NaiveDate, conditions: &Conditions) -> Vec<Check> {
    let series = match fetch::freshness_of_needed(config, today) {
        Ok(series) => series,
        Err(error) => return vec![Check::fail("rates.series", error.to_string(), "forecaster rates show")],
    };
    let mut told: Vec<&SeriesCondition> = Vec::new();
    let mut check = |(name, freshness): (String, Freshness)| {
        let id = format!("rates.series_{name}");
        let newest = freshness.newest.as_ref();
        let finding =
            newest.map_or_else(|| freshness.to_string(), |(date, by)| format!("{date} ({by}), {freshness}"));
        let own: Vec<&SeriesCondition> = conditions.iter().filter(|one| one.series == name).collect();
        let sentence = |one: &&SeriesCondition| one.to_string().replacen(&format!("{name}: "), "", 1);
        let sentences = std::iter::once(finding).chain(own.iter().map(sentence)).collect::<Vec<_>>();
        let finding = sentences.join("; ");
        told.extend(&own);
        if own.iter().any(|one| one.is_degrading()) {
            return Check::warn(&id, finding, format!("forecaster rates check --series {name} shows the values"));
        }
        match freshness.state {
            FreshnessState::AsExpected | FreshnessState::StandIn => Check::ok(&id, finding),
            FreshnessState::Late | FreshnessState::Unknown => Check::skip(&id, finding),
        }
    };
    let mut checks: Vec<Check> = series.into_iter().map(&mut check).collect();
    // A series that the pair is computed from may not be in the list.
    let others = conditions.iter().filter(|one| !told.contains(one));
    checks.extend(others.map(|one| {
        let (id, finding) = (format!("rates.series_{}", one.series), one.to_string());
        let fix = format!("forecaster rates check --series {} shows the values", one.series);
        if one.is_degrading() { Check::warn(&id, finding, fix) } else { Check::ok(&id, finding) }
    }));
    checks
}

/// Id of a provider's check.
fn id(name: &str) -> String {
    format!("rates.{}", name.replace('-', "_"))
}

fn provider(config: &Config, name: &str, today: chrono::NaiveDate) -> Check {
    let id = id(name);
    let begin = Instant::now();
    match fetch::try_provider(config, name, today) {
        Err(failure) => Check::fail(&id, failure.to_string(), "forecaster rates show"),
        Ok(None) => Check::skip(&id, "it has none of the series that are needed"),
        Ok(Some(fetch::Trial { series, outcome: Ok(newest) })) => {
            let newest = newest.map(|date| format!(", newest {date}")).unwrap_or_default();
            Check::ok(&id, format!("{series}{newest}, {:.1} s", begin.elapsed().as_secs_f64()))
        }
        Ok(Some(fetch::Trial { series, outcome: Err((reason, true)) })) => Check::warn(
            &id,
            format!("{series}: {reason}"),
            "other providers are used instead; check its address and account under [rates.provider]",
        ),
        Ok(Some(fetch::Trial { outcome: Err((reason, false)), .. })) => Check::skip(&id, reason),
    }
}

pub(super) fn mail(loaded: &LoadedConfig) -> Vec<Check> {
    let config = &loaded.config;
    if !config.mail.is_on() {
        return vec![Check::skip("mail.server", "mail is off (mail.smtp is empty)")];
    }
    vec![server(loaded), recipients(loaded)]
}

fn server(loaded: &LoadedConfig) -> Check {
    const ID: &str = "mail.server";
    const FIX: &str = "forecaster mail test goes through it step by step";
    let (server, from) = match (delivery::server(&loaded.config), Address::parse(&loaded.config.mail.from)) {
        (Ok(server), Ok(from)) => (server, from),
        (Err(failure), _) => {
            let inside = failure.to_string().contains("was not handed over");
            let finding = failure.to_string();
            return if inside { Check::skip(ID, finding) } else { Check::fail(ID, finding, FIX) };
        }
        (_, Err(error)) => return Check::fail(ID, error.to_string(), "correct mail.from"),
    };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Check::skip(ID, "no runtime to ask with");
    };
    let probed = runtime.block_on(async { tokio::time::timeout(MAIL_TIMEOUT, probe(&server, &from)).await });
    runtime.shutdown_background();
    match probed {
        Err(_) => Check::fail(ID, format!("no answer within {} s", MAIL_TIMEOUT.as_secs()), FIX),
        Ok(probe) => match probe.error {
            Some(error) => Check::fail(ID, error.to_string(), FIX),
            None => Check::ok(ID, format!("{} would take mail from {} now", probe.server, from.address())),
        },
    }
}

fn recipients(loaded: &LoadedConfig) -> Check {
    let mail = &loaded.config.mail;
    let count = mail.recipients.len();
    if count == 0 && mail.alerts.is_empty() {
        return Check::warn("mail.recipients", "nobody gets reports or alerts", "set mail.recipients");
    }
    let alerts = if mail.alerts.is_empty() { count } else { mail.alerts.len() };
    Check::ok("mail.recipients", format!("reports to {count}, alerts to {alerts}"))
}
