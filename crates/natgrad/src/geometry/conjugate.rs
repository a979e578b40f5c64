//! Conjugate gradients for metrics that are too large to write down.
//!
//! ```text
//! solve A u = g with preconditioner G⁺; the number of steps is the number of distinct eigenvalues of (A, G)
//! ```

use super::{Covector, Tangent};

/// The answer of [`conjugate_gradients`].
#[derive(Debug, Clone)]
pub struct Solved {
    /// The approximate solution `u`.
    pub tangent: Tangent,
    /// `g · u`, the squared norm of `g` in the metric `A` (from below).
    pub square: f64,
    /// Applications of `A`.
    pub steps: usize,
    /// Norm of the remaining residual relative to that of `g`, both measured by the preconditioner.
    pub residual: f64,
    /// Whether a direction of non-positive curvature ended the iteration.
    pub indefinite: bool,
    /// That direction.
    pub bent: Option<Tangent>,
}

/// Solves `A u = g` for a positive semi-definite operator `A`, preconditioned by `raise ≈ A⁺`.
///
/// Stops at a relative residual below `tolerance`, after `limit` steps, or when a direction of non-positive curvature
/// shows (then the last iterate before it is returned; the very first direction answers `raise(g)`).
///
/// # Errors
/// Those of `apply`.
///
/// # Source
/// Hestenes and Stiefel (1952); preconditioned by one EM map it is the natural gradient of the evidence.
pub fn conjugate_gradients<E>(
    gradient: &Covector,
    mut apply: impl FnMut(&Tangent) -> Result<Covector, E>,
    raise: impl Fn(&Covector) -> Tangent,
    tolerance: f64,
    limit: usize,
) -> Result<Solved, E> {
    let n = gradient.0.len();
    let mut u = vec![0.0; n];
    let mut r = gradient.clone();
    let mut z = raise(&r);
    let mut p = z.clone();
    let start = r.along(&z);
    let mut rz = start;
    let mut steps = 0;
    let mut indefinite = false;
    let mut bent = None;
    while steps < limit && rz > tolerance * tolerance * start && rz > 0.0 {
        let ap = apply(&p)?;
        steps += 1;
        let curvature = ap.along(&p);
        if curvature <= 1e-14 * rz {
            indefinite = true;
            bent = Some(Tangent(p.0.clone()));
            if steps == 1 {
                u.clone_from(&p.0);
            }
            break;
        }
        let alpha = rz / curvature;
        for i in 0..n {
            u[i] += alpha * p.0[i];
            r.0[i] -= alpha * ap.0[i];
        }
        z = raise(&r);
        let next = r.along(&z);
        let beta = next / rz;
        rz = next;
        for i in 0..n {
            p.0[i] = z.0[i] + beta * p.0[i];
        }
    }
    let tangent = Tangent(u);
    Ok(Solved {
        square: gradient.along(&tangent),
        tangent,
        steps,
        residual: if start > 0.0 { (rz / start).max(0.0).sqrt() } else { 0.0 },
        indefinite,
        bent,
    })
}
