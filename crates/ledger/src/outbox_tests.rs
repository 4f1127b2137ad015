use super::*;
use crate::record::RunRecord;
use crate::record::samples::run;
use chrono::TimeDelta;

fn at(minutes: i64) -> DateTime<Utc> {
    "2026-01-05T11:00:00Z".parse::<DateTime<Utc>>().unwrap() + TimeDelta::minutes(minutes)
}

fn mail(message_id: &str, minutes: i64) -> OutgoingMail {
    OutgoingMail {
        message_id: message_id.into(),
        topic: "report:7d".into(),
        sender: "forecaster@example.com".into(),
        subject: "USD/CLP 7d".into(),
        recipients: vec!["b@example.com".into(), "a@example.com".into()],
        message: b"Subject: x\r\n\r\ntext".to_vec(),
        created_at: at(minutes),
        skip_if_topic_since: None,
    }
}

fn ledger() -> (tempfile::TempDir, Ledger) {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("ledger.sqlite")).unwrap();
    (directory, ledger)
}

fn due(ledger: &Ledger, minutes: i64) -> Vec<String> {
    let due = ledger.due_mail(at(minutes)).unwrap();
    due.map(|mail| mail.recipients.into_iter().map(|r| r.address).collect()).unwrap_or_default()
}

#[test]
fn a_mail_is_kept_with_its_run_or_not_at_all() {
    let (_directory, ledger) = ledger();
    let with_mail = |id: &str| RunRecord { mail: vec![mail(id, 0)], ..run(id) };
    ledger.record(&with_mail("a")).unwrap();
    let due = ledger.due_mail(at(0)).unwrap().unwrap();
    assert_eq!((due.message_id.as_str(), due.message.as_slice()), ("a", b"Subject: x\r\n\r\ntext".as_slice()));
    let mut broken = with_mail("b");
    broken.forecasts.push(broken.forecasts[0].clone());
    ledger.record(&broken).unwrap_err();
    assert_eq!(ledger.outbox_counts().unwrap().waiting, 2);
    let twice = RunRecord { mail: vec![mail("a", 0)], ..run("c") };
    ledger.record(&twice).unwrap_err();
    assert!(!ledger.has_run("c").unwrap());
}

#[test]
fn each_recipient_has_a_fate_of_his_own_and_the_text_goes_with_the_last() {
    let (_directory, ledger) = ledger();
    assert!(ledger.enqueue(&mail("a", 0)).unwrap());
    assert_eq!(due(&ledger, 0), ["a@example.com", "b@example.com"]);
    let outcomes = [
        ("a@example.com".to_owned(), MailOutcome::Sent("250 taken".into())),
        ("b@example.com".to_owned(), MailOutcome::Waiting("450 later".into(), at(5))),
    ];
    ledger.record_mail_outcomes("a", &outcomes, at(1)).unwrap();
    assert!(due(&ledger, 4).is_empty());
    assert_eq!(due(&ledger, 5), ["b@example.com"]);
    assert_eq!(ledger.due_mail(at(5)).unwrap().unwrap().recipients[0].attempts, 1);
    assert_eq!(ledger.next_mail().unwrap(), Some(NextMail { due: at(5), reason: Some("450 later".into()) }));
    ledger
        .record_mail_outcomes("a", &[("b@example.com".into(), MailOutcome::Refused("550 nobody".into()))], at(5))
        .unwrap();
    assert!(due(&ledger, 10_000).is_empty());
    assert_eq!(ledger.next_mail().unwrap(), None);
    let counts = OutboxCounts { waiting: 0, sent: 1, refused: 1, expired: 0 };
    assert_eq!(ledger.outbox_counts().unwrap(), counts);
    let text: Option<Vec<u8>> =
        ledger.connection().query_row("SELECT message FROM outbox", [], |row| row.get(0)).unwrap();
    assert_eq!(text, None);
}

#[test]
fn what_has_been_sent_is_not_undone_by_a_later_word() {
    let (_directory, ledger) = ledger();
    ledger.enqueue(&mail("a", 0)).unwrap();
    let settle = |outcome| ledger.record_mail_outcomes("a", &[("a@example.com".into(), outcome)], at(1)).unwrap();
    settle(MailOutcome::Sent("250".into()));
    settle(MailOutcome::Waiting("another sender was cut off".into(), at(2)));
    assert_eq!(due(&ledger, 3), ["b@example.com"]);
}

#[test]
fn a_topic_that_was_told_of_lately_is_not_told_again() {
    let (_directory, ledger) = ledger();
    let alert = |id: &str, minutes| OutgoingMail {
        topic: "failed:7d".into(),
        skip_if_topic_since: Some(at(minutes - 60)),
        ..mail(id, minutes)
    };
    assert!(ledger.enqueue(&alert("a", 0)).unwrap());
    assert!(!ledger.enqueue(&alert("b", 59)).unwrap());
    assert!(ledger.enqueue(&OutgoingMail { topic: "failed:15d".into(), ..alert("c", 59) }).unwrap());
    assert!(ledger.enqueue(&alert("d", 61)).unwrap());
}

#[test]
fn the_oldest_is_due_first_and_whatever_waits_can_be_hastened() {
    let (_directory, ledger) = ledger();
    ledger.enqueue(&mail("young", 10)).unwrap();
    ledger.enqueue(&mail("old", 0)).unwrap();
    assert_eq!(ledger.due_mail(at(20)).unwrap().unwrap().message_id, "old");
    let later = ["a@example.com", "b@example.com"]
        .map(|address| (address.to_owned(), MailOutcome::Waiting("450".into(), at(500))));
    ledger.record_mail_outcomes("old", &later, at(20)).unwrap();
    assert_eq!(ledger.due_mail(at(20)).unwrap().unwrap().message_id, "young");
    ledger.make_mail_due(at(20)).unwrap();
    assert_eq!(ledger.due_mail(at(20)).unwrap().unwrap().message_id, "old");
}

#[test]
fn the_list_shows_what_waits_and_the_last_that_were_settled() {
    let (_directory, ledger) = ledger();
    for (id, minutes) in [("a", 0), ("b", 1), ("c", 2)] {
        ledger.enqueue(&mail(id, minutes)).unwrap();
    }
    for id in ["a", "b"] {
        let expired = ["a@example.com", "b@example.com"]
            .map(|address| (address.to_owned(), MailOutcome::Expired("no answer for three days".into())));
        ledger.record_mail_outcomes(id, &expired, at(9)).unwrap();
    }
    let ids = |settled| -> Vec<String> {
        ledger.outbox(settled).unwrap().into_iter().map(|entry| entry.message_id).collect()
    };
    assert_eq!(
        (ids(0), ids(1), ids(9)),
        (vec!["c".into()], vec!["b".into(), "c".into()], ["a", "b", "c"].map(String::from).into())
    );
    assert_eq!(ledger.outbox(9).unwrap()[0].recipients[0].state, "expired");
}
