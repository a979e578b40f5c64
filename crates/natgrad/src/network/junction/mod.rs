//! Exact inference without listing joint states: a junction tree, compiled once and run for many patterns of evidence.
//!
//! ```text
//! compile   families → moral graph without the given nodes → triangulation → tree of cliques
//! run       evidence → messages to the root and back → log p(v) and p(x_r, x_pa(r) | v) for every node r
//! ```

mod contradiction;
mod layout;
mod logarithms;
mod most_probable;
mod posterior;
mod propagate;
mod triangulate;

pub use contradiction::{Contradiction, contradiction};
pub use layout::{Cost, JunctionTree, MOST_BYTES};
pub use most_probable::{Explanation, most_probable};
pub use posterior::{Posteriors, posteriors};
pub use propagate::Beliefs;
