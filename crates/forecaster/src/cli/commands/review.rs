//! `forecaster review`: prints how the forecasts of a period turned out.

use crate::cli::args::{ReviewArgs, ReviewPeriod};
use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::host::clock::today;
use crate::review;
use crate::review::document::ReviewDocument;
use crate::review::figures::Scope;
use crate::review::scoring;
use crate::review::table::table;
use crate::run::ledger::open_ledger;
use forecaster_domain::Horizon;

/// Scores what can be scored, and prints how the forecasts of the period turned out.
pub(crate) fn review(args: &ReviewArgs, config: &Config) -> Result<CommandOutcome, Failure> {
    let today = today(config);
    if let Some(as_of) = args.as_of.filter(|day| *day > today) {
        return Err(Failure::AsOfInTheFuture(as_of));
    }
    let (period, days) = span(args.period);
    let scope = Scope::last_days(days, args.as_of.unwrap_or(today), args.replays);
    let pair = config.pair();
    let ledger = open_ledger(config)?;
    scoring::score_with_stored_rates(&ledger, config, today);
    let mut horizons = Vec::new();
    for horizon in Horizon::ALL {
        let review = review::horizon(&ledger, &pair.to_string(), horizon, &scope, config.zone())?;
        horizons.push((horizon, review));
    }
    if args.json {
        print_json(&ReviewDocument::new(pair, period, &scope, &horizons))?;
    } else {
        let replays = if scope.replays { ", replays counted" } else { "" };
        let heading = format!("{pair}, {period} from {} to {}{replays}\n", scope.from, scope.to);
        print(&(heading + &table(&horizons)))?;
    }
    Ok(CommandOutcome::Done)
}

/// Name of the period, and its length in days.
fn span(period: ReviewPeriod) -> (&'static str, u64) {
    match period {
        ReviewPeriod::Week => ("week", 7),
        ReviewPeriod::Month => ("month", 30),
        ReviewPeriod::Quarter => ("quarter", 91),
    }
}
