//! Priors in exponential family form.

use super::{D, blocks, one, prior};
use natgrad::criterion::{Maps, NaturalMap, Role};
use natgrad_autodiff::{DerivedMap, DualNum};

fn simplex(name: &str, with_null: bool) -> Option<Maps<'static>> {
    // Weights of three states by two numbers.
    let map = DerivedMap::new(blocks(&[("weights", 2)]), |p: &[D], _: &[D]| {
        vec![p[0].ln(), p[1].ln(), (-p[0] - p[1] + 1.0).ln()]
    })
    .drawn_by(|rng| super::between(rng, 2, 0.1, 0.4));
    one(name, Role::Prior, if with_null { map.with_null(vec![vec![1.0; 3]]) } else { map })
}

fn positive(name: &str, of: &[(&str, usize)], f: impl Fn(&[D]) -> Vec<D> + 'static) -> Option<Maps<'static>> {
    let n = of.iter().map(|b| b.1).sum();
    let map = DerivedMap::new(blocks(of), move |p: &[D], _: &[D]| f(p));
    one(name, Role::Prior, map.drawn_by(move |rng| super::between(rng, n, 1.2, 3.0)))
}

fn it(name: &str, map: impl NaturalMap + 'static) -> Option<Maps<'static>> {
    one(name, Role::Prior, map)
}

pub fn maps(name: &str) -> Option<Maps<'static>> {
    let half = D::from(0.5);
    match name {
        "categorical, K-1 logits" => it(name, prior(&[("logits", 3)], <[D]>::to_vec)),
        "categorical, overcomplete log pi, simplex(K-1), null=1" => simplex(name, true),
        "categorical, overcomplete log pi, simplex, null ignored" => simplex(name, false),
        "categorical fixed uniform" => {
            let map = DerivedMap::new(blocks(&[("!weights", 1)]), |_: &[D], _: &[D]| vec![D::from(0.25).ln(); 4]);
            it(name, map.with_null(vec![vec![1.0; 4]]))
        }
        "categorical fixed non-uniform" => it(name, prior(&[("!logits", 3)], <[D]>::to_vec)),
        "categorical one common free weight (pi1=w, rest tied uniform)" => {
            let map = DerivedMap::new(blocks(&[("weight", 1)]), |p: &[D], _: &[D]| {
                let rest = ((-p[0] + 1.0) / 3.0).ln();
                vec![p[0].ln(), rest, rest, rest]
            });
            it(name, map.with_null(vec![vec![1.0; 4]]).drawn_by(|rng| super::between(rng, 1, 0.3, 0.9)))
        }
        // (mean, variance) of z to (mean/variance, −1/(2 variance)).
        "Gaussian fixed N(0,I)" => it(name, prior(&[("!variance", 1)], |_| vec![D::from(0.0), D::from(-0.5)])),
        "Gaussian learnable mean only" => {
            it(name, prior(&[("mean", 1), ("!ln variance", 1)], move |p| vec![p[0] / p[1].exp(), -half / p[1].exp()]))
        }
        "Gaussian learnable variance only (mean fixed .3)" => {
            it(name, prior(&[("variance", 1)], move |p| vec![(-p[0]).exp() * 0.3, -half * (-p[0]).exp()]))
        }
        "Gaussian, coefficient of variation fixed (m, var=m^2)" => {
            positive(name, &[("mean", 1)], move |p| vec![p[0].recip(), -half / (p[0] * p[0])])
        }
        "Laplace learnable scale" => positive(name, &[("scale", 1)], |p| vec![-p[0].recip()]),
        "Gamma(a,b), h=1" => positive(name, &[("shape", 1), ("rate", 1)], |p| vec![p[0] - 1.0, -p[1]]),
        "Gamma(a free,b fixed), h=1" => positive(name, &[("shape", 1), ("!rate", 1)], |p| vec![p[0] - 1.0, -p[1]]),
        "Gamma(a free,b fixed) with exp(-bz) moved to h" => positive(name, &[("shape", 1)], |p| vec![p[0] - 1.0]),
        "Gamma(a fixed,b free), h=1 (true entropy)" => {
            positive(name, &[("!shape", 1), ("rate", 1)], |p| vec![p[0] - 1.0, -p[1]])
        }
        "Gamma(a fixed,b free), h=z^(a-1)" => positive(name, &[("rate", 1)], |p| vec![-p[0]]),
        "Gamma(a=1 fixed,b free)=Exponential, h=1" => positive(name, &[("rate", 1)], |p| vec![D::from(0.0), -p[0]]),
        _ => None,
    }
}
