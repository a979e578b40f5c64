//! Whole models, priors and posteriors included.

use super::observables::{LAYERS, SIZE, network, normal};
use super::{D, binary, blocks, linear, plus, prior};
use natgrad::criterion::{Maps, NaturalMap, Recognition, Role};
use natgrad_autodiff::{DerivedMap, DualNum};

/// Means and logarithms of deviations, two each, from `tanh(E x + e)` of three units.
const ENCODER: [(&str, usize); 4] =
    [("encoder first", 9), ("mean layer", 8), ("spread weights", 6), ("spread bias", 2)];

fn encoder(frozen: &[usize]) -> Box<dyn NaturalMap> {
    let of: Vec<_> = blocks(&ENCODER)
        .into_iter()
        .enumerate()
        .map(|(i, p)| if frozen.contains(&i) { p.fixed() } else { p })
        .collect();
    let map = DerivedMap::new(of, |p: &[D], x: &[D]| {
        let h: Vec<D> = plus(&linear(&p[..6], x), &p[6..9]).iter().map(|x| x.tanh()).collect();
        let mean = plus(&linear(&p[9..15], &h), &p[15..17]);
        let spread = plus(&linear(&p[17..23], &h), &p[23..25]);
        mean.into_iter().chain(spread).collect()
    });
    Box::new(map.with_normal_states(SIZE))
}

/// First weights apart from their bias: they undo the scaling.
fn decoder(frozen_first: bool, frozen_variance: bool) -> impl NaturalMap {
    let mut of = blocks(&[LAYERS[0], LAYERS[1], LAYERS[2], ("ln s2", 1)]);
    if frozen_first {
        of[0] = of[0].clone().fixed();
    }
    if frozen_variance {
        of[3] = of[3].clone().fixed();
    }
    DerivedMap::new(of, |p: &[D], z: &[D]| normal(&network(p, z), &[p[17].exp()])).with_normal_states(SIZE)
}

fn factors(weights: &'static str, variances: &'static str, common: bool) -> impl NaturalMap {
    let of = blocks(&[(weights, 4), ("mean", 2), (variances, if common { 1 } else { 2 })]);
    DerivedMap::new(of, move |p: &[D], z: &[D]| {
        let mean = plus(&linear(&p[..4], z), &p[4..6]);
        let psi = if common { [p[6].exp(), p[6].exp() * 1.7] } else { [p[6].exp(), p[7].exp()] };
        normal(&mean, &psi)
    })
    .with_normal_states(SIZE)
}

fn belief_net() -> impl NaturalMap {
    DerivedMap::new(blocks(&[("weights", 4), ("bias", 2)]), |p: &[D], z: &[D]| plus(&linear(&p[..4], z), &p[4..6]))
        .with_states(|_, _| binary(SIZE))
}

pub fn maps(name: &str) -> Option<Maps<'static>> {
    let new = || Maps::new(name);
    let fixed = |d: Box<dyn NaturalMap>, r: Recognition<'static>| {
        Some(new().with("observable", Role::Observable, d).with_standard_normal(r))
    };
    let with = |frozen: &[usize]| Recognition::Encoder(SIZE, encoder(frozen));
    match name {
        "MLP-VAE, N(0,I) prior, sigma2, all learnt" => fixed(Box::new(decoder(false, false)), with(&[])),
        "MLP-VAE, N(0,I), encoder frozen" => fixed(Box::new(decoder(false, false)), with(&[0, 1, 2, 3])),
        "MLP-VAE, N(0,I), decoder first layer frozen" => fixed(Box::new(decoder(true, false)), with(&[])),
        "MLP-VAE, N(0,I), encoder last bias es frozen" => fixed(Box::new(decoder(false, false)), with(&[3])),
        "MLP-VAE, sigma2 fixed" => fixed(Box::new(decoder(false, true)), with(&[])),
        "MLP-VAE, learnable prior var, encoder frozen" => Some(
            new()
                .with("prior", Role::Prior, prior(&[("ln a2", 2)], |p| p.iter().map(|t| -(-*t).exp() * 0.5).collect()))
                .with("observable", Role::Observable, decoder(false, false)),
        ),
        "linear VAE, all learnt" => {
            let of = blocks(&[("A", 4), ("a", 2), ("ls", 2)]);
            let map = DerivedMap::new(of, |p: &[D], x: &[D]| {
                plus(&linear(&p[..4], x), &p[4..6]).into_iter().chain([p[6], p[7]]).collect()
            });
            let encoder = Recognition::Encoder(SIZE, Box::new(map.with_normal_states(SIZE)));
            fixed(Box::new(factors("W", "psi", true)), encoder)
        }
        "factor analysis, exact posterior (gradient of evidence)" => {
            fixed(Box::new(factors("W", "psi", false)), Recognition::Free)
        }
        "factor analysis, psi fixed" => fixed(Box::new(factors("W", "!psi", false)), Recognition::Free),
        "factor analysis, psi = s * fixed diagonal" => fixed(Box::new(factors("W", "s", true)), Recognition::Free),
        "factor analysis, only psi learnable (W fixed)" => {
            fixed(Box::new(factors("!W", "psi", false)), Recognition::Free)
        }
        "SBN exact posterior" | "SBN, prior logits frozen (non-zero)" | "SBN, prior fixed at p=1/2" => {
            let logits = match name {
                "SBN exact posterior" => prior(&[("logits", 2)], <[D]>::to_vec),
                _ => return Some(frozen_prior(name)),
            };
            Some(new().with("prior", Role::Prior, logits).with("observable", Role::Observable, belief_net()))
        }
        _ => None,
    }
}

fn frozen_prior(name: &str) -> Maps<'static> {
    let half = name.ends_with("1/2");
    let map = prior(&[("!logits", 2)], move |p| if half { vec![D::from(0.0); 2] } else { p.to_vec() });
    Maps::new(name).with("prior", Role::Prior, map).with("observable", Role::Observable, belief_net())
}
