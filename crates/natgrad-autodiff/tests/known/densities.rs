//! Densities of one number, by their logarithms in points; constants of `x` are left out.

use super::{D, between, blocks, one};
use natgrad::criterion::{Maps, Role, States};
use natgrad_autodiff::{DerivedMap, DualNum};

type Log = fn(&[D], f64) -> D;
type Blocks = &'static [(&'static str, usize)];
/// Blocks, kind of points, range of the parameters, logarithm.
type Density = (Blocks, &'static str, f64, f64, Log);

/// Points of a kind.
fn points(kind: &str) -> Vec<f64> {
    let steps = (0..25).map(f64::from);
    match kind {
        "real" => steps.map(|i| -4.1 + 0.37 * i + 0.002 * i * i).collect(),
        "positive" => steps.map(|i| 0.13 + 0.19 * i + 0.003 * i * i).collect(),
        "unit" => steps.map(|i| 0.03 + 0.038 * i).collect(),
        "angle" => steps.map(|i| -3.0 + 0.24 * i).collect(),
        _ => steps.collect(),
    }
}

/// Blocks, where `x` lies, the range of the parameters, and the logarithm.
fn density(name: &str) -> Option<Density> {
    const PAIR: &[(&str, usize)] = &[("first", 1), ("second", 1)];
    const FIRST_FIXED: &[(&str, usize)] = &[("!first", 1), ("second", 1)];
    const SECOND_FIXED: &[(&str, usize)] = &[("first", 1), ("!second", 1)];
    const ONE: &[(&str, usize)] = &[("only", 1)];
    const TRIPLE: &[(&str, usize)] = &[("nu", 1), ("s", 1), ("m", 1)];
    const TAILS_FIXED: &[(&str, usize)] = &[("!nu", 1), ("s", 1), ("m", 1)];
    // (mean, ln deviation) of ln x.
    fn normal(p: &[D], x: f64) -> D {
        let z = (-p[0] + x) * (-p[1]).exp();
        z * z * -0.5
    }
    fn student(p: &[D], x: f64) -> D {
        let z = (-p[2] + x) / p[1];
        (z * z / p[0]).ln_1p() * (p[0] + 1.0) * -0.5
    }
    fn weibull(p: &[D], x: f64) -> D {
        -(p[0] * ((-p[1].ln()) + x.ln())).exp()
    }
    fn full_weibull(p: &[D], x: f64) -> D {
        (p[0] - 1.0) * x.ln() + weibull(p, x)
    }
    // (m − x)²/(m² x) times −l/2, without x^−1.5.
    fn inverse_normal(p: &[D], x: f64) -> D {
        -(p[1] * (-p[0] + x) * (-p[0] + x)) / (p[0] * p[0] * 2.0 * x)
    }
    Some(match name {
        "Student-t nu,s,m learnable (NOT an exp. family)" => (TRIPLE, "real", 0.8, 2.0, student),
        "Student-t nu fixed" => (TAILS_FIXED, "real", 0.8, 2.0, student),
        "Laplace m,b learnable (not exp. family in m)" => {
            (PAIR, "real", 0.5, 1.5, |p, x| -((-p[0] + x) * (-p[0] + x)).sqrt() / p[1])
        }
        "generalised normal, shape fixed 1.5, scale learnable" => {
            (ONE, "real", 0.5, 1.5, |p, x| -(p[0].recip() * x.abs()).powf(1.5))
        }
        "Weibull k,lambda learnable, h=1" => (PAIR, "positive", 0.8, 2.0, full_weibull),
        "Weibull k fixed, h=1" => (FIRST_FIXED, "positive", 1.2, 2.0, full_weibull),
        "Weibull k fixed, h=x^(k-1)" => (FIRST_FIXED, "positive", 1.2, 2.0, weibull),
        "log-normal m,s, h=1 (true entropy)" => (PAIR, "positive", -0.5, 0.7, |p, x| normal(p, x.ln()) - x.ln()),
        "log-normal m,s, h=1/x (pseudo)" => (PAIR, "positive", -0.5, 0.7, |p, x| normal(p, x.ln())),
        "log-normal, m fixed, h=1" => (FIRST_FIXED, "positive", 0.1, 0.7, |p, x| normal(p, x.ln()) - x.ln()),
        "log-normal, m fixed, h=1/x" => (FIRST_FIXED, "positive", 0.1, 0.7, |p, x| normal(p, x.ln())),
        "inverse Gaussian, h=1" => (PAIR, "positive", 0.8, 2.0, |p, x| inverse_normal(p, x) - 1.5 * x.ln()),
        "inverse Gaussian, h=x^-1.5" => (PAIR, "positive", 0.8, 2.0, inverse_normal),
        "Poisson, h=1 (true entropy)" => {
            (ONE, "count", 1.0, 6.0, |p, x| p[0].ln() * x - (1..=x as u32).map(|i| f64::from(i).ln()).sum::<f64>())
        }
        "Poisson, h=1/x!" => (ONE, "count", 1.0, 6.0, |p, x| p[0].ln() * x),
        "NegBin r AND p learnable, h=1/x!" => (PAIR, "count", 0.3, 0.9, |p, x| {
            let rising = (0..x as u32).fold(D::from(0.0), |s, i| s + (p[0] + f64::from(i)).ln());
            rising + (-p[1] + 1.0).ln() * x
        }),
        "Geometric, h=1" => (ONE, "count", 0.2, 0.8, |p, x| (-p[0] + 1.0).ln() * x),
        "Beta a,b" => (PAIR, "unit", 0.5, 3.0, |p, x| (p[0] - 1.0) * x.ln() + (p[1] - 1.0) * (-x).ln_1p()),
        "von Mises mu,kappa" => (PAIR, "angle", 0.4, 2.0, |p, x| p[1] * (-p[0] + x).cos()),
        "von Mises kappa fixed" => (SECOND_FIXED, "angle", 0.4, 2.0, |p, x| p[1] * (-p[0] + x).cos()),
        "logistic m,s" => (PAIR, "real", 0.4, 1.5, |p, x| {
            let z = (-p[0] + x) / p[1];
            -z - (-z).exp().ln_1p() * 2.0
        }),
        _ => return None,
    })
}

pub fn maps(name: &str) -> Option<Maps<'static>> {
    let (of, kind, low, high, log) = density(name)?;
    let (at, n) = (points(kind), of.iter().map(|b| b.1).sum());
    let count = at.len();
    let map = DerivedMap::new(blocks(of), move |p: &[D], _: &[D]| at.iter().map(|x| log(p, *x)).collect());
    let map = map.with_null(vec![vec![1.0; count]]).drawn_by(move |rng| between(rng, n, low, high));
    one(name, Role::Observable, map.with_states(|_, _| States::Drawn(vec![Vec::new()])))
}
