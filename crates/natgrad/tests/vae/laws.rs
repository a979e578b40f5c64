//! Slopes against differences, the tempering identity, Gram matrices and natural gradients against dense ones.

use super::{every_kind, few_nodes, sweep, table};
use natgrad::linalg::Matrix;
use natgrad::linalg::symmetric::{eigen, inverse};
use natgrad::model::vae::{Expectation, Nodes, Pass, Vae};
use natgrad::neural::{Activation, Dense, Factors, Processor};
use natgrad::rows::{RowSource, Table};

fn directional(vae: &Vae, rows: &Table, at: &[f64], v: &[f64], expectation: &Expectation) -> f64 {
    let moved = |t: f64| -> f64 {
        let at: Vec<f64> = at.iter().zip(v).map(|(a, v)| a + t * v).collect();
        sweep(vae, rows, &at, expectation).sums.elbo()
    };
    // Differences of fourth order: h⁴ and rounding over h are both below 1e-9 here. Rectifiers have kinks: steps that rarely
    // reach one, and straight pieces between.
    let h = if vae.architecture().activation == Activation::Relu { 1e-5 } else { 1e-3 };
    (8.0 * (moved(h) - moved(-h)) - (moved(2.0 * h) - moved(-2.0 * h))) / (12.0 * h)
}

#[test]
fn slopes_are_those_of_differences_for_every_kind() {
    for (vae, rows, at) in every_kind() {
        for expectation in [few_nodes(), Expectation::Draws(2)] {
            let gradient = sweep(&vae, &rows, &at, &expectation).gradient;
            for i in 0..at.len() {
                let mut v = vec![0.0; at.len()];
                v[i] = 1.0;
                let difference = directional(&vae, &rows, &at, &v, &expectation);
                let name = vae.layout().name_of(i);
                assert!(
                    (gradient[i] - difference).abs() < 1e-8 * (1.0 + difference.abs()),
                    "{:?}: {name}: {} {difference}",
                    vae.architecture(),
                    gradient[i]
                );
            }
        }
    }
}

#[test]
fn the_residual_is_the_slope_along_the_tempering_direction_at_any_parameters() {
    for (vae, rows, at) in every_kind() {
        for expectation in [few_nodes(), Expectation::Draws(1)] {
            let s = sweep(&vae, &rows, &at, &expectation);
            // Both parts are linear in the slope: their coefficients are the direction.
            let part = |which: &dyn Fn(&[f64]) -> f64| -> Vec<f64> {
                (0..at.len())
                    .map(|i| {
                        let mut unit = vec![0.0; at.len()];
                        unit[i] = 1.0;
                        which(&unit)
                    })
                    .collect()
            };
            let prior = part(&|g| vae.prior_tempering(&at, g));
            let slope = directional(&vae, &rows, &at, &prior, &expectation);
            let residual = s.sums.prior_residual();
            assert!(
                (slope - residual).abs() < 1e-8 * (1.0 + residual.abs()),
                "{:?} {slope} {residual}",
                vae.architecture()
            );
            if vae.observable_tempering(&at, &s.gradient).is_none() {
                assert!(!vae.condition().holds);
                continue;
            }
            let observable = part(&|g| vae.observable_tempering(&at, g).unwrap_or(0.0));
            let slope = directional(&vae, &rows, &at, &observable, &expectation);
            let residual = s.sums.observable_residual();
            assert!(
                (slope - residual).abs() < 1e-8 * (1.0 + residual.abs()),
                "{:?} {slope} {residual}",
                vae.architecture()
            );
        }
    }
}

/// Slopes of the networks' parameters for each row on its own.
fn jacobian(vae: &Vae, rows: &Table, at: &[f64], expectation: &Expectation) -> Vec<Vec<f64>> {
    (0..rows.rows() as usize)
        .map(|n| {
            let one: Vec<Vec<f64>> = (0..3).map(|d| vec![rows.cell(n, d)]).collect();
            sweep(vae, &table(&one), at, expectation).gradient[..vae.networks()].to_vec()
        })
        .collect()
}

#[test]
fn gram_matrices_and_natural_gradients_are_the_dense_ones() {
    for (vae, rows, at) in every_kind() {
        let one = Expectation::Nodes(Nodes { weights: vec![1.0], nodes: vec![vec![0.6, -0.4]] });
        for expectation in [one, few_nodes()] {
            let each = jacobian(&vae, &rows, &at, &expectation);
            let n = each.len();
            let total: f64 = (0..n).map(|i| rows.weight(i)).sum();
            let share: Vec<f64> = (0..n).map(|i| rows.weight(i) / total).collect();
            let numbers: Vec<u64> = (0..n as u64).collect();
            let mut pass = Pass::<f64, Processor>::new(&vae, &Processor, expectation.clone(), n);
            let mut gradient = vec![0.0; at.len()];
            let device = at.clone();
            for damping in [0.0, 1e-3, 0.5] {
                let mut gram = Vec::new();
                let mut square = 0.0;
                pass.each_piece(&rows, &mut |pass, _, _| {
                    pass.draw(&numbers, 0, 0);
                    pass.forward(&device, &mut gradient);
                    gram = pass.gram(&device, &mut gradient);
                    pass.forward(&device, &mut gradient);
                    square = pass.natural(&device, damping, &mut gradient).expect("a direction");
                    Ok(())
                })
                .expect("a sweep");
                let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
                let trace: f64 = (0..n).map(|i| share[i] * dot(&each[i], &each[i])).sum();
                for i in 0..n {
                    for j in 0..n {
                        let expected = share[i] * share[j] * dot(&each[i], &each[j]);
                        // Sums of a hundred products.
                        assert!((gram[j * n + i] - expected).abs() < 1e-12 * trace, "{i} {j}");
                    }
                }
                // (F + ε) d = g, dense: for ε = 0 on the range of F, which holds d too.
                let p = vae.networks();
                let fisher = Matrix::from_fn(p, p, |a, b| (0..n).map(|i| share[i] * each[i][a] * each[i][b]).sum());
                let slope: Vec<f64> = (0..p).map(|a| (0..n).map(|i| share[i] * each[i][a]).sum()).collect();
                let e = eigen(&fisher).expect("eigenvalues");
                let top = e.values[p - 1];
                let mut expected = vec![0.0; p];
                for (k, &value) in e.values.iter().enumerate().filter(|(_, v)| **v > 1e-11 * top) {
                    let along: f64 = (0..p).map(|a| e.vectors[(a, k)] * slope[a]).sum();
                    for a in 0..p {
                        expected[a] += along / (value + damping * trace) * e.vectors[(a, k)];
                    }
                }
                let size = dot(&expected, &expected).sqrt();
                let away: f64 = (0..p).map(|a| (gradient[a] - expected[a]).powi(2)).sum::<f64>().sqrt();
                // Rounding times the condition, which the threshold on ranks bounds; seven rows are rarely that dependent.
                assert!(away < 1e-6 * size, "{:?} damping {damping}: {away} of {size}", vae.architecture());
                let along = dot(&slope, &gradient[..p]);
                assert!((square - along).abs() < 1e-8 * (1.0 + along), "{square} {along}");
            }
        }
    }
}

#[test]
fn kronecker_factors_multiply_the_slope_by_their_inverses() {
    let (rows, inputs, outputs) = (6, 3, 2);
    let layer = Dense { inputs, outputs, weights: 0, biases: inputs * outputs, activation: Activation::Identity };
    let value = |i: usize| ((i * 31 + 7) % 19) as f64 / 19.0 - 0.4;
    let x: Vec<f64> = (0..rows * inputs).map(value).collect();
    // Slopes carry the rows' shares of the weight.
    let dy: Vec<f64> = (0..rows * outputs).map(|i| value(3 * i + 1) / rows as f64).collect();
    let damping = 0.04f64;
    for diagonal in [false, true] {
        let mut factors = Factors::<f64, Processor>::new(&Processor, layer, diagonal, rows);
        factors.absorb(&Processor, &x, &dy, rows, 0.0, None);
        factors.invert(&Processor, damping).expect("inverses");
        let spare = (inputs + 1) * outputs;
        let mut found = vec![0.0; spare + outputs];
        factors.natural(&Processor, &x, &mut dy.clone(), rows, spare, &mut found);
        let augmented = |n: usize, i: usize| if i < inputs { x[i * rows + n] } else { 1.0 };
        let n = rows as f64;
        let mean = |m: &Matrix| (0..m.nrows()).map(|i| m[(i, i)]).sum::<f64>() / m.nrows() as f64;
        let damped = |m: &Matrix| {
            let add = damping.sqrt() * mean(m);
            inverse(&Matrix::from_fn(m.nrows(), m.nrows(), |i, j| m[(i, j)] + if i == j { add } else { 0.0 }))
                .expect("an inverse")
        };
        let a = Matrix::from_fn(inputs + 1, inputs + 1, |i, j| {
            (0..rows).map(|r| augmented(r, i) * augmented(r, j)).sum::<f64>() / n
        });
        let d = Matrix::from_fn(outputs, outputs, |i, j| {
            if diagonal && i != j {
                return 0.0;
            }
            (0..rows).map(|r| dy[i * rows + r] * dy[j * rows + r]).sum::<f64>() * n
        });
        let g = Matrix::from_fn(outputs, inputs + 1, |o, i| {
            (0..rows).map(|r| dy[o * rows + r] * augmented(r, i)).sum::<f64>()
        });
        let expected = damped(&d) * g * damped(&a);
        for o in 0..outputs {
            for i in 0..=inputs {
                let place = if i < inputs { o * inputs + i } else { inputs * outputs + o };
                // A few products of numbers of size 10.
                assert!((found[place] - expected[(o, i)]).abs() < 1e-12, "{o} {i}: {}", expected[(o, i)]);
            }
        }
    }
}
