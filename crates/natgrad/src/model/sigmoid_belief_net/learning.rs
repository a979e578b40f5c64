//! Slope, Gram matrix, M-step and entropies from the sums of exact recognition.
//!
//! ```text
//! sums = [ C: visible × (layer 1 + 1) | M: states of layer 1 | of each incomplete column: M of rows where it is missing ]
//! ```

use super::chain::{Aggregate, Chain};
use super::tables::Tables;
use super::unit::{Unit, Workspace};
use super::{MOST_ODDS, SigmoidBeliefNet};
use crate::Error;
use crate::geometry::{BlockGram, Point};
use crate::linalg::Matrix;
use crate::linalg::sums::dot;
use crate::model::{Entropies, Maximised, Note, Statistics};
use rayon::prelude::*;

/// Log-odds beyond this leave a probability that rounds to 0 or 1.
const CERTAIN: f64 = 36.0;

/// Information per row below which the slope along a coordinate is rounding: of a slope, a difference of probabilities, about
/// 1e-16 is.
const LEAST_INFORMATION: f64 = 1e-16;

impl SigmoidBeliefNet {
    fn states(&self) -> usize {
        1 << self.layout.sizes[1]
    }

    fn crosses(&self) -> usize {
        self.layout.sizes[0] * self.layout.block(0)
    }

    pub(super) fn zeros(&self) -> Vec<f64> {
        vec![0.0; self.crosses() + self.states() * (1 + self.incomplete.len())]
    }

    fn aggregate(&self, chain: &Chain, sums: &[f64]) -> Aggregate {
        let (cross, rest) = sums.split_at(self.crosses());
        chain.aggregate(&rest[..self.states()], cross)
    }

    /// Expected rows in each state of layer 1 where an incomplete column is missing; `None` for a complete one.
    fn unseen<'s>(&self, unit: usize, sums: &'s [f64]) -> Option<&'s [f64]> {
        let m = self.incomplete.iter().position(|&d| d == unit)?;
        let first = self.crosses() + (m + 1) * self.states();
        Some(&sums[first..first + self.states()])
    }

    /// Calls `f(layer, unit, what the rows say, working memory)` for every unit, in parallel; answers in their order.
    fn each_unit<T: Send>(
        &self,
        aggregate: &Aggregate,
        sums: &[f64],
        f: impl Fn(usize, usize, Unit<'_>, &mut Workspace) -> T + Sync,
    ) -> Vec<T> {
        let units: Vec<(usize, usize)> = self.layout.units().collect();
        let most = (0..=self.layout.top()).map(|l| self.layout.parents(l)).max().unwrap_or(0);
        units
            .into_par_iter()
            .with_min_len(4)
            .map_init(
                || Workspace::new(1 << most),
                |ws, (layer, unit)| {
                    let n = self.layout.block(layer);
                    let cross = &aggregate.cross[layer][unit * n..(unit + 1) * n];
                    let mass = &aggregate.mass[layer];
                    match if layer == 0 { self.unseen(unit, sums) } else { None } {
                        Some(unseen) => {
                            // What rounding leaves where every row misses the cell is nothing.
                            let left = |(m, u): (&f64, &f64)| if (m - u).abs() > 1e-14 * m.abs() { m - u } else { 0.0 };
                            let seen: Vec<f64> = mass.iter().zip(unseen).map(left).collect();
                            f(layer, unit, Unit { mass: &seen, cross }, ws)
                        }
                        None => f(layer, unit, Unit { mass, cross }, ws),
                    }
                },
            )
            .collect()
    }

    /// `Σ_n w_n s_n`, all units' slopes from the sums at the same point.
    pub(super) fn slope(&self, at: &Point, chain: &Chain, sums: &[f64]) -> Vec<f64> {
        let aggregate = self.aggregate(chain, sums);
        let parts = self.each_unit(&aggregate, sums, |layer, unit, data, ws| {
            let mut out = vec![0.0; self.layout.block(layer)];
            data.slope(&at.0[self.layout.unit(layer, unit)], ws, &mut out);
            out
        });
        parts.concat()
    }

    /// Gram matrix of the complete data per row: one block for each unit.
    pub(super) fn complete_information(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        let chain = Chain::new(&self.layout, &at.0);
        let aggregate = self.aggregate(&chain, &s.sums);
        let blocks = self.each_unit(&aggregate, &s.sums, |layer, unit, data, ws| {
            let range = self.layout.unit(layer, unit);
            let sum = data.information(&at.0[range.clone()], ws);
            // Where a unit is certain slopes are rounding, and nothing is to be divided by its information.
            let seen = |i: usize| sum[(i, i)] > LEAST_INFORMATION * s.weight;
            let cell = |i: usize, j: usize| if seen(i) && seen(j) { sum[(i, j)] / s.weight } else { 0.0 };
            let mean = Matrix::from_fn(sum.nrows(), sum.ncols(), cell);
            (range.collect::<Vec<usize>>(), mean)
        });
        BlockGram::new(self.layout.len(), blocks).ok_or_else(|| Error::Parameter {
            name: "layers".into(),
            problem: "an information matrix is not finite".into(),
            hint: "start from smaller weights".into(),
        })
    }

    /// The M-step: every unit's logistic regression on the aggregated posterior.
    pub(super) fn maximise_units(&self, at: &Point, s: &Statistics) -> Maximised {
        let chain = Chain::new(&self.layout, &at.0);
        let aggregate = self.aggregate(&chain, &s.sums);
        let parts = self.each_unit(&aggregate, &s.sums, |layer, unit, data, ws| {
            let mut theta = at.0[self.layout.unit(layer, unit)].to_vec();
            data.maximise(&mut theta, ws);
            theta.iter_mut().for_each(|t| *t = t.clamp(-MOST_ODDS, MOST_ODDS));
            let note = self.is_certain(&theta, data, ws).then(|| {
                let of = if layer == 0 {
                    format!("column {}", unit + 1)
                } else {
                    format!("unit {} of layer {layer}", unit + 1)
                };
                let what = format!("{of} is certain given the layer above: its weights grow without bound");
                Note::Boundary(self.layout.number(layer, unit), what)
            });
            (theta, note)
        });
        let (point, notes): (Vec<Vec<f64>>, Vec<Option<Note>>) = parts.into_iter().unzip();
        Maximised { point: Point(point.concat()), notes: notes.into_iter().flatten().collect() }
    }

    /// Whether a unit is on or off for certain in some state of its parents that rows are in.
    fn is_certain(&self, theta: &[f64], data: Unit<'_>, ws: &mut Workspace) -> bool {
        let (logits, _) = ws.probabilities(theta);
        logits.iter().zip(data.mass).any(|(a, m)| a.abs() > CERTAIN && *m > 1e-6)
    }

    pub(super) fn exact_entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        let tables = Tables::new(self, &at.0);
        let mass = &s.sums[self.crosses()..][..self.states()];
        let mut observable = dot(mass, &tables.entropy);
        for (&d, entropy) in self.incomplete.iter().zip(tables.entropy_missing.chunks_exact(self.states())) {
            observable -= self.unseen(d, &s.sums).map_or(0.0, |unseen| dot(unseen, entropy));
        }
        Entropies {
            recognition: s.recognition_entropy / s.weight,
            prior: dot(mass, &tables.chain.unit_entropies) / s.weight,
            observable: observable / s.weight,
            base_measure: 0.0,
        }
    }
}
