//! Reasons why a series or a model is missing from a forecast, Spanish beside English.
//!
//! In: reasons as values. Out: words for a reader of the report, who has no access to the machine: what is missing and
//! whom to ask. Commands and file names are for the operator, in the log and in `forecaster doctor`.

use crate::{
    format::price_decimals,
    labels,
    view::{
        Language::{self, English, Spanish},
        LeftOutView, SourceProblem,
    },
};
use forecaster_domain::{
    EstimationFailure, ExclusionReason, LeftOutReason, ModelError, RegressorStatus, SourceFault, SuspensionCause,
    Unavailability,
};

/// Returns the reason why a series was not used.
pub(crate) fn source(language: Language, problem: &SourceProblem) -> String {
    match problem {
        SourceProblem::Dates(reason) => exclusion(language, *reason),
        SourceProblem::Unavailable { fault, .. } => source_fault(language, fault),
    }
}

/// Returns the reason why the dates of a series do not serve the models.
pub(crate) fn exclusion(language: Language, reason: ExclusionReason) -> String {
    let day = |date| language.date(date);
    match (reason, language) {
        (ExclusionReason::Ended { last, as_of }, Spanish) => {
            format!("termina el {}, antes que el par ({})", day(last), day(as_of))
        }
        (ExclusionReason::Ended { last, as_of }, English) => {
            format!("ends on {}, before the pair ({})", day(last), day(as_of))
        }
        (ExclusionReason::StartsLate { first, window }, Spanish) => {
            format!("empieza el {}, después de la ventana ({})", day(first), day(window))
        }
        (ExclusionReason::StartsLate { first, window }, English) => {
            format!("starts on {}, after the window ({})", day(first), day(window))
        }
        (ExclusionReason::Hole { from, to }, Spanish) => {
            format!("no tiene valores entre el {} y el {}", day(from), day(to))
        }
        (ExclusionReason::Hole { from, to }, English) => format!("has no value from {} to {}", day(from), day(to)),
        (ExclusionReason::TooFew { known, needed }, Spanish) => {
            format!("solo se conoce en {known} fechas; hacen falta {needed}")
        }
        (ExclusionReason::TooFew { known, needed }, English) => {
            format!("is known on {known} dates only; {needed} are needed")
        }
        (ExclusionReason::Broken { date }, Spanish) => format!("está demasiado lejos del par el {}", day(date)),
        (ExclusionReason::Broken { date }, English) => format!("is too far from the pair on {}", day(date)),
        (ExclusionReason::Repeated { date }, Spanish) => format!("repite el valor anterior el {}", day(date)),
        (ExclusionReason::Repeated { date }, English) => format!("repeats the value before on {}", day(date)),
        (ExclusionReason::StandsIn { date }, Spanish) => {
            format!("reemplaza a la tasa oficial el {}, así que no dice nada más", day(date))
        }
        (ExclusionReason::StandsIn { date }, English) => {
            format!("stands in for the official rate on {}, so it adds no information", day(date))
        }
    }
}

fn source_fault(language: Language, fault: &SourceFault) -> String {
    let fixed = match fault {
        SourceFault::NeverFetched => language.pick(
            "todavía no hay datos de esta serie; pida a quien administra el sistema que los cargue",
            "there are no data for this series yet; ask whoever runs the system to load them",
        ),
        SourceFault::Unreadable => language.pick(
            "sus datos guardados no se pueden leer; avise a quien administra el sistema",
            "its stored data cannot be read; tell whoever runs the system",
        ),
        SourceFault::NothingUsable => language.pick(
            "ninguno de sus valores pasó los controles de calidad; avise a quien administra el sistema",
            "none of its values passed the quality checks; tell whoever runs the system",
        ),
        SourceFault::NoOwnQuotes => language.pick(
            "con un rezago de 0 días solo cuentan las cotizaciones propias, y no hay ninguna",
            "with a lag of 0 days only your organisation's own quotes count, and there are none",
        ),
        SourceFault::StartsLater { first, as_of } => {
            let (first, as_of) = (language.date(*first), language.date(*as_of));
            return match language {
                Spanish => format!("empieza el {first}; al {as_of} aún no tenía valores"),
                English => format!("starts on {first}; on {as_of} it had no values yet"),
            };
        }
        SourceFault::Doubted { provider, date, value, before, other_source } => {
            let other = other_source.as_ref().map(|(other, value)| (other.as_str(), *value));
            return doubted(language, &language.date(*date), (provider, *value), *before, other);
        }
    };
    fixed.to_owned()
}

/// Returns the reason why no forecast starts from the newest quote: who reports it, and who contradicts it.
fn doubted(
    language: Language,
    date: &str,
    (provider, value): (&str, f64),
    before: f64,
    other: Option<(&str, f64)>,
) -> String {
    let price = |value: f64| language.number(value, price_decimals(value));
    let (provider, value, before) = (labels::provider_name(language, provider), price(value), price(before));
    let other = other.map(|(other, value)| (labels::provider_name(language, other), price(value)));
    match (language, other) {
        (Spanish, Some((other, instead))) => format!(
            "para el {date}, {provider} informa {value} y {other}, {instead}; mientras no se sepa cuál es la correcta, \
             ningún pronóstico parte de esa cotización"
        ),
        (English, Some((other, instead))) => format!(
            "on {date} {provider} has {value} and {other} has {instead}; until it is known which is right, no forecast \
             starts from this quote"
        ),
        (Spanish, None) => format!(
            "solo {provider} informa {value} para el {date}, después de {before}; mientras ninguna otra fuente confirme \
             un salto así, ningún pronóstico parte de esa cotización"
        ),
        (English, None) => format!(
            "only {provider} has {value} on {date}, after {before}; until another source confirms such a jump, no \
             forecast starts from this quote"
        ),
    }
}

/// Returns "ARIMA-GARCH: el par no varía en la ventana que usa": a model without a forecast, and the reason.
pub(crate) fn left_out_line(language: Language, left_out: &LeftOutView) -> String {
    format!("{}: {}", labels::model_name(language, &left_out.model), left_out_reason(language, left_out))
}

/// Returns the reason why a model has no forecast, and whether it is suspended from now on.
pub(crate) fn left_out_reason(language: Language, left_out: &LeftOutView) -> String {
    let reason = match &left_out.reason {
        LeftOutReason::NoForecast(error) => model_error(language, error),
        LeftOutReason::Suspended { since, cause } => {
            let (since, cause) = (language.date(*since), suspension(language, *cause));
            match language {
                Spanish => format!("suspendido desde el {since}: {cause}"),
                English => format!("suspended since {since}: {cause}"),
            }
        }
        LeftOutReason::NoOutcome => language
            .pick("no se publicó ningún valor con el cual compararlo", "no outcome was published to compare it with")
            .to_owned(),
    };
    let from_now_on = left_out.suspended_now.map_or_else(String::new, |cause| {
        let after = language.pick("suspendido después de esta ejecución", "suspended after this run");
        format!("; {after}: {}", suspension(language, cause))
    });
    reason + &from_now_on
}

/// Returns the cause of a suspension of Chronos.
pub fn suspension(language: Language, cause: SuspensionCause) -> &'static str {
    match cause {
        SuspensionCause::Failures => {
            language.pick("falló en varias ejecuciones seguidas", "it failed in several runs in a row")
        }
        SuspensionCause::Memory => language.pick(
            "usó demasiada memoria en varias ejecuciones seguidas",
            "it took too much memory in several runs in a row",
        ),
        SuspensionCause::Slow => language.pick("tardó más de lo permitido", "it took longer than allowed"),
        SuspensionCause::Killed => language
            .pick("el sistema cerró su proceso por falta de memoria", "the system ended its process to free memory"),
        SuspensionCause::ByHand => {
            language.pick("por decisión de quien administra el sistema", "by decision of whoever runs the system")
        }
        SuspensionCause::Other => language
            .pick("quien administra el sistema puede ver la causa", "whoever runs the system can look up the cause"),
    }
}

fn model_error(language: Language, error: &ModelError) -> String {
    match error {
        ModelError::TooShort { needed, available } => {
            let (needed, available) = (language.count(*needed), language.count(*available));
            match language {
                Spanish => format!("necesita al menos {needed} observaciones y hay {available}"),
                English => format!("needs at least {needed} observations, and there are {available}"),
            }
        }
        ModelError::NoRegressors { as_of, left_out } => no_regressors(language, &language.date(*as_of), left_out),
        ModelError::Estimation(failure) => estimation_failure(language, failure),
        ModelError::Unavailable { cause, .. } => unavailability(language, *cause),
        ModelError::Panicked => language
            .pick(
                "se detuvo por un error del programa; avise a quien administra el sistema",
                "stopped by an error of the program; tell whoever runs the system",
            )
            .to_owned(),
        ModelError::Domain(_) => invalid(language).to_owned(),
    }
}

fn invalid(language: Language) -> &'static str {
    language.pick(
        "su pronóstico contenía valores imposibles y se descartó; avise a quien administra el sistema",
        "its forecast had impossible values and was discarded; tell whoever runs the system",
    )
}

fn no_regressors(language: Language, as_of: &str, left_out: &[RegressorStatus]) -> String {
    let known = left_out.iter().filter_map(|status| Some((&status.name, status.left_out?)));
    let reasons: Vec<String> = known.map(|(name, why)| format!("{name} {}", exclusion(language, why))).collect();
    let none = match language {
        Spanish => format!("ninguna serie explicativa se puede usar al {as_of}"),
        English => format!("no regressor can be used on {as_of}"),
    };
    if reasons.is_empty() { none } else { format!("{none}: {}", reasons.join("; ")) }
}

fn estimation_failure(language: Language, failure: &EstimationFailure) -> String {
    let fixed = match failure {
        EstimationFailure::Constant | EstimationFailure::NoInnovations => language.pick(
            "el par no varía en la ventana que usa, así que no hay nada que estimar",
            "the pair does not vary in the window it uses, so there is nothing to estimate",
        ),
        EstimationFailure::Collinear | EstimationFailure::SingularCovariance => language.pick(
            "el par o alguna serie explicativa no varía, o unas series repiten a otras, y así no se puede estimar",
            "the pair or a regressor does not vary, or some series repeat others, so it cannot be estimated",
        ),
        EstimationFailure::Context(_) => language.pick(
            "hay muy pocos valores observados en los días que lee",
            "there are too few observed values in the days that it reads",
        ),
        EstimationFailure::NotPrices(_) => invalid(language),
        EstimationFailure::NoResult(_) => language.pick(
            "la estimación no llegó a un resultado con los datos de esta ejecución",
            "the estimation came to no result on the data of this run",
        ),
        EstimationFailure::TooManySteps { steps, most } => {
            let (steps, most) = (language.count(*steps), language.count(*most));
            return match language {
                Spanish => format!("el plazo tiene {steps} fechas y este modelo pronostica un máximo de {most}"),
                English => format!("the horizon has {steps} dates, and this model forecasts at most {most}"),
            };
        }
    };
    fixed.to_owned()
}

fn unavailability(language: Language, cause: Unavailability) -> String {
    let fixed = match cause {
        Unavailability::NoCheckpoint => language.pick(
            "el modelo entrenado que indica la configuración no está instalado; avise a quien administra el sistema",
            "the trained model named in the configuration is not installed; tell whoever runs the system",
        ),
        Unavailability::BadCheckpoint => language.pick(
            "los archivos del modelo entrenado no se pueden usar; avise a quien administra el sistema",
            "the files of the trained model cannot be used; tell whoever runs the system",
        ),
        Unavailability::NoLibrary => language.pick(
            "falta ONNX Runtime, con el que se ejecuta; avise a quien administra el sistema",
            "ONNX Runtime, which it runs on, is missing; tell whoever runs the system",
        ),
        Unavailability::Killed => language.pick(
            "el sistema cerró su proceso, probablemente por falta de memoria",
            "the system ended its process, most likely to free memory",
        ),
        Unavailability::Ended => language.pick(
            "su proceso terminó antes de responder; avise a quien administra el sistema",
            "its process ended before it answered; tell whoever runs the system",
        ),
        Unavailability::Failed => language.pick(
            "falló mientras se ejecutaba; avise a quien administra el sistema",
            "failed while it was running; tell whoever runs the system",
        ),
        Unavailability::Memory { free_mb, needed_mb } => {
            let [free, needed] = [free_mb, needed_mb].map(|mb| language.number(mb as f64, 0));
            return match language {
                Spanish => format!("había {free} MiB de memoria libre y necesita {needed}"),
                English => format!("{free} MiB of memory were free, and it needs {needed}"),
            };
        }
        Unavailability::NoAnswer { seconds } => {
            return match language {
                Spanish => format!("no respondió en {seconds} s"),
                English => format!("gave no answer in {seconds} s"),
            };
        }
    };
    fixed.to_owned()
}
