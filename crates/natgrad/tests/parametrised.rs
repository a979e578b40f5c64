//! Laws of natural parameter gradients on random maps of every rank: projection, generalised inverses, coordinates.

use natgrad::geometry::{Covector, Metric, Point, Tangent};
use natgrad::linalg::Matrix;
use natgrad::parametrised::examples::SoftmaxMap;
use natgrad::parametrised::{
    Affine, Ambient, EuclideanSpace, FisherRao, Form, Given, Image, Inverse, Parametrisation, Pullback, Reparametrised,
    Slope, Velocity, jacobian_error, natural_gradient,
};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

fn draw(rng: &mut ChaCha12Rng, rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |_, _| 2.0 * rng.random::<f64>() - 1.0)
}

fn vector(rng: &mut ChaCha12Rng, n: usize) -> Vec<f64> {
    (0..n).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect()
}

/// A random map, its ambient metric, a point and a slope.
struct Case {
    of: Box<dyn Parametrisation>,
    ambient: Box<dyn Ambient>,
    xi: Point,
    slope: Slope,
    rank: usize,
}

/// `d` parameters, `n` coordinates, rank `k`; metric 0: Euclidean, 1: a positive definite form, 2: Fisher-Rao.
fn case(seed: u64, n: usize, d: usize, k: usize, metric: u8) -> Case {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let linear = &draw(&mut rng, n, k) * &draw(&mut rng, k, d);
    let xi = Point(vector(&mut rng, d));
    let slope = Slope(vector(&mut rng, n));
    let root = draw(&mut rng, n, n);
    match metric {
        0 => Case { of: Box::new(Affine::linear(linear)), ambient: Box::new(EuclideanSpace(n)), xi, slope, rank: k },
        1 => {
            let form = Form::new(root.transpose() * &root + Matrix::identity(n, n)).expect("positive definite");
            Case { of: Box::new(Affine::linear(linear)), ambient: Box::new(form), xi, slope, rank: k }
        }
        // Generic logits of rank k ≤ n − 1 move the distribution in k directions.
        _ => Case {
            of: Box::new(Reparametrised::new(SoftmaxMap(n), Affine::linear(linear)).expect("lengths")),
            ambient: Box::new(FisherRao(n)),
            xi,
            slope,
            rank: k.min(n - 1),
        },
    }
}

fn cases() -> impl Strategy<Value = (u64, usize, usize, usize, u8)> {
    (any::<u64>(), 2usize..7, 1usize..9, 0u8..3)
        .prop_flat_map(|(seed, n, d, metric)| (Just(seed), Just(n), Just(d), 0..=n.min(d), Just(metric)))
}

/// The orthogonal projection of `w` onto the span of the columns, by Gram-Schmidt in the metric itself: no singular
/// values, no Gram matrix.
fn projection(metric: &Matrix, columns: &Matrix, w: &[f64]) -> Vec<f64> {
    let n = w.len();
    let product =
        |a: &[f64], b: &[f64]| (0..n).map(|i| (0..n).map(|j| a[i] * metric[(i, j)] * b[j]).sum::<f64>()).sum::<f64>();
    let mut basis: Vec<Vec<f64>> = Vec::new();
    let mut rest: Vec<Vec<f64>> = (0..columns.ncols()).map(|j| (0..n).map(|i| columns[(i, j)]).collect()).collect();
    let largest = rest.iter().map(|c| product(c, c)).fold(0.0, f64::max);
    // The farthest column next; below 1e-8 of the longest it is rounding of a column that was in the span.
    while let Some(best) = rest
        .iter()
        .max_by(|a, b| product(a, a).total_cmp(&product(b, b)))
        .cloned()
        .filter(|b| product(b, b) > 1e-16 * largest)
    {
        let size = product(&best, &best).sqrt();
        let unit: Vec<f64> = best.iter().map(|x| x / size).collect();
        for column in &mut rest {
            for _ in 0..2 {
                let along = product(&unit, column);
                column.iter_mut().zip(&unit).for_each(|(c, u)| *c -= along * u);
            }
        }
        basis.push(unit);
    }
    let mut out = vec![0.0; n];
    for unit in &basis {
        let along = product(unit, w);
        out.iter_mut().zip(unit).for_each(|(o, u)| *o += along * u);
    }
    out
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
}

fn norm(a: &[f64]) -> f64 {
    distance(a, &vec![0.0; a.len()])
}

/// A random product of two matrices may itself be badly conditioned; then so are all solutions.
const CONDITION: f64 = 1e8;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// `J G⁺ c` is the orthogonal projection of the ambient gradient onto `im J`, whatever the rank and the metric.
    #[test]
    fn the_pushforward_is_the_projection((seed, n, d, k, metric) in cases()) {
        let c = case(seed, n, d, k, metric);
        let here = Pullback::at(&*c.of, &*c.ambient, &c.xi).expect("a point");
        prop_assume!(here.condition() < CONDITION);
        prop_assert_eq!(here.rank(), c.rank);
        let found = natural_gradient(&*c.of, &*c.ambient, &c.xi, &c.slope).expect("a gradient");
        let gradient = c.ambient.gradient(here.image(), &c.slope).expect("a metric");
        let expected = projection(&c.ambient.matrix(here.image()).expect("a metric"), here.jacobian(), &gradient.0);
        // Rounding is multiplied by the condition of J, at most 1e4 here.
        let tolerance = 1e-11 * (1.0 + norm(&gradient.0));
        prop_assert!(distance(&found.pushforward.0, &expected) < tolerance);
        prop_assert!(distance(&here.project(&gradient).expect("lengths").0, &expected) < tolerance);
        prop_assert!(found.residual < 1e-7, "residual {}", found.residual);
        // |c|² in the dual metric is the squared length of the pushforward, and its rate of ascent.
        let rate = c.slope.along(&found.pushforward);
        prop_assert!((rate - found.norm.powi(2)).abs() < 1e-9 * (1.0 + rate));
    }

    /// Moore-Penrose: the tangent is orthogonal to the kernel of `J`, so no other solution is shorter.
    #[test]
    fn the_pseudo_inverse_gives_the_shortest((seed, n, d, k, metric) in cases()) {
        let c = case(seed, n, d, k, metric);
        let here = Pullback::at(&*c.of, &*c.ambient, &c.xi).expect("a point");
        prop_assume!(here.condition() < CONDITION);
        let slope = here.pull(&c.slope).expect("lengths");
        let least = here.raise(&slope).tangent;
        for which in [Inverse::Pivots, Inverse::Random { seed }] {
            let other = here.raise_by(&which, &slope).expect("square");
            prop_assert!(norm(&least.0) <= norm(&other.0) * (1.0 + 1e-7) + 1e-12);
        }
        let inverse = here.inverse(&Inverse::MoorePenrose).expect("square");
        let by_matrix: Vec<f64> = (0..d).map(|i| (0..d).map(|j| inverse[(i, j)] * slope.0[j]).sum()).collect();
        prop_assert!(distance(&by_matrix, &least.0) < 1e-7 * (1.0 + norm(&least.0)));
    }

    /// `G G⁻ G = G`, and one pushforward for every `G⁻`; with a component outside the range they part, unless it is
    /// projected away first.
    #[test]
    fn every_generalised_inverse_moves_the_model_alike((seed, n, d, k, metric) in cases()) {
        let c = case(seed, n, d, k, metric);
        let here = Pullback::at(&*c.of, &*c.ambient, &c.xi).expect("a point");
        prop_assume!(here.condition() < 1e6);
        let slope = here.pull(&c.slope).expect("lengths");
        let expected = here.push(&here.raise(&slope).tangent).expect("lengths");
        let mut rng = ChaCha12Rng::seed_from_u64(seed ^ 1);
        let noise = vector(&mut rng, d);
        let noisy = Covector(slope.0.iter().zip(&noise).map(|(s, e)| s + 0.1 * e).collect());
        let repaired = here.into_range(&noisy).expect("lengths");
        let clean = here.push(&here.raise(&noisy).tangent).expect("lengths");
        // What projecting does not change, it leaves alone.
        prop_assert!(distance(&here.into_range(&slope).expect("lengths").0, &slope.0) < 1e-9 * (1.0 + norm(&slope.0)));
        for which in [Inverse::MoorePenrose, Inverse::Pivots, Inverse::Random { seed }] {
            let inverse = here.inverse(&which).expect("square");
            let g = here.gram();
            let back = g * &inverse * g;
            let off = (0..d).flat_map(|i| (0..d).map(move |j| (i, j))).map(|ij| (back[ij] - g[ij]).abs());
            prop_assert!(off.fold(0.0, f64::max) < 1e-8 * (1.0 + g.norm_max()), "{which:?}");
            let push = |c: &Covector| here.push(&here.raise_by(&which, c).expect("square")).expect("lengths");
            prop_assert!(distance(&push(&slope).0, &expected.0) < 1e-7 * (1.0 + norm(&expected.0)), "{which:?}");
            prop_assert!(distance(&push(&repaired).0, &clean.0) < 1e-7 * (1.0 + norm(&clean.0)), "{which:?}");
        }
        // Half the rank missing: a random component outside the range is seen by a random inverse.
        if here.rank() > 0 && here.rank() < d {
            let outside = distance(&noisy.0, &repaired.0);
            let random = here.raise_by(&Inverse::Random { seed }, &noisy).expect("square");
            let off = distance(&here.push(&random).expect("lengths").0, &clean.0);
            prop_assert!(outside < 1e-6 || off > 1e-9, "outside {outside}, off {off}");
        }
    }

    /// `ψ = φ ∘ f` with an invertible `f`: one pushforward, at every rank; the tangent itself only where `f` is a
    /// rotation or the parameters are not redundant.
    #[test]
    fn the_pushforward_knows_no_coordinates((seed, n, d, k, metric) in cases()) {
        let c = case(seed, n, d, k, metric);
        let mut rng = ChaCha12Rng::seed_from_u64(seed ^ 2);
        let found = natural_gradient(&*c.of, &*c.ambient, &c.xi, &c.slope).expect("a gradient");
        prop_assume!(found.condition < CONDITION);
        // A shear away from the identity: condition of a few.
        let shear = {
            let off = draw(&mut rng, d, d);
            Matrix::from_fn(d, d, |i, j| f64::from(u8::from(i == j)) + 0.4 / d as f64 * off[(i, j)])
        };
        let theta = vector(&mut rng, d);
        let there: Vec<f64> = (0..d).map(|i| (0..d).map(|j| shear[(i, j)] * theta[j]).sum::<f64>()).collect();
        let shift: Vec<f64> = c.xi.0.iter().zip(&there).map(|(x, t)| x - t).collect();
        let change = Affine::new(shear.clone(), shift).expect("square");
        let psi = Reparametrised::new(&*c.of, change).expect("lengths");
        let moved = natural_gradient(&psi, &*c.ambient, &Point(theta), &c.slope).expect("a gradient");
        prop_assert_eq!(moved.rank, found.rank);
        prop_assert!(distance(&moved.pushforward.0, &found.pushforward.0) < 1e-9 * (1.0 + norm(&found.pushforward.0)));
        // Mapped back, the tangents differ by an element of the kernel.
        let mapped: Vec<f64> = (0..d).map(|i| (0..d).map(|j| shear[(i, j)] * moved.tangent.0[j]).sum()).collect();
        let off = Tangent(mapped.iter().zip(&found.tangent.0).map(|(a, b)| a - b).collect());
        let here = Pullback::at(&*c.of, &*c.ambient, &c.xi).expect("a point");
        prop_assert!(norm(&here.push(&off).expect("lengths").0) < 1e-9 * (1.0 + norm(&found.pushforward.0)));
        if found.rank == d {
            prop_assert!(norm(&off.0) < 1e-6 * (1.0 + norm(&found.tangent.0)));
        }
        // A reflection is orthogonal: the tangent goes along exactly.
        let axis = vector(&mut rng, d);
        let square = axis.iter().map(|a| a * a).sum::<f64>();
        let mirror = Matrix::from_fn(d, d, |i, j| f64::from(u8::from(i == j)) - 2.0 * axis[i] * axis[j] / square);
        let theta: Vec<f64> = (0..d).map(|i| (0..d).map(|j| mirror[(i, j)] * c.xi.0[j]).sum()).collect();
        let psi = Reparametrised::new(&*c.of, Affine::linear(mirror.clone())).expect("lengths");
        let moved = natural_gradient(&psi, &*c.ambient, &Point(theta), &c.slope).expect("a gradient");
        let mapped: Vec<f64> = (0..d).map(|i| (0..d).map(|j| mirror[(i, j)] * moved.tangent.0[j]).sum()).collect();
        // Rounding of the tangent carries the square of the condition of J.
        prop_assert!(distance(&mapped, &found.tangent.0) < 1e-15 * found.condition.max(1e4) * (1.0 + norm(&found.tangent.0)));
    }

    /// The damped direction is off by no more than `ε/(λ_min + ε)` of its length, and by exactly what is reported.
    #[test]
    fn damping_costs_what_it_says((seed, n, d, k, metric) in cases(), exponent in -8i32..2) {
        let c = case(seed, n, d, k, metric);
        let here = Pullback::at(&*c.of, &*c.ambient, &c.xi).expect("a point");
        prop_assume!(here.condition() < CONDITION);
        let slope = here.pull(&c.slope).expect("lengths");
        let exact = here.push(&here.raise(&slope).tangent).expect("lengths");
        let damped = here.damped(&slope, 10f64.powi(exponent)).expect("positive");
        prop_assert!(damped.error <= damped.bound * (1.0 + 1e-9) + 1e-15);
        let off: Vec<f64> = damped.pushforward.0.iter().zip(&exact.0).map(|(a, b)| a - b).collect();
        prop_assert!(distance(&off, &damped.difference.0) < 1e-9 * (1.0 + norm(&exact.0)));
        // (G + εI) u = c.
        let lowered = here.lower(&damped.tangent);
        let left: Vec<f64> =
            lowered.0.iter().zip(&damped.tangent.0).map(|(g, u)| g + 10f64.powi(exponent) * u).collect();
        prop_assert!(distance(&left, &slope.0) < 1e-7 * (1.0 + norm(&slope.0)));
    }
}

#[test]
fn a_metric_of_ones_own_takes_two_methods() {
    /// The half-plane `y > 0` with `(dx² + dy²)/y²`.
    struct HalfPlane;
    impl Ambient for HalfPlane {
        fn dim(&self) -> usize {
            2
        }
        fn matrix(&self, at: &Image) -> Result<Matrix, natgrad::Error> {
            Ok(Matrix::from_fn(2, 2, |i, j| if i == j { at.0[1].powi(-2) } else { 0.0 }))
        }
    }
    // Normal distributions by mean and logarithm of the scale, a mean too many.
    let of = Given::new(
        3,
        2,
        |x| vec![x[0] + x[1], x[2].exp()],
        |x| {
            let rows = [[1.0, 1.0, 0.0], [0.0, 0.0, x[2].exp()]];
            Matrix::from_fn(2, 3, |i, j| rows[i][j])
        },
    );
    let xi = Point(vec![0.2, -0.1, 0.7]);
    // Central differences with step 1e-5 leave 1e-10 of curvature and rounding.
    assert!(jacobian_error(&of, &xi, 1e-5).expect("finite") < 1e-9);
    let found = natural_gradient(&of, &HalfPlane, &xi, &Slope(vec![1.0, -2.0])).expect("a gradient");
    // grad = y² dL, all of it reached.
    let y2 = (1.4f64).exp();
    assert!(distance(&found.pushforward.0, &[y2, -2.0 * y2]) < 1e-12);
    assert_eq!((found.rank, found.properness.is_proper()), (2, true));
}

#[test]
fn a_semidefinite_metric_projects_up_to_what_has_no_length() {
    // The second coordinate has no length; slopes that vanish along it have a gradient.
    let form =
        Form::new(Matrix::from_fn(2, 2, |i, j| if i == 0 && j == 0 { 4.0 } else { 0.0 })).expect("semi-definite");
    let of = Affine::linear(Matrix::from_fn(2, 2, |i, j| [[1.0, 2.0], [3.0, -1.0]][i][j]));
    let here = Pullback::at(&of, &form, &Point(vec![0.0, 0.0])).expect("a point");
    assert_eq!(here.rank(), 1);
    let slope = Slope(vec![8.0, 0.0]);
    let c = here.pull(&slope).expect("lengths");
    for which in [Inverse::MoorePenrose, Inverse::Pivots, Inverse::Random { seed: 3 }] {
        let v = here.push(&here.raise_by(&which, &c).expect("square")).expect("lengths");
        // M⁺ dL = (2, 0), in its first coordinate.
        assert!((v.0[0] - 2.0).abs() < 1e-12, "{which:?}: {v:?}");
    }
    assert_eq!(form.gradient(here.image(), &slope).expect("a metric"), Velocity(vec![2.0, 0.0]));
}
