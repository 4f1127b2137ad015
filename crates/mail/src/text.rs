//! Text helpers that several modules need: a hash that distinguishes letters, and a safe form for text from outside.

/// Returns the FNV-1a hash of a text: the same on every machine and in every version.
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Makes text from outside fit for one line of a log: no control characters, and limited length.
pub(crate) fn sanitized(text: &str, at_most: usize) -> String {
    let words = text.split(|c: char| c.is_control() || c.is_whitespace()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= at_most {
        return line;
    }
    line.chars().take(at_most).chain("...".chars()).collect()
}
