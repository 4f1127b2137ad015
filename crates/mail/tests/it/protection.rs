//! TLS and passwords: what may be sent to which server.

use crate::{SECRET, fates, impatient, limits, passing, plain, send, sender, server::*};
use forecaster_mail::{DeliveryError, RetryPace, Server, probe};

const ONE: &[&str] = &["a@example.com"];
/// AUTH PLAIN with the user "u@example.com" and [`SECRET`].
const PLAIN: &str = "AUTH PLAIN AHVAZXhhbXBsZS5jb20AczNjcmV0IHBhc3M=";

fn known(scheme: &str, port: u16, authority: &Authority) -> Server {
    let server = Server::parse(&format!("{scheme}://u%40example.com@127.0.0.1:{port}")).unwrap();
    let server = server.with_password(SECRET).unwrap().with_limits(limits());
    server.with_ca_file(authority.file().path()).unwrap()
}

#[tokio::test]
async fn after_starttls_password_and_message_are_protected() {
    let authority = Authority::new();
    let server = Manners::starttls(authority.certify(&["127.0.0.1"], 2990)).listen().await;
    let delivery = send(&known("smtp", server.port, &authority), ONE).await;
    assert_eq!(fates(&delivery), ["accepted: 250 2.0.0 taken"]);
    let commands = server.commands();
    assert!(commands[0].starts_with("EHLO ") && commands[1] == "STARTTLS", "{commands:?}");
    assert!(commands[2..].iter().all(|command| command.starts_with("TLS ")), "{commands:?}");
    assert_eq!(commands[3], format!("TLS {PLAIN}"));
}

#[tokio::test]
async fn tls_from_the_start_protects_everything() {
    let authority = Authority::new();
    let server = Manners::smtps(authority.certify(&["127.0.0.1"], 2990)).listen().await;
    let probe = probe(&known("smtps", server.port, &authority), &sender()).await;
    assert_eq!(probe.error, None);
    let tls = probe.tls.unwrap();
    assert_eq!(
        (tls.version, tls.certificate_until.unwrap().to_string()),
        ("TLS 1.3", "2990-06-30 00:00:00 UTC".into())
    );
    let steps: Vec<_> = probe.steps.iter().map(|step| step.name).collect();
    assert_eq!(steps, ["connect", "TLS", "greeting", "EHLO", "AUTH", "MAIL FROM"]);
    assert!(server.commands().iter().all(|command| command.starts_with("TLS ")));
}

#[tokio::test]
async fn without_starttls_neither_password_nor_message_is_sent() {
    let authority = Authority::new();
    for offers in [&["AUTH PLAIN"][..], &[]] {
        let server = Manners::plain().offering(offers).listen().await;
        let delivery = send(&known("smtp", server.port, &authority), ONE).await;
        assert!(matches!(passing(&delivery), DeliveryError::NoTls { .. }), "{delivery:?}");
        assert!(!server.was_asked("AUTH") && !server.was_asked("MAIL"), "{:?}", server.commands());
    }
}

#[tokio::test]
async fn a_refused_starttls_ends_the_attempt() {
    let authority = Authority::new();
    for (answer, is_busy) in [("454 4.7.0 not now", true), ("501 never", false)] {
        let server =
            Manners::plain().offering(&["STARTTLS", "AUTH PLAIN"]).answering("STARTTLS", answer).listen().await;
        let delivery = send(&known("smtp", server.port, &authority), ONE).await;
        assert_eq!(matches!(passing(&delivery), DeliveryError::Busy { .. }), is_busy, "{delivery:?}");
        assert!(!server.was_asked("AUTH"));
    }
}

#[tokio::test]
async fn what_was_said_before_tls_is_not_believed_after_it() {
    let authority = Authority::new();
    let config = authority.certify(&["127.0.0.1"], 2990);
    let injected =
        "220 go\r\n250-mx.evil\r\n250 AUTH PLAIN\r\n235 welcome\r\n250 ok\r\n250 ok\r\n354 go\r\n250 taken";
    let server = Manners::starttls(config).answering("STARTTLS", injected).listen().await;
    let delivery = send(&known("smtp", server.port, &authority), ONE).await;
    let error = passing(&delivery);
    assert!(matches!(error, DeliveryError::Protocol { during: "STARTTLS", .. }), "{error}");
    assert!(!server.was_asked("AUTH") && server.commands().len() == 2, "{:?}", server.commands());
}

#[tokio::test]
async fn a_certificate_that_is_not_to_be_trusted_is_refused_with_the_reason() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    for scheme in ["smtp", "smtps"] {
        for (config, reason, advice) in [
            (
                stranger.certify(&["127.0.0.1"], 2990),
                "not signed by an authority that this machine trusts",
                "mail.ca_file",
            ),
            (
                authority.certify(&["mail.example.org"], 2990),
                "it is for mail.example.org, not for 127.0.0.1",
                "mail.smtp",
            ),
            (authority.certify(&["127.0.0.1"], 2001), "it expired on 2001-06-30", "renew"),
        ] {
            let manners = if scheme == "smtp" { Manners::starttls(config) } else { Manners::smtps(config) };
            let server = manners.listen().await;
            let delivery = send(&known(scheme, server.port, &authority), ONE).await;
            let words = passing(&delivery).to_string();
            assert!(matches!(passing(&delivery), DeliveryError::Certificate { .. }), "{words}");
            assert!(words.contains(reason) && words.contains(advice), "{words}");
            assert!(!server.was_asked("AUTH") && !server.was_asked("MAIL"));
        }
    }
}

#[tokio::test]
async fn the_wrong_kind_of_tls_is_told() {
    let authority = Authority::new();
    let server = Manners::starttls(authority.certify(&["127.0.0.1"], 2990)).listen().await;
    let words = passing(&send(&known("smtps", server.port, &authority), ONE).await).to_string();
    assert!(words.contains("what it sent is not TLS; if it wants STARTTLS") && words.contains("smtp://"), "{words}");
    let server = Manners::smtps(authority.certify(&["127.0.0.1"], 2990)).listen().await;
    let impatient = known("smtp", server.port, &authority).with_limits(impatient());
    let words = passing(&send(&impatient, ONE).await).to_string();
    assert!(words.contains("smtps:// in mail.smtp instead of smtp://"), "{words}");
}

#[tokio::test]
async fn a_wrong_password_is_recognisable_and_not_shown() {
    let authority = Authority::new();
    let config = authority.certify(&["127.0.0.1"], 2990);
    for offers in ["AUTH PLAIN", "AUTH LOGIN"] {
        let answer =
            format!("535 5.7.8 bad credentials {SECRET} AHVAZXhhbXBsZS5jb20AczNjcmV0IHBhc3M= czNjcmV0IHBhc3M=");
        let command = if offers == "AUTH LOGIN" { "password" } else { "AUTH" };
        let manners = Manners::starttls(config.clone()).offering(&[offers]).answering(command, &answer);
        let server = manners.listen().await;
        let delivery = send(&known("smtp", server.port, &authority), ONE).await;
        let error = passing(&delivery);
        assert!(error.is_login_error() && error.pace() == RetryPace::Account, "{error}");
        let words = format!("{error} {delivery:?}");
        assert!(words.contains("refused the user 'u@example.com': 535 5.7.8 bad credentials *** *** ***"), "{words}");
        assert!(!words.contains("s3cret") && !words.contains("czNjcmV0"), "{words}");
        assert!(!server.was_asked("MAIL"));
    }
}

#[tokio::test]
async fn login_is_used_where_plain_is_not_offered() {
    let authority = Authority::new();
    let config = authority.certify(&["127.0.0.1"], 2990);
    let server = Manners::starttls(config).offering(&["AUTH CRAM-MD5 LOGIN"]).listen().await;
    let delivery = send(&known("smtp", server.port, &authority), ONE).await;
    assert_eq!(fates(&delivery), ["accepted: 250 2.0.0 taken"]);
    let commands = server.commands();
    assert_eq!(commands[3..6], ["TLS AUTH LOGIN", "TLS dUBleGFtcGxlLmNvbQ==", "TLS czNjcmV0IHBhc3M="]);
}

#[tokio::test]
async fn a_server_that_takes_no_password_is_told() {
    let authority = Authority::new();
    for (offers, told) in [(&["AUTH GSSAPI NTLM"][..], "GSSAPI, NTLM"), (&["SIZE 1000"], "no AUTH at all")] {
        let server = Manners::starttls(authority.certify(&["127.0.0.1"], 2990)).offering(offers).listen().await;
        let delivery = send(&known("smtp", server.port, &authority), ONE).await;
        let error = passing(&delivery);
        assert!(matches!(error, DeliveryError::NoMechanism { .. }) && error.to_string().contains(told), "{error}");
        assert!(error.is_login_error() && !server.was_asked("MAIL"));
    }
}

#[tokio::test]
async fn a_password_that_cannot_be_checked_now_is_tried_again_soon() {
    let authority = Authority::new();
    let config = authority.certify(&["127.0.0.1"], 2990);
    let server = Manners::starttls(config).answering("AUTH", "454 4.7.0 temporary failure").listen().await;
    let delivery = send(&known("smtp", server.port, &authority), ONE).await;
    let error = passing(&delivery);
    assert!(
        matches!(error, DeliveryError::AuthenticationDeferred { .. }) && error.pace() == RetryPace::Usual,
        "{error}"
    );
}

#[tokio::test]
async fn a_server_that_wants_a_user_is_told_as_such() {
    for (command, answer) in [("MAIL", "530 5.7.0 authentication required"), ("RCPT", "530 5.7.1 log in first")] {
        let server = Manners::plain().answering(command, answer).listen().await;
        let delivery = send(&plain(server.port), ONE).await;
        let error = passing(&delivery);
        assert!(matches!(error, DeliveryError::Authentication { .. }), "{error}");
        assert!(
            error.to_string().contains(answer) && error.to_string().contains("set the user in mail.smtp"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_user_without_a_password_is_no_reason_to_connect() {
    let server = Manners::plain().listen().await;
    let nobody = Server::parse(&format!("smtp://u@127.0.0.1:{}?tls=none", server.port)).unwrap();
    let delivery = send(&nobody, ONE).await;
    let error = passing(&delivery);
    assert!(matches!(error, DeliveryError::NoPassword { .. }) && error.to_string().contains("set mail.password"));
    assert!(server.commands().is_empty());
}

#[tokio::test]
async fn to_this_machine_a_password_may_go_in_clear() {
    let server = Manners::plain().offering(&["AUTH PLAIN"]).listen().await;
    let url = format!("smtp://u%40example.com@localhost:{}?tls=none", server.port);
    let local = Server::parse(&url).unwrap().with_password(SECRET).unwrap().with_limits(limits());
    assert_eq!(fates(&send(&local, ONE).await), ["accepted: 250 2.0.0 taken"]);
    assert_eq!(server.commands()[1], PLAIN);
}
