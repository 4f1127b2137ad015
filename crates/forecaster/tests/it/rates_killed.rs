//! `rates sync` killed at random moments, again and again: stored values stay, and the next sync continues from
//! there.
//!
//! In each round the services have one more day, so there is always something to merge, and a sync is killed
//! (SIGKILL) after a number of requests and a moment more: while it fetches, while it writes, or between two series.
//! Most rounds continue with the store of the round before, some start with an empty one. A dozen kills by default;
//! more with
//!
//! ```sh
//! FORECASTER_SYNC_KILLS=200 cargo test --release -p forecaster --test it rates_killed:: -- --nocapture
//! ```
#![allow(clippy::unwrap_used)]

use crate::desk::Desk;
use crate::server::{Reply, Request, Server};
use crate::world::World;
use chrono::{Days, NaiveDate};
use forecaster_rates::{RatesStore, StoredObservation};
use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicU64, Ordering},
};
use std::time::Duration;

/// Series of the Federal Reserve.
const OF_FRED: [&str; 6] = ["usdchf", "usdcny", "usdgbp", "usdjpy", "usdsek", "usdsgd"];
/// Series by their only provider, not embedded after January 2025. The ECB's come in one document and are merged in
/// one step; each of fred's has its own document.
const SERIES: [(&str, &[&str]); 4] = [
    ("ecb", &["usdczk", "usdhkd", "usdhuf", "usdidr", "usdinr", "usdkrw", "usdpln", "usdthb"]),
    ("fred", &OF_FRED),
    ("mindicador", &["usdclp", "copper"]),
    ("stooq", &["usdmyr"]),
];

/// A random number generator that gives the same numbers in every run of the test.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }
}

/// The services, one server each, since a client keeps a minimum interval between two requests to one server.
struct Services {
    servers: Vec<(&'static str, Server)>,
    world: Arc<Mutex<World>>,
}

impl Services {
    fn new() -> Self {
        let first: NaiveDate = "2025-03-03".parse().unwrap();
        let world = Arc::new(Mutex::new(World { last: first, moved: None }));
        let server = |(name, _)| {
            let (world, asked) = (Arc::clone(&world), AtomicU64::new(0));
            let answer = move |request: &Request| {
                // Successive pauses differ, so that documents arrive in another order each time.
                let pause = Duration::from_millis(asked.fetch_add(7, Ordering::Relaxed) % 12);
                match world.lock().unwrap().answer(request) {
                    Reply::Whole { status: 200, body, .. } => Reply::Dripping { body, pieces: 3, pause },
                    other => other,
                }
            };
            (name, Server::answering(answer))
        };
        Self { servers: SERIES.map(server).into(), world }
    }

    fn configuration(&self) -> String {
        let mut text = "[rates]\nproviders = [\"mindicador\"]\nwatched = []\n".to_owned();
        for (name, server) in &self.servers {
            text += &format!("[rates.provider.{name}]\nurl = \"{}/{name}\"\n", server.url());
        }
        for (provider, series) in SERIES {
            let section = |series: &&str| format!("[rates.series.{series}]\nproviders = [\"{provider}\"]\n");
            text += &series.iter().map(section).collect::<String>();
        }
        text
    }

    fn asked(&self) -> usize {
        self.servers.iter().map(|(_, server)| server.requests().len()).sum()
    }

    /// Moves to the next weekday, up to yesterday.
    fn a_day_later(&self) {
        let mut world = self.world.lock().unwrap();
        let weekdays = forecaster_domain::BusinessCalendar::weekdays();
        let next = world.last.iter_days().skip(1).find(|day| weekdays.is_business_day(*day)).unwrap();
        world.last = next.min(crate::world::today() - Days::new(1));
    }

    fn known(&self) -> World {
        *self.world.lock().unwrap()
    }
}

fn series() -> impl Iterator<Item = &'static str> {
    SERIES.iter().flat_map(|(_, series)| *series).copied()
}

/// Returns every version that a store holds; this also checks that every file of it can be read.
fn versions(desk: &Desk) -> BTreeMap<&'static str, Vec<StoredObservation>> {
    let store = RatesStore::open(&desk.path("data")).unwrap();
    series().map(|series| (series, store.load_versions(series).unwrap().unwrap_or_default())).collect()
}

/// Counts the files of interrupted writers.
fn abandoned(desk: &Desk) -> usize {
    let files = desk.files("data/rates");
    files.iter().filter(|file| file.file_name().unwrap().to_string_lossy().starts_with(".writing-")).count()
}

/// Time of a kill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    BeforeAnyRequest,
    BeforeAnythingWasStored,
    WhileAFileWasWritten,
    BetweenSeries,
    WhenAllWasStored,
    AfterTheEnd,
}

/// Starts a sync and kills it after `requests` and a `moment` more.
///
/// Returns the phase of the kill and the number of series that had grown.
fn kill_a_sync(desk: &Desk, services: &Services, requests: usize, moment: Duration) -> (Phase, usize) {
    let (before, asked) = (versions(desk), services.asked());
    let mut sync = desk.command(&["rates", "sync"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while services.asked() < asked + requests && sync.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_micros(200));
    }
    std::thread::sleep(moment);
    let ended = sync.try_wait().unwrap().is_some();
    // A sync that has already ended cannot be killed, which is fine.
    let _ = sync.kill();
    sync.wait().unwrap();

    let after = versions(desk);
    for (series, old) in &before {
        let lost: Vec<_> = old.iter().filter(|version| !after[series].contains(version)).collect();
        assert!(lost.is_empty(), "{series} has lost {lost:?}");
    }
    let world = services.known();
    for (series, kept) in &after {
        for o in kept {
            let published = world.value(series, o.date).unwrap();
            assert!(
                (o.value / published - 1.0).abs() < 1e-6,
                "{series} on {}: {} is not {published}",
                o.date,
                o.value
            );
        }
    }
    // A process writes one file at a time, and the next process removes unfinished files.
    assert!(abandoned(desk) <= 1, "{:?}", desk.files("data/rates"));
    let grown = after.iter().filter(|(series, versions)| versions.len() > before[*series].len()).count();
    let phase = match grown {
        _ if ended => Phase::AfterTheEnd,
        _ if abandoned(desk) == 1 => Phase::WhileAFileWasWritten,
        0 if services.asked() == asked => Phase::BeforeAnyRequest,
        0 => Phase::BeforeAnythingWasStored,
        _ if grown == series().count() => Phase::WhenAllWasStored,
        _ => Phase::BetweenSeries,
    };
    (phase, grown)
}

/// Runs an undisturbed sync, then checks that every published value is there exactly once.
fn is_made_whole(desk: &Desk, services: &Services) {
    desk.run(&["rates", "sync"]).expect(0);
    let world = services.known();
    for (series, kept) in versions(desk) {
        let dates: Vec<NaiveDate> = kept.iter().map(|o| o.date).collect();
        let has_gaps = OF_FRED.contains(&series);
        // The ECB's document lacks the days on which the embedded euro has no value.
        let is_published = |date: &NaiveDate| {
            SERIES[0].1.iter().all(|of_ecb| *of_ecb != series) || world.value("usdeur", *date).is_some()
        };
        let first = "2025-01-06".parse().unwrap();
        let published = world.values(series, first, world.last).into_iter().map(|(date, _)| date);
        let missing: Vec<NaiveDate> = published.filter(is_published).filter(|date| !dates.contains(date)).collect();
        // A value stored on its day is kept even if the day becomes a gap later.
        assert!(
            missing.is_empty() || has_gaps && missing.iter().all(|date| world.is_gap(*date)),
            "{series}: {missing:?}"
        );
        assert!(dates.is_sorted_by(|a, b| a < b), "{series} has a day twice");
    }
    assert_eq!(abandoned(desk), 0);
    let files = desk.files("data/rates").len();
    assert_eq!(
        files,
        series().count() + 2,
        "the series, providers.json and the lock: {:?}",
        desk.files("data/rates")
    );
}

#[test]
fn no_observation_is_lost_however_often_a_sync_is_killed() {
    let kills: u64 = std::env::var("FORECASTER_SYNC_KILLS").map_or(12, |count| count.parse().unwrap());
    let services = Services::new();
    let grown = Desk::with_configuration(&services.configuration());
    let mut dice = Dice(0x2545_F491_4F6C_DD1D);
    let (mut phases, mut stages) = (BTreeMap::<Phase, usize>::new(), BTreeMap::<usize, usize>::new());
    for round in 0..kills {
        services.a_day_later();
        let empty = (dice.below(4) == 0).then(|| Desk::with_configuration(&services.configuration()));
        let desk = empty.as_ref().unwrap_or(&grown);
        // A sync makes one or two dozen requests; some kills come when all are answered.
        let longest = if dice.below(3) == 0 { 800 } else { 60 };
        let (requests, moment) = (dice.below(16) as usize, Duration::from_millis(dice.below(longest)));
        let (phase, stored) = kill_a_sync(desk, &services, requests, moment);
        *phases.entry(phase).or_default() += 1;
        *stages.entry(stored).or_default() += 1;
        // A debug build needs seconds to read ten embedded series.
        if !cfg!(debug_assertions) || round % 4 == 0 {
            desk.run(&["rates", "show", "--json"]).expect(0);
        }
        if let Some(desk) = empty.filter(|_| round % 3 == 0) {
            is_made_whole(&desk, &services);
        }
    }
    is_made_whole(&grown, &services);
    grown.run(&["rates", "show", "--json"]).expect(0);
    println!("{kills} kills: {phases:?}; by how many of {} series were brought on: {stages:?}", series().count());
}
