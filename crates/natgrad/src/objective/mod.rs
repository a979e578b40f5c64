//! The waist: where am I, how high, which way up. Everything below knows models, everything above knows only this.
//!
//! ```text
//! F(θ) = (1/N) Σ_n w_n ln p(x_n; θ)   under exact recognition;   dF = mean of E_q[T] − E_p[T]
//! ```

use crate::Error;
use crate::geometry::{BlockGram, Covector, Point, Tangent};
use crate::model::{Absorb, Digest, Entropies, LatentModel, Statistics, Want};
use crate::rows::{Forest, RowSource, sum_chunks, sum_ranges};
use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

/// A model and the rows it is to explain, under exact recognition.
pub struct Learning<'a> {
    model: &'a dyn LatentModel,
    rows: &'a dyn RowSource,
    digest: Option<&'a dyn Digest>,
    base_measure: f64,
    swept: AtomicU64,
}

/// What one sweep found at a point.
#[derive(Debug, Clone)]
pub struct Look {
    /// Where.
    pub point: Point,
    /// ELBO per row; under exact recognition also the log-evidence. With a prior, its log-density per row is added.
    pub elbo: f64,
    /// The prior's share of it.
    pub log_prior: f64,
    /// The sums over rows.
    pub statistics: Statistics,
}

impl<'a> Learning<'a> {
    /// `base_measure` is `(1/N) Σ w ln h(x_n)`, which no parameter changes (see [`Self::base_measure`]).
    pub fn new(model: &'a dyn LatentModel, rows: &'a dyn RowSource, base_measure: f64) -> Self {
        Learning { model, rows, digest: None, base_measure, swept: AtomicU64::new(0) }
    }

    /// Sweeps the digested rows wherever that gives the same sums.
    pub fn with_digest(mut self, digest: Option<&'a dyn Digest>) -> Self {
        self.digest = digest;
        self
    }

    /// The same objective swept over the rows themselves: rows' own sums, such as squares of residuals, need them.
    pub fn undigested(&self) -> Learning<'a> {
        Learning::new(self.model, self.rows, self.base_measure)
    }

    /// Whether there is a digest.
    pub fn is_digested(&self) -> bool {
        self.digest.is_some()
    }

    /// The digest, where it has what is wanted.
    fn digest_for(&self, wants: impl IntoIterator<Item = Want>) -> Option<&'a dyn Digest> {
        let fits = |d: &&dyn Digest, want: Want| match want {
            Want::Evidence | Want::Statistics => true,
            Want::Curvature => d.has_curvature(),
            Want::Residuals => false,
        };
        let digest = self.digest?;
        wants.into_iter().all(|w| fits(&digest, w)).then_some(digest)
    }

    fn look_from(&self, point: &Point, statistics: Statistics) -> Look {
        let log_prior = self.model.log_prior(point) / statistics.weight;
        let elbo = statistics.log_evidence / statistics.weight + self.base_measure + log_prior;
        Look { point: point.clone(), elbo, log_prior, statistics }
    }

    /// The model.
    pub fn model(&self) -> &'a dyn LatentModel {
        self.model
    }

    /// The rows.
    pub fn rows(&self) -> &'a dyn RowSource {
        self.rows
    }

    /// The data's share of the ELBO, per row.
    pub fn base_measure(&self) -> f64 {
        self.base_measure
    }

    /// Full sweeps over the data so far.
    pub fn passes(&self) -> f64 {
        self.swept.load(Ordering::Relaxed) as f64 / self.rows.chunks().max(1) as f64
    }

    /// Counts work done elsewhere (on a sample of the rows), in units of full sweeps.
    pub fn add_passes(&self, passes: f64) {
        self.swept.fetch_add((passes * self.rows.chunks() as f64).ceil() as u64, Ordering::Relaxed);
    }

    /// Sweeps counted before (a resumed fit).
    pub fn resume_passes(&self, passes: f64) {
        self.swept.store((passes * self.rows.chunks() as f64).round() as u64, Ordering::Relaxed);
    }

    /// Evaluates several points in one sweep over the rows.
    ///
    /// # Errors
    /// [`Error::Parameter`] for a point outside the domain; what reading reports.
    pub fn look_at(&self, points: &[(&Point, Want)]) -> Result<Vec<Look>, Error> {
        let totals = self.forests(points)?;
        Ok(points
            .iter()
            .zip(totals)
            .map(|((point, want), forest)| {
                self.look_from(point, forest.total().unwrap_or_else(|| self.model.empty(*want)))
            })
            .collect())
    }

    /// Evaluates one point.
    ///
    /// # Errors
    /// As [`look_at`](Self::look_at).
    pub fn look(&self, point: &Point, want: Want) -> Result<Look, Error> {
        let mut looks = self.look_at(&[(point, want)])?;
        match looks.pop() {
            Some(look) => Ok(look),
            None => Ok(self.look_from(point, self.model.empty(want))),
        }
    }

    /// Evaluates one point with the rows' shares of the entropy-sum residual: the rows themselves are asked for these, and the
    /// digest, where there is one, for all else.
    ///
    /// # Errors
    /// As [`look_at`](Self::look_at).
    pub fn look_with_residuals(&self, point: &Point) -> Result<Look, Error> {
        let Some(square) = self.residual_square(point)? else {
            return self.undigested().look(point, Want::Residuals);
        };
        let mut look = self.look(point, Want::Statistics)?;
        look.statistics.residual_square = square;
        Ok(look)
    }

    /// Squares of residuals alone; `None` where nothing is saved by asking for them alone.
    fn residual_square(&self, point: &Point) -> Result<Option<f64>, Error> {
        if self.digest.is_none() {
            return Ok(None);
        }
        let prepared = self.model.prepare(point)?;
        let Some(residuals) = prepared.residuals() else { return Ok(None) };
        let forest = sum_chunks(
            self.rows,
            0..self.rows.chunks(),
            || Weighted { weight: 0.0, sums: vec![0.0] },
            Vec::new,
            |chunk, sum, scratch| {
                sum.sums[0] += residuals.square(chunk, scratch);
                Ok(())
            },
        )?;
        Ok(Some(forest.total().map_or(0.0, |t| t.sums[0])))
    }

    /// The sums over some chunks only, as nodes of the fixed tree: a shard.
    ///
    /// # Errors
    /// As [`look_at`](Self::look_at).
    pub fn partial(&self, point: &Point, want: Want, chunks: Range<usize>) -> Result<Forest<Statistics>, Error> {
        let prepared = self.model.prepare(point)?;
        self.swept.fetch_add(chunks.len() as u64, Ordering::Relaxed);
        sum_chunks(
            self.rows,
            chunks,
            || self.model.empty(want),
            || prepared.scratch(want),
            |chunk, sum, scratch| {
                prepared.absorb(chunk, want, sum, scratch);
                Ok(())
            },
        )
    }

    /// The sums over single chunks, in any order: a minibatch.
    ///
    /// # Errors
    /// As [`look_at`](Self::look_at).
    pub fn batch(&self, point: &Point, chunks: &[usize]) -> Result<Statistics, Error> {
        let prepared = self.model.prepare(point)?;
        self.swept.fetch_add(chunks.len() as u64, Ordering::Relaxed);
        let forest = sum_ranges(
            self.rows,
            chunks.iter().map(|&c| c..c + 1).collect(),
            || self.model.empty(Want::Statistics),
            || prepared.scratch(Want::Statistics),
            |chunk, sum, scratch| {
                prepared.absorb(chunk, Want::Statistics, sum, scratch);
                Ok(())
            },
        )?;
        Ok(forest.total().unwrap_or_else(|| self.model.empty(Want::Statistics)))
    }

    fn forests(&self, points: &[(&Point, Want)]) -> Result<Vec<Forest<Statistics>>, Error> {
        // Points are evaluated side by side on each chunk, so the rows are read once.
        self.swept.fetch_add(self.rows.chunks() as u64, Ordering::Relaxed);
        let digest = self.digest_for(points.iter().map(|(_, want)| *want));
        let source: &dyn RowSource = match digest {
            Some(digest) => digest,
            None => self.rows,
        };
        let prepared: Vec<Box<dyn Absorb + '_>> = points
            .iter()
            .map(|(p, _)| match digest {
                Some(digest) => digest.prepare(p),
                None => self.model.prepare(p),
            })
            .collect::<Result<_, _>>()?;
        let chunks = 0..source.chunks();
        let together = sum_chunks(
            source,
            chunks,
            || Several(points.iter().map(|(_, want)| self.model.empty(*want)).collect()),
            || points.iter().zip(&prepared).map(|((_, want), p)| p.scratch(*want)).collect::<Vec<_>>(),
            |chunk, sums, scratch| {
                for (((_, want), prepared), (sum, scratch)) in
                    points.iter().zip(&prepared).zip(sums.0.iter_mut().zip(scratch.iter_mut()))
                {
                    prepared.absorb(chunk, *want, sum, scratch);
                }
                Ok(())
            },
        )?;
        let total = together
            .total()
            .unwrap_or_else(|| Several(points.iter().map(|(_, want)| self.model.empty(*want)).collect()));
        Ok(total
            .0
            .into_iter()
            .map(|s| {
                let mut f = Forest::default();
                f.insert(0, s);
                f
            })
            .collect())
    }

    /// `∂F/∂θ` per row.
    pub fn gradient(&self, look: &Look) -> Covector {
        self.model.gradient(&look.point, &look.statistics)
    }

    /// The joint metric at a look.
    ///
    /// # Errors
    /// As [`LatentModel::joint_metric`].
    pub fn joint_metric(&self, look: &Look) -> Result<BlockGram, Error> {
        self.model.joint_metric(&look.point, &look.statistics)
    }

    /// The entropies at a look, base measure included.
    pub fn entropies(&self, look: &Look) -> Entropies {
        let mut e = self.model.entropies(&look.point, &look.statistics);
        e.base_measure += self.base_measure;
        e
    }

    /// `G_V v` per row: the evidence metric as an operator.
    ///
    /// # Errors
    /// What reading reports.
    pub fn visible_along(&self, at: &Point, v: &Tangent) -> Result<Covector, Error> {
        let prepared = self.model.prepare(at)?;
        let chunks = self.rows.chunks();
        self.swept.fetch_add(chunks as u64, Ordering::Relaxed);
        let free = self.model.free();
        let forest = sum_chunks(
            self.rows,
            0..chunks,
            || Weighted { weight: 0.0, sums: vec![0.0; free] },
            || prepared.scratch(Want::Statistics),
            |chunk, sum, scratch| {
                sum.weight += (0..chunk.rows).map(|n| chunk.weight(n)).sum::<f64>();
                prepared.visible_along(chunk, v, &mut sum.sums, scratch);
                Ok(())
            },
        )?;
        let total = forest.total().unwrap_or(Weighted { weight: 1.0, sums: vec![0.0; free] });
        Ok(Covector(total.sums.iter().map(|s| s / total.weight).collect()))
    }
}

struct Several(Vec<Statistics>);

impl crate::rows::Merge for Several {
    fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| a.merge(b));
    }
}

struct Weighted {
    weight: f64,
    sums: Vec<f64>,
}

impl crate::rows::Merge for Weighted {
    fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.sums.iter_mut().zip(&other.sums).for_each(|(a, b)| *a += b);
    }
}
