//! Protected connections: trust, errors as sentences, and the expiry of a certificate. Trusted are the machine's
//! authorities (Mozilla's if the machine has none) and those of the configuration.

mod validity;

use crate::{
    delivery_error::DeliveryError,
    server::{Server, url::Security},
    text::sanitized,
};
use chrono::{DateTime, Utc};
use rustls::{
    CertificateError, ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{ServerName, UnixTime},
};
use std::{io, sync::Arc};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Facts about a protected connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFacts {
    /// "TLS 1.3" or "TLS 1.2".
    pub version: &'static str,
    /// Expiry of the server's certificate, if it could be read.
    pub certificate_until: Option<DateTime<Utc>>,
}

/// Performs the TLS handshake over an open connection.
pub(crate) async fn start_tls(
    server: &Server,
    stream: TcpStream,
) -> Result<(TlsStream<TcpStream>, TlsFacts), DeliveryError> {
    let failed = |reason: String| DeliveryError::Tls { server: server.address(), reason, advice: "" };
    let config = configuration(server).map_err(failed)?;
    let name = ServerName::try_from(server.host().to_owned()).map_err(|e| failed(e.to_string()))?;
    let within = server.limits().connect;
    let handshake = timeout(within, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    let stream = handshake
        .map_err(|_| DeliveryError::Silent {
            server: server.address(),
            during: "TLS handshake",
            seconds: within.as_secs(),
            advice: advice_on_ports(server),
        })?
        .map_err(|error| explain(server, &error))?;
    let session = stream.get_ref().1;
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    };
    let own = session.peer_certificates().and_then(<[_]>::first);
    let facts = TlsFacts { version, certificate_until: own.and_then(|der| validity::end_of(der)) };
    Ok((stream, facts))
}

fn configuration(server: &Server) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots.add_parsable_certificates(server.authorities().iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn explain(server: &Server, error: &io::Error) -> DeliveryError {
    let address = server.address();
    match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        Some(rustls::Error::InvalidCertificate(error)) => {
            let (reason, advice) = explain_certificate(server, error);
            DeliveryError::Certificate { server: address, reason, advice }
        }
        Some(rustls::Error::InvalidMessage(_)) => DeliveryError::Tls {
            server: address,
            reason: "what it sent is not TLS".into(),
            advice: advice_on_ports(server),
        },
        Some(error) => DeliveryError::Tls { server: address, reason: sanitized(&error.to_string(), 200), advice: "" },
        None => {
            let reason = match error.kind() {
                io::ErrorKind::UnexpectedEof => "it hung up during the handshake".to_owned(),
                _ => sanitized(&error.to_string(), 200),
            };
            DeliveryError::Tls { server: address, reason, advice: advice_on_ports(server) }
        }
    }
}

fn advice_on_ports(server: &Server) -> &'static str {
    if server.security() == Security::Tls {
        "; if it wants STARTTLS, as port 587 does, write smtp:// in mail.smtp instead of smtps://"
    } else {
        ""
    }
}

fn explain_certificate(server: &Server, error: &CertificateError) -> (String, String) {
    let clock = "its operator has to renew it; check this machine's clock too";
    match error {
        CertificateError::Expired => ("it has expired".into(), clock.into()),
        CertificateError::ExpiredContext { not_after, .. } => {
            (format!("it expired on {}", day(*not_after)), clock.into())
        }
        CertificateError::NotValidYet => ("it is not valid yet".into(), "check this machine's clock".into()),
        CertificateError::NotValidYetContext { not_before, .. } => {
            (format!("it is valid from {} on", day(*not_before)), "check this machine's clock".into())
        }
        CertificateError::NotValidForName => (
            format!("it is not for {}", server.host()),
            "write in mail.smtp the name under which the server is certified".into(),
        ),
        CertificateError::NotValidForNameContext { presented, .. } => {
            let names = presented.iter().take(5).map(|name| bare(name)).collect::<Vec<_>>().join(", ");
            let names = if names.is_empty() { "nobody".to_owned() } else { sanitized(&names, 200) };
            let reason = format!("it is for {names}, not for {}", server.host());
            (reason, "write in mail.smtp the name that it is for".into())
        }
        // BadSignature: an authority that has only the name of a trusted one.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => (
            "it is not signed by an authority that this machine trusts".into(),
            "for a company's own authority set mail.ca_file to its certificate in PEM, otherwise find out who stands \
             between this machine and the server"
                .into(),
        ),
        other => (sanitized(&other.to_string(), 200), "tell its operator".into()),
    }
}

fn day(time: UnixTime) -> String {
    let time = i64::try_from(time.as_secs()).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    time.map_or_else(|| "a date beyond reckoning".to_owned(), |time| time.format("%Y-%m-%d").to_string())
}

/// Extracts the name from rustls's form of it: `DnsName("mail.example.org")`.
fn bare(presented: &str) -> &str {
    presented.split('"').nth(1).or_else(|| presented.split(['(', ')']).nth(1)).unwrap_or(presented)
}
