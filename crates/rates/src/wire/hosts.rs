//! Conduct towards the hosts during one sync: requests to one host keep a distance, the first goes ahead alone, and a
//! host that refuses it or cannot be reached is not asked again.

use super::error::FetchError;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::OwnedMutexGuard,
    time::{Instant, sleep_until, timeout},
};

/// Longest time for which other requests wait for the result of the first one to a host.
const FIRST_ALONE: Duration = Duration::from_secs(1);

/// State of all hosts asked in a sync.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// Earliest start of the next request, by host.
    next_start: Mutex<HashMap<String, Instant>>,
    /// Contacts by provider, host and user agent: a host may refuse one agent and serve another, and a mirror may have
    /// several providers at one host.
    contacts: Mutex<HashMap<ContactKey, Arc<Contact>>>,
}

/// Setting of the address, which stands for the provider; host; user agent.
type ContactKey = (String, String, &'static str);

/// Experience with a host in this sync.
#[derive(Debug, Default)]
struct Contact {
    /// Held by the first request.
    first: Arc<tokio::sync::Mutex<()>>,
    /// True after the first result, whatever it was.
    known: AtomicBool,
    /// Reason why the host is not asked again.
    closed: OnceLock<FetchError>,
}

/// Permission to ask a host. The first one keeps the others waiting until it is dropped.
#[derive(Debug)]
pub(super) struct Permission {
    contact: Arc<Contact>,
    _first: Option<OwnedMutexGuard<()>>,
}

impl Permission {
    /// Records the final result of the request.
    pub(super) fn record<T>(&self, result: &Result<T, FetchError>) {
        if let Err(error) = result
            && error.closes_host()
        {
            // A later failure adds nothing.
            let _ = self.contact.closed.set(error.clone());
        }
        self.contact.known.store(true, Ordering::Release);
    }
}

impl Hosts {
    /// Waits until a provider's host may be asked; `setting` is the setting of its address.
    ///
    /// # Errors
    /// The error of an earlier request, when the host has refused it or could not be reached.
    pub(super) async fn permission(
        &self,
        setting: &str,
        host: &str,
        agent: &'static str,
    ) -> Result<Permission, FetchError> {
        let contact = {
            let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
            contacts.entry((setting.to_owned(), host.to_owned(), agent)).or_default().clone()
        };
        let first = if contact.known.load(Ordering::Acquire) {
            None
        } else {
            // A slow first request must not cost the others their time.
            let first = timeout(FIRST_ALONE, Arc::clone(&contact.first).lock_owned()).await.ok();
            first.filter(|_| !contact.known.load(Ordering::Acquire))
        };
        match contact.closed.get() {
            Some(error) => Err(error.clone()),
            None => Ok(Permission { contact, _first: first }),
        }
    }

    /// Waits so that the starts of requests to one host are at least `interval` apart, across all series.
    pub(super) async fn wait_for_turn(&self, host: &str, interval: Duration) {
        let turn = {
            let mut next = self.next_start.lock().unwrap_or_else(PoisonError::into_inner);
            let next = next.entry(host.to_owned()).or_insert_with(Instant::now);
            let turn = (*next).max(Instant::now());
            *next = turn + interval;
            turn
        };
        sleep_until(turn).await;
    }
}
