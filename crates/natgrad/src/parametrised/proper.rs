//! Proper parameters: those whose tangent space is all of the model's. Where the rank drops, directions are missing.

use super::{Ambient, Parametrisation, Pullback, TANGENT_TOLERANCE};
use crate::Error;
use crate::geometry::Point;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Displacements for the rank nearby, relative to `max(1, |ξ_j|)`: large enough that a rank that grows linearly from
/// the point is far above the tolerance, small enough to stay near. Smaller ones are tried where the map ends.
const RADII: [f64; 3] = [1e-3, 1e-5, 1e-7];

/// Points tried per radius: the rank is largest at almost every one, so one would do.
const TRIES: u64 = 6;

/// Whether the parametrisation reaches every direction of the model at a point, by rank.
///
/// A rank that does not drop cannot see that the model crosses itself: compare the parameters of the two branches with
/// [`meeting`](super::meeting).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Properness {
    /// The rank is as large as at points nearby: the pushforward is the natural gradient on the model.
    Proper {
        /// Dimension of the model there.
        dimension: usize,
    },
    /// The rank drops: the pushforward is the projection on a tangent space that lacks directions.
    NotProper {
        /// Rank at the point.
        rank: usize,
        /// Rank nearby.
        nearby: usize,
    },
    /// The map exists at no point nearby that was tried.
    Unknown {
        /// Rank at the point.
        rank: usize,
    },
}

impl Properness {
    /// Rank at the point.
    pub fn rank(&self) -> usize {
        match *self {
            Properness::Proper { dimension } => dimension,
            Properness::NotProper { rank, .. } | Properness::Unknown { rank } => rank,
        }
    }

    /// Largest rank at points nearby, the dimension of the model there.
    pub fn nearby(&self) -> Option<usize> {
        match *self {
            Properness::Proper { dimension } => Some(dimension),
            Properness::NotProper { nearby, .. } => Some(nearby),
            Properness::Unknown { .. } => None,
        }
    }

    /// Whether the point is known to be proper.
    pub fn is_proper(&self) -> bool {
        matches!(self, Properness::Proper { .. })
    }
}

/// Compares the rank at a point with that at a few fixed points nearby (the same ones every time).
///
/// At the point, singular values count against the largest ones nearby: where all of them vanish together they have no
/// scale of their own.
///
/// # Errors
/// Those of [`Pullback::at`].
pub fn properness(of: &dyn Parametrisation, ambient: &dyn Ambient, xi: &Point) -> Result<Properness, Error> {
    judge(of, ambient, &Pullback::at(of, ambient, xi)?)
}

pub(super) fn judge(of: &dyn Parametrisation, ambient: &dyn Ambient, here: &Pullback<'_>) -> Result<Properness, Error> {
    for radius in RADII {
        let mut largest = 0.0f64;
        let mut nearby = None;
        for seed in 0..TRIES {
            let mut rng = ChaCha12Rng::seed_from_u64(seed);
            let moved =
                here.point().0.iter().map(|x| x + radius * x.abs().max(1.0) * (2.0 * rng.random::<f64>() - 1.0));
            // Points outside the map's domain say nothing.
            if let Ok(near) = Pullback::at(of, ambient, &Point(moved.collect())) {
                largest = near.singular_values().first().copied().unwrap_or(0.0).max(largest);
                nearby = nearby.max(Some(near.rank()));
            }
        }
        if let Some(nearby) = nearby {
            let own = here.singular_values();
            let scale = own.first().copied().unwrap_or(0.0).max(largest);
            let rank = own.iter().filter(|s| **s > TANGENT_TOLERANCE * scale).count();
            return Ok(if rank < nearby {
                Properness::NotProper { rank, nearby }
            } else {
                Properness::Proper { dimension: rank }
            });
        }
    }
    Ok(Properness::Unknown { rank: here.rank() })
}
