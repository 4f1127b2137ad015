//! Deliveries to a server on 127.0.0.1 that behaves as well or as badly as a test requires.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod deliveries;
mod letters;
mod protection;
#[path = "../../examples/sample/mod.rs"]
mod sample;
mod server;
mod strangers;

use forecaster_mail::{Address, Delivery, DeliveryError, RecipientOutcome, Server, ServerLimits, deliver};
use std::time::Duration;

const MESSAGE: &[u8] = b"Subject: x\r\n\r\n.\r\nhello\r\n";
const SECRET: &str = "s3cret pass";

/// Time limits of the tests: short for a server that is silent on purpose, long enough for a busy machine.
fn limits() -> ServerLimits {
    let second = Duration::from_secs(20);
    ServerLimits { connect: second, command: second, data: second }
}

fn impatient() -> ServerLimits {
    let short = Duration::from_millis(300);
    ServerLimits { connect: short, command: short, data: short }
}

fn sender() -> Address {
    Address::parse("Forecaster <forecaster@example.com>").unwrap()
}

fn recipients(of: &[&str]) -> Vec<Address> {
    of.iter().map(|address| Address::parse(address).unwrap()).collect()
}

fn plain(port: u16) -> Server {
    Server::parse(&format!("smtp://127.0.0.1:{port}?tls=none")).unwrap().with_limits(limits())
}

async fn send(server: &Server, to: &[&str]) -> Delivery {
    deliver(server, &sender(), &recipients(to), MESSAGE).await
}

/// Returns the outcome for each recipient as text.
fn fates(delivery: &Delivery) -> Vec<String> {
    let told = |outcome: &RecipientOutcome| match outcome {
        RecipientOutcome::Accepted { reply } => format!("accepted: {reply}"),
        RecipientOutcome::Refused { reply } => format!("refused: {reply}"),
        RecipientOutcome::Deferred { reason } => format!("deferred: {reason}"),
    };
    delivery.recipients.iter().map(|(_, outcome)| told(outcome)).collect()
}

/// Returns the error, which must concern every recipient and not be permanent.
fn passing(delivery: &Delivery) -> &DeliveryError {
    let error = delivery.error.as_ref().expect("no trouble");
    assert!(!error.is_permanent(), "{error}");
    assert!(fates(delivery).iter().all(|fate| *fate == format!("deferred: {error}")), "{delivery:?}");
    error
}
