//! Precision of the weights in a graph, shared by converter, sessions and their callers.

/// Precision of the weights in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As in the checkpoint, computed in single precision.
    #[default]
    Float,
    /// Matrices in eight bits, with one scale for 64 weights.
    Int8,
}

impl Precision {
    /// Name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float32",
            Self::Int8 => "int8",
        }
    }
}
