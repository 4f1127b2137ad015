//! Builder of the nodes and initializers of an ONNX graph: a thin layer over [`crate::onnx`] that names values,
//! stores each constant once, and places weights, so that [`crate::graph`] reads like the model.

use crate::checkpoint::{Checkpoint, TensorLocation};
use crate::config::Activation;
use crate::error::ChronosError;
use crate::onnx::{Attribute, Element, Entry, Node, Tensor, float, int, ints};
use crate::precision::Precision;
use safetensors::Dtype;
use std::collections::HashMap;

/// Domain of ONNX Runtime's own operators.
pub(crate) const MICROSOFT: &str = "com.microsoft";

/// Name of a value in the graph.
pub(crate) type ValueName = String;

/// Graph under construction.
pub(crate) struct Builder<'a> {
    checkpoint: &'a Checkpoint,
    precision: Precision,
    pub(crate) nodes: Vec<Node>,
    pub(crate) initializers: Vec<Tensor>,
    constants: HashMap<(i32, Vec<i64>, Vec<u8>), ValueName>,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(checkpoint: &'a Checkpoint, precision: Precision) -> Self {
        Self { checkpoint, precision, nodes: Vec::new(), initializers: Vec::new(), constants: HashMap::new() }
    }

    /// Adds a node with one output and returns that output.
    pub(crate) fn op(&mut self, operator: &str, inputs: &[&str], attributes: Vec<Attribute>) -> ValueName {
        let name = format!("{operator}_{}", self.nodes.len());
        self.named(operator, inputs, attributes, &name)
    }

    /// Adds a node whose single output is named `output`.
    pub(crate) fn named(
        &mut self,
        operator: &str,
        inputs: &[&str],
        attributes: Vec<Attribute>,
        output: &str,
    ) -> ValueName {
        self.node(operator, inputs, attributes, vec![output.to_owned()]);
        output.to_owned()
    }

    fn node(&mut self, operator: &str, inputs: &[&str], attribute: Vec<Attribute>, output: Vec<ValueName>) {
        let name = output.first().cloned().unwrap_or_default();
        let input = inputs.iter().map(|i| (*i).to_owned()).collect();
        let domain = if operator == "MatMulNBits" { MICROSOFT } else { "" }.to_owned();
        self.nodes.push(Node { input, output, name, op_type: operator.to_owned(), attribute, domain });
    }

    fn constant(&mut self, element: Element, dims: &[i64], raw_data: Vec<u8>) -> ValueName {
        let key = (element as i32, dims.to_vec(), raw_data);
        if let Some(name) = self.constants.get(&key) {
            return name.clone();
        }
        let name = format!("constant_{}", self.initializers.len());
        let (data_type, dims, raw_data) = key.clone();
        self.initializers.push(Tensor { dims, data_type, name: name.clone(), raw_data, ..Tensor::default() });
        self.constants.insert(key, name.clone());
        name
    }

    /// Adds a list of integers `[len]`.
    pub(crate) fn integers(&mut self, values: &[i64]) -> ValueName {
        let bytes = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        self.constant(Element::Int64, &[values.len() as i64], bytes)
    }

    /// Adds a single integer, shape `[]`.
    pub(crate) fn integer(&mut self, value: i64) -> ValueName {
        self.constant(Element::Int64, &[], value.to_le_bytes().to_vec())
    }

    /// Adds a single number, shape `[]`.
    pub(crate) fn number(&mut self, value: f32) -> ValueName {
        self.constant(Element::Float, &[], value.to_le_bytes().to_vec())
    }

    /// Adds a table of numbers of shape `dims`.
    pub(crate) fn table(&mut self, dims: &[i64], values: &[f32]) -> ValueName {
        self.constant(Element::Float, dims, values.iter().flat_map(|v| v.to_le_bytes()).collect())
    }

    /// Reshapes to `dims`; 0 keeps a dimension, -1 is inferred.
    pub(crate) fn reshape(&mut self, value: &str, dims: &[i64]) -> ValueName {
        let shape = self.integers(dims);
        self.op("Reshape", &[value, &shape], vec![])
    }

    /// Permutes the axes.
    pub(crate) fn transpose(&mut self, value: &str, axes: &[i64]) -> ValueName {
        self.op("Transpose", &[value], vec![ints("perm", axes)])
    }

    /// Adds weight `name` of shape `shape` in the checkpoint, as `dims`. Single-precision weights stay in the
    /// checkpoint's own file; others, and those of the built-in checkpoint, are written into the graph in single
    /// precision.
    pub(crate) fn weight(&mut self, name: &str, shape: &[usize], dims: &[usize]) -> Result<ValueName, ChronosError> {
        let stored = self.checkpoint.tensor(name, shape)?;
        self.place(name, stored, dims)
    }

    /// Adds row `row` of a table `[rows, width]`, as `dims`; the name includes `role`, since one row may have two.
    pub(crate) fn row(
        &mut self,
        role: &str,
        name: &str,
        shape: [usize; 2],
        row: usize,
        dims: &[usize],
    ) -> Result<ValueName, ChronosError> {
        let whole = self.checkpoint.tensor(name, &shape)?;
        let length = (shape[1] * if whole.dtype == Dtype::F32 { 4 } else { 2 }) as u64;
        let stored = TensorLocation { offset: whole.offset + row as u64 * length, length, dtype: whole.dtype };
        self.place(&format!("{name}[{row}] {role}"), stored, dims)
    }

    fn place(&mut self, name: &str, stored: TensorLocation, dims: &[usize]) -> Result<ValueName, ChronosError> {
        let mut tensor = Tensor {
            dims: dims.iter().map(|d| *d as i64).collect(),
            data_type: Element::Float as i32,
            name: name.to_owned(),
            ..Tensor::default()
        };
        if stored.dtype == Dtype::F32
            && let Some((_, file)) = self.checkpoint.weights_file()
        {
            let entry = |key: &str, value: String| Entry { key: key.to_owned(), value };
            tensor.data_location = 1;
            tensor.external_data = vec![
                entry("location", file),
                entry("offset", stored.offset.to_string()),
                entry("length", stored.length.to_string()),
            ];
        } else {
            let values = self.checkpoint.read(name, &stored)?;
            tensor.raw_data = values.iter().flat_map(|v| v.to_le_bytes()).collect();
        }
        self.initializers.push(tensor);
        Ok(name.to_owned())
    }

    /// Multiplies `x` `[n, input]` by the transpose of weight `name` `[output, input]` and adds `added` (a bias
    /// `[output]` or a residual `[n, output]`): `[n, output]`.
    pub(crate) fn linear(
        &mut self,
        x: &str,
        name: &str,
        [output, input]: [usize; 2],
        added: Option<&str>,
    ) -> Result<ValueName, ChronosError> {
        if self.precision == Precision::Int8 && !name.starts_with(INPUT) {
            return self.quantized_linear(x, name, [output, input], added);
        }
        let weight = self.weight(name, &[output, input], &[output, input])?;
        let inputs: Vec<&str> = [x, &weight].into_iter().chain(added).collect();
        Ok(self.op("Gemm", &inputs, vec![int("transB", 1)]))
    }

    /// Same as [`Builder::linear`] with symmetric eight-bit weights, one scale per [`BLOCK`]; ONNX Runtime converts
    /// the activations to eight bits too, one scale per block of a row (operator MatMulNBits, accuracy level 4).
    fn quantized_linear(
        &mut self,
        x: &str,
        name: &str,
        [output, input]: [usize; 2],
        added: Option<&str>,
    ) -> Result<ValueName, ChronosError> {
        let stored = self.checkpoint.tensor(name, &[output, input])?;
        let values = self.checkpoint.read(name, &stored)?;
        let (quantized, scales) = quantize(&values, input);
        let push = |builder: &mut Self, suffix: &str, dims: Vec<i64>, element: Element, raw_data: Vec<u8>| {
            let name = format!("{name}.{suffix}");
            let data_type = element as i32;
            builder.initializers.push(Tensor { dims, data_type, name: name.clone(), raw_data, ..Tensor::default() });
            name
        };
        let blocks = input.div_ceil(BLOCK) as i64;
        let weight = push(self, "int8", vec![output as i64, blocks, BLOCK as i64], Element::Uint8, quantized);
        let scale_bytes = scales.iter().flat_map(|v| v.to_le_bytes()).collect();
        let scale = push(self, "scale", vec![output as i64, blocks], Element::Float, scale_bytes);
        let attributes = vec![
            int("K", input as i64),
            int("N", output as i64),
            int("bits", 8),
            int("block_size", BLOCK as i64),
            int("accuracy_level", 4),
        ];
        let product = self.op("MatMulNBits", &[x, &weight, &scale], attributes);
        Ok(match added {
            Some(added) => self.op("Add", &[&product, added], vec![]),
            None => product,
        })
    }

    /// T5's layer norm, without mean and bias (Zhang and Sennrich 2019, RMSNorm), over the last axis.
    pub(crate) fn norm(
        &mut self,
        x: &str,
        name: &str,
        width: usize,
        epsilon: f32,
    ) -> Result<ValueName, ChronosError> {
        let weight = self.weight(name, &[width], &[width])?;
        Ok(self.op("RMSNormalization", &[x, &weight], vec![float("epsilon", epsilon)]))
    }

    /// Sum over the last axis, which is kept with length 1.
    pub(crate) fn sum(&mut self, x: &str) -> ValueName {
        let axis = self.integers(&[-1]);
        self.op("ReduceSum", &[x, &axis], vec![int("keepdims", 1)])
    }

    /// Softmax over the last axis.
    pub(crate) fn softmax(&mut self, x: &str) -> ValueName {
        self.op("Softmax", &[x], vec![int("axis", -1)])
    }

    /// Applies the activation function `kind`, element by element.
    pub(crate) fn activation(&mut self, x: &str, kind: Activation) -> ValueName {
        match kind {
            Activation::Relu => self.op("Relu", &[x], vec![]),
            Activation::Silu => {
                let gate = self.op("Sigmoid", &[x], vec![]);
                self.op("Mul", &[x, &gate], vec![])
            }
            Activation::Gelu => {
                let scaled = self.number(std::f32::consts::FRAC_1_SQRT_2);
                let scaled = self.op("Mul", &[x, &scaled], vec![]);
                let gate = self.op("Erf", &[&scaled], vec![]);
                self.gelu_from(x, &gate)
            }
            Activation::GeluTanh => {
                // 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), Hendrycks and Gimpel 2016, section 2.
                let (cubic, three) = (self.number(0.044_715), self.number(3.0));
                let root = self.number(std::f32::consts::FRAC_2_SQRT_PI * std::f32::consts::FRAC_1_SQRT_2);
                let cube = self.op("Pow", &[x, &three], vec![]);
                let cube = self.op("Mul", &[&cube, &cubic], vec![]);
                let inner = self.op("Add", &[x, &cube], vec![]);
                let inner = self.op("Mul", &[&inner, &root], vec![]);
                let gate = self.op("Tanh", &[&inner], vec![]);
                self.gelu_from(x, &gate)
            }
        }
    }

    /// 0.5 x (1 + gate)
    fn gelu_from(&mut self, x: &str, gate: &str) -> ValueName {
        let (one, half) = (self.number(1.0), self.number(0.5));
        let gate = self.op("Add", &[gate, &one], vec![]);
        let product = self.op("Mul", &[x, &gate], vec![]);
        self.op("Mul", &[&product, &half], vec![])
    }

    /// Joins along `axis`.
    pub(crate) fn concat(&mut self, values: &[&str], axis: i64) -> ValueName {
        self.op("Concat", values, vec![int("axis", axis)])
    }

    /// Casts to `element`.
    pub(crate) fn cast(&mut self, x: &str, element: Element) -> ValueName {
        self.op("Cast", &[x], vec![int("to", element as i64)])
    }

    /// Clips below at `least`.
    pub(crate) fn at_least(&mut self, x: &str, least: f32) -> ValueName {
        let least = self.number(least);
        self.op("Max", &[x, &least], vec![])
    }

    /// Reads table `name` `[buckets, heads]`; it is read here because it goes into the graph in another order.
    pub(crate) fn bias_by_bucket(&self, name: &str, buckets: usize, heads: usize) -> Result<Vec<f32>, ChronosError> {
        let stored = self.checkpoint.tensor(name, &[buckets, heads])?;
        self.checkpoint.read(name, &stored)
    }
}

/// Number of weights that share a scale.
const BLOCK: usize = 64;
/// Prefix of layers that are never rounded to eight bits: they read the rates themselves, where a day's change is a
/// few hundredths of the range, and they have few weights.
const INPUT: &str = "input_patch_embedding.";

/// Converts rows of `values` `[output, input]` to eight bits about 128, each block of [`BLOCK`] with its own scale.
fn quantize(values: &[f32], input: usize) -> (Vec<u8>, Vec<f32>) {
    let mut quantized = Vec::with_capacity(values.len());
    let mut scales = Vec::with_capacity(values.len() / BLOCK);
    for block in values.chunks_exact(input).flat_map(|row| row.chunks(BLOCK)) {
        let greatest = block.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        let scale = if greatest > 0.0 { greatest / 127.0 } else { 1.0 };
        scales.push(scale);
        quantized.extend(block.iter().map(|v| ((v / scale).round() + 128.0) as u8));
        quantized.extend(std::iter::repeat_n(128, BLOCK - block.len()));
    }
    (quantized, scales)
}
