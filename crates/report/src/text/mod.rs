//! Every word of the report, Spanish and English side by side.
//!
//! `labels` are fixed words, `sentences` take figures, `methods` describe the models. In: a [`crate::Language`] and
//! values. Out: text, not yet escaped.

pub(crate) mod labels;
pub(crate) mod methods;
pub(crate) mod readings;
pub(crate) mod sentences;
