//! Chronos-Bolt as an ONNX graph (Ansari et al. 2024; T5: Raffel et al. 2020), built from a checkpoint's shapes.
//!
//! Input `context` `[batch, time]`, time a multiple of the patch size, NaN where nothing was observed, oldest first,
//! left-padded with NaN. Output `quantile_preds` `[batch, quantiles, prediction_length]` in the context's unit.
//!
//! Tokens are rows of one matrix `[batch x tokens, width]`, so that every projection is one matrix product. Two
//! things differ from the reference, with the same result: the decoder's single step attends only to itself, so its
//! attention weights are 1 and queries and keys are not computed; and in cross-attention the key and value matrices
//! are applied on the side of the single query, q (W h)' = (q W) h', which avoids projecting every token in every
//! decoder layer.

use crate::builder::{Builder, MICROSOFT, ValueName};
use crate::checkpoint::Checkpoint;
use crate::config::BoltConfig;
use crate::error::ChronosError;
use crate::onnx::{self, Element, Entry, Extent, Graph, Model, OperatorSet, float, int};
use crate::precision::Precision;
use prost::Message;

/// Value added to the score of a key that must not be seen.
const HIDDEN: f32 = f32::MIN;
/// Scale of a context without any spread, as in the reference.
const NO_SPREAD: f32 = 1e-5;
/// Version of this conversion, part of the provenance: files made by another version are rebuilt.
pub(crate) const CONVERTER: &str = concat!("forecaster ", env!("CARGO_PKG_VERSION"), " graph 2");

/// Builds the bytes of the model's file, with `provenance` as its metadata.
///
/// # Errors
/// When a tensor is missing or of the wrong shape or type.
pub(crate) fn build(
    checkpoint: &Checkpoint,
    precision: Precision,
    provenance: &[(String, String)],
) -> Result<Vec<u8>, ChronosError> {
    let config = checkpoint.config();
    let mut graph = Bolt { config, b: Builder::new(checkpoint, precision) };
    graph.model()?;
    let named = |name: &str| Extent::Named(name.to_owned());
    let output = [
        named("batch"),
        Extent::Fixed(config.quantiles.len() as i64),
        Extent::Fixed(config.prediction_length as i64),
    ];
    let model = Model {
        ir_version: onnx::IR_VERSION,
        producer_name: "forecaster".to_owned(),
        producer_version: env!("CARGO_PKG_VERSION").to_owned(),
        doc_string: "Chronos-Bolt, converted from config.json and model.safetensors".to_owned(),
        graph: Some(Graph {
            node: graph.b.nodes,
            name: "chronos_bolt".to_owned(),
            initializer: graph.b.initializers,
            input: vec![onnx::floats("context", &[named("batch"), named("time")])],
            output: vec![onnx::floats("quantile_preds", &output)],
        }),
        opset_import: operator_sets(precision),
        metadata_props: provenance
            .iter()
            .map(|(key, value)| Entry { key: key.clone(), value: value.clone() })
            .collect(),
    };
    Ok(model.encode_to_vec())
}

fn operator_sets(precision: Precision) -> Vec<OperatorSet> {
    let standard = OperatorSet { domain: String::new(), version: onnx::OPSET };
    match precision {
        Precision::Float => vec![standard],
        Precision::Int8 => vec![standard, OperatorSet { domain: MICROSOFT.to_owned(), version: 1 }],
    }
}

struct Bolt<'a> {
    config: &'a BoltConfig,
    b: Builder<'a>,
}

/// The context in units of its own spread, cut into tokens.
struct Tokens {
    /// `[batch x tokens, d_model]`
    embedded: ValueName,
    /// Mask added to the scores of each key `[batch, tokens]`: 0, or [`HIDDEN`] for a patch without an observation.
    mask: ValueName,
    /// `[batch, 1]`
    location: ValueName,
    /// `[batch, 1]`
    scale: ValueName,
    /// Number of tokens, an integer of shape `[]`.
    count: ValueName,
}

impl Bolt<'_> {
    fn model(&mut self) -> Result<(), ChronosError> {
        let tokens = self.tokens()?;
        let bias = self.position_bias(&tokens)?;
        let inner = (self.config.heads * self.config.d_kv) as i64;
        let by_batch = self.batch_first_shape(&tokens.count, &[inner]);
        let mut x = tokens.embedded.clone();
        for layer in 0..self.config.encoder_layers {
            x = self.encoder_layer(&x, layer, &bias, &by_batch)?;
        }
        let encoded = self.norm(&x, "encoder.final_layer_norm.weight")?;
        let batch_first = self.batch_first(&encoded, &tokens.count, self.config.d_model);
        let keys = self.b.transpose(&batch_first, &[0, 2, 1]);
        let start = self.config.decoder_start;
        let shape = [self.config.vocabulary(), self.config.d_model];
        let mut y = self.b.row("decoder_start", "shared.weight", shape, start, &[1, self.config.d_model])?;
        for layer in 0..self.config.decoder_layers {
            y = self.decoder_layer(&y, layer, &batch_first, &keys, &tokens.mask)?;
        }
        let decoded = self.norm(&y, "decoder.final_layer_norm.weight")?;
        self.quantiles(&decoded, &tokens)
    }

    fn norm(&mut self, x: &str, name: &str) -> Result<ValueName, ChronosError> {
        self.b.norm(x, name, self.config.d_model, self.config.layer_norm_epsilon)
    }

    /// The shape `[-1, tokens, ...rest]`.
    fn batch_first_shape(&mut self, count: &str, rest: &[i64]) -> ValueName {
        let one = self.b.integers(&[1]);
        let count = self.b.op("Reshape", &[count, &one], vec![]);
        let (unknown, rest) = (self.b.integers(&[-1]), self.b.integers(rest));
        self.b.concat(&[&unknown, &count, &rest], 0)
    }

    /// Reshapes `[batch x tokens, width]` to `[batch, tokens, width]`.
    fn batch_first(&mut self, x: &str, count: &str, width: usize) -> ValueName {
        let shape = self.batch_first_shape(count, &[width as i64]);
        self.b.op("Reshape", &[x, &shape], vec![])
    }

    /// NaN-aware instance normalisation, patches with their mask, patch embedding, REG.
    fn tokens(&mut self) -> Result<Tokens, ChronosError> {
        let (patch, width) = (self.config.patch, self.config.d_model);
        let zero = self.b.number(0.0);
        let missing = self.b.op("IsNaN", &["context"], vec![]);
        let seen = self.b.op("Not", &[&missing], vec![]);
        let seen = self.b.cast(&seen, Element::Float);
        let observed = self.b.op("Where", &[&missing, &zero, "context"], vec![]);
        let count = self.b.sum(&seen);
        let count = self.b.at_least(&count, 1.0);
        let total = self.b.sum(&observed);
        let location = self.b.op("Div", &[&total, &count], vec![]);
        let deviation = self.b.op("Sub", &[&observed, &location], vec![]);
        let deviation = self.b.op("Mul", &[&deviation, &seen], vec![]);
        let square = self.b.op("Mul", &[&deviation, &deviation], vec![]);
        let variance = self.b.sum(&square);
        let variance = self.b.op("Div", &[&variance, &count], vec![]);
        let spread = self.b.op("Sqrt", &[&variance], vec![]);
        let none = self.b.op("Equal", &[&spread, &zero], vec![]);
        let least = self.b.number(NO_SPREAD);
        let scale = self.b.op("Where", &[&none, &least, &spread], vec![]);
        let scaled = self.b.op("Div", &[&deviation, &scale], vec![]);

        let patches = self.b.reshape(&scaled, &[-1, patch as i64]);
        let patch_mask = self.b.reshape(&seen, &[-1, patch as i64]);
        let pair = self.b.concat(&[&patches, &patch_mask], 1);
        let embedded = self.residual_block(&pair, "input_patch_embedding", 2 * patch, width)?;

        // [batch, patches]
        let any = self.b.sum(&patch_mask);
        let shape = self.b.op("Shape", &["context"], vec![]);
        let (first, second) = (self.b.integer(0), self.b.integer(1));
        let batch = self.b.op("Gather", &[&shape, &first], vec![int("axis", 0)]);
        let one = self.b.integers(&[1]);
        let batch = self.b.op("Reshape", &[&batch, &one], vec![]);
        let rest = self.b.integers(&[-1]);
        let mask_shape = self.b.concat(&[&batch, &rest], 0);
        let any = self.b.op("Reshape", &[&any, &mask_shape], vec![]);
        let time = self.b.op("Gather", &[&shape, &second], vec![int("axis", 0)]);
        let patch_size = self.b.integer(patch as i64);
        let patch_count = self.b.op("Div", &[&time, &patch_size], vec![]);
        let unseen = self.b.op("Equal", &[&any, &zero], vec![]);
        let hidden = self.b.number(HIDDEN);
        let mask = self.b.op("Where", &[&unseen, &hidden, &zero], vec![]);
        let tokens = Tokens { embedded, mask, location, scale, count: patch_count };
        self.with_reg(tokens, &batch)
    }

    /// Appends the REG token, which every token can see.
    fn with_reg(&mut self, tokens: Tokens, batch: &str) -> Result<Tokens, ChronosError> {
        let Some(reg) = self.config.reg_token else { return Ok(tokens) };
        let width = self.config.d_model;
        let shape = [self.config.vocabulary(), width];
        let row = self.b.row("reg", "shared.weight", shape, reg, &[1, 1, width])?;
        let rest = self.b.integers(&[1, width as i64]);
        let shape = self.b.concat(&[batch, &rest], 0);
        let row = self.b.op("Expand", &[&row, &shape], vec![]);
        let by_batch = self.batch_first(&tokens.embedded, &tokens.count, width);
        let joined = self.b.concat(&[&by_batch, &row], 1);
        let embedded = self.b.reshape(&joined, &[-1, width as i64]);
        let one = self.b.integer(1);
        let count = self.b.op("Add", &[&tokens.count, &one], vec![]);
        let open = self.b.table(&[1, 1], &[0.0]);
        let one_a_row = self.b.integers(&[1]);
        let shape = self.b.concat(&[batch, &one_a_row], 0);
        let open = self.b.op("Expand", &[&open, &shape], vec![]);
        let mask = self.b.concat(&[&tokens.mask, &open], 1);
        Ok(Tokens { embedded, mask, count, ..tokens })
    }

    /// Residual block: hidden -> activation -> output, plus a linear shortcut.
    fn residual_block(
        &mut self,
        x: &str,
        name: &str,
        input: usize,
        output: usize,
    ) -> Result<ValueName, ChronosError> {
        let hidden = self.config.d_ff;
        let bias = |b: &mut Builder<'_>, layer: &str, width: usize| {
            b.weight(&format!("{name}.{layer}.bias"), &[width], &[width])
        };
        let hidden_bias = bias(&mut self.b, "hidden_layer", hidden)?;
        let output_bias = bias(&mut self.b, "output_layer", output)?;
        let shortcut_bias = bias(&mut self.b, "residual_layer", output)?;
        let weight = |layer: &str| format!("{name}.{layer}.weight");
        let h = self.b.linear(x, &weight("hidden_layer"), [hidden, input], Some(&hidden_bias))?;
        let h = self.b.activation(&h, self.config.activation);
        let shortcut = self.b.linear(x, &weight("residual_layer"), [output, input], Some(&shortcut_bias))?;
        let out = self.b.linear(&h, &weight("output_layer"), [output, hidden], Some(&output_bias))?;
        Ok(self.b.op("Add", &[&out, &shortcut], vec![]))
    }

    /// Relative position bias plus mask `[batch, heads, tokens, tokens]`.
    fn position_bias(&mut self, tokens: &Tokens) -> Result<ValueName, ChronosError> {
        let (heads, most) = (self.config.heads, self.config.max_tokens());
        let name = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
        let table = self.b.bias_by_bucket(name, self.config.buckets, heads)?;
        // [heads, 2 most - 1]: the bias of key - query = offset - (most - 1).
        let by_offset: Vec<f32> = (0..heads)
            .flat_map(|head| (0..2 * most - 1).map(move |offset| (head, offset as i64 - (most as i64 - 1))))
            .map(|(head, distance)| {
                table[bucket(distance, self.config.buckets, self.config.max_distance) * heads + head]
            })
            .collect();
        let by_offset = self.b.table(&[heads as i64, 2 * most as i64 - 1], &by_offset);
        let (zero, one) = (self.b.integer(0), self.b.integer(1));
        let positions = self.b.op("Range", &[&zero, &tokens.count, &one], vec![]);
        let query = self.b.reshape(&positions, &[-1, 1]);
        let distance = self.b.op("Sub", &[&positions, &query], vec![]);
        let shift = self.b.integer(most as i64 - 1);
        let offset = self.b.op("Add", &[&distance, &shift], vec![]);
        let bias = self.b.op("Gather", &[&by_offset, &offset], vec![int("axis", 1)]);
        let axes = self.b.integers(&[1, 2]);
        let mask = self.b.op("Unsqueeze", &[&tokens.mask, &axes], vec![]);
        Ok(self.b.op("Add", &[&bias, &mask], vec![]))
    }

    fn encoder_layer(
        &mut self,
        x: &str,
        layer: usize,
        bias: &str,
        by_batch: &str,
    ) -> Result<ValueName, ChronosError> {
        let (width, heads, d_kv) = (self.config.d_model, self.config.heads, self.config.d_kv);
        let inner = heads * d_kv;
        let name = |part: &str| format!("encoder.block.{layer}.layer.0.SelfAttention.{part}.weight");
        let normed = self.norm(x, &format!("encoder.block.{layer}.layer.0.layer_norm.weight"))?;
        let mut projected = Vec::new();
        for part in ["q", "k", "v"] {
            let rows = self.b.linear(&normed, &name(part), [inner, width], None)?;
            projected.push(self.b.op("Reshape", &[&rows, by_batch], vec![]));
        }
        // T5 does not divide the scores by the root of the width.
        let attributes =
            vec![int("q_num_heads", heads as i64), int("kv_num_heads", heads as i64), float("scale", 1.0)];
        let inputs = [&projected[0], &projected[1], &projected[2], bias].map(|s| s as &str);
        let mixed = self.b.op("Attention", &inputs, attributes);
        let mixed = self.b.reshape(&mixed, &[-1, inner as i64]);
        let x = self.b.linear(&mixed, &name("o"), [width, inner], Some(x))?;
        self.feed_forward(&x, &format!("encoder.block.{layer}.layer.1"))
    }

    fn feed_forward(&mut self, x: &str, block: &str) -> Result<ValueName, ChronosError> {
        let (width, hidden) = (self.config.d_model, self.config.d_ff);
        let name = |part: &str| format!("{block}.DenseReluDense.{part}.weight");
        let normed = self.norm(x, &format!("{block}.layer_norm.weight"))?;
        let inner = if self.config.gated {
            let gate = self.b.linear(&normed, &name("wi_0"), [hidden, width], None)?;
            let gate = self.b.activation(&gate, self.config.activation);
            let linear = self.b.linear(&normed, &name("wi_1"), [hidden, width], None)?;
            self.b.op("Mul", &[&gate, &linear], vec![])
        } else {
            let inner = self.b.linear(&normed, &name("wi"), [hidden, width], None)?;
            self.b.activation(&inner, self.config.activation)
        };
        self.b.linear(&inner, &name("wo"), [width, hidden], Some(x))
    }

    /// One layer of the decoder's single step; `y` `[batch or 1, d_model]`, `encoded` `[batch, tokens, d_model]`,
    /// `keys` its transpose `[batch, d_model, tokens]`.
    fn decoder_layer(
        &mut self,
        y: &str,
        layer: usize,
        encoded: &str,
        keys: &str,
        mask: &str,
    ) -> Result<ValueName, ChronosError> {
        let (width, heads, d_kv) = (self.config.d_model, self.config.heads, self.config.d_kv);
        let inner = heads * d_kv;
        let block = format!("decoder.block.{layer}");
        let own = |part: &str| format!("{block}.layer.0.SelfAttention.{part}.weight");
        let normed = self.norm(y, &format!("{block}.layer.0.layer_norm.weight"))?;
        let value = self.b.linear(&normed, &own("v"), [inner, width], None)?;
        let y = self.b.linear(&value, &own("o"), [width, inner], Some(y))?;

        let cross = |part: &str| format!("{block}.layer.1.EncDecAttention.{part}.weight");
        let normed = self.norm(&y, &format!("{block}.layer.1.layer_norm.weight"))?;
        let query = self.b.linear(&normed, &cross("q"), [inner, width], None)?;
        let query = self.b.reshape(&query, &[-1, heads as i64, d_kv as i64]);
        let query = self.b.transpose(&query, &[1, 0, 2]);
        let key_weight = self.b.weight(&cross("k"), &[inner, width], &[heads, d_kv, width])?;
        let query = self.b.op("MatMul", &[&query, &key_weight], vec![]);
        let query = self.b.transpose(&query, &[1, 0, 2]);
        let scores = self.b.op("MatMul", &[&query, keys], vec![]);
        let axis = self.b.integers(&[1]);
        let mask = self.b.op("Unsqueeze", &[mask, &axis], vec![]);
        let scores = self.b.op("Add", &[&scores, &mask], vec![]);
        let attention = self.b.softmax(&scores);
        let mixed = self.b.op("MatMul", &[&attention, encoded], vec![]);
        let mixed = self.b.transpose(&mixed, &[1, 0, 2]);
        let value_weight = self.b.weight(&cross("v"), &[inner, width], &[heads, d_kv, width])?;
        let value_weight = self.b.transpose(&value_weight, &[0, 2, 1]);
        let mixed = self.b.op("MatMul", &[&mixed, &value_weight], vec![]);
        let mixed = self.b.transpose(&mixed, &[1, 0, 2]);
        let mixed = self.b.reshape(&mixed, &[-1, inner as i64]);
        let y = self.b.linear(&mixed, &cross("o"), [width, inner], Some(&y))?;
        self.feed_forward(&y, &format!("{block}.layer.2"))
    }

    /// Output head and unscaling.
    fn quantiles(&mut self, decoded: &str, tokens: &Tokens) -> Result<(), ChronosError> {
        let (count, steps) = (self.config.quantiles.len(), self.config.prediction_length);
        let flat = self.residual_block(decoded, "output_patch_embedding", self.config.d_model, count * steps)?;
        let spread = self.b.op("Mul", &[&flat, &tokens.scale], vec![]);
        let placed = self.b.op("Add", &[&spread, &tokens.location], vec![]);
        let shape = self.b.integers(&[-1, count as i64, steps as i64]);
        self.b.named("Reshape", &[&placed, &shape], vec![], "quantile_preds");
        Ok(())
    }
}

/// T5's bucket of a relative position, key - query, both directions (Raffel et al. 2020, section 2.1): each direction
/// has half of the buckets, half of those are exact, and the rest grow with the logarithm up to `max_distance`. The
/// logarithms are in single precision as in the reference, so that the borders agree.
fn bucket(distance: i64, buckets: usize, max_distance: usize) -> usize {
    let half = buckets / 2;
    let exact = half / 2;
    let direction = if distance > 0 { half } else { 0 };
    let distance = distance.unsigned_abs() as usize;
    if distance < exact {
        return direction + distance;
    }
    let ratio = (distance as f32 / exact as f32).ln() / (max_distance as f64 / exact as f64).ln() as f32;
    let beyond = (ratio * (half - exact) as f32) as usize;
    direction + (exact + beyond).min(half - 1)
}
