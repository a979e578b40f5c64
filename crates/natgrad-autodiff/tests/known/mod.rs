//! The maps behind the expected verdicts, by name.

mod densities;
mod joint;
mod observables;
mod priors;

use natgrad::criterion::{Maps, NaturalMap, Parameter, Role, States};
use natgrad_autodiff::{DerivedMap, Dual64};
use rand::{Rng, RngExt};

pub type D = Dual64;

/// The model of a name.
pub fn maps(name: &str) -> Option<Maps<'static>> {
    priors::maps(name)
        .or_else(|| observables::maps(name))
        .or_else(|| densities::maps(name))
        .or_else(|| joint::maps(name))
}

/// Blocks of parameters; a name with a leading `!` is fixed.
pub fn blocks(of: &[(&str, usize)]) -> Vec<Parameter> {
    of.iter()
        .map(|(name, n)| match name.strip_prefix('!') {
            Some(name) => Parameter::new(name, *n).fixed(),
            None => Parameter::new(*name, *n),
        })
        .collect()
}

pub fn prior(of: &[(&str, usize)], f: impl Fn(&[D]) -> Vec<D> + 'static) -> impl NaturalMap + 'static {
    DerivedMap::new(blocks(of), move |theta: &[D], _: &[D]| f(theta))
}

pub fn one(name: &str, role: Role, map: impl NaturalMap + 'static) -> Option<Maps<'static>> {
    Some(Maps::new(name).with("it", role, map))
}

/// `W z`, `W` row by row.
pub fn linear(w: &[D], z: &[D]) -> Vec<D> {
    w.chunks(z.len()).map(|row| row.iter().zip(z).fold(D::from(0.0), |s, (w, z)| s + *w * *z)).collect()
}

pub fn plus(a: &[D], b: &[D]) -> Vec<D> {
    a.iter().zip(b).map(|(a, b)| *a + *b).collect()
}

/// Binary vectors, all of them.
pub fn binary(n: usize) -> States {
    States::All((0..1 << n).map(|s| (0..n).map(|i| f64::from(u8::from(s >> i & 1 == 1))).collect()).collect())
}

/// Unit vectors.
pub fn one_hot(n: usize) -> States {
    States::All((0..n).map(|k| (0..n).map(|i| f64::from(u8::from(i == k))).collect()).collect())
}

/// Numbers between two bounds.
pub fn between(rng: &mut dyn Rng, n: usize, low: f64, high: f64) -> Vec<f64> {
    (0..n).map(|_| low + (high - low) * rng.random::<f64>()).collect()
}
