//! Fuzz test of the import: every layout with bytes flipped, inserted, deleted, repeated or cut off. Any bytes give
//! observations with plausible dates and finite values, or complaints; never a panic.
//!
//! `FORECASTER_FUZZ` is the number of mutations, 1,000 when it is not set.

use super::*;
use chrono::Datelike;
use std::path::PathBuf;

const CASES: usize = 1_000;

/// Replacements for a few bytes of a file.
const NASTY: [&str; 20] = [
    "\u{feff}",
    "\0",
    "\"",
    "\r",
    "\r\n\r\n",
    ",,,,",
    ";",
    "\t",
    "|",
    "1e999999",
    "-1e-999999",
    "1.003.750,00",
    "99999999999999999999",
    "0000-00-00",
    "262142-12-31",
    "13/13/13",
    "ene",
    "é",
    "sep=",
    "NaN",
];

/// Random number generator: Marsaglia's xorshift64*.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as usize) % bound.max(1)
    }

    fn mutate(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..=self.below(3) {
            let at = self.below(bytes.len() + 1);
            let end = (at + self.below(24)).min(bytes.len());
            match self.below(7) {
                0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
                1 if at < bytes.len() => bytes[at] = self.below(256) as u8,
                2 => drop(bytes.drain(at..end)),
                3 => {
                    let repeated = bytes[at..end].repeat(1 + self.below(4));
                    drop(bytes.splice(at..at, repeated));
                }
                4 if self.below(4) == 0 => bytes.truncate(at),
                _ => drop(bytes.splice(at..end, NASTY[self.below(NASTY.len())].bytes())),
            }
        }
    }
}

#[test]
fn no_bytes_panic() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cases/import/layouts");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let layouts: Vec<Vec<u8>> = paths.iter().map(|path| std::fs::read(path).unwrap()).collect();
    let cases = std::env::var("FORECASTER_FUZZ").ok().and_then(|cases| cases.parse().ok()).unwrap_or(CASES);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for case in 0..cases {
        let which = case % layouts.len();
        let mut bytes = layouts[which].clone();
        dice.mutate(&mut bytes);
        let read = std::panic::catch_unwind(|| read_with(&bytes, &ReadOptions::default()));
        let read = read.unwrap_or_else(|_| panic!("{}: {}", paths[which].display(), bytes.escape_ascii()));
        for o in read.map(|file| file.observations).unwrap_or_default() {
            assert!(o.value.is_finite() && (1900..=2200).contains(&o.date.year()), "{}", bytes.escape_ascii());
        }
    }
}
