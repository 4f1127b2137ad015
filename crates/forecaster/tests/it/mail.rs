//! Mail as the operator sees it: the mails queued by a run, the output of the commands, the settings that are
//! rejected. The server is a scripted one on 127.0.0.1; `deploy/test-mail.sh` does the same with a real one, with TLS
//! and passwords.

// Test helpers fail by panicking, as tests do.
#![allow(clippy::unwrap_used)]

use crate::desk::Desk;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A mail server that accepts everything except mail for "nobody@".
pub(crate) struct Postman {
    pub(crate) port: u16,
    taken: Arc<Mutex<Vec<Taken>>>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    pub(crate) to: Vec<String>,
    pub(crate) message: String,
}

impl Postman {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let taken = Arc::new(Mutex::new(Vec::new()));
        let shelf = taken.clone();
        // The thread ends with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A client that hangs up early is no failure.
                let _ = serve(stream, &shelf);
            }
        });
        Self { port, taken }
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.taken.lock().unwrap().clone()
    }
}

fn serve(mut stream: TcpStream, taken: &Mutex<Vec<Taken>>) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let mut mail = Taken::default();
    stream.write_all(b"220 postman\r\n")?;
    while let Some(line) = lines.next().transpose()? {
        let answer = match line.split_once(':') {
            Some(("RCPT TO", to)) if to.contains("nobody@") => "550 5.1.1 nobody of that name",
            Some(("RCPT TO", to)) => {
                mail.to.push(to.trim().trim_matches(['<', '>']).to_owned());
                "250 known"
            }
            _ if line == "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                while let Some(line) = lines.next().transpose()?.filter(|line| line != ".") {
                    mail.message += &(line + "\n");
                }
                taken.lock().unwrap().push(std::mem::take(&mut mail));
                "250 taken"
            }
            _ => "250 all right",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(())
}

/// A desk that sends mail through a server at `port`.
pub(crate) fn desk(port: u16, more: &[(&str, &str)]) -> Desk {
    let mut desk = Desk::new();
    desk.set("FORECASTER__MAIL__SMTP", &format!("smtp://127.0.0.1:{port}?tls=none"));
    desk.set("FORECASTER__MAIL__FROM", "Forecaster <forecaster@example.com>");
    desk.set("FORECASTER__MAIL__RECIPIENTS", r#"["Treasury <treasury@example.com>"]"#);
    more.iter().for_each(|(key, value)| desk.set(key, value));
    desk
}

fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

const RUN: [&str; 5] = ["run", "7d", "--offline", "--as-of", "2024-06-28"];

fn queue(desk: &Desk) -> Vec<Value> {
    desk.run(&["mail", "queue", "--json"]).json().as_array().unwrap().clone()
}

#[test]
fn a_run_is_mailed_with_its_report_under_its_own_name() {
    let postman = Postman::new();
    let desk = desk(postman.port, &[]);
    let run = desk.run(&[&RUN[..], &["--json"]].concat()).expect(0).json();
    let [mail] = &postman.taken()[..] else { panic!("{:?}", postman.taken().len()) };
    assert_eq!(mail.to, ["treasury@example.com"]);
    let run_id = run["run_id"].as_str().unwrap();
    let message_id = format!("Message-ID: <{run_id}@example.com>");
    assert!(mail.message.contains(&message_id), "{}", &mail.message[..800]);
    for part in ["Subject: USD/CLP 7d: ", "multipart/related", "image/png", "application/pdf", "Content-Language: es"]
    {
        assert!(mail.message.contains(part), "{part}: {}", &mail.message[..800]);
    }
    let [entry] = &queue(&desk)[..] else { panic!("{:?}", queue(&desk)) };
    assert_eq!((&entry["run_id"], &entry["topic"]), (&run["run_id"], &"report:7d".into()));
    assert_eq!(entry["recipients"][0]["state"], "sent");
    desk.run(&["mail", "queue"]).expect(0);
}

#[test]
fn mail_that_cannot_be_sent_waits_and_is_sent_later_as_the_same_one() {
    let desk = desk(closed_port(), &[]);
    let run = desk.run(&[&RUN[..], &["--json"]].concat()).expect(0);
    assert!(run.stderr().contains("waits until"), "{}", run.stderr());
    let waiting = queue(&desk);
    assert_eq!(
        (&waiting[0]["recipients"][0]["state"], &waiting[0]["recipients"][0]["attempts"]),
        (&"waiting".into(), &1.into())
    );
    let text = desk.run(&["mail", "queue"]).expect(3).stdout();
    assert!(text.contains("treasury@example.com: waits, tried once, next ") && text.contains("127.0.0.1"), "{text}");
    assert!(desk.run(&["mail", "flush"]).expect(3).stdout().contains("0 sent, 1 waiting"));

    let postman = Postman::new();
    let mut desk = desk;
    desk.set("FORECASTER__MAIL__SMTP", &format!("smtp://127.0.0.1:{}?tls=none", postman.port));
    assert_eq!(desk.run(&["mail", "flush"]).expect(0).stdout(), "1 sent, 0 waiting, 0 refused or given up\n");
    assert!(postman.taken()[0].message.contains(run.json()["run_id"].as_str().unwrap()));
    assert_eq!(desk.run(&["mail", "flush"]).expect(0).stdout(), "0 sent, 0 waiting, 0 refused or given up\n");
    assert_eq!(postman.taken().len(), 1);
}

#[test]
fn one_recipient_who_is_refused_does_not_stop_the_others() {
    let postman = Postman::new();
    let to = r#"["nobody@example.com", "cfo@example.com"]"#;
    let desk = desk(postman.port, &[("FORECASTER__HORIZONS__7D__EMAIL", to)]);
    let run = desk.run(&RUN).expect(0);
    assert!(run.stderr().contains("mail to nobody@example.com is refused for good: 550"), "{}", run.stderr());
    assert_eq!(postman.taken()[0].to, ["cfo@example.com"]);
    let states: Vec<Value> =
        queue(&desk)[0]["recipients"].as_array().unwrap().iter().map(|r| r["state"].clone()).collect();
    assert_eq!(states, ["sent", "refused"]);
    desk.run(&["mail", "queue"]).expect(3);
}

#[test]
fn whom_nobody_wants_to_tell_is_told_nothing() {
    let no_mail = desk(closed_port(), &[]);
    no_mail.run(&[&RUN[..], &["--no-email"]].concat()).expect(0);
    assert!(queue(&no_mail).is_empty());
    let not_this_horizon = desk(closed_port(), &[("FORECASTER__HORIZONS__7D__EMAIL", "false")]);
    not_this_horizon.run(&RUN).expect(0);
    assert!(queue(&not_this_horizon).is_empty());
    let no_server = Desk::new();
    no_server.run(&RUN).expect(0);
    assert!(queue(&no_server).is_empty());
    assert!(no_server.run(&["mail", "flush"]).expect(2).stderr().contains("mail.smtp is empty"));
    assert!(no_server.run(&["mail", "test"]).expect(2).stderr().contains("mail.smtp is empty"));
}

#[test]
fn stale_rates_raise_one_alert_and_their_report_is_mailed_only_when_asked_for() {
    let postman = Postman::new();
    let alerts = ("FORECASTER__MAIL__ALERTS", r#"["ops@example.com"]"#);
    let silent = desk(postman.port, &[alerts]);
    for _ in 0..2 {
        silent.run(&["run", "7d", "--offline"]).expect(3);
    }
    let [alert] = &postman.taken()[..] else { panic!("{}", postman.taken().len()) };
    assert_eq!(alert.to, ["ops@example.com"]);
    assert!(
        alert.message.contains("stale@example.com") && alert.message.contains("Importance: high"),
        "{}",
        alert.message
    );
    let mut asked = silent;
    asked.set("FORECASTER__MAIL__WHEN_STALE", "true");
    asked.run(&["run", "7d", "--offline"]).expect(3);
    let report = &postman.taken()[1];
    assert_eq!(report.to, ["treasury@example.com"]);
    assert!(report.message.contains("application/pdf"));
}

#[test]
fn a_run_that_fails_raises_one_alert_in_a_while() {
    let postman = Postman::new();
    let desk = desk(postman.port, &[("FORECASTER__SERVICE__REPORTS_DIR", "occupied")]);
    desk.write("occupied", "a file where a directory is wanted");
    for _ in 0..2 {
        desk.run(&RUN).expect(1);
    }
    let [alert] = &postman.taken()[..] else { panic!("{}", postman.taken().len()) };
    assert!(alert.message.contains(".failed@example.com") && alert.message.contains("occupied"), "{}", alert.message);
    assert!(
        alert.message.contains("Mensaje del programa, en ingl"),
        "English words are announced: {}",
        alert.message
    );
}

#[test]
fn a_test_mail_shows_each_step_and_arrives() {
    let postman = Postman::new();
    let desk = desk(postman.port, &[]);
    let said = desk.run(&["mail", "test", "cfo@example.com"]).expect(0).stdout();
    assert!(said.contains("sent to cfo@example.com: ") && said.contains("MAIL FROM"), "{said}");
    assert_eq!(postman.taken()[0].to, ["cfo@example.com"]);
    assert!(queue(&desk).is_empty());
}

#[test]
fn settings_that_cannot_be_used_are_refused_by_name_and_no_password_is_shown() {
    let on =
        "[mail]\nsmtp = \"smtps://mail.example.com\"\nfrom = \"f@example.com\"\nrecipients = [\"a@example.com\"]\n";
    let refused = |toml: &str, words: &[&str]| {
        let said = Desk::with_configuration(toml).run(&["config", "check"]).expect(2).stderr();
        words.iter().for_each(|word| assert!(said.contains(word), "{word}: {said}"));
        assert!(!said.contains("s3cret"), "{said}");
    };
    let with = |old: &str, new: &str| on.replace(old, new);
    refused(&with("smtps://", "http://"), &["mail.smtp", "smtp://user@host:587"]);
    refused(&with("smtps://", "smtps://me:s3cret@"), &["mail.smtp", "mail.password"]);
    refused(&with("f@example.com", ""), &["mail.from", "the sender"]);
    refused(&with("a@example.com", "a at example"), &["mail.recipients", "\"a at example\""]);
    refused(&with("\"a@example.com\"", ""), &["mail.recipients", "somebody is alerted"]);
    refused(&format!("{on}alerts = [\"ops\"]\n"), &["mail.alerts", "\"ops\""]);
    refused(&format!("{on}alert_every_hours = 0\n"), &["mail.alert_every_hours", "1 to 720"]);
    refused(&format!("{on}password = \"secrets/smtp\"\n"), &["mail.password", "absolute path"]);
    refused(&format!("{on}[horizons.7d]\nemail = [\"x\"]\n"), &["horizons.7d.email", "\"x\""]);
    refused(&format!("{on}[horizons.7d]\nemail = 7\n"), &["horizons", "true, false, or a list of addresses"]);
    Desk::with_configuration(on).run(&["config", "check"]).expect(0);
    Desk::with_configuration(&format!("{on}[horizons.7d]\nemail = false\n")).run(&["config", "check"]).expect(0);
}
