//! Observables in exponential family form: linear, a small network, mixtures.

use super::{D, between, binary, blocks, linear, one, one_hot, plus};
use natgrad::criterion::{Maps, NaturalMap, Role};
use natgrad_autodiff::{DerivedMap, DualNum};

/// Two outputs of two hidden numbers.
pub const SIZE: usize = 2;

/// `V tanh(A z + a) + b` with three units: 6 + 3 + 6 + 2 numbers.
pub const LAYERS: [(&str, usize); 3] = [("first layer", 9), ("last weights", 6), ("last bias", 2)];

pub fn network(p: &[D], z: &[D]) -> Vec<D> {
    plus(&linear(&p[9..15], &hidden(p, z)), &p[15..17])
}

fn hidden(p: &[D], z: &[D]) -> Vec<D> {
    plus(&linear(&p[..6], z), &p[6..9]).iter().map(|x| x.tanh()).collect()
}

/// Natural parameters of normals with these means and variances.
pub fn normal(mean: &[D], variance: &[D]) -> Vec<D> {
    let v = |i: usize| variance[i % variance.len()];
    let first = (0..mean.len()).map(|i| mean[i] / v(i));
    let second = (0..variance.len()).map(|i| -(v(i) * 2.0).recip());
    first.chain(second).collect()
}

fn bias(p: &[D], z: &[D]) -> Vec<D> {
    plus(&linear(&p[..4], z), &p[4..6])
}

fn of(blocks_of: &[(&str, usize)], f: impl Fn(&[D], &[D]) -> Vec<D> + 'static) -> impl NaturalMap + 'static {
    DerivedMap::new(blocks(blocks_of), f).with_normal_states(SIZE)
}

/// As [`of`], everything positive.
fn rates(blocks_of: &[(&str, usize)], f: impl Fn(&[D], &[D]) -> Vec<D> + 'static, all: bool) -> Option<Maps<'static>> {
    let n = blocks_of.iter().map(|b| b.1).sum();
    let map = DerivedMap::new(blocks(blocks_of), f).drawn_by(move |rng| between(rng, n, 0.3, 1.5));
    let map = map.with_states(move |rng, count| match all {
        true => one_hot(SIZE),
        false => natgrad::criterion::States::Drawn((0..count).map(|_| between(rng, SIZE, 0.2, 2.0)).collect()),
    });
    one("rates", Role::Observable, map)
}

fn network_with(more: &[(&'static str, usize)], frozen: &[usize]) -> Vec<(&'static str, usize)> {
    const FIXED: [(&str, usize); 3] = [("!first layer", 9), ("!last weights", 6), ("!last bias", 2)];
    let layers = (0..3).map(|i| if frozen.contains(&i) { FIXED[i] } else { LAYERS[i] });
    layers.chain(more.iter().copied()).collect()
}

fn softplus(x: D) -> D {
    x.exp().ln_1p()
}

pub fn maps(name: &str) -> Option<Maps<'static>> {
    let w = ("weights", 4);
    let b = ("bias", 2);
    let it = |map: Box<dyn NaturalMap>| one(name, Role::Observable, map);
    let scalar = |p: &[D], at: usize| vec![p[at].exp()];
    match name {
        "Gauss Wz+b, scalar s2" => {
            it(Box::new(of(&[w, b, ("ln s2", 1)], move |p, z| normal(&bias(p, z), &scalar(p, 6)))))
        }
        "Gauss Wz+b, fixed s2=1 (true entropy)" => {
            it(Box::new(of(&[w, b, ("!ln s2", 1)], move |p, z| normal(&bias(p, z), &scalar(p, 6)))))
        }
        "Gauss Wz+b, fixed s2, N(x;0,s2) in h" => it(Box::new(of(&[w, b], bias))),
        "Gauss MLP, fixed s2, N(x;0,s2) in h" => it(Box::new(of(&LAYERS, network))),
        "Gauss MLP mean, scalar s2" => {
            it(Box::new(of(&network_with(&[("ln s2", 1)], &[]), move |p, z| normal(&network(p, z), &scalar(p, 17)))))
        }
        "Gauss MLP mean, per-dim s2" => it(Box::new(of(&network_with(&[("ln s2", 2)], &[]), move |p, z| {
            normal(&network(p, z), &[p[17].exp(), p[18].exp()])
        }))),
        "Gauss MLP mean fixed net, scalar s2 only learnable" => {
            it(Box::new(of(&network_with(&[("ln s2", 1)], &[0, 1, 2]), move |p, z| {
                normal(&network(p, z), &scalar(p, 17))
            })))
        }
        "Gauss VAE-3: log s2(z)=V tanh(.)+c with bias" => {
            it(Box::new(of(&network_with(&[("variance weights", 6), ("variance bias", 2)], &[]), |p, z| {
                let log = plus(&linear(&p[17..23], &hidden(p, z)), &p[23..25]);
                normal(&network(p, z), &[log[0].exp(), log[1].exp()])
            })))
        }
        "Gauss VAE-3: log s2(z)=V tanh(.) without bias" => {
            it(Box::new(of(&network_with(&[("variance weights", 6)], &[]), |p, z| {
                let log = linear(&p[17..23], &hidden(p, z));
                normal(&network(p, z), &[log[0].exp(), log[1].exp()])
            })))
        }
        "Gauss s2=0.1+exp(l) (variance floor)" => {
            it(Box::new(of(&[w, b, ("l", 1)], |p, z| normal(&bias(p, z), &[p[6].exp() + 0.1]))))
        }
        "Gauss VAE-3: s2(z)=0.1+exp(Vh+c) (floor, z-dependent)" => {
            it(Box::new(of(&network_with(&[("variance weights", 6), ("variance bias", 2)], &[]), |p, z| {
                let log = plus(&linear(&p[17..23], &hidden(p, z)), &p[23..25]);
                normal(&network(p, z), &[log[0].exp() + 0.1, log[1].exp() + 0.1])
            })))
        }
        "Bernoulli (SBN) Wz+b" => it(Box::new(of(&[w, b], bias).states_of(binary(SIZE)))),
        "Bernoulli (SBN) Wz, no bias" => it(Box::new(of(&[w], linear).states_of(binary(SIZE)))),
        "Bernoulli (SBN) Wz+b, bias frozen" => it(Box::new(of(&[w, ("!bias", 2)], bias).states_of(binary(SIZE)))),
        "Bernoulli MLP, last layer linear" => it(Box::new(of(&LAYERS, network))),
        "Bernoulli MLP, last layer frozen" => it(Box::new(of(&network_with(&[], &[1, 2]), network))),
        "Bernoulli clamped p=.05+.9 sigm(Wz+b)" => it(Box::new(of(&[w, b], |p, z| {
            let clamp = |x: D| ((-x).exp() + 1.0).recip() * 0.9 + 0.05;
            bias(p, z).into_iter().map(|x| clamp(x).ln() - (-clamp(x) + 1.0).ln()).collect()
        }))),
        "Noisy-OR with leak (binary z)" => {
            let map = of(&[("ln(1 - w)", 4), ("ln(1 - leak)", 2)], |p, z| {
                // p holds −ln of the probability that a cause fails.
                let off = plus(&linear(&p[..4], z), &p[4..6]);
                off.into_iter().map(|s| (-(-s).exp() + 1.0).ln() + s).collect()
            });
            it(Box::new(map.drawn(0.2, 1.5, 6).states_of(binary(SIZE))))
        }
        "Poisson log-rate Wz+b" => it(Box::new(of(&[w, b], bias))),
        "Poisson rate = Wz+b (positive, NMF-like)" => {
            rates(&[w, b], |p, z| bias(p, z).iter().map(|x| x.ln()).collect(), false)
        }
        "Poisson rate = Wz, one-hot z (mixture)" => {
            rates(&[w], |p, z| linear(p, z).iter().map(|x| x.ln()).collect(), true)
        }
        "Poisson softplus(Wz+b)" => {
            it(Box::new(of(&[w, b], |p, z| bias(p, z).into_iter().map(|x| softplus(x).ln()).collect())))
        }
        "Exponential rate exp(Wz+b)" => it(Box::new(of(&[w, b], |p, z| bias(p, z).iter().map(|x| -x.exp()).collect()))),
        "Exponential rate exp(Wz), no bias" => {
            it(Box::new(of(&[w], |p, z| linear(p, z).iter().map(|x| -x.exp()).collect())))
        }
        "Exponential rate Wz (positive)" => rates(&[w], |p, z| linear(p, z).iter().map(|x| -*x).collect(), false),
        _ => None,
    }
}

/// Another list of states, or other parameters, for a map.
trait Changed: NaturalMap + Sized + 'static {
    fn states_of(self, states: natgrad::criterion::States) -> Other {
        Other { map: Box::new(self), states: Some(states), range: None }
    }
    fn drawn(self, low: f64, high: f64, n: usize) -> Other {
        Other { map: Box::new(self), states: None, range: Some((low, high, n)) }
    }
}

impl<M: NaturalMap + 'static> Changed for M {}

pub struct Other {
    map: Box<dyn NaturalMap>,
    states: Option<natgrad::criterion::States>,
    range: Option<(f64, f64, usize)>,
}

impl NaturalMap for Other {
    fn parameters(&self) -> Vec<natgrad::criterion::Parameter> {
        self.map.parameters()
    }
    fn natural(&self, theta: &[f64], state: &[f64]) -> Vec<f64> {
        self.map.natural(theta, state)
    }
    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<natgrad::linalg::Matrix> {
        self.map.jacobian(theta, state)
    }
    fn draw(&self, rng: &mut dyn rand::Rng) -> Vec<f64> {
        match self.range {
            Some((low, high, n)) => between(rng, n, low, high),
            None => self.map.draw(rng),
        }
    }
    fn states(&self, rng: &mut dyn rand::Rng, count: usize) -> natgrad::criterion::States {
        self.states.clone().unwrap_or_else(|| self.map.states(rng, count))
    }
}
