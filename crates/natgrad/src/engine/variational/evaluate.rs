//! What a learnt autoencoder says about rows: ELBO, beliefs, reconstructions; and rows of its own.

use crate::Error;
use crate::linalg::special::logistic;
use crate::model::vae::{Expectation, Nodes, ObservableName, Pass, Sums, Vae, Variance};
use crate::neural::{Processor, Stack};
use crate::rows::RowSource;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Poisson, StandardNormal};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// ELBO and entropies of some rows, and which latents say nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Sums over the rows.
    pub sums: Sums,
    /// `KL(q ‖ p)` per row of each latent.
    pub divergences: Vec<f64>,
    /// Latents (from 0) whose divergence is below `threshold`: posterior collapse.
    pub collapsed: Vec<usize>,
    /// In nats per row.
    pub threshold: f64,
    /// Rows that leave the sums without a finite ELBO.
    pub beyond: Option<Beyond>,
}

/// Rows with a weight whose ELBO is not finite: their cells are further out than the model's numbers reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beyond {
    /// Number of the first, from 1.
    pub first: u64,
    /// How many there are.
    pub rows: u64,
}

/// Latents whose beliefs differ from the prior by less than this many nats per row tell nothing.
const COLLAPSED: f64 = 0.01;

/// Rows that pass through the networks at once.
pub(super) const PIECE: usize = 256;

/// ELBO, entropies and collapsed latents.
///
/// # Errors
/// What reading reports, and cells outside the support.
pub fn evaluate(
    vae: &Vae,
    source: &dyn RowSource,
    at: &[f64],
    expectation: &Expectation,
    seed: u64,
) -> Result<Evaluation, Error> {
    expectation.check()?;
    let sums = Pass::<f64, Processor>::sweep(vae, &Processor, source, at, expectation, (seed, 0), false)?.sums;
    let divergences = sums.divergences(&vae.prior_log_variances(at));
    let collapsed = (0..divergences.len()).filter(|l| divergences[*l] < COLLAPSED).collect();
    let beyond = if sums.elbo().is_finite() { None } else { beyond(vae, source, at, expectation, seed)? };
    Ok(Evaluation { sums, divergences, collapsed, threshold: COLLAPSED, beyond })
}

/// The rows without a finite ELBO, on the draws of [`evaluate`].
fn beyond(
    vae: &Vae,
    source: &dyn RowSource,
    at: &[f64],
    expectation: &Expectation,
    seed: u64,
) -> Result<Option<Beyond>, Error> {
    let mut found: Option<Beyond> = None;
    let mut gradient = vec![0.0; vae.parameters()];
    let device = at.to_vec();
    let mut elbos = vec![0.0; PIECE];
    let mut pass = Pass::<f64, Processor>::new(vae, &Processor, expectation.clone(), PIECE);
    pass.each_piece(source, &mut |pass, first, n| {
        let numbers: Vec<u64> = (first..first + n as u64).collect();
        pass.draw(&numbers, seed, 0);
        pass.forward(&device, &mut gradient);
        pass.elbos(&mut elbos[..n]);
        let rows = numbers.iter().zip(&elbos).zip(pass.row_weights());
        for number in rows.filter(|((_, elbo), w)| **w > 0.0 && !elbo.is_finite()).map(|((number, _), _)| number) {
            found.get_or_insert(Beyond { first: number + 1, rows: 0 }).rows += 1;
        }
        Ok(())
    })?;
    Ok(found)
}

/// Means and standard deviations: latent after latent, one number per row.
pub type Beliefs = (Vec<Vec<f64>>, Vec<Vec<f64>>);

/// Means and standard deviations of the beliefs: latent after latent, one number per row.
///
/// # Errors
/// As [`evaluate`].
pub fn recognise(vae: &Vae, source: &dyn RowSource, at: &[f64]) -> Result<Beliefs, Error> {
    let h = vae.architecture().latents;
    let (mut means, mut deviations) = (vec![Vec::new(); h], vec![Vec::new(); h]);
    let (mut m, mut s) = (vec![0.0; PIECE * h], vec![0.0; PIECE * h]);
    centre(vae, source, at, &mut |pass, n| {
        pass.beliefs(at, &mut m, &mut s);
        for l in 0..h {
            means[l].extend_from_slice(&m[l * n..(l + 1) * n]);
            deviations[l].extend(s[l * n..(l + 1) * n].iter().map(|s| s.exp()));
        }
    })?;
    Ok((means, deviations))
}

/// Means of the columns at the beliefs' means: column after column.
///
/// # Errors
/// As [`evaluate`].
pub fn reconstruct(vae: &Vae, source: &dyn RowSource, at: &[f64]) -> Result<Vec<Vec<f64>>, Error> {
    let width = vae.architecture().columns;
    let mut columns = vec![Vec::new(); width];
    let mut outputs = Vec::new();
    centre(vae, source, at, &mut |pass, n| {
        pass.outputs(&mut outputs);
        for (d, column) in columns.iter_mut().enumerate() {
            column.extend(outputs[d * n..(d + 1) * n].iter().map(|o| mean(vae, d, *o)));
        }
    })?;
    Ok(columns)
}

fn centre(
    vae: &Vae,
    source: &dyn RowSource,
    at: &[f64],
    visit: &mut dyn FnMut(&Pass<'_, f64, Processor>, usize),
) -> Result<(), Error> {
    let nodes = Nodes { weights: vec![1.0], nodes: vec![vec![0.0; vae.architecture().latents]] };
    let mut gradient = vec![0.0; vae.parameters()];
    let device = at.to_vec();
    let mut pass = Pass::<f64, Processor>::new(vae, &Processor, Expectation::Nodes(nodes), PIECE);
    pass.each_piece(source, &mut |pass, first, n| {
        let numbers: Vec<u64> = (first..first + n as u64).collect();
        pass.draw(&numbers, 0, 0);
        pass.forward(&device, &mut gradient);
        visit(pass, n);
        Ok(())
    })
}

fn mean(vae: &Vae, column: usize, output: f64) -> f64 {
    match vae.architecture().observable {
        ObservableName::Gaussian => vae.outside(column, output),
        ObservableName::Bernoulli => logistic(output),
        ObservableName::Poisson => output.exp(),
    }
}

/// Rows of the model's own: column after column, and the columns' means given the drawn latents.
///
/// `rows` are the numbers of rows to draw: a row depends on the seed and its number alone.
pub fn generate(vae: &Vae, at: &[f64], rows: Range<usize>, seed: u64) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let a = vae.architecture();
    let deviations: Vec<f64> = vae.prior_log_variances(at).iter().map(|t| (0.5 * t).exp()).collect();
    let device = at.to_vec();
    let (mut drawn, mut means) = (vec![Vec::new(); a.columns], vec![Vec::new(); a.columns]);
    let stack: &Stack = vae.decoder();
    let mut outputs = stack.buffers(&Processor, 1);
    let mut z = vec![0.0; a.latents];
    for row in rows {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(row as u64);
        for (z, s) in z.iter_mut().zip(&deviations) {
            let e: f64 = StandardNormal.sample(&mut rng);
            *z = s * e;
        }
        stack.forward::<f64, Processor>(&Processor, &device, &z, 1, &mut outputs);
        let out: &Vec<f64> = &outputs[outputs.len() - 1];
        for d in 0..a.columns {
            let m = mean(vae, d, out[d]);
            means[d].push(m);
            drawn[d].push(match a.observable {
                ObservableName::Bernoulli => f64::from(u8::from(rng.random::<f64>() < m)),
                // A rate beyond what can be drawn is its own best guess.
                ObservableName::Poisson => Poisson::new(m).map_or(m, |p| p.sample(&mut rng)),
                ObservableName::Gaussian => {
                    let e: f64 = StandardNormal.sample(&mut rng);
                    let v = match a.variance {
                        Variance::Network => out[a.columns + d] + 2.0 * vae.scale(d).ln(),
                        _ => vae.log_variance(at, d),
                    };
                    m + (0.5 * v).exp() * e
                }
            });
        }
    }
    (drawn, means)
}
