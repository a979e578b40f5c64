//! Laws of exponential families: derivatives of the log-partition, maximum likelihood, entropies and divergences
//! against sums and integrals of the density, usual parameters, sampling.

use super::{close, derivative};
use crate::generate;
use natgrad::family::{Estimate, Expectation, ExponentialFamily, Natural};
use natgrad::geometry::Gram;
use natgrad::linalg::{Matrix, symmetric};

/// Members per law.
const POINTS: usize = 4;

/// Random natural parameters, the same for every run.
pub fn points(family: &dyn ExponentialFamily) -> Vec<Natural> {
    let mut rng = generate::rng(11);
    (0..POINTS).map(|_| generate::natural(family, &mut rng)).collect()
}

fn named(family: &dyn ExponentialFamily, at: &Natural, what: &str) -> String {
    format!("{family:?} at {:?}: {what}", at.0)
}

/// A step that changes the distribution by about a thousandth of a standard deviation. The fourth-order difference
/// then errs by 1e-12 of the derivative's scale, rounding by 1e-13 of the function's.
fn step(fisher: &Matrix, i: usize) -> f64 {
    1e-3 * (1.0 / fisher[(i, i)].sqrt()).min(1.0)
}

fn moved(at: &Natural, i: usize, by: f64) -> Natural {
    let mut next = at.clone();
    next.0[i] += by;
    next
}

/// `∇A(η) = E[T]`.
pub fn expectation_is_the_gradient(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let (mean, fisher) = (family.expectation(&at).0, family.fisher(&at));
        for i in 0..family.dim() {
            let slope = derivative(|t| family.log_partition(&moved(&at, i, t)), step(&fisher, i));
            let scale = mean[i].abs() + fisher[(i, i)].sqrt();
            close(&named(family, &at, "∇A"), slope, mean[i], 1e-7 * scale);
        }
    }
}

/// `∇²A(η) = F(η)`.
pub fn fisher_is_the_hessian(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let fisher = family.fisher(&at);
        for j in 0..family.dim() {
            for i in 0..family.dim() {
                let slope = derivative(|t| family.expectation(&moved(&at, j, t)).0[i], step(&fisher, j));
                let scale = (fisher[(i, i)] * fisher[(j, j)]).sqrt();
                close(&named(family, &at, "∇²A"), slope, fisher[(i, j)], 1e-6 * scale);
            }
        }
    }
}

/// `F ⪰ 0` with the rank that the family says.
pub fn fisher_has_its_rank(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let fisher = family.fisher(&at);
        let n = family.dim();
        let unit = Matrix::from_fn(n, n, |i, j| fisher[(i, j)] / (fisher[(i, i)] * fisher[(j, j)]).sqrt());
        let values = symmetric::eigen(&unit).expect("finite").values;
        // Rounding of an n × n matrix of unit diagonal.
        assert!(values[0] >= -1e-14 * n as f64, "{}", named(family, &at, &format!("eigenvalues {values:?}")));
        let rank = Gram::new(fisher).expect("finite").rank();
        assert_eq!(rank, family.rank(), "{}", named(family, &at, &format!("eigenvalues {values:?}")));
    }
}

/// Natural parameters with the redundancy removed.
fn canonical(family: &dyn ExponentialFamily, at: &Natural) -> Vec<f64> {
    let shift = if family.rank() < family.dim() { family.log_partition(at) } else { 0.0 };
    at.0.iter().map(|e| e - shift).collect()
}

/// Maximum likelihood for the mean statistics of η is η.
pub fn estimate_inverts_expectation(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let Estimate::Interior(back) = family.estimate(&family.expectation(&at)) else {
            panic!("{}", named(family, &at, "the estimate is not interior"));
        };
        for (a, b) in canonical(family, &back).iter().zip(canonical(family, &at)) {
            // The inverse amplifies rounding of the moments by their condition number, below 1e6 at these points.
            close(&named(family, &at, "estimate"), *a, b, 1e-8 * (1.0 + b.abs()));
        }
    }
}

/// Data at the edges of the support.
fn edges(family: &dyn ExponentialFamily) -> Vec<Vec<f64>> {
    let width = family.width();
    let at = |v: f64| vec![v; width];
    let first = if family.contains(&at(0.0)) { 0.0 } else { 1.0 };
    let mut out = vec![at(first)];
    // The other end of a finite support.
    if is_discrete(family) && !family.contains(&at(1e6)) {
        let mut last = first;
        while family.contains(&at(last + 1.0)) {
            last += 1.0;
            out.push(at(last));
        }
        if family.rank() == family.dim() {
            out = vec![out[0].clone(), at(last)];
        }
    }
    out
}

/// Mean statistics on the boundary have an answer: a stand-in that puts all mass there, or a collapse with its number.
pub fn boundary_means_have_answers(family: &dyn ExponentialFamily) {
    for x in edges(family) {
        let mut t = vec![0.0; family.dim()];
        family.sufficient(&x, &mut t);
        match family.estimate(&Expectation(t.clone())) {
            Estimate::Boundary(eta) => {
                assert!(family.is_interior(&eta), "{family:?} {x:?}: {eta:?} is not usable");
                let here = family.log_density(&eta, &x);
                // The distribution agrees with the boundary to below rounding.
                assert!(here.abs() <= 1e-12, "{family:?} {x:?}: ln p = {here:e}");
                assert!(family.entropy(&eta).abs() < 1e-12, "{family:?} {x:?}: entropy {}", family.entropy(&eta));
            }
            Estimate::Collapsed(what) => {
                assert!(!is_discrete(family), "{family:?} {x:?}: probabilities cannot collapse ({what})");
                assert!(what.chars().any(|c| c.is_ascii_digit()), "{family:?} {x:?}: \"{what}\" names no number");
            }
            Estimate::Interior(eta) => panic!("{family:?} {x:?}: {eta:?} is no interior point"),
        }
    }
}

fn is_discrete(family: &dyn ExponentialFamily) -> bool {
    !family.contains(&vec![0.5; family.width()])
}

/// `∫ f(x) p(x; η) dx` by enumeration, by the trapezium rule after a change of variables on the half line, or on a
/// whitened grid for normals. All integrands here are analytic, so the rule converges faster than any power.
pub fn integral(family: &dyn ExponentialFamily, at: &Natural, f: &dyn Fn(&[f64]) -> f64) -> f64 {
    let mass = |x: &[f64]| family.log_density(at, x).exp();
    let term = |x: &[f64]| {
        let p = mass(x);
        if p == 0.0 { 0.0 } else { p * f(x) }
    };
    if is_discrete(family) {
        let mean = family.mean(at);
        let (mut total, mut x) = (0.0, 0.0);
        while family.contains(&[x]) {
            total += term(&[x]);
            if x > 2.0 * mean + 10.0 && mass(&[x]) < 1e-25 {
                break;
            }
            x += 1.0;
        }
        return total;
    }
    let width = family.width();
    if family.contains(&vec![-1.0; width]) {
        let source = family.to_source(at);
        let d = width;
        // Lower factor of the covariance.
        let mut l = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..=i {
                let sum = source[d + i * d + j] - (0..j).map(|k| l[i * d + k] * l[j * d + k]).sum::<f64>();
                l[i * d + j] = if i == j { sum.sqrt() } else { sum / l[j * d + j] };
            }
        }
        let volume: f64 = (0..d).map(|i| l[i * d + i]).product();
        // Error 2 exp(−2π²/h²) < 1e-15 at h = 0.75; mass beyond 9.75 standard deviations < 1e-21.
        let h = 0.75;
        let side = 27usize;
        let mut total = 0.0;
        for cell in 0..side.pow(d as u32) {
            let u: Vec<f64> = (0..d).map(|i| h * ((cell / side.pow(i as u32) % side) as f64 - 13.0)).collect();
            let x: Vec<f64> = (0..d).map(|i| source[i] + (0..=i).map(|j| l[i * d + j] * u[j]).sum::<f64>()).collect();
            total += term(&x);
        }
        return total * volume * h.powi(d as i32);
    }
    // Half line: x = c exp(u − e^{−u}) makes both tails fall doubly exponentially.
    let c = family.mean(at);
    let h = 1.0 / 128.0;
    let mut total = 0.0;
    for k in -4 * 128 - 64..40 * 128 {
        let u = k as f64 * h;
        let x = c * (u - (-u).exp()).exp();
        total += term(&[x]) * x * (1.0 + (-u).exp());
    }
    total * h
}

/// The density sums or integrates to one.
pub fn density_is_normalised(family: &dyn ExponentialFamily) {
    for at in points(family) {
        close(&named(family, &at, "∫ p"), integral(family, &at, &|_| 1.0), 1.0, 1e-10);
    }
}

/// Entropy, pseudo-entropy, `E[ln h]` and `E[T]` are what summing says.
pub fn entropy_is_minus_the_mean_log_density(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let entropy = -integral(family, &at, &|x| family.log_density(&at, x));
        close(&named(family, &at, "entropy"), family.entropy(&at), entropy, 1e-8 * (1.0 + entropy.abs()));
        let base = integral(family, &at, &|x| family.log_base_measure(x));
        let stated = family.expected_log_base_measure(&at);
        close(&named(family, &at, "E ln h"), stated, base, 1e-8 * (1.0 + base.abs()));
        if family.has_constant_base_measure() {
            assert_eq!(stated, 0.0, "{}", named(family, &at, "a constant base measure has ln h = 0"));
        }
        let general =
            family.log_partition(&at) - at.0.iter().zip(&family.expectation(&at).0).map(|(e, m)| e * m).sum::<f64>();
        let pseudo = family.pseudo_entropy(&at);
        close(&named(family, &at, "pseudo-entropy"), pseudo, general, 1e-10 * (1.0 + pseudo.abs()));
        for i in 0..family.dim() {
            let mean = integral(family, &at, &|x| {
                let mut t = vec![0.0; family.dim()];
                family.sufficient(x, &mut t);
                t[i]
            });
            let stated = family.expectation(&at).0[i];
            close(&named(family, &at, "E[T]"), stated, mean, 1e-8 * (1.0 + mean.abs()));
        }
        if family.width() == 1 && family.name() != "multivariate-normal" {
            let mean = integral(family, &at, &|x| x[0]);
            close(&named(family, &at, "E[x]"), family.mean(&at), mean, 1e-8 * (1.0 + mean.abs()));
        }
    }
}

/// `D(p‖p) = 0`, `D ≥ 0`, and `D` is the mean log-ratio.
pub fn divergence_is_the_mean_log_ratio(family: &dyn ExponentialFamily) {
    let points = points(family);
    for a in &points {
        assert!(family.kl(a, a).abs() < 1e-12, "{}", named(family, a, "D(p‖p)"));
        for b in &points {
            let d = family.kl(a, b);
            assert!(d >= 0.0, "{}", named(family, a, "D < 0"));
            let sum = integral(family, a, &|x| family.log_density(a, x) - family.log_density(b, x));
            close(&named(family, a, "D"), d, sum, 1e-8 * (1.0 + d));
        }
    }
}

/// Usual parameters and back.
pub fn source_round_trip(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let source = family.to_source(&at);
        let length: usize = family.source_names().iter().map(|n| n.1).sum();
        assert_eq!(source.len(), length, "{}", named(family, &at, "names and lengths"));
        let back = family.from_source(&source).unwrap_or_else(|e| panic!("{}", named(family, &at, &e)));
        for (a, b) in canonical(family, &back).iter().zip(canonical(family, &at)) {
            close(&named(family, &at, "round trip"), *a, b, 1e-10 * (1.0 + b.abs()));
        }
    }
}

/// The Jacobian of the usual parameters is their finite difference.
pub fn source_jacobian_is_the_derivative(family: &dyn ExponentialFamily) {
    for at in points(family) {
        let (jacobian, fisher) = (family.source_jacobian(&at), family.fisher(&at));
        let source = family.to_source(&at);
        assert_eq!(jacobian.nrows(), source.len());
        assert_eq!(jacobian.ncols(), family.dim());
        for j in 0..family.dim() {
            let h = step(&fisher, j);
            for i in 0..source.len() {
                let slope = derivative(|t| family.to_source(&moved(&at, j, t))[i], h);
                // Rounding of the parameter, seen through the step, and the truncation of its fifth derivative.
                let tolerance = 1e-7 * jacobian[(i, j)].abs() + 1e-12 * (1.0 + source[i].abs()) / h;
                close(&named(family, &at, "source Jacobian"), jacobian[(i, j)], slope, tolerance);
            }
        }
    }
}

/// Nonsense is refused with a sentence.
pub fn nonsense_is_refused(family: &dyn ExponentialFamily) {
    let mut rng = generate::rng(3);
    let plain = generate::source(family, &mut rng);
    let mut at = 0;
    for (name, length) in family.source_names() {
        for i in at..at + length {
            let mut bad = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
            let diagonal = name != "covariance" || (i - at) % ((length as f64).sqrt() as usize + 1) == 0;
            if !name.ends_with("mean") && diagonal {
                bad.push(-1.0);
                bad.push(-1e-300);
            }
            match name {
                "probability" | "probabilities" => bad.push(1.0 + 1e-3),
                "variance" | "log_variance" => bad.push(0.0),
                "covariance" if diagonal => bad.push(0.0),
                _ => {}
            }
            for v in bad {
                let mut s = plain.clone();
                s[i] = v;
                match family.from_source(&s) {
                    Err(message) => assert!(!message.is_empty(), "{family:?}: no message for {s:?}"),
                    Ok(eta) => panic!("{family:?} takes {s:?} for {eta:?}"),
                }
            }
        }
        at += length;
    }
}

/// Draws lie in the support, and their mean statistics within five standard errors (false alarm below 1e-6 each).
pub fn samples_follow_the_density(family: &dyn ExponentialFamily) {
    let draws = 4000;
    for (seed, at) in points(family).iter().enumerate() {
        let mut rng = generate::rng(100 + seed as u64);
        let (mut x, mut t) = (vec![0.0; family.width()], vec![0.0; family.dim()]);
        let mut sums = vec![0.0; family.dim()];
        for _ in 0..draws {
            family.sample(at, &mut rng, &mut x);
            assert!(family.contains(&x), "{}", named(family, at, &format!("drew {x:?}")));
            family.sufficient(&x, &mut t);
            sums.iter_mut().zip(&t).for_each(|(s, t)| *s += t);
        }
        let (mean, fisher) = (family.expectation(at).0, family.fisher(at));
        for i in 0..family.dim() {
            let error = (fisher[(i, i)] / f64::from(draws)).sqrt();
            close(&named(family, at, "sample mean"), sums[i] / f64::from(draws), mean[i], 5.0 * error);
        }
    }
}

/// Nothing is infinite or undefined at and near the boundaries.
pub fn extremes_are_finite(family: &dyn ExponentialFamily) {
    let mild = &points(family)[0];
    let mut rng = generate::rng(5);
    for source in generate::extremes(family) {
        let at = family.from_source(&source).unwrap_or_else(|e| panic!("{family:?} {source:?}: {e}"));
        assert!(family.is_interior(&at), "{family:?} {source:?}: {at:?} is not interior");
        let finite = |what: &str, v: f64| assert!(v.is_finite(), "{family:?} {source:?}: {what} is {v}");
        finite("A", family.log_partition(&at));
        family.expectation(&at).0.iter().for_each(|m| finite("E[T]", *m));
        family.to_source(&at).iter().for_each(|s| finite("source", *s));
        let (fisher, jacobian) = (family.fisher(&at), family.source_jacobian(&at));
        for i in 0..family.dim() {
            (0..family.dim()).for_each(|j| finite("F", fisher[(i, j)]));
            assert!(fisher[(i, i)] >= 0.0, "{family:?} {source:?}: F_{i}{i} = {}", fisher[(i, i)]);
            (0..jacobian.nrows()).for_each(|r| finite("Jacobian", jacobian[(r, i)]));
        }
        finite("entropy", family.entropy(&at));
        finite("pseudo-entropy", family.pseudo_entropy(&at));
        finite("D(extreme‖mild)", family.kl(&at, mild));
        finite("D(mild‖extreme)", family.kl(mild, &at));
        let mut x = vec![0.0; family.width()];
        for _ in 0..20 {
            family.sample(&at, &mut rng, &mut x);
            assert!(family.contains(&x), "{family:?} {source:?}: drew {x:?}");
            finite("ln p", family.log_density(&at, &x));
        }
    }
}

/// Features of many rows are the statistics row by row.
pub fn features_are_sufficient_row_by_row(family: &dyn ExponentialFamily) {
    let (rows, width, dim) = (37, family.width(), family.dim());
    let mut rng = generate::rng(17);
    let at = generate::natural(family, &mut rng);
    let mut columns = vec![vec![0.0; rows]; width];
    let mut x = vec![0.0; width];
    for n in 0..rows {
        family.sample(&at, &mut rng, &mut x);
        (0..width).for_each(|d| columns[d][n] = x[d]);
    }
    let cells: Vec<&[f64]> = columns.iter().map(Vec::as_slice).collect();
    let mut out = vec![f64::NAN; rows * dim];
    family.features(&cells, rows, &mut out);
    let mut t = vec![0.0; dim];
    for n in 0..rows {
        (0..width).for_each(|d| x[d] = columns[d][n]);
        family.sufficient(&x, &mut t);
        for i in 0..dim {
            // A division may be a multiplication by the inverse: two roundings, twice in a square.
            let tolerance = 8.0 * f64::EPSILON * t[i].abs();
            close(&format!("{family:?}: feature {i} of {x:?}"), out[i * rows + n], t[i], tolerance);
        }
    }
}

/// `D` along a segment is convex: the log-partition lies below its chords.
pub fn log_partition_is_convex(family: &dyn ExponentialFamily) {
    let points = points(family);
    for a in &points {
        for b in &points {
            let middle = Natural(a.0.iter().zip(&b.0).map(|(a, b)| 0.5 * (a + b)).collect());
            let chord = 0.5 * (family.log_partition(a) + family.log_partition(b));
            let here = family.log_partition(&middle);
            assert!(here <= chord + 1e-13 * (1.0 + chord.abs()), "{}", named(family, a, "A is not convex"));
        }
    }
}
