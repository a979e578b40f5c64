//! Sigmoid belief nets of several layers, exact, mean-field and structured beliefs, and a net of which all biases are frozen.

use super::climb::{climb_model, verdict_of};
use super::data::{self, columns, table};
use super::mixtures::RESIDUAL;
use super::run::Run;
use crate::ReproduceError;
use natgrad::catalogue::criterion::LatentModel;
use natgrad::geometry::{Point, Tangent};
use natgrad::model::Want;
use natgrad::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
use natgrad::objective::Learning;
use natgrad::rows::Table;

/// Pixels of the middle.
const PIXELS: [usize; 6] = [1, 4, 5, 8, 9, 13];

/// Most steps of learning.
const MOST: u64 = 2000;

struct Setup {
    rows: Table,
    net: SigmoidBeliefNet,
    start: Point,
}

fn setup(hidden: &[usize], recognition: Recognition, seed: u64) -> Result<Setup, ReproduceError> {
    let all = columns(data::SMALL_DIGITS);
    let cells: Vec<Vec<f64>> = PIXELS.iter().map(|&d| all[d].clone()).collect();
    let frequencies: Vec<f64> = cells.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
    let net = SigmoidBeliefNet::new(cells.len(), hidden, Vec::new(), recognition)?;
    let start = net.start(&frequencies, seed);
    Ok(Setup { rows: table(&cells, None)?, net, start })
}

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    use Recognition::{Exact, MeanField, Structured};
    Ok(vec![
        learn("belief-net-two-layers", "Sigmoid belief net, two hidden layers, digits", &[2, 1], Exact)?,
        learn("belief-net-mean-field", "Sigmoid belief net, mean-field beliefs, digits", &[2], MeanField)?,
        learn(
            "belief-net-layers-mean-field",
            "Sigmoid belief net, two hidden layers, mean-field beliefs, digits",
            &[2, 1],
            MeanField,
        )?,
        learn(
            "belief-net-structured",
            "Sigmoid belief net, structured mean-field beliefs, digits",
            &[3, 1],
            Structured(3),
        )?,
    ])
}

fn learn(
    name: &'static str,
    title: &'static str,
    hidden: &[usize],
    recognition: Recognition,
) -> Result<Run, ReproduceError> {
    let s = setup(hidden, recognition, 5)?;
    let learning = Learning::new(&s.net, &s.rows, 0.0);
    // Log-odds are linear in all parameters: the direction is the point itself.
    let slope = learning.gradient(&learning.look(&s.start, Want::Statistics)?).along(&Tangent(s.start.0.clone()));
    let (path, _) = climb_model(&learning, &s.start, |_| true, MOST)?;
    Ok(Run {
        name,
        title,
        criterion: verdict_of(LatentModel::SigmoidBeliefNet, &[], |s| s.layers = hidden.len())?,
        criterion_holds: true,
        contraction: Some(slope),
        path,
        expected: (0.0, ""),
        tolerance: RESIDUAL,
    })
}

/// All biases frozen, those of the top at zero: `F − ES = b·∂F/∂b`. Were some of them learnt, a unit that is always on
/// would be a bias to those below it.
pub fn counterexample() -> Result<Run, ReproduceError> {
    let s = setup(&[2, 1], Recognition::Exact, 5)?;
    let learning = Learning::new(&s.net, &s.rows, 0.0);
    let layout = s.net.layout();
    let frozen = |i: usize| {
        let (layer, _, place) = layout.place(i);
        place == layout.parents(layer)
    };
    let (path, end) = climb_model(&learning, &s.start, |i| !frozen(i), MOST)?;
    let slope = learning.gradient(&learning.look(&end, Want::Statistics)?);
    let closed = (0..end.0.len()).filter(|&i| frozen(i)).map(|i| end.0[i] * slope.0[i]).sum();
    Ok(Run {
        name: "belief-net-two-layers-frozen-biases",
        title: "Sigmoid belief net, two hidden layers, biases frozen",
        criterion: verdict_of(LatentModel::SigmoidBeliefNet, &["bias", "prior"], |s| s.layers = 2)?,
        criterion_holds: false,
        contraction: None,
        path,
        expected: (closed, "b·∂F/∂b, b the frozen biases"),
        tolerance: RESIDUAL,
    })
}
