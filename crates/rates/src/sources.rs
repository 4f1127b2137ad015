//! Which providers there are, where, and in which order they are asked: `rates.providers` and `[rates.provider.X]`.

use crate::{
    provider::{Document, Place, Provider, Unreadable, Wanted},
    providers::{
        bcch::{self, Bcch},
        currency_api::{self, CurrencyApi},
        ecb::{self, Ecb},
        fred::{self, Fred},
        mindicador::{self, Mindicador},
        nbp::{self, Nbp},
        stooq::{self, Stooq},
        yahoo::{self, Yahoo},
    },
    snapshot::RawObservation,
    snapshot::{EMBEDDED_SOURCE, embedded},
};
use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

/// Name of the provider that reads files of this machine.
pub(crate) const FILE: &str = "file";
/// Name of the provider that has the snapshot.
pub(crate) const EMBEDDED: &str = EMBEDDED_SOURCE;

/// Names of all providers, as in `rates.providers`.
pub const PROVIDERS: [&str; 10] =
    ["mindicador", "bcch", "ecb", "fred", "nbp", "yahoo", "stooq", "currency-api", FILE, EMBEDDED];

/// Where a provider is, and with what it is asked. Empty: the provider's usual address, no account.
#[derive(Debug, Clone, Default)]
pub struct SourceSettings {
    /// Address, or addresses of mirrors; of `file`, a path. May hold `{series}`, `{date}` and `{base}` where the
    /// provider's documentation says so.
    pub addresses: Vec<String>,
    /// Name of an account.
    pub user: Option<String>,
    /// Its password, or why there is none.
    pub password: Option<String>,
}

/// The providers, in the order in which they are asked.
#[derive(Debug, Clone)]
pub struct Sources {
    order: Vec<String>,
    by_name: BTreeMap<String, Arc<dyn Provider>>,
}

impl Sources {
    /// All providers, asked in `order` unless a series has an order of its own. Names that are none of [`PROVIDERS`] are
    /// never asked.
    pub fn new(order: &[String], settings: &BTreeMap<String, SourceSettings>) -> Self {
        let by_name = PROVIDERS.iter().filter_map(|name| {
            let settings = settings.get(*name).cloned().unwrap_or_default();
            Some(((*name).to_owned(), provider(name, settings)?))
        });
        Self { order: order.to_vec(), by_name: by_name.collect() }
    }

    pub(crate) fn order(&self) -> &[String] {
        &self.order
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<dyn Provider>> {
        self.by_name.get(name).cloned()
    }
}

fn provider(name: &str, settings: SourceSettings) -> Option<Arc<dyn Provider>> {
    let SourceSettings { addresses, user, password } = settings;
    let first = addresses.first().cloned();
    let or = |usual: &str| first.clone().unwrap_or_else(|| usual.to_owned());
    Some(match name {
        "mindicador" => Arc::new(Mindicador::new(&or(mindicador::DEFAULT_URL))),
        "bcch" => Arc::new(Bcch::new(&or(bcch::DEFAULT_URL), user, password)),
        "fred" => Arc::new(Fred::new(&or(fred::DEFAULT_URL))),
        "ecb" => Arc::new(Ecb::new(&or(ecb::DEFAULT_URL))),
        "nbp" => Arc::new(Nbp::new(&or(nbp::DEFAULT_URL))),
        "yahoo" => Arc::new(Yahoo::new(&or(yahoo::DEFAULT_URL))),
        "stooq" => Arc::new(Stooq::new(&or(stooq::DEFAULT_URL), password)),
        "currency-api" if addresses.is_empty() => {
            Arc::new(CurrencyApi::new(currency_api::DEFAULT_URLS.map(str::to_owned).into()))
        }
        "currency-api" => Arc::new(CurrencyApi::new(addresses)),
        FILE => Arc::new(Files { path: first }),
        EMBEDDED => Arc::new(Snapshot),
        _ => return None,
    })
}

/// Files of this machine, one a series: CSV with the header `date,value`, or Parquet with these two columns. Another
/// program puts them there; they are read at every sync. The symbol is the name of the series and takes the place of
/// `{series}` in the path.
#[derive(Debug)]
struct Files {
    path: Option<String>,
}

impl Provider for Files {
    fn name(&self) -> &'static str {
        FILE
    }

    fn unavailable(&self) -> Option<String> {
        let missing = "no path: set rates.provider.file.path to one such as /srv/rates/{series}.csv";
        self.path.is_none().then(|| missing.to_owned())
    }

    fn documents(&self, wanted: &Wanted) -> Vec<Document> {
        let Some(path) = &self.path else { return Vec::new() };
        let path = PathBuf::from(path.replace("{series}", &wanted.symbol));
        let label = path.display().to_string();
        vec![Document { may_be_missing: true, ..Document::at(Place::File(path), label) }]
    }

    fn read(&self, _: &Wanted, document: &Document, body: &[u8]) -> Result<Vec<RawObservation>, Unreadable> {
        if body.starts_with(b"PAR1") {
            return crate::snapshot::read_parquet(body.to_vec()).map_err(|found| Unreadable::Shape {
                expected: "a Parquet file with the columns date and value".into(),
                found,
            });
        }
        let path = PathBuf::from(&document.label);
        crate::import::read_csv_bytes(body, &path)
            .map_err(|error| Unreadable::Refused { message: error.to_string(), advice: "" })
    }
}

/// The snapshot as a provider: it answers where nobody else has a series. It lies beneath the store anyway, so its values
/// enter the store only when `--from` asks for them.
#[derive(Debug)]
struct Snapshot;

impl Provider for Snapshot {
    fn name(&self) -> &'static str {
        EMBEDDED
    }

    fn documents(&self, _: &Wanted) -> Vec<Document> {
        vec![Document::at(Place::Embedded, "")]
    }

    fn read(&self, wanted: &Wanted, _: &Document, _: &[u8]) -> Result<Vec<RawObservation>, Unreadable> {
        let all = embedded().map_err(|error| Unreadable::Refused { message: error.to_string(), advice: "" })?;
        let series = all.get(&wanted.symbol);
        let none = || Unreadable::NoSuchSeries { symbol: wanted.symbol.clone() };
        Ok(series.ok_or_else(none)?.iter().filter(|o| (wanted.from..=wanted.to).contains(&o.date)).copied().collect())
    }
}
