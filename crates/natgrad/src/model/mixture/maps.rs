//! A mixture as maps to natural parameters: its own coordinates, tied and frozen ones marked.

use super::ties::Ties;
use super::{Mixture, ZERO_LOG_WEIGHT};
use crate::criterion::{Maps, NaturalMap, Parameter, Role, States};
use crate::family::{ExponentialFamily, Natural};
use crate::geometry::Point;
use crate::linalg::Matrix;
use rand::{Rng, RngExt};

/// Log-weights of the components; a constant added to all changes nothing.
struct WeightsMap {
    components: usize,
    learnt: bool,
    at: Option<Vec<f64>>,
}

impl NaturalMap for WeightsMap {
    fn parameters(&self) -> Vec<Parameter> {
        let block = Parameter::new("mixing weights", self.components);
        vec![if self.learnt { block } else { block.fixed() }]
    }

    fn natural(&self, theta: &[f64], _: &[f64]) -> Vec<f64> {
        theta.to_vec()
    }

    fn jacobian(&self, theta: &[f64], _: &[f64]) -> Option<Matrix> {
        Some(identity(theta.len()))
    }

    fn null_directions(&self) -> Vec<Vec<f64>> {
        vec![vec![1.0; self.components]]
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        self.at.clone().unwrap_or_else(|| (0..self.components).map(|_| (0.1 + rng.random::<f64>()).ln()).collect())
    }
}

fn identity(n: usize) -> Matrix {
    Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)))
}

/// Natural parameters of the components; the states are the components.
struct ComponentsMap<M> {
    mixture: M,
    /// Blocks of parameters: name, and the coordinates of a point that stand for their entries.
    blocks: Vec<(Parameter, Vec<usize>)>,
    /// The entry that each coordinate of a point follows.
    entry: Vec<usize>,
    at: Option<Point>,
}

const COVARIANCES: &str = "covariances";

/// The part of a family's parameters that a natural coordinate belongs to.
fn part(family: &dyn ExponentialFamily, j: usize) -> String {
    let width = family.width();
    match family.name() {
        "normal" | "multivariate-normal" if j < width => "means".into(),
        "normal" | "multivariate-normal" => COVARIANCES.into(),
        name => format!("{name} parameters"),
    }
}

impl<M: std::borrow::Borrow<Mixture>> ComponentsMap<M> {
    fn new(mixture: M, at: Option<Point>) -> Self {
        let of: &Mixture = mixture.borrow();
        let mut named: Vec<(Parameter, Vec<usize>)> = Vec::new();
        let mut place: Vec<Option<(usize, usize)>> = vec![None; of.layout.dim()];
        for k in 0..of.components {
            for (b, block) in of.blocks.iter().enumerate() {
                for (j, i) in of.layout.coordinates(k, b).enumerate() {
                    let free = of.ties.of(i);
                    let name = part(block.family.as_ref(), j);
                    // Ties hold for frozen coordinates too, which have no number of their own.
                    let leader = Ties::leader(&of.layout, of.tie, name == COVARIANCES, k, b, j);
                    if leader != i {
                        place[i] = place[leader];
                        continue;
                    }
                    let alike = |p: &Parameter| p.name == name && p.learnable == free.is_some();
                    let n = named.iter().position(|(p, _)| alike(p)).unwrap_or_else(|| {
                        let new = Parameter::new(name.clone(), 0);
                        named.push((if free.is_some() { new } else { new.fixed() }, Vec::new()));
                        named.len() - 1
                    });
                    place[i] = Some((n, named[n].1.len()));
                    named[n].1.push(i);
                    named[n].0.length += 1;
                }
            }
        }
        let mut first = Vec::with_capacity(named.len());
        named.iter().fold(0, |at, (p, _)| {
            first.push(at);
            at + p.length
        });
        let entry = place.iter().map(|p| p.map_or(usize::MAX, |(n, at)| first[n] + at)).collect();
        ComponentsMap { mixture, blocks: named, entry, at }
    }

    fn mixture(&self) -> &Mixture {
        self.mixture.borrow()
    }

    fn coordinates(&self, state: &[f64]) -> impl Iterator<Item = usize> + '_ {
        let k = state.iter().position(|z| *z == 1.0).unwrap_or(0);
        (0..self.mixture().blocks.len()).flat_map(move |b| self.mixture().layout.coordinates(k, b))
    }
}

impl<M: std::borrow::Borrow<Mixture>> NaturalMap for ComponentsMap<M> {
    fn parameters(&self) -> Vec<Parameter> {
        self.blocks.iter().map(|b| b.0.clone()).collect()
    }

    fn natural(&self, theta: &[f64], state: &[f64]) -> Vec<f64> {
        self.coordinates(state).map(|i| theta[self.entry[i]]).collect()
    }

    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<Matrix> {
        let at: Vec<usize> = self.coordinates(state).map(|i| self.entry[i]).collect();
        Some(Matrix::from_fn(at.len(), theta.len(), |i, j| f64::from(u8::from(at[i] == j))))
    }

    fn null_directions(&self) -> Vec<Vec<f64>> {
        // Categorical columns keep all their levels: a constant added to the logarithms of all changes nothing.
        let of = self.mixture();
        let n: usize = of.layout.component_dim();
        let redundant = (0..of.blocks.len()).filter(|&b| of.blocks[b].family.rank() < of.blocks[b].family.dim());
        redundant
            .map(|b| {
                let mut v = vec![0.0; n];
                of.layout.inside(b).for_each(|i| v[i] = 1.0);
                v
            })
            .collect()
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        let of = self.mixture();
        let point = self.at.clone().unwrap_or_else(|| {
            let mut one = |family: &dyn ExponentialFamily| random(family, rng);
            let natural: Vec<Vec<Natural>> =
                (0..of.components).map(|_| of.blocks.iter().map(|b| one(b.family.as_ref())).collect()).collect();
            of.point(&vec![1.0; of.components], &natural)
        });
        self.blocks.iter().flat_map(|(_, of)| of.iter().map(|&i| point.0[i])).collect()
    }

    fn states(&self, _: &mut dyn Rng, _: usize) -> States {
        let k = self.mixture().components;
        States::All((0..k).map(|i| (0..k).map(|j| f64::from(u8::from(i == j))).collect()).collect())
    }
}

/// Natural parameters of a family at no special place.
fn random(family: &dyn ExponentialFamily, rng: &mut dyn Rng) -> Natural {
    let mut source = Vec::new();
    for (name, length) in family.source_names() {
        let mut one = |low: f64, high: f64| low + (high - low) * rng.random::<f64>();
        match name {
            "covariance" => {
                let d = (length as f64).sqrt() as usize;
                let a: Vec<f64> = (0..length).map(|_| one(-1.0, 1.0)).collect();
                let dot = |i: usize, j: usize| (0..d).map(|l| a[i * d + l] * a[j * d + l]).sum::<f64>();
                source.extend((0..length).map(|n| dot(n / d, n % d) + if n / d == n % d { 0.5 } else { 0.0 }));
            }
            "probabilities" => {
                let p: Vec<f64> = (0..length).map(|_| one(0.1, 1.0)).collect();
                let total: f64 = p.iter().sum();
                source.extend(p.iter().map(|p| p / total));
            }
            "probability" => source.push(one(0.1, 0.9)),
            "mean" | "log_mean" => source.extend((0..length).map(|_| one(-1.5, 1.5))),
            // Rates, shapes, variances.
            _ => source.extend((0..length).map(|_| one(0.6, 3.0))),
        }
    }
    // Every value above lies inside the domain of every family; a new family's may not, and zeros tell nothing wrong.
    family.from_source(&source).unwrap_or_else(|_| Natural(vec![0.0; family.dim()]))
}

impl Mixture {
    /// The mixture as maps in its own coordinates, at a point: natural parameters, ties folded.
    pub fn maps(&self, at: &Point) -> Maps<'_> {
        let weights = at.0[..self.components].to_vec();
        Maps::new("mixture").with("mixing weights", Role::Prior, self.weights_map(Some(weights))).with(
            "components",
            Role::Observable,
            ComponentsMap::new(self, Some(at.clone())),
        )
    }

    /// The mixture as maps at random parameters; `weights` are the frozen ones, where they are known.
    pub fn into_maps(self, name: String, weights: Option<Vec<f64>>) -> Maps<'static> {
        let mut prior = self.weights_map(None);
        if let Some(given) = weights {
            prior.components = given.len();
            prior.at = Some(given.iter().map(|w| w.ln().max(ZERO_LOG_WEIGHT)).collect());
        }
        Maps::new(name).with("mixing weights", Role::Prior, prior).with(
            "components",
            Role::Observable,
            ComponentsMap::new(self, None),
        )
    }

    fn weights_map(&self, at: Option<Vec<f64>>) -> WeightsMap {
        WeightsMap { components: self.components, learnt: !self.frozen.weights, at }
    }

    /// The free coordinate of every entry of a part of [`maps`](Self::maps): 0 the weights, 1 the components; `None` where
    /// it is frozen.
    pub fn free_of_maps(&self, part: usize) -> Vec<Option<usize>> {
        match part {
            0 => (0..self.components).map(|k| self.ties.of(k)).collect(),
            _ => {
                let map = ComponentsMap::new(self, None);
                map.blocks.iter().flat_map(|(_, of)| of.iter().map(|&i| self.ties.of(i))).collect()
            }
        }
    }
}
