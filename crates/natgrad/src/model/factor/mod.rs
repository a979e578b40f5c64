//! Factor analysis and probabilistic PCA: a few normal factors behind many columns, missing cells integrated out exactly.
//!
//! ```text
//! x = μ + W z + ε,   z ~ N(0, I_H),   ε ~ N(0, Ψ),   Ψ diagonal, or σ² I for p-PCA
//! x ~ N(μ, C),   C = W Wᵀ + Ψ;   a row with gaps sees the same normal without those columns
//! ```
//!
//! A point holds `[μ | W row by row | ln ψ]` in a chart: columns centred and scaled (by one common scale for p-PCA, whose
//! noise is the same in all directions), so that sums of squares do not cancel. Rotations of the factors change
//! nothing: `H(H−1)/2` directions of the evidence's Gram matrix are zero by design, and pseudo-inverses pass over them.
//!
//! ```text
//! rows ─▶ patterns of seen cells ─▶ moments (weight, Σ y, Σ y yᵀ) per pattern     digest.rs, patterns.rs: one pass, once
//! gaps: expected moments of whole rows ─▶ closed form, a few times                  refine.rs: a start
//! moments at a point ─▶ E_q[z], E_q[z zᵀ], E_q[x zᵀ], evidence: O(D² H) per pattern  moments.rs
//! sums ─▶ M-step column by column, slope, complete information                      maximise.rs
//! ```

mod canonical;
mod digest;
mod groups;
mod information;
mod layout;
mod maximise;
mod moments;
mod pattern;
mod patterns;
mod profile;
mod refine;
mod rows;
mod start;

pub use digest::Survey;
pub use layout::{Chart, Noise, SMALLEST_NOISE};
pub use patterns::Patterns;
pub use rows::{Drawing, Factors};

use super::{Absorb, Curvature, Entropies, Information, LatentModel, Maximised, Statistics, Want, Work};
use crate::Error;
use crate::geometry::{BlockGram, Covector, Point, Tangent};
use layout::LN_2_PI_E;

/// A factor model for certain columns: everything but its parameters and its rows.
#[derive(Debug, Clone)]
pub struct FactorModel {
    names: Vec<String>,
    latent: usize,
    noise: Noise,
    chart: Chart,
    /// Whether some cell may be missing: then every column has moments of the factors of its own.
    gappy: bool,
    work: Option<Work>,
}

impl FactorModel {
    /// A model with `latent` factors.
    ///
    /// # Errors
    /// [`Error::Setting`] unless there is at least one factor and fewer of them than columns; [`Error::Parameter`] for a
    /// chart that does not fit.
    pub fn new(names: Vec<String>, latent: usize, noise: Noise, chart: Chart, gappy: bool) -> Result<Self, Error> {
        let width = names.len();
        if latent == 0 || latent >= width {
            let hint = match width {
                0 | 1 => match noise {
                    // Two columns have one covariance, of which two loadings cannot be told.
                    Noise::Diagonal => "a factor needs at least three columns".into(),
                    Noise::Isotropic => "a factor needs at least two columns".into(),
                },
                _ => format!("give --latent-dim a number from 1 to {}", width - 1),
            };
            return Err(Error::Setting {
                problem: format!(
                    "{latent} latent dimension{} for {width} column{}",
                    if latent == 1 { "" } else { "s" },
                    if width == 1 { "" } else { "s" }
                ),
                hint,
            });
        }
        chart.check(width, noise)?;
        Ok(FactorModel { names, latent, noise, chart, gappy, work: None })
    }

    /// Number of factors `H`.
    pub fn latent(&self) -> usize {
        self.latent
    }

    /// Number of columns `D`.
    pub fn width(&self) -> usize {
        self.names.len()
    }

    /// Shape of the noise.
    pub fn noise(&self) -> Noise {
        self.noise
    }

    /// Centres and scales of the columns.
    pub fn chart(&self) -> &Chart {
        &self.chart
    }

    /// Names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Dimension of the rotations that change nothing, `H(H−1)/2`.
    pub fn rotations(&self) -> usize {
        self.latent * (self.latent - 1) / 2
    }
}

impl LatentModel for FactorModel {
    fn free(&self) -> usize {
        self.noise_at() + self.noises()
    }

    fn empty(&self, want: Want) -> Statistics {
        let mut s = Statistics::zero(if want == Want::Evidence { 0 } else { self.sums() });
        if want == Want::Curvature {
            let zeros = vec![0.0; self.free() * self.free()];
            s.curvature = Some(Curvature { scores: zeros.clone(), complete: zeros });
        }
        s
    }

    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        Ok(Box::new(pattern::Prepared::new(self, at)?))
    }

    fn maximise(&self, at: &Point, statistics: &Statistics) -> Result<Maximised, Error> {
        maximise::maximise(self, at, statistics)
    }

    fn gradient(&self, at: &Point, statistics: &Statistics) -> Covector {
        maximise::gradient(self, at, statistics)
    }

    fn joint_metric(&self, at: &Point, statistics: &Statistics) -> Result<BlockGram, Error> {
        maximise::joint_metric(self, at, statistics)
    }

    fn information(&self, _: &Point, statistics: &Statistics) -> Option<Information> {
        information::information(self, statistics)
    }

    fn shift(&self, at: &Point, v: &Tangent, step: f64) -> Option<Point> {
        let mut next: Vec<f64> = at.0.iter().zip(&v.0).map(|(x, d)| x + step * d).collect();
        let floor = self.noise.smallest().ln();
        next[self.noise_at()..].iter_mut().for_each(|l| *l = l.max(floor));
        next.iter().all(|x| x.is_finite()).then_some(Point(next))
    }

    fn difference(&self, from: &Point, to: &Point) -> Tangent {
        Tangent(from.0.iter().zip(&to.0).map(|(a, b)| b - a).collect())
    }

    fn entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        let column = |d: usize| {
            let log = at.0[self.noise_of(d)] + 2.0 * self.chart.scales[d].ln();
            self.seen_weight(s, d) * 0.5 * (LN_2_PI_E + log)
        };
        Entropies {
            recognition: s.recognition_entropy / s.weight,
            prior: 0.5 * self.latent as f64 * LN_2_PI_E,
            observable: (0..self.width()).map(column).sum::<f64>() / s.weight,
            base_measure: 0.0,
        }
    }

    fn name_of(&self, coordinate: usize) -> String {
        self.coordinate_name(coordinate)
    }

    fn gauge(&self, at: &Point) -> Vec<Tangent> {
        (0..self.latent).flat_map(|h| (0..h).map(move |k| (h, k))).map(|(h, k)| self.rotation(at, h, k)).collect()
    }

    fn work(&self, rows: u64) -> Work {
        let own = self.work_of_rows(rows as f64);
        self.work.unwrap_or(own)
    }
}
