//! TLS server with a self-signed certificate.
#![allow(clippy::unwrap_used)]

use crate::server::Server;
use std::sync::Arc;

/// Starts a server that completes the handshake with any client that accepts the certificate, then hangs up.
pub(crate) fn untrusted() -> Server {
    Server::speaking("https", |mut stream, _| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let own = rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
        let key = rustls::pki_types::PrivateKeyDer::try_from(own.signing_key.serialize_der()).unwrap();
        let config = rustls::ServerConfig::builder().with_no_client_auth();
        let config = config.with_single_cert(vec![own.cert.der().clone()], key).unwrap();
        let mut tls = rustls::ServerConnection::new(Arc::new(config)).unwrap();
        while tls.is_handshaking() {
            if tls.complete_io(&mut stream).is_err() {
                return;
            }
        }
    })
}
