//! Sigmoid belief nets: layers of binary units, each a logistic regression on the layer above.
//!
//! ```text
//! p(x, z) = p(x | z_1) p(z_1 | z_2) … p(z_L)      z_u ~ Bernoulli(σ(w_u·z_above + b_u)),  top: b_u alone
//! ```
//!
//! A point holds the weights and biases themselves, which are natural coordinates: log-odds are linear in them.
//!
//! # Source
//! Neal (1992), Connectionist learning of belief networks, for the model.

mod along;
mod answers;
mod beliefs;
mod buffers;
mod chain;
mod curvature;
pub mod encoder;
mod exact;
mod layout;
mod learning;
mod mean_field;
mod start;
mod states;
mod tables;
mod unit;
mod upper;

pub use answers::Recognised;
pub use layout::Layout;

use super::{Absorb, Entropies, Information, LatentModel, Maximised, Statistics, Want, Work};
use crate::Error;
use crate::geometry::{BlockGram, Covector, Point, Tangent};

/// Most units that are listed together: layer 1, and each two neighbouring hidden layers.
pub const MOST_LISTED: usize = 20;

/// Most weights between layers.
const MOST_COUPLINGS: u128 = 100_000_000;

/// Most units of a cluster under structured mean field: their states are listed for every row.
pub const MOST_JOINT: usize = 10;

/// Weights and biases are at most this, either way: probabilities are 0 and 1 long before, and with larger ones sums over cells and
/// states would lose the digits of all others.
pub const MOST_ODDS: f64 = 1000.0;

/// How the hidden units of a row are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// The exact posterior, by listing states.
    Exact,
    /// Independent units under a quadratic bound on log-partitions: a lower bound for nets of any size.
    MeanField,
    /// The same with independent clusters of so many neighbouring units of a layer, each with a table of all its states: never
    /// below independent units, at most [`MOST_JOINT`].
    Structured(usize),
}

impl Recognition {
    /// Units that are believed in together, where recognition gives a bound; none where it is exact.
    pub fn cluster(self) -> Option<usize> {
        match self {
            Recognition::Exact => None,
            Recognition::MeanField => Some(1),
            Recognition::Structured(units) => Some(units),
        }
    }
}

/// A sigmoid belief net: everything but its parameters.
#[derive(Debug, Clone)]
pub struct SigmoidBeliefNet {
    layout: Layout,
    /// Columns that may have missing cells.
    incomplete: Vec<usize>,
    recognition: Recognition,
    /// Where the sums of the bound lie, for mean-field recognition.
    sums: Option<mean_field::Sums>,
}

impl SigmoidBeliefNet {
    /// A net with so many visible units and hidden layers of these sizes, the top last; `incomplete` are the columns that may
    /// have missing cells.
    ///
    /// # Errors
    /// [`Error::Setting`] for an empty layer, too many hidden units for exact recognition, or clusters of none or too many.
    pub fn new(
        visible: usize,
        hidden: &[usize],
        incomplete: Vec<usize>,
        recognition: Recognition,
    ) -> Result<Self, Error> {
        if hidden.is_empty() || hidden.contains(&0) || visible == 0 {
            return Err(Error::Setting {
                problem: format!("a sigmoid belief net of {visible} visible units and hidden layers {hidden:?}"),
                hint: "give at least one hidden layer, and every layer at least one unit".into(),
            });
        }
        let sizes: Vec<usize> = std::iter::once(visible).chain(hidden.iter().copied()).collect();
        let widest = hidden.windows(2).map(|w| w[0] + w[1]).chain([hidden[0]]).max().unwrap_or(0);
        if recognition == Recognition::Exact && widest > MOST_LISTED {
            return Err(Error::Setting {
                problem: format!(
                    "exact recognition lists 2^{widest} states of neighbouring hidden layers, more than 2^{MOST_LISTED}"
                ),
                hint: "take fewer hidden units, or --recognition mean-field".into(),
            });
        }
        let couplings = sizes.windows(2).fold(0u128, |sum, w| sum.saturating_add(w[0] as u128 * w[1] as u128));
        if couplings > MOST_COUPLINGS {
            return Err(Error::Setting {
                problem: format!("hidden layers {hidden:?} make {couplings} weights"),
                hint: "give fewer units: 100 million weights and their slopes fill gigabytes".into(),
            });
        }
        if let Some(units) = recognition.cluster().filter(|k| !(1..=MOST_JOINT).contains(k)) {
            return Err(Error::Setting {
                problem: format!("clusters of {units} hidden units"),
                hint: format!("list the states of 1 to {MOST_JOINT} units together, as in --cluster 4"),
            });
        }
        let mut net = SigmoidBeliefNet { layout: Layout::new(sizes), incomplete, recognition, sums: None };
        net.sums = recognition.cluster().map(|_| mean_field::Sums::new(&net));
        Ok(net)
    }

    /// Sizes of the layers and places of their units in a point.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// How the hidden units of a row are found.
    pub fn recognition(&self) -> Recognition {
        self.recognition
    }

    /// How often mean-field recognition updates all hidden units, summed over the rows of a chunk; 0 under exact recognition.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    pub fn swept(&self, at: &Point, chunk: &crate::rows::Chunk<'_>) -> Result<usize, Error> {
        self.check(at)?;
        Ok(self.recognition.cluster().map_or(0, |k| mean_field::Prepared::new(self, at, k).swept(chunk)))
    }

    fn check(&self, at: &Point) -> Result<(), Error> {
        if at.0.len() == self.layout.len() && at.0.iter().all(|x| x.is_finite()) {
            return Ok(());
        }
        let problem = match at.0.iter().position(|x| !x.is_finite()) {
            Some(i) => format!("{} is {}", self.name_of(i), at.0[i]),
            None => format!("{} numbers, the net has {}", at.0.len(), self.layout.len()),
        };
        Err(Error::Parameter { name: "layers".into(), problem, hint: "weights and biases are finite numbers".into() })
    }
}

impl LatentModel for SigmoidBeliefNet {
    fn free(&self) -> usize {
        self.layout.len()
    }

    fn empty(&self, want: Want) -> Statistics {
        let mut s = Statistics::zero(0);
        if want != Want::Evidence {
            s.sums = match &self.sums {
                Some(sums) => vec![0.0; sums.len()],
                None => self.zeros(),
            };
        }
        if want == Want::Curvature && self.sums.is_none() {
            s.curvature = Some(curvature::empty(self));
        }
        s
    }

    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        self.check(at)?;
        Ok(match self.recognition.cluster() {
            None => Box::new(exact::Prepared::new(self, at)),
            Some(cluster) => Box::new(mean_field::Prepared::new(self, at, cluster)),
        })
    }

    fn maximise(&self, at: &Point, statistics: &Statistics) -> Result<Maximised, Error> {
        Ok(match &self.sums {
            Some(sums) => sums.maximise(at, statistics),
            None => self.maximise_units(at, statistics),
        })
    }

    fn gradient(&self, at: &Point, s: &Statistics) -> Covector {
        if let Some(sums) = &self.sums {
            return sums.gradient(at, s);
        }
        let chain = chain::Chain::new(&self.layout, &at.0);
        Covector(self.slope(at, &chain, &s.sums).iter().map(|g| g / s.weight).collect())
    }

    fn joint_metric(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        match &self.sums {
            Some(sums) => sums.metric(at, s),
            None => self.complete_information(at, s),
        }
    }

    fn information(&self, at: &Point, s: &Statistics) -> Option<Information> {
        if self.sums.is_some() { None } else { curvature::information(self, at, s) }
    }

    fn shift(&self, at: &Point, v: &Tangent, step: f64) -> Option<Point> {
        let next: Vec<f64> = at.0.iter().zip(&v.0).map(|(x, v)| x + step * v).collect();
        // Beyond, sums over cells and states would lose the digits of all others.
        next.iter().all(|x| x.abs() <= MOST_ODDS).then_some(Point(next))
    }

    fn difference(&self, from: &Point, to: &Point) -> Tangent {
        Tangent(to.0.iter().zip(&from.0).map(|(t, f)| t - f).collect())
    }

    fn entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        match &self.sums {
            Some(sums) => sums.entropies(at, s),
            None => self.exact_entropies(at, s),
        }
    }

    fn name_of(&self, coordinate: usize) -> String {
        let (layer, unit, place) = self.layout.place(coordinate);
        let of =
            if layer == 0 { format!("column {}", unit + 1) } else { format!("unit {} of layer {layer}", unit + 1) };
        if place == self.layout.parents(layer) {
            format!("bias of {of}")
        } else {
            format!("weight of {of} from unit {} of layer {}", place + 1, layer + 1)
        }
    }

    fn work(&self, rows: u64) -> Work {
        if let Some(cluster) = self.recognition.cluster() {
            // About thirty sweeps of every weight, in loops rather than products.
            let sweeps = 240.0 * self.layout.len() as f64;
            // As many again with tables, whose states cost about thirty operations each.
            let hidden: usize = self.layout.sizes[1..].iter().sum();
            let tables = 900.0 * (hidden << cluster) as f64 / cluster as f64;
            let step = if cluster == 1 { sweeps } else { 2.0 * sweeps + tables };
            return Work { step: step * rows as f64, curvature: f64::INFINITY };
        }
        let (rows, d, n) = (rows as f64, self.layout.sizes[0] as f64, self.layout.block(0) as f64);
        let states = (2.0f64).powi(self.layout.sizes[1] as i32);
        let free = self.layout.len() as f64;
        // A state costs about thirty operations in a row (its exponential), and a unit about a hundred in an M-step.
        let step = rows * (4.0 * d * n + 30.0 * states) + 100.0 * d * states;
        Work { step, curvature: rows * (states * (2.0 * d * d + 2.0 * free) + 2.0 * free * free) }
    }

    fn groups(&self) -> Vec<usize> {
        if self.sums.is_none() && curvature::is_affordable(self) { vec![self.layout.len()] } else { vec![usize::MAX] }
    }
}
