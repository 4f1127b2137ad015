//! Built-in checkpoint: a small Chronos-Bolt that this project trained on exchange rates, so that a fresh
//! installation without a network has one. Its two files and the reference implementation's forecasts with them
//! (`fixtures/embedded.py`) are in `embedded/`; the code does not depend on its dimensions. It needs nothing on disk.

use chrono::NaiveDate;

/// Text of `config.json`.
pub(crate) const CONFIG: &str = include_str!("../embedded/config.json");
/// Contents of `model.safetensors`, in half precision.
pub(crate) const WEIGHTS: &[u8] = include_bytes!("../embedded/model.safetensors");
/// Checksums of both files, and the reference implementation's forecast of the self-test's series.
pub(crate) const REFERENCE: &str = include_str!("../embedded/self_test.json");

/// Description of the built-in checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedCheckpoint {
    /// Name of the checkpoint.
    pub name: &'static str,
    /// Value of `chronos.model` that selects it, whatever its name.
    pub alias: &'static str,
    /// Architecture of the model.
    pub architecture: &'static str,
    /// Author of the training.
    pub trained_by: &'static str,
    /// Last day of the exchange rates it was trained on.
    pub trained_until: NaiveDate,
    /// Licence of the weights: the program's own.
    pub licence: &'static str,
}

/// The built-in checkpoint.
pub const EMBEDDED: EmbeddedCheckpoint = EmbeddedCheckpoint {
    name: "chronos-bolt-fx-2m",
    alias: "embedded",
    architecture: "Chronos-Bolt (Ansari et al. 2024)",
    trained_by: "this project",
    trained_until: match NaiveDate::from_ymd_opt(2019, 12, 31) {
        Some(day) => day,
        None => NaiveDate::MIN,
    },
    licence: env!("CARGO_PKG_LICENSE"),
};

impl EmbeddedCheckpoint {
    /// True when `name` refers to this checkpoint.
    pub fn matches_name(&self, name: &str) -> bool {
        name == self.name || name == self.alias
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::{Checkpoint, CheckpointPlace};

    /// Greatest allowed growth of the program, in bytes.
    const LARGEST: usize = 8 << 20;

    #[test]
    fn it_is_small_and_half_precision_and_whole() {
        assert!(WEIGHTS.len() + CONFIG.len() + REFERENCE.len() <= LARGEST, "{} bytes of weights", WEIGHTS.len());
        let checkpoint = Checkpoint::open(&CheckpointPlace::Program).unwrap();
        assert!(checkpoint.weight_bytes() < 3 * checkpoint.parameters() as u64, "two bytes a weight");
        let deciles = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
        assert_eq!(checkpoint.config().quantiles, deciles);
    }

    #[test]
    fn its_card_says_when_its_training_ended() {
        assert_eq!(EMBEDDED.trained_until.to_string(), "2019-12-31");
        assert!(EMBEDDED.matches_name("embedded") && EMBEDDED.matches_name(EMBEDDED.name));
        assert!(!EMBEDDED.matches_name("amazon/chronos-bolt-small"));
    }
}
