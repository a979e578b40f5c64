//! Where the criterion is violated: what is left between ELBO and entropy sum, in closed form.

use super::belief_net::{BeliefNet, COUNTS, made, observable};
use super::data::{self, column, columns, table};
use super::families::{GAMMA, gamma, student, student_entropy};
use super::generic::{Mixture, Rows, climb, gradient};
use super::mixtures::{RESIDUAL, path};
use super::run::{Run, verdict};
use super::{DERIVED, autoencoders, sigmoid_nets, sparse};
use crate::{Claim, ReproduceError};
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::criterion::{Maps, Role, Settings, check};
use natgrad::linalg::special::{digamma, ln_gamma};
use natgrad::model::{LatentModel, Want};
use natgrad_autodiff::{Dual64, DualNum};
use serde_json::json;

type D = Dual64;
type Found = (Vec<Run>, Vec<Claim>);

/// Everything.
pub fn runs() -> Result<Found, ReproduceError> {
    let mut out = (Vec::new(), Vec::new());
    for part in [fixed_variances, fixed_weights, frozen_bias, fixed_shapes, floor, boundary, latent] {
        let (runs, claims) = part()?;
        out.0.extend(runs);
        out.1.extend(claims);
    }
    Ok(out)
}

/// Models with factors, layers and networks, from their own files.
fn latent() -> Result<Found, ReproduceError> {
    let (mut runs, mut claims) = sparse::counterexamples()?;
    let net = sigmoid_nets::counterexample()?;
    claims.push(Claim::at_least(format!("{}: and that is not small", net.title), DERIVED, 1e-3, net.expected.0.abs()));
    runs.push(net);
    let (more, further) = autoencoders::counterexamples()?;
    runs.extend(more);
    claims.extend(further);
    Ok((runs, claims))
}

/// Normals on a line with variances held at 1.
fn fixed_variances() -> Result<Found, ReproduceError> {
    let y = vec![-2.1, -1.9, -1.5, -2.4, 0.9, 1.4, 2.2, 1.1, 0.3];
    let rows = table(std::slice::from_ref(&y), None)?;
    let mut spec = Spec::new(ModelName::GaussianMixture, 2, vec![FamilyName::Normal], CovarianceShape::Diagonal);
    spec.freeze_covariances = true;
    spec.charts = vec![[0.0, 1.0]];
    let (described, base, _) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let start =
        described.point(&json!({"weights": [0.5, 0.5], "means": [[-2.0], [1.0]], "covariances": [[1.0], [1.0]]}))?;
    let (path, end) = path(&learning, start, 3000)?;
    let look = learning.look(&end, Want::Statistics)?;
    let mixture = described.mixture();
    let counts = mixture.counts(&look.statistics);
    let means: Vec<f64> = (0..2).map(|k| mixture.natural(&end, k, 0).0[0]).collect();
    // Σ_n E_q (y_n − μ)² at the M-step's means: all squares less those of the means.
    let squares = y.iter().map(|y| y * y).sum::<f64>() - counts.iter().zip(&means).map(|(n, m)| n * m * m).sum::<f64>();
    let spread = squares / y.len() as f64;
    let last = path[path.len() - 1];
    // H̃ = −μ²/2 relative to h = N(x; 0, 1).
    let e = last.entropies;
    let weight = y.len() as f64;
    let pseudo = e.recognition - e.prior
        + counts.iter().zip(&means).map(|(n, m)| 0.5 * n * m * m).sum::<f64>() / weight
        + y.iter().map(|y| -0.5 * y * y - 0.5 * (2.0 * std::f64::consts::PI).ln()).sum::<f64>() / weight;
    let title = "Normals of fixed variance, nine numbers";
    let claims = vec![
        Claim::equal(format!("{title}: ELBO"), DERIVED, -1.7184553665, last.elbo, 1e-9),
        Claim::equal(format!("{title}: sum of entropies"), DERIVED, -2.0245121262, e.sum(), 1e-9),
        Claim::equal(
            format!("{title}: ELBO less the sum of pseudo-entropies relative to N(x; 0, 1)"),
            DERIVED,
            0.0,
            last.elbo - pseudo,
            RESIDUAL,
        ),
    ];
    let run = Run {
        name: "fixed-variance",
        title,
        criterion: verdict(&mixture.maps(&end))?,
        criterion_holds: false,
        contraction: None,
        path,
        expected: (0.5 * (1.0 - spread), "D/2 − S/(2 s²), S the mean square of what is not explained"),
        tolerance: RESIDUAL,
    };
    Ok((vec![run], claims))
}

/// Weights held: unequal ones fail by `Σ (q̄ − π) ln π`, equal ones do no harm.
fn fixed_weights() -> Result<Found, ReproduceError> {
    let x = vec![0.0, 1.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 12.0];
    let rows = table(&[x], None)?;
    let mut spec = Spec::new(ModelName::PoissonMixture, 2, vec![FamilyName::Poisson], CovarianceShape::Diagonal);
    spec.freeze_weights = true;
    let (described, base, _) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let mixture = described.mixture();
    let mut out = (Vec::new(), Vec::new());
    let cases = [
        ("fixed-weights", "Poisson mixture of fixed weights 0.2 and 0.8, nine counts", [0.2, 0.8], -2.7011132681),
        ("fixed-equal-weights", "Poisson mixture of fixed equal weights, nine counts", [0.5, 0.5], -2.4392493224),
    ];
    for (name, title, weights, known) in cases {
        let start = described.point(&json!({"weights": weights, "rates": [[1.0], [9.0]]}))?;
        let (path, end) = path(&learning, start, 3000)?;
        let look = learning.look(&end, Want::Statistics)?;
        let counts = mixture.counts(&look.statistics);
        let closed: f64 = (0..2).map(|k| (counts[k] / 9.0 - weights[k]) * weights[k].ln()).sum();
        let equal = weights[0] == weights[1];
        out.1.push(Claim::equal(format!("{title}: ELBO"), DERIVED, known, path[path.len() - 1].elbo, 1e-9));
        out.0.push(Run {
            name,
            title,
            criterion: verdict(&mixture.maps(&end))?,
            criterion_holds: equal,
            contraction: None,
            path,
            expected: if equal { (0.0, "") } else { (closed, "Σ (q̄ − π) ln π") },
            tolerance: RESIDUAL,
        });
    }
    Ok(out)
}

fn frozen_bias() -> Result<Found, ReproduceError> {
    let logit = |p: f64| (p / (1.0 - p)).ln();
    let weights = [1.0, -1.0, 0.5, 2.0, -1.5, 0.3, 0.2, -0.7];
    let start =
        |bias: [f64; 4]| -> Vec<f64> { [logit(0.3), logit(0.6)].into_iter().chain(weights).chain(bias).collect() };
    let given = start([0.1, -0.2, 0.4, 0.0]);
    let net = BeliefNet { counts: COUNTS };
    let here = net.step(&given);
    let slope = gradient(&net, &given);
    let contraction: f64 = given.iter().zip(&slope).map(|(a, g)| a * g).sum();
    let title = "Sigmoid belief net at given parameters, sixteen patterns";
    let mut claims = vec![
        Claim::equal(format!("{title}: ELBO"), DERIVED, -2.9562292810, here.elbo, 1e-9),
        Claim::equal(format!("{title}: sum of entropies"), DERIVED, -2.6249953620, here.entropies.sum(), 1e-9),
        Claim::equal(format!("{title}: their difference is α·∂F + β·∂F"), DERIVED, here.residual(), contraction, 1e-12),
    ];
    let learnt: Vec<bool> = (0..14).map(|j| j < 10).collect();
    let (net, made) = made();
    let mut runs = Vec::new();
    let cases = [
        ("frozen-bias", "Sigmoid belief net, output bias frozen", [0.4, -0.5, 0.6, 0.3]),
        ("frozen-zero-bias", "Sigmoid belief net, output bias frozen at zero", [0.0; 4]),
    ];
    for (name, title, bias) in cases {
        let points = climb(&net, &made[..10].iter().copied().chain(bias).collect::<Vec<_>>(), &learnt)?;
        let end = &points[points.len() - 1];
        let slope = gradient(&net, end);
        let closed: f64 = (10..14).map(|j| end[j] * slope[j]).sum();
        let zero = bias == [0.0; 4];
        let maps = Maps::new("belief net").with("observable", Role::Observable, observable(true, zero));
        let criterion = check(&maps, &Settings::default())?;
        runs.push(Run {
            name,
            title,
            criterion,
            criterion_holds: zero,
            contraction: None,
            path: points.iter().map(|p| net.step(p)).collect(),
            expected: if zero { (0.0, "") } else { (closed, "b·∂F/∂b, b the frozen bias") },
            tolerance: RESIDUAL,
        });
        if !zero {
            claims.push(Claim::at_least(format!("{title}: and that is not small"), DERIVED, 1e-3, closed.abs()));
        }
    }
    Ok((runs, claims))
}

/// Shapes held against the true entropy, and Weibull, which no entropy suits.
fn fixed_shapes() -> Result<Found, ReproduceError> {
    let days: Vec<f64> = column(data::COAL, 0).iter().map(|d| (d + 0.5) / 365.0).collect();
    let (returns, ozone) = (column(data::RETURNS, 0), column(data::OZONE, 0));
    let ozone: Vec<f64> = ozone.iter().map(|x| x / 40.0).collect();
    let none: fn(f64) -> f64 = |_| 0.0;
    let mean = |of: &[f64], f: &dyn Fn(f64) -> f64| of.iter().map(|x| f(*x)).sum::<f64>() / of.len() as f64;
    let one = |names, held, log, entropy, data| Mixture {
        components: 1,
        names,
        held,
        log,
        base: none,
        entropy,
        data,
        hard: false,
    };
    let gammas =
        one(&["ln rate"], &[], gamma, |p| GAMMA - p[0] + ln_gamma(GAMMA) + (1.0 - GAMMA) * digamma(GAMMA), &days);
    let students = one(&["ln tails", "ln scale", "location"], &["ln tails"], student, student_entropy, &returns);
    // (ln shape, ln scale).
    let weibull: fn(&[D], f64) -> D = |p, x| {
        let (k, log) = (p[0].exp(), -p[1] + x.ln());
        p[0] - p[1] + (k - 1.0) * log - (k * log).exp()
    };
    const EULER: f64 = 0.577_215_664_901_532_9;
    let weibulls =
        one(&["ln shape", "ln scale"], &[], weibull, |p| EULER * (1.0 - (-p[0]).exp()) + p[1] - p[0] + 1.0, &ozone);
    let (first, _) = gammas.run(
        "gamma-fixed-shape-true-entropy",
        "Gamma of fixed shape, true entropy, coal mining disasters",
        &[0.0],
        |p| ((GAMMA - 1.0) * (mean(&days, &f64::ln) - digamma(GAMMA) + p[0]), "(a − 1)(mean ln x − E ln x)"),
    )?;
    let (second, _) = students.run(
        "student-t-fixed-tails",
        "Student t, tails fixed, stock returns",
        &[4.0f64.ln(), 0.3, 0.2],
        |p| {
            let nu = p[0].exp();
            let tail = |x: f64| (((x - p[2]) / p[1].exp()).powi(2) / nu).ln_1p();
            let own = digamma(0.5 * (nu + 1.0)) - digamma(0.5 * nu);
            (0.5 * (nu + 1.0) * (own - mean(&returns, &tail)), "(ν + 1)/2 (E − mean) of ln(1 + z²/ν)")
        },
    )?;
    let (third, _) =
        weibulls.run("weibull-both-learnt", "Weibull, shape and scale learnt, ozone", &[0.2, 0.3], |p| {
            let k = p[0].exp();
            ((k - 1.0) * (mean(&ozone, &f64::ln) - p[1] + EULER / k), "(k − 1)(mean ln x − E ln x)")
        })?;
    Ok((vec![first, second, third], Vec::new()))
}

/// A variance that rests on a floor.
fn floor() -> Result<Found, ReproduceError> {
    let rows = table(&columns(data::IRIS), None)?;
    let mut spec = Spec::new(ModelName::GaussianMixture, 3, vec![FamilyName::Normal; 4], CovarianceShape::Diagonal);
    spec.covariance_floor = 0.05;
    let (described, base, profile) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let start = described.starts(&rows, &profile, &[1])?.swap_remove(0);
    let (path, end) = path(&learning, start, 3000)?;
    let mixture = described.mixture();
    let look = learning.look(&end, Want::Statistics)?;
    let explained = mixture.floor_residual(&end, &look.statistics);
    let title = "Normal mixture with a floor of 0.05 under variances, irises";
    let last = path[path.len() - 1];
    let claims = vec![
        Claim::equal(
            format!("{title}: ELBO less entropy sum is half the weighted sum of 1 − s²/floor"),
            DERIVED,
            explained,
            last.residual(),
            RESIDUAL,
        ),
        Claim::at_least(format!("{title}: and that is not small"), DERIVED, 1e-3, explained.abs()),
    ];
    Ok((Vec::new(), claims))
}

/// Probabilities of 0: in the limit the two agree.
fn boundary() -> Result<Found, ReproduceError> {
    let cells: Vec<Vec<f64>> = columns(data::BINARY_DIGITS).into_iter().take(6).collect();
    let mut with_zeros = cells;
    let rows = with_zeros[0].len();
    with_zeros.push(vec![0.0; rows]);
    let rows = table(&with_zeros, None)?;
    let spec = Spec::new(ModelName::BernoulliMixture, 2, vec![FamilyName::Bernoulli; 7], CovarianceShape::Diagonal);
    let (described, base, profile) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let start = described.starts(&rows, &profile, &[1])?.swap_remove(0);
    let (path, end) = path(&learning, start, 3000)?;
    let p = described.mixture().natural(&end, 0, 6).0[0];
    let title = "Bernoulli mixture with a column of zeros, digits";
    let last = path[path.len() - 1];
    let claims = vec![
        Claim::at_most(format!("{title}: log-odds of that column"), DERIVED, -30.0, p),
        Claim::equal(
            format!("{title}: ELBO less entropy sum on the boundary"),
            DERIVED,
            0.0,
            last.residual(),
            RESIDUAL,
        ),
        Claim::answer(
            format!("{title}: all free coordinates are there"),
            DERIVED,
            true,
            described.mixture().free() == 16,
        ),
    ];
    Ok((Vec::new(), claims))
}
