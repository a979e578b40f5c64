//! Maps with more parameters than dimensions: sums, products, softmax, networks with hidden nodes.

use crate::geometry::Point;
use crate::linalg::Matrix;
use crate::network::local::{Local, Softmax};
use crate::network::{Network, NodeSpec};
use crate::parametrised::Parametrisation;
use std::sync::Arc;

/// `ξ ↦ ξ₁ + … + ξ_d`: overparametrised everywhere, and proper everywhere.
#[derive(Debug, Clone, Copy)]
pub struct Sum(pub usize);

impl Parametrisation for Sum {
    fn parameters(&self) -> usize {
        self.0
    }

    fn ambient(&self) -> usize {
        1
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        vec![xi.iter().sum()]
    }

    fn jacobian(&self, _: &[f64]) -> Matrix {
        Matrix::from_fn(1, self.0, |_, _| 1.0)
    }
}

/// `(a, b) ↦ a b`: overparametrised, and not proper at the origin.
#[derive(Debug, Clone, Copy, Default)]
pub struct Product;

impl Parametrisation for Product {
    fn parameters(&self) -> usize {
        2
    }

    fn ambient(&self) -> usize {
        1
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        vec![xi[0] * xi[1]]
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        Matrix::from_fn(1, 2, |_, j| xi[1 - j])
    }
}

/// The simplex of `k` states by `k` logits, `p = softmax(ξ)`: one parameter too many, proper everywhere.
#[derive(Debug, Clone, Copy)]
pub struct SoftmaxMap(pub usize);

impl SoftmaxMap {
    fn local(&self) -> Softmax {
        Softmax { states: self.0, configurations: 1 }
    }
}

impl Parametrisation for SoftmaxMap {
    fn parameters(&self) -> usize {
        self.0
    }

    fn ambient(&self) -> usize {
        self.0
    }

    fn map(&self, xi: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.0];
        self.local().probabilities(xi, &mut out);
        out
    }

    fn jacobian(&self, xi: &[f64]) -> Matrix {
        let mut out = Matrix::zeros(self.0, self.0);
        self.local().derivatives(xi, 0, &mut |j, d| d.iter().enumerate().for_each(|(i, d)| out[(i, j)] = *d));
        out
    }
}

/// A hidden cause `x` of two visible effects, `y ← x → z`, all of two states: five parameters
/// `(x, y₁, y₂, z₁, z₂)` for three visible dimensions. At `y₁ = y₂`, `z₁ = z₂` the visible map is not proper.
pub fn common_cause() -> Network {
    let node = |name: &str, parents: &[&str]| NodeSpec {
        name: name.into(),
        states: vec!["first".into(), "second".into()],
        parents: parents.iter().map(|p| (*p).into()).collect(),
        table: None,
    };
    match Network::new(vec![node("x", &[]), node("y", &["x"]), node("z", &["x"])]) {
        Ok((network, _)) => network,
        Err(_) => unreachable!("three distinct nodes without a cycle"),
    }
}

/// A network of tables with every row written as a softmax of logits, and the same point in these: one parameter too
/// many per row. `None` where an entry is not positive.
pub fn softmax_network(network: &Network, at: &Point) -> Option<(Network, Point)> {
    let soft = network.with_local(|i, network| {
        let local = Softmax { states: network.states(i), configurations: network.configurations(i) };
        Some(Arc::new(local) as Arc<dyn Local>)
    });
    let tables: Vec<Vec<f64>> = (0..network.len()).map(|i| network.table(i, at)).collect();
    let point = soft.point(&tables)?;
    Some((soft, point))
}
