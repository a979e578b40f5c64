//! Discrete Bayesian networks with hidden nodes: their distributions, metrics and directions.
//!
//! ```text
//! p(x; ξ) = Π_r p(x_r | x_pa(r); ξ_r)      G = blockdiag_r Σ_c p(c) F_r(c)      G_V = E_v[ E[s|v] E[s|v]ᵀ ]
//! ```
//!
//! Joint states are lexicographic, the first node slowest; visible states likewise over the visible nodes.

mod ancestral;
mod compare;
pub mod components;
mod cylinder;
mod described;
mod enumerated;
pub mod junction;
mod least_norm;
pub mod local;
mod many;
mod natural;
mod objective;
mod random;
mod structure;
pub mod volume;

pub use compare::{Angles, Comparison, Direction, Target, compare, visible_fisher};
pub use cylinder::{CylinderAtPoint, cylinder};
pub use enumerated::{At, Enumerated, MOST_STATES};
use least_norm::least_norm;
pub use many::{Comparisons, Pair, compare_many};
pub use natural::{Least, best_recognition, natural_elbo, natural_evidence, rates};
pub use objective::Objective;
pub use random::random_point;
pub use structure::{Network, Node, NodeSpec, Rows};
