//! Requests to one host during one sync: they keep a distance, the first goes ahead alone, and a host that refuses
//! them or cannot be reached is not asked again.

use super::error::FetchError;
use std::{
    collections::{BTreeSet, HashMap},
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

/// Longest time for which other requests wait for a first one that gets no answer.
const FIRST_ALONE: Duration = Duration::from_secs(1);
/// Number of addresses that a host must refuse before it is left alone; one may be closed to everybody.
const REFUSED_ADDRESSES: usize = 2;

/// State of all hosts asked in a sync.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    /// Earliest start of the next request, by provider and host.
    next_start: Mutex<HashMap<(String, String), Instant>>,
    /// Contacts by provider, host and user agent: a host may refuse one agent and serve another, and a mirror may have
    /// several providers at one host.
    contacts: Mutex<HashMap<ContactKey, Arc<Contact>>>,
}

/// Setting of the address, which stands for the provider; host; user agent.
type ContactKey = (String, String, &'static str);

/// Experience with a host during this sync.
#[derive(Debug, Default)]
struct Contact {
    /// Held by the first request.
    first: Arc<tokio::sync::Mutex<()>>,
    /// True once the host has answered anything.
    answers: AtomicBool,
    /// True after the first result, whatever it was.
    known: AtomicBool,
    /// Addresses that the host has refused.
    refused: Mutex<BTreeSet<String>>,
    /// Reason why the host is not asked again.
    closed: OnceLock<FetchError>,
}

/// Permission to ask a host. The first one keeps the others waiting until it is dropped.
#[derive(Debug)]
pub(super) struct Permission {
    contact: Arc<Contact>,
    first: Option<OwnedMutexGuard<()>>,
}

impl Permission {
    /// Records that the host has answered, as far as a failed attempt shows it.
    pub(super) fn record_attempt(&self, error: &FetchError) {
        self.contact.answers.fetch_or(error.is_answer(), Ordering::AcqRel);
    }

    /// Records the failure of a request for an address; `by_agent` when it had a user agent that is not ours.
    pub(super) fn record_failure(&self, address: &str, error: &FetchError, by_agent: bool) {
        if error.is_refusal() {
            let mut refused = self.contact.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.insert(address.to_owned());
            let is_general = by_agent || matches!(error, FetchError::Busy { .. });
            if !is_general && refused.len() < REFUSED_ADDRESSES {
                return;
            }
        }
        if error.closes_host() {
            // A later failure adds nothing.
            let _ = self.contact.closed.set(error.clone());
        }
    }

    /// Records the end of a request.
    pub(super) fn record_end(&self) {
        self.contact.known.store(true, Ordering::Release);
    }

    /// Returns the reason why another request must not be sent; `None` for the request that found it out.
    pub(super) fn closed(&self) -> Option<FetchError> {
        self.contact.closed.get().filter(|_| self.first.is_none()).cloned()
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
        let contact = self.contact(setting, host, agent);
        let mut first = None;
        while !contact.known.load(Ordering::Acquire) && first.is_none() {
            first = timeout(FIRST_ALONE, Arc::clone(&contact.first).lock_owned()).await.ok();
            // A first request without any answer must not cost the others their time.
            if first.is_none() && !contact.answers.load(Ordering::Acquire) {
                break;
            }
        }
        let first = first.filter(|_| !contact.known.load(Ordering::Acquire));
        match contact.closed.get() {
            Some(error) => Err(error.clone()),
            None => Ok(Permission { contact, first }),
        }
    }

    /// Leaves a host alone for the rest of the sync.
    pub(super) fn close(&self, setting: &str, host: &str, agent: &'static str, error: FetchError) {
        // An earlier reason is as good.
        let _ = self.contact(setting, host, agent).closed.set(error);
    }

    fn contact(&self, setting: &str, host: &str, agent: &'static str) -> Arc<Contact> {
        let mut contacts = self.contacts.lock().unwrap_or_else(PoisonError::into_inner);
        contacts.entry((setting.to_owned(), host.to_owned(), agent)).or_default().clone()
    }

    /// Waits so that the starts of a provider's requests to one host are at least `interval` apart, across all series.
    pub(super) async fn wait_for_turn(&self, setting: &str, host: &str, interval: Duration) {
        let turn = {
            let mut next = self.next_start.lock().unwrap_or_else(PoisonError::into_inner);
            let next = next.entry((setting.to_owned(), host.to_owned())).or_insert_with(Instant::now);
            let turn = (*next).max(Instant::now());
            *next = turn + interval;
            turn
        };
        sleep_until(turn).await;
    }
}
