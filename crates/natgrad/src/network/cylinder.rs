//! How cylindrical a model is at a point: the information spectrum, the defect, dimensions and admissibility.
//!
//! ```text
//! G_V u = λ G u      λ = share of the information about direction u that is visible      cylindrical ⇔ every λ ∈ {0, 1}
//! ```

use super::{At, Enumerated};
use crate::Error;
use crate::geometry::{BlockGram, Point, Spectrum};
use crate::linalg::product::times;
use crate::linalg::{Matrix, symmetric};

/// Sines below this are zero: entries of the whitened Jacobian are of order 1 and carry rounding of order
/// `√states · 1e-16`; a direction that is visible at all, in tables that a person writes down, is far above.
const VISIBLE: f64 = 1e-9;

/// The defect below which a point counts as cylindrical (rounding reaches 5e-15, generic tables stay above 1e-4).
const CYLINDRICAL: f64 = 1e-8;

/// The information spectrum at a point.
#[derive(Debug, Clone)]
pub struct CylinderAtPoint {
    /// Eigenvalues of `(G_V, G)`, ascending, one per dimension of the tangent space.
    pub eigenvalues: Vec<f64>,
    /// `2 max √(λ(1−λ))`, in `[0, 1]`: 0 iff cylindrical here. Computed from sines and cosines of the angles between
    /// tangent space and vertical space, so that small defects keep their digits.
    pub defect: f64,
    /// Rank of the joint Fisher matrix: the dimension of the tangent space.
    pub rank_joint: usize,
    /// Rank of the visible Fisher matrix: the dimension of the visible model here.
    pub rank_visible: usize,
    /// Dimension of the purely vertical directions (`λ = 0`).
    pub vertical: usize,
    /// Dimension of the purely horizontal directions (`λ = 1`).
    pub horizontal: usize,
    /// Whether `defect` is zero up to rounding.
    pub cylindrical: bool,
    /// Whether both ranks are as large as at points nearby (a point where they drop is not admissible: the test is
    /// passed vacuously there).
    pub admissible: bool,
    /// `2√(λmin λmax)/(λmin + λmax)` over positive eigenvalues: no cosine between the evidence's gradient in the two
    /// metrics is below it (Kantorovich).
    pub cosine_bound: f64,
    /// The joint metric.
    pub joint_metric: BlockGram,
    /// `∂p_V/∂ξ`.
    pub visible_jacobian: Matrix,
    /// `G`-orthonormal eigenvectors, parameters × rank.
    pub vectors: Matrix,
}

/// The spectrum at a point.
///
/// # Errors
/// [`Error::Data`] on the boundary of the simplex.
pub fn cylinder(of: &Enumerated<'_>, at: &At) -> Result<CylinderAtPoint, Error> {
    let seen = Seen::new(of, at)?;
    let (rank_joint, rank_visible) = (seen.rank_joint(), seen.rank_visible());
    let mut admissible = true;
    for step in [1e-3, -7e-4] {
        // Small fixed displacements, different in every coordinate, inside the open simplex.
        let near: Vec<Vec<f64>> = (0..of.network().len())
            .map(|i| {
                let k = of.network().states(i);
                let mut table = at.tables[i].clone();
                for (r, row) in table.chunks_mut(k).enumerate() {
                    let tilt =
                        |a: usize| 1.0 + step * ((1.0 + (i * 7 + r * 3 + a) as f64 * 0.618_033_988_75).fract() + 0.5);
                    row.iter_mut().enumerate().for_each(|(a, p)| *p *= tilt(a));
                    let total: f64 = row.iter().sum();
                    row.iter_mut().for_each(|p| *p /= total);
                }
                table
            })
            .collect();
        // Node by node: what cannot take the form of a table moves in its own parameters.
        let mut moved = Vec::with_capacity(of.network().parameters());
        for (i, table) in near.iter().enumerate() {
            let own = of.network().range(i);
            let shift = |j: usize| at.point.0[j] + step * ((j + 1) as f64 * 0.618_033_988_75).fract();
            let inverse = of.network().nodes()[i].local.inverse(table);
            moved.extend(inverse.unwrap_or_else(|| own.map(shift).collect()));
        }
        let near = Point(moved);
        let near = Seen::new(of, &of.at(&near))?;
        admissible &= near.rank_joint() <= rank_joint && near.rank_visible() <= rank_visible;
    }
    let defect = seen.sines.iter().zip(&seen.cosines).map(|(s, c)| 2.0 * s * c).fold(0.0, f64::max);
    let positive = || seen.spectrum.eigenvalues.iter().copied().filter(|l| l.sqrt() > VISIBLE);
    let (low, high) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
    Ok(CylinderAtPoint {
        defect: defect.min(1.0),
        rank_joint,
        rank_visible,
        vertical: seen.sines.iter().filter(|s| **s <= VISIBLE).count(),
        horizontal: seen.cosines.iter().filter(|c| **c <= VISIBLE).count(),
        cylindrical: defect < CYLINDRICAL,
        admissible,
        cosine_bound: if high > 0.0 { 2.0 * (low * high).sqrt() / (low + high) } else { 1.0 },
        eigenvalues: seen.spectrum.eigenvalues,
        joint_metric: seen.joint_metric,
        visible_jacobian: seen.visible_jacobian,
        vectors: seen.spectrum.vectors,
    })
}

/// Tangent space against vertical space, direction by direction.
struct Seen {
    joint_metric: BlockGram,
    visible_jacobian: Matrix,
    spectrum: Spectrum,
    /// Length of the visible part of each eigenvector: `√λ`.
    sines: Vec<f64>,
    /// Length of its invisible part: `√(1−λ)`.
    cosines: Vec<f64>,
}

impl Seen {
    fn new(of: &Enumerated<'_>, at: &At) -> Result<Self, Error> {
        let joint_metric = of.joint_metric(at)?;
        let visible_jacobian = of.visible_jacobian(at);
        let root = joint_metric.root();
        let (nv, d) = (visible_jacobian.nrows(), visible_jacobian.ncols());
        let weighted = Matrix::from_fn(nv, d, |v, j| visible_jacobian[(v, j)] / at.visible[v].sqrt());
        let b = times(weighted.as_ref(), root.as_ref());
        let form = times(b.transpose(), b.as_ref());
        let Some(eigen) = symmetric::eigen(&form) else {
            return Err(Error::Data {
                problem: "the visible Fisher matrix has entries that are not finite".into(),
                hint: "a visible state has probability 0: move the table entries inside".into(),
            });
        };
        let r = root.ncols();
        let vectors = times(root.as_ref(), eigen.vectors.as_ref());
        let seen = times(b.as_ref(), eigen.vectors.as_ref());
        let sines: Vec<f64> =
            (0..r).map(|i| (0..nv).map(|v| seen[(v, i)] * seen[(v, i)]).sum::<f64>().sqrt()).collect();
        // The invisible part, state by state: √p (score − mean score given v).
        let mut hidden = vec![0.0; r];
        let mut along = Matrix::zeros(r, at.joint.len());
        of.jacobian(at, |x, j, dp| {
            for i in 0..r {
                along[(i, x)] += dp * vectors[(j, i)];
            }
        });
        for (x, (&v, p)) in of.map().visible_of().iter().zip(&at.joint).enumerate() {
            let (root_p, root_v) = (p.sqrt(), at.visible[v].sqrt());
            for (i, h) in hidden.iter_mut().enumerate() {
                let off = along[(i, x)] / root_p - root_p / root_v * seen[(v, i)];
                *h += off * off;
            }
        }
        let cosines = hidden.into_iter().map(f64::sqrt).collect();
        let eigenvalues = sines.iter().map(|s| if *s > VISIBLE { s * s } else { 0.0 }).collect();
        Ok(Seen { joint_metric, visible_jacobian, spectrum: Spectrum { eigenvalues, vectors }, sines, cosines })
    }

    fn rank_joint(&self) -> usize {
        self.sines.len()
    }

    fn rank_visible(&self) -> usize {
        self.sines.iter().filter(|s| **s > VISIBLE).count()
    }
}
