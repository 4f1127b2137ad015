//! Pages over a real socket, from raw bytes.

mod client;
mod desk;
mod health;
mod metrics;
mod protocol;
mod reports;
mod show;
