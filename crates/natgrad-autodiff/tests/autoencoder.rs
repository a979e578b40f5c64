//! Slopes of autoencoders row by row, and the Gram matrix of these, are those of dual numbers.

use natgrad::model::vae::{
    Architecture, Deviations, Expectation, Inputs, Nodes, ObservableName, Pass, PriorName, Vae, Variance,
};
use natgrad::neural::{Activation, Processor};
use natgrad::parametrised::Parametrisation;
use natgrad::rows::{Column, ColumnKind, Table};
use natgrad_autodiff::{Derived, DualNum, Function};

const ROWS: [[f64; 3]; 4] = [[1.0, 0.0, 2.0], [0.0, 3.0, 1.0], [2.0, 2.0, 0.0], [0.0, 1.0, 4.0]];
const NODES: [[f64; 2]; 2] = [[0.4, -0.9], [-0.7, 0.2]];
const HIDDEN: usize = 3;

/// The ELBO of each row of a Poisson autoencoder 3-3-2-3-3, written as plain sums.
struct Elbo(usize);

fn dense<D: DualNum<f64>>(at: &mut std::slice::Iter<'_, D>, x: &[D], outputs: usize, tanh: bool) -> Vec<D> {
    let weights: Vec<D> = at.by_ref().take(outputs * x.len()).cloned().collect();
    let biases: Vec<D> = at.by_ref().take(outputs).cloned().collect();
    let unit = |(row, bias): (&[D], D)| {
        let sum = row.iter().zip(x).fold(bias, |sum, (w, x)| sum + w.clone() * x.clone());
        if tanh { sum.tanh() } else { sum }
    };
    weights.chunks(x.len()).zip(biases).map(unit).collect()
}

impl Function for Elbo {
    fn parameters(&self) -> usize {
        self.0
    }

    fn ambient(&self) -> usize {
        ROWS.len()
    }

    fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D> {
        let row = |x: &[f64; 3]| {
            let mut at = xi.iter();
            let input: Vec<D> = x.iter().map(|v| D::from(*v)).collect();
            let hidden = dense(&mut at, &input, HIDDEN, true);
            let heads = dense(&mut at, &hidden, 4, false);
            let (m, s) = heads.split_at(2);
            let decoder = at.clone();
            let mut elbo = D::from(0.0);
            for l in 0..2 {
                // H[q] + E ln p(z), both without ½ ln 2π.
                elbo = elbo + s[l].clone() + 0.5 - (m[l].clone().powi(2) + (s[l].clone() * 2.0).exp()) * 0.5;
            }
            for node in NODES {
                let mut at = decoder.clone();
                let z: Vec<D> = (0..2).map(|l| m[l].clone() + s[l].exp() * node[l]).collect();
                let hidden = dense(&mut at, &z, HIDDEN, true);
                let rates = dense(&mut at, &hidden, 3, false);
                for (x, l) in x.iter().zip(rates) {
                    elbo += (l.clone() * *x - l.exp()) * 0.5;
                }
            }
            for x in x {
                elbo -= (1..=*x as u64).map(|k| (k as f64).ln()).sum::<f64>();
            }
            elbo
        };
        ROWS.iter().map(row).collect()
    }
}

#[test]
fn slopes_of_rows_and_their_gram_matrix_are_those_of_dual_numbers() {
    let vae = Vae::new(Architecture {
        columns: 3,
        latents: 2,
        encoder: vec![HIDDEN],
        decoder: vec![HIDDEN],
        activation: Activation::Tanh,
        observable: ObservableName::Poisson,
        variance: Variance::Scalar,
        prior: PriorName::Fixed,
        deviations: Deviations::Network,
        inputs: Inputs::Values,
    })
    .expect("a model");
    let at: Vec<f64> = (0..vae.parameters()).map(|i| ((i * 29 + 11) % 37) as f64 / 37.0 - 0.5).collect();
    let elbo = Derived(Elbo(at.len()));
    let (values, jacobian) = (elbo.map(&at), elbo.jacobian(&at));
    let columns: Vec<Vec<f64>> = (0..3).map(|d| ROWS.iter().map(|r| r[d]).collect()).collect();
    let named = |d| Column { name: format!("c{d}"), kind: ColumnKind::Number, missing: false };
    let rows = Table::from_columns((0..3).map(named).collect(), &columns, None).expect("a table");
    let nodes = Nodes { weights: vec![0.5, 0.5], nodes: NODES.iter().map(|n| n.to_vec()).collect() };
    let expectation = Expectation::Nodes(nodes);
    let whole =
        Pass::<f64, Processor>::sweep(&vae, &Processor, &rows, &at, &expectation, (0, 0), true).expect("a sweep");
    // A dozen roundings of numbers of size 10.
    assert!((whole.sums.elbo() - values.iter().sum::<f64>() / 4.0).abs() < 1e-13);
    for (j, g) in whole.gradient.iter().enumerate() {
        let mean = (0..4).map(|n| jacobian[(n, j)]).sum::<f64>() / 4.0;
        assert!((g - mean).abs() < 1e-13, "{}: {g} {mean}", vae.layout().name_of(j));
    }
    let mut pass = Pass::<f64, Processor>::new(&vae, &Processor, expectation, 4);
    let mut gradient = vec![0.0; at.len()];
    pass.each_piece(&rows, &mut |pass, _, _| {
        pass.draw(&[0, 1, 2, 3], 0, 0);
        pass.forward(&at, &mut gradient);
        let gram = pass.gram(&at, &mut gradient);
        for a in 0..4 {
            for b in 0..4 {
                let expected: f64 = (0..at.len()).map(|j| jacobian[(a, j)] * jacobian[(b, j)]).sum();
                // Each row counts a quarter.
                assert!((16.0 * gram[4 * b + a] - expected).abs() < 1e-11, "{a} {b}: {expected}");
            }
        }
        Ok(())
    })
    .expect("a sweep");
}
