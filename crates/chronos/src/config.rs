//! Reads `config.json` of a Chronos-Bolt checkpoint and checks every setting.

use crate::digest::sha256_of;
use crate::error::ChronosError;
use serde::Deserialize;
use serde_json::Value;
use std::path::Path;

/// The architecture name that the hub gives to Chronos-Bolt.
const ARCHITECTURE: &str = "ChronosBoltModelForForecasting";
/// Bounds far above every known checkpoint; they keep a broken file from requesting terabytes.
const MAX_DIMENSION: usize = 1 << 16;
const MAX_LAYERS: usize = 256;
/// Entries of the table of position biases, heads x distances: 64 MB.
const MAX_BIASES: usize = 1 << 24;
/// Greatest size of a `config.json`, in bytes: real ones have one or two thousand.
const LARGEST_FILE: u64 = 1 << 20;

/// Activation function of the feed-forward and residual blocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// max(0, x)
    Relu,
    /// Gaussian error linear unit, exact (Hendrycks and Gimpel 2016).
    Gelu,
    /// Tanh approximation of GELU, "gelu_new" and "gelu_pytorch_tanh".
    GeluTanh,
    /// x sigmoid(x), "silu" and "swish".
    Silu,
}

/// Shape and settings of a Chronos-Bolt model. They are consistent with each other.
#[derive(Debug, Clone, PartialEq)]
pub struct BoltConfig {
    /// Width of a token.
    pub d_model: usize,
    /// Width of one attention head's keys and values.
    pub d_kv: usize,
    /// Width of the feed-forward layers.
    pub d_ff: usize,
    /// Attention heads.
    pub heads: usize,
    /// Encoder layers.
    pub encoder_layers: usize,
    /// Decoder layers.
    pub decoder_layers: usize,
    /// Buckets of the relative position bias.
    pub buckets: usize,
    /// Distance from which on all positions share the last bucket.
    pub max_distance: usize,
    /// Epsilon of the layer norms.
    pub layer_norm_epsilon: f32,
    /// Activation of feed-forward and residual blocks.
    pub activation: Activation,
    /// True when the feed-forward layers are gated.
    pub gated: bool,
    /// Row of the shared embedding that starts the decoder.
    pub decoder_start: usize,
    /// Row of the shared embedding that is the REG token; `None` without one.
    pub reg_token: Option<usize>,
    /// Longest context, in time steps.
    pub context_length: usize,
    /// Steps forecast at once.
    pub prediction_length: usize,
    /// Time steps per patch.
    pub patch: usize,
    /// Quantile levels of the output, increasing.
    pub quantiles: Vec<f64>,
}

#[derive(Deserialize)]
struct ConfigFile {
    d_model: usize,
    d_kv: usize,
    d_ff: usize,
    num_heads: usize,
    num_layers: usize,
    num_decoder_layers: Option<usize>,
    relative_attention_num_buckets: Option<usize>,
    relative_attention_max_distance: Option<usize>,
    layer_norm_epsilon: Option<f32>,
    feed_forward_proj: Option<String>,
    dense_act_fn: Option<String>,
    is_gated_act: Option<bool>,
    decoder_start_token_id: Option<usize>,
    reg_token_id: Option<usize>,
}

#[derive(Deserialize)]
struct BoltConfigFile {
    context_length: usize,
    prediction_length: usize,
    input_patch_size: usize,
    input_patch_stride: usize,
    quantiles: Vec<f64>,
    #[serde(default)]
    use_reg_token: bool,
}

impl BoltConfig {
    /// Reads `config.json` in `directory`; also returns the SHA-256 of the file, hexadecimal.
    ///
    /// # Errors
    /// When it cannot be read, belongs to another kind of model, or has a setting that cannot be converted; the error
    /// names the key.
    pub(crate) fn read(directory: &Path) -> Result<(Self, String), ChronosError> {
        let path = directory.join("config.json");
        let text = read_text(&path, &path)?;
        Ok((Self::parse(&text, &path)?, sha256_of(text.as_bytes())))
    }

    /// Checks a `config.json` that has another name as long as its model is being fetched; errors call it `named`.
    ///
    /// # Errors
    /// When it cannot be read, belongs to another kind of model, or has a setting that cannot be converted; the error
    /// names the key.
    pub fn check_file(file: &Path, named: &Path) -> Result<(), ChronosError> {
        Self::parse(&read_text(file, named)?, named).map(drop)
    }

    /// Parses the text of a `config.json`; `path` is used only in errors.
    ///
    /// # Errors
    /// When it belongs to another kind of model, or has a setting that cannot be converted; the error names the key.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ChronosError> {
        let refuse = |key: &str, found: String, expected: &str| ChronosError::Config {
            path: path.to_owned(),
            key: key.to_owned(),
            found,
            expected: expected.to_owned(),
        };
        let whole: Value =
            serde_json::from_str(text).map_err(|e| refuse("the file", e.to_string(), "a JSON object"))?;
        check_architecture(&whole, refuse)?;
        let bolt = whole.get("chronos_config").cloned().unwrap_or_default();
        let bolt: BoltConfigFile = serde_json::from_value(bolt)
            .map_err(|e| refuse("chronos_config", e.to_string(), "Chronos-Bolt's keys"))?;
        let t5: ConfigFile = serde_json::from_value(whole).map_err(|e| {
            refuse("the T5 settings", e.to_string(), "d_model, d_kv, d_ff, num_heads, num_layers ...")
        })?;
        let (activation, gated) = activation(&t5).map_err(|(key, found)| {
            refuse(key, found, "relu, gelu, gelu_new, gelu_pytorch_tanh, silu or swish, gated or not")
        })?;
        let config = Self {
            d_model: t5.d_model,
            d_kv: t5.d_kv,
            d_ff: t5.d_ff,
            heads: t5.num_heads,
            encoder_layers: t5.num_layers,
            decoder_layers: t5.num_decoder_layers.unwrap_or(t5.num_layers),
            buckets: t5.relative_attention_num_buckets.unwrap_or(32),
            max_distance: t5.relative_attention_max_distance.unwrap_or(128),
            layer_norm_epsilon: t5.layer_norm_epsilon.unwrap_or(1e-6),
            activation,
            gated,
            decoder_start: t5.decoder_start_token_id.unwrap_or(0),
            reg_token: bolt.use_reg_token.then(|| t5.reg_token_id.unwrap_or(1)),
            context_length: bolt.context_length,
            prediction_length: bolt.prediction_length,
            patch: bolt.input_patch_size,
            quantiles: bolt.quantiles,
        };
        config.check().map_err(|(key, found, expected)| refuse(key, found, expected))?;
        if bolt.input_patch_stride != bolt.input_patch_size {
            let found = bolt.input_patch_stride.to_string();
            return Err(refuse("chronos_config.input_patch_stride", found, "the same as input_patch_size"));
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), (&'static str, String, &'static str)> {
        let dimensions = [
            ("d_model", self.d_model, MAX_DIMENSION),
            ("d_kv", self.d_kv, MAX_DIMENSION),
            ("d_ff", self.d_ff, MAX_DIMENSION),
            ("num_heads", self.heads, MAX_DIMENSION),
            ("num_layers", self.encoder_layers, MAX_LAYERS),
            ("num_decoder_layers", self.decoder_layers, MAX_LAYERS),
            ("chronos_config.context_length", self.context_length, MAX_DIMENSION),
            ("chronos_config.prediction_length", self.prediction_length, MAX_DIMENSION),
            ("chronos_config.input_patch_size", self.patch, self.context_length),
        ];
        for (key, value, most) in dimensions {
            if !(1..=most).contains(&value) {
                let expected = "at least 1, of a sensible size, and a patch no longer than the context";
                return Err((key, value.to_string(), expected));
            }
        }
        let tokens = [("decoder_start_token_id", Some(self.decoder_start)), ("reg_token_id", self.reg_token)];
        if let Some((key, Some(id))) = tokens.into_iter().find(|(_, id)| id.is_some_and(|id| id > MAX_DIMENSION)) {
            return Err((key, id.to_string(), "a row of the shared embedding"));
        }
        if self.heads * (2 * self.max_tokens() - 1) > MAX_BIASES {
            let expected = "few enough heads for their position biases over the longest context to fit into 64 MB";
            return Err(("num_heads", self.heads.to_string(), expected));
        }
        // Each direction has half of the buckets, and half of those are exact.
        if self.buckets < 4 || self.buckets > MAX_DIMENSION || !self.buckets.is_multiple_of(2) {
            return Err(("relative_attention_num_buckets", self.buckets.to_string(), "an even number from 4 on"));
        }
        if self.max_distance <= self.buckets / 4 || self.max_distance > MAX_DIMENSION {
            let expected = "more than a quarter of relative_attention_num_buckets";
            return Err(("relative_attention_max_distance", self.max_distance.to_string(), expected));
        }
        if !(self.layer_norm_epsilon > 0.0 && self.layer_norm_epsilon < 1.0) {
            return Err(("layer_norm_epsilon", self.layer_norm_epsilon.to_string(), "a small positive number"));
        }
        let rising = self.quantiles.windows(2).all(|w| w[0] < w[1]);
        let inside = self.quantiles.iter().all(|q| *q > 0.0 && *q < 1.0);
        if self.quantiles.is_empty() || self.quantiles.len() > 999 || !rising || !inside {
            let found = format!("{:?}", self.quantiles);
            return Err(("chronos_config.quantiles", found, "levels between 0 and 1 in increasing order"));
        }
        Ok(())
    }

    /// Least number of rows of the shared embedding.
    pub(crate) fn vocabulary(&self) -> usize {
        1 + self.decoder_start.max(self.reg_token.unwrap_or(0))
    }

    /// Greatest number of tokens that the encoder sees: the patches of the longest context, and REG.
    pub(crate) fn max_tokens(&self) -> usize {
        self.context_length.div_ceil(self.patch) + usize::from(self.reg_token.is_some())
    }
}

/// Reads the text of a `config.json`, if it is not far too large.
fn read_text(file: &Path, named: &Path) -> Result<String, ChronosError> {
    let metadata = std::fs::metadata(file).map_err(ChronosError::file("read", file))?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        let found = if metadata.is_file() { format!("{} bytes", metadata.len()) } else { "no file".to_owned() };
        let expected = "a JSON object of at most 1 MB, as the hub has it".to_owned();
        return Err(ChronosError::Config { path: named.to_owned(), key: "the file".to_owned(), found, expected });
    }
    std::fs::read_to_string(file).map_err(ChronosError::file("read", file))
}

fn check_architecture(
    whole: &Value,
    refuse: impl Fn(&str, String, &str) -> ChronosError,
) -> Result<(), ChronosError> {
    let architectures: Vec<&str> = whole
        .get("architectures")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let expected = "ChronosBoltModelForForecasting; other kinds (the original Chronos-T5, Chronos-2, plain T5) \
                    cannot be converted: take one such as amazon/chronos-bolt-small";
    if !architectures.is_empty() && !architectures.contains(&ARCHITECTURE) {
        return Err(refuse("architectures", architectures.join(", "), expected));
    }
    let bolt = whole.get("chronos_config");
    if bolt.is_none_or(|c| c.get("input_patch_size").is_none()) {
        let found = if bolt.is_some() { "no input_patch_size" } else { "nothing" };
        return Err(refuse("chronos_config", found.to_owned(), expected));
    }
    Ok(())
}

/// Activation and gating, from `dense_act_fn` and `is_gated_act` where present, otherwise from `feed_forward_proj` as
/// T5 reads it ("gated-gelu" means the tanh approximation). On error returns the key and its value.
fn activation(t5: &ConfigFile) -> Result<(Activation, bool), (&'static str, String)> {
    let projection = t5.feed_forward_proj.as_deref().unwrap_or("relu");
    let (name, gated) = match projection.strip_prefix("gated-") {
        Some("gelu") => ("gelu_new", true),
        Some(name) => (name, true),
        None => (projection, false),
    };
    let (key, name) = t5.dense_act_fn.as_deref().map_or(("feed_forward_proj", name), |n| ("dense_act_fn", n));
    let gated = t5.is_gated_act.unwrap_or(gated);
    match name {
        "relu" => Ok((Activation::Relu, gated)),
        "gelu" => Ok((Activation::Gelu, gated)),
        "gelu_new" | "gelu_pytorch_tanh" => Ok((Activation::GeluTanh, gated)),
        "silu" | "swish" => Ok((Activation::Silu, gated)),
        other => Err((key, format!("\"{other}\""))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: &str = include_str!("../fixtures/reg_relu/config.json");

    fn refused(change: impl FnOnce(&mut Value)) -> String {
        let mut config: Value = serde_json::from_str(SOUND).unwrap();
        change(&mut config);
        BoltConfig::parse(&config.to_string(), Path::new("config.json")).unwrap_err().to_string()
    }

    #[test]
    fn a_sound_configuration_is_taken() {
        let config = BoltConfig::parse(SOUND, Path::new("config.json")).unwrap();
        assert_eq!((config.patch, config.prediction_length, config.reg_token), (16, 64, Some(1)));
        assert_eq!((config.activation, config.gated, config.quantiles.len()), (Activation::Relu, false, 9));
    }

    #[test]
    fn what_cannot_be_converted_is_refused_by_its_key() {
        for (key, value) in [
            ("d_model", 0u64),
            ("d_ff", 1 << 40),
            ("num_decoder_layers", 0),
            ("relative_attention_num_buckets", 7),
            ("relative_attention_max_distance", 8),
            ("decoder_start_token_id", u64::MAX),
            ("reg_token_id", u64::MAX),
            ("num_heads", 65_536),
        ] {
            let said = refused(|config| config[key] = value.into());
            assert!(said.contains(key) && said.contains(&value.to_string()), "{key}: {said}");
        }
        let said = refused(|config| config["chronos_config"]["input_patch_stride"] = 8.into());
        assert!(said.contains("input_patch_stride: found 8; expected the same as input_patch_size"), "{said}");
        let said = refused(|config| config["chronos_config"]["quantiles"] = serde_json::json!([0.5, 0.1]));
        assert!(said.contains("chronos_config.quantiles") && said.contains("increasing"), "{said}");
        let said = refused(|config| config["dense_act_fn"] = "tanh".into());
        assert!(said.contains("dense_act_fn: found \"tanh\""), "{said}");
    }

    #[test]
    fn other_kinds_of_model_are_told_apart() {
        let t5 = refused(|config| config["architectures"] = serde_json::json!(["T5ForConditionalGeneration"]));
        assert!(t5.contains("architectures: found T5ForConditionalGeneration"), "{t5}");
        let plain = refused(|config| drop(config.as_object_mut().unwrap().remove("chronos_config")));
        assert!(plain.contains("chronos_config: found nothing"), "{plain}");
    }

    #[test]
    fn a_file_far_too_large_is_not_read() {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("config.json"), vec![b' '; LARGEST_FILE as usize + 1]).unwrap();
        let said = BoltConfig::read(directory.path()).unwrap_err().to_string();
        assert!(said.contains("1048577 bytes") && said.contains("at most 1 MB"), "{said}");
    }
}
