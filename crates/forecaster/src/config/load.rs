//! Loads the configuration: first the file, then the environment over it, then the checks.

use super::check;
use super::problem::quoted;
use super::settings::Config;
use crate::failure::ConfigError;
use figment::Figment;
use figment::error::{Actual, Kind};
use figment::providers::{Env, Format, Serialized, Toml};
use std::path::{Path, PathBuf};

/// Places searched for a configuration when none is named, in this order.
const DEFAULT_PATHS: [&str; 2] = ["config/forecasters.toml", "/etc/forecaster/forecasters.toml"];

/// A valid configuration and its source.
#[derive(Debug, Clone)]
pub(crate) struct LoadedConfig {
    /// The configuration.
    pub config: Config,
    /// The file; `None` when the built-in defaults are used.
    pub file: Option<PathBuf>,
    /// The file's text; `None` when the built-in defaults are used, or the file was a pipe.
    pub text: Option<String>,
}

/// Returns the file in use: the named one, else the first of the usual places that has one.
pub(crate) fn find_file(named: Option<&Path>) -> Option<PathBuf> {
    named.map_or_else(
        || DEFAULT_PATHS.iter().map(PathBuf::from).find(|path| path.is_file()),
        |path| Some(path.to_owned()),
    )
}

/// Returns the state directory that `file` names, however broken the rest of it may be; the default when it names
/// none.
pub(crate) fn data_dir(file: Option<&Path>) -> PathBuf {
    let variable = std::env::var_os("FORECASTER__SERVICE__DATA_DIR").map(PathBuf::from);
    let named = || named_data_dir(&String::from_utf8_lossy(&std::fs::read(file?).ok()?));
    variable.or_else(named).unwrap_or_else(|| super::settings::ServiceSettings::default().data_dir)
}

/// Reads `data_dir` as TOML; when the text is not valid TOML, from the line that looks like it.
fn named_data_dir(text: &str) -> Option<PathBuf> {
    if let Ok(table) = text.parse::<toml::Table>() {
        return table.get("service")?.get("data_dir")?.as_str().map(PathBuf::from);
    }
    let value = text.lines().find_map(|line| line.trim().strip_prefix("data_dir")?.trim().strip_prefix('='))?.trim();
    let quote = value.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    value.split(quote).nth(1).map(PathBuf::from)
}

/// Loads the configuration from `file`, or from the first of the usual places that has one, else the defaults;
/// variables FORECASTER__SECTION__KEY override it.
///
/// # Errors
/// When a named file is missing, or anything in it or in the environment is not valid.
pub(crate) fn load(file: Option<&Path>) -> Result<LoadedConfig, ConfigError> {
    let file = match file {
        // Not only regular files: a pipe or /dev/stdin works as well.
        Some(path) if path.exists() && !path.is_dir() => Some(path.to_owned()),
        Some(path) if path.is_dir() => return Err(ConfigError::Folder(path.to_owned())),
        Some(path) => return Err(ConfigError::Missing(path.to_owned())),
        None => find_file(None),
    };
    // A pipe can be read only once.
    let regular = file.as_deref().filter(|path| path.is_file());
    let text = regular.map(read_text).transpose()?;
    let mut figment = Figment::new();
    if let Some(path) = &file {
        figment = figment.merge(Toml::file_exact(path));
    }
    // A file that lists series replaces the built-in list; otherwise a variable adds to that list.
    if figment.find_value("rates.series").is_err() {
        figment = figment.join(Serialized::default("rates.series", super::settings::RatesSettings::default().series));
    }
    figment = figment.merge(Env::prefixed("FORECASTER__").split("__"));
    let config: Config = figment.extract().map_err(|e| explain(e, file.as_deref()))?;
    check::check(&config).map_err(|problem| ConfigError::Key {
        place: source_of(&figment, &problem.key, file.as_deref()),
        key: problem.key,
        found: problem.found,
        expected: problem.expected,
    })?;
    Ok(LoadedConfig { config, file, text })
}

fn read_text(path: &Path) -> Result<String, ConfigError> {
    let bytes = std::fs::read(path).map_err(|error| ConfigError::unreadable(path, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        ConfigError::not_text(path, error.as_bytes(), valid)
    })
}

/// Returns the file or environment variable that last set `key`, or its nearest section.
fn source_of(figment: &Figment, key: &str, file: Option<&Path>) -> String {
    let mut path = key;
    loop {
        if let Some(metadata) = figment.find_metadata(path) {
            let is_variable = metadata.name.contains("environment");
            if is_variable && path == key {
                return format!("environment variable FORECASTER__{}", key.replace('.', "__").to_uppercase());
            }
            // A variable of another key in the same section says nothing of this one.
            if let Some(source) = metadata.source.as_ref().filter(|_| !is_variable) {
                return source.file_path().map_or_else(|| source.to_string(), |p| p.display().to_string());
            }
        }
        match path.rsplit_once('.') {
            Some((section, _)) => path = section,
            None => return file.map_or_else(|| "configuration".into(), |f| f.display().to_string()),
        }
    }
}

fn explain(error: figment::Error, file: Option<&Path>) -> ConfigError {
    let from_environment = error.metadata.as_ref().is_some_and(|m| m.name.contains("environment"));
    let mut key = error.path.join(".");
    if let Kind::UnknownField(field, _) = &error.kind {
        // figment's path ends at the section or already at the field, depending on where serde noticed the error.
        if error.path.last() != Some(field) {
            key = error.path.iter().map(String::as_str).chain([field.as_str()]).collect::<Vec<_>>().join(".");
        }
    }
    let place = if from_environment {
        format!("environment variable FORECASTER__{}", key.replace('.', "__").to_uppercase())
    } else {
        file.map_or_else(|| "configuration".to_owned(), |f| f.display().to_string())
    };
    let (found, expected) = match error.kind {
        Kind::UnknownField(_, known) => ("an unknown key".to_owned(), format!("one of {}", known.join(", "))),
        Kind::UnknownVariant(variant, known) => (format!("\"{variant}\""), format!("one of {}", known.join(", "))),
        Kind::InvalidType(actual, expected) => (actual.to_string(), plain(&expected)),
        Kind::InvalidValue(Actual::Str(text), expected) => (quoted(&text), expected.to_string()),
        Kind::InvalidValue(actual, expected) => (actual.to_string(), plain(&expected)),
        kind => return ConfigError::Syntax { place, message: kind.to_string().trim().replace('\n', " ") },
    };
    ConfigError::Key { place, key, found, expected }
}

/// Translates serde's names of types into a user's words.
fn plain(expected: &str) -> String {
    match expected {
        "usize" | "u32" | "u16" => "a whole number".to_owned(),
        "f64" => "a number".to_owned(),
        struct_name if struct_name.starts_with("struct ") => "a table".to_owned(),
        other => other.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Failure;

    #[test]
    fn the_state_directory_is_found_in_whatever_form_and_in_a_broken_file() {
        for text in [
            "[service]\ndata_dir = \"a b\" # here",
            "[service]\ndata_dir = 'a b'",
            "service = { data_dir = \"a b\" }",
            "service.data_dir = \"a b\"",
            "[service\n data_dir = \"a b\" # here",
            "[service\ndata_dir='a b'",
        ] {
            assert_eq!(named_data_dir(text), Some("a b".into()), "{text}");
        }
        assert_eq!(named_data_dir("[service"), None);
    }

    #[test]
    fn a_file_in_another_encoding_a_folder_and_a_missing_file_each_have_their_own_advice() {
        let directory = tempfile::tempdir().unwrap();
        let file = |name: &str, bytes: &[u8]| {
            let path = directory.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            path
        };
        let refused = |path: &Path| {
            let failure = Failure::from(load(Some(path)).unwrap_err());
            assert_eq!(failure.code(), 2);
            (failure.to_string(), failure.hint().unwrap())
        };
        let (said, hint) = refused(&file("latin1.toml", b"[service]\n# espa\xf1ol\n"));
        assert!(said.ends_with("latin1.toml, line 2: this is not UTF-8 text"), "{said}");
        assert_eq!(hint, "save it as UTF-8: iconv -f ISO-8859-1 -t UTF-8");
        let (_, hint) = refused(&file("utf16.toml", b"\xff\xfe[\0s\0"));
        assert_eq!(hint, "save it as UTF-8: iconv -f UTF-16 -t UTF-8");
        let (said, hint) = refused(directory.path());
        assert!(said.ends_with("it is a folder, not a file") && hint == "name the file in it", "{said} {hint}");
        let (_, hint) = refused(Path::new("/nonexistent/x.toml"));
        assert!(hint.contains("--config"), "{hint}");
        assert!(
            load(Some(&file("bom.toml", "\u{feff}[service]\n".as_bytes()))).is_ok(),
            "a byte order mark is none of it"
        );
    }
}
