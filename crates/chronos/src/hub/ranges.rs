//! Ranges of a file that its server refuses: some CDN refuses them for a while (403), though it sends the complete file.

use super::attempts::AttemptError;

/// Number of refused ranges in a row after which the complete file is requested.
const MOST_REFUSED: u32 = 2;

/// Counter of refused ranges in a row, for one file.
#[derive(Debug, Default)]
pub(super) struct RangeRefusals {
    in_a_row: u32,
    /// True once the file was begun again, which is done only once.
    begun_again: bool,
}

impl RangeRefusals {
    /// First byte to request when `arrived` bytes are on disk. They stay there until the complete file comes.
    pub(super) fn first_byte(&self, arrived: u64) -> u64 {
        if self.in_a_row >= MOST_REFUSED && !self.begun_again { 0 } else { arrived }
    }

    /// Takes the end of an attempt that requested the bytes beginning with `from`, when there were `before` bytes on disk
    /// before it and `after` bytes after it. Returns true when the attempt has begun the file again.
    pub(super) fn note(&mut self, from: u64, before: u64, after: u64, failure: &AttemptError) -> bool {
        let refused = matches!(failure, AttemptError::Refused { .. });
        if refused && from > 0 {
            self.in_a_row += 1;
        } else if after != before {
            self.in_a_row = 0;
        }
        let begun_again = from < before && after != before;
        self.begun_again |= begun_again;
        begun_again
    }
}
