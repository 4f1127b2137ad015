//! Environment variables of Hugging Face's own tools, read as their Python client reads them (its modules `constants`,
//! `utils/_auth` and `utils/_headers`): an empty variable counts as not set, `~` and `$NAME` in paths are expanded,
//! and `HF_HUB_DISABLE_IMPLICIT_TOKEN` keeps back every token of the environment, the one in `HF_TOKEN` too. Unlike
//! that client, an empty `HF_TOKEN` also keeps back the token in the file: whoever writes it means no token.

use super::token::{Access, Token, cleaned, read_token};
use std::path::PathBuf;

/// The hub itself.
pub(super) const DEFAULT_ENDPOINT: &str = "https://huggingface.co";

/// Settings in the environment.
#[derive(Debug)]
pub(super) struct Environment {
    /// Address of the hub, without a slash at its end.
    pub(super) endpoint: String,
    pub(super) access: Access,
    pub(super) shared_cache: Option<PathBuf>,
    pub(super) offline: bool,
}

/// Reads the settings from environment variables.
pub(super) fn read_environment(variable: impl Fn(&str) -> Option<String>) -> Environment {
    let given = |name: &str| variable(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let path = |name: &str| given(name).map(|path| PathBuf::from(expanded(&path, given)));
    let is_true = |name: &str| {
        let value = given(name).map(|value| value.to_ascii_lowercase());
        matches!(value.as_deref(), Some("1" | "true" | "yes" | "on"))
    };
    let home = path("HF_HOME")
        .or_else(|| Some(path("XDG_CACHE_HOME")?.join("huggingface")))
        .or_else(|| Some(path("HOME")?.join(".cache/huggingface")));
    let of_variable = |name: &str| Some(Token { value: cleaned(&variable(name)?)?, origin: name.to_owned() });
    let of_file = || match path("HF_TOKEN_PATH") {
        Some(file) => read_token(&file, true),
        None => read_token(&home.as_ref()?.join("token"), false),
    };
    let of_variables = || of_variable("HF_TOKEN").or_else(|| of_variable("HUGGING_FACE_HUB_TOKEN"));
    let access = if is_true("HF_HUB_DISABLE_IMPLICIT_TOKEN") {
        Access::Withheld("HF_HUB_DISABLE_IMPLICIT_TOKEN")
    } else if let Some(token) = of_variables() {
        Access::Token(token)
    } else if variable("HF_TOKEN").is_some() {
        Access::Withheld("the empty HF_TOKEN")
    } else {
        of_file().map_or(Access::Anonymous, Access::Token)
    };
    Environment {
        endpoint: given("HF_ENDPOINT").unwrap_or(DEFAULT_ENDPOINT.to_owned()).trim_end_matches('/').to_owned(),
        access,
        shared_cache: path("HF_HUB_CACHE")
            .or_else(|| path("HUGGINGFACE_HUB_CACHE"))
            .or_else(|| Some(home.as_ref()?.join("hub"))),
        offline: is_true("HF_HUB_OFFLINE"),
    }
}

/// Replaces `~` at the beginning of a path by `HOME`, and `$NAME` or `${NAME}` anywhere by that variable. Unknown
/// variables stay as they are.
fn expanded(path: &str, variable: impl Fn(&str) -> Option<String>) -> String {
    let below_home = path.strip_prefix('~').filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let path = match (below_home, variable("HOME")) {
        (Some(rest), Some(home)) => format!("{}{rest}", home.trim_end_matches('/')),
        _ => path.to_owned(),
    };
    let mut text = String::new();
    let mut rest = path.as_str();
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let (name, whole) = variable_name(&rest[1..]);
        match variable(name).filter(|_| !name.is_empty()) {
            Some(value) => text.push_str(&value),
            None => text.push_str(&rest[..=whole]),
        }
        rest = &rest[1 + whole..];
    }
    text + rest
}

/// Name of the variable at the beginning of a text that followed a `$`, and the length of its mention.
fn variable_name(text: &str) -> (&str, usize) {
    if let Some(name) = text.strip_prefix('{').and_then(|inside| inside.split_once('}')).map(|(name, _)| name) {
        return (name, name.len() + 2);
    }
    let length = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (&text[..length], length)
}

#[cfg(test)]
mod tests;
