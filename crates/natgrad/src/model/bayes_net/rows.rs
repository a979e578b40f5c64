//! What a learnt network says of single rows: evidence, posteriors of what is hidden, draws, and why a row is impossible.

use super::BayesNet;
use super::decompose::{HIDDEN, Reader};
use super::plan::{Plan, Tables, Way, Workspace};
use crate::Error;
use crate::geometry::Point;
use crate::rows::{Chunk, RowSource};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What is known of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPosterior {
    /// `ln p(v)`, nats; minus infinity for an impossible row.
    pub log_evidence: f64,
    /// Every node's probabilities: a posterior where it is hidden, a certainty where it is seen; zeros for what an
    /// impossible row hides.
    pub marginals: Vec<Vec<f64>>,
}

impl Plan {
    /// Adds the posterior of each hidden node after a run.
    fn marginals(&self, tables: &Tables<'_>, work: &Workspace, into: &mut [Vec<f64>]) {
        match &self.way {
            Way::Listed { states, .. } => {
                let mut stride = *states;
                for &h in &self.hidden {
                    let k = tables.network.states(h);
                    stride /= k;
                    work.q.iter().enumerate().for_each(|(s, q)| into[h][s / stride % k] += q);
                }
            }
            Way::Tree(tree) => {
                for &h in &self.hidden {
                    let k = tables.network.states(h);
                    tree.family(h, work.beliefs(), |place, p| into[h][place % k] += p);
                }
            }
            Way::MeanField(field) => {
                for (i, &h) in self.hidden.iter().enumerate() {
                    into[h].iter_mut().zip(field.of(i, &work.q)).for_each(|(p, q)| *p += q);
                }
            }
            Way::TooLarge(_) => {}
        }
    }
}

impl BayesNet {
    /// `ln p(v)` of the row that a reader holds.
    pub(super) fn log_evidence(&self, tables: &Tables<'_>, reader: &mut Reader) -> f64 {
        let pattern = reader.pattern(&self.network, &self.layout, &self.store, self.limits);
        let mut log: f64 = pattern.whole.iter().map(|&node| tables.log[reader.entry(&self.layout, node)]).sum();
        for plan in &pattern.plans {
            reader.look_around(plan);
            let Reader { seen, work, .. } = &mut *reader;
            log += plan.run(tables, seen, work);
        }
        log
    }

    /// `ln p(v)` of the rows of a chunk, nats; minus infinity for impossible ones.
    ///
    /// # Errors
    /// As [`posteriors`](Self::posteriors).
    pub fn row_evidence(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Vec<f64>, Error> {
        let tables = self.tables(at)?;
        let mut reader = Reader::new(self.network.len());
        let mut out = Vec::with_capacity(chunk.rows);
        for n in 0..chunk.rows {
            self.read(chunk, n, &mut reader.states);
            out.push(self.log_evidence(&tables, &mut reader));
        }
        if out.iter().any(|l| l.is_nan()) {
            self.posteriors(at, chunk, |_, _| {})?;
        }
        Ok(out)
    }

    /// Evidence and posteriors of the rows of a chunk.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a point that does not fit; [`Error::Setting`] where a row's hidden nodes are too entangled.
    pub fn posteriors(
        &self,
        at: &Point,
        chunk: &Chunk<'_>,
        mut visit: impl FnMut(usize, RowPosterior),
    ) -> Result<(), Error> {
        let tables = self.tables(at)?;
        let mut reader = Reader::new(self.network.len());
        for n in 0..chunk.rows {
            self.read(chunk, n, &mut reader.states);
            let mut marginals: Vec<Vec<f64>> = (0..self.network.len())
                .map(|i| {
                    let mut p = vec![0.0; self.network.states(i)];
                    if reader.states[i] != HIDDEN {
                        p[usize::from(reader.states[i])] = 1.0;
                    }
                    p
                })
                .collect();
            let pattern = reader.pattern(&self.network, &self.layout, &self.store, self.limits);
            let mut log: f64 = pattern.whole.iter().map(|&node| tables.log[reader.entry(&self.layout, node)]).sum();
            for plan in &pattern.plans {
                if let Way::TooLarge(cost) = &plan.way {
                    return Err(self.too_large(&plan.hidden, cost.width, cost.bytes));
                }
                reader.look_around(plan);
                let Reader { seen, work, .. } = &mut reader;
                log += plan.run(&tables, seen, work);
                plan.marginals(&tables, work, &mut marginals);
            }
            if log == f64::NEG_INFINITY {
                // What is hidden has no posterior, also where only other parts of the row are impossible.
                let hidden = marginals.iter_mut().zip(&reader.states).filter(|(_, s)| **s == HIDDEN);
                hidden.for_each(|(p, _)| p.fill(0.0));
            }
            visit(n, RowPosterior { log_evidence: log, marginals });
        }
        Ok(())
    }

    /// The first row that is impossible at a point, with what makes it so.
    ///
    /// # Errors
    /// What reading reports.
    pub fn first_impossible(&self, at: &Point, source: &dyn RowSource) -> Result<Option<(u64, String)>, Error> {
        let tables = self.tables(at)?;
        let mut reader = Reader::new(self.network.len());
        let mut found = None;
        for stretch in source.stretches() {
            if found.is_some() {
                break;
            }
            source.sweep(stretch, &mut |_, chunk| {
                for n in 0..chunk.rows {
                    if found.is_some() || chunk.weight(n) == 0.0 {
                        continue;
                    }
                    self.read(&chunk, n, &mut reader.states);
                    if self.log_evidence(&tables, &mut reader) == f64::NEG_INFINITY {
                        found = Some((chunk.first_row + n as u64 + 1, self.what_is_impossible(&tables, &mut reader)));
                    }
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// The zero entry, or the group of hidden nodes that no states fit.
    fn what_is_impossible(&self, tables: &Tables<'_>, reader: &mut Reader) -> String {
        let pattern = reader.pattern(&self.network, &self.layout, &self.store, self.limits);
        for &node in &pattern.whole {
            let entry = reader.entry(&self.layout, node);
            if tables.theta[entry] == 0.0 {
                let place = entry - self.layout.families[node].first_entry;
                let k = self.network.states(node);
                return format!("{} = 0", self.network.probability_label(node, place / k, place % k));
            }
        }
        for plan in &pattern.plans {
            reader.look_around(plan);
            let Reader { seen, work, .. } = &mut *reader;
            if plan.run(tables, seen, work) == f64::NEG_INFINITY {
                let name = |i: usize| self.network.nodes()[i].name.as_str();
                let hidden: Vec<&str> = plan.hidden.iter().map(|&i| name(i)).collect();
                let around: Vec<String> = plan
                    .seen
                    .iter()
                    .zip(&*seen)
                    .map(|(&i, &s)| format!("{} = {}", name(i), self.network.nodes()[i].states[usize::from(s)]))
                    .collect();
                let few = |names: &[String]| match names.len() {
                    0..=8 => names.join(", "),
                    n => format!("{} and {} more", names[..8].join(", "), n - 8),
                };
                let hidden: Vec<String> = hidden.iter().map(|h| h.to_string()).collect();
                let independent = if matches!(plan.way, Way::MeanField(_)) { " taken as independent" } else { "" };
                return format!("no states of {}{independent} fit {}", few(&hidden), few(&around));
            }
        }
        "its probability is too small for a double".into()
    }

    /// Draws rows of all nodes from the network at a point, one state per node.
    pub fn sampler(&self, at: &Point, seed: u64) -> impl FnMut() -> Vec<u16> {
        let theta = self.theta(at);
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let order = self.network.dag().order().to_vec();
        let families = self.layout.families.clone();
        let states: Vec<usize> = (0..self.network.len()).map(|i| self.network.states(i)).collect();
        move || {
            let mut row = vec![0u16; states.len()];
            for &i in &order {
                let family = &families[i];
                let members = family.members.iter().zip(&family.strides);
                let base: usize = family.first_entry
                    + members.filter(|(m, _)| **m != i).map(|(&m, s)| usize::from(row[m]) * s).sum::<usize>();
                let p = &theta[base..base + states[i]];
                let mut left = rng.random::<f64>();
                let chosen = p.iter().position(|p| {
                    left -= p;
                    left < 0.0
                });
                // Rounding may leave a remainder: the last possible state takes it.
                row[i] = chosen.or_else(|| p.iter().rposition(|p| *p > 0.0)).unwrap_or(0) as u16;
            }
            row
        }
    }
}
