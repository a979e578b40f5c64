//! Sigmoid belief nets under exact recognition: reference values, sums over all states, slopes, laws at any parameters.

mod common;

use common::nets::{binary_rows, evidence, random_point};
use common::{columns_of, csv};
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
use natgrad::geometry::{Metric, Point, Tangent};
use natgrad::model::sigmoid_belief_net::{Recognition, SigmoidBeliefNet};
use natgrad::model::{LatentModel, Statistics, Want};
use natgrad::objective::Learning;
use natgrad::rows::{RowSource, Table};
use serde_json::Value;

fn exact(visible: usize, hidden: &[usize], incomplete: Vec<usize>) -> SigmoidBeliefNet {
    SigmoidBeliefNet::new(visible, hidden, incomplete, Recognition::Exact).expect("a net")
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array().expect("an array").iter().map(|x| x.as_f64().expect("a number")).collect()
}

fn cases() -> Vec<Value> {
    let all: Value =
        serde_json::from_str(include_str!("../../../oracles/entropy_sums/sigmoid_belief_nets.json")).expect("JSON");
    all["cases"].as_array().expect("cases").clone()
}

/// The reference's weights, visible biases and prior log-odds as a point.
fn point(p: &Value) -> Point {
    let bias = numbers(&p["bx"]);
    let mut out = Vec::new();
    for (row, b) in p["W"].as_array().expect("rows").iter().zip(bias) {
        out.extend(numbers(row));
        out.push(b);
    }
    out.extend(numbers(&p["bz"]));
    Point(out)
}

fn digits() -> Table {
    let data = csv("entropy_sums/digits4x4_bin.csv", false);
    Table::from_columns(columns_of(data.len(), None), &data, None).expect("a table")
}

fn compare(net: &SigmoidBeliefNet, at: &Point, s: &Statistics, expected: &Value, what: &str) {
    let e = net.entropies(at, s);
    let elbo = s.log_evidence / s.weight;
    for (name, value) in [
        ("F", elbo),
        ("Hq", e.recognition),
        ("Hp", e.prior),
        ("Ex", e.observable),
        ("S", e.sum()),
        ("R", elbo - e.sum()),
    ] {
        let expected = expected[name].as_f64().expect("a number");
        // Sums of 400 rows of terms up to 12: about a hundred units in the last place.
        assert!((value - expected).abs() < 5e-13, "{what}: {name} {value} and {expected}");
    }
}

#[test]
fn entropies_agree_with_the_reference_for_every_kind_of_beliefs() {
    let table = digits();
    let net = exact(15, &[3], vec![]);
    for case in cases() {
        let id = case["id"].as_str().expect("id");
        let learning = Learning::new(&net, &table, 0.0);
        for which in ["init", "fit"] {
            let at = point(&case[which]);
            let beliefs: Option<Vec<f64>> = if let Some(q) = case["q"].as_array() {
                Some(q.iter().flat_map(numbers).collect())
            } else if let Some(q) = case["q_means"].as_array() {
                let of = |m: &Value| -> Vec<f64> {
                    let m = numbers(m);
                    let on = |s: usize, h: usize| if s >> h & 1 == 1 { m[h] } else { 1.0 - m[h] };
                    (0..8).map(|s| (0..3).map(|h| on(s, h)).product()).collect()
                };
                Some(q.iter().flat_map(of).collect())
            } else if case["kind"] == "sbn_fixed_q" {
                // .97 of the mass at state n mod 8, the rest spread; rounded to 6 decimals and normalised.
                let of = |n: usize| {
                    let q: Vec<f64> = (0..8)
                        .map(|s| 0.97 * f64::from(u8::from(s == n % 8)) + 0.03 / 8.0)
                        .map(|q: f64| (q * 1e6).round_ties_even() / 1e6)
                        .collect();
                    let total: f64 = q.iter().sum();
                    q.into_iter().map(|q| q / total).collect::<Vec<f64>>()
                };
                Some((0..400).flat_map(of).collect())
            } else {
                None
            };
            let s = match &beliefs {
                Some(q) => net.with_beliefs(&at, &table, q).expect("sums"),
                None => learning.look(&at, Want::Statistics).expect("a look").statistics,
            };
            compare(&net, &at, &s, &case[format!("eval_{which}")], &format!("{id} {which}"));
            if let (Some(q), "init") = (&beliefs, which) {
                // The reference's fit is the M-step for these beliefs.
                let next = net.maximise(&at, &s).expect("a maximum").point;
                let s = net.with_beliefs(&next, &table, q).expect("sums");
                compare(&net, &next, &s, &case["eval_fit"], &format!("{id} after our M-step"));
            }
        }
    }
}

#[test]
fn em_walks_the_path_of_the_reference() {
    let table = digits();
    let net = exact(15, &[3], vec![]);
    let case = cases().into_iter().find(|c| c["kind"] == "sbn_exact").expect("a case");
    let settings = Settings { metric: MetricChoice::Joint, tolerance: 0.0, max_iterations: 30, ..Settings::default() };
    let learning = Learning::new(&net, &table, 0.0);
    let outcome = fit(&learning, &settings, Progress::at(point(&case["init"])), &|_| Control::Continue).expect("a fit");
    for t in case["em_trace"].as_array().expect("a trace") {
        let i = t["iter"].as_u64().expect("an iteration") as usize;
        let expected = t["F"].as_f64().expect("a number");
        let found = outcome.progress.trace[i].elbo;
        // M-steps are solved to about 1e-15 nats; thirty of them keep nine digits.
        assert!((found - expected).abs() < 1e-9, "after {i} steps: {found} and {expected}");
    }
}

/// Theory's worked example: four visible units, two hidden ones, sixteen patterns with their counts.
#[test]
fn the_worked_example_has_its_digits() {
    let counts = [5.0, 2.0, 3.0, 1.0, 2.0, 6.0, 1.0, 2.0, 3.0, 1.0, 4.0, 2.0, 1.0, 2.0, 2.0, 7.0];
    let data: Vec<Vec<f64>> = (0..4).map(|d| (0..16).map(|n| (n >> (3 - d) & 1) as f64).collect()).collect();
    let table = Table::from_columns(columns_of(4, None), &data, Some(counts.to_vec())).expect("a table");
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let at = Point(vec![1.0, -1.0, 0.1, 0.5, 2.0, -0.2, -1.5, 0.3, 0.4, 0.2, -0.7, 0.0, logit(0.3), logit(0.6)]);
    let net = exact(4, &[2], vec![]);
    let learning = Learning::new(&net, &table, 0.0);
    let look = learning.look(&at, Want::Statistics).expect("a look");
    let e = learning.entropies(&look);
    let g = learning.gradient(&look).0;
    let close = |a: f64, b: f64| assert!((a - b).abs() < 5.1e-11, "{a} and {b}");
    close(look.elbo, -2.9562292810);
    close(e.sum(), -2.6249953620);
    close(look.elbo - e.sum(), -0.3312339190);
    close(e.recognition, 1.1426087881);
    close(at.0[12] * g[12] + at.0[13] * g[13], -0.0373606847);
    let weights: f64 = (0..4).map(|d| at.0[3 * d] * g[3 * d] + at.0[3 * d + 1] * g[3 * d + 1]).sum();
    close(weights, -0.3146768021);
    close((0..4).map(|d| at.0[3 * d + 2] * g[3 * d + 2]).sum(), 0.0208035679);
}

/// Nets of one to three hidden layers, with and without missing cells and weights.
fn settings() -> Vec<(SigmoidBeliefNet, Table, Point)> {
    let mut out = Vec::new();
    for (i, hidden) in [vec![1], vec![3], vec![3, 2], vec![2, 3, 1]].iter().enumerate() {
        for missing in [0.0, 0.3] {
            let table = binary_rows(37, 5, missing, i % 2 == 1, 7 + i as u64);
            let incomplete = (0..5).filter(|&d| table.columns()[d].missing).collect();
            let net = exact(5, hidden, incomplete);
            let at = random_point(&net, 11 + i as u64);
            out.push((net, table, at));
        }
    }
    out
}

#[test]
fn the_evidence_is_the_sum_over_all_joint_states() {
    for (net, table, at) in settings() {
        let look = Learning::new(&net, &table, 0.0).look(&at, Want::Residuals).expect("a look");
        let expected = evidence(&net, &at.0, &table);
        assert!((look.elbo - expected).abs() < 1e-13, "{} and {expected}", look.elbo);
    }
}

#[test]
fn slopes_are_those_of_the_evidence_and_the_residual_is_the_slope_along_tempering() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let look = learning.look(&at, Want::Residuals).expect("a look");
        let g = learning.gradient(&look);
        let h = 1e-5;
        for i in 0..at.0.len() {
            let mut v = Tangent(vec![0.0; at.0.len()]);
            v.0[i] = 1.0;
            let value = |t: f64| evidence(&net, &net.shift(&at, &v, t).expect("inside").0, &table);
            // Fourth-order differences: truncation and rounding are both below 1e-10.
            let difference = (8.0 * (value(h) - value(-h)) - (value(2.0 * h) - value(-2.0 * h))) / (12.0 * h);
            assert!((difference - g.0[i]).abs() < 1e-9, "{}: {difference} and {}", net.name_of(i), g.0[i]);
        }
        let residual = look.elbo - learning.entropies(&look).sum();
        // Log-odds are natural coordinates: tempering scales the point itself.
        let along = g.along(&Tangent(at.0.clone()));
        assert!((residual - along).abs() < 1e-12, "{residual} and {along}");
        // Rows' shares: their mean is the residual, so their square is at least its.
        assert!(look.statistics.residual_square / look.statistics.weight >= residual * residual - 1e-12);
    }
}

#[test]
fn scores_along_a_direction_are_products_with_the_rows_own_scores() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let v = Tangent(random_point(&net, 99).0);
        let seen = learning.visible_along(&at, &v).expect("a sweep");
        let mut expected = vec![0.0; at.0.len()];
        let mut weight = 0.0;
        for n in 0..table.rows() as usize {
            let cells: Vec<Vec<f64>> = (0..5).map(|d| vec![table.cell(n, d)]).collect();
            let one = Table::from_columns(table.columns().to_vec(), &cells, None).expect("a row");
            let single = Learning::new(&net, &one, 0.0);
            let score = single.gradient(&single.look(&at, Want::Statistics).expect("a look"));
            let along = table.weight(n) * score.along(&v);
            expected.iter_mut().zip(&score.0).for_each(|(e, s)| *e += along * s);
            weight += table.weight(n);
        }
        for (a, b) in seen.0.iter().zip(&expected) {
            assert!((a - b / weight).abs() < 1e-12, "{a} and {}", b / weight);
        }
    }
}

#[test]
fn m_steps_never_fall_and_their_own_beliefs_leave_no_residual() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let mut look = learning.look(&at, Want::Statistics).expect("a look");
        for _ in 0..20 {
            let next = net.maximise(&look.point, &look.statistics).expect("a maximum").point;
            let after = learning.look(&next, Want::Statistics).expect("a look");
            assert!(after.elbo >= look.elbo - 1e-13, "{} after {}", after.elbo, look.elbo);
            look = after;
        }
        let metric = learning.joint_metric(&look).expect("a metric");
        assert!(metric.rank() <= net.free());
        assert!(metric.raise(&learning.gradient(&look)).square >= 0.0);
    }
}

#[test]
fn digits_are_learnt_to_a_maximum_whose_elbo_is_its_sum_of_entropies() {
    let table = digits();
    let net = exact(15, &[3], vec![]);
    let frequencies: Vec<f64> = (0..15).map(|d| (0..400).map(|n| table.cell(n, d)).sum::<f64>() / 400.0).collect();
    let learning = Learning::new(&net, &table, 0.0);
    let mut best = f64::NEG_INFINITY;
    for seed in 0..4 {
        let settings = Settings { tolerance: 1e-10, max_iterations: 3000, ..Settings::default() };
        let outcome = fit(&learning, &settings, Progress::at(net.start(&frequencies, seed)), &|_| Control::Continue)
            .expect("a fit");
        assert_eq!(outcome.progress.status, Some(Status::Converged), "seed {seed}");
        let residual = outcome.look.elbo - learning.entropies(&outcome.look).sum();
        // A remaining gain of 1e-10 leaves the residual below √(2 V 1e-10), V about 10.
        assert!(residual.abs() < 1e-4, "seed {seed}: {residual}");
        best = best.max(outcome.look.elbo);
    }
    // The reference's maximum from one start.
    assert!(best >= -7.9218, "{best}");
}

#[test]
fn information_matrices_are_those_of_the_evidence_and_of_the_rows_scores() {
    for (net, table, at) in settings() {
        let learning = Learning::new(&net, &table, 0.0);
        let look = learning.look(&at, Want::Curvature).expect("a look");
        let information = net.information(&at, &look.statistics).expect("a small net");
        let block = &information.blocks[0];
        let free = net.free();
        let h = 1e-4;
        for i in 0..free {
            let mut v = Tangent(vec![0.0; free]);
            v.0[i] = 1.0;
            let slope = |t: f64| {
                let point = net.shift(&at, &v, t).expect("inside");
                learning.gradient(&learning.look(&point, Want::Statistics).expect("a look")).0
            };
            let (up, down) = (slope(h), slope(-h));
            for j in 0..free {
                // Truncation of a central difference, h² times a third derivative.
                let difference = (down[j] - up[j]) / (2.0 * h);
                assert!((difference - block.observed[(i, j)]).abs() < 1e-7, "({i}, {j})");
            }
            let seen = learning.visible_along(&at, &v).expect("a sweep").0;
            for j in 0..free {
                assert!((seen[j] - block.visible[(i, j)]).abs() < 1e-12, "({i}, {j})");
            }
        }
    }
}

/// The same net as a Bayesian network of logistic nodes.
#[test]
fn a_bayesian_network_of_logistic_nodes_agrees() {
    for missing in [0.0, 0.25] {
        agree(&binary_rows(41, 4, missing, false, 3), missing == 0.0);
    }
}

fn agree(table: &Table, complete: bool) {
    use natgrad::model::bayes_net::{BayesNet, Sharing};
    use natgrad::network::local::{Local, Logistic};
    use natgrad::network::{Network, NodeSpec};
    let net = exact(4, &[3, 2], vec![1, 3]);
    let at = random_point(&net, 5);
    let names: Vec<Vec<String>> = ["x", "y", "z"]
        .iter()
        .zip(&net.layout().sizes)
        .map(|(layer, &n)| (0..n).map(|u| format!("{layer}{u}")).collect())
        .collect();
    let specs = net
        .layout()
        .units()
        .map(|(l, u)| {
            let parents = names.get(l + 1).cloned().unwrap_or_default();
            NodeSpec { name: names[l][u].clone(), states: vec!["0".into(), "1".into()], parents, table: None }
        })
        .collect();
    let (network, _) = Network::new(specs).expect("a network");
    let network = network.with_local(|i, of| {
        let local: std::sync::Arc<dyn Local> =
            std::sync::Arc::new(Logistic { parents: vec![2; of.dag().parents(i).len()] });
        Some(local)
    });
    let columns = (0..network.len()).map(|i| (i < 4).then_some(i)).collect();
    let mut other = BayesNet::new(network, columns, &Sharing::default()).expect("a model");
    other.survey(table).expect("a survey");
    // Both list weights and biases unit by unit.
    let point = at.clone();
    let ours = Learning::new(&net, table, 0.0).look(&at, Want::Statistics).expect("a look");
    let theirs = Learning::new(&other, table, 0.0).look(&point, Want::Statistics).expect("a look");
    // The same sums in another order.
    assert!((ours.elbo - theirs.elbo).abs() < 1e-12);
    let (a, b) = (net.gradient(&at, &ours.statistics).0, other.gradient(&point, &theirs.statistics).0);
    for (l, u) in net.layout().units() {
        let node = net.layout().sizes[..l].iter().sum::<usize>() + u;
        for (x, y) in a[net.layout().unit(l, u)].iter().zip(&b[other.coordinates(node)]) {
            assert!((x - y).abs() < 1e-12, "{x} and {y}");
        }
    }
    let (e, f) = (net.entropies(&at, &ours.statistics), other.entropies(&point, &theirs.statistics));
    // A network counts missing cells as hidden: they are in its recognition and its observable entropy alike.
    assert!((e.sum() - f.sum()).abs() < 1e-12, "{e:?} and {f:?}");
    assert!(!complete || (e.recognition - f.recognition).abs() < 1e-12 && (e.prior - f.prior).abs() < 1e-12);
    let ours = net.maximise(&at, &ours.statistics).expect("a maximum").point;
    let theirs = other.maximise(&point, &theirs.statistics).expect("a maximum").point;
    let (p, q) = (evidence(&net, &ours.0, table), Learning::new(&other, table, 0.0));
    let q = q.look(&theirs, Want::Evidence).expect("a look").elbo;
    // With missing cells a network's M-step also fits what it filled in, and falls behind.
    assert!(if complete { (p - q).abs() < 1e-11 } else { p > q }, "after an M-step: {p} and {q}");
}

#[test]
fn deterministic_units_have_a_defined_answer_with_a_note() {
    // The second column copies the first, the third is always on.
    let data = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0].to_vec();
    let table = Table::from_columns(columns_of(3, None), &[data.clone(), data, vec![1.0; 6]], None).expect("a table");
    let net = exact(3, &[1], vec![]);
    let learning = Learning::new(&net, &table, 0.0);
    let settings = Settings { metric: MetricChoice::Joint, tolerance: 0.0, max_iterations: 200, ..Settings::default() };
    let outcome =
        fit(&learning, &settings, Progress::at(net.start(&[0.5, 0.5, 1.0], 1)), &|_| Control::Continue).expect("a fit");
    assert!((outcome.look.elbo - 0.5f64.ln()).abs() < 1e-9, "{}", outcome.look.elbo);
    assert!(outcome.progress.point.0.iter().all(|x| x.is_finite()));
    assert!(!outcome.progress.notes.is_empty(), "the boundary is reported");
    let residual = outcome.look.elbo - learning.entropies(&outcome.look).sum();
    assert!(residual.abs() < 1e-9, "{residual}");
}

#[test]
fn nets_that_cannot_be_listed_are_refused_with_a_way_out() {
    let refused = SigmoidBeliefNet::new(10, &[21], vec![], Recognition::Exact).expect_err("too many");
    assert!(refused.to_string().contains("mean-field"), "{refused}");
    assert!(SigmoidBeliefNet::new(10, &[15, 6], vec![], Recognition::Exact).is_err());
    assert!(SigmoidBeliefNet::new(10, &[], vec![], Recognition::MeanField).is_err());
    assert!(SigmoidBeliefNet::new(10, &[200, 100], vec![], Recognition::MeanField).is_ok());
}
