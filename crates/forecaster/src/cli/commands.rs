//! Implementations of the subcommands, one file each.

pub(crate) mod backtest;
pub(crate) mod backup;
pub(crate) mod chronos;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod generate;
pub(crate) mod mail;
pub(crate) mod model;
pub(crate) mod rates;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod sync;
