//! Sparse coding: rows are sums of few dictionary elements, whose strengths have a Laplace prior.
//!
//! ```text
//! z_h ~ Laplace(0, b_h),   x ~ N(W z, σ² I),   |W_h| = 1      q_n = N(m_n, S_n), S_n diagonal or full
//! ```
//!
//! A point holds the dictionary row by row, then `ln b`, then `ln σ²`. The beliefs of every row are those that maximise its
//! bound (one maximum, see `row.rs` and `joint.rs`), so that the slope of the bound is that at fixed beliefs, and
//!
//! ```text
//! F − ES = Σ_h (1 − b̂_h/b_h) + D/2 (1 − σ̂²/σ²)      at any point; b̂, σ̂² the optima for its beliefs
//! ```
//!
//! # Source
//! Olshausen and Field (1996) for the model; Velychko et al. (2024) for learning it by entropies alone.

mod absorb;
mod beliefs;
mod believed;
mod boundary;
mod canonical;
mod entropy;
mod joint;
mod laplace;
mod row;
mod sample;
mod start;
mod sums;

pub use beliefs::Strengths;
pub use entropy::EntropyStep;
pub use laplace::{AbsoluteMean, absolute_mean};

use super::{Absorb, Entropies, Information, LatentModel, Maximised, Statistics, Want, Work};
use crate::Error;
use crate::geometry::{BlockGram, Covector, Point, Tangent};
use serde::{Deserialize, Serialize};
use std::f64::consts::{E, PI};

/// What beliefs about a row's strengths keep beside their means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Covariance {
    /// A variance of each.
    #[default]
    Diagonal,
    /// Their covariance matrix: a better bound, by `elements³` for each row and step of its recognition.
    Full,
}

/// Sparse coding with so many columns and dictionary elements.
#[derive(Debug, Clone, PartialEq)]
pub struct SparseCoding {
    columns: usize,
    elements: usize,
    covariance: Covariance,
    /// Of the columns, for messages; empty where nobody has given them.
    names: Vec<String>,
    /// Logarithm of the noise's variance below which there are no digits of it; `−∞` where no rows are known.
    least_log_noise: f64,
}

/// Parameters of sparse coding in their usual form.
#[derive(Debug, Clone, PartialEq)]
pub struct Dictionary {
    /// Row by row: columns × elements.
    pub weights: Vec<f64>,
    /// Scales `b` of the strengths.
    pub scales: Vec<f64>,
    /// Variance `σ²` of the noise.
    pub noise: f64,
}

/// Most numbers of a dictionary and its products.
const MOST_NUMBERS: u128 = 100_000_000;

impl SparseCoding {
    /// For rows of so many columns and a dictionary of so many elements (more than columns is allowed); independent beliefs.
    ///
    /// # Errors
    /// [`Error::Setting`] where either is 0.
    pub fn new(columns: usize, elements: usize) -> Result<Self, Error> {
        if columns == 0 || elements == 0 {
            return Err(Error::Setting {
                problem: format!("sparse coding of {columns} columns by {elements} elements"),
                hint: "give at least one of each".into(),
            });
        }
        // The dictionary, and the products of its elements with each other.
        let numbers = (elements as u128).saturating_mul(columns as u128 + elements as u128);
        if numbers > MOST_NUMBERS {
            return Err(Error::Setting {
                problem: format!("{elements} elements of {columns} columns and their products make {numbers} numbers"),
                hint: "give fewer elements: 100 million numbers and their slopes fill gigabytes".into(),
            });
        }
        Ok(SparseCoding {
            columns,
            elements,
            covariance: Covariance::default(),
            names: Vec::new(),
            least_log_noise: f64::NEG_INFINITY,
        })
    }

    /// The same with these beliefs.
    #[must_use]
    pub fn believing(self, covariance: Covariance) -> Self {
        SparseCoding { covariance, ..self }
    }

    /// The same, with its columns' names for messages.
    #[must_use]
    pub fn named(self, names: Vec<String>) -> Self {
        SparseCoding { names, ..self }
    }

    /// The same, for rows whose cells have this mean square: no step goes to noise that rounding leaves no digits of.
    #[must_use]
    pub fn for_mean_square(self, mean_square: f64) -> Self {
        SparseCoding { least_log_noise: (sums::COLLAPSED * mean_square).ln(), ..self }
    }

    /// A column as messages name it.
    fn column(&self, d: usize) -> String {
        self.names.get(d).map_or_else(|| format!("column {}", d + 1), |name| format!("column \"{name}\""))
    }

    /// Whether rows whose columns have these squares are of so unlike sizes that noise, which is of one variance in all of
    /// them, has no digits left once the elements explain the largest columns.
    pub fn cannot_see_noise(&self, squares: &[f64]) -> bool {
        let mut sorted: Vec<f64> = squares.iter().copied().filter(|q| *q > 0.0).collect();
        sorted.sort_by(f64::total_cmp);
        let varying = sorted.len();
        let explained = self.elements.min(varying.saturating_sub(1));
        let (rest, all) = (sorted[..varying - explained].iter().sum::<f64>(), sorted.iter().sum::<f64>());
        // The noise is the mean of what is left in the columns that no element takes.
        explained > 0 && rest / (varying - explained) as f64 <= sums::COLLAPSED * all / self.columns as f64
    }

    /// What its beliefs keep.
    pub fn covariance(&self) -> Covariance {
        self.covariance
    }

    /// Number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Number of dictionary elements.
    pub fn elements(&self) -> usize {
        self.elements
    }

    /// A point from parameters in their usual form.
    ///
    /// # Errors
    /// [`Error::Parameter`] for wrong lengths, or scales or a noise that are not positive.
    pub fn point(&self, d: &Dictionary) -> Result<Point, Error> {
        let bad = |name: &str, problem: String| {
            Err(Error::Parameter { name: name.into(), problem, hint: "see the model file's format".into() })
        };
        if d.weights.len() != self.columns * self.elements || d.weights.iter().any(|w| !w.is_finite()) {
            return bad("dictionary", format!("not {} × {} finite numbers", self.columns, self.elements));
        }
        if d.scales.len() != self.elements || d.scales.iter().any(|b| !(b.is_finite() && *b > 0.0)) {
            return bad("scales", format!("not {} positive numbers", self.elements));
        }
        if !(d.noise.is_finite() && d.noise > 0.0) {
            return bad("noise", format!("{} is not a positive number", d.noise));
        }
        for h in 0..self.elements {
            let square = (0..self.columns).map(|c| d.weights[c * self.elements + h].powi(2)).sum::<f64>();
            if !(square * d.scales[h].powi(2).max(1.0) / d.noise).is_finite() {
                return bad(
                    "dictionary",
                    format!("element {} is too long for its scale and the noise: its square leaves the numbers", h + 1),
                );
            }
        }
        let mut out = d.weights.clone();
        out.extend(d.scales.iter().map(|b| b.ln()));
        out.push(d.noise.ln());
        Ok(Point(out))
    }

    /// A point's parameters in their usual form.
    pub fn dictionary(&self, at: &Point) -> Dictionary {
        let n = self.columns * self.elements;
        Dictionary {
            weights: at.0[..n].to_vec(),
            scales: at.0[n..n + self.elements].iter().map(|l| l.exp()).collect(),
            noise: at.0[n + self.elements].exp(),
        }
    }

    /// The same model with every dictionary element of length 1 (its scale takes the length).
    pub fn normalised(&self, at: &Point) -> Point {
        let mut out = at.clone();
        let n = self.columns * self.elements;
        for h in 0..self.elements {
            let length = self.length(at, h);
            if length > 0.0 && length.is_finite() {
                (0..self.columns).for_each(|d| out.0[d * self.elements + h] /= length);
                out.0[n + h] += length.ln();
            }
        }
        out
    }
}

impl LatentModel for SparseCoding {
    fn free(&self) -> usize {
        self.columns * self.elements + self.elements + 1
    }

    fn empty(&self, want: Want) -> Statistics {
        Statistics::zero(if want == Want::Evidence { 0 } else { self.sums() })
    }

    fn prepare<'a>(&'a self, at: &'a Point) -> Result<Box<dyn Absorb + 'a>, Error> {
        if at.0.len() != self.free() || at.0.iter().any(|x| !x.is_finite()) {
            return Err(Error::Parameter {
                name: "dictionary".into(),
                problem: format!("not {} finite numbers", self.free()),
                hint: "start from a smaller dictionary".into(),
            });
        }
        Ok(Box::new(absorb::Prepared::new(self, at)))
    }

    fn maximise(&self, at: &Point, s: &Statistics) -> Result<Maximised, Error> {
        let weights = self.best_weights(at, s)?;
        let (scales, noise) = (self.best_scales(s), self.best_noise(&weights, s)?);
        let point = self.lifted(&self.normalised(&self.point(&Dictionary { weights, scales, noise })?));
        Ok(Maximised { notes: self.notes(&point), point })
    }

    fn gradient(&self, at: &Point, s: &Statistics) -> Covector {
        Covector(self.slope(at, s).iter().map(|g| g / s.weight).collect())
    }

    fn joint_metric(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        self.metric(at, s)
    }

    fn information(&self, _: &Point, _: &Statistics) -> Option<Information> {
        None
    }

    fn shift(&self, at: &Point, v: &Tangent, step: f64) -> Option<Point> {
        let next: Vec<f64> = at.0.iter().zip(&v.0).map(|(x, v)| x + step * v).collect();
        if next.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let next = self.lifted(&Point(next));
        let logs = &next.0[self.columns * self.elements..];
        // Scales outside 1e±130 are no scales; below the least noise a bound is rounding.
        let kept = logs.iter().all(|l| l.abs() < 300.0) && logs[self.elements] >= self.least_log_noise;
        kept.then_some(next)
    }

    fn difference(&self, from: &Point, to: &Point) -> Tangent {
        Tangent(to.0.iter().zip(&from.0).map(|(t, f)| t - f).collect())
    }

    fn entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        let d = self.dictionary(at);
        Entropies {
            recognition: s.recognition_entropy / s.weight,
            prior: d.scales.iter().map(|b| (2.0 * E * b).ln()).sum(),
            observable: 0.5 * self.columns as f64 * (2.0 * PI * E * d.noise).ln(),
            base_measure: 0.0,
        }
    }

    fn name_of(&self, coordinate: usize) -> String {
        let n = self.columns * self.elements;
        if coordinate < n {
            let (d, h) = (coordinate / self.elements, coordinate % self.elements);
            format!("weight of column {} in element {}", d + 1, h + 1)
        } else if coordinate < n + self.elements {
            format!("log scale of element {}", coordinate - n + 1)
        } else {
            "log variance of the noise".into()
        }
    }

    fn work(&self, rows: u64) -> Work {
        let h = self.elements as f64;
        // About eight Newton steps a row; with covariances an inverse and some five conjugate gradients in each.
        let each = match self.covariance {
            Covariance::Diagonal => h * h * h / 3.0 + 60.0 * h,
            Covariance::Full => 2.0 * h * h * h + 20.0 * h * h + 60.0 * h,
        };
        let step = rows as f64 * (8.0 * each + 4.0 * self.columns as f64 * h);
        Work { step, curvature: f64::INFINITY }
    }

    fn groups(&self) -> Vec<usize> {
        vec![usize::MAX]
    }
}
