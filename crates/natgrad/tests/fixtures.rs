//! Small worked examples whose answers are known to ten digits, and a published latent class table.

use natgrad::ascent::em;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, Spec};
use natgrad::engine::{Control, MetricChoice, Outcome, Progress, Settings, Status, fit};
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::rows::{Column, ColumnKind, Table};
use natgrad_testkit::mixtures::Recipe;

const COUNTS: [f64; 9] = [0.0, 1.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 12.0];
const REALS: [f64; 9] = [-2.1, -1.9, -1.5, -2.4, 0.9, 1.4, 2.2, 1.1, 0.3];
const TIMES: [f64; 8] = [0.1, 0.2, 0.25, 0.4, 2.0, 3.5, 5.0, 7.0];

/// The fixtures are given to ten decimals.
const DIGITS: f64 = 2e-10;
/// Parameters are given to eight decimals, and converge half as fast as the ELBO.
const PARAMETERS: f64 = 2e-8;

/// What a remaining gain of the tolerance (1e-14) allows the entropy-sum residual: `√(2 V · 1e-14)`, V below 5 here.
const SUMS: f64 = 3.2e-7;

struct Example {
    table: Table,
    described: Described,
    base: f64,
}

/// One column and two components.
fn example(family: FamilyName, shape: CovarianceShape, values: &[f64], change: impl FnOnce(&mut Spec)) -> Example {
    let column = Column { name: "x".into(), kind: ColumnKind::Number, missing: false };
    let table = Table::from_columns(vec![column], &[values.to_vec()], None).expect("a table");
    let mut spec = Recipe::new(&[family], shape, 2, values.len()).spec();
    change(&mut spec);
    let (described, base, _) = Described::for_data(spec, &table).expect("a model");
    Example { table, described, base }
}

impl Example {
    /// A point from usual parameters, component by component.
    fn point(&self, weights: [f64; 2], source: [&[f64]; 2]) -> Point {
        let m = self.described.mixture();
        let family = &m.blocks()[0].family;
        let natural = source.map(|s| vec![family.from_source(s).expect("parameters")]);
        m.point(&weights, &natural)
    }

    fn climb(&self, start: Point, metric: MetricChoice) -> Outcome {
        let settings = Settings { metric, tolerance: 1e-14, max_iterations: 5000, ..Settings::default() };
        let learning = self.described.learning(&self.table, self.base);
        let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue).expect("a fit");
        assert_eq!(outcome.progress.status, Some(Status::Converged));
        outcome
    }

    /// ELBO and entropy sum.
    fn sums(&self, at: &Point) -> (f64, f64) {
        let learning = self.described.learning(&self.table, self.base);
        let look = learning.look(at, Want::Statistics).expect("a look");
        (look.elbo, learning.entropies(&look).sum())
    }

    fn source(&self, at: &Point, k: usize) -> Vec<f64> {
        let m = self.described.mixture();
        m.blocks()[0].family.to_source(&m.natural(at, k, 0))
    }

    fn weights(&self, at: &Point) -> Vec<f64> {
        self.described.mixture().weights(at)
    }
}

fn close(what: &str, a: f64, b: f64, tolerance: f64) {
    assert!((a - b).abs() <= tolerance, "{what}: {a} and {b} differ by {:e}", (a - b).abs());
}

const METRICS: [MetricChoice; 3] = [MetricChoice::Joint, MetricChoice::Auto, MetricChoice::Evidence];

#[test]
fn two_poisson_components() {
    let e = example(FamilyName::Poisson, CovarianceShape::Diagonal, &COUNTS, |_| {});
    for metric in METRICS {
        let outcome = e.climb(e.point([0.5, 0.5], [&[1.0], &[9.0]]), metric);
        let at = &outcome.look.point;
        let (elbo, sum) = e.sums(at);
        close("F", elbo, -2.4351327157, DIGITS);
        close("ES", sum, elbo, SUMS);
        close("π", e.weights(at)[0], 0.54635027, PARAMETERS);
        close("rate 1", e.source(at, 0)[0], 1.37758238, 1e-7);
        close("rate 2", e.source(at, 1)[0], 9.60756352, 1e-7);
        let learning = e.described.learning(&e.table, e.base);
        let entropies = learning.entropies(&outcome.look);
        close("recognition", entropies.recognition, 0.0383575800, 1e-8);
        close("prior", entropies.prior, 0.6888443100, 1e-8);
        close("observable", entropies.observable, -4.9912388900, 1e-7);
        close("base measure", entropies.base_measure, -6.7758849000, 1e-8);
    }
}

#[test]
fn a_poisson_saddle_has_equal_sums_and_is_left() {
    let e = example(FamilyName::Poisson, CovarianceShape::Diagonal, &COUNTS, |_| {});
    let start = e.point([0.3, 0.7], [&[3.0], &[3.0]]);
    let learning = e.described.learning(&e.table, e.base);
    let look = learning.look(&start, Want::Statistics).expect("a look");
    let saddle = em(&learning, &look).expect("a step").point;
    let (elbo, sum) = e.sums(&saddle);
    close("F", elbo, -3.5486433800, DIGITS);
    close("ES", sum, elbo, 1e-12);
    close("rate", e.source(&saddle, 0)[0], 46.0 / 9.0, 1e-12);
    close("rate", e.source(&saddle, 1)[0], 46.0 / 9.0, 1e-12);
    // The observed information sees that it is no maximum, and the evidence metric leaves it.
    for metric in [MetricChoice::Auto, MetricChoice::Evidence] {
        let outcome = e.climb(saddle.clone(), metric);
        close("F after the saddle", outcome.look.elbo, -2.4351327157, DIGITS);
    }
}

#[test]
fn fixed_unequal_weights_break_the_entropy_sum() {
    let e = example(FamilyName::Poisson, CovarianceShape::Diagonal, &COUNTS, |s| s.freeze_weights = true);
    for (weights, f, es) in [([0.2, 0.8], -2.7011132681, -2.2868871952), ([0.5, 0.5], -2.4392493224, -2.4392493224)] {
        let outcome = e.climb(e.point(weights, [&[1.0], &[9.0]]), MetricChoice::Auto);
        let (elbo, sum) = e.sums(&outcome.look.point);
        close("F", elbo, f, DIGITS);
        close("ES", sum, es, SUMS);
        close("weights", e.weights(&outcome.look.point)[0], weights[0], 1e-15);
    }
}

#[test]
fn two_normal_components_in_every_shape_of_one_dimension() {
    for shape in [CovarianceShape::Full, CovarianceShape::Diagonal, CovarianceShape::Spherical] {
        for metric in METRICS {
            let e = example(FamilyName::Normal, shape, &REALS, |_| {});
            let at = e.climb(e.point([0.5, 0.5], [&[-2.0, 1.0], &[1.0, 1.0]]), metric).look.point;
            let (elbo, sum) = e.sums(&at);
            close("F", elbo, -1.3471257589, DIGITS);
            close("ES", sum, elbo, SUMS);
            close("π", e.weights(&at)[0], 0.44442307, PARAMETERS);
            for (k, mean, variance) in [(0, -1.97502236, 0.10686952), (1, 1.17989653, 0.38986352)] {
                close("mean", e.source(&at, k)[0], mean, 1e-7);
                close("variance", e.source(&at, k)[1], variance, 1e-7);
            }
        }
    }
}

#[test]
fn two_normal_components_with_one_variance() {
    for metric in METRICS {
        let e = example(FamilyName::Normal, CovarianceShape::Tied, &REALS, |_| {});
        let at = e.climb(e.point([0.5, 0.5], [&[-2.0, 1.0], &[1.0, 1.0]]), metric).look.point;
        let (elbo, sum) = e.sums(&at);
        close("F", elbo, -1.4398701868, DIGITS);
        close("ES", sum, elbo, SUMS);
        for k in 0..2 {
            close("variance", e.source(&at, k)[1], 0.26404047, PARAMETERS);
        }
    }
}

#[test]
fn fixed_variances_break_the_entropy_sum_by_a_known_amount() {
    let e = example(FamilyName::Normal, CovarianceShape::Diagonal, &REALS, |s| s.freeze_covariances = true);
    for metric in METRICS {
        let at = e.climb(e.point([0.5, 0.5], [&[-2.0, 1.0], &[1.0, 1.0]]), metric).look.point;
        let (elbo, sum) = e.sums(&at);
        close("F", elbo, -1.7184553665, DIGITS);
        close("ES", sum, -2.0245121262, SUMS);
        close("F − ES", elbo - sum, 0.3060567598, SUMS);
        close("variance", e.source(&at, 0)[1], 1.0, 1e-13);
    }
}

#[test]
fn two_exponential_components() {
    let e = example(FamilyName::Exponential, CovarianceShape::Diagonal, &TIMES, |_| {});
    for metric in METRICS {
        let at = e.climb(e.point([0.5, 0.5], [&[5.0], &[0.2]]), metric).look.point;
        let (elbo, sum) = e.sums(&at);
        close("F", elbo, -1.6222281950, DIGITS);
        close("ES", sum, elbo, SUMS);
        // Seven digits are given, of a flat maximum.
        close("π", e.weights(&at)[0], 0.3945414, 1e-6);
        close("rate 1", e.source(&at, 0)[0], 4.3690488, 1e-5);
        close("rate 2", e.source(&at, 1)[0], 0.27322801, 1e-6);
    }
}

/// Three yes/no items, the third fastest.
fn items() -> Table {
    let counts = [1513.0, 23.0, 59.0, 12.0, 21.0, 19.0, 11.0, 34.0];
    let kind = || ColumnKind::Levels(vec!["no".into(), "yes".into()]);
    let columns = (0..3).map(|d| Column { name: format!("item {}", d + 1), kind: kind(), missing: false }).collect();
    let cell = |n: usize, d: usize| (n >> (2 - d) & 1) as f64;
    let data: Vec<Vec<f64>> = (0..3).map(|d| (0..8).map(|n| cell(n, d)).collect()).collect();
    Table::from_columns(columns, &data, Some(counts.to_vec())).expect("a table")
}

fn best(family: FamilyName, tie_items: bool) -> (f64, Vec<f64>) {
    let table = items();
    let mut spec = Recipe::new(&[family; 3], CovarianceShape::Diagonal, 2, 8).spec();
    spec.tie_items = tie_items;
    let (described, base, profile) = Described::for_data(spec, &table).expect("a model");
    let settings = Settings { tolerance: 1e-12, ..Settings::default() };
    let starts = described.starts(&table, &profile, &[1, 2, 3, 4, 5, 6]).expect("starts");
    let fits = starts.into_iter().map(|s| {
        let learning = described.learning(&table, base);
        fit(&learning, &settings, Progress::at(s), &|_| Control::Continue).expect("a fit").look
    });
    let look = fits.max_by(|a, b| a.elbo.total_cmp(&b.elbo)).expect("a fit");
    let mut sizes = described.mixture().weights(&look.point);
    sizes.sort_by(|a, b| b.total_cmp(a));
    (look.elbo * look.statistics.weight, sizes)
}

#[test]
fn a_published_latent_class_table() {
    for family in [FamilyName::Categorical, FamilyName::Bernoulli] {
        // Published to five and four decimals.
        let (total, sizes) = best(family, false);
        close("log-likelihood", total, -891.14280, 5.1e-6);
        close("larger class", sizes[0], 0.9455, 5.1e-5);
        close("smaller class", sizes[1], 0.0545, 5.1e-5);
        let (total, _) = best(family, true);
        close("log-likelihood, equal error rates", total, -904.84848, 5.1e-6);
    }
}
