//! The metric of a last layer: exact for zeros and ones and for counts, where it is the curvature of the ELBO itself.

use super::{every_kind, few_nodes, sweep};
use natgrad::linalg::Matrix;
use natgrad::linalg::symmetric::inverse;
use natgrad::model::vae::{Kronecker, ObservableName, Pass};
use natgrad::neural::{Activation, Blocks, Dense, Processor};
use natgrad::rows::RowSource;

#[test]
fn the_last_layers_metric_is_the_elbos_own_curvature() {
    for (vae, rows, at) in every_kind() {
        if vae.architecture().observable == ObservableName::Gaussian {
            continue;
        }
        let expectation = few_nodes();
        let mut gradient = vec![0.0; vae.parameters() + vae.widest()];
        let mut pass = Pass::<f64, Processor>::new(&vae, &Processor, expectation.clone(), rows.rows() as usize);
        let mut metric = Kronecker::new(&vae, &Processor, rows.rows() as usize, expectation.copies());
        let mut slope = Vec::new();
        pass.each_piece(&rows, &mut |pass, first, n| {
            let numbers: Vec<u64> = (first..first + n as u64).collect();
            pass.draw(&numbers, 0, 0);
            pass.forward(&at, &mut gradient);
            pass.backward(&at, &mut gradient);
            slope.clone_from(&gradient);
            pass.absorb(&at, 0.0, 1, &mut metric);
            metric.invert(&Processor, 0.0).expect("inverses");
            pass.kronecker(&mut metric, &mut gradient);
            Ok(())
        })
        .expect("a pass");
        // Along the natural direction of the last layer alone: slope − curvature · direction is what damping adds.
        let layer = *vae.decoder().last();
        let last = layer.weights..layer.biases + layer.outputs;
        let step = 1e-4;
        let moved = |by: f64| -> Vec<f64> {
            let mut to = at.clone();
            last.clone().for_each(|p| to[p] += by * gradient[p]);
            sweep(&vae, &rows, &to, &expectation).gradient
        };
        let (up, down) = (moved(step), moved(-step));
        for d in 0..layer.outputs {
            let weights = (0..layer.inputs).map(|i| layer.weights + d * layer.inputs + i);
            let places: Vec<usize> = weights.chain([layer.biases + d]).collect();
            let left: Vec<f64> = places.iter().map(|p| slope[*p] + (up[*p] - down[*p]) / (2.0 * step)).collect();
            let direction: Vec<f64> = places.iter().map(|p| gradient[*p]).collect();
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let added = dot(&left, &direction) / dot(&direction, &direction);
            assert!(added > 0.0, "{:?}: {added}", vae.architecture());
            for (l, u) in left.iter().zip(&direction) {
                // Differences of the second order in a step of 1e-4.
                assert!((l - added * u).abs() < 1e-6 * (1.0 + dot(&direction, &direction)), "{l} {added} {u}");
            }
        }
    }
}

#[test]
fn blocks_multiply_the_slope_by_their_inverses_and_forget_nothing_they_should_keep() {
    let (rows, inputs, outputs) = (6, 3, 2);
    let layer = Dense { inputs, outputs, weights: 0, biases: inputs * outputs, activation: Activation::Identity };
    let value = |i: usize| ((i * 31 + 7) % 19) as f64 / 19.0 - 0.4;
    let x: Vec<f64> = (0..rows * inputs).map(value).collect();
    let shares: Vec<f64> = (0..rows).map(|i| (1.0 + i as f64) / 21.0).collect();
    // The second output is certain in all rows: it has no information, and its metric is that of one event.
    let information: Vec<f64> = (0..rows).map(|i| 0.1 + value(i + 5).abs()).chain([0.0; 6]).collect();
    let damping = 0.04f64;
    let mut blocks = Blocks::new(layer, false).expect("a small layer");
    blocks.absorb(&x, &information, &shares, 0.0);
    // The same rows once more change nothing.
    blocks.absorb(&x, &information, &shares, 0.7);
    blocks.invert(damping).expect("inverses");
    let slopes: Vec<f64> = (0..outputs * (inputs + 1)).map(|i| value(2 * i)).collect();
    let (mut weights, mut biases) = (slopes[..6].to_vec(), slopes[6..].to_vec());
    blocks.natural(&mut weights, &mut biases);
    let augmented = |n: usize, i: usize| if i < inputs { x[i * rows + n] } else { 1.0 };
    for d in 0..outputs {
        let own = &information[d * rows..(d + 1) * rows];
        let size: f64 = own.iter().zip(&shares).map(|(k, w)| k * w).sum();
        let weight = |n: usize| shares[n] * if size > 0.0 { own[n] / size } else { 1.0 };
        let shape = |i: usize, j: usize| (0..rows).map(|n| weight(n) * augmented(n, i) * augmented(n, j)).sum::<f64>();
        let mean = (0..=inputs).map(|i| shape(i, i)).sum::<f64>() / 4.0;
        let added = mean * (damping.sqrt() * size + 1.0 / rows as f64);
        let block = Matrix::from_fn(4, 4, |i, j| size * shape(i, j) + if i == j { added } else { 0.0 });
        let inverse = inverse(&block).expect("an inverse");
        let slope = |i: usize| if i < inputs { slopes[d * inputs + i] } else { slopes[6 + d] };
        for i in 0..=inputs {
            let expected: f64 = (0..=inputs).map(|j| inverse[(i, j)] * slope(j)).sum();
            let found = if i < inputs { weights[d * inputs + i] } else { biases[d] };
            // A few products of numbers of size 10.
            assert!((found - expected).abs() < 1e-11, "{d} {i}: {found} {expected}");
        }
    }
    let huge = Dense { inputs: 2000, outputs: 1000, ..layer };
    assert!(Blocks::new(huge, false).is_none(), "blocks of gigabytes");
}
