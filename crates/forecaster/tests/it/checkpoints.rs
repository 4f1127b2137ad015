//! The small checkpoints of crates/chronos/fixtures, intact and deliberately broken.
#![allow(dead_code, clippy::unwrap_used)]

use crate::desk::Desk;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../chronos/fixtures").join(name)
}

/// Copies the fixture `from` to the desk's folder `name`, with its files changed by `config` and `weights`.
pub(crate) fn changed(
    desk: &Desk,
    name: &str,
    config: impl FnOnce(&mut Value),
    weights: impl FnOnce(&mut Weights),
) -> PathBuf {
    let mut written: Value = serde_json::from_slice(&fs::read(fixture("reg_relu/config.json")).unwrap()).unwrap();
    config(&mut written);
    let path = desk.write(&format!("{name}/config.json"), &written.to_string());
    let mut read = Weights::read(&fixture("reg_relu/model.safetensors"));
    weights(&mut read);
    let directory = path.parent().unwrap().to_owned();
    fs::write(directory.join("model.safetensors"), read.bytes()).unwrap();
    directory
}

/// A safetensors file in its parts.
pub(crate) struct Weights {
    pub(crate) header: Value,
    pub(crate) values: Vec<u8>,
}

impl Weights {
    fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        let start = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        Self { header: serde_json::from_slice(&bytes[8..start]).unwrap(), values: bytes[start..].to_vec() }
    }

    fn bytes(&self) -> Vec<u8> {
        let header = self.header.to_string();
        [&(header.len() as u64).to_le_bytes(), header.as_bytes(), &self.values].concat()
    }

    /// Returns the position of the first byte of tensor `name` among the values.
    pub(crate) fn start(&self, name: &str) -> usize {
        self.header[name]["data_offsets"][0].as_u64().unwrap() as usize
    }
}

/// Returns the names of the checkpoints in the store, without the one in the program.
pub(crate) fn listed(desk: &Desk) -> Vec<String> {
    let list = desk.run(&["model", "list", "--json"]).expect(0).json();
    let rows = list["checkpoints"].as_array().unwrap();
    assert_eq!(rows[0]["source"], "built in");
    rows[1..].iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
}

/// Returns the checkpoint `name` in the JSON document of `model list`, `verify` or `bench`.
pub(crate) fn checkpoint<'a>(document: &'a Value, name: &str) -> &'a Value {
    let rows = document["checkpoints"].as_array().unwrap();
    rows.iter().find(|row| row["name"] == name).unwrap_or_else(|| panic!("no {name} in {document}"))
}
