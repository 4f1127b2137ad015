//! All wording of the report, Spanish and English side by side. In: a [`crate::Language`] and values. Out: text, not
//! yet escaped.
//!
//! Fixed words are in [`labels`](crate::labels). Here: `names` of models and series; `sentences` with figures;
//! `takeaways` and `market` for the charts; `drivers` for changes; `drift_sentences` for the pair's recent moves;
//! `track_record` for issued forecasts; `quote` for the market quote; `methods` for the models; `provenance` for the
//! sources; `reasons` for series and models that are missing; `readings` for indicators and calibration.

pub(crate) mod caution_boxes;
pub(crate) mod conditions;
pub(crate) mod drift_sentences;
pub(crate) mod drivers;
pub(crate) mod market;
pub(crate) mod methods;
pub(crate) mod names;
pub(crate) mod provenance;
pub(crate) mod quote;
pub(crate) mod readings;
pub(crate) mod reasons;
pub(crate) mod sentences;
pub(crate) mod takeaways;
pub(crate) mod track_record;
