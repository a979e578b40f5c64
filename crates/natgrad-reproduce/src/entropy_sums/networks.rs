//! Sigmoid belief nets and a network of tables, hidden nodes summed out exactly.

use super::data::{self, columns};
use super::mixtures::{RESIDUAL, path};
use super::run::{Run, Step, contraction, verdict};
use crate::ReproduceError;
use natgrad::ascent::em;
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::model::bayes_net::{BayesNet, Pieces, Sharing};
use natgrad::network::local::LocalSpec;
use natgrad::network::{Network, NodeSpec};
use natgrad::objective::{Learning, Look};
use natgrad::rows::{Column, ColumnKind, Table};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Hidden units, and pixels of the middle that are seen.
const HIDDEN: usize = 2;
const PIXELS: [usize; 6] = [1, 4, 5, 8, 9, 13];

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    let exact = Sharing::default();
    let held = Sharing { prior: 1.0, ..Sharing::default() };
    Ok(vec![
        learn("sigmoid-belief-net", "Sigmoid belief net, digits", true, &exact)?,
        learn("network-of-tables", "Two hidden causes, tables, digits", false, &exact)?,
        learn("network-with-prior", "Two hidden causes, tables, Dirichlet prior, digits", false, &held)?,
    ])
}

fn network(sigmoid: bool) -> Result<(Network, Point), ReproduceError> {
    let mut rng = ChaCha8Rng::seed_from_u64(4);
    let mut one = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
    let (mut nodes, mut local) = (Vec::new(), Vec::new());
    let hidden: Vec<String> = (0..HIDDEN).map(|h| format!("z{h}")).collect();
    let states = vec!["0".to_string(), "1".to_string()];
    let row = |p: f64| vec![1.0 - p, p];
    for name in &hidden {
        let table = Some(vec![row(one(0.3, 0.7))]);
        nodes.push(NodeSpec { name: name.clone(), states: states.clone(), parents: Vec::new(), table });
        local.push(None);
    }
    for d in PIXELS {
        let table = (!sigmoid).then(|| (0..1 << HIDDEN).map(|_| row(one(0.2, 0.8))).collect());
        nodes.push(NodeSpec { name: format!("c{d}"), states: states.clone(), parents: hidden.clone(), table });
        local.push(sigmoid.then(|| {
            let weights = (0..HIDDEN).map(|_| vec![one(-2.0, 2.0)]).collect();
            LocalSpec::Logistic { weights, bias: one(-1.0, 1.0) }
        }));
    }
    let (network, point) = Network::described(nodes, &local)?;
    let missing = || natgrad::Error::Data { problem: "a table is missing".into(), hint: "give every node one".into() };
    Ok((network, point.ok_or_else(missing)?))
}

fn learn(name: &'static str, title: &'static str, sigmoid: bool, sharing: &Sharing) -> Result<Run, ReproduceError> {
    let all = columns(data::SMALL_DIGITS);
    let cells: Vec<Vec<f64>> = PIXELS.iter().map(|&d| all[d].clone()).collect();
    let levels = || ColumnKind::Levels(vec!["0".into(), "1".into()]);
    let header = PIXELS.iter().map(|d| Column { name: format!("c{d}"), kind: levels(), missing: false }).collect();
    let table = Table::from_columns(header, &cells, None)?;
    let (network, given) = network(sigmoid)?;
    let places = (0..network.len()).map(|i| i.checked_sub(HIDDEN)).collect();
    let mut net = BayesNet::new(network.clone(), places, sharing)?;
    let (_, pieces) = net.survey(&table)?;
    let start = net.point(&network, &given)?;
    let learning = Learning::new(&net, &table, 0.0).with_digest(pieces.as_ref().map(Pieces::as_digest));
    let maps = net.maps(&start);
    let slope = contraction(&learning, &maps, &net.free_of_maps(), &start)?;
    let (mut path, end) = path(&learning, start.clone(), 5000)?;
    let (mut known, mut how) = (0.0, "");
    if net.prior() > 0.0 {
        // What learning climbs has the prior in it: the ELBO is taken along EM steps instead.
        path = without_prior(&learning, start, end.clone())?;
        let look = learning.look(&end, Want::Statistics)?;
        (known, how) = (net.prior_residual(&end, &look.statistics), "what the prior explains");
    }
    Ok(Run {
        name,
        title,
        criterion: verdict(&maps)?,
        criterion_holds: true,
        contraction: (net.prior() == 0.0).then_some(slope),
        path,
        expected: (known, how),
        tolerance: RESIDUAL,
    })
}

/// Thirty EM steps and the end, with the ELBO of the rows alone.
fn without_prior(learning: &Learning<'_>, start: Point, end: Point) -> Result<Vec<Step>, ReproduceError> {
    let step = |at: &Point| -> Result<(Step, Look), ReproduceError> {
        let look = learning.look(at, Want::Statistics)?;
        Ok((Step { elbo: look.elbo - look.log_prior, entropies: learning.entropies(&look) }, look))
    };
    let (mut path, mut at) = (Vec::new(), start);
    for _ in 0..30 {
        let (here, look) = step(&at)?;
        path.push(here);
        at = em(learning, &look)?.point;
    }
    path.push(step(&end)?.0);
    Ok(path)
}
