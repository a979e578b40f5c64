//! Geometry of networks that are too large to list: everything falls apart into the connected parts of the hidden nodes.
//!
//! ```text
//! s_r = ∂ ln p(x_r | x_pa(r))      scores of different nodes are orthogonal: E[s_r s_tᵀ] = 0
//! family of r all visible          E[s_r | v] = s_r: information wholly visible, λ = 1
//! hidden nodes in different parts  independent given v, so E[ E[s_r|v] E[s_t|v]ᵀ ] = E[s_r s_tᵀ] = 0
//! ```
//!
//! Hidden nodes are joined where a family holds both; a part is a connected set of them with the families it touches. The
//! posterior of a part depends on the visible members of these families alone, its blanket. So the visible Fisher matrix
//! has one block per part, an average over blanket states: exact where these can be listed, else over a sample.

mod compare;
mod form;
mod geometry;
mod part;
mod sample;

pub use compare::{Length, RowsComparison, RowsTarget, VisibleRows, compare_rows};
pub use geometry::{Components, Effort, PartGeometry, Uncertainty};
pub use part::{Part, parts};
pub use sample::sample_states;
