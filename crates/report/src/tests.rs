//! Tests of private items: the sentences and charts of many random views, which are built here from the sample's
//! parts. Public behaviour is tested in `tests/`.

mod claims;
pub(crate) mod random;
#[path = "../examples/sample/synthetic.rs"]
pub(crate) mod synthetic;
