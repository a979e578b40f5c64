//! A fitted or fittable model as the edges see it: no generics, no layout.

use super::parameters::{parameters_from_json, parameters_to_json};
use super::spec::{FamilyName, Spec, check_data};
use crate::Error;
use crate::family::Natural;
use crate::geometry::Point;
use crate::model::LatentModel;
use crate::model::mixture::{Mixture, start, start_rows};
use crate::objective::Learning;
use crate::rows::{Chunk, Column, ColumnKind, Profile, RowSource, sample};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

/// A mixture with its settings and columns.
#[derive(Debug, Clone)]
pub struct Described {
    spec: Spec,
    columns: Vec<Column>,
    mixture: Mixture,
}

/// Posterior of the hidden state for the rows of a chunk.
#[derive(Debug, Clone)]
pub struct Posterior {
    /// `ln p(x_n)` in nats, base measure included.
    pub log_evidence: Vec<f64>,
    /// Responsibilities, component after component.
    pub responsibilities: Vec<f64>,
}

impl Described {
    /// Checks the data and builds the model for them; the charts are taken from the data unless the settings have some.
    ///
    /// Answers the model, the data's base-measure share of the ELBO, and the data's summary.
    ///
    /// # Errors
    /// As [`Spec::build`] and [`check_data`].
    pub fn for_data(mut spec: Spec, source: &dyn RowSource) -> Result<(Self, f64, Profile), Error> {
        let profile = Profile::of(source)?;
        if spec.charts.is_empty() {
            spec.chart(&profile);
        }
        let columns = source.columns().to_vec();
        let mixture = spec.build(&columns)?;
        let base_measure = check_data(&mixture, &spec, source, &profile)?;
        Ok((Described { spec, columns, mixture }, base_measure, profile))
    }

    /// Builds the model for columns known from a file.
    ///
    /// # Errors
    /// As [`Spec::build`].
    pub fn new(spec: Spec, columns: Vec<Column>) -> Result<Self, Error> {
        let mixture = spec.build(&columns)?;
        Ok(Described { spec, columns, mixture })
    }

    /// The settings.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The columns.
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The mixture.
    pub fn mixture(&self) -> &Mixture {
        &self.mixture
    }

    /// The objective on some rows.
    pub fn learning<'a>(&'a self, rows: &'a dyn RowSource, base_measure: f64) -> Learning<'a> {
        Learning::new(&self.mixture, rows, base_measure)
    }

    /// A starting point per seed.
    ///
    /// # Errors
    /// As [`start`].
    pub fn starts(&self, source: &dyn RowSource, profile: &Profile, seeds: &[u64]) -> Result<Vec<Point>, Error> {
        let Some(first) = seeds.first() else { return Ok(Vec::new()) };
        let rows = sample(source, start_rows(self.mixture.components(), self.columns.len()), *first)?;
        seeds.iter().map(|seed| start(&self.mixture, &rows, profile, *seed)).collect()
    }

    /// Parameters in the form of model files.
    pub fn parameters(&self, at: &Point) -> Value {
        parameters_to_json(&self.mixture, &self.spec, &self.columns, at)
    }

    /// A point from parameters in the form of model files.
    ///
    /// # Errors
    /// As [`parameters_from_json`].
    pub fn point(&self, parameters: &Value) -> Result<Point, Error> {
        parameters_from_json(&self.mixture, &self.spec, &self.columns, parameters)
    }

    /// Posterior and evidence of the rows of a chunk (columns as in the model).
    ///
    /// # Errors
    /// As [`LatentModel::prepare`].
    pub fn posterior(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Posterior, Error> {
        let prepared = self.mixture.prepare(at)?;
        let mut scratch = prepared.scratch(crate::model::Want::Statistics);
        let mut log_evidence = vec![0.0; chunk.rows];
        let mut responsibilities = vec![0.0; chunk.rows * self.mixture.components()];
        prepared.posterior(chunk, &mut log_evidence, &mut responsibilities, &mut scratch);
        let mut x = Vec::new();
        for block in self.mixture.blocks().iter().filter(|b| !b.family.has_constant_base_measure()) {
            for n in 0..chunk.rows {
                x.clear();
                x.extend(block.columns.iter().map(|&d| chunk.column(d)[n]));
                if x.iter().all(|v| !v.is_nan()) {
                    log_evidence[n] += block.family.log_base_measure(&x);
                }
            }
        }
        Ok(Posterior { log_evidence, responsibilities })
    }

    /// A source of rows drawn from the model.
    pub fn sampler(&self, at: &Point, seed: u64) -> Sampler<'_> {
        let natural = (0..self.mixture.components())
            .map(|k| (0..self.mixture.blocks().len()).map(|b| self.mixture.natural(at, k, b)).collect())
            .collect();
        Sampler { described: self, weights: self.mixture.weights(at), natural, rng: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// Draws rows: cells row by row (`rows × columns`), and the component of each.
    pub fn sample(&self, at: &Point, rows: usize, seed: u64) -> (Vec<Vec<f64>>, Vec<usize>) {
        let mut sampler = self.sampler(at, seed);
        (0..rows).map(|_| sampler.row()).unzip()
    }

    /// Fills missing cells of a chunk by their posterior expectation (numbers) or most probable level.
    ///
    /// # Errors
    /// As [`LatentModel::prepare`].
    pub fn impute(&self, at: &Point, chunk: &Chunk<'_>) -> Result<Vec<Vec<f64>>, Error> {
        let posterior = self.posterior(at, chunk)?;
        let mut out: Vec<Vec<f64>> = (0..self.columns.len()).map(|d| chunk.column(d).to_vec()).collect();
        for (b, block) in self.mixture.blocks().iter().enumerate() {
            for n in 0..chunk.rows {
                let x: Vec<f64> = block.columns.iter().map(|&d| chunk.column(d)[n]).collect();
                if x.iter().all(|v| !v.is_nan()) {
                    continue;
                }
                let r = |k: usize| posterior.responsibilities[k * chunk.rows + n];
                let components = self.mixture.components();
                let first = block.columns[0];
                if self.spec.families[first] == FamilyName::Categorical
                    || matches!(self.columns[first].kind, ColumnKind::Levels(_))
                {
                    out[first][n] = self.most_probable(at, b, &r);
                    continue;
                }
                let mut fill = vec![0.0; x.len()];
                for k in 0..components {
                    let mean = self.mixture.conditional_mean(at, k, b, &x);
                    fill.iter_mut().zip(mean).for_each(|(f, m)| *f += r(k) * m);
                }
                for (i, &d) in block.columns.iter().enumerate().filter(|(i, _)| x[*i].is_nan()) {
                    out[d][n] = fill[i];
                }
            }
        }
        Ok(out)
    }

    fn most_probable(&self, at: &Point, b: usize, r: &dyn Fn(usize) -> f64) -> f64 {
        let block = &self.mixture.blocks()[b];
        let mut mass = vec![0.0; block.family.dim().max(2)];
        for k in 0..self.mixture.components() {
            let mean = block.family.expectation(&self.mixture.natural(at, k, b)).0;
            if self.spec.families[block.columns[0]] != FamilyName::Categorical {
                mass[0] += r(k) * (1.0 - mean[0]);
                mass[1] += r(k) * mean[0];
            } else {
                mass.iter_mut().zip(mean).for_each(|(m, p)| *m += r(k) * p);
            }
        }
        let best = mass.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)));
        best.map_or(0.0, |(l, _)| l as f64)
    }
}

/// Draws rows, one after another.
#[derive(Debug)]
pub struct Sampler<'a> {
    described: &'a Described,
    weights: Vec<f64>,
    natural: Vec<Vec<Natural>>,
    rng: ChaCha8Rng,
}

impl Sampler<'_> {
    /// The next row and the component that it comes from.
    pub fn row(&mut self) -> (Vec<f64>, usize) {
        let mut left = self.rng.random::<f64>();
        let last = self.weights.iter().rposition(|w| *w > 0.0).unwrap_or(0);
        let chosen = self.weights.iter().position(|w| {
            left -= w;
            left < 0.0
        });
        let k = chosen.unwrap_or(last);
        let mut row = vec![0.0; self.described.columns.len()];
        for (block, eta) in self.described.mixture.blocks().iter().zip(&self.natural[k]) {
            let mut x = vec![0.0; block.columns.len()];
            block.family.sample(eta, &mut self.rng, &mut x);
            block.columns.iter().zip(&x).for_each(|(&d, v)| row[d] = *v);
        }
        (row, k)
    }
}
