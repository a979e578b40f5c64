//! Discrete Bayesian networks with hidden nodes: their distributions, metrics and directions.
//!
//! ```text
//! p(x; ξ) = Π_r p(x_r | x_pa(r); ξ_r)      G = blockdiag_r Σ_c p(c) F_r(c)      G_V = E_v[ E[s|v] E[s|v]ᵀ ]
//! ```
//!
//! Joint states are lexicographic, the first node slowest; visible states likewise over the visible nodes.

mod compare;
pub mod components;
mod cylinder;
mod described;
mod enumerated;
pub mod junction;
pub mod local;
mod random;
mod structure;

pub use compare::{Angles, Comparison, Direction, Target, compare, visible_fisher};
pub use cylinder::{CylinderAtPoint, cylinder};
pub use enumerated::{At, Enumerated, MOST_STATES};
pub use random::random_point;
pub use structure::{Network, Node, NodeSpec, Rows};
