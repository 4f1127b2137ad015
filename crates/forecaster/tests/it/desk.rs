//! A scratch directory in which the real binary is run, as an operator would run it.
#![allow(dead_code, clippy::unwrap_used)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A working directory that holds data, reports and logs of one test.
pub(crate) struct Desk {
    directory: TempDir,
    environment: Vec<(String, String)>,
}

impl Desk {
    /// An empty directory with few validation origins and without Chronos, so that a debug build is fast.
    pub(crate) fn new() -> Self {
        Self::with(&[("FORECASTER__ENSEMBLE__ORIGINS", "12")])
    }

    /// [`Desk::new`] with Chronos in the 7-day horizon, on a checkpoint of random weights.
    pub(crate) fn with_chronos() -> Self {
        let mut desk = Self::new();
        desk.set("FORECASTER__HORIZONS__7D__CHRONOS__ENABLED", "true");
        desk.set("FORECASTER__CHRONOS__MIN_FREE_RAM_MB", "1");
        let checkpoint = desk.path("checkpoint");
        std::fs::create_dir(&checkpoint).unwrap();
        for file in ["config.json", "model.safetensors"] {
            let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chronos/fixtures/reg_relu").join(file);
            std::fs::copy(fixture, checkpoint.join(file)).unwrap();
        }
        desk.set("FORECASTER__CHRONOS__MODEL", &checkpoint.display().to_string());
        desk
    }

    /// The shipped configuration, except for the number of validation origins; to be run offline.
    pub(crate) fn as_shipped() -> Self {
        let environment = vec![("FORECASTER__ENSEMBLE__ORIGINS".to_owned(), "12".to_owned())];
        let desk = Self { directory: tempfile::tempdir().unwrap(), environment };
        let shipped = repository().join("config/forecasters.toml");
        desk.write("config/forecasters.toml", &std::fs::read_to_string(shipped).unwrap());
        desk
    }

    /// An empty directory with the given variables, without Chronos and without providers of rates.
    pub(crate) fn with(environment: &[(&str, &str)]) -> Self {
        // No providers: a test must not depend on the network.
        let alone = [("FORECASTER__HORIZONS__7D__CHRONOS__ENABLED", "false"), ("FORECASTER__RATES__PROVIDERS", "[]")];
        let environment = alone.iter().chain(environment).map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { directory: tempfile::tempdir().unwrap(), environment }
    }

    /// [`Desk::new`] with its own configuration in the usual place, whose providers of rates are all on this machine,
    /// regardless of any proxy.
    pub(crate) fn with_configuration(toml: &str) -> Self {
        let environment = [
            ("FORECASTER__HORIZONS__7D__CHRONOS__ENABLED", "false"),
            ("FORECASTER__ENSEMBLE__ORIGINS", "12"),
            ("NO_PROXY", "127.0.0.1"),
        ];
        let environment = environment.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let desk = Self { directory: tempfile::tempdir().unwrap(), environment };
        desk.write("config/forecasters.toml", toml);
        desk
    }

    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.environment.push((key.to_owned(), value.to_owned()));
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Finished {
        Finished(self.command(arguments).output().unwrap())
    }

    /// Returns the program, ready to be started here.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_forecaster"));
        command.args(arguments).envs(self.environment()).current_dir(self.directory.path());
        command
    }

    pub(crate) fn environment(&self) -> impl Iterator<Item = (&str, &str)> {
        self.environment.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the log of a daemon that was started here.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.path("daemon.log")).unwrap()
    }

    pub(crate) fn metrics(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path("logs/metrics.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns the files below `name`, sorted; empty when it does not exist.
    pub(crate) fn files(&self, name: &str) -> Vec<PathBuf> {
        fn walk(directory: &Path, found: &mut Vec<PathBuf>) {
            for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
                if entry.path().is_dir() { walk(&entry.path(), found) } else { found.push(entry.path()) }
            }
        }
        let mut found = Vec::new();
        walk(&self.path(name), &mut found);
        found.sort();
        found
    }
}

/// Root of the repository.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A finished command.
pub(crate) struct Finished(Output);

impl Finished {
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().unwrap()
    }

    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.0.stderr.clone()).unwrap()
    }

    /// Fails, showing the output, unless the exit code is `code`.
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "stdout: {}\nstderr: {}", self.stdout(), self.stderr());
        self
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout()).unwrap()
    }
}

/// Fails, naming each wrong place, unless `document` meets the schema in docs/schema.
pub(crate) fn assert_valid(document: &Value, schema: &str) {
    let path = repository().join("docs/schema").join(schema);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let problems: Vec<String> =
        validator.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(problems.is_empty(), "{problems:#?}");
}

/// Returns the numbers of a run without its identifying fields: run id, times, paths, resources.
pub(crate) fn figures(run: &Value) -> Value {
    let mut run = run.clone();
    for key in ["run_id", "generated_at", "report"] {
        run.as_object_mut().unwrap().remove(key);
    }
    for model in run["models"].as_object_mut().unwrap().values_mut() {
        model.as_object_mut().unwrap().remove("seconds");
    }
    run
}

pub(crate) fn floats(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect()
}
