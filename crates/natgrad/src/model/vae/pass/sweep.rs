//! Sums over all rows of a source, and their mean slope.

use super::Pass;
use crate::Error;
use crate::linalg::real::Real;
use crate::model::vae::{Expectation, Sums, Vae, check, log_base_measure};
use crate::neural::Backend;
use crate::rows::RowSource;
use std::ops::Range;

/// What a sweep over rows collects.
#[derive(Debug, Clone, PartialEq)]
pub struct Sweep {
    /// Sums over the rows.
    pub sums: Sums,
    /// `∂F/∂θ` per row; empty where it was not wanted.
    pub gradient: Vec<f64>,
}

/// Points that a sweep takes through the networks at once.
const POINTS: usize = 4096;

impl<'a, T: Real, B: Backend<T>> Pass<'a, T, B> {
    /// Sums over all rows of a source at `at`, and their mean slope where it is wanted, chunk after chunk.
    ///
    /// # Errors
    /// What reading reports, cells outside the support, and rows without any weight.
    pub fn sweep(
        vae: &'a Vae,
        backend: &'a B,
        source: &dyn RowSource,
        at: &[f64],
        expectation: &Expectation,
        stream: (u64, u64),
        want_gradient: bool,
    ) -> Result<Sweep, Error> {
        let rows = (POINTS / expectation.copies()).clamp(1, crate::rows::CHUNK_ROWS.min(source.rows().max(1) as usize));
        let mut pass = Pass::<T, B>::new(vae, backend, expectation.clone(), rows);
        let parameters = vae.parameters();
        let mut device = backend.zeros(parameters);
        let mut host: Vec<T> = at.iter().map(|v| T::of(*v)).collect();
        backend.write(&mut device, 0, &host);
        let mut gradient = backend.zeros(parameters);
        let mut total = vec![0.0; if want_gradient { parameters } else { 0 }];
        let mut sums = Sums::default();
        let prior = vae.prior_log_variances(at);
        let mut numbers = Vec::with_capacity(rows);
        pass.each_piece(source, &mut |pass, first, n| {
            numbers.clear();
            numbers.extend(first..first + n as u64);
            pass.draw(&numbers, stream.0, stream.1);
            pass.forward(&device, &mut gradient);
            let part = pass.collect(&prior);
            if want_gradient && part.weight > 0.0 {
                pass.backward(&device, &mut gradient);
                backend.read(&gradient, 0, &mut host);
                total.iter_mut().zip(&host).for_each(|(t, g)| *t += part.weight * g.double());
            }
            if part.weight > 0.0 {
                crate::rows::Merge::merge(&mut sums, &part);
            }
            Ok(())
        })?;
        if sums.weight <= 0.0 {
            return Err(Error::Data {
                problem: "there are no rows with a positive weight".into(),
                hint: "give at least one row".into(),
            });
        }
        total.iter_mut().for_each(|t| *t /= sums.weight);
        Ok(Sweep { sums, gradient: total })
    }

    /// Loads the rows of a source piece by piece and shows each to `visit`, with the number of its first row and how many
    /// there are.
    ///
    /// # Errors
    /// What reading or `visit` reports, and cells outside the support.
    pub fn each_piece(
        &mut self,
        source: &dyn RowSource,
        visit: &mut dyn FnMut(&mut Self, u64, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_piece_of(source, 0..source.chunks(), visit)
    }

    /// As [`Pass::each_piece`], some chunks of the source.
    ///
    /// # Errors
    /// As [`Pass::each_piece`].
    pub fn each_piece_of(
        &mut self,
        source: &dyn RowSource,
        chunks: Range<usize>,
        visit: &mut dyn FnMut(&mut Self, u64, usize) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let vae = self.vae;
        let columns = self.batch.columns;
        let observable = vae.architecture.observable;
        let (mut weights, mut bases) = (Vec::new(), Vec::new());
        source.sweep(chunks, &mut |_, chunk| {
            check(observable, source.columns(), &chunk)?;
            for first in (0..chunk.rows).step_by(self.capacity) {
                let n = self.capacity.min(chunk.rows - first);
                self.batch.rows = n;
                for d in 0..columns {
                    let cells = &chunk.column(d)[first..first + n];
                    let to = self.host[d * n..(d + 1) * n].iter_mut().zip(cells);
                    match vae.units() {
                        Some(units) => to.for_each(|(to, x)| *to = T::of(units.inside(d, *x))),
                        None => to.for_each(|(to, x)| *to = T::of(*x)),
                    }
                }
                self.backend.write(&mut self.x, 0, &self.host[..n * columns]);
                self.see();
                weights.clear();
                weights.extend((first..first + n).map(|i| chunk.weight(i)));
                bases.clear();
                bases.extend(
                    (first..first + n).map(|i| log_base_measure(observable, (0..columns).map(|d| chunk.column(d)[i]))),
                );
                self.take_weights(&weights, &bases);
                visit(self, chunk.first_row + first as u64, n)?;
            }
            Ok(())
        })
    }
}
