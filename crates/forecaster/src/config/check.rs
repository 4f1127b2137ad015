//! Rules that a configuration must meet beyond its types: ranges, names, cron fields, zones.

use super::parsed::model_names;
use super::problem::{SettingProblem, problem, quoted};
use super::settings::Config;
use croner::Cron;
use forecaster_domain::{Horizon, ModelId};
use forecaster_rates::PROVIDERS;
use std::net::SocketAddr;
use std::str::FromStr;
use tracing_subscriber::EnvFilter;

pub(super) fn check(config: &Config) -> Result<(), SettingProblem> {
    let service = &config.service;
    let paths = [
        ("data_dir", &service.data_dir),
        ("reports_dir", &service.reports_dir),
        ("metrics_log", &service.metrics_log),
    ];
    if let Some((key, _)) = paths.into_iter().find(|(_, path)| path.as_os_str().is_empty()) {
        return Err(problem(format!("service.{key}"), "an empty path", "a path such as \"data\""));
    }
    check_daemon(config)?;
    check_rates(config)?;
    check_chronos(config)?;
    check_ensemble(config)?;
    super::guard::check(&config.guard)?;
    super::addresses::check(config)?;
    Horizon::ALL.into_iter().try_for_each(|horizon| check_horizon(config, horizon))
}

fn check_daemon(config: &Config) -> Result<(), SettingProblem> {
    let service = &config.service;
    let seconds = [
        ("catch_up_hours", u64::from(service.catch_up_hours), 0..=168),
        ("run_deadline_seconds", service.run_deadline_seconds, 10..=86_400),
        ("stop_grace_seconds", service.stop_grace_seconds, 0..=3600),
    ];
    for (key, value, range) in seconds {
        if !range.contains(&value) {
            return Err(problem(format!("service.{key}"), value, format!("{} to {}", range.start(), range.end())));
        }
    }
    if let Err(error) = EnvFilter::try_new(&service.log.level) {
        let expected = format!("error, warn, info, debug, trace, or a filter such as \"forecaster=debug\" ({error})");
        return Err(problem("service.log.level", quoted(&service.log.level), expected));
    }
    let http = &service.http;
    if !http.listen.is_empty() && http.listen.parse::<SocketAddr>().is_err() {
        let expected = "an address and port such as \"127.0.0.1:9187\", or \"\" for no server";
        return Err(problem("service.http.listen", quoted(&http.listen), expected));
    }
    if http.token.contains('/') && !http.token.starts_with('/') {
        let expected = "the name of a systemd credential, the absolute path of a file, or \"\" for none";
        return Err(problem("service.http.token", quoted(&http.token), expected));
    }
    Ok(())
}

fn check_rates(config: &Config) -> Result<(), SettingProblem> {
    let rates = &config.rates;
    if !(1..=250).contains(&rates.max_age_business_days) {
        return Err(problem("rates.max_age_business_days", rates.max_age_business_days, "1 to 250"));
    }
    if !(1..=600).contains(&rates.deadline_seconds) {
        return Err(problem("rates.deadline_seconds", rates.deadline_seconds, "1 to 600"));
    }
    if !(0.01..=50.0).contains(&rates.max_difference_percent) {
        return Err(problem("rates.max_difference_percent", rates.max_difference_percent, "0.01 to 50"));
    }
    check_providers("rates.providers", &rates.providers)?;
    rates.provider.check()?;
    for name in &rates.watched {
        if forecaster_rates::checked_name(name).is_err() {
            return Err(problem("rates.watched", quoted(name), "series names of lower-case letters, digits and _"));
        }
    }
    for (name, series) in &rates.series {
        let key = format!("rates.series.{name}");
        if let Some(providers) = &series.providers {
            check_providers(&format!("{key}.providers"), providers)?;
        }
        for (provider, symbol) in &series.symbols {
            check_providers(&format!("{key}.symbols"), std::slice::from_ref(provider))?;
            if symbol.trim_start_matches("1/").trim().is_empty() {
                return Err(problem(
                    format!("{key}.symbols.{provider}"),
                    quoted(symbol),
                    "the provider's name of the series",
                ));
            }
        }
        if forecaster_rates::checked_name(name).is_err() {
            return Err(problem(key, quoted(name), "a series name of lower-case letters, digits and _"));
        }
        if let Some(published) =
            series.published.as_deref().filter(|text| !text.is_empty() && series.clock_time(name).is_none())
        {
            let expected = "a time with its zone, such as \"12:15 Europe/Warsaw\"";
            return Err(problem(format!("{key}.published"), quoted(published), expected));
        }
        if series.lag_days > 30 {
            return Err(problem(format!("{key}.lag_days"), series.lag_days, "0 to 30"));
        }
    }
    Ok(())
}

fn check_providers(key: &str, providers: &[String]) -> Result<(), SettingProblem> {
    for (index, name) in providers.iter().enumerate() {
        if !PROVIDERS.contains(&name.as_str()) {
            return Err(problem(key, quoted(name), format!("some of {}", PROVIDERS.join(", "))));
        }
        if providers[..index].contains(name) {
            return Err(problem(key, format!("{} twice", quoted(name)), "each provider once"));
        }
    }
    Ok(())
}

fn check_chronos(config: &Config) -> Result<(), SettingProblem> {
    let chronos = &config.chronos;
    if chronos.model.trim().is_empty() {
        let expected = "\"embedded\", a name such as \"amazon/chronos-bolt-small\", or a folder with a checkpoint";
        return Err(problem("chronos.model", quoted(&chronos.model), expected));
    }
    if chronos.threads > 256 {
        return Err(problem("chronos.threads", chronos.threads, "0 (one a core) to 256"));
    }
    if chronos.idle_unload_seconds > 86_400 {
        return Err(problem("chronos.idle_unload_seconds", chronos.idle_unload_seconds, "0 (at once) to 86400"));
    }
    if chronos.min_free_ram_mb > 1_000_000 {
        return Err(problem("chronos.min_free_ram_mb", chronos.min_free_ram_mb, "0 to 1000000"));
    }
    Ok(())
}

fn check_ensemble(config: &Config) -> Result<(), SettingProblem> {
    let ensemble = &config.ensemble;
    let counts = [("origins", ensemble.origins, 10..=500), ("stride", ensemble.stride, 1..=60)];
    for (key, value, range) in counts {
        if !range.contains(&value) {
            return Err(problem(format!("ensemble.{key}"), value, format!("{} to {}", range.start(), range.end())));
        }
    }
    let numbers = [
        ("half_life", ensemble.half_life, 1.0..=10_000.0),
        ("shrinkage", ensemble.shrinkage, 0.0..=1.0),
        ("weight_floor", ensemble.weight_floor, 0.0..=0.5),
        ("weight_cap", ensemble.weight_cap, 0.1..=1.0),
    ];
    for (key, value, range) in numbers {
        if !range.contains(&value) {
            return Err(problem(format!("ensemble.{key}"), value, format!("{} to {}", range.start(), range.end())));
        }
    }
    Ok(())
}

fn check_horizon(config: &Config, horizon: Horizon) -> Result<(), SettingProblem> {
    let settings = config.horizons.get(horizon);
    let key = |name: &str| format!("horizons.{horizon}.{name}");
    if let Err(reason) = check_schedule(&settings.schedule) {
        let expected = format!("five cron fields such as \"0 8 * * Mon\" ({reason})");
        return Err(problem(key("schedule"), quoted(&settings.schedule), expected));
    }
    if settings.models.is_empty() {
        return Err(problem(key("models"), "an empty list", format!("some of {}", model_names())));
    }
    for (index, model) in settings.models.iter().enumerate() {
        if *model == ModelId::Chronos {
            let expected = format!("Chronos in its own section: [horizons.{horizon}.chronos] enabled = true");
            return Err(problem(key("models"), quoted(model.as_str()), expected));
        }
        if settings.models[..index].contains(model) {
            return Err(problem(key("models"), format!("{} twice", quoted(model.as_str())), "each model once"));
        }
    }
    if !(600..=10_000).contains(&settings.lookback) {
        return Err(problem(key("lookback"), settings.lookback, "600 to 10000 observations"));
    }
    let chronos = &settings.chronos;
    if !(16..=8192).contains(&chronos.context_length) {
        return Err(problem(key("chronos.context_length"), chronos.context_length, "16 to 8192 business days"));
    }
    if !(10..=100_000).contains(&chronos.num_samples) {
        return Err(problem(key("chronos.num_samples"), chronos.num_samples, "10 to 100000 sample paths"));
    }
    if !(0.1..=10.0).contains(&chronos.temperature) {
        return Err(problem(key("chronos.temperature"), chronos.temperature, "0.1 to 10"));
    }
    if let Err(error) = config.ensemble.pool().check(settings.members()) {
        let expected = format!("bounds that leave room for the {} models of horizons.{horizon}", settings.members());
        return Err(problem("ensemble.weight_floor", error, expected));
    }
    Ok(())
}

/// Checks for five valid fields that match some day: the 31st of February never comes.
fn check_schedule(schedule: &str) -> Result<(), String> {
    let fields = schedule.split_whitespace().count();
    if fields != 5 {
        return Err(format!("{fields} fields"));
    }
    let cron = Cron::from_str(schedule).map_err(|error| error.to_string())?;
    // Any fixed instant works: the existence of a next occurrence does not depend on today.
    let from = chrono::DateTime::<chrono::Utc>::UNIX_EPOCH;
    cron.find_next_occurrence(&from, false).map(drop).map_err(|_| "they match no day".to_owned())
}
