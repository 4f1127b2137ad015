//! `forecaster healthcheck`: asks the daemon's /healthz, so that container images need no other client.

use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use std::io::{Error, ErrorKind, Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Time to connect.
const CONNECT: Duration = Duration::from_secs(3);
/// Time until the answer is complete. The daemon takes 5 s to find that its supervisor does not answer.
const ANSWER: Duration = Duration::from_secs(8);
/// Bytes of an answer that are read.
const LONGEST: usize = 8 << 10;

/// Asks the configured daemon whether it is alive.
///
/// # Errors
/// When no server is configured, none answers, or it reports a problem.
pub(crate) fn healthcheck(config: &Config) -> Result<CommandOutcome, Failure> {
    let listen = &config.service.http.listen;
    if listen.is_empty() {
        return Err(Failure::NoPages);
    }
    let address = listen.parse().map(reachable).map_err(|_| Failure::NoAddress(listen.to_owned()))?;
    ask(address, ANSWER).map(|()| CommandOutcome::Done)
}

/// Replaces an unspecified address, which stands for all of the machine's, by loopback.
fn reachable(mut address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    address
}

fn ask(address: SocketAddr, patience: Duration) -> Result<(), Failure> {
    let answer = exchange(address, patience).map_err(|source| Failure::DaemonSilent { address, source })?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.lines().next().unwrap_or_default();
    match status.split(' ').nth(1) {
        Some("200") if status.starts_with("HTTP/1.") => Ok(()),
        Some(_) if status.starts_with("HTTP/1.") => {
            let reason = body.lines().next().filter(|line| !line.is_empty()).unwrap_or(status);
            Err(Failure::DaemonUnhealthy { address, reason: reason.to_owned() })
        }
        _ => Err(Failure::NotHttp(address)),
    }
}

fn exchange(address: SocketAddr, patience: Duration) -> Result<Vec<u8>, Error> {
    let mut stream = TcpStream::connect_timeout(&address, CONNECT)?;
    let deadline = Instant::now() + patience;
    stream.set_write_timeout(Some(patience))?;
    let question = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(question.as_bytes())?;
    let (mut answer, mut piece) = (Vec::new(), [0; 1024]);
    while answer.len() < LONGEST {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(too_slow(patience));
        }
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => answer.extend_from_slice(&piece[..read]),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                return Err(too_slow(patience));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(answer)
}

fn too_slow(patience: Duration) -> Error {
    Error::new(ErrorKind::TimedOut, format!("no answer within {} s", patience.as_secs_f32()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// Returns the probe's result against a server that answers every request with `answer`, after a delay.
    fn asked(answer: &'static str, after: Duration) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut question = [0; 512];
            let read = stream.read(&mut question).unwrap();
            assert!(question[..read].starts_with(b"GET /healthz HTTP/1.1\r\nHost: "));
            std::thread::sleep(after);
            drop(stream.write_all(answer.as_bytes()));
        });
        ask(address, Duration::from_millis(300)).map_err(|failure| failure.to_string())
    }

    fn configured(listen: &str) -> Result<CommandOutcome, Failure> {
        let mut config = Config::default();
        config.service.http.listen = listen.into();
        healthcheck(&config)
    }

    #[test]
    fn only_200_is_well_and_the_reason_is_told() {
        assert_eq!(asked("HTTP/1.1 200 OK\r\n\r\nok\n", Duration::ZERO), Ok(()));
        let unwell =
            asked("HTTP/1.1 503 Service Unavailable\r\nA: b\r\n\r\nthe supervisor has ended\n", Duration::ZERO);
        assert!(unwell.unwrap_err().ends_with("is not healthy: the supervisor has ended"));
        let bare = asked("HTTP/1.1 404 Not Found\r\n\r\n", Duration::ZERO).unwrap_err();
        assert!(bare.ends_with("is not healthy: HTTP/1.1 404 Not Found"), "{bare}");
    }

    #[test]
    fn silence_hanging_up_and_other_languages_are_told_apart() {
        let slow = asked("HTTP/1.1 200 OK\r\n\r\n", Duration::from_secs(2)).unwrap_err();
        assert!(slow.contains("does not answer: no answer within 0.3 s"), "{slow}");
        for other in ["", "SSH-2.0-OpenSSH_9.2\r\n", "+OK 200 200\r\n"] {
            let error = asked(other, Duration::ZERO).unwrap_err();
            assert!(error.contains("does not speak HTTP"), "{error}");
        }
        let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let refused = configured(&free.to_string()).unwrap_err().to_string();
        assert!(refused.contains("does not answer: Connection refused"), "{refused}");
    }

    #[test]
    fn without_a_server_there_is_nothing_to_ask() {
        let error = configured("").unwrap_err();
        assert!(error.to_string().contains("no server is configured") && error.hint().is_some());
    }

    #[test]
    fn all_addresses_are_asked_on_loopback() {
        for (listen, asked) in [
            ("0.0.0.0:9187", "127.0.0.1:9187"),
            ("[::]:9187", "[::1]:9187"),
            ("10.0.0.3:80", "10.0.0.3:80"),
            ("[fe80::1]:80", "[fe80::1]:80"),
        ] {
            assert_eq!(reachable(listen.parse().unwrap()).to_string(), asked);
        }
    }
}
