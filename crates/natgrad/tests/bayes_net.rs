//! Networks learnt from rows with missing cells: every sum against brute-force enumeration, every matrix against finite
//! differences.

mod learnt;

use learnt::{Case, Kind, case, listed};
use natgrad::engine::{Control, MetricChoice, Progress, Settings, Status, fit};
use natgrad::geometry::{Metric, Point, Tangent};
use natgrad::linalg::Matrix;
use natgrad::model::{Digest, LatentModel, Want};
use natgrad::objective::Learning;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SEEDS: u64 = 150;

#[test]
fn evidence_and_expected_counts_equal_those_of_enumeration_merged_or_not() {
    for seed in 0..SEEDS {
        let mut c = case(seed, Kind { zeros: seed % 2 == 0, ..Kind::default() });
        let (_, pieces) = c.net.survey(&c.table).expect("a survey");
        let pieces = pieces.expect("few pieces");
        let (log, counts) = (listed(&c, false).log, listed(&c, false).counts);
        for digest in [None, Some(pieces.as_digest())] {
            let learning = Learning::new(&c.net, &c.table, 0.0).with_digest(digest);
            let look = learning.look(&c.at, Want::Statistics).expect("a look");
            // Rounding of sums of some hundred products.
            let s = &look.statistics;
            assert!((s.log_evidence - log).abs() < 1e-12 * (1.0 + log.abs()), "{seed}: {} {log}", s.log_evidence);
            for (i, expected) in counts.iter().enumerate() {
                for (a, b) in c.net.counts(i, s).iter().zip(expected) {
                    assert!((a - b).abs() < 1e-12 * (1.0 + s.weight), "{seed}, node {i}: {a} {b}");
                }
            }
            assert_eq!(s.rows, 40);
        }
    }
}

/// Small enough for truncation `h²`, large enough for rounding `ε/h`.
const STEP: f64 = 1e-5;

fn elbo(c: &Case, at: &Point) -> f64 {
    Learning::new(&c.net, &c.table, 0.0).look(at, Want::Evidence).expect("a look").elbo
}

#[test]
fn slopes_and_observed_information_equal_finite_differences() {
    slopes_and_information(0..SEEDS, |_| Kind::default());
}

#[test]
fn shared_and_frozen_tables_have_the_slopes_of_what_may_move() {
    slopes_and_information(0..80, |seed| Kind { ties: true, frozen: seed % 2 == 0, ..Kind::default() });
}

#[test]
fn logistic_and_noisy_or_nodes_have_the_slopes_of_their_parameters() {
    slopes_and_information(0..80, |seed| Kind { local: true, frozen: seed % 4 == 0, ..Kind::default() });
}

fn slopes_and_information(seeds: std::ops::Range<u64>, kind: impl Fn(u64) -> Kind) {
    for seed in seeds {
        let mut c = case(seed, Kind { prior: if seed % 3 == 0 { 0.7 } else { 0.0 }, ..kind(seed) });
        let (_, pieces) = c.net.survey(&c.table).expect("a survey");
        let pieces = pieces.expect("few pieces");
        let learning = Learning::new(&c.net, &c.table, 0.0);
        let look = learning.look(&c.at, Want::Curvature).expect("a look");
        let gradient = learning.gradient(&look);
        let information = c.net.information(&c.at, &look.statistics).expect("information");
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let free = c.net.free();
        if free == 0 {
            continue;
        }
        // Along straight lines of ln θ a row is normalised again, which bends them: second derivatives are of the
        // function that normalises, which is what `shift` does.
        for _ in 0..3 {
            let v = Tangent((0..free).map(|_| rng.random::<f64>() - 0.5).collect());
            let at = |t: f64| elbo(&c, &c.net.shift(&c.at, &v, t).expect("inside"));
            let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
            assert!((slope - gradient.along(&v)).abs() < 1e-7, "{seed}: {slope} {}", gradient.along(&v));
            let wide = 1e-3;
            let bend = -(at(wide) - 2.0 * at(0.0) + at(-wide)) / (wide * wide);
            let mut form = 0.0;
            for block in &information.blocks {
                for (a, &i) in block.index.iter().enumerate() {
                    for (b, &j) in block.index.iter().enumerate() {
                        form += v.0[i] * block.observed[(a, b)] * v.0[j];
                    }
                }
            }
            assert!((bend - form).abs() < 1e-5 * (1.0 + form.abs()), "{seed}: {bend} {form}");
        }
        // The evidence metric as an operator and as a matrix: rows' scores have no block structure of their own, so the
        // comparison is within groups.
        let v = Tangent((0..free).map(|_| rng.random::<f64>() - 0.5).collect());
        for block in &information.blocks {
            let mut own = vec![0.0; free];
            block.index.iter().for_each(|&i| own[i] = v.0[i]);
            let along = learning.visible_along(&c.at, &Tangent(own)).expect("a product");
            for (a, &i) in block.index.iter().enumerate() {
                let product: f64 = block.index.iter().enumerate().map(|(b, &j)| block.visible[(a, b)] * v.0[j]).sum();
                assert!((product - along.0[i]).abs() < 1e-12, "{seed}: {product} {}", along.0[i]);
            }
        }
        // Merged pieces have the same second moments, where they have them.
        if pieces.has_curvature() {
            let merged = Learning::new(&c.net, &c.table, 0.0).with_digest(Some(pieces.as_digest()));
            let seen = merged.look(&c.at, Want::Curvature).expect("a look");
            let again = c.net.information(&c.at, &seen.statistics).expect("information");
            for (x, y) in information.blocks.iter().zip(&again.blocks) {
                let off = |a: &Matrix, b: &Matrix| {
                    (0..a.ncols())
                        .flat_map(|j| (0..a.nrows()).map(move |i| (i, j)))
                        .map(|(i, j)| (a[(i, j)] - b[(i, j)]).abs())
                        .fold(0.0, f64::max)
                };
                assert!(off(&x.observed, &y.observed) < 1e-13 && off(&x.visible, &y.visible) < 1e-13, "{seed}");
            }
        }
    }
}

#[test]
fn the_unit_step_of_the_joint_metric_is_em_to_first_order() {
    for seed in 0..SEEDS {
        let mut c = case(seed, Kind::default());
        c.net.survey(&c.table).expect("a survey");
        let learning = Learning::new(&c.net, &c.table, 0.0);
        let look = learning.look(&c.at, Want::Statistics).expect("a look");
        let raised = learning.joint_metric(&look).expect("a metric").raise(&learning.gradient(&look));
        let next = c.net.maximise(&c.at, &look.statistics).expect("a step").point;
        // In probabilities: θ · dξ = N_cj/N_c − θ, up to a constant per row that changes nothing.
        for node in 0..c.network.len() {
            let (before, after) = (c.net.table(node, &c.at), c.net.table(node, &next));
            let k = c.network.states(node);
            let v = &raised.tangent.0[c.net.coordinates(node)];
            for row in 0..before.len() / k {
                let p = &before[row * k..(row + 1) * k];
                let d = &v[row * k..(row + 1) * k];
                let mean: f64 = p.iter().zip(d).map(|(p, d)| p * d).sum();
                for j in 0..k {
                    let moved = p[j] * (d[j] - mean);
                    let em = after[row * k + j] - p[j];
                    assert!((moved - em).abs() < 1e-9, "{seed}, node {node}: {moved} {em}");
                }
            }
        }
    }
}

#[test]
fn em_never_falls_and_the_maximum_is_stationary_with_its_entropy_sum() {
    let mut converged = 0;
    for seed in 0..60 {
        let mut c = case(seed, Kind { prior: if seed % 4 == 0 { 0.5 } else { 0.0 }, ..Kind::default() });
        let (_, pieces) = c.net.survey(&c.table).expect("a survey");
        let pieces = pieces.expect("few pieces");
        for metric in [MetricChoice::Joint, MetricChoice::Auto, MetricChoice::Evidence] {
            let learning = Learning::new(&c.net, &c.table, 0.0).with_digest(Some(pieces.as_digest()));
            // EM itself may crawl for thousands of steps; it need not arrive to show that it never falls.
            let settings = Settings { metric, tolerance: 1e-9, max_iterations: 400, ..Settings::default() };
            let outcome = fit(&learning, &settings, Progress::at(c.at.clone()), &|_| Control::Continue).expect("a fit");
            for pair in outcome.progress.trace.windows(2) {
                assert!(pair[1].elbo >= pair[0].elbo - 1e-12 * (1.0 + pair[0].elbo.abs()), "{seed} {metric:?}");
            }
            if outcome.progress.status != Some(Status::Converged) {
                continue;
            }
            converged += 1;
            let e = learning.entropies(&outcome.look);
            let data = outcome.look.elbo - outcome.look.log_prior;
            let residual = data - e.sum() - c.net.prior_residual(&outcome.look.point, &outcome.look.statistics);
            // A remaining gain below 1e-9 allows a residual of √(2 V 1e-9), V about 1.
            assert!(residual.abs() < 1e-3, "{seed} {metric:?}: {residual}");
        }
    }
    // Two metrics of three can be relied on to arrive.
    assert!(converged >= 110, "only {converged} of 180 fits converged");
}

#[test]
fn residual_is_the_derivative_along_tempering() {
    for seed in 0..SEEDS {
        let mut c = case(seed, Kind::default());
        c.net.survey(&c.table).expect("a survey");
        let learning = Learning::new(&c.net, &c.table, 0.0);
        let look = learning.look(&c.at, Want::Residuals).expect("a look");
        let residual = look.elbo - learning.entropies(&look).sum();
        // Tempering scales ln θ, and rows are normalised again.
        let v = Tangent((0..c.net.free()).map(|i| c.at.0[i]).collect());
        let slope = learning.gradient(&look).along(&v);
        assert!((residual - slope).abs() < 1e-12 * (1.0 + look.elbo.abs()), "{seed}: {residual} {slope}");
        let parts: f64 = c.net.residuals(&c.at, &look.statistics).iter().sum();
        assert!((residual - parts).abs() < 1e-12 * (1.0 + look.elbo.abs()), "{seed}: {residual} {parts}");
    }
}
