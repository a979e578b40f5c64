//! Directed acyclic graphs: order, Markov equivalence, and the criterion that makes a network's model cylindrical.
//!
//! Structure only; what the nodes are and how they depend on their parents is a layer above.

mod cylinder;
mod dag;
mod essential;

pub use cylinder::{Change, Obstacle, criterion, smallest_change};
pub use dag::{Cycle, Dag};
pub use essential::Essential;
