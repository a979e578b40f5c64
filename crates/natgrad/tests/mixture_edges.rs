//! Edges of mixtures: a component without rows, a single row, a constant column.

use natgrad::Error;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName};
use natgrad::diagnose::at_the_boundary;
use natgrad::engine::{Control, MetricChoice, Outcome, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::model::{LatentModel, Note, Want};
use natgrad::rows::{Column, ColumnKind, Table};
use natgrad_testkit::mixtures::{Recipe, recipes};

const FAMILIES: [FamilyName; 9] = [
    FamilyName::Normal,
    FamilyName::LogNormal,
    FamilyName::Bernoulli,
    FamilyName::Binomial(5),
    FamilyName::Poisson,
    FamilyName::Exponential,
    FamilyName::Gamma,
    FamilyName::Geometric,
    FamilyName::NegativeBinomial(2.5),
];

fn numbers(data: &[Vec<f64>]) -> Table {
    let column = |d| Column { name: format!("c{}", d + 1), kind: ColumnKind::Number, missing: false };
    Table::from_columns((0..data.len()).map(column).collect(), data, None).expect("a table")
}

fn climb(described: &Described, table: &Table, base: f64, start: Point, metric: MetricChoice) -> Outcome {
    let settings = Settings { metric, tolerance: 1e-10, max_iterations: 200, ..Settings::default() };
    fit(&described.learning(table, base), &settings, Progress::at(start), &|_| Control::Continue).expect("a fit")
}

#[test]
fn an_empty_component_keeps_its_parameters() {
    for shape in [CovarianceShape::Full, CovarianceShape::Diagonal] {
        for family in FAMILIES {
            let case = Recipe { missing: true, seed: 8, ..Recipe::new(&[family; 2], shape, 3, 60) }.case();
            let mixture = case.described.mixture();
            let natural: Vec<Vec<_>> = (0..3)
                .map(|k| (0..mixture.blocks().len()).map(|b| mixture.natural(&case.point, k, b)).collect())
                .collect();
            let at = mixture.point(&[0.4, 0.0, 0.6], &natural);
            assert_eq!(mixture.weights(&at)[1], 0.0);
            let learning = case.learning();
            let look = learning.look(&at, Want::Statistics).expect("a look");
            let next = mixture.maximise(&at, &look.statistics).expect("an M-step");
            for b in 0..mixture.blocks().len() {
                assert_eq!(mixture.natural(&next.point, 1, b), natural[1][b], "{family:?} {shape:?}");
            }
            assert_eq!(mixture.weights(&next.point)[1], 0.0, "{family:?} {shape:?}");
            assert!(next.notes.contains(&Note::Empty(1)), "{family:?} {shape:?}: {:?}", next.notes);
            for metric in [MetricChoice::Joint, MetricChoice::Auto, MetricChoice::Evidence] {
                let outcome = climb(&case.described, &case.table, case.base, at.clone(), metric);
                assert!(outcome.look.elbo >= look.elbo - 1e-12 * look.elbo.abs(), "{family:?} {metric:?}");
                assert!(outcome.look.point.0.iter().all(|x| x.is_finite()), "{family:?} {metric:?}");
            }
        }
    }
}

/// The point with the weight of component 2 and the first level of each categorical column set to `p`; the others give way.
fn lowered(described: &Described, at: &Point, p: f64) -> Point {
    let mixture = described.mixture();
    let mut next = at.clone();
    let mut lower = |range: std::ops::Range<usize>, j: usize| {
        let own = &mut next.0[range];
        let others: f64 = (0..own.len()).filter(|i| *i != j).map(|i| own[i].exp()).sum();
        own.iter_mut().for_each(|x| *x += ((1.0 - p) / others).ln());
        own[j] = p.ln();
    };
    lower(0..mixture.components(), 1);
    for k in 0..mixture.components() {
        for b in (0..mixture.blocks().len()).filter(|&b| mixture.blocks()[b].family.name() == "categorical") {
            lower(mixture.coordinates(k, b), 0);
        }
    }
    next
}

#[test]
fn probabilities_next_to_zero_rise_at_the_rate_of_em() {
    let mut found = 0;
    for recipe in recipes().into_iter().filter(|r| r.components > 1) {
        let case = recipe.case();
        let mixture = case.described.mixture();
        let at = lowered(&case.described, &case.point, 1e-6);
        let learning = case.learning();
        let look = learning.look(&at, Want::Statistics).expect("a look");
        let next = mixture.maximise(&at, &look.statistics).expect("an M-step").point;
        let inward = mixture.inward(&at, &look.statistics);
        assert!(inward.windows(2).all(|w| w[0].place < w[1].place));
        for one in &inward {
            found += 1;
            let multiplied = (next.0[one.place] - at.0[one.place]).exp();
            // Logarithms near −14 and back: some ulps.
            assert!((multiplied / one.rate - 1.0).abs() < 1e-11, "{}: {multiplied} {}", recipe.seed, one.rate);
            // Raised by next to nothing: the difference of two bounds shows the slope to the curvature times the step.
            let reach = (at.0[one.place].exp() + 1e-6) / (1.0 - 1.0 / one.rate);
            let raised = mixture.raised(&at, &[*one], reach);
            let step = raised.0[one.place].exp() - at.0[one.place].exp();
            let slope = (learning.look(&raised, Want::Evidence).expect("a look").elbo - look.elbo) / step;
            // A bound has 16 digits, the step six zeros; and the evidence is concave in a probability.
            let scale = 1.0 + one.slope.abs() * one.rate;
            assert!(slope < 1.01 * one.slope + 1e-6 * scale, "{}: {slope} {}", recipe.seed, one.slope);
            assert!(one.slope < 1e-6 || slope > 0.0, "{}: {slope} {}", recipe.seed, one.slope);
        }
        let weights: f64 = mixture.weights(&mixture.raised(&at, &inward, 0.2)).iter().sum();
        assert!((weights - 1.0).abs() < 1e-12, "{weights}");
    }
    assert!(found > 100, "{found}");
}

#[test]
fn a_component_of_weight_1e_40_is_brought_back_and_refutes_a_maximum_before() {
    let shape = CovarianceShape::Diagonal;
    let case = Recipe { components: 2, seed: 4, ..Recipe::new(&[FamilyName::Poisson; 3], shape, 2, 400) }.case();
    let mut edge = case.point.clone();
    (edge.0[0], edge.0[1]) = (0.0, 1e-40_f64.ln());
    let learning = case.learning();
    let look = learning.look(&edge, Want::Statistics).expect("a look");
    let found = at_the_boundary(&learning, &look).expect("a reading");
    assert_eq!((found.count, found.steepest.as_str()), (1, "weight of component 2"));
    assert!(found.gain > 1e-3, "{}", found.gain);
    let top = climb(&case.described, &case.table, case.base, case.point.clone(), MetricChoice::Auto);
    for metric in [MetricChoice::Auto, MetricChoice::Evidence] {
        let end = climb(&case.described, &case.table, case.base, edge.clone(), metric);
        assert_eq!(end.progress.status, Some(Status::Converged), "{metric:?}");
        // Both are within the tolerance of the one maximum.
        assert!((end.look.elbo - top.look.elbo).abs() < 1e-8, "{metric:?}: {} {}", end.look.elbo, top.look.elbo);
        assert!(end.progress.trace.iter().any(|r| r.metric == "inward"), "{metric:?}");
    }
}

#[test]
fn one_row_and_one_component() {
    for family in FAMILIES {
        // One observation says nothing about a spread: only families without one have an estimate.
        let spread = matches!(family, FamilyName::Normal | FamilyName::LogNormal | FamilyName::Gamma);
        let table = numbers(&[vec![1.0], vec![1.0]]);
        let spec = Recipe::new(&[family; 2], CovarianceShape::Diagonal, 1, 1).spec();
        match Described::for_data(spec, &table) {
            Err(e) => {
                assert!(spread, "{family:?}: {e}");
                assert!(e.to_string().contains("hint:"), "{family:?}: {e}");
            }
            Ok((described, base, profile)) => {
                assert!(!spread, "{family:?}");
                let start = described.starts(&table, &profile, &[1]).expect("a start").remove(0);
                for metric in [MetricChoice::Joint, MetricChoice::Auto, MetricChoice::Evidence] {
                    let outcome = climb(&described, &table, base, start.clone(), metric);
                    assert_eq!(outcome.progress.status, Some(Status::Converged), "{family:?} {metric:?}");
                    assert!(outcome.look.elbo.is_finite(), "{family:?} {metric:?}");
                }
            }
        }
    }
}

#[test]
fn a_constant_column_has_no_maximum_without_a_floor() {
    let varying: Vec<f64> = (0..40).map(|n| f64::from(n * n % 17) - 3.0).collect();
    let table = numbers(&[varying, vec![2.5; 40]]);
    for shape in [CovarianceShape::Full, CovarianceShape::Diagonal, CovarianceShape::Tied, CovarianceShape::Spherical] {
        for components in 1..=2 {
            let mut spec = Recipe::new(&[FamilyName::Normal; 2], shape, components, 40).spec();
            if shape != CovarianceShape::Spherical {
                let Err(e @ Error::Data { .. }) = Described::for_data(spec.clone(), &table) else {
                    panic!("{shape:?}: a constant column was taken");
                };
                assert!(e.to_string().contains("c2") && e.to_string().contains("2.5"), "{e}");
            }
            spec.covariance_floor = 0.01;
            let (described, base, profile) = Described::for_data(spec, &table).expect("a model");
            let start = described.starts(&table, &profile, &[1]).expect("a start").remove(0);
            let outcome = climb(&described, &table, base, start, MetricChoice::Auto);
            assert!(outcome.look.elbo.is_finite(), "{shape:?}");
            assert_eq!(outcome.progress.status, Some(Status::Converged), "{shape:?} {components}");
            // The floor explains the whole of the entropy-sum residual: `½ Σ_k π_k Σ_i (1 − s²_i/floor)`.
            let learning = described.learning(&table, base);
            let residual = outcome.look.elbo - learning.entropies(&outcome.look).sum();
            let known = described.mixture().floor_residual(&outcome.look.point, &outcome.look.statistics);
            // What a remaining gain of 1e-10 allows.
            assert!((residual - known).abs() < 1e-4, "{shape:?} {components}: {residual} and {known}");
            if shape != CovarianceShape::Spherical {
                assert!(known > 0.1, "{shape:?}: {known}");
                let floored = described.mixture().floored(&outcome.look.point);
                assert_eq!(floored, (0..components).collect::<Vec<_>>(), "{shape:?}");
            }
        }
    }
}

#[test]
fn rows_in_a_plane_collapse_with_the_number() {
    // The second column is twice the first: a full covariance has no maximum.
    let first: Vec<f64> = (0..30).map(|n| f64::from(n * n % 13)).collect();
    let second = first.iter().map(|x| 2.0 * x).collect();
    let table = numbers(&[first, second]);
    let mut spec = Recipe::new(&[FamilyName::Normal; 2], CovarianceShape::Full, 1, 30).spec();
    let (described, _, profile) = Described::for_data(spec.clone(), &table).expect("a model");
    match described.starts(&table, &profile, &[1]) {
        Err(e @ Error::Collapsed { .. }) => assert!(e.to_string().contains("hint:"), "{e}"),
        other => panic!("{other:?}"),
    }
    spec.covariance_floor = 1e-3;
    let (described, base, profile) = Described::for_data(spec, &table).expect("a model");
    let start = described.starts(&table, &profile, &[1]).expect("a start").remove(0);
    let outcome = climb(&described, &table, base, start, MetricChoice::Auto);
    assert_eq!(outcome.progress.status, Some(Status::Converged));
}

#[test]
fn binary_columns_are_looked_up_to_the_same_sums() {
    // A binomial of one trial is a Bernoulli that takes the way of matrix products. Rows fill a part of a block, one block
    // and more, and two chunks; columns and components fill groups of four and lines of eight, or do not.
    for (columns, components, rows) in [(8, 2, 300), (11, 9, 30), (37, 33, 1100), (50, 8, 257)] {
        for weighted in [false, true] {
            let recipe =
                Recipe::new(&vec![FamilyName::Bernoulli; columns], CovarianceShape::Diagonal, components, rows);
            let case = Recipe { weighted, seed: 4, ..recipe.clone() }.case();
            let spec = Recipe { families: vec![FamilyName::Binomial(1); columns], ..recipe }.spec();
            let (multiplied, base, _) = Described::for_data(spec, &case.table).expect("a model of the same data");
            for want in [Want::Evidence, Want::Statistics, Want::Residuals] {
                let a = case.learning().look(&case.point, want).expect("a look");
                let b = multiplied.learning(&case.table, base).look(&case.point, want).expect("a look");
                let name = format!("{columns} columns, {components} components, {rows} rows, {weighted}, {want:?}");
                // Sums of a few hundred terms in another order.
                assert!((a.elbo - b.elbo).abs() <= 1e-12 * (1.0 + b.elbo.abs()), "{name}: {} {}", a.elbo, b.elbo);
                let scale = 1.0 + b.statistics.weight;
                for (x, y) in a.statistics.sums.iter().zip(&b.statistics.sums) {
                    assert!((x - y).abs() <= 1e-12 * scale, "{name}: {x} {y}");
                }
                assert!(
                    (a.statistics.residual_square - b.statistics.residual_square).abs()
                        <= 1e-10 * (1.0 + b.statistics.residual_square),
                    "{name}"
                );
            }
        }
    }
}
