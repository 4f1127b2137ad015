//! The sources of rates on the web, a file each; the head of that file is the document of record of its service:
//! addresses, form of the answers, dates, errors, quirks and where each was seen. Here are their names, and what
//! their tests share.

mod answer;
pub(crate) mod bcch;
pub(crate) mod currency_api;
mod dollar_index;
pub(crate) mod ecb;
pub(crate) mod fred;
#[cfg(test)]
mod fuzz;
pub(crate) mod mindicador;
pub(crate) mod nbp;
mod quantity;
pub(crate) mod stooq;
mod table;
#[cfg(test)]
mod test_answers;
pub(crate) mod yahoo;

/// Names of the providers here, in the order in which they are best asked for the dólar observado: those that publish
/// it, then those that publish the market's price.
#[cfg(test)]
pub(crate) const NAMES: [&str; 8] =
    [bcch::NAME, mindicador::NAME, nbp::NAME, currency_api::NAME, yahoo::NAME, stooq::NAME, ecb::NAME, fred::NAME];
