//! Any beliefs about layer 1, in place of the posterior: the bound that they give, and its sums.
//!
//! ```text
//! F = (1/N) Σ_n w_n Σ_s q_n(s) (ln p(x_n, z_1 = s) − ln q_n(s))
//! ```

use super::SigmoidBeliefNet;
use super::states::moments;
use super::tables::Tables;
use super::unit::Workspace;
use crate::Error;
use crate::geometry::Point;
use crate::model::{LatentModel, Statistics, Want};
use crate::rows::{RowSource, Table};

impl SigmoidBeliefNet {
    /// The sums of given beliefs `beliefs[n · states + s]` about layer 1 (the layers above have their posterior given it);
    /// `log_evidence` is then the bound.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain; [`Error::Data`] if the beliefs do not fit the rows.
    pub fn with_beliefs(&self, at: &Point, table: &Table, beliefs: &[f64]) -> Result<Statistics, Error> {
        self.check(at)?;
        let (d, n) = (self.layout.sizes[0], self.layout.block(0));
        let states = 1usize << self.layout.sizes[1];
        if beliefs.len() as u64 != table.rows() * states as u64 {
            return Err(Error::Data {
                problem: format!("{} beliefs for {} rows and {states} states", beliefs.len(), table.rows()),
                hint: "give a probability for every row and state".into(),
            });
        }
        let tables = Tables::new(self, &at.0);
        let mut logits = vec![0.0; d * states];
        let mut ws = Workspace::new(states);
        for (unit, own) in logits.chunks_exact_mut(states).enumerate() {
            own.copy_from_slice(ws.entropies(&at.0[self.layout.unit(0, unit)]).0);
        }
        let mut out = self.empty(Want::Statistics);
        let (cross, rest) = out.sums.split_at_mut(d * n);
        let mut means = vec![0.0; n];
        for (row, q) in beliefs.chunks_exact(states).enumerate() {
            let w = table.weight(row);
            let cells: Vec<f64> = (0..d).map(|c| table.cell(row, c)).collect();
            let mut weighted: Vec<f64> = q.iter().map(|q| w * q).collect();
            for (s, q) in q.iter().enumerate().filter(|(_, q)| **q > 0.0) {
                let mut joint = tables.constant[s];
                for (x, a) in cells.iter().zip(logits.chunks_exact(states)).filter(|(x, _)| !x.is_nan()) {
                    joint += x * a[s];
                }
                for (m, _) in self.incomplete.iter().enumerate().filter(|(_, c)| cells[**c].is_nan()) {
                    joint += tables.softplus_missing[m * states + s];
                    rest[(m + 1) * states + s] += w * q;
                }
                rest[s] += w * q;
                out.log_evidence += w * q * (joint - q.ln());
                out.recognition_entropy += w * q * (tables.chain.entropy_above[s] - q.ln());
            }
            moments(&mut weighted, &mut means);
            for (x, cross) in cells.iter().zip(cross.chunks_exact_mut(n)).filter(|(x, _)| !x.is_nan()) {
                cross.iter_mut().zip(&means).for_each(|(c, m)| *c += x * m);
            }
            out.rows += 1;
            out.weight += w;
        }
        Ok(out)
    }
}
