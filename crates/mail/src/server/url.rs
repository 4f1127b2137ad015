//! The URL of a mail server, parsed strictly: anything unknown is rejected with the reason.

use crate::{address::domain_of, text::sanitized};
use percent_encoding::percent_decode_str;
use std::net::{IpAddr, Ipv6Addr};

/// Protection of the connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (RFC 8314): `smtps://`.
    Tls,
    /// TLS after STARTTLS, which the server has to offer: `smtp://`.
    StartTls,
    /// No protection: `?tls=none`.
    None,
}

/// The parts of a server's URL.
pub(super) struct Url {
    /// The host; an IPv6 address without brackets.
    pub(super) host: String,
    /// The port; the scheme's default when none is written.
    pub(super) port: u16,
    /// Protection of the connection.
    pub(super) security: Security,
    /// The user, if one is written.
    pub(super) user: Option<String>,
}

/// Parses the URL; the error says what is wrong with it.
pub(super) fn parse(text: &str) -> Result<Url, String> {
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it has a blank or a line break".into());
    }
    let (scheme, rest) = text.split_once("://").ok_or("it does not begin with smtp:// or smtps://")?;
    let (authority, query) = rest.rsplit_once('?').unwrap_or((rest, ""));
    let authority = authority.strip_suffix('/').unwrap_or(authority);
    let (user, host_and_port) = match authority.rsplit_once('@') {
        None => (None, authority),
        Some((user, host)) => (Some(user_of(user)?), host),
    };
    let mut security = match scheme.to_ascii_lowercase().as_str() {
        "smtp" => Security::StartTls,
        "smtps" => Security::Tls,
        _ => return Err("the part before :// is neither smtp nor smtps".into()),
    };
    if is_without_tls(query)? {
        if security == Security::Tls {
            return Err("smtps and tls=none contradict each other".into());
        }
        security = Security::None;
    }
    let (host, port) = host_of(host_and_port)?;
    if security == Security::None && user.is_some() && !is_loopback(&host) {
        return Err(
            "with tls=none the user's password would cross the network for all to read; leave tls=none out, \
                    or use a relay that needs no user"
                .into(),
        );
    }
    let port = port.unwrap_or(if security == Security::Tls { 465 } else { 587 });
    Ok(Url { host, port, security, user })
}

/// Masks a possible password in the text, so that it can be shown.
pub(super) fn masked(text: &str) -> String {
    let text = text.trim();
    let start = text.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = text.split_at(start);
    let at = rest.rfind('@').unwrap_or(rest.len());
    let (user, host) = rest.split_at(at);
    match user.split_once(':') {
        // Without an @ it is host and port, or a password with a forgotten @.
        Some((_, port)) if host.is_empty() && is_port_like(port) => sanitized(text, 120),
        Some((user, _)) => sanitized(&format!("{scheme}{user}:***{host}"), 120),
        None => sanitized(text, 120),
    }
}

fn is_port_like(text: &str) -> bool {
    let port = text.split(['/', '?']).next().unwrap_or_default();
    port.len() <= 5 && port.bytes().all(|b| b.is_ascii_digit())
}

fn user_of(text: &str) -> Result<String, String> {
    if text.contains(':') {
        return Err("it holds a password, and this text is shown and kept; take it out, and let mail.password name \
                    a systemd credential or a file with it"
            .into());
    }
    let user = percent_decode_str(text).decode_utf8().map_err(|_| "the user is not UTF-8".to_owned())?;
    if user.is_empty() || user.len() > 254 || user.chars().any(char::is_control) {
        return Err("the user before the @ is empty, too long or has control characters".into());
    }
    Ok(user.into_owned())
}

fn is_without_tls(query: &str) -> Result<bool, String> {
    match query {
        "" => Ok(false),
        "tls=none" => Ok(true),
        _ => Err("what follows the ? is not tls=none".into()),
    }
}

fn host_of(text: &str) -> Result<(String, Option<u16>), String> {
    if let Some(rest) = text.strip_prefix('[') {
        let (ip, port) = rest.split_once(']').ok_or("the ] of the IPv6 address is missing")?;
        let ip: Ipv6Addr = ip.parse().map_err(|_| "what stands in brackets is no IPv6 address")?;
        let port = match port.strip_prefix(':') {
            Some(port) => Some(port_of(port)?),
            None if port.is_empty() => None,
            None => return Err("after the ] stands something that is no port".into()),
        };
        return Ok((ip.to_string(), port));
    }
    if text.parse::<Ipv6Addr>().is_ok() {
        return Err("an IPv6 address stands in brackets, such as smtp://[2001:db8::25]:587".into());
    }
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) => (host, Some(port_of(port)?)),
        None => (text, None),
    };
    if host.is_empty() {
        return Err("the host is missing".into());
    }
    if let Ok(ip) = host.parse::<IpAddr>() {
        return Ok((ip.to_string(), port));
    }
    Ok((domain_of(host)?, port))
}

fn port_of(text: &str) -> Result<u16, String> {
    let is_number = text.bytes().all(|b| b.is_ascii_digit());
    let port = text.parse().ok().filter(|&port| is_number && port != 0);
    port.ok_or_else(|| "what follows the : is no port from 1 to 65535".into())
}

/// True when the host can only be this machine.
fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
