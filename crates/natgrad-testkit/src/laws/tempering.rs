//! The tempering identity: at any parameters, ELBO less entropy sum is the slope of the ELBO along `α` and `β`.
//!
//! ```text
//! F − (entropy sum) = α·∂F/∂Ψ + β·∂F/∂θ = d/dt F(Ψ + tα, θ + tβ) at t = 0
//! ```
//!
//! For a model with maps whose learnt entries are its free coordinates, in order, one line checks it:
//! `Tempering::of("name", &learning, &maps, &point).identity()`.

use super::{close, derivative};
use crate::generate;
use crate::mixtures::Case;
use natgrad::criterion::{Finding, Maps, Role, Settings, check, direction};
use natgrad::geometry::{Point, Tangent};
use natgrad::model::Want;
use natgrad::model::bayes_net::BayesNet;
use natgrad::objective::Learning;

/// A model at a point, and how its maps lie in its coordinates.
pub struct Tempering<'a> {
    name: String,
    learning: &'a Learning<'a>,
    maps: &'a Maps<'a>,
    at: &'a Point,
    free: Option<Vec<Vec<Option<usize>>>>,
    residuals: Option<Vec<Option<f64>>>,
    explained: f64,
}

impl<'a> Tempering<'a> {
    /// The learnt entries of all parts, one after another, are the free coordinates; the maps are drawn at the point.
    pub fn of(name: impl Into<String>, learning: &'a Learning<'a>, maps: &'a Maps<'a>, at: &'a Point) -> Self {
        Tempering { name: name.into(), learning, maps, at, free: None, residuals: None, explained: 0.0 }
    }

    /// With the free coordinate of every entry of every part.
    pub fn in_coordinates(mut self, free: Vec<Vec<Option<usize>>>) -> Self {
        self.free = Some(free);
        self
    }

    /// With each part's share of `F − (entropy sum)`; none where the model counts a part as base measure.
    pub fn with_parts(mut self, residuals: Vec<Option<f64>>) -> Self {
        self.residuals = Some(residuals);
        self
    }

    /// With what a prior on the parameters explains of the residual.
    pub fn explained(mut self, by_prior: f64) -> Self {
        self.explained = by_prior;
        self
    }

    fn free_of(&self, part: usize) -> Vec<Option<usize>> {
        if let Some(free) = &self.free {
            return free[part].clone();
        }
        let learnt = |p: usize| {
            self.maps.parts[p].map.parameters().iter().filter(|b| b.learnable).map(|b| b.length).sum::<usize>()
        };
        let mut next: usize = (0..part).map(learnt).sum();
        let mut out = Vec::new();
        for block in self.maps.parts[part].map.parameters() {
            for _ in 0..block.length {
                out.push(block.learnable.then_some(next));
                next += usize::from(block.learnable);
            }
        }
        out
    }

    /// Checks the identity, part by part where the shares are known, and as a whole where every part meets the criterion;
    /// answers what was found of the parts that do not, in words.
    pub fn identity(&self) -> Vec<String> {
        let name = &self.name;
        let found = check(self.maps, &Settings { points: 1, ..Settings::default() });
        let found = found.unwrap_or_else(|e| panic!("{name}: {e}"));
        let look = self.learning.look(self.at, Want::Statistics).unwrap_or_else(|e| panic!("{name}: {e}"));
        let gradient = self.learning.gradient(&look);
        let entropies = self.learning.entropies(&look);
        let largest = [entropies.recognition, entropies.prior, entropies.observable, entropies.base_measure, look.elbo];
        let size = largest.iter().fold(1.0f64, |m, e| m.max(e.abs()));
        let mut rng = generate::rng(0);
        let mut whole = Tangent(vec![0.0; gradient.0.len()]);
        let mut fails: Vec<&Finding> = Vec::new();
        for (p, part) in self.maps.parts.iter().enumerate() {
            let share = self.residuals.as_ref().map(|r| r[p]);
            if share == Some(None) {
                continue;
            }
            if !found.parts[p].holds {
                fails.push(&found.parts[p]);
                continue;
            }
            let theta = part.map.draw(&mut rng);
            let scaled = self.maps.standard_normal.is_some() && part.role == Role::Observable;
            let (along, _) = direction(part.map.as_ref(), &theta, scaled, 0).unwrap_or_else(|e| panic!("{name}: {e}"));
            let mut own = Tangent(vec![0.0; gradient.0.len()]);
            for (x, free) in along.iter().zip(self.free_of(p)) {
                if let Some(f) = free {
                    // Tied coordinates are one entry of the map, so that each is met once.
                    own.0[f] = *x;
                    whole.0[f] = *x;
                }
            }
            if let (Some(Some(share)), true) = (share, self.explained == 0.0) {
                // Two ways to one number: rounding of the sums, and of a least-squares solution.
                close(&format!("{name}: share of {}", part.name), gradient.along(&own), share, 1e-9 * size);
            }
        }
        if fails.is_empty() {
            let residual = look.elbo - look.log_prior - entropies.sum() - self.explained;
            let moved = |t: f64| {
                let to = self.learning.model().shift(self.at, &whole, t);
                let to = to.unwrap_or_else(|| panic!("{name}: tempering left the domain"));
                self.learning.look(&to, Want::Evidence).unwrap_or_else(|e| panic!("{name}: {e}")).elbo
            };
            identity(name, residual, gradient.along(&whole), moved, size);
        }
        fails.iter().map(|f| f.sentence()).collect()
    }
}

/// The identity in numbers, for a model of any kind: `F − (entropy sum)`, the slope contracted with `α` and `β`, and the
/// ELBO at `Ψ + tα`, `θ + tβ`; `size` is the largest term that the ELBO is made of.
pub fn identity(name: &str, residual: f64, contraction: f64, moved: impl Fn(f64) -> f64, size: f64) {
    // Two ways to one number: rounding of the sums, and of a least-squares solution.
    close(&format!("{name}: F − ES = α·∂F + β·∂F"), contraction, residual, 1e-9 * size);
    // Steps of a thousandth of all natural parameters: error 1e-12 of truncation, rounding over the step.
    close(&format!("{name}: F − ES = dF/dt"), derivative(moved, 1e-3), residual, 1e-6 * size);
}

/// The identity on a mixture; with frozen parameters only for the parts that meet the criterion.
pub fn of_mixture(case: &Case) -> Vec<String> {
    let mixture = case.described.mixture();
    let learning = case.learning();
    let look = learning.look(&case.point, Want::Statistics).expect("a look");
    let prior = mixture.prior_residual(&case.point, &look.statistics);
    let components: f64 = mixture.component_residuals(&case.point, &look.statistics).iter().sum();
    let maps = mixture.maps(&case.point);
    Tempering::of(case.name.clone(), &learning, &maps, &case.point)
        .in_coordinates((0..2).map(|p| mixture.free_of_maps(p)).collect())
        .with_parts(vec![Some(prior), Some(components)])
        .identity()
}

/// The identity on a network.
pub fn of_network(name: &str, net: &BayesNet, learning: &Learning<'_>, at: &Point) -> Vec<String> {
    let look = learning.look(at, Want::Statistics).unwrap_or_else(|e| panic!("{name}: {e}"));
    let maps = net.maps(at);
    Tempering::of(name, learning, &maps, at)
        .in_coordinates(net.free_of_maps())
        .with_parts(net.residuals_of_maps(at, &look.statistics))
        .explained(net.prior_residual(at, &look.statistics))
        .identity()
}
