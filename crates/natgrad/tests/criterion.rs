//! The parametrisation criterion: verdicts, directions, remedies, base measures, bad maps, and every model of the catalogue.

use natgrad::catalogue::criterion::{
    LatentModel, LatentSettings, Observable, Prior, Variance, latent_maps, mixture_maps, network_maps,
};
use natgrad::catalogue::{CovarianceShape, FamilyName, ModelName, Spec};
use natgrad::criterion::{
    Criterion, Derivatives, LogDensity, Maps, NaturalMap, Parameter, Remedy, Role, Settings, States, check, direction,
};
use natgrad::network::local::LocalSpec;
use natgrad::network::{Network, NodeSpec};
use natgrad::rows::{Column, ColumnKind};
use rand::{Rng, RngExt};

fn found(maps: &Maps<'_>) -> Criterion {
    check(maps, &Settings::default()).unwrap_or_else(|e| panic!("{}: {e}", maps.name))
}

fn latent(model: LatentModel, change: impl Fn(&mut LatentSettings)) -> Criterion {
    let mut settings = LatentSettings::new(model);
    change(&mut settings);
    found(&latent_maps(&settings).expect("maps"))
}

fn frozen(names: &[&str]) -> impl Fn(&mut LatentSettings) {
    let names: Vec<String> = names.iter().map(|n| n.to_string()).collect();
    move |s| s.freeze.clone_from(&names)
}

#[test]
fn latent_models_hold_unless_their_scale_is_held() {
    use LatentModel::{FactorAnalysis, Ppca, SigmoidBeliefNet, SparseCoding, Vae};
    for model in [Ppca, FactorAnalysis, SigmoidBeliefNet, SparseCoding, Vae] {
        let all = latent(model, |_| {});
        assert!(all.holds, "{all:#?}");
        assert!(all.parts.iter().all(|p| p.derivatives == Derivatives::Given && p.residual < 1e-13));
        assert_eq!(all.condition.is_some(), matches!(model, Ppca | FactorAnalysis | Vae));
    }
    let learn = |names: &[&str]| Remedy::Learn { one_of: names.iter().map(|n| n.to_string()).collect() };
    let cases = [
        (Ppca, "variance", true),
        (FactorAnalysis, "variances", true),
        (FactorAnalysis, "weights", false),
        (SigmoidBeliefNet, "bias", true),
        (SparseCoding, "variance", true),
    ];
    for (model, name, rescue) in cases {
        let found = latent(model, frozen(&[name]));
        let part = &found.parts[found.parts.len() - 1];
        assert!(!found.holds && part.remedy == learn(&[name]), "{found:#?}");
        assert_eq!(part.base_measure.is_some(), rescue, "{found:#?}");
        assert!(found.parts.last().is_some_and(|p| p.sentence().contains(&format!("if {name} were learnt"))));
    }
    assert!(latent(SigmoidBeliefNet, |s| s.layers = 3).holds);
}

#[test]
fn autoencoders_need_a_scale_and_a_posterior_that_can_be_scaled() {
    let vae = |change: &dyn Fn(&mut LatentSettings)| latent(LatentModel::Vae, change);
    for variance in [Variance::Scalar, Variance::PerColumn, Variance::Network] {
        assert!(vae(&|s| s.variance = variance).holds);
    }
    for observable in [Observable::Bernoulli, Observable::Poisson] {
        assert!(vae(&|s| s.observable = observable).holds);
    }
    let softplus = vae(&|s| s.variance = Variance::Softplus);
    assert_eq!((softplus.holds, &softplus.parts[0].remedy), (false, &Remedy::Nothing));
    assert!(!vae(&frozen(&["encoder"])).holds);
    assert!(!vae(&frozen(&["first-layer-weights"])).holds);
    // With learnt variances of the prior neither matters.
    let learnt = vae(&|s| {
        frozen(&["encoder", "first-layer-weights"])(s);
        s.prior = Prior::Learnt;
    });
    assert!(learnt.holds, "{learnt:#?}");
    let error = latent_maps(&LatentSettings { freeze: vec!["foo".into()], ..LatentSettings::new(LatentModel::Vae) });
    assert!(error.err().is_some_and(|e| e.to_string().contains("no \"foo\" to freeze")));
}

fn columns(spec: &Spec) -> Vec<Column> {
    let kind = |f: &FamilyName| match f {
        FamilyName::Categorical => ColumnKind::Levels(["a", "b", "c"].map(String::from).to_vec()),
        _ => ColumnKind::Number,
    };
    spec.families
        .iter()
        .enumerate()
        .map(|(d, f)| Column { name: format!("c{d}"), kind: kind(f), missing: false })
        .collect()
}

#[test]
fn mixtures_of_every_family_hold_unless_frozen() {
    use CovarianceShape::{Diagonal, Full, Spherical, Tied};
    use FamilyName as F;
    let all = [
        F::Normal,
        F::LogNormal,
        F::Bernoulli,
        F::Binomial(7),
        F::Categorical,
        F::Poisson,
        F::Exponential,
        F::Gamma,
        F::Geometric,
        F::NegativeBinomial(2.5),
    ];
    let of = |spec: &Spec, weights: Option<&[f64]>| found(&mixture_maps(spec, &columns(spec), weights).expect("maps"));
    for f in all {
        assert!(of(&Spec::new(ModelName::Mixture, 3, vec![f; 3], Diagonal), None).holds, "{f}");
    }
    assert!(of(&Spec::new(ModelName::Mixture, 3, all.to_vec(), Full), None).holds);
    for shape in [Full, Diagonal, Spherical, Tied] {
        let plain = Spec::new(ModelName::GaussianMixture, 3, vec![F::Normal; 3], shape);
        assert!(of(&plain, None).holds);
        let held = of(&Spec { freeze_covariances: true, ..plain.clone() }, None);
        assert_eq!(held.parts[1].remedy, Remedy::Learn { one_of: vec!["covariances".into()] });
        // One covariance for all components can be moved into the base measure; different ones cannot.
        assert_eq!(held.parts[1].base_measure.is_some(), shape == Tied, "{shape:?}");
        let weights = Spec { freeze_weights: true, ..plain };
        assert!(!of(&weights, None).holds);
        assert!(of(&weights, Some(&[1.0 / 3.0; 3])).holds, "equal weights need not be learnt");
        assert!(!of(&weights, Some(&[0.2, 0.3, 0.5])).holds);
    }
    let items = Spec { tie_items: true, ..Spec::new(ModelName::Mixture, 2, vec![F::Gamma; 3], Diagonal) };
    assert!(of(&items, None).holds);
    // Nothing is frozen where there is no covariance.
    let counts = Spec { freeze_covariances: true, ..Spec::new(ModelName::Mixture, 2, vec![F::Poisson; 3], Diagonal) };
    assert!(of(&counts, None).holds);
}

#[test]
fn networks_hold_but_for_frozen_tables_and_noisy_or() {
    let node = |name: &str, parents: &[&str]| NodeSpec {
        name: name.into(),
        states: vec!["off".into(), "on".into()],
        parents: parents.iter().map(|p| (*p).into()).collect(),
        table: None,
    };
    let nodes = vec![node("a", &[]), node("b", &[]), node("c", &["a", "b"]), node("d", &["a", "b"]), node("e", &["a"])];
    let weights = vec![vec![0.3], vec![0.6]];
    let local = [
        None,
        None,
        Some(LocalSpec::Logistic { weights: weights.clone(), bias: 0.4 }),
        Some(LocalSpec::NoisyOr { weights, leak: 0.1 }),
        Some(LocalSpec::NoisyOr { weights: vec![vec![0.3]], leak: 0.1 }),
    ];
    let (network, _) = Network::described(nodes, &local).expect("a network");
    let hidden = [true, true, false, false, false];
    let found = found(&network_maps(&network, &hidden, &[false, true, false, false, false]));
    let holds: Vec<bool> = found.parts.iter().map(|p| p.holds).collect();
    // A noisy-or of one parent is a table in other coordinates.
    assert_eq!(holds, [true, false, true, false, true], "{found:#?}");
    assert_eq!(found.parts[1].remedy, Remedy::Learn { one_of: vec!["table".into()] });
    assert_eq!(found.parts[3].remedy, Remedy::Nothing);
    assert_eq!((found.parts[0].role, found.parts[3].role), (Role::Prior, Role::Observable));
}

/// A normal with mean `w·z + b`, by differences.
struct Line {
    blocks: Vec<Parameter>,
}

impl NaturalMap for Line {
    fn parameters(&self) -> Vec<Parameter> {
        self.blocks.clone()
    }
    fn natural(&self, t: &[f64], z: &[f64]) -> Vec<f64> {
        let precision = (-t[2]).exp();
        vec![(t[0] * z[0] + t[1]) * precision, -0.5 * precision]
    }
    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        (0..3).map(|_| rng.random::<f64>()).collect()
    }
    fn states(&self, rng: &mut dyn Rng, count: usize) -> States {
        States::Drawn((0..count).map(|_| vec![rng.random::<f64>()]).collect())
    }
}

fn line(learnt: [bool; 3]) -> Line {
    let blocks = ["w", "b", "ln s2"].iter().zip(learnt).map(|(n, l)| match l {
        true => Parameter::new(*n, 1),
        false => Parameter::new(*n, 1).fixed(),
    });
    Line { blocks: blocks.collect() }
}

#[test]
fn differences_stand_in_for_derivatives() {
    let of = |learnt| found(&Maps::new("line").with("x", Role::Observable, line(learnt)));
    let whole = of([true; 3]);
    assert!(whole.holds);
    assert_eq!(whole.parts[0].derivatives, Derivatives::FiniteDifferences);
    assert!(whole.parts[0].residual < 1e-9, "{whole:?}");
    // β = (0, 0, −1) in ln s²; the mean needs nothing.
    let beta: Vec<f64> = whole.parts[0].direction.iter().map(|d| d.values[0]).collect();
    assert!(beta.iter().zip([0.0, 0.0, -1.0]).all(|(a, b)| (a - b).abs() < 1e-8), "{beta:?}");
    let (beta, residual) = direction(&line([false, false, true]), &[0.3, -0.2, 0.7], false, 1).expect("a direction");
    assert!(residual < 1e-9 && beta[0] == 0.0 && (beta[2] + 1.0).abs() < 1e-8);
    let scale = of([true, true, false]);
    assert_eq!(scale.parts[0].remedy, Remedy::Learn { one_of: vec!["ln s2".into()] });
    // η = (mean/s², c) with c = −1/(2s²) in the base measure.
    let c = scale.parts[0].base_measure.as_ref().expect("a base measure");
    let s2 = scale.parts[0].parameters[2].values[0].exp();
    assert!((c[1] + 0.5 / s2).abs() < 1e-6, "{c:?}");
}

#[test]
fn densities_are_looked_at_in_points_and_too_few_are_refused() {
    let weibull = |fixed: bool, points: usize| {
        let shape = Parameter::new("shape", 1);
        let blocks = vec![if fixed { shape.fixed() } else { shape }, Parameter::new("scale", 1)];
        let at = (0..points).map(|i| 0.2 + 0.17 * i as f64).collect();
        let log = |t: &[f64], x: f64| (t[0] - 1.0) * x.ln() - (x / t[1]).powf(t[0]);
        let draw = |rng: &mut dyn Rng| vec![1.2 + rng.random::<f64>(), 0.5 + rng.random::<f64>()];
        Maps::new("Weibull").with("x", Role::Observable, LogDensity::new(blocks, at, log, draw))
    };
    let both = found(&weibull(false, 20));
    assert_eq!((both.holds, &both.parts[0].remedy), (false, &Remedy::Nothing));
    assert!(both.parts[0].base_measure.is_none());
    let scale = found(&weibull(true, 20));
    assert!(!scale.holds && scale.parts[0].base_measure.is_some(), "h = x^(k−1): {scale:#?}");
    let error = check(&weibull(false, 3), &Settings::default()).expect_err("three points for two parameters");
    assert!(error.to_string().contains("decide nothing"), "{error}");
}

/// Maps that break their promises.
struct Wrong(u8);

impl NaturalMap for Wrong {
    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("a", 2)]
    }
    fn natural(&self, t: &[f64], _: &[f64]) -> Vec<f64> {
        match self.0 {
            0 => vec![t[0].ln(), 1.0],
            _ => vec![t[0], 1.0],
        }
    }
    fn jacobian(&self, _: &[f64], _: &[f64]) -> Option<natgrad::linalg::Matrix> {
        (self.0 == 1).then(|| natgrad::linalg::Matrix::zeros(1, 2))
    }
    fn null_directions(&self) -> Vec<Vec<f64>> {
        if self.0 == 2 { vec![vec![1.0]] } else { Vec::new() }
    }
    fn draw(&self, _: &mut dyn Rng) -> Vec<f64> {
        vec![-1.0; if self.0 == 3 { 1 } else { 2 }]
    }
    fn states(&self, _: &mut dyn Rng, _: usize) -> States {
        States::All(if self.0 == 4 { Vec::new() } else { vec![Vec::new()] })
    }
}

#[test]
fn bad_maps_are_refused_with_their_place() {
    let words =
        ["natural parameter 1 is NaN", "Jacobian is 1 × 2", "null direction has 1", "1 parameters where", "no state"];
    for (kind, word) in (0u8..).zip(words) {
        let error = check(&Maps::new("m").with("the part", Role::Prior, Wrong(kind)), &Settings::default());
        let text = error.expect_err(word).to_string();
        assert!(text.contains(word) && text.contains("the part") && text.contains("hint:"), "{text}");
    }
    assert!(check(&Maps::new("empty"), &Settings::default()).is_err());
}
