//! The rescue: what is fixed moves into the base measure.
//!
//! ```text
//! η(z; Θ) − c = (∂η/∂θ) β      one c for all states and all values of what is learnt
//! ```

use super::Settings;
use super::map::Parameter;
use super::part::{Probes, Subject, columns};
use super::rows::Rows;
use super::solve::solve;
use crate::Error;
use crate::linalg::Matrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Values of what is learnt between which `c` stays the same.
const VALUES: usize = 4;

/// `c`, where there is one for the first values of what is fixed.
pub(super) fn find(
    subject: &Subject<'_>,
    probes: &Probes,
    parameters: &[Parameter],
    tolerance: f64,
    settings: &Settings,
) -> Result<Option<Vec<f64>>, Error> {
    let learnt = columns(parameters, |_, p| p.learnable);
    let mut rng = ChaCha8Rng::seed_from_u64(settings.seed ^ 0x5eed);
    let mut blocks = Vec::with_capacity(VALUES);
    for k in 0..VALUES {
        let mut point = probes.points[0].clone();
        if k > 0 {
            let other = subject.map.draw(&mut rng);
            learnt.iter().for_each(|&j| point[j] = other[j]);
        }
        blocks.push(Rows::of(subject.name, subject.map, &[&point], probes.states.list(), subject.goal)?);
    }
    let (n, d, rows) = (blocks[0].coordinates, learnt.len(), blocks[0].target.len());
    // Unknowns: one direction for each value, and c. Null directions are taken out of c as they are of all else.
    let null = Rows::without_null(subject.name, subject.map, n)?;
    let mut a = Matrix::zeros(VALUES * rows, VALUES * d + n);
    let mut b = Vec::with_capacity(VALUES * rows);
    for (k, block) in blocks.iter().enumerate() {
        let own = block.columns(&learnt);
        for i in 0..rows {
            (0..d).for_each(|j| a[(k * rows + i, k * d + j)] = own[(i, j)]);
            (0..n).for_each(|j| a[(k * rows + i, VALUES * d + j)] = null[(i % n, j)]);
        }
        b.extend_from_slice(&block.target);
    }
    let found = solve(&a, &b)?;
    // As many unknowns as equations would be met by anything.
    if found.rank >= b.len() || found.residual > tolerance {
        return Ok(None);
    }
    Ok(Some(found.x[VALUES * d..].to_vec()))
}
