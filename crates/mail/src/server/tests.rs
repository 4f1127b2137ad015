use super::*;

#[test]
fn a_url_tells_host_port_security_and_user() {
    for (text, host, port, security, user) in [
        ("smtp://mail.example.com", "mail.example.com", 587, Security::StartTls, None),
        ("smtps://mail.example.com/", "mail.example.com", 465, Security::Tls, None),
        ("SMTP://treasury@Mail.Example.com:2525", "mail.example.com", 2525, Security::StartTls, Some("treasury")),
        (
            "smtps://treasury%40example.com@smtp.gmail.com",
            "smtp.gmail.com",
            465,
            Security::Tls,
            Some("treasury@example.com"),
        ),
        (
            "smtps://treasury@example.com@mail.example.com",
            "mail.example.com",
            465,
            Security::Tls,
            Some("treasury@example.com"),
        ),
        ("smtp://localhost:25?tls=none", "localhost", 25, Security::None, None),
        ("smtp://u%3Av@127.0.0.1:25/?tls=none", "127.0.0.1", 25, Security::None, Some("u:v")),
        ("smtp://relay.corp.example:25?tls=none", "relay.corp.example", 25, Security::None, None),
        ("smtp://[2001:db8::25]:587", "2001:db8::25", 587, Security::StartTls, None),
        ("smtp://[::1]?tls=none", "::1", 587, Security::None, None),
        ("smtp://correo.ñandú.cl", "correo.xn--and-6ma2c.cl", 587, Security::StartTls, None),
    ] {
        let server = Server::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((server.host(), server.port(), server.security(), server.user()), (host, port, security, user));
    }
    assert_eq!(Server::parse("smtp://[::1]:25?tls=none").unwrap().address(), "[::1]:25");
}

#[test]
fn what_is_no_server_is_refused_with_the_reason_and_examples() {
    for (text, reason) in [
        ("", "does not begin with"),
        ("mail.example.com", "does not begin with"),
        ("https://mail.example.com", "neither smtp nor smtps"),
        ("smtp://", "host is missing"),
        ("smtp://user@", "host is missing"),
        ("smtp://mail.example.com:0", "no port"),
        ("smtp://mail.example.com:+25", "no port"),
        ("smtp://mail.example.com:99999", "no port"),
        ("smtp://mail_1.example.com", "not the name of a domain"),
        ("smtp://mail.example.com/inbox", "not the name of a domain"),
        ("smtp://::1", "stands in brackets"),
        ("smtp://[::1", "] of the IPv6"),
        ("smtp://[mail]:25", "no IPv6 address"),
        ("smtp://mail.example.com?tls=maybe", "not tls=none"),
        ("smtps://localhost?tls=none", "contradict"),
        ("smtp://u@mail.example.com?tls=none", "for all to read"),
        ("smtp://@mail.example.com", "user before the @ is empty"),
        ("smtp://a%0D%0Ab@mail.example.com", "control characters"),
        ("smtp://a%FF@mail.example.com", "not UTF-8"),
        ("smtp://mail.example.com\r\nx", "line break"),
    ] {
        let error = Server::parse(text).unwrap_err().to_string();
        assert!(error.contains(reason), "{text:?}: {error}");
        assert!(error.contains("expected smtps://") && !error.contains(['\r', '\n']), "{error}");
    }
}

#[test]
fn a_password_in_the_url_is_refused_and_never_shown() {
    for text in [
        "smtp://user:s3cret@mail.example.com",
        "smtps://user:s3cret/s3cret?s3cret@mail.example.com",
        "smtp://user:s3c:s3cret@s3cret@mail.example.com",
        "user:s3cret@mail.example.com",
        "smtp://user:s3cret",
        "ftp://user:s3cret@mail.example.com",
    ] {
        let error = Server::parse(text).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("s3cret"), "{error}");
    }
    let error = Server::parse("smtp://user:s3cret@mail.example.com").unwrap_err().to_string();
    assert!(error.contains("let mail.password name a systemd credential or a file"), "{error}");
}

#[test]
fn a_password_is_kept_without_its_line_end_and_never_shown() {
    let server = Server::parse("smtps://u@mail.example.com").unwrap();
    assert!(server.wants_password());
    let server = server.with_password("pass word\r\n").unwrap();
    assert_eq!(server.password().unwrap().reveal(), "pass word");
    assert!(!server.wants_password() && !format!("{server:?}").contains("pass word"));
    let gmail = Server::parse("smtps://u%40gmail.com@smtp.gmail.com").unwrap();
    assert_eq!(
        gmail.with_password("abcd efgh ijkl mnop\n").unwrap().password().unwrap().reveal(),
        "abcdefghijklmnop"
    );
}

#[test]
fn a_password_that_cannot_be_one_is_refused() {
    let server = || Server::parse("smtps://u@mail.example.com").unwrap();
    assert!(server().with_password("\n").unwrap_err().to_string().contains("it is empty"));
    let error = server().with_password("s3cret\ns3cret").unwrap_err().to_string();
    assert!(error.contains("one line") && !error.contains("s3cret"), "{error}");
    let nobody = Server::parse("smtps://mail.example.com").unwrap();
    assert!(nobody.with_password("s3cret").unwrap_err().to_string().contains("names no user"));
}

#[test]
fn a_file_of_authorities_has_to_hold_some() {
    let server = || Server::parse("smtps://mail.example.com").unwrap();
    let missing = server().with_ca_file(Path::new("/nowhere/ca.pem")).unwrap_err().to_string();
    assert!(missing.contains("/nowhere/ca.pem") && missing.contains("No such file"), "{missing}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, "no certificate\n").unwrap();
    assert!(server().with_ca_file(&file).unwrap_err().to_string().contains("no certificate in it"));
    std::fs::write(&file, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").unwrap();
    assert!(server().with_ca_file(&file).is_err());
}
