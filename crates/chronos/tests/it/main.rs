//! Tests of the crate from outside: checkpoints, the graph against the reference, pipelines. All are in one binary,
//! since linking takes most of the time.
#![allow(clippy::unwrap_used)]

mod embedded;
mod model;
mod parity;
mod pipeline;
mod predictor;
mod store;

mod fixture;
