//! Servers that do not exist, do not answer, or are not mail servers.

use crate::{fates, impatient, passing, plain, send, sender, server::*};
use forecaster_mail::{DeliveryError, Server, probe};

const ONE: &[&str] = &["a@example.com"];

#[tokio::test]
async fn a_closed_port_is_told() {
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let delivery = send(&plain(port), ONE).await;
    let error = passing(&delivery);
    assert!(matches!(error, DeliveryError::Unreachable { .. }));
    assert!(
        error.to_string().contains(&format!("cannot connect to 127.0.0.1:{port}: Connection refused")),
        "{error}"
    );
}

#[tokio::test]
async fn a_name_without_an_address_is_told() {
    let server = Server::parse("smtp://mail.nowhere.invalid").unwrap();
    let delivery = send(&server, ONE).await;
    assert!(
        matches!(passing(&delivery), DeliveryError::UnknownHost { .. } | DeliveryError::Silent { .. }),
        "{delivery:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    for command in ["", "EHLO", "MAIL", "RCPT", "DATA"] {
        let server = Manners::plain().answering(command, HANG).listen().await;
        let delivery = send(&plain(server.port).with_limits(impatient()), ONE).await;
        let error = passing(&delivery);
        assert!(matches!(error, DeliveryError::Silent { .. }), "{command}: {error}");
        assert_eq!(error.to_string().contains("port 465"), command.is_empty(), "{error}");
    }
}

#[tokio::test]
async fn silence_after_the_message_leaves_it_in_doubt() {
    let server = Manners::plain().answering(".", HANG).listen().await;
    let delivery = send(&plain(server.port).with_limits(impatient()), ONE).await;
    assert!(matches!(passing(&delivery), DeliveryError::InDoubt { .. }), "{delivery:?}");
}

#[tokio::test]
async fn a_server_that_turns_this_machine_away_is_tried_again() {
    for (command, answer) in [("", "554 no service here"), ("EHLO", "502 what is EHLO")] {
        let server = Manners::plain().answering(command, answer).listen().await;
        let delivery = send(&plain(server.port), ONE).await;
        let error = passing(&delivery);
        assert!(
            matches!(error, DeliveryError::ClientRejected { .. }) && error.to_string().contains(answer),
            "{error}"
        );
    }
}

#[tokio::test]
async fn what_is_no_mail_server_is_told() {
    let endless = "x".repeat(100_000);
    let long = format!("250-{endless}");
    let many = "250-x\r\n".repeat(10_000) + "250 x";
    for (command, answer) in [
        ("", "SSH-2.0-OpenSSH_9.6\u{7}"),
        ("", "HTTP/1.1 400 Bad Request"),
        ("", "\u{0}\u{1}\u{2}"),
        ("", "354 go"),
        ("", endless.as_str()),
        ("EHLO", long.as_str()),
        ("EHLO", many.as_str()),
        ("EHLO", "250-mx.test\r\n550 or not"),
        ("MAIL", "999 x"),
        ("RCPT", "354 go"),
    ] {
        let server = Manners::plain().answering(command, answer).listen().await;
        let delivery = send(&plain(server.port), ONE).await;
        let error = passing(&delivery);
        let words = error.to_string();
        assert!(matches!(error, DeliveryError::Protocol { .. }), "{command} {answer:.20}: {words}");
        assert!(words.len() < 400 && !words.contains(char::is_control), "{words}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_told_with_the_step() {
    for (command, during) in
        [("", "greeting"), ("EHLO", "EHLO"), ("MAIL", "MAIL FROM"), ("RCPT", "RCPT TO"), ("DATA", "DATA")]
    {
        let server = Manners::plain().answering(command, CUT).listen().await;
        let delivery = send(&plain(server.port), ONE).await;
        let error = passing(&delivery);
        assert!(matches!(error, DeliveryError::Cut { during: at, .. } if *at == during), "{error}");
    }
}

#[tokio::test]
async fn bytes_beyond_utf8_in_an_answer_do_no_harm() {
    let server = Manners::plain().answering("RCPT", "550 se\u{f1}or").listen().await;
    let delivery = send(&plain(server.port), ONE).await;
    assert_eq!(fates(&delivery), ["refused: 550 señor"]);
}

#[tokio::test]
async fn a_look_at_a_server_sends_nothing() {
    let server = Manners::plain().listen().await;
    let probe = probe(&plain(server.port), &sender()).await;
    assert_eq!((probe.error.clone(), probe.tls.clone(), probe.largest), (None, None, Some(1_000_000)));
    let steps: Vec<_> = probe.steps.iter().map(|step| step.name).collect();
    assert_eq!(steps, ["connect", "greeting", "EHLO", "MAIL FROM"]);
    assert_eq!(probe.capabilities, ["SIZE 1000000", "8BITMIME", "ENHANCEDSTATUSCODES"]);
    assert!(probe.to_string().ends_with("is ready for mail"));
    assert!(server.was_asked("RSET") && !server.was_asked("RCPT") && !server.was_asked("DATA"));
}

#[tokio::test]
async fn a_look_tells_how_far_it_came() {
    let server = Manners::plain().answering("MAIL", "550 not yours").listen().await;
    let probe = probe(&plain(server.port), &sender()).await;
    assert!(matches!(probe.error, Some(DeliveryError::Sender { .. })));
    assert_eq!(probe.steps.last().unwrap().name, "EHLO");
    assert!(probe.to_string().contains("check mail.from"), "{probe}");
}
