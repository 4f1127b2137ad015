//! `forecaster run`: forecasts made by hand, with a summary for each horizon.

use crate::assignment::Assignment;
use crate::cli::args::{HorizonChoice, RunArgs};
use crate::cli::output::{print, print_json, selected_horizons};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::ChronosSource;
use crate::host::clock::today;
use crate::host::lock;
use crate::market::Market;
use crate::market::fetch;
use crate::notify::delivery;
use crate::run::context::{PublishLock, RunContext};
use crate::run::interrupt;
use crate::run::ledger::open_or_replace_ledger;
use crate::run::{self, CompletedRun};
use chrono::NaiveDate;
use forecaster_domain::{Horizon, PriceFormat, is_constant};
use std::fmt::Write;
use std::sync::Arc;

/// Runs the requested horizons one after the other; a failure does not stop the others.
pub(crate) fn run(args: &RunArgs, config: &Config) -> Result<CommandOutcome, Failure> {
    let horizons = selected_horizons(args.horizon, config)?;
    if let Some(as_of) = args.as_of.filter(|d| *d > today(config)) {
        return Err(Failure::AsOfInTheFuture(as_of));
    }
    let fetched = fetch::for_run(config, today(config), args.offline || is_known(config, args.as_of)?);
    let market = Market::load(config, args.as_of, today(config))?.with(fetched);
    market.warn_of_gaps();
    let ledger = Arc::new(open_or_replace_ledger(config)?);
    let publishing = Arc::new(PublishLock::default());
    let in_progress = interrupt::watch(&publishing, &ledger)?;
    let mut outcome = CommandOutcome::Done;
    let mut published = Vec::new();
    let mut failure = None;
    let chronos = ChronosSource::guarded(config);
    let uses_chronos = |horizon: &Horizon| config.horizons.get(*horizon).chronos.enabled;
    let last_with_chronos = horizons.iter().rposition(uses_chronos);
    for (index, horizon) in horizons.into_iter().enumerate() {
        // Chronos stays loaded until the last horizon that uses it.
        let release = config.chronos.idle_unload_seconds == 0 || last_with_chronos.is_none_or(|last| index >= last);
        let _alone = lock::horizon(&config.service.data_dir, horizon)?;
        let place = RunContext {
            config,
            market: &market,
            ledger: &ledger,
            chronos: &chronos,
            release,
            email: !args.no_email,
        };
        let assignment = Assignment::by_hand(horizon);
        in_progress.set(&assignment.run_id);
        match run::execute_assignment(&assignment, &place, &publishing) {
            Ok(issued) => {
                if !args.json {
                    print(&summary(&issued, &market.seen_by(config, horizon)))?;
                }
                outcome = outcome.and(issued.outcome());
                published.push(issued.published);
            }
            Err(error) => failure = Some(error),
        }
    }
    if !args.no_email {
        delivery::deliver_after_run(&ledger, config);
    }
    if args.json {
        let documents: Vec<_> = published.iter().map(|p| &p.document).collect();
        match (args.horizon, documents.first()) {
            (HorizonChoice::One(_), Some(document)) => print_json(document)?,
            (HorizonChoice::One(_), None) => {}
            (HorizonChoice::All, _) => print_json(&documents)?,
        }
    }
    failure.map_or(Ok(outcome), Err)
}

/// True when everything that a forecast as of that date can see is already stored.
fn is_known(config: &Config, as_of: Option<NaiveDate>) -> Result<bool, Failure> {
    let Some(as_of) = as_of else { return Ok(false) };
    let load = |until| Market::load(config, until, today(config));
    // Where a quote stood in on that date, the official rate may have been published since.
    let is_quoted = || load(Some(as_of)).is_ok_and(|then| then.stand_in().is_some());
    Ok(load(None).is_ok_and(|market| market.as_of() >= as_of) && !is_quoted())
}

/// Skill in per cent; a random walk without any loss leaves nothing to measure.
fn skill_in_words(skill: f64) -> String {
    if skill.is_finite() {
        format!("skill against the random walk {:+.1} %", 100.0 * skill)
    } else {
        "no skill to measure, the random walk lost nothing".to_owned()
    }
}

fn summary(issued: &CompletedRun, market: &Market) -> String {
    let CompletedRun { forecast, published, .. } = issued;
    let ensemble = &forecast.ensemble;
    let end = ensemble.last_step();
    let last = market.history.pair().last_value();
    let ((low80, high80), (low95, high95)) = (ensemble.interval80(end), ensemble.interval95(end));
    let price = |price: f64| PriceFormat::of(last).price(price);
    let constant = is_constant(market.history.pair().values(), ensemble);
    let mut text = String::new();
    let date: NaiveDate = ensemble.dates()[end];
    let _ = writeln!(
        text,
        "{} {}: {} on {} (last {} on {}), 80 % {} to {}, 95 % {} to {}",
        market.pair,
        forecast.horizon,
        price(ensemble.median(end)),
        date,
        price(last),
        market.as_of(),
        price(low80),
        price(high80),
        price(low95),
        price(high95)
    );
    if let Some(judged) = forecast.ensemble_judged {
        let _ = writeln!(
            text,
            "  out of sample, {} origins: {}, 80 % interval held {:.0} %, 95 % {:.0} %",
            judged.scores.n,
            if constant { format!("{} does not vary", market.pair) } else { skill_in_words(judged.skill) },
            100.0 * judged.scores.coverage80,
            100.0 * judged.scores.coverage95
        );
    }
    for left_out in &forecast.left_out {
        let _ = writeln!(text, "  left out: {}: {}", left_out.model, left_out.reason);
    }
    for condition in market.conditions.iter() {
        let word = if condition.is_degrading() { "caution" } else { "note" };
        let _ = writeln!(text, "  {word}: {condition}");
    }
    let _ = writeln!(text, "  report: {}", published.paths.html.display());
    text
}
