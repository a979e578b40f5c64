//! The entropy-sum residual of a network, table by table.
//!
//! ```text
//! R = (1/N) Σ_e N_e (ln θ_e + H(row of e))   over tables whose natural parameters can be scaled together
//! ```

use super::BayesNet;
use super::layout::Block;
use super::plan::Tables;
use crate::geometry::Point;
use crate::model::Statistics;

impl BayesNet {
    /// Whether all natural parameters of a block can be scaled together: not where it is frozen or a noisy-or.
    pub(super) fn can_be_tempered(block: &Block) -> bool {
        !block.frozen && block.local.as_ref().is_none_or(|l| l.kind() != "noisy-or")
    }

    /// What an entry adds to the entropy-sum residual, `ln θ_e + H(row)`; 0 for tables that cannot be tempered.
    pub(super) fn tempering(&self, tables: &Tables<'_>) -> Vec<f64> {
        let mut out = vec![0.0; self.layout.entries];
        for block in self.layout.blocks.iter().filter(|b| Self::can_be_tempered(b)) {
            for row in 0..block.rows {
                let first = block.first_entry + row * block.states;
                let entropy = entropy(&tables.theta[first..first + block.states]);
                for e in (first..first + block.states).filter(|&e| tables.theta[e] > 0.0) {
                    out[e] = tables.log[e] + entropy;
                }
            }
        }
        out
    }

    /// Each node's share of the entropy-sum residual, nats per row; tied nodes' is with the first of them.
    pub fn residuals(&self, at: &Point, s: &Statistics) -> Vec<f64> {
        let tables = Tables::new(&self.network, &self.layout, self.theta(at));
        let each = self.tempering(&tables);
        let mut out = vec![0.0; self.network.len()];
        for block in &self.layout.blocks {
            out[block.nodes[0]] = block.entries().map(|e| s.sums[e] * each[e]).sum::<f64>() / s.weight;
        }
        out
    }

    /// Variance of the tempering direction's complete-data score, `Σ_c N(c)/N Var[ln θ]`.
    pub fn tempering_variance(&self, at: &Point, s: &Statistics) -> f64 {
        let tables = Tables::new(&self.network, &self.layout, self.theta(at));
        let each = self.tempering(&tables);
        let mut out = 0.0;
        for block in &self.layout.blocks {
            for row in 0..block.rows {
                let entries = || (block.first_entry + row * block.states..).take(block.states);
                let weight: f64 = entries().map(|e| s.sums[e]).sum::<f64>() / s.weight;
                out += weight * entries().map(|e| tables.theta[e] * each[e] * each[e]).sum::<f64>();
            }
        }
        out
    }

    /// What the prior explains of the entropy-sum residual at a stationary point, per row: `−(1/N) d ln prior` along the
    /// tempering direction.
    pub fn prior_residual(&self, at: &Point, s: &Statistics) -> f64 {
        if self.prior == 0.0 {
            return 0.0;
        }
        let tables = Tables::new(&self.network, &self.layout, self.theta(at));
        -self.prior * self.tempering(&tables).iter().sum::<f64>() / s.weight
    }
}

/// `−Σ p ln p`.
pub(super) fn entropy(p: &[f64]) -> f64 {
    -p.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>()
}
