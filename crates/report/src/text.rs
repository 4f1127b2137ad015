//! Every word of the report, Spanish and English side by side.
//!
//! Fixed words stand in [`labels`](crate::labels); `names` are those of models and series; `sentences` take figures,
//! `takeaways` and `market` say what to see in charts, `drivers` what changed, `drift` how the pair moves, `track_record`
//! what was issued, `quote` what the market's quote tells; `methods` describe the models, `provenance` the sources. In: a
//! [`crate::Language`] and values. Out: text, not yet escaped.

pub(crate) mod drift;
pub(crate) mod drivers;
pub(crate) mod market;
pub(crate) mod methods;
pub(crate) mod names;
pub(crate) mod provenance;
pub(crate) mod quote;
pub(crate) mod readings;
pub(crate) mod sentences;
pub(crate) mod takeaways;
pub(crate) mod track_record;
