//! Reports of random views have no word of the other language.

use super::{foreign::foreign_words, random};
use crate::html;

const VIEWS: u64 = 150;

#[test]
fn every_sentence_is_in_the_language_of_the_report() {
    for seed in 0..VIEWS {
        let view = random::view(seed);
        let foreign = foreign_words(view.language, &html(&view));
        assert!(foreign.is_empty(), "{seed}: {foreign:#?}");
    }
}
