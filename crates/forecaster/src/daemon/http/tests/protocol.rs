//! Methods, headers, hostile bytes, slow clients, many clients, and shutdown.

use super::client::{Answer, ask, connect, drain, send};
use super::desk::{Desk, Setting};
use crate::daemon::http::connections::ConnectionLimits;
use std::io::Write;
use std::time::{Duration, Instant};

const PAGES: [&str; 7] = ["/", "/healthz", "/readyz", "/metrics", "/reports/", "/reports/7d/", "/reports/7d/latest"];

fn limited(change: impl FnOnce(&mut ConnectionLimits)) -> Desk {
    let mut limits = ConnectionLimits::default();
    change(&mut limits);
    Desk::with(Setting { limits, ..Setting::default() })
}

#[test]
fn pages_can_be_read_and_nothing_else() {
    let desk = Desk::open();
    for path in PAGES {
        for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
            let answer = ask(desk.address, method, path, "Content-Length: 3\r\n");
            assert_eq!((answer.status, answer.header("allow")), (405, "GET,HEAD"), "{method} {path}");
            assert_eq!(answer.text(), "pages can only be read: GET and HEAD\n");
        }
    }
    let answer = send(desk.address, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
    assert_eq!(Answer::parse(&answer).status, 405);
}

#[test]
fn head_is_get_without_the_body() {
    let desk = Desk::open();
    desk.file("7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.json", "{}");
    for path in
        ["/", "/healthz", "/readyz", "/reports/", "/reports/7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.json"]
    {
        let (get, head) = (desk.get(path), ask(desk.address, "HEAD", path, ""));
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("content-length"), get.body.len().to_string(), "{path}");
    }
}

#[test]
fn every_answer_forbids_sniffing_referrers_framing_and_foreign_content() {
    let desk = Desk::open();
    desk.file("7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html", "x");
    let report = "/reports/7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html";
    for path in PAGES.into_iter().chain(["/none", "/reports", "/reports/7d", "/reports/8d/", report]) {
        for method in ["GET", "POST"] {
            let answer = ask(desk.address, method, path, "");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("referrer-policy"), "no-referrer");
            assert_eq!(
                answer.header("content-security-policy"),
                "default-src 'none'; style-src 'unsafe-inline'; font-src data:; img-src data:; base-uri 'none'; \
                 form-action 'none'; frame-ancestors 'none'"
            );
            let expected = if (path, method) == (report, "GET") { "private, max-age=3600" } else { "no-store" };
            assert_eq!(answer.header("cache-control"), expected, "{path}");
            assert!(answer.header("content-type").ends_with("charset=utf-8"), "{path}");
        }
    }
}

#[test]
fn unknown_pages_are_not_there() {
    let desk = Desk::open();
    for path in
        ["/none", "/favicon.ico", "/healthz/", "//", "/metrics/x", "/%", "/%2f", "/reports/7d/x/y", "/?x=/healthz#"]
    {
        let answer = desk.get(path);
        assert!(answer.status == 404 || path.starts_with("/?"), "{path} {}", answer.status);
    }
    assert_eq!(desk.get("/none").text(), "there is no such page; / lists all pages\n");
    assert_eq!(desk.get("/healthz?x=1").status, 200);
    assert_eq!(desk.get("http://elsewhere/healthz").status, 200);
}

#[test]
fn bytes_that_are_no_request_end_their_connection_and_nothing_else() {
    let desk = Desk::open();
    let long = "a".repeat(100_000);
    let many = "A: b\r\n".repeat(500);
    let hostile: Vec<Vec<u8>> = vec![
        b"\r\n\r\n\r\n".to_vec(),
        b"\0\0\0\0\r\n\r\n".to_vec(),
        vec![0xff; 70_000],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"GET /\r\n\r\n".to_vec(),
        b"GET /\0 HTTP/1.1\r\n\r\n".to_vec(),
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \xff\xfe\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_vec(),
        b"CONNECT example.org:80 HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET * HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        b"GET ../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(),
        format!("GET /{long} HTTP/1.1\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\nA: {long}\r\n\r\n").into_bytes(),
        format!("GET / HTTP/1.1\r\n{many}\r\n").into_bytes(),
    ];
    for request in hostile {
        let mut stream = connect(desk.address);
        // Bytes that are no longer read may be refused with a reset.
        drop(stream.write_all(&request));
        drop(stream.shutdown(std::net::Shutdown::Write));
        let answer = String::from_utf8_lossy(&drain(&mut stream)).into_owned();
        let status = answer.split(' ').nth(1).unwrap_or("");
        assert!(matches!(status, "" | "400" | "404" | "405" | "414" | "431" | "200"), "{answer}");
        let good = answer.starts_with("HTTP/1.1 200");
        // A body is never read, and nothing follows it: its end does not matter.
        let harmless = [&b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization"[..], b"GET / HTTP/1.1\r\nContent-Length: 5"]
            .iter()
            .any(|start| request.starts_with(start));
        assert!(!good || harmless, "{:?}", String::from_utf8_lossy(&request[..40.min(request.len())]));
    }
    assert_eq!(desk.get("/healthz").status, 200);
}

#[test]
fn too_many_headers_and_too_long_ones_are_refused() {
    let desk = Desk::open();
    let many = "A: b\r\n".repeat(65);
    assert_eq!(ask(desk.address, "GET", "/healthz", &many).status, 431);
    assert_eq!(ask(desk.address, "GET", "/healthz", &"A: b\r\n".repeat(50)).status, 200);
    let long = format!("A: {}\r\n", "b".repeat(20_000));
    let answer = send(desk.address, format!("GET /healthz HTTP/1.1\r\n{long}\r\n").as_bytes());
    assert!(!answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn a_client_that_sends_its_request_drop_by_drop_is_hung_up_on() {
    let desk = limited(|limits| limits.header = Duration::from_millis(400));
    let started = Instant::now();
    let mut stream = connect(desk.address);
    for byte in b"GET /healthz HTTP/1.1\r\nX: ".iter().cycle() {
        if stream.write_all(&[*byte]).is_err() {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(5), "still listened to");
        std::thread::sleep(Duration::from_millis(20));
    }
    let mut silent = connect(desk.address);
    assert!(!drain(&mut silent).starts_with(b"HTTP/1.1 200"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_client_that_does_not_read_its_answer_is_hung_up_on() {
    let desk = limited(|limits| (limits.connection, limits.connections) = (Duration::from_millis(500), 1));
    let name = "7d/2025-01-03-01943a5c-7d00-7a3b-8c4d-1234567890ab.html";
    desk.file(name, &"x".repeat(16 << 20));
    let mut stream = connect(desk.address);
    stream.write_all(format!("GET /reports/{name} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).unwrap();
    // The only allowed connection has to end before another is answered.
    let started = Instant::now();
    assert_eq!(desk.get("/healthz").status, 200);
    assert!(started.elapsed() > Duration::from_millis(200) && started.elapsed() < Duration::from_secs(5));
    assert!(drain(&mut stream).len() < 16 << 20);
}

#[test]
fn more_clients_than_there_is_room_for_wait_until_others_have_gone() {
    let desk = limited(|limits| (limits.connections, limits.header) = (2, Duration::from_millis(600)));
    let idle: Vec<_> = (0..8).map(|_| connect(desk.address)).collect();
    let started = Instant::now();
    assert_eq!(desk.get("/healthz").status, 200);
    // Eight connections go before it, two at a time.
    assert!(started.elapsed() > Duration::from_millis(1500), "{:?}", started.elapsed());
    drop(idle);
}

#[test]
fn an_answer_that_takes_too_long_is_given_up() {
    let limits = ConnectionLimits { answer: Duration::from_millis(200), ..ConnectionLimits::default() };
    let desk = Desk::with(Setting { limits, pulse: None, ..Setting::default() });
    let answer = desk.get("/healthz");
    assert_eq!((answer.status, answer.text()), (503, "the page was not ready within 0.2 s\n"));
}

#[test]
fn a_connection_carries_one_request() {
    let desk = Desk::open();
    let twice = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".repeat(2);
    let answer = send(desk.address, twice.as_bytes());
    assert_eq!(String::from_utf8(answer).unwrap().matches("HTTP/1.1 200").count(), 1);
}

#[test]
fn at_the_end_answers_in_progress_finish_and_idle_connections_do_not_hold_it_up() {
    let limits = ConnectionLimits { answer: Duration::from_millis(700), ..ConnectionLimits::default() };
    let desk = Desk::with(Setting { limits, pulse: None, ..Setting::default() });
    let mut idle = connect(desk.address);
    let mut asking = connect(desk.address);
    asking.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let started = Instant::now();
    desk.stop.cancel();
    assert_eq!(Answer::parse(&drain(&mut asking)).status, 503);
    assert_eq!(drain(&mut idle), b"");
    desk.runtime.block_on(desk.served).unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    assert!(std::net::TcpStream::connect(desk.address).is_err());
}

#[test]
fn at_the_end_an_answer_that_does_not_come_is_cut_after_the_grace() {
    let limits = ConnectionLimits { grace: Duration::from_millis(300), ..ConnectionLimits::default() };
    let desk = Desk::with(Setting { limits, pulse: None, ..Setting::default() });
    let mut asking = connect(desk.address);
    asking.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    std::thread::sleep(Duration::from_millis(200));
    let started = Instant::now();
    desk.stop.cancel();
    assert_eq!(drain(&mut asking), b"");
    desk.runtime.block_on(desk.served).unwrap().unwrap();
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}
