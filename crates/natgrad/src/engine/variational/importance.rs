//! Importance-weighted bounds: between ELBO and log-evidence.

use super::evaluate::PIECE;
use crate::Error;
use crate::linalg::special::log_sum_exp;
use crate::model::vae::{Expectation, Pass, Vae};
use crate::neural::Processor;
use crate::rows::{CHUNK_ROWS, RowSource, mean_error};
use std::ops::Range;

/// The importance-weighted bound `E ln (1/K) Σ_k p(x, z_k)/q(z_k|x)` of each row: between ELBO (`K = 1`) and log-evidence.
///
/// # Errors
/// As [`evaluate`](super::evaluate); [`Error::Setting`] where `draws` is 0.
///
/// # Source
/// Burda, Grosse and Salakhutdinov, Importance weighted autoencoders (2016).
pub fn importance_bound(
    vae: &Vae,
    source: &dyn RowSource,
    at: &[f64],
    draws: usize,
    seed: u64,
) -> Result<Vec<f64>, Error> {
    let mut bounds = Vec::with_capacity(source.rows() as usize);
    each(vae, source, std::iter::once(0..source.chunks()), (at, draws, seed), &mut |_, found| {
        bounds.extend_from_slice(found);
    })?;
    Ok(bounds)
}

/// The mean of [`importance_bound`] over some rows.
///
/// # Units
/// Nats per row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ImportanceBound {
    /// The mean.
    pub mean: f64,
    /// Its standard error over the rows ([`mean_error`]); infinite where it is not known.
    pub error: f64,
    /// Rows that it is the mean of.
    pub rows: u64,
    /// Draws per row.
    pub draws: usize,
}

/// The mean of [`importance_bound`] over about `most` rows at most, chunks at equal distances.
///
/// # Errors
/// As [`importance_bound`].
pub fn mean_importance_bound(
    vae: &Vae,
    source: &dyn RowSource,
    at: &[f64],
    (draws, most): (usize, u64),
    seed: u64,
) -> Result<ImportanceBound, Error> {
    let chunks = source.chunks();
    let wanted = (most.div_ceil(CHUNK_ROWS as u64) as usize).clamp(1, chunks.max(1));
    let (mut total, mut square, mut weight, mut rows) = (0.0, 0.0, 0.0, 0);
    let places = (0..wanted.min(chunks)).map(|i| i * chunks / wanted).map(|c| c..c + 1);
    each(vae, source, places, (at, draws, seed), &mut |weights, found| {
        let counted = || weights.iter().zip(found).filter(|(w, _)| **w > 0.0);
        total += counted().map(|(w, b)| w * b).sum::<f64>();
        square += counted().map(|(w, b)| w * b * b).sum::<f64>();
        weight += weights.iter().sum::<f64>();
        rows += found.len() as u64;
    })?;
    Ok(ImportanceBound { mean: total / weight, error: mean_error(weight, total, square), rows, draws })
}

/// Shows weights and bounds of the rows of some chunks, piece by piece.
fn each(
    vae: &Vae,
    source: &dyn RowSource,
    chunks: impl Iterator<Item = Range<usize>>,
    (at, draws, seed): (&[f64], usize, u64),
    visit: &mut dyn FnMut(&[f64], &[f64]),
) -> Result<(), Error> {
    if draws == 0 {
        return Err(Error::Setting { problem: "0 draws".into(), hint: "give at least one".into() });
    }
    let h = vae.architecture().latents;
    let prior = vae.prior_log_variances(at);
    let mut bounds = Vec::with_capacity(PIECE);
    let mut gradient = vec![0.0; vae.parameters()];
    let device = at.to_vec();
    let (mut m, mut s) = (vec![0.0; PIECE * h], vec![0.0; PIECE * h]);
    let mut weights = vec![0.0; PIECE * draws];
    let mut densities = vec![0.0; PIECE];
    let mut pass = Pass::<f64, Processor>::new(vae, &Processor, Expectation::Draws(1), PIECE);
    for chunks in chunks {
        pass.each_piece_of(source, chunks, &mut |pass, first, n| {
            let numbers: Vec<u64> = (first..first + n as u64).collect();
            for k in 0..draws {
                pass.draw(&numbers, seed, k as u64);
                pass.forward(&device, &mut gradient);
                pass.densities(&mut densities);
                pass.beliefs(at, &mut m, &mut s);
                for i in 0..n {
                    let mut weight = densities[i];
                    for l in 0..h {
                        let (place, e) = (l * n + i, pass.noise()[l * n + i]);
                        let z = m[place] + s[place].exp() * e;
                        weight += s[place] + 0.5 * (e * e - prior[l] - z * z * (-prior[l]).exp());
                    }
                    weights[i * draws + k] = weight;
                }
            }
            bounds.clear();
            bounds.extend((0..n).map(|i| log_sum_exp(&weights[i * draws..(i + 1) * draws]) - (draws as f64).ln()));
            visit(pass.row_weights(), &bounds);
            Ok(())
        })?;
    }
    Ok(())
}
