//! The tempering identity at arbitrary points: mixtures of every family, ties and gaps, networks, degenerate cases.

mod learnt;

use learnt::{Case, Kind, case};
use natgrad::catalogue::{CovarianceShape, FamilyName};
use natgrad::criterion::{Settings, check};
use natgrad::model::LatentModel;
use natgrad::network::local::LocalSpec;
use natgrad::network::{Network, NodeSpec};
use natgrad::objective::Learning;
use natgrad_testkit::laws::tempering::{of_mixture, of_network};
use natgrad_testkit::mixtures::{Recipe, recipes};

#[test]
fn mixtures_obey_it_but_for_what_is_frozen() {
    let (mut whole, mut frozen) = (0, 0);
    for recipe in recipes() {
        let case = recipe.case();
        let fails = of_mixture(&case);
        match (recipe.freeze_weights && recipe.components > 1, recipe.freeze_covariances) {
            (false, false) => {
                assert!(fails.is_empty(), "{}: {fails:?}", case.name);
                whole += 1;
            }
            (weights, _) => {
                // Starts have unequal weights after a step; a single component has none to learn.
                let what = if weights { "mixing weights" } else { "components" };
                let equal = weights && {
                    let w = case.described.mixture().weights(&case.point);
                    w.iter().all(|x| (x - w[0]).abs() < 1e-12)
                };
                assert!(equal == fails.is_empty(), "{}: {fails:?}", case.name);
                assert!(fails.iter().all(|f| f.starts_with(what) && f.contains("were learnt")), "{fails:?}");
                frozen += 1;
            }
        }
    }
    assert!(whole > 100 && frozen > 10, "{whole} {frozen}");
}

#[test]
fn mixtures_obey_it_where_they_degenerate() {
    use FamilyName as F;
    // One row; a component of weight zero; probabilities of 0 and 1.
    of_mixture(&Recipe::new(&[F::Poisson, F::Bernoulli], CovarianceShape::Diagonal, 1, 1).case());
    let mut case = Recipe::new(&[F::Poisson, F::Bernoulli], CovarianceShape::Diagonal, 3, 40).case();
    let mixture = case.described.mixture();
    let natural: Vec<Vec<_>> = (0..3)
        .map(|k| {
            let mut own: Vec<_> = (0..2).map(|b| mixture.natural(&case.point, k, b)).collect();
            own[1].0[0] = [-700.0, 700.0, 0.3][k];
            own
        })
        .collect();
    case.point = mixture.point(&[0.3, 0.0, 0.7], &natural);
    assert!(of_mixture(&case).is_empty());
}

fn on(name: &str, case: &Case) -> Vec<String> {
    let mut net = case.net.clone();
    let (_, pieces) = net.survey(&case.table).expect("a survey");
    let digest = pieces.as_ref().map(natgrad::model::bayes_net::Pieces::as_digest);
    let learning = Learning::new(&net, &case.table, 0.0).with_digest(digest);
    of_network(name, &net, &learning, &case.at)
}

#[test]
fn networks_obey_it() {
    for seed in 0..120u64 {
        let kind = Kind {
            zeros: seed % 5 == 0,
            prior: if seed % 5 != 0 && seed % 4 == 1 { 0.7 } else { 0.0 },
            ties: seed % 3 == 1,
            frozen: seed % 4 == 2,
            local: seed % 3 == 2,
        };
        let case = case(seed, kind);
        if case.table_weight() == 0.0 {
            continue;
        }
        let fails = on(&format!("network {seed}"), &case);
        assert!(fails.is_empty(), "{seed}: what cannot be tempered counts as base measure: {fails:?}");
    }
}

impl Case {
    fn table_weight(&self) -> f64 {
        use natgrad::rows::RowSource;
        (0..self.table.rows() as usize).map(|n| self.table.weight(n)).sum()
    }
}

#[test]
fn networks_leave_out_what_the_criterion_rejects() {
    let node = |name: &str, parents: &[&str]| NodeSpec {
        name: name.into(),
        states: vec!["off".into(), "on".into()],
        parents: parents.iter().map(|p| (*p).into()).collect(),
        table: if name < "c" { Some(vec![vec![0.3, 0.7]]) } else { None },
    };
    let nodes = vec![node("a", &[]), node("b", &[]), node("c", &["a", "b"]), node("d", &["a", "b"])];
    let weights = vec![vec![0.3], vec![0.6]];
    let local = [
        None,
        None,
        Some(LocalSpec::Logistic { weights: weights.clone(), bias: 0.4 }),
        Some(LocalSpec::NoisyOr { weights, leak: 0.1 }),
    ];
    let (network, point) = Network::described(nodes, &local).expect("a network");
    let sharing = natgrad::model::bayes_net::Sharing { frozen: vec![1], ..Default::default() };
    let point = point.expect("tables");
    let case = learnt::with_rows(network, &point, &[true, false, false, false], 0.2, 50, &sharing, 5);
    assert!(on("noisy-or", &case).is_empty());
    let found = check(&case.net.maps(&case.at), &Settings::default()).expect("a verdict");
    let mut net = case.net.clone();
    let (_, pieces) = net.survey(&case.table).expect("a survey");
    let digest = pieces.as_ref().map(natgrad::model::bayes_net::Pieces::as_digest);
    let learning = Learning::new(&net, &case.table, 0.0).with_digest(digest);
    let look = learning.look(&case.at, natgrad::model::Want::Statistics).expect("a look");
    let counted = net.residuals_of_maps(&case.at, &look.statistics);
    let tempered: Vec<bool> = counted.iter().map(Option::is_some).collect();
    let holds: Vec<bool> = found.parts.iter().map(|p| p.holds).collect();
    assert_eq!(holds, tempered, "{found:#?}");
    assert_eq!(holds, [true, false, true, false]);
    assert_eq!(net.free(), 2 + 3 + 3);
}
