//! Distributions that the project has no model of, written down through the criterion's trait.

use super::data::{self, column};
use super::generic::Mixture;
use super::run::Run;
use crate::ReproduceError;
use natgrad::linalg::special::{digamma, ln_gamma};
use natgrad_autodiff::{Dual64, DualNum};
use std::f64::consts::{E, PI};

type D = Dual64;

/// `ln Γ` of a dual number.
pub fn dual_ln_gamma(x: D) -> D {
    D::new(ln_gamma(x.re), digamma(x.re) * x.eps)
}

/// `ln I₀(κ)` and its slope, by the trapezoidal rule, which is exact to rounding for periodic functions (κ below 20 with so
/// many points).
fn log_bessel(kappa: f64) -> (f64, f64) {
    const POINTS: u32 = 64;
    let (mut sum, mut slope) = (0.0, 0.0);
    for i in 0..POINTS {
        let c = (2.0 * PI * f64::from(i) / f64::from(POINTS)).cos();
        let e = (kappa * (c - 1.0)).exp();
        sum += e;
        slope += c * e;
    }
    (kappa + (sum / f64::from(POINTS)).ln(), slope / sum)
}

fn von_mises(p: &[D], x: f64) -> D {
    let kappa = p[1].exp();
    let (log, slope) = log_bessel(kappa.re);
    (p[0] - x).cos() * kappa - D::new(log, slope * kappa.eps) - (2.0 * PI).ln()
}

fn von_mises_entropy(p: &[f64]) -> f64 {
    let kappa = p[1].exp();
    let (log, slope) = log_bessel(kappa);
    (2.0 * PI).ln() + log - kappa * slope
}

/// `(ln ν, ln s, m)`.
pub fn student(p: &[D], x: f64) -> D {
    let (nu, z) = (p[0].exp(), (-p[2] + x) * (-p[1]).exp());
    let half = nu * 0.5;
    dual_ln_gamma(half + 0.5) - dual_ln_gamma(half) - (nu * PI).ln() * 0.5 - p[1] - (half + 0.5) * (z * z / nu).ln_1p()
}

pub fn student_entropy(p: &[f64]) -> f64 {
    let nu = p[0].exp();
    let (a, b) = (0.5 * (nu + 1.0), 0.5 * nu);
    a * (digamma(a) - digamma(b)) + 0.5 * (nu * PI).ln() + ln_gamma(b) - ln_gamma(a) + p[1]
}

fn laplace(p: &[D], x: f64) -> D {
    -(-p[0]).exp() * x.abs() - p[0] - 2.0f64.ln()
}

fn beta(p: &[D], x: f64) -> D {
    let (a, b) = (p[0].exp(), p[1].exp());
    (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p() + dual_ln_gamma(a + b) - dual_ln_gamma(a) - dual_ln_gamma(b)
}

fn beta_entropy(p: &[f64]) -> f64 {
    let (a, b) = (p[0].exp(), p[1].exp());
    ln_gamma(a) + ln_gamma(b) - ln_gamma(a + b) - (a - 1.0) * digamma(a) - (b - 1.0) * digamma(b)
        + (a + b - 2.0) * digamma(a + b)
}

/// Shape of Weibull distributions that is held.
pub const SHAPE: f64 = 1.5;

/// Rate `l = scale⁻ᶜ`, logarithm.
fn weibull(p: &[D], x: f64) -> D {
    p[0] - p[0].exp() * x.powf(SHAPE) + SHAPE.ln() + (SHAPE - 1.0) * x.ln()
}

fn rayleigh(p: &[D], x: f64) -> D {
    -p[0] - (-p[0]).exp() * (0.5 * x * x) + x.ln()
}

/// `(ln mean, ln shape)`.
fn inverse_normal(p: &[D], x: f64) -> D {
    let (m, l) = (p[0].exp(), p[1].exp());
    let off = -m + x;
    -(l * off * off) / (m * m * (2.0 * x)) + p[1] * 0.5 - 0.5 * (2.0 * PI).ln() - 1.5 * x.ln()
}

/// Shape of gamma distributions that is held.
pub const GAMMA: f64 = 2.0;

/// Logarithm of the rate, shape held.
pub fn gamma(p: &[D], x: f64) -> D {
    p[0] * GAMMA - p[0].exp() * x + (GAMMA - 1.0) * x.ln() - ln_gamma(GAMMA)
}

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    let (directions, returns, ozone) = (data::directions(), column(data::RETURNS, 0), column(data::OZONE, 0));
    let (cells, days) = (column(data::NUCLEI, 0), column(data::COAL, 0));
    let grey: Vec<f64> = column(data::GREY_DIGITS, 5).iter().map(|x| (x + 0.5) / 65.0).collect();
    let weeks: Vec<f64> = days.iter().map(|d| (d + 0.5) / 365.0).collect();
    let ozone: Vec<f64> = ozone.iter().map(|x| x / 40.0).collect();
    let sizes: Vec<f64> = returns.iter().map(|x| x.abs()).filter(|x| *x > 0.0).collect();
    let none = |_: f64| 0.0;
    let holds = |_: &[f64]| (0.0, "");
    let of = |k, names, log, base, entropy, data| Mixture {
        components: k,
        names,
        held: &[],
        log,
        base,
        entropy,
        data,
        hard: false,
    };
    let all: [(&str, &str, Mixture<'_>, Vec<f64>); 10] = [
        (
            "von-mises-mixture",
            "Von Mises mixture, made directions",
            of(2, &["direction", "ln concentration"], von_mises, none, von_mises_entropy, &directions),
            vec![0.0, 0.5, 0.0, 4.5, 1.0],
        ),
        (
            "von-mises-mixture-hard",
            "Von Mises mixture, one component for each row, made directions",
            Mixture {
                hard: true,
                ..of(2, &["direction", "ln concentration"], von_mises, none, von_mises_entropy, &directions)
            },
            vec![0.0, 0.5, 0.0, 4.5, 1.0],
        ),
        (
            "student-t",
            "Student t, tails learnt, stock returns",
            of(1, &["ln tails", "ln scale", "location"], student, none, student_entropy, &returns),
            vec![2.0, 0.5, 0.3],
        ),
        (
            "laplace-mixture",
            "Scale mixture of Laplace, stock returns",
            of(2, &["ln scale"], laplace, none, |p| 1.0 + 2.0f64.ln() + p[0], &returns),
            vec![0.2, -1.0, 1.0],
        ),
        (
            "beta-mixture",
            "Beta mixture, grey values",
            of(2, &["ln a", "ln b"], beta, none, beta_entropy, &grey),
            vec![0.0, 0.0, 1.0, 1.0, 0.0],
        ),
        (
            "weibull-mixture",
            "Weibull mixture, shape in the base measure, ozone",
            of(2, &["ln rate"], weibull, |x| SHAPE.ln() + (SHAPE - 1.0) * x.ln(), |p| 1.0 - p[0], &ozone),
            vec![0.0, -1.0, 1.0],
        ),
        (
            "rayleigh-mixture",
            "Rayleigh mixture, sizes of stock returns",
            of(2, &["ln s2"], rayleigh, f64::ln, |p| 1.0 + p[0], &sizes),
            vec![0.0, -1.0, 1.0],
        ),
        (
            "inverse-normal-mixture",
            "Inverse normal mixture, cell nuclei",
            of(
                2,
                &["ln mean", "ln shape"],
                inverse_normal,
                |x| -1.5 * x.ln() - 0.5 * (2.0 * PI).ln(),
                |p| 0.5 - 0.5 * p[1],
                &cells,
            ),
            vec![0.0, 2.3, 5.0, 3.0, 5.0],
        ),
        (
            "gamma-mixture-fixed-shape",
            "Gamma mixture, shape in the base measure, coal mining disasters",
            of(2, &["ln rate"], gamma, |x| (GAMMA - 1.0) * x.ln() - ln_gamma(GAMMA), |p| GAMMA - GAMMA * p[0], &weeks),
            vec![0.0, 0.5, 2.5],
        ),
        (
            "rayleigh-mismatch",
            "One Rayleigh, model and data do not match, grey values",
            of(1, &["ln s2"], rayleigh, f64::ln, |p| 1.0 + p[0], &grey),
            vec![E],
        ),
    ];
    all.iter().map(|(name, title, of, start)| Ok(of.run(name, title, start, holds)?.0)).collect()
}
