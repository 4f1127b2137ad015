//! Alerts: short mails to the operator. Alerts of failed runs, stale rates and rates in doubt are not repeated for some
//! hours. They are in the language of the reports; a message of the program, which is the same as in the log, stays in
//! English and is marked as such in a Spanish alert.

use super::letters::{language, message_id, outgoing, sender};
use crate::assignment::RunIdentity;
use crate::config::settings::{Config, ReportLanguage};
use crate::market::Market;
use chrono::{DateTime, TimeDelta};
use chrono_tz::Tz;
use forecaster_domain::{Horizon, SuspensionCause};
use forecaster_ledger::{OutgoingMail, ReplacedLedger, Suspension};
use forecaster_mail::{Letter, LetterKind};
use forecaster_report::{Language, ReportView};

/// Line of a Spanish alert above a message of the program.
const MESSAGE: &str = "Mensaje del programa, en inglés:";

/// Content of an alert.
struct Alert<'a> {
    /// Subject matter; repeats are suppressed by topic.
    topic: String,
    /// End of the Message-ID's local part.
    kind: &'a str,
    subject: String,
    text: String,
    /// Set when one alert of this topic within `mail.alert_every_hours` is enough.
    once_in_a_while: bool,
}

/// Builds the alert for a failed run.
pub(crate) fn failed(config: &Config, identity: &RunIdentity, horizon: Horizon, error: &str) -> Option<OutgoingMail> {
    let pair = &config.rates.pair;
    let (subject, text) = match config.service.language {
        ReportLanguage::Es => (
            format!("forecaster: el pronóstico {horizon} de {pair} falló"),
            format!(
                "El pronóstico {horizon} de {pair} no se pudo emitir.\n\n{MESSAGE}\n{error}\n\nMás detalles:\n  \
                 journalctl -u forecaster RUN_ID={}\n",
                identity.run_id
            ),
        ),
        ReportLanguage::En => (
            format!("forecaster: the {horizon} forecast of {pair} failed"),
            format!(
                "The {horizon} forecast of {pair} could not be issued.\n\n{error}\n\nFor details:\n  journalctl -u \
                 forecaster RUN_ID={}\n",
                identity.run_id
            ),
        ),
    };
    let alert = Alert { topic: format!("failed:{horizon}"), kind: "failed", subject, text, once_in_a_while: true };
    mail(config, (&identity.run_id, identity.generated_at), alert)
}

/// Builds the alert for stale rates. It also says whether the report was mailed.
pub(crate) fn stale(
    config: &Config,
    identity: &RunIdentity,
    market: &Market,
    horizon: Horizon,
) -> Option<OutgoingMail> {
    let (pair, as_of, age) = (&market.pair, market.as_of(), market.age());
    let (limit, series) = (config.rates.max_age_business_days, market.pair.series_name());
    let mailed = config.mail.when_stale;
    let (subject, text) = match config.service.language {
        ReportLanguage::Es => (
            format!("forecaster: los datos de {pair} están atrasados"),
            format!(
                "El último valor de {pair} es del {as_of}: tiene {age} días hábiles (máximo {limit}).\nEl pronóstico \
                 {horizon} parte de ahí; el informe {} por correo.\n\nPara traer datos nuevos:\n  forecaster rates \
                 sync\no\n  forecaster rates import ARCHIVO.csv --series {series}\n",
                if mailed { "se envió" } else { "no se envió" }
            ),
        ),
        ReportLanguage::En => (
            format!("forecaster: the rates of {pair} are stale"),
            format!(
                "The newest value of {pair} is dated {as_of}: it is {age} business days old (limit {limit}).\nThe \
                 {horizon} forecast starts from that value; its report was {}.\n\nTo get newer rates:\n  forecaster \
                 rates sync\nor\n  forecaster rates import FILE.csv --series {series}\n",
                if mailed { "mailed" } else { "not mailed" }
            ),
        ),
    };
    let alert = Alert { topic: "stale".to_owned(), kind: "stale", subject, text, once_in_a_while: true };
    mail(config, (&identity.run_id, identity.generated_at), alert)
}

/// Builds the alert for a last value in doubt, or one that is not news. It also says whether the report was mailed.
pub(crate) fn doubtful(config: &Config, identity: &RunIdentity, view: &ReportView) -> Option<OutgoingMail> {
    let (pair, horizon, series) = (&view.pair, view.horizon, view.pair.series_name());
    let mailed = config.mail.when_stale;
    let sentences: Vec<String> =
        view.cautions.iter().map(|caution| forecaster_report::caution_sentence(view.language, caution)).collect();
    let sentences = sentences.join("\n\n");
    let (subject, text) = match config.service.language {
        ReportLanguage::Es => (
            format!("forecaster: el último dato de {pair} está en duda"),
            format!(
                "El último dato del pronóstico {horizon} de {pair} está en duda; el informe {} por \
                 correo.\n\n{sentences}\n\nPara verlo y corregirlo:\n  forecaster rates check --series {series}\n  forecaster \
                 rates import ARCHIVO.csv --series {series}\n",
                if mailed { "se envió" } else { "no se envió" }
            ),
        ),
        ReportLanguage::En => (
            format!("forecaster: the last value of {pair} is in doubt"),
            format!(
                "The last value behind the {horizon} forecast of {pair} is in doubt; its report was \
                 {}.\n\n{sentences}\n\nTo see and correct it:\n  forecaster rates check --series {series}\n  forecaster \
                 rates import FILE.csv --series {series}\n",
                if mailed { "mailed" } else { "not mailed" }
            ),
        ),
    };
    let alert = Alert { topic: "doubtful".to_owned(), kind: "doubtful", subject, text, once_in_a_while: true };
    mail(config, (&identity.run_id, identity.generated_at), alert)
}

/// Builds the alert for a suspension of Chronos in a horizon, by the given run and time: one alert each time.
pub(crate) fn suspended(
    config: &Config,
    by: (&str, DateTime<Tz>),
    horizon: Horizon,
    suspension: &Suspension,
) -> Option<OutgoingMail> {
    let (pair, reason, run_id) = (&config.rates.pair, &suspension.reason, by.0);
    let cause = forecaster_report::suspension(Language::Spanish, SuspensionCause::named(&suspension.cause));
    let (subject, text) = match config.service.language {
        ReportLanguage::Es => (
            format!("forecaster: Chronos quedó suspendido en {horizon}"),
            format!(
                "Chronos quedó suspendido en el pronóstico {horizon} de {pair}: {cause}.\n\n{MESSAGE}\n{reason}\n\nLos \
                 pronósticos siguen sin él. Qué pasó:\n  forecaster chronos status\n  journalctl -u forecaster RUN_ID={run_id}\nPara que vuelva a \
                 participar, una vez corregido:\n  forecaster chronos resume {horizon}\n"
            ),
        ),
        ReportLanguage::En => (
            format!("forecaster: Chronos suspended in {horizon}"),
            format!(
                "Chronos has been suspended in the {horizon} forecast of {pair}.\n\n{reason}\n\nThe forecasts go on \
                 without it. What happened:\n  forecaster chronos status\n  journalctl -u forecaster \
                 RUN_ID={run_id}\nTo let it take part again, once the problem is fixed:\n  forecaster chronos \
                 resume {horizon}\n"
            ),
        ),
    };
    let alert = Alert { topic: format!("guard:{horizon}"), kind: "guard", subject, text, once_in_a_while: false };
    mail(config, by, alert)
}

/// Builds the alert for a damaged ledger that was replaced by a new one.
pub(crate) fn ledger_lost(config: &Config, now: DateTime<Tz>, aside: &ReplacedLedger) -> Option<OutgoingMail> {
    let (pair, place, reason) = (&config.rates.pair, aside.path.display(), &aside.reason);
    let (subject, text) = match config.service.language {
        ReportLanguage::Es => (
            format!("forecaster: la base de datos de {pair} estaba dañada"),
            format!(
                "La base de datos estaba dañada. Se empezó una nueva y los pronósticos siguen; la dañada quedó guardada \
                 en\n  {place}\n\nMientras no se recupere faltan los pronósticos anteriores y los correos que \
                 esperaban.\n\n{MESSAGE}\n{reason}\n\nPara recuperarla, con el servicio detenido: forecaster restore ARCHIVO, o sqlite3 \
                 {place} .recover\n"
            ),
        ),
        ReportLanguage::En => (
            format!("forecaster: the ledger of {pair} was damaged"),
            format!(
                "The ledger was damaged. A fresh one has taken its place and the forecasts go on; the damaged one \
                 is kept as\n  {place}\n\nUntil it is recovered, earlier forecasts and waiting mails are \
                 missing.\n\n{reason}\n\nTo recover it, with the service stopped: forecaster restore FILE, or \
                 sqlite3 {place} .recover\n"
            ),
        ),
    };
    let alert = Alert { topic: "ledger".to_owned(), kind: "ledger", subject, text, once_in_a_while: false };
    mail(config, (&crate::assignment::new_run_id(), now), alert)
}

fn mail(config: &Config, (run_id, at): (&str, DateTime<Tz>), alert: Alert<'_>) -> Option<OutgoingMail> {
    let from = sender(config)?;
    let letter = Letter {
        message_id: message_id(&format!("{run_id}.{}", alert.kind), &from),
        from,
        to: config.alert_recipients(),
        subject: alert.subject,
        date: at.fixed_offset(),
        language: language(config).into(),
        text: alert.text,
        html: None,
        attachments: Vec::new(),
        kind: LetterKind::Alert,
    };
    let quiet = TimeDelta::hours(config.mail.alert_every_hours.into());
    let skip_if_topic_since = alert.once_in_a_while.then(|| letter.date.to_utc() - quiet);
    let mail = outgoing(&letter, alert.topic, skip_if_topic_since);
    mail.inspect_err(|error| tracing::error!("an alert cannot be mailed: {error}")).ok()
}
