//! Tests of what is private: the sentences and charts of many random views, which are made here of the sample's parts.
//! What can be seen from outside is tested in `tests/`.

mod claims;
pub(crate) mod random;
#[path = "../examples/sample/synthetic.rs"]
mod synthetic;
