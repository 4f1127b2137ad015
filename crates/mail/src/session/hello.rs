//! EHLO: the name this machine gives, and the capabilities of the server.

use crate::{address::domain_of, reply::SmtpReply};
use lettre::transport::smtp::{authentication::Mechanism, extension::ClientId};
use std::net::IpAddr;

/// Capabilities of a server, RFC 5321 4.1.1.1. Keywords come in any case.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Capabilities {
    /// The lines as the server wrote them.
    pub(crate) lines: Vec<String>,
    /// STARTTLS, RFC 3207.
    pub(crate) starttls: bool,
    /// 8BITMIME, RFC 6152.
    pub(crate) eight_bit: bool,
    /// SIZE, RFC 1870: true when offered at all.
    pub(crate) size: bool,
    /// Largest message; `None` for no fixed limit, which the server states as 0 or leaves out.
    pub(crate) largest: Option<u64>,
    /// Mechanisms of AUTH, RFC 4954.
    offered: Vec<String>,
}

impl Capabilities {
    pub(crate) fn of(reply: &SmtpReply) -> Self {
        let mut all = Self::default();
        for line in reply.lines().skip(1) {
            all.lines.push(line.to_owned());
            let upper = line.to_ascii_uppercase();
            // "AUTH=LOGIN" is the form used before the standard.
            let mut words = upper.split([' ', '\t', '=']).filter(|word| !word.is_empty());
            match words.next() {
                Some("STARTTLS") => all.starttls = true,
                Some("8BITMIME") => all.eight_bit = true,
                Some("SIZE") => {
                    all.size = true;
                    all.largest = words.next().and_then(|number| number.parse().ok()).filter(|&limit| limit > 0);
                }
                Some("AUTH") => all.offered.extend(words.map(str::to_owned)),
                _ => {}
            }
        }
        all
    }

    /// Returns the mechanism for sending the password. Both supported ones need a protected connection, or a server
    /// on this machine.
    pub(crate) fn mechanism(&self) -> Option<Mechanism> {
        let offers = |name: &str| self.offered.iter().any(|offered| offered == name);
        if offers("PLAIN") { Some(Mechanism::Plain) } else { offers("LOGIN").then_some(Mechanism::Login) }
    }

    /// Returns the offered mechanisms as text.
    pub(crate) fn mechanisms(&self) -> String {
        if self.offered.is_empty() { "no AUTH at all".to_owned() } else { self.offered.join(", ") }
    }
}

/// Returns the machine's full name; else the sender's domain; else the address, as RFC 5321 4.1.4 prescribes. Names
/// that fit every machine, such as localhost, are typical of spam software.
pub(crate) fn name(sender: &str, own: IpAddr) -> ClientId {
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match [machine.trim(), sender].into_iter().find_map(public_name) {
        Some(name) => ClientId::Domain(name),
        None => match own.to_canonical() {
            IpAddr::V4(ip) => ClientId::Ipv4(ip),
            IpAddr::V6(ip) => ClientId::Ipv6(ip),
        },
    }
}

fn public_name(name: &str) -> Option<String> {
    let name = domain_of(name).ok()?;
    let last = name.rsplit_once('.')?.1;
    (!matches!(last, "localdomain" | "localhost" | "local" | "internal" | "lan")).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_can_do_is_read_in_any_case() {
        let lines = ["250-mx.example.com STARTTLS", "250-Size 35882577", "250-auth=login cram-md5", "250 8bitmime"];
        let all = Capabilities::of(&SmtpReply::of(&lines.map(|line| line.as_bytes().to_vec())).unwrap());
        assert!(all.size && all.eight_bit && !all.starttls, "the first line is its name");
        assert_eq!((all.largest, all.mechanism()), (Some(35_882_577), Some(Mechanism::Login)));
        assert_eq!(all.mechanisms(), "LOGIN, CRAM-MD5");
    }

    #[test]
    fn a_size_of_nought_is_no_limit() {
        let all = Capabilities::of(&SmtpReply::of(&[b"250-mx".to_vec(), b"250 SIZE 0".to_vec()]).unwrap());
        assert!(all.size && all.largest.is_none() && all.mechanism().is_none());
        assert_eq!(all.mechanisms(), "no AUTH at all");
    }

    #[test]
    fn a_name_that_means_every_machine_is_not_told() {
        for name in ["localhost", "ip-10-0-0-1", "pc.localdomain", "pc.local", "", "my_pc.example.com"] {
            assert_eq!(public_name(name), None, "{name}");
        }
        assert_eq!(public_name("Relay.Example.COM").as_deref(), Some("relay.example.com"));
    }
}
