//! A setting that breaks a rule: the key, the value found and the value expected.

/// A setting that breaks a rule.
pub(super) struct SettingProblem {
    pub(super) key: String,
    pub(super) found: String,
    pub(super) expected: String,
}

/// Builds a problem with `key`.
pub(super) fn problem(key: impl Into<String>, found: impl ToString, expected: impl Into<String>) -> SettingProblem {
    SettingProblem { key: key.into(), found: found.to_string(), expected: expected.into() }
}

/// Quotes a value as it is written in the file.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
