//! Models with hidden variables: a joint `p(x, z; θ)` that can absorb rows into expected statistics.
//!
//! ```text
//! S = Σ_n w_n E_{q(z|x_n)}[ T(x_n, z) ],   q = exact posterior at θ
//! ```
//!
//! Start here to add another: copy the folder `mixture/`.

pub mod bayes_net;
mod draws;
pub mod factor;
mod inward;
pub mod mixture;
pub mod sigmoid_belief_net;
pub mod sparse_coding;
mod statistics;
pub mod vae;

pub use draws::MOST_DRAWS;
pub use statistics::{Curvature, Statistics, Want};

use crate::Error;
use crate::geometry::{BlockGram, Covector, Point, Tangent};
use crate::linalg::Matrix;
use crate::rows::{Chunk, RowSource};
use serde::{Deserialize, Serialize};

/// The entropies that a model's ELBO becomes a sum of at stationary points, per row, in nats.
///
/// ```text
/// entropy sum = recognition − prior − observable + base_measure
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Entropies {
    /// `(1/N) Σ_n H[q_n]`, conditional on what was observed.
    pub recognition: f64,
    /// `H[p(z)]`.
    pub prior: f64,
    /// `E_{q̄} H̃[p(x|z)]`, pseudo-entropies where the base measure is not constant.
    pub observable: f64,
    /// `(1/N) Σ_n ln h(x_n)`; 0 for constant base measures.
    pub base_measure: f64,
}

impl Entropies {
    /// `recognition − prior − observable + base_measure`.
    pub fn sum(&self) -> f64 {
        self.recognition - self.prior - self.observable + self.base_measure
    }
}

/// Information matrices per row (symmetric, full) of free coordinates that the evidence couples with no others.
#[derive(Debug, Clone)]
pub struct InformationBlock {
    /// The free coordinates.
    pub index: Vec<usize>,
    /// `(1/N) Σ_n w_n s_n s_nᵀ`, the empirical Fisher matrix of the evidence; the model's own one where that has a closed
    /// form (factor models).
    pub visible: Matrix,
    /// `−∂² ln p(x)` averaged over rows (Louis' identity).
    pub observed: Matrix,
}

/// Information matrices, block by block; every free coordinate is in one block.
#[derive(Debug, Clone)]
pub struct Information {
    /// The blocks.
    pub blocks: Vec<InformationBlock>,
}

impl Information {
    /// One block of all coordinates.
    pub fn whole(visible: Matrix, observed: Matrix) -> Self {
        Information { blocks: vec![InformationBlock { index: (0..visible.nrows()).collect(), visible, observed }] }
    }
}

/// Rows in a form that a model sweeps faster than the rows themselves, to the same sums: equal parts merged.
pub trait Digest: RowSource {
    /// As [`LatentModel::prepare`], for the chunks of this source.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error>;

    /// Whether it gives second moments of scores too.
    fn has_curvature(&self) -> bool;
}

/// What one M-step gives.
#[derive(Debug, Clone)]
pub struct Maximised {
    /// The new parameters.
    pub point: Point,
    /// What the maximisation met on its way.
    pub notes: Vec<Note>,
}

/// What sweeps cost, in floating-point operations.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Work {
    /// Expected statistics of all rows.
    pub step: f64,
    /// Second moments on top.
    pub curvature: f64,
}

/// A parameter near the boundary of its domain that the data would raise.
///
/// Natural coordinates hardly see it: the slope there is multiplied by the parameter itself, and so is the curvature.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inward {
    /// Coordinate of the point.
    pub place: usize,
    /// What an EM step multiplies the parameter by; above 1.
    pub rate: f64,
    /// `∂F/∂θ` of the parameter, nats per row, where the others of its distribution give way in proportion.
    pub slope: f64,
}

/// Something worth telling about parameters that are not at a regular point.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// Component without rows: its parameters are kept where they were.
    Empty(usize),
    /// A parameter of a component (unit, element) on the boundary of its domain, in the model's own terms.
    Boundary(usize, String),
    /// A component whose covariance is held up by the floor.
    Floored(usize),
}

/// A model with hidden variables whose posterior is exact and whose M-step is in closed form.
///
/// A [`Point`] holds natural parameters; directions and differentials ([`Tangent`], [`Covector`]) are in *free*
/// coordinates: fewer than the point's where parameters are tied or frozen.
pub trait LatentModel: Send + Sync {
    /// Number of free coordinates (the length of tangents and covectors).
    fn free(&self) -> usize;

    /// A zero of the statistics.
    fn empty(&self, want: Want) -> Statistics;

    /// Computes what a sweep at `at` needs in every chunk.
    ///
    /// # Errors
    /// [`Error::Parameter`] if `at` is outside the domain.
    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error>;

    /// The M-step: the parameters that maximise the expected joint log-density for given statistics.
    ///
    /// # Errors
    /// [`Error::Collapsed`] where the maximum does not exist.
    fn maximise(&self, at: &Point, statistics: &Statistics) -> Result<Maximised, Error>;

    /// `∂ELBO/∂θ` per row with the statistics of exact recognition at `at`: the slope of the evidence.
    fn gradient(&self, at: &Point, statistics: &Statistics) -> Covector;

    /// Fisher matrix of the complete data per row, block by block.
    ///
    /// # Errors
    /// [`Error::Parameter`] if an entry is not finite.
    fn joint_metric(&self, at: &Point, statistics: &Statistics) -> Result<BlockGram, Error>;

    /// The two information matrices, where the statistics carry a [`Curvature`].
    fn information(&self, at: &Point, statistics: &Statistics) -> Option<Information>;

    /// The point `at + step · v`; `None` if that leaves the domain.
    fn shift(&self, at: &Point, v: &Tangent, step: f64) -> Option<Point>;

    /// The direction that leads from one point to another at step 1.
    fn difference(&self, from: &Point, to: &Point) -> Tangent;

    /// The entropies; `base_measure` is filled by whoever knows the data.
    fn entropies(&self, at: &Point, statistics: &Statistics) -> Entropies;

    /// What a free coordinate is, in the model's own terms: `"weight of component 2"`.
    fn name_of(&self, coordinate: usize) -> String;

    /// Parameters near the boundary that the data would raise, by their places. At a maximum there are none.
    fn inward(&self, at: &Point, statistics: &Statistics) -> Vec<Inward> {
        let _ = (at, statistics);
        Vec::new()
    }

    /// What a coordinate of the point is, in the model's own terms; see [`name_of`](Self::name_of) for free ones.
    fn name_of_place(&self, place: usize) -> String {
        self.name_of(place)
    }

    /// The point with such parameters raised: up to `reach`, below 1, of their whole range.
    fn raised(&self, at: &Point, which: &[Inward], reach: f64) -> Point {
        let _ = (which, reach);
        at.clone()
    }

    /// Log-density of a prior on the parameters at a point, total nats; 0 without one. The slope, the M-step and the
    /// information matrices include it.
    fn log_prior(&self, at: &Point) -> f64 {
        let _ = at;
        0.0
    }

    /// Floating-point operations that a sweep over so many rows takes for an EM step, and for the information matrices on
    /// top: estimates that a choice between them rests on.
    fn work(&self, rows: u64) -> Work {
        let (rows, free) = (rows as f64, self.free() as f64);
        let sums = self.empty(Want::Statistics).sums.len() as f64;
        Work { step: rows * (4.0 * sums + 40.0), curvature: 2.0 * rows * (free * free + 2.0 * free) }
    }

    /// Directions along which no distribution changes, wherever the rows are: the orbit of an overparametrised model. Their
    /// curvature in coordinates is no curvature of the evidence; spectra are taken across them.
    fn gauge(&self, at: &Point) -> Vec<Tangent> {
        let _ = at;
        Vec::new()
    }

    /// Sizes of the groups of free coordinates that information matrices couple.
    fn groups(&self) -> Vec<usize> {
        vec![self.free()]
    }
}

/// The rows' shares of the entropy-sum residual by themselves.
pub trait Residuals: Sync {
    /// `Σ_n w_n r_n²` of a chunk; for standard errors: six digits are enough.
    fn square(&self, chunk: &Chunk<'_>, scratch: &mut Vec<f64>) -> f64;
}

/// A model prepared at a point: absorbs chunks into statistics.
pub trait Absorb: Sync {
    /// Working memory for one thread.
    fn scratch(&self, want: Want) -> Vec<f64>;

    /// Adds a chunk's expected statistics.
    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, scratch: &mut Vec<f64>);

    /// Squares of residuals alone, where they cost less than [`absorb`](Self::absorb) with [`Want::Residuals`].
    fn residuals(&self) -> Option<&dyn Residuals> {
        None
    }

    /// Adds `Σ_n w_n s_n (s_n·v)` for a chunk, without ever forming the matrix of the evidence metric.
    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], scratch: &mut Vec<f64>);

    /// `ln p(x_n)` without the base measure (length `rows`) and the posterior of the hidden state, `rows × states`
    /// column-major.
    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], posterior: &mut [f64], scratch: &mut Vec<f64>);
}
