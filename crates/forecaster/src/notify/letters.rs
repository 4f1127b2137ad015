//! Letters: content with addresses and a date, as the bytes that the outbox keeps.

use crate::assignment::RunIdentity;
use crate::config::settings::{Config, ReportLanguage};
use chrono::{DateTime, FixedOffset, Utc};
use forecaster_domain::Horizon;
use forecaster_ledger::OutgoingMail;
use forecaster_mail::{Address, Attachment, HtmlBody, InlineImage, Letter, LetterKind, MailError};
use forecaster_report::ReportView;

pub(crate) fn language(config: &Config) -> &'static str {
    match config.service.language {
        ReportLanguage::Es => "es",
        ReportLanguage::En => "en",
    }
}

/// Returns the Message-ID: `name` at the sender's domain.
pub(super) fn message_id(name: &str, from: &Address) -> String {
    format!("{name}@{}", from.domain())
}

/// Returns the sender; `None` when mail is off.
pub(super) fn sender(config: &Config) -> Option<Address> {
    // The address was checked with the configuration.
    Address::parse(&config.mail.from).ok().filter(|_| config.mail.is_on())
}

/// Encodes a letter as the outbox keeps it.
pub(super) fn outgoing(
    letter: &Letter,
    topic: String,
    skip_if_topic_since: Option<DateTime<Utc>>,
) -> Result<OutgoingMail, MailError> {
    Ok(OutgoingMail {
        message_id: letter.message_id.clone(),
        topic,
        sender: letter.from.address().to_owned(),
        subject: letter.subject.clone(),
        recipients: letter.to.iter().map(|to| to.address().to_owned()).collect(),
        message: letter.to_bytes()?,
        created_at: letter.date.to_utc(),
        skip_if_topic_since,
    })
}

/// True when the report of a run is to be mailed to somebody. `is_held_back` is true when the last rate is in doubt.
pub(crate) fn wants_report(config: &Config, identity: &RunIdentity, horizon: Horizon, is_held_back: bool) -> bool {
    if !config.mail.is_on() || config.report_recipients(horizon).is_empty() {
        return false;
    }
    let mailed = !(identity.stale || is_held_back) || config.mail.when_stale;
    if !mailed && !identity.stale {
        tracing::warn!(
            "the report is not mailed, since its last rate is in doubt; mail.when_stale = true would mail it"
        );
    } else if !mailed {
        tracing::warn!("the report is not mailed, since its rates are stale; mail.when_stale = true would mail it");
    }
    mailed
}

/// Builds the mail of a run's report, with its PDF; `None` when mail is off or building it fails, which is logged.
pub(crate) fn report(
    config: &Config,
    identity: &RunIdentity,
    view: &ReportView,
    pdf: Option<&[u8]>,
) -> Option<OutgoingMail> {
    let from = sender(config)?;
    let to = config.report_recipients(view.horizon);
    let body = forecaster_report::email(view)
        .inspect_err(|error| tracing::error!("the report cannot be mailed: {error}"))
        .ok()?;
    let image = |(index, image): (usize, forecaster_report::InlineImage)| InlineImage {
        content_id: image.cid,
        media_type: "image/png".into(),
        file_name: format!("chart-{}.png", index + 1),
        bytes: image.png,
    };
    let images = body.images.into_iter().enumerate().map(image).collect();
    let (pair, as_of) = (view.pair.series_name(), view.ensemble.as_of());
    let attachment = |bytes: &[u8]| Attachment {
        name: format!("{pair}-{}-{as_of}.pdf", view.horizon),
        media_type: "application/pdf".into(),
        bytes: bytes.to_vec(),
    };
    let letter = Letter {
        message_id: message_id(&identity.run_id, &from),
        from,
        to,
        subject: body.subject,
        date: identity.generated_at.fixed_offset(),
        language: language(config).into(),
        text: body.text,
        html: Some(HtmlBody { html: body.html, images }),
        attachments: pdf.map(attachment).into_iter().collect(),
        kind: LetterKind::Report,
    };
    let mail = outgoing(&letter, format!("report:{}", view.horizon), None);
    mail.inspect_err(|error| tracing::error!("the report cannot be mailed: {error}")).ok()
}

/// Builds a letter that tests the delivery.
pub(crate) fn test_letter(
    config: &Config,
    to: Vec<Address>,
    date: DateTime<FixedOffset>,
) -> Result<Letter, MailError> {
    let from = Address::parse(&config.mail.from)?;
    let (subject, text) = match config.service.language {
        ReportLanguage::Es => (
            "forecaster: correo de prueba",
            "Este es un correo de prueba de forecaster. Si llegó, los informes también llegarán.\n",
        ),
        ReportLanguage::En => (
            "forecaster: test mail",
            "This is a test mail from forecaster. It has arrived, so the reports will arrive too.\n",
        ),
    };
    Ok(Letter {
        message_id: message_id(&format!("{}.test", crate::assignment::new_run_id()), &from),
        from,
        to,
        subject: subject.into(),
        date,
        language: language(config).into(),
        text: text.into(),
        html: None,
        attachments: Vec::new(),
        kind: LetterKind::Report,
    })
}
