//! Exact inference without listing joint states: a junction tree, compiled once and run for many patterns of evidence.
//!
//! ```text
//! compile   families → moral graph without the given nodes → triangulation → tree of cliques
//! run       evidence → messages to the root and back → log p(v) and p(x_r, x_pa(r) | v) for every node r
//! ```

mod layout;
mod logarithms;
mod propagate;
mod triangulate;

pub use layout::{Cost, JunctionTree, MOST_BYTES};
pub use propagate::Beliefs;
