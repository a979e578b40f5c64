//! Table entries next to zero that the data would raise: found, told apart from those that belong there, and left.

mod learnt;

use learnt::{Case, Kind, case, with_rows};
use natgrad::diagnose::at_the_boundary;
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::model::bayes_net::Sharing;
use natgrad::model::{LatentModel, Want};
use natgrad::network::{Network, NodeSpec};
use natgrad::objective::Learning;

/// The point with the first entry of every second row of more than one state set to `p`; the others give way.
fn lowered(c: &Case, p: f64) -> Point {
    let mut at = c.at.clone();
    let mut first = 0;
    for (i, table) in c.tables.iter().enumerate() {
        let k = c.network.states(i);
        for row in (0..table.len() / k).filter(|row| k > 1 && row % 2 == 0) {
            let own = &mut at.0[first + row * k..first + (row + 1) * k];
            let others: f64 = own[1..].iter().map(|x| x.exp()).sum();
            own[1..].iter_mut().for_each(|x| *x += ((1.0 - p) / others).ln());
            own[0] = p.ln();
        }
        first += table.len();
    }
    at
}

#[test]
fn rates_are_those_of_em_and_slopes_those_of_the_evidence() {
    let mut found = 0;
    for seed in 0..120 {
        let c = case(seed, Kind { prior: if seed % 3 == 0 { 0.01 } else { 0.0 }, ..Kind::default() });
        let at = lowered(&c, 1e-6);
        let learning = Learning::new(&c.net, &c.table, 0.0);
        let look = learning.look(&at, Want::Statistics).expect("a look");
        let next = c.net.maximise(&at, &look.statistics).expect("a step").point;
        for one in c.net.inward(&at, &look.statistics) {
            found += 1;
            let multiplied = (next.0[one.place] - at.0[one.place]).exp();
            // Logarithms near −14 and back: some ulps.
            assert!((multiplied / one.rate - 1.0).abs() < 1e-12, "{seed}: {multiplied} {}", one.rate);
            // A bound has 16 digits, the step six zeros: smaller slopes drown.
            if one.slope < 1e-6 {
                continue;
            }
            // Raised by next to nothing: the difference of two bounds shows the slope to the curvature times the step.
            let reach = (at.0[one.place].exp() + 1e-6) / (1.0 - 1.0 / one.rate);
            let raised = c.net.raised(&at, &[one], reach);
            let step = raised.0[one.place].exp() - at.0[one.place].exp();
            let higher = learning.look(&raised, Want::Evidence).expect("a look");
            let slope = (higher.elbo - look.elbo) / step;
            // The slope is of F with its prior; 1e-6 is next to the entry itself, so the logarithm bends.
            let scale = 1.0 + one.slope.abs() * one.rate;
            assert!(slope > 0.0 && slope < 1.01 * one.slope + 1e-6 * scale, "{seed}: {slope} {}", one.slope);
            for (i, table) in c.tables.iter().enumerate() {
                let k = c.network.states(i);
                for row in c.net.table(i, &raised).chunks(k).take(table.len() / k) {
                    assert!((row.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                }
            }
        }
    }
    assert!(found > 100, "{found}");
}

/// Two classes that three nodes show, one node in ten missing.
fn classes() -> Case {
    let child = |name: &str| NodeSpec {
        name: name.into(),
        states: vec!["no".into(), "yes".into()],
        parents: vec!["class".into()],
        table: Some(vec![vec![0.9, 0.1], vec![0.2, 0.8]]),
    };
    let class = NodeSpec {
        name: "class".into(),
        states: vec!["one".into(), "two".into()],
        parents: vec![],
        table: Some(vec![vec![0.6, 0.4]]),
    };
    let (network, point) =
        Network::described(vec![class, child("a"), child("b"), child("c")], &[None, None, None, None])
            .expect("a network");
    with_rows(network, &point.expect("tables"), &[true, false, false, false], 0.1, 3000, &Sharing::default(), 5)
}

#[test]
fn a_class_of_probability_1e_40_is_brought_back_and_refutes_a_maximum_before() {
    let mut c = classes();
    let (_, pieces) = c.net.survey(&c.table).expect("a survey");
    let pieces = pieces.expect("few pieces");
    let learning = Learning::new(&c.net, &c.table, 0.0).with_digest(Some(pieces.as_digest()));
    let climb = |from: Point, metric: MetricChoice| {
        let settings = Settings { metric, tolerance: 1e-9, max_iterations: 400, ..Settings::default() };
        fit(&learning, &settings, Progress::at(from), &|_| Control::Continue).expect("a fit")
    };
    let top = climb(c.at.clone(), MetricChoice::Auto);
    let mut edge = c.at.clone();
    (edge.0[0], edge.0[1]) = (0.0, 1e-40_f64.ln());
    let look = learning.look(&edge, Want::Statistics).expect("a look");
    let found = at_the_boundary(&learning, &look).expect("a reading");
    assert_eq!(found.count, 1);
    assert!(found.steepest.contains("two"), "{}", found.steepest);
    assert!(found.gain > 0.01, "{}", found.gain);
    for metric in [MetricChoice::Auto, MetricChoice::Evidence] {
        let end = climb(edge.clone(), metric);
        assert_eq!(end.progress.status, Some(Status::Converged), "{metric:?}");
        // Both are within the tolerance of the one maximum.
        assert!((end.look.elbo - top.look.elbo).abs() < 3e-9, "{metric:?}: {} {}", end.look.elbo, top.look.elbo);
        assert!(end.progress.trace.iter().any(|r| r.metric == "inward"), "{metric:?}");
        let found = at_the_boundary(&learning, &end.look).expect("a reading");
        assert!(found.gain <= 1e-9, "{metric:?}: {}", found.gain);
    }
}

#[test]
fn zeros_that_stood_in_the_start_stay() {
    for seed in 0..40 {
        let c = case(seed, Kind { zeros: true, ..Kind::default() });
        let look = Learning::new(&c.net, &c.table, 0.0).look(&c.at, Want::Statistics).expect("a look");
        assert!(c.net.inward(&c.at, &look.statistics).is_empty());
    }
}
