//! Beliefs about one cluster given the rest, for a block of rows: a table of all its states.
//!
//! ```text
//! q(s) ∝ exp { Σ_i o_i s_i − 2 Σ_{j<i} C_ij s_i s_j },   C_ij = Σ_u λ_u w_ui w_uj
//! ```
//!
//! Tables hold a number for each state and row, rows together, so that every loop runs along the rows. They are built by
//! doubling and read by halving: a state costs a few additions and one exponential.

use super::super::states::{moments_of_rows, spread_rows};
use super::clusters::place;
use crate::linalg::sigmoids::entropies;
use crate::linalg::simd::responsibilities;

/// Working memory of tables.
#[derive(Debug, Default)]
pub(super) struct Tables {
    table: Vec<f64>,
    half: Vec<f64>,
    /// `E[s_i s_j]`, pair after pair; means where `i = j`.
    pub moments: Vec<f64>,
    /// `H[q]`, nats.
    pub entropy: Vec<f64>,
    buffers: [Vec<f64>; 2],
}

impl Tables {
    pub fn resize(&mut self, rows: usize, units: usize) {
        let fit = |v: &mut Vec<f64>, n: usize| v.resize(n.max(v.len()), 0.0);
        if units > 1 {
            fit(&mut self.table, rows << units);
            fit(&mut self.half, rows << (units - 1));
        }
        fit(&mut self.moments, rows * place(units, 0));
        fit(&mut self.entropy, rows);
        self.buffers.iter_mut().for_each(|u| fit(u, 2 * rows));
    }

    /// Moments and entropy of a cluster of `units` whose odds are `odds` (rows × units, used up) and whose unit `i` has the
    /// couplings with those before it at `couplings(i)` (rows × i).
    pub fn fill<'c>(&mut self, odds: &mut [f64], rows: usize, units: usize, couplings: impl Fn(usize) -> &'c [f64]) {
        let [extra, scratch] = &mut self.buffers;
        if units == 1 {
            entropies(odds, &mut self.moments, extra, &mut self.entropy);
            return;
        }
        let table = &mut self.table[..rows << units];
        table[..rows].fill(0.0);
        for (i, odds) in odds.chunks_exact_mut(rows).enumerate() {
            // −½ of what state s changes by where unit i comes on.
            let half = &mut self.half[..rows << i];
            half[..rows].iter_mut().zip(odds.iter()).for_each(|(h, o)| *h = -0.5 * o);
            spread_rows(half, couplings(i), rows, rows, i);
            let (off, on) = table[..rows << (i + 1)].split_at_mut(rows << i);
            on.iter_mut().zip(off.iter().zip(half.iter())).for_each(|(on, (off, h))| *on = off - 2.0 * h);
        }
        responsibilities(table, rows, 1 << units, extra, &mut self.entropy, scratch);
        for i in (0..units).rev() {
            let (off, on) = table[..rows << (i + 1)].split_at_mut(rows << i);
            let half = &mut self.half[..rows << i];
            half.copy_from_slice(on);
            let own = &mut self.moments[place(i, 0) * rows..place(i + 1, 0) * rows];
            let (pairs, mean) = own.split_at_mut(i * rows);
            moments_of_rows(half, rows, i, pairs, rows);
            // What halving leaves is the sum over all states; it may round to more than one.
            mean.iter_mut().zip(half.iter()).for_each(|(m, sum)| *m = sum.min(1.0));
            off.iter_mut().zip(on.iter()).for_each(|(off, on)| *off += on);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_have_the_moments_of_all_states() {
        let rows = 3;
        for units in 1..6usize {
            let coupling = |i: usize, j: usize, n: usize| ((i * 13 + j * 7 + n * 5) % 11) as f64 * 0.2 - 1.0;
            let odd = |i: usize, n: usize| ((i * 17 + n * 3) % 7) as f64 * 0.7 - 2.0;
            let odds: Vec<f64> = (0..units).flat_map(|i| (0..rows).map(move |n| odd(i, n))).collect();
            let couplings: Vec<Vec<f64>> =
                (0..units).map(|i| (0..i).flat_map(|j| (0..rows).map(move |n| coupling(i, j, n))).collect()).collect();
            let mut tables = Tables::default();
            tables.resize(rows, units);
            tables.fill(&mut odds.clone(), rows, units, |i| &couplings[i]);
            for n in 0..rows {
                let on = |s: usize, i: usize| s >> i & 1 == 1;
                let energy = |s: usize| -> f64 {
                    let own = (0..units).filter(|&i| on(s, i)).map(|i| odd(i, n));
                    let pairs = (0..units).flat_map(|i| (0..i).map(move |j| (i, j)));
                    own.sum::<f64>()
                        - 2.0
                            * pairs.filter(|&(i, j)| on(s, i) && on(s, j)).map(|(i, j)| coupling(i, j, n)).sum::<f64>()
                };
                let mass: f64 = (0..1 << units).map(|s| energy(s).exp()).sum();
                let q = |s: usize| energy(s).exp() / mass;
                for i in 0..units {
                    for j in 0..=i {
                        let whole: f64 = (0..1 << units).filter(|&s| on(s, i) && on(s, j)).map(q).sum();
                        // A few roundings of numbers below one.
                        assert!((tables.moments[place(i, j) * rows + n] - whole).abs() < 1e-14);
                    }
                }
                let entropy: f64 = (0..1 << units).map(|s| -q(s) * q(s).ln()).sum();
                assert!((tables.entropy[n] - entropy).abs() < 1e-13);
            }
        }
    }
}
