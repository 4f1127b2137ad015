//! Tests of private items: the sentences and charts of many random views, which are built here from the sample's
//! parts. Public behaviour is tested in `tests/`.

mod claims;
#[path = "../tests/it/foreign.rs"]
mod foreign;
mod language;
pub(crate) mod random;
mod sizes;
#[path = "../examples/sample/synthetic.rs"]
pub(crate) mod synthetic;
