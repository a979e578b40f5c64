//! ELBO and divergence: opposite gradients for the variational parameters, not for the model's.

use super::{DERIVED, distance};
use crate::{Claim, ReproduceError, Reproduction, Table};
use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::linalg::Matrix;
use natgrad::parametrised::elbo::Observation;
use natgrad::parametrised::examples::SoftmaxMap;
use natgrad::parametrised::{
    Affine, EuclideanSpace, FisherRao, Parametrisation, Pullback, Reparametrised, natural_gradient,
};
use natgrad_autodiff::{Derived, DualNum, Function};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

const MODELS: u64 = 300;

/// `p(x, z; θ) = p(z) σ(θ a_z)`: one observation of a sigmoid unit with hidden `z`.
struct Unit {
    prior: Vec<f64>,
    weights: Vec<f64>,
}

impl Function for Unit {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        self.prior.len()
    }

    fn evaluate<D: DualNum<f64>>(&self, theta: &[D]) -> Vec<D> {
        let on = |a: f64| ((theta[0].clone() * -a).exp() + 1.0).recip();
        self.prior.iter().zip(&self.weights).map(|(p, a)| on(*a) * *p).collect()
    }
}

/// `∂_θ` of the ELBO, of minus the divergence, and of `ln p(x)`.
fn model(unit: Unit, theta: f64, q: &Distribution) -> Result<[f64; 3], natgrad::Error> {
    let space = EuclideanSpace(unit.prior.len());
    let here = Pullback::at(&Derived(unit), &space, &Point(vec![theta]))?;
    let slopes = Observation::new(here.image().0.clone())?.model_slopes(q)?;
    let along = |s| here.pull(s).map(|c| c.0[0]);
    Ok([along(&slopes.elbo)?, along(&slopes.divergence)?, along(&slopes.evidence)?])
}

pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut table = Table::new(
        "slopes",
        ["model", "states", "variational", "natural", "elbo_slope", "minus_divergence_slope", "evidence_slope"],
    );
    let [mut euclidean, mut natural, mut sum, mut apart] = [0.0f64; 4];
    for seed in 0..MODELS {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let mut uniform = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        let m = 2 + (seed % 4) as usize;
        let d = 1 + (seed % 5) as usize;
        let seen = Observation::new((0..m).map(|_| uniform(0.01, 1.0)).collect())?;
        let linear = Matrix::from_fn(m, d, |_, _| uniform(-2.0, 2.0));
        let family = Reparametrised::new(SoftmaxMap(m), Affine::linear(linear))?;
        let phi = Point((0..d).map(|_| uniform(-1.0, 1.0)).collect());
        let q = Distribution::new(family.map(&phi.0))?;
        let (up, down) = (seen.elbo_slope(&q)?, seen.divergence_slope(&q)?);
        let space = FisherRao(m);
        let here = Pullback::at(&family, &space, &phi)?;
        let minus = |v: Vec<f64>| v.into_iter().map(|x| -x).collect::<Vec<_>>();
        let off = distance(&here.pull(&up)?.0, &minus(here.pull(&down)?.0));
        let pushed = |s| natural_gradient(&family, &space, &phi, s).map(|g| g.pushforward.0);
        let off_natural = distance(&pushed(&up)?, &minus(pushed(&down)?));
        euclidean = euclidean.max(off);
        natural = natural.max(off_natural);
        let unit = Unit { prior: seen.posterior(), weights: (0..m).map(|_| uniform(-2.0, 2.0)).collect() };
        let [elbo, divergence, evidence] = model(unit, uniform(-1.0, 1.0), &q)?;
        sum = sum.max((elbo - divergence - evidence).abs());
        apart = apart.max((elbo - divergence).abs());
        table.rows.push(vec![seed as f64, m as f64, off, off_natural, elbo, divergence, evidence]);
    }
    let zero = |what: &str, found: f64| Claim::equal(what, DERIVED, 0.0, found, 1e-9);
    let mut claims = vec![
        zero(
            "for variational parameters the gradient of the ELBO is minus that of KL(q ‖ posterior): largest \
             difference on random models and families",
            euclidean,
        ),
        zero("so are the natural gradients: largest difference of the pushforwards", natural),
        Claim::at_least(
            "for a parameter of the model it is not: largest difference on random models",
            DERIVED,
            0.1,
            apart,
        ),
        zero("there the difference is the slope of ln p(x): largest deviation", sum),
    ];
    let unit = Unit { prior: vec![0.1, 0.4, 0.3, 0.2], weights: vec![1.0, -0.5, 0.3, 2.0] };
    let q = Distribution::new(SoftmaxMap(4).map(&[0.3, -0.2, 0.5, 0.0]))?;
    let found = model(unit, 0.6, &q)?;
    for ((what, expected), found) in
        [("the ELBO", 0.1933065771), ("minus the divergence", 0.0710810463), ("ln p(x)", 0.1222255308)]
            .into_iter()
            .zip(found)
    {
        // To the digits given.
        claims.push(Claim::equal(format!("worked example: slope of {what}"), DERIVED, expected, found, 1e-9));
    }
    Ok(Reproduction { claims, tables: vec![table], figures: Vec::new() })
}
