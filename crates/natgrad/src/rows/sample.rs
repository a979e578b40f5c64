//! A random sample of rows, drawn in one pass and held in memory.

use super::{RowSource, Table};
use crate::Error;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::sync::Mutex;

/// Index of a chunk, cells of the rows drawn from it, their weights.
type Part = (usize, Vec<f64>, Vec<f64>);

/// At most about `limit` rows with positive weight, in their order; all of them where there are no more than that.
///
/// Each chunk draws with a generator of its own, so the sample does not depend on the number of threads. The weights
/// of the rows are kept.
///
/// # Errors
/// What reading reports.
pub fn sample(source: &dyn RowSource, limit: usize, seed: u64) -> Result<Table, Error> {
    use rayon::prelude::*;
    let share = limit as f64 / source.rows().max(1) as f64;
    let width = source.columns().len();
    let parts: Mutex<Vec<Part>> = Mutex::new(Vec::new());
    source.stretches().into_par_iter().with_max_len(1).try_for_each(|stretch| {
        source.sweep(stretch, &mut |index, chunk| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(index as u64);
            let (mut cells, mut weights) = (Vec::new(), Vec::new());
            for n in 0..chunk.rows {
                let taken = share >= 1.0 || rng.random::<f64>() < share;
                if taken && chunk.weight(n) > 0.0 {
                    cells.extend((0..width).map(|d| chunk.column(d)[n]));
                    weights.push(chunk.weight(n));
                }
            }
            parts.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push((index, cells, weights));
            Ok(())
        })
    })?;
    let mut parts = parts.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    parts.sort_by_key(|p| p.0);
    let mut data = vec![Vec::new(); width];
    let mut weights = Vec::new();
    for (_, cells, w) in parts {
        for row in cells.chunks(width.max(1)) {
            for (column, x) in data.iter_mut().zip(row) {
                column.push(*x);
            }
        }
        weights.extend(w);
    }
    let weights = source.has_weights().then_some(weights);
    Table::from_columns(source.columns().to_vec(), &data, weights)
}
