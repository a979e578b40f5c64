//! Networks as parametrisations: of the joint simplex, or of the visible one.

use super::Parametrisation;
use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::network::Enumerated;

/// The parameters of a network mapped to the probabilities of its joint or of its visible states; the ambient metric is
/// [`FisherRao`](super::FisherRao).
///
/// With softmax nodes it has one parameter too many per row; the visible map has too many wherever states are hidden.
#[derive(Debug, Clone)]
pub struct NetworkMap<'a> {
    of: &'a Enumerated<'a>,
    visible: bool,
}

impl<'a> NetworkMap<'a> {
    /// Onto the distributions of all nodes.
    pub fn joint(of: &'a Enumerated<'a>) -> Self {
        NetworkMap { of, visible: false }
    }

    /// Onto the distributions of the visible nodes.
    pub fn visible(of: &'a Enumerated<'a>) -> Self {
        NetworkMap { of, visible: true }
    }
}

impl Parametrisation for NetworkMap<'_> {
    fn parameters(&self) -> usize {
        self.of.network().parameters()
    }

    fn ambient(&self) -> usize {
        if self.visible { self.of.map().visible() } else { self.of.map().visible_of().len() }
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        let at = self.of.at(&Point(xi.to_vec()));
        if self.visible { at.visible } else { at.joint }
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        let at = self.of.at(&Point(xi.to_vec()));
        if self.visible {
            return self.of.visible_jacobian(&at);
        }
        let mut out = Matrix::zeros(at.joint.len(), self.parameters());
        self.of.jacobian(&at, |x, j, d| out[(x, j)] += d);
        out
    }
}
