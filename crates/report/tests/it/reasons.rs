//! Reasons why a series or a model is missing, as a reader of either language gets them. No word of the other language,
//! and no text for the operator, reaches a report or a mail.

use crate::foreign::foreign_words;
use chrono::NaiveDate;
use forecaster_domain::{
    DomainError, EstimationFailure, ExclusionReason, Horizon, LeftOutReason, ModelError, RegressorStatus,
    SourceFault, SuspensionCause, Unavailability,
};
use forecaster_report::Language::{English, Spanish};
use forecaster_report::*;
use std::collections::BTreeSet;

/// Text for the operator, which no reader may see.
const OPERATOR: &str = "there is no series 'x' here. Fetch it with: forecaster rates sync";

fn day(text: &str) -> NaiveDate {
    crate::synthetic::day(text)
}

/// A model without any regressor; `name` is the name of the model and of the regressor.
pub(crate) fn without_regressors(name: &str) -> LeftOutView {
    let gap = ExclusionReason::Ended { last: day("2024-12-20"), as_of: day("2025-01-13") };
    let left_out = vec![RegressorStatus { name: name.to_owned(), left_out: Some(gap) }];
    let reason = LeftOutReason::NoForecast(ModelError::NoRegressors { as_of: day("2025-01-13"), left_out });
    LeftOutView { model: name.to_owned(), reason, suspended_now: None }
}

/// A series of quotes whose newest one is contradicted; `provider` is the name of both providers.
pub(crate) fn doubted(provider: &str) -> SourceProblem {
    let fault = SourceFault::Doubted {
        provider: provider.to_owned(),
        date: day("2025-01-10"),
        value: 989.13,
        before: 985.0,
        other_source: Some((provider.to_owned(), 955.0)),
    };
    SourceProblem::Unavailable { fault, message: OPERATOR.to_owned() }
}

fn exclusions() -> [ExclusionReason; 7] {
    let (date, as_of) = (day("2025-01-10"), day("2025-01-13"));
    [
        ExclusionReason::Ended { last: date, as_of },
        ExclusionReason::StartsLate { first: as_of, window: date },
        ExclusionReason::Hole { from: date, to: as_of },
        ExclusionReason::TooFew { known: 4, needed: 10 },
        ExclusionReason::Broken { date },
        ExclusionReason::Repeated { date },
        ExclusionReason::StandsIn { date },
    ]
}

fn problems() -> Vec<SourceProblem> {
    let unconfirmed = SourceFault::Doubted {
        provider: "yahoo".to_owned(),
        date: day("2025-01-10"),
        value: 0.001009,
        before: 0.0009,
        other_source: None,
    };
    let faults = [
        SourceFault::NeverFetched,
        SourceFault::StartsLater { first: day("2025-02-03"), as_of: day("2025-01-13") },
        SourceFault::Unreadable,
        SourceFault::NothingUsable,
        SourceFault::NoOwnQuotes,
        unconfirmed,
    ];
    let faults = faults.map(|fault| SourceProblem::Unavailable { fault, message: OPERATOR.to_owned() });
    exclusions().map(SourceProblem::Dates).into_iter().chain(faults).chain([doubted("nbp")]).collect()
}

fn suspensions() -> [SuspensionCause; 6] {
    use SuspensionCause::{ByHand, Failures, Killed, Memory, Other, Slow};
    [Failures, Memory, Slow, Killed, ByHand, Other]
}

fn left_out() -> Vec<LeftOutView> {
    let told = || OPERATOR.to_owned();
    let failures = [
        EstimationFailure::Constant,
        EstimationFailure::NoInnovations,
        EstimationFailure::Collinear,
        EstimationFailure::SingularCovariance,
        EstimationFailure::TooManySteps { steps: 70, most: 66 },
        EstimationFailure::Context(told()),
        EstimationFailure::NotPrices(told()),
        EstimationFailure::NoResult(told()),
    ];
    let causes = [
        Unavailability::NoCheckpoint,
        Unavailability::BadCheckpoint,
        Unavailability::NoLibrary,
        Unavailability::Memory { free_mb: 312, needed_mb: 1500 },
        Unavailability::Killed,
        Unavailability::Ended,
        Unavailability::NoAnswer { seconds: 20 },
        Unavailability::Failed,
    ];
    let as_of = day("2025-01-13");
    let regressors = exclusions().map(|gap| RegressorStatus { name: "dxy".to_owned(), left_out: Some(gap) });
    let errors = failures
        .map(ModelError::Estimation)
        .into_iter()
        .chain(causes.map(|cause| ModelError::Unavailable { cause, message: told() }))
        .chain([
            ModelError::TooShort { needed: 1250, available: 200 },
            ModelError::NoRegressors { as_of, left_out: Vec::new() },
            ModelError::NoRegressors { as_of, left_out: regressors.into() },
            ModelError::Panicked,
            ModelError::Domain(DomainError::TargetDates { as_of }),
        ]);
    let suspended = suspensions().map(|cause| LeftOutReason::Suspended { since: as_of, cause });
    let reasons = errors.map(LeftOutReason::NoForecast).chain(suspended).chain([LeftOutReason::NoOutcome]);
    let view = |reason| LeftOutView { model: "chronos".to_owned(), reason, suspended_now: None };
    let mut all: Vec<LeftOutView> = reasons.map(view).collect();
    for (one, cause) in all.iter_mut().zip(suspensions()) {
        one.suspended_now = Some(cause);
    }
    all
}

/// Names and values of the details that the models report, and one that only a later version would know.
const DETAILS: &[(&str, &str)] = &[
    ("window", "250"),
    ("daily volatility", "0.78 %"),
    ("daily volatility, long-run", "0.74 %"),
    ("correction of the width at the end", "0.92"),
    ("without a quote", "the same as random_walk"),
    ("order", "ARIMA(1,1,1)"),
    ("AR", "-0.742"),
    ("MA", "0.661, -0.020"),
    ("GARCH alpha", "0.041"),
    ("GARCH beta", "0.940"),
    ("Student-t degrees of freedom", "15.5"),
    ("annual volatility now", "11.8 %"),
    ("annual volatility long-run", "11.7 %"),
    ("lags (AIC)", "1"),
    ("regressors", "dxy, usdbrl"),
    ("left out", "copper"),
    ("trees", "100"),
    ("smallest leaf", "25"),
    ("training rows", "1245"),
    ("features", "returns 1-3, returns 5-63, volatility ratios, distance from mean, dxy"),
    ("checkpoint", "chronos-bolt-fx-2m"),
    ("parameters", "1.6 M"),
    ("weights", "float32 (sha256 456681a84b5b)"),
    ("context", "512 of 1024"),
    ("temperature", "1.1"),
    ("sample paths", "100"),
    ("expected low", "985.09"),
    ("expected high", "1006.22"),
    ("spot quote", "usdclp_spot, 2025-01-10"),
    ("gap of the spot quote", "+0.31 %"),
    ("coefficient of the gap", "0.84"),
    ("variance of the first step known", "31 %"),
];

/// Reports with every reason, every detail and every warning, in all horizons, and those without a past.
fn views() -> Vec<ReportView> {
    let mut views: Vec<ReportView> = Horizon::ALL.into_iter().map(with_every_reason).collect();
    for problem in problems() {
        let mut view = crate::synthetic::view(Spanish, Horizon::D7);
        view.quote = None;
        view.sources.iter_mut().for_each(|source| source.left_out = Some(problem.clone()));
        view.sources.iter_mut().for_each(|source| (source.last_date, source.age_business_days) = (None, None));
        views.push(view);
    }
    let mut bare = crate::synthetic::view(Spanish, Horizon::D15);
    crate::synthetic::more::strip(&mut bare);
    views.push(bare);
    views
}

fn with_every_reason(horizon: Horizon) -> ReportView {
    let mut view = crate::synthetic::view(Spanish, horizon);
    crate::synthetic::make_stale(&mut view);
    let others = [None, Some(("yahoo".to_owned(), 955.0))];
    let doubts = others.map(|other_source| Caution::Unconfirmed {
        series: "usdclp".to_owned(),
        provider: "mindicador".to_owned(),
        date: day("2025-01-13"),
        value: 1200.0,
        before: 1000.0,
        other_source,
    });
    view.cautions = doubts.into();
    view.cautions.extend([Caution::StandIn { provider: "nbp".to_owned() }, Caution::NotStored]);
    view.models[0].details = DETAILS.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
    view.left_out = left_out();
    for (model, (gap, cause)) in view.models.iter_mut().zip(exclusions().into_iter().zip(suspensions())) {
        (model.quote_left_out, model.suspended_now) = (Some(gap), Some(cause));
    }
    view
}

/// Words of the other language in the report or the mail of `view`, in both languages.
fn found(view: &ReportView, texts: impl Fn(&ReportView) -> Vec<String>) -> BTreeSet<String> {
    let in_language = |language| {
        let view = ReportView { language, ..view.clone() };
        texts(&view).into_iter().flat_map(move |text| foreign_words(language, &text))
    };
    [Spanish, English].into_iter().flat_map(in_language).collect()
}

#[test]
fn no_report_has_a_word_of_the_other_language() {
    let foreign: BTreeSet<String> = views().iter().flat_map(|view| found(view, |view| vec![html(view)])).collect();
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[test]
fn no_mail_has_a_word_of_the_other_language() {
    let parts = |view: &ReportView| {
        let mail = email(view).unwrap();
        vec![mail.subject, mail.text, mail.html]
    };
    let foreign = found(&with_every_reason(Horizon::D7), parts);
    assert!(foreign.is_empty(), "{foreign:#?}");
}

#[test]
fn no_text_for_the_operator_reaches_a_reader() {
    for view in views() {
        for language in [Spanish, English] {
            let text = html(&ReportView { language, ..view.clone() });
            assert!(!text.contains("rates sync") && !text.contains("there is no series"), "{language:?}");
        }
    }
}

#[test]
fn a_series_without_data_has_neither_a_last_observation_nor_an_age() {
    let mut view = crate::synthetic::view(Spanish, Horizon::D7);
    let source = &mut view.sources[2];
    (source.last_date, source.age_business_days, source.observations) = (None, None, 0);
    let row = |view: &ReportView| {
        let html = html(view);
        let row = html.split("<tr").find(|row| row.contains("<th scope=\"row\">usdbrl</th>")).unwrap();
        row.to_owned()
    };
    let spanish = row(&view);
    assert!(spanish.contains(">sin datos<") && spanish.matches(">–<").count() == 2, "provider and age: {spanish}");
    assert!(row(&ReportView { language: English, ..view }).contains(">no data<"));
}
