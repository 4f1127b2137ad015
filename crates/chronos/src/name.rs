//! Names of checkpoints: the same rule for a folder of the store and for a model of the hub.

/// Greatest number of characters in a part of a name, as on the hub.
const LONGEST_PART: usize = 96;

/// True when `name` can be a checkpoint's name: one or two parts, as on the hub.
pub fn is_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && part.len() <= LONGEST_PART
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
            && !part.starts_with(['.', '-'])
            && !part.contains("..")
    };
    let parts: Vec<&str> = name.split('/').collect();
    parts.len() <= 2 && parts.into_iter().all(part)
}
