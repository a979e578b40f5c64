//! `∇ELBO = −∇KL` for whatever parametrises `q`, and not for the model's parameters.

use natgrad::geometry::Point;
use natgrad::geometry::simplex::Distribution;
use natgrad::linalg::Matrix;
use natgrad::parametrised::elbo::Observation;
use natgrad::parametrised::examples::SoftmaxMap;
use natgrad::parametrised::{
    Affine, EuclideanSpace, FisherRao, Given, Parametrisation, Pullback, Reparametrised, jacobian_error,
    natural_gradient,
};
use proptest::prelude::*;

fn distribution(of: &dyn Parametrisation, xi: &[f64]) -> Distribution {
    Distribution::new(of.map(xi)).expect("a distribution")
}

/// `p(x, z; θ) = p(z) σ(θ a_z)`: one observation of a sigmoid unit with hidden `z`.
fn unit(prior: Vec<f64>, weights: Vec<f64>) -> impl Parametrisation {
    let sigmoid = |t: f64| 1.0 / (1.0 + (-t).exp());
    let (p, a) = (prior.clone(), weights.clone());
    let map = move |x: &[f64]| p.iter().zip(&a).map(|(p, a)| p * sigmoid(x[0] * a)).collect();
    let n = prior.len();
    Given::new(1, n, map, move |x| {
        Matrix::from_fn(n, 1, |i, _| {
            let s = sigmoid(x[0] * weights[i]);
            prior[i] * weights[i] * s * (1.0 - s)
        })
    })
}

#[test]
fn the_worked_example_in_digits() {
    let seen = Observation::new(vec![0.1, 0.25, 0.05, 0.2]).expect("positive");
    let phi = [0.3, -0.2, 0.5, 0.0];
    let q = distribution(&SoftmaxMap(4), &phi);
    let close = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}, {expected}");
    close(seen.elbo(&q).expect("states"), -0.8891790137);
    close(seen.divergence(&q).expect("states"), 0.3783533900);
    close(seen.log_evidence(), -0.5108256238);
    let space = FisherRao(4);
    let here = Pullback::at(&SoftmaxMap(4), &space, &Point(phi.to_vec())).expect("a point");
    let c = here.pull(&seen.elbo_slope(&q).expect("inside")).expect("lengths");
    for (f, e) in c.0.iter().zip([-0.0395629172, 0.2167109481, -0.3540012556, 0.1768532247]) {
        close(*f, e);
    }
    let slope = seen.elbo_slope(&q).expect("inside");
    let natural = natural_gradient(&SoftmaxMap(4), &space, here.point(), &slope).expect("a gradient");
    for (f, e) in natural.tangent.0.iter().zip([-0.379072683, 1.0372180489, -1.2722198635, 0.6140744976]) {
        close(*f, e);
    }
    // The model's parameter: the evidence moves too.
    let model = unit(vec![0.1, 0.4, 0.3, 0.2], vec![1.0, -0.5, 0.3, 2.0]);
    assert!(jacobian_error(&model, &Point(vec![0.6]), 1e-5).expect("finite") < 1e-9);
    let line = EuclideanSpace(4);
    let here = Pullback::at(&model, &line, &Point(vec![0.6])).expect("a point");
    let slopes = Observation::new(here.image().0.clone()).expect("positive").model_slopes(&q).expect("states");
    close(here.pull(&slopes.elbo).expect("lengths").0[0], 0.1933065771);
    close(here.pull(&slopes.divergence).expect("lengths").0[0], 0.0710810463);
    close(here.pull(&slopes.evidence).expect("lengths").0[0], 0.1222255308);
}

fn model() -> impl Strategy<Value = (Vec<f64>, Vec<f64>, Vec<f64>, usize, Vec<f64>)> {
    (2usize..6, 1usize..5).prop_flat_map(|(m, d)| {
        (
            prop::collection::vec(0.01f64..2.0, m),
            prop::collection::vec(-2.0f64..2.0, m * d),
            prop::collection::vec(-1.0f64..1.0, d),
            Just(d),
            prop::collection::vec(-2.0f64..2.0, m),
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Any family of `q` (softmax of any linear map: fewer parameters than states, or more), any joint.
    #[test]
    fn variational_gradients_agree((joint, linear, phi, d, _) in model()) {
        let m = joint.len();
        let family = Reparametrised::new(SoftmaxMap(m), Affine::linear(Matrix::from_fn(m, d, |i, j| linear[i * d + j])))
            .expect("lengths");
        let seen = Observation::new(joint).expect("positive");
        let q = distribution(&family, &phi);
        // ELBO + KL is the evidence, whatever q.
        let total = seen.elbo(&q).expect("states") + seen.divergence(&q).expect("states");
        prop_assert!((total - seen.log_evidence()).abs() < 1e-12 * (1.0 + total.abs()));
        let space = FisherRao(m);
        let point = Point(phi.clone());
        let here = Pullback::at(&family, &space, &point).expect("a point");
        let (up, down) = (seen.elbo_slope(&q).expect("inside"), seen.divergence_slope(&q).expect("inside"));
        let (a, b) = (here.pull(&up).expect("lengths"), here.pull(&down).expect("lengths"));
        for (a, b) in a.0.iter().zip(&b.0) {
            prop_assert!((a + b).abs() < 1e-12, "{a} + {b}");
        }
        prop_assume!(here.condition() < 1e8);
        let (a, b) = (
            natural_gradient(&family, &space, &point, &up).expect("a gradient"),
            natural_gradient(&family, &space, &point, &down).expect("a gradient"),
        );
        for (a, b) in a.pushforward.0.iter().zip(&b.pushforward.0) {
            prop_assert!((a + b).abs() < 1e-9, "{a} + {b}");
        }
        // The gradients are those of the functions: central differences leave 1e-9.
        for j in 0..d {
            let moved = |by: f64| {
                let mut phi = phi.clone();
                phi[j] += by;
                seen.elbo(&distribution(&family, &phi)).expect("states")
            };
            let slope = here.pull(&up).expect("lengths").0[j];
            prop_assert!(((moved(1e-5) - moved(-1e-5)) / 2e-5 - slope).abs() < 1e-7);
        }
    }

    /// For a model's parameter the difference is the slope of the evidence; it vanishes from the KL part where `q` is
    /// the posterior.
    #[test]
    fn model_gradients_differ_by_the_evidence((prior, _, theta, _, weights) in model()) {
        let model = unit(prior.clone(), weights);
        let space = EuclideanSpace(prior.len());
        let here = Pullback::at(&model, &space, &Point(vec![theta[0]])).expect("a point");
        let seen = Observation::new(here.image().0.clone()).expect("positive");
        let flat = Distribution::new(vec![1.0 / prior.len() as f64; prior.len()]).expect("a distribution");
        let evidence = |t: f64| Observation::new(model.map(&[t])).expect("positive").log_evidence();
        let moved = (evidence(theta[0] + 1e-5) - evidence(theta[0] - 1e-5)) / 2e-5;
        for q in [flat, Distribution::new(seen.posterior()).expect("a distribution")] {
            let slopes = seen.model_slopes(&q).expect("states");
            let along = |s| here.pull(s).expect("lengths").0[0];
            let [elbo, divergence, left] = [along(&slopes.elbo), along(&slopes.divergence), along(&slopes.evidence)];
            prop_assert!((elbo - divergence - left).abs() < 1e-12 * (1.0 + elbo.abs()));
            prop_assert!((left - moved).abs() < 1e-7 * (1.0 + left.abs()), "{left}, {moved}");
        }
        let posterior = Distribution::new(seen.posterior()).expect("a distribution");
        let slopes = seen.model_slopes(&posterior).expect("states");
        prop_assert!(here.pull(&slopes.divergence).expect("lengths").0[0].abs() < 1e-12);
    }
}

#[test]
fn states_that_cannot_be_are_refused_or_counted_as_nothing() {
    assert!(Observation::new(vec![]).is_err());
    assert!(Observation::new(vec![0.1, 0.0]).is_err());
    assert!(Observation::new(vec![0.1, f64::INFINITY]).is_err());
    let seen = Observation::new(vec![0.1, 0.3]).expect("positive");
    let corner = Distribution::new(vec![1.0, 0.0]).expect("a distribution");
    // q ln q → 0: the ELBO is ln p(x, z).
    assert!((seen.elbo(&corner).expect("states") - 0.1f64.ln()).abs() < 1e-15);
    assert!((seen.divergence(&corner).expect("states") - 4f64.ln()).abs() < 1e-15);
    assert!(seen.elbo_slope(&corner).is_err());
    assert!(seen.elbo(&Distribution::new(vec![1.0]).expect("a distribution")).is_err());
}
