//! The three natural gradients at many points of one network: blocks of points side by side, vectorised.
//!
//! Networks of tables with few states take the fast path (`kernel.rs`). Other networks, and the points where the rank of
//! the visible model is in question, go through [`compare`] one by one; both agree to rounding.

mod evidence;
mod jacobi;
mod kernel;
mod lanes;
mod plan;

use super::Objective;
use super::{Comparison, Enumerated, Target, compare, cylinder};
use crate::Error;
use crate::geometry::Point;
use kernel::Scratch;
use lanes::WIDTH;
use plan::Plan;
use rayon::prelude::*;

/// Points that one task works on; a multiple of [`WIDTH`], so that blocks lie in the same places for any number of threads.
const CHUNK: usize = 64 * WIDTH;

/// The cosine of two pushforwards in the visible Fisher metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// ELBO against evidence.
    ElboEvidence,
    /// Recognition against evidence.
    RecognitionEvidence,
    /// ELBO against recognition.
    ElboRecognition,
}

/// Numbers of one point that are not vectors.
const NUMBERS: usize = 12;

/// The three gradients at many points: what [`Comparison`] holds at one.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparisons {
    points: usize,
    parameters: usize,
    visible: usize,
    natural: Vec<f64>,
    pushforward: Vec<f64>,
    numbers: Vec<f64>,
    singly: usize,
}

impl Comparisons {
    /// Number of points.
    pub fn len(&self) -> usize {
        self.points
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.points == 0
    }

    /// Points that did not take the fast path.
    pub fn singly(&self) -> usize {
        self.singly
    }

    /// Natural parameter gradient of an objective at a point.
    pub fn natural(&self, objective: Objective, point: usize) -> &[f64] {
        let at = (3 * point + objective as usize) * self.parameters;
        &self.natural[at..at + self.parameters]
    }

    /// Its pushforward, a signed measure on the visible states.
    pub fn pushforward(&self, objective: Objective, point: usize) -> &[f64] {
        let at = (3 * point + objective as usize) * self.visible;
        &self.pushforward[at..at + self.visible]
    }

    fn number(&self, point: usize, which: usize) -> f64 {
        self.numbers[point * NUMBERS + which]
    }

    /// Length of the pushforward in the visible Fisher metric.
    pub fn norm(&self, objective: Objective, point: usize) -> f64 {
        self.number(point, objective as usize)
    }

    /// A cosine; `None` where a pushforward vanishes.
    pub fn cosine(&self, pair: Pair, point: usize) -> Option<f64> {
        Some(self.number(point, 3 + pair as usize)).filter(|c| !c.is_nan())
    }

    /// `D(q_V‖p_V)`, nats.
    pub fn divergence_evidence(&self, point: usize) -> f64 {
        self.number(point, 6)
    }

    /// `D(q‖p)`, nats.
    pub fn divergence_elbo(&self, point: usize) -> f64 {
        self.number(point, 7)
    }

    /// `|push recognition − push evidence|`: the error of the metric.
    pub fn error_metric(&self, point: usize) -> f64 {
        self.number(point, 8)
    }

    /// `|push elbo − push recognition|`: the error of the gap.
    pub fn error_gap(&self, point: usize) -> f64 {
        self.number(point, 9)
    }

    /// `|push elbo − push evidence|`: both.
    pub fn error(&self, point: usize) -> f64 {
        self.number(point, 10)
    }

    /// Length of the recognition gradient in the joint metric.
    pub fn recognition_joint_norm(&self, point: usize) -> f64 {
        self.number(point, 11)
    }

    /// All cosines of a pair that exist.
    pub fn cosines(&self, pair: Pair) -> Vec<f64> {
        (0..self.points).filter_map(|i| self.cosine(pair, i)).collect()
    }
}

/// Where the results of some points go.
pub(super) struct Out<'a> {
    natural: &'a mut [f64],
    pushforward: &'a mut [f64],
    numbers: &'a mut [f64],
}

impl Out<'_> {
    fn write(&mut self, at: usize, c: &Comparison) {
        for (o, direction) in [&c.evidence, &c.recognition, &c.elbo].into_iter().enumerate() {
            let (d, nv) = (direction.natural.0.len(), direction.pushforward.0.len());
            self.natural[(3 * at + o) * d..][..d].copy_from_slice(&direction.natural.0);
            self.pushforward[(3 * at + o) * nv..][..nv].copy_from_slice(&direction.pushforward.0);
        }
        let cosine = |x: Option<f64>| x.unwrap_or(f64::NAN);
        self.numbers[at * NUMBERS..][..NUMBERS].copy_from_slice(&[
            c.evidence.norm,
            c.recognition.norm,
            c.elbo.norm,
            cosine(c.cosines.elbo_evidence),
            cosine(c.cosines.recognition_evidence),
            cosine(c.cosines.elbo_recognition),
            c.divergence_evidence,
            c.divergence_elbo,
            c.error_metric,
            c.error_gap,
            c.error,
            c.recognition_joint_norm,
        ]);
    }
}

/// The three natural gradients of a target at many points, `points: count × parameters` row by row.
///
/// The same points give the same bits, for any number of threads.
///
/// # Errors
/// [`Error::Data`] for a length that is no multiple of the number of parameters, a target of the wrong size, and for
/// points on the boundary of the simplex.
///
/// # Source
/// Ay, van Oostrum, Datar, "On the Natural Gradient of the Evidence Lower Bound" (2025).
pub fn compare_many(of: &Enumerated<'_>, points: &[f64], target: &Target) -> Result<Comparisons, Error> {
    let (d, nv) = (of.network().parameters(), of.map().visible());
    if d == 0 || !points.len().is_multiple_of(d) {
        return Err(Error::Data {
            problem: format!("{} numbers are not points of {d} parameters", points.len()),
            hint: "give one number for every parameter of every point".into(),
        });
    }
    let count = points.len() / d;
    let plan = Plan::new(of, target)?;
    let mut out = Comparisons {
        points: count,
        parameters: d,
        visible: nv,
        natural: vec![0.0; 3 * count * d],
        pushforward: vec![0.0; 3 * count * nv],
        numbers: vec![0.0; count * NUMBERS],
        singly: 0,
    };
    let tasks = points
        .par_chunks(CHUNK * d)
        .zip(out.natural.par_chunks_mut(3 * CHUNK * d))
        .zip(out.pushforward.par_chunks_mut(3 * CHUNK * nv))
        .zip(out.numbers.par_chunks_mut(CHUNK * NUMBERS));
    out.singly = tasks
        .map_init(
            || plan.as_ref().map(Scratch::new),
            |scratch, (((points, natural), pushforward), numbers)| {
                let mut out = Out { natural, pushforward, numbers };
                let unclear = match (&plan, scratch) {
                    (Some(plan), Some(scratch)) => kernel::run(plan, scratch, points, &mut out),
                    _ => (0..points.len() / d).collect(),
                };
                for &i in &unclear {
                    let at = of.at(&Point(points[i * d..(i + 1) * d].to_vec()));
                    out.write(i, &compare(of, &at, &cylinder(of, &at)?, target)?);
                }
                Ok(unclear.len())
            },
        )
        .try_reduce(|| 0, |a, b| Ok(a + b))?;
    Ok(out)
}
