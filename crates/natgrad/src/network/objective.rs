//! The three objectives whose natural gradients are compared and followed.

/// Whose gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// `G_V⁺ c_V`, of the evidence.
    Evidence,
    /// `G⁺ c_V`: the evidence with perfect recognition, in the joint metric.
    Recognition,
    /// `G⁺ c_q`, of the ELBO with `q` fixed.
    Elbo,
}

impl Objective {
    /// All three.
    pub const ALL: [Objective; 3] = [Objective::Evidence, Objective::Recognition, Objective::Elbo];

    /// Its name on the command line and in legends.
    pub fn name(self) -> &'static str {
        match self {
            Objective::Evidence => "evidence",
            Objective::Recognition => "recognition",
            Objective::Elbo => "elbo",
        }
    }
}
