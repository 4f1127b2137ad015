//! The precision of the weights in a graph: what a converter, a session and their callers agree on.

/// Precision of the weights in the graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Precision {
    /// As the checkpoint has them, computed in single precision.
    #[default]
    Float,
    /// Matrices in eight bits, one scale for 64 weights.
    Int8,
}

impl Precision {
    /// Its name in logs and reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Float => "float32",
            Self::Int8 => "int8",
        }
    }
}
