//! Coordinates in which the adaptive integrator works: the parameters themselves, or log-ratios that cannot leave.

use crate::domain::rows;
use crate::settings::Domain;
use natgrad::geometry::{Point, Tangent};
use natgrad::network::{At, Enumerated};

/// Parameters (free), or for every row of a table `η_a = ln P(a|c) − ln P(last|c)` (kept).
#[derive(Debug, Clone, Copy)]
pub(crate) struct Coordinates<'a> {
    of: &'a Enumerated<'a>,
    domain: Domain,
}

impl<'a> Coordinates<'a> {
    pub(crate) fn new(of: &'a Enumerated<'a>, domain: Domain) -> Self {
        Coordinates { of, domain }
    }

    /// The coordinates of a point.
    pub(crate) fn state(&self, at: &At) -> Vec<f64> {
        let mut out = at.point.0.clone();
        if self.domain == Domain::Keep {
            let network = self.of.network();
            rows(network, |i, c, start| {
                let k = network.states(i);
                let row = &at.tables[i][c * k..(c + 1) * k];
                (0..k - 1).for_each(|a| out[start + a] = (row[a] / row[k - 1]).ln());
            });
        }
        out
    }

    /// The point with these coordinates.
    pub(crate) fn at(&self, state: &[f64]) -> At {
        let mut point = Point(state.to_vec());
        if self.domain == Domain::Free {
            return self.of.at(&point);
        }
        let network = self.of.network();
        let mut tables: Vec<Vec<f64>> = (0..network.len()).map(|i| network.table(i, &point)).collect();
        rows(network, |i, c, start| {
            let k = network.states(i);
            let row = &mut tables[i][c * k..(c + 1) * k];
            let ratios = &state[start..start + k - 1];
            let top = ratios.iter().copied().fold(0.0, f64::max);
            row.iter_mut().zip(ratios.iter().chain([&0.0])).for_each(|(p, eta)| *p = (eta - top).exp());
            let total: f64 = row.iter().sum();
            row.iter_mut().for_each(|p| *p /= total);
            point.0[start..start + k - 1].copy_from_slice(&row[..k - 1]);
        });
        self.of.with_tables(point, tables)
    }

    /// The velocity in these coordinates: `dη_a = dP(a)/P(a) − dP(last)/P(last)`.
    pub(crate) fn velocity(&self, at: &At, of_parameters: &Tangent) -> Vec<f64> {
        let mut out = of_parameters.0.clone();
        if self.domain == Domain::Keep {
            let network = self.of.network();
            rows(network, |i, c, start| {
                let k = network.states(i);
                let row = &at.tables[i][c * k..(c + 1) * k];
                let moves = &of_parameters.0[start..start + k - 1];
                let last = -moves.iter().sum::<f64>() / row[k - 1];
                (0..k - 1).for_each(|a| out[start + a] = moves[a] / row[a] - last);
            });
        }
        out
    }
}
