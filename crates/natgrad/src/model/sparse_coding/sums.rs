//! Sums over rows, and what maximises the bound for them in closed form.
//!
//! ```text
//! sums = [ C = Σ m xᵀ: elements × columns | S = Σ E[z zᵀ] | Σ E|z| | Σ |x|² ]
//! Ŵ = Cᵀ S⁺      b̂ = Σ E|z| / N      σ̂² = (Σ|x|² − 2 tr W C + tr W S Wᵀ) / (N D)
//! ```

use super::SparseCoding;
use crate::Error;
use crate::geometry::{BlockGram, Covector, Gram, Metric, Point};
use crate::linalg::Matrix;
use crate::model::{LatentModel, Statistics};

/// A noise variance below this share of the mean square of a cell is none: it is a difference of sums that are as large as the
/// squares of the cells, whose rounding is then some 1e-4 of it, and what the bound loses by that is what tolerances ask for.
pub(super) const COLLAPSED: f64 = 1e-11;

/// Explained squares of two columns, one a smaller share of the other than this, are of unlike size.
const UNLIKE: f64 = 1e-6;

impl SparseCoding {
    /// Number of sums.
    pub(super) fn sums(&self) -> usize {
        let h = self.elements;
        h * self.columns + h * h + h + 1
    }

    /// `C`, `S`, `Σ E|z|` and `Σ |x|²`.
    pub(super) fn parts<'s>(&self, s: &'s [f64]) -> (&'s [f64], &'s [f64], &'s [f64], f64) {
        let h = self.elements;
        let (cross, rest) = s.split_at(h * self.columns);
        let (second, rest) = rest.split_at(h * h);
        (cross, second, &rest[..h], rest[h])
    }

    fn second(&self, s: &Statistics) -> Matrix {
        let (_, second, _, _) = self.parts(&s.sums);
        // The sums hold the lower triangle, column by column.
        Matrix::from_fn(self.elements, self.elements, |i, j| second[i.min(j) * self.elements + i.max(j)])
    }

    /// `C − S Wᵀ`, elements × columns, column by column: the dictionary's slope times σ².
    fn residual(&self, weights: &[f64], s: &Statistics) -> Vec<f64> {
        let (cross, ..) = self.parts(&s.sums);
        let second = self.second(s);
        let h = self.elements;
        let mut out = cross.to_vec();
        for (own, w) in out.chunks_exact_mut(h).zip(weights.chunks_exact(h)) {
            for (i, o) in own.iter_mut().enumerate() {
                *o -= (0..h).map(|j| second[(i, j)] * w[j]).sum::<f64>();
            }
        }
        out
    }

    /// The best dictionary for these sums; directions that no row speaks of stay.
    ///
    /// # Errors
    /// [`Error::Parameter`] if a sum is not finite.
    pub(super) fn best_weights(&self, at: &Point, s: &Statistics) -> Result<Vec<f64>, Error> {
        let h = self.elements;
        let gram = Gram::new(self.second(s)).ok_or_else(not_finite)?;
        let residual = self.residual(&at.0[..self.columns * h], s);
        let mut out = at.0[..self.columns * h].to_vec();
        for (own, r) in out.chunks_exact_mut(h).zip(residual.chunks_exact(h)) {
            let step = gram.raise(&Covector(r.to_vec())).tangent.0;
            own.iter_mut().zip(step).for_each(|(w, s)| *w += s);
        }
        Ok(out)
    }

    /// `b̂`.
    pub(super) fn best_scales(&self, s: &Statistics) -> Vec<f64> {
        let (_, _, absolute, _) = self.parts(&s.sums);
        absolute.iter().map(|a| (a / s.weight).max(f64::MIN_POSITIVE)).collect()
    }

    /// `Σ_n E|x − W z|²`.
    pub(super) fn square(&self, weights: &[f64], s: &Statistics) -> f64 {
        let (cross, _, _, square) = self.parts(&s.sums);
        let residual = self.residual(weights, s);
        // |x|² − 2 W·C + W S Wᵀ = |x|² − W·C − W·(C − S Wᵀ)
        let along: f64 = weights.iter().zip(cross.iter().zip(&residual)).map(|(w, (c, r))| w * (c + r)).sum();
        square - along
    }

    /// `σ̂²` for a dictionary.
    ///
    /// # Errors
    /// [`Error::Collapsed`] where nothing is left of it.
    pub(super) fn best_noise(&self, weights: &[f64], s: &Statistics) -> Result<f64, Error> {
        let cells = s.weight * self.columns as f64;
        let (_, _, _, square) = self.parts(&s.sums);
        let noise = self.square(weights, s) / cells;
        if noise.is_nan() || noise <= COLLAPSED * square / cells {
            return Err(self.collapsed(weights, s));
        }
        Ok(noise)
    }

    /// What is said where no noise is left: how much there is cannot be told, for its digits are lost.
    fn collapsed(&self, weights: &[f64], s: &Statistics) -> Error {
        let second = self.second(s);
        let explained = |w: &[f64]| -> f64 {
            (0..w.len()).map(|i| w[i] * (0..w.len()).map(|j| second[(i, j)] * w[j]).sum::<f64>()).sum()
        };
        let squares: Vec<f64> = weights.chunks_exact(self.elements).map(explained).collect();
        let largest = (0..squares.len()).fold(0, |a, b| if squares[b] > squares[a] { b } else { a });
        let alike = squares.iter().all(|q| *q >= UNLIKE * squares[largest]);
        let what = format!(
            "the noise's variance fell below {COLLAPSED:e} of the cells' mean square, where rounding leaves no digits of it"
        );
        let whole = "the dictionary explains every row whole: take fewer elements, or leave out constant columns";
        let hint = match alike {
            true => whole.into(),
            false => format!(
                "columns are of too unlike size for noise of one variance: {} is the largest, give it in other units; or {whole}",
                self.column(largest)
            ),
        };
        Error::Collapsed { component: None, what, hint }
    }

    /// `Σ_n w_n dF_n` at fixed beliefs.
    pub(super) fn slope(&self, at: &Point, s: &Statistics) -> Vec<f64> {
        let d = self.dictionary(at);
        let (_, _, absolute, _) = self.parts(&s.sums);
        let mut out: Vec<f64> = self.residual(&d.weights, s).iter().map(|r| r / d.noise).collect();
        out.extend(absolute.iter().zip(&d.scales).map(|(a, b)| a / b - s.weight));
        let cells = s.weight * self.columns as f64;
        out.push(0.5 * (self.square(&d.weights, s) / d.noise - cells));
        out
    }

    /// Fisher matrix of the complete data: `E[z zᵀ]/σ²` for every column, 1 for log scales, `D/2` for the log noise.
    pub(super) fn metric(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        let (n, h) = (self.columns * self.elements, self.elements);
        let noise = at.0[n + h].exp();
        let second = self.second(s);
        let own =
            Gram::new(Matrix::from_fn(h, h, |i, j| second[(i, j)] / (s.weight * noise))).ok_or_else(not_finite)?;
        let mut blocks: Vec<(Vec<usize>, Gram)> =
            (0..self.columns).map(|d| ((d * h..(d + 1) * h).collect(), own.clone())).collect();
        for i in 0..=h {
            let value = if i < h { 1.0 } else { 0.5 * self.columns as f64 };
            blocks.push((vec![n + i], Gram::new(Matrix::from_fn(1, 1, |_, _| value)).ok_or_else(not_finite)?));
        }
        Ok(BlockGram::from_grams(self.free(), blocks))
    }
}

fn not_finite() -> Error {
    Error::Parameter {
        name: "dictionary".into(),
        problem: "sums over rows are not finite".into(),
        hint: "start from a smaller dictionary, or standardise the columns".into(),
    }
}
