//! Generalised inverses of the Gram matrix: every one of them gives the same pushforward of a model gradient.
//!
//! ```text
//! G G⁻ G = G   ⇒   J G⁻ c = J G⁺ c  for c in im G,   since G⁻c − G⁺c lies in ker G = ker J
//! ```

use super::Pullback;
use super::evaluate::length;
use crate::Error;
use crate::geometry::{Covector, Tangent};
use crate::linalg::Matrix;
use crate::linalg::product::times;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Which generalised inverse `G⁻`, `G G⁻ G = G`.
///
/// # Source
/// That the choice does not matter on the model: van Oostrum and Ay, "Parametrisation Independence of the Natural
/// Gradient in Overparametrised Systems" (2021).
#[derive(Debug, Clone)]
pub enum Inverse {
    /// The pseudo-inverse: the solution of least Euclidean norm.
    MoorePenrose,
    /// Zero in all but `rank` parameters, which are picked greedily: the others stay where they are.
    Pivots,
    /// `G⁺ + (I − G⁺G) A + B (I − GG⁺)` for any `A`, `B` (`d × d`): all generalised inverses have this form.
    Any {
        /// Moves solutions within the kernel.
        a: Matrix,
        /// Acts on covectors outside the range only.
        b: Matrix,
    },
    /// [`Inverse::Any`] with entries uniform in (−1, 1).
    Random {
        /// Seed.
        seed: u64,
    },
}

impl Pullback<'_> {
    /// A generalised inverse of `G` as a matrix, `d × d`.
    ///
    /// # Errors
    /// [`Error::Setting`] if `A` or `B` is not `d × d`.
    pub fn inverse(&self, which: &Inverse) -> Result<Matrix, Error> {
        let d = self.gram().nrows();
        match which {
            Inverse::MoorePenrose => Ok(self.pseudo_inverse()),
            Inverse::Pivots => self.pivot_inverse(),
            Inverse::Any { a, b } => {
                for (name, m) in [("A", a), ("B", b)] {
                    if (m.nrows(), m.ncols()) != (d, d) {
                        return Err(Error::Setting {
                            problem: format!("{name} is {} × {} where {d} × {d} is expected", m.nrows(), m.ncols()),
                            hint: "give square matrices, one row per parameter".into(),
                        });
                    }
                }
                // I − V_r V_rᵀ is the projection onto the kernel, on either side.
                let outside = Matrix::from_fn(d, d, |i, j| {
                    let inside: f64 = (0..self.rank).map(|r| self.right[(i, r)] * self.right[(j, r)]).sum();
                    f64::from(u8::from(i == j)) - inside
                });
                let left = times(outside.as_ref(), a.as_ref());
                let right = times(b.as_ref(), outside.as_ref());
                Ok(self.pseudo_inverse() + left + right)
            }
            Inverse::Random { seed } => {
                let mut rng = ChaCha12Rng::seed_from_u64(*seed);
                let mut draw = || Matrix::from_fn(d, d, |_, _| 2.0 * rng.random::<f64>() - 1.0);
                let (a, b) = (draw(), draw());
                self.inverse(&Inverse::Any { a, b })
            }
        }
    }

    /// `G⁻ c`.
    ///
    /// # Errors
    /// Those of [`Self::inverse`]; [`Error::Setting`] for a covector of another length.
    pub fn raise_by(&self, which: &Inverse, c: &Covector) -> Result<Tangent, Error> {
        let d = self.gram().nrows();
        length("covector", c.0.len(), d)?;
        let inverse = self.inverse(which)?;
        Ok(Tangent((0..d).map(|i| (0..d).map(|j| inverse[(i, j)] * c.0[j]).sum()).collect()))
    }

    fn pseudo_inverse(&self) -> Matrix {
        let d = self.gram().nrows();
        Matrix::from_fn(d, d, |i, j| {
            (0..self.rank).map(|r| self.right[(i, r)] * self.right[(j, r)] / self.singular[r].powi(2)).sum()
        })
    }

    /// The inverse of the block of `rank` columns that are, one after the other, farthest from the span of those before.
    fn pivot_inverse(&self) -> Result<Matrix, Error> {
        let (n, d) = (self.white.nrows(), self.white.ncols());
        let mut rest = self.white.clone();
        let mut picked: Vec<usize> = Vec::new();
        while picked.len() < self.rank {
            let square = |m: &Matrix, j: usize| (0..n).map(|i| m[(i, j)] * m[(i, j)]).sum::<f64>();
            let free = (0..d).filter(|j| !picked.contains(j));
            let Some(best) = free.max_by(|&a, &b| square(&rest, a).total_cmp(&square(&rest, b))) else { break };
            let size = square(&rest, best).sqrt();
            if size == 0.0 {
                break;
            }
            let unit: Vec<f64> = (0..n).map(|i| rest[(i, best)] / size).collect();
            for j in 0..d {
                let along: f64 = (0..n).map(|i| unit[i] * rest[(i, j)]).sum();
                (0..n).for_each(|i| rest[(i, j)] -= along * unit[i]);
            }
            picked.push(best);
        }
        let columns = Matrix::from_fn(n, picked.len(), |i, j| self.white[(i, picked[j])]);
        let svd = columns.thin_svd().map_err(|_| Error::Data {
            problem: "the singular values of the picked columns were not found".into(),
            hint: "scale the parameters".into(),
        })?;
        let mut out = Matrix::zeros(d, d);
        for (a, &i) in picked.iter().enumerate() {
            for (b, &j) in picked.iter().enumerate() {
                out[(i, j)] = (0..picked.len()).map(|r| svd.V()[(a, r)] * svd.V()[(b, r)] / svd.S()[r].powi(2)).sum();
            }
        }
        Ok(out)
    }
}
