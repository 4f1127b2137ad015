//! Outcomes for recipients.

use crate::{MESSAGE, fates, passing, plain, recipients, send, sender, server::*};
use forecaster_mail::{Delivery, DeliveryError, deliver};

const ONE: &[&str] = &["a@example.com"];

async fn with(manners: Manners) -> (Scripted, Delivery) {
    let server = manners.listen().await;
    let delivery = send(&plain(server.port), ONE).await;
    (server, delivery)
}

#[tokio::test]
async fn a_message_goes_to_everybody_in_one_transaction() {
    let server = Manners::plain().listen().await;
    let delivery = send(&plain(server.port), &["a@example.com", "B <b@example.com>"]).await;
    assert_eq!(delivery.error, None);
    assert_eq!(fates(&delivery), ["accepted: 250 2.0.0 taken", "accepted: 250 2.0.0 taken"]);
    assert_eq!(delivery.pending().count(), 0);
    assert_eq!(server.messages(), ["Subject: x\r\n\r\n..\r\nhello\r\n.\r\n"]);
    let commands = server.commands();
    assert!(commands[0].starts_with("EHLO ") && !commands[0].contains("localhost"), "{commands:?}");
    let size = MESSAGE.len();
    let mail = format!("MAIL FROM:<forecaster@example.com> SIZE={size}");
    assert_eq!(commands[1..5], [mail.as_str(), "RCPT TO:<a@example.com>", "RCPT TO:<b@example.com>", "DATA"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_deliveries_can_go_on_in_tasks_of_their_own() {
    let server = Manners::plain().listen().await;
    let port = server.port;
    let tasks: Vec<_> = (0..8).map(|_| tokio::spawn(async move { send(&plain(port), ONE).await })).collect();
    for task in tasks {
        assert_eq!(fates(&task.await.unwrap()), ["accepted: 250 2.0.0 taken"]);
    }
    assert_eq!(server.messages().len(), 8);
}

#[tokio::test]
async fn nobody_to_write_to_is_no_reason_to_connect() {
    let delivery = deliver(&plain(1), &sender(), &[], MESSAGE).await;
    assert_eq!((delivery.recipients.len(), delivery.error), (0, None));
}

#[tokio::test]
async fn one_who_is_refused_does_not_stop_the_others() {
    let manners = Manners::plain().answering("RCPT TO:<b@", "550 5.1.1 no such user");
    let server = manners.listen().await;
    let delivery = send(&plain(server.port), &["a@example.com", "b@example.com", "c@example.com"]).await;
    assert_eq!(delivery.error, None);
    let expected = ["accepted: 250 2.0.0 taken", "refused: 550 5.1.1 no such user", "accepted: 250 2.0.0 taken"];
    assert_eq!(fates(&delivery), expected);
}

#[tokio::test]
async fn without_anybody_left_no_message_is_sent() {
    for code in ["550 5.1.1 no", "551 moved", "553 5.1.3 bad", "501 syntax"] {
        let (server, delivery) = with(Manners::plain().answering("RCPT", code)).await;
        assert_eq!((fates(&delivery), delivery.error), (vec![format!("refused: {code}")], None));
        assert!(!server.was_asked("DATA") && server.messages().is_empty());
        assert!(server.was_asked("QUIT"));
    }
}

#[tokio::test]
async fn a_greylist_lets_the_second_attempt_pass() {
    let manners = Manners::plain().answering_once("RCPT", "450 4.2.0 greylisted, come back");
    let server = manners.listen().await;
    let first = send(&plain(server.port), ONE).await;
    assert_eq!(fates(&first), ["deferred: 450 4.2.0 greylisted, come back"]);
    let second = send(&plain(server.port), ONE).await;
    assert_eq!(fates(&second), ["accepted: 250 2.0.0 taken"]);
}

#[tokio::test]
async fn a_full_mailbox_can_be_emptied() {
    for code in ["452 4.2.2 full", "552 5.2.2 over quota", "552 full", "452 4.5.3 too many recipients"] {
        let (_, delivery) = with(Manners::plain().answering("RCPT", code)).await;
        assert_eq!((fates(&delivery), delivery.error), (vec![format!("deferred: {code}")], None));
    }
    let (_, delivery) = with(Manners::plain().answering(".", "552 5.2.2 over quota")).await;
    assert!(matches!(passing(&delivery), DeliveryError::Busy { .. }));
}

#[tokio::test]
async fn a_message_too_large_is_not_sent_where_the_limit_is_known() {
    let (server, delivery) = with(Manners::plain().offering(&["SIZE 20"])).await;
    let error = delivery.error.as_ref().unwrap();
    assert!(error.is_permanent() && !server.was_asked("MAIL"), "{error}");
    let words = error.to_string();
    assert!(words.contains("has 24 bytes") && words.contains("it takes 20"), "{words}");
    assert_eq!(fates(&delivery), [format!("refused: {words}")]);
}

#[tokio::test]
async fn a_message_that_the_server_finds_too_large_is_not_tried_again() {
    for (command, code) in
        [("MAIL", "552 5.3.4 large"), ("MAIL", "552 large"), (".", "552 5.3.4 large"), (".", "554 5.2.3 x")]
    {
        let (_, delivery) = with(Manners::plain().answering(command, code)).await;
        assert!(matches!(delivery.error, Some(DeliveryError::TooLarge { .. })), "{delivery:?}");
        assert!(fates(&delivery)[0].starts_with("refused: "));
    }
}

#[tokio::test]
async fn a_refused_sender_or_message_is_not_tried_again() {
    let (server, delivery) = with(Manners::plain().answering("MAIL", "550 5.7.1 not yours")).await;
    let words = delivery.error.as_ref().unwrap().to_string();
    assert!(words.contains("no mail from forecaster@example.com: 550 5.7.1 not yours; check mail.from"), "{words}");
    assert!(!server.was_asked("RCPT"));
    for command in ["DATA", "."] {
        let (_, delivery) = with(Manners::plain().answering(command, "554 5.7.1 spam")).await;
        assert!(matches!(delivery.error, Some(DeliveryError::Message { .. })), "{delivery:?}");
        assert!(fates(&delivery)[0].starts_with("refused: "));
    }
}

#[tokio::test]
async fn what_is_put_off_is_tried_again() {
    for (command, code) in [
        ("", "421 busy"),
        ("EHLO", "421 busy"),
        ("MAIL", "451 4.3.0 later"),
        ("RCPT", "421 4.7.0 slow down"),
        ("DATA", "451 later"),
        (".", "451 4.7.1 greylisted"),
        (".", "421 shutting down"),
    ] {
        let (_, delivery) = with(Manners::plain().answering(command, code)).await;
        let error = passing(&delivery);
        assert!(
            matches!(error, DeliveryError::Busy { .. }) && error.to_string().contains(code),
            "{command}: {error}"
        );
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_within_the_message_has_not_taken_it() {
    let server = Manners::plain().offering(&[]).answering("BODY", CUT).listen().await;
    let message = vec![b'x'; 32 << 20];
    let delivery = deliver(&plain(server.port), &sender(), &recipients(ONE), &message).await;
    assert!(matches!(passing(&delivery), DeliveryError::Cut { during: "message", .. }), "{delivery:?}");
}

#[tokio::test]
async fn a_server_that_hangs_up_before_it_answers_may_have_taken_the_message() {
    for answer in [CUT, "what?", "354 more"] {
        let (server, delivery) = with(Manners::plain().answering(".", answer)).await;
        let error = passing(&delivery);
        assert!(matches!(error, DeliveryError::InDoubt { .. }), "{error}");
        assert!(error.to_string().contains("same Message-ID") && server.messages().len() == 1);
    }
}

#[tokio::test]
async fn what_was_taken_stays_taken_whatever_follows() {
    for manners in [
        Manners::plain().answering(".", "250 2.0.0 taken<cut>"),
        Manners::plain().answering("QUIT", CUT),
        Manners::plain().answering("QUIT", "554 no"),
        Manners::plain().answering(".", "250 2.0.0 taken\r\n421 and now go"),
    ] {
        let (_, delivery) = with(manners).await;
        assert_eq!((fates(&delivery), delivery.error), (vec!["accepted: 250 2.0.0 taken".to_owned()], None));
    }
}

#[tokio::test]
async fn an_answer_given_in_advance_is_not_believed() {
    for (command, answer) in [("RCPT", "250 ok\r\n250 ok"), ("DATA", "354 go\r\n250 2.0.0 taken"), ("DATA", "250 ok")]
    {
        let (_, delivery) = with(Manners::plain().answering(command, answer)).await;
        assert!(matches!(passing(&delivery), DeliveryError::Protocol { .. }), "{delivery:?}");
    }
}

#[tokio::test]
async fn bytes_beyond_ascii_go_where_they_are_wanted() {
    let message = "Subject: x\n\nñandú\n".as_bytes();
    let server = Manners::plain().listen().await;
    let delivery = deliver(&plain(server.port), &sender(), &recipients(ONE), message).await;
    assert_eq!(delivery.error, None);
    assert!(server.commands()[1].ends_with(" BODY=8BITMIME"), "{:?}", server.commands());
    assert_eq!(server.messages(), ["Subject: x\r\n\r\nñandú\r\n.\r\n"]);
    let strict = Manners::plain().offering(&["SIZE"]).listen().await;
    let delivery = deliver(&plain(strict.port), &sender(), &recipients(ONE), message).await;
    assert!(matches!(delivery.error, Some(DeliveryError::EightBit { .. })) && !strict.was_asked("MAIL"));
}
