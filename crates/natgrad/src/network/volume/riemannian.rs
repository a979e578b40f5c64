//! Independent draws from the Riemannian volume of a network of tables.

use crate::Error;
use crate::geometry::Point;
use crate::network::{Enumerated, Network};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;
use rand_distr::{Distribution, Gamma};
use rayon::prelude::*;

/// Points that one generator draws.
const CHUNK: usize = 1024;
/// Most tries for one point before it is said that none is found.
const TRIES: usize = 1_000_000;

/// The Riemannian volume `√det G` of a model of tables, cut off where an entry is below a margin.
///
/// Where the parents of a node are closed under taking parents, the probability of each of their configurations is a
/// product of table entries. Such a node only raises exponents, so rows of tables are independent Dirichlet
/// distributions: with `α = 1/2 + Σ (k_r − 1)/2` over the rows of its children that an entry takes part in. For a fork
/// `y ← x → z` of binary nodes `x ~ Beta(3/2, 3/2)` and the others `Beta(1/2, 1/2)`. The factor of any other node,
/// `Π_c P(c)^{(k−1)/2}`, is at most its value at equal `P(c)`, and draws are accepted in proportion to it. Both ways are
/// exact.
#[derive(Debug, Clone)]
pub struct RiemannianVolume<'a> {
    network: &'a Network,
    margin: f64,
    /// Dirichlet parameters of every row of every table.
    alphas: Vec<Vec<f64>>,
    /// Nodes whose factor is no product.
    rest: Vec<usize>,
}

impl<'a> RiemannianVolume<'a> {
    /// The volume of a model, its table entries in `[margin, 1 − margin]`.
    ///
    /// # Errors
    /// [`Error::Setting`] for local models that are no tables (their volume is that of the tables they can form only
    /// where they can form all), and for a margin that leaves nothing.
    ///
    /// # Source
    /// Ay, van Oostrum, Datar, "On the Natural Gradient of the Evidence Lower Bound" (2025), the sampled points.
    pub fn new(network: &'a Network, margin: f64) -> Result<Self, Error> {
        let n = network.len();
        if let Some(node) = network.nodes().iter().find(|node| node.local.kind() != "table") {
            return Err(Error::Setting {
                problem: format!(
                    "node \"{}\" is {}: its volume is not known in closed form",
                    node.name,
                    node.local.kind()
                ),
                hint: "give all nodes tables".into(),
            });
        }
        let most = (0..n).map(|i| network.states(i)).max().unwrap_or(1);
        if !(margin >= 0.0 && margin * most as f64 <= 0.5) {
            return Err(Error::Setting {
                problem: format!("a margin of {margin} leaves no room for {most} states"),
                hint: "give a small one, such as 0.001".into(),
            });
        }
        let dag = network.dag();
        let closed =
            |r: usize| dag.parents(r).iter().all(|&s| dag.parents(s).iter().all(|t| dag.parents(r).contains(t)));
        let alphas = (0..n)
            .map(|s| {
                let mut alpha = 0.5;
                for r in (0..n).filter(|&r| dag.parents(r).contains(&s) && closed(r)) {
                    // Configurations of r's parents that agree with one entry of s.
                    let free = dag.parents(r).iter().filter(|&&t| t != s && !dag.parents(s).contains(&t));
                    let together: usize = free.map(|&t| network.states(t)).product();
                    alpha += 0.5 * (network.states(r) - 1) as f64 * together as f64;
                }
                vec![alpha; network.states(s)]
            })
            .collect();
        let rest = (0..n).filter(|&r| !closed(r) && network.states(r) > 1).collect();
        Ok(RiemannianVolume { network, margin, alphas, rest })
    }

    /// Whether the volume is a product of Dirichlet distributions, so that no draw is thrown away.
    pub fn factorises(&self) -> bool {
        self.rest.is_empty()
    }

    /// Dirichlet parameters of the rows of a node's table, before any acceptance.
    pub fn concentration(&self, node: usize) -> &[f64] {
        &self.alphas[node]
    }

    /// Draws points, one after the other, each `parameters` numbers. The same seed gives the same bits for any number of
    /// threads, and a longer run begins with the shorter one.
    ///
    /// # Errors
    /// [`Error::Setting`] where no point is accepted in a million tries, and beyond the listed states where the volume is
    /// no product.
    pub fn sample(&self, count: usize, seed: u64) -> Result<Vec<f64>, Error> {
        let d = self.network.parameters();
        let all = vec![true; self.network.len()];
        let of = if self.rest.is_empty() { None } else { Some(Enumerated::new(self.network, &all)?) };
        let gammas: Vec<Option<Gamma<f64>>> = self.alphas.iter().map(|a| Gamma::new(a[0], 1.0).ok()).collect();
        let mut out = vec![0.0; count * d];
        if d == 0 {
            return Ok(out);
        }
        out.par_chunks_mut(CHUNK * d).enumerate().try_for_each(|(chunk, out)| {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            rng.set_stream(chunk as u64);
            for point in out.chunks_mut(d) {
                self.draw(point, &gammas, of.as_ref(), &mut rng)?;
            }
            Ok(())
        })?;
        Ok(out)
    }

    fn draw(
        &self,
        point: &mut [f64],
        gammas: &[Option<Gamma<f64>>],
        of: Option<&Enumerated<'_>>,
        rng: &mut ChaCha12Rng,
    ) -> Result<(), Error> {
        for _ in 0..TRIES {
            let mut at = 0;
            for i in 0..self.network.len() {
                let k = self.network.states(i);
                for _ in 0..self.network.configurations(i) {
                    self.row(&mut point[at..at + k - 1], k, gammas[i].as_ref(), rng)?;
                    at += k - 1;
                }
            }
            let Some(of) = of else { return Ok(()) };
            let families = of.families(&of.at(&Point(point.to_vec())).joint);
            let acceptance: f64 = self
                .rest
                .iter()
                .map(|&r| {
                    let (k, rows) = (self.network.states(r), self.network.configurations(r));
                    let factor: f64 = families[r].chunks(k).map(|c| c.iter().sum::<f64>() * rows as f64).product();
                    factor.powf(0.5 * (k - 1) as f64)
                })
                .product();
            if rng.random::<f64>() < acceptance {
                return Ok(());
            }
        }
        Err(Error::Setting {
            problem: format!("no point of the Riemannian volume is found in {TRIES} tries"),
            hint: "sample networks with fewer parents whose own parents are further up".into(),
        })
    }

    /// One row, drawn again until all its entries are inside the margin.
    fn row(&self, out: &mut [f64], k: usize, gamma: Option<&Gamma<f64>>, rng: &mut ChaCha12Rng) -> Result<(), Error> {
        let inside = |p: f64| p >= self.margin && p <= 1.0 - self.margin && p > 0.0;
        for _ in 0..TRIES {
            let mut last = 0.0;
            let mut total = 0.0;
            for a in 0..k {
                let x = gamma.map_or(1.0, |g| g.sample(rng));
                total += x;
                if a + 1 < k { out[a] = x } else { last = x }
            }
            out.iter_mut().for_each(|p| *p /= total);
            let rest = out.iter().fold(1.0, |rest, p| rest - p);
            if k == 1 || (total > 0.0 && out.iter().all(|p| inside(*p)) && inside(last / total) && inside(rest)) {
                return Ok(());
            }
        }
        Err(Error::Setting {
            problem: format!("no row of {k} states is found inside the margin {}", self.margin),
            hint: "give a smaller one".into(),
        })
    }

    /// `ln √det G` up to nothing: the logarithm of the volume density at a point, in the table entries but the last of each
    /// row.
    ///
    /// # Errors
    /// [`Error::Setting`] beyond the listed states.
    pub fn log_density(&self, point: &Point) -> Result<f64, Error> {
        let all = vec![true; self.network.len()];
        let of = Enumerated::new(self.network, &all)?;
        let at = of.at(point);
        let families = of.families(&at.joint);
        let mut sum = 0.0;
        for i in 0..self.network.len() {
            let k = self.network.states(i);
            for (row, family) in at.tables[i].chunks(k).zip(families[i].chunks(k)) {
                let weight: f64 = family.iter().sum();
                sum += 0.5 * (k - 1) as f64 * weight.ln() - 0.5 * row.iter().map(|p| p.ln()).sum::<f64>();
            }
        }
        Ok(sum)
    }
}
