//! What a mixture is made of, in the words of the command line: enough to build it again from a file.

use crate::Error;
use crate::family::{
    Bernoulli, Binomial, Categorical, Exponential, ExponentialFamily, Gamma, Geometric, LogNormal, MultivariateNormal,
    NegativeBinomial, Normal, Poisson,
};
use crate::model::mixture::{Block, Frozen, Mixture, Tie};
use crate::rows::{Column, ColumnKind, Merge, Profile, RowSource, sum_chunks};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Families that a column can be given, as on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FamilyName {
    /// `normal`
    Normal,
    /// `log-normal`
    LogNormal,
    /// `bernoulli`
    Bernoulli,
    /// `binomial:TRIALS`
    Binomial(u32),
    /// `categorical`
    Categorical,
    /// `poisson`
    Poisson,
    /// `exponential`
    Exponential,
    /// `gamma`
    Gamma,
    /// `geometric`
    Geometric,
    /// `negative-binomial:DISPERSION`
    NegativeBinomial(f64),
}

/// Names of the families with one sentence each.
pub fn families() -> Vec<(&'static str, &'static str)> {
    vec![
        ("normal", "real numbers; mean and variance"),
        ("log-normal", "positive numbers whose logarithm is normal"),
        ("bernoulli", "0 or 1, or two named levels; a probability"),
        ("binomial:N", "whole numbers 0 to N; a probability"),
        ("categorical", "named levels; a probability each"),
        ("poisson", "counts; a rate"),
        ("exponential", "numbers of at least 0; a rate"),
        ("gamma", "positive numbers; shape and rate"),
        ("geometric", "counts of failures before a success; a probability"),
        ("negative-binomial:R", "counts with dispersion R given; a probability"),
    ]
}

impl fmt::Display for FamilyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FamilyName::Normal => f.write_str("normal"),
            FamilyName::LogNormal => f.write_str("log-normal"),
            FamilyName::Bernoulli => f.write_str("bernoulli"),
            FamilyName::Binomial(n) => write!(f, "binomial:{n}"),
            FamilyName::Categorical => f.write_str("categorical"),
            FamilyName::Poisson => f.write_str("poisson"),
            FamilyName::Exponential => f.write_str("exponential"),
            FamilyName::Gamma => f.write_str("gamma"),
            FamilyName::Geometric => f.write_str("geometric"),
            FamilyName::NegativeBinomial(r) => write!(f, "negative-binomial:{r}"),
        }
    }
}

impl From<FamilyName> for String {
    fn from(name: FamilyName) -> String {
        name.to_string()
    }
}

impl TryFrom<String> for FamilyName {
    type Error = Error;
    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl FromStr for FamilyName {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, number) = text.split_once(':').map_or((text, None), |(n, v)| (n, Some(v)));
        let setting = |problem: String, hint: String| Error::Setting { problem, hint };
        let needs = |what: &str, example: &str| setting(format!("family \"{name}\" needs {what}"), example.into());
        let given = match name {
            "normal" | "gaussian" => FamilyName::Normal,
            "log-normal" | "lognormal" => FamilyName::LogNormal,
            "bernoulli" => FamilyName::Bernoulli,
            "categorical" => FamilyName::Categorical,
            "poisson" => FamilyName::Poisson,
            "exponential" => FamilyName::Exponential,
            "gamma" => FamilyName::Gamma,
            "geometric" => FamilyName::Geometric,
            "binomial" => {
                let trials = number.and_then(|v| v.parse().ok()).filter(|n| *n > 0);
                return trials.map(FamilyName::Binomial).ok_or_else(|| needs("its number of trials", "binomial:64"));
            }
            "negative-binomial" => {
                let r = number.and_then(|v| v.parse().ok()).filter(|r: &f64| *r > 0.0 && r.is_finite());
                return r
                    .map(FamilyName::NegativeBinomial)
                    .ok_or_else(|| needs("its dispersion, a number above 0", "negative-binomial:2.5"));
            }
            _ => {
                let known: Vec<&str> = families().iter().map(|f| f.0).collect();
                return Err(setting(
                    format!("there is no family \"{name}\""),
                    format!("choose from {}", known.join(", ")),
                ));
            }
        };
        match number {
            None => Ok(given),
            Some(v) => Err(setting(format!("family \"{name}\" takes no number (\"{v}\")"), format!("write {name}"))),
        }
    }
}

/// Shape of normal components.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CovarianceShape {
    /// A covariance matrix per component.
    Full,
    /// A variance per column and component.
    Diagonal,
    /// A variance per component.
    Spherical,
    /// One covariance matrix for all components.
    Tied,
}

/// Models by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelName {
    /// Columns of different kinds.
    Mixture,
    /// A mixture of categoricals over named levels.
    LatentClass,
    /// Normal components.
    GaussianMixture,
    /// 0/1 columns.
    BernoulliMixture,
    /// Named levels.
    CategoricalMixture,
    /// Counts.
    PoissonMixture,
    /// Positive numbers, rates.
    ExponentialMixture,
    /// Positive numbers, shapes and rates.
    GammaMixture,
    /// Counts, probabilities.
    GeometricMixture,
    /// Counts, dispersion given.
    NegativeBinomialMixture,
}

/// Names of the models with one sentence each.
pub fn models() -> Vec<(ModelName, &'static str)> {
    vec![
        (ModelName::Mixture, "columns of different kinds: --family age=normal,smoker=bernoulli"),
        (ModelName::LatentClass, "latent classes over columns of named levels"),
        (ModelName::GaussianMixture, "normal components: full, diagonal, spherical or tied covariance"),
        (ModelName::BernoulliMixture, "columns of 0 and 1"),
        (ModelName::CategoricalMixture, "columns of named levels (the same as latent-class)"),
        (ModelName::PoissonMixture, "columns of counts"),
        (ModelName::ExponentialMixture, "columns of numbers of at least 0, one rate each"),
        (ModelName::GammaMixture, "columns of positive numbers, shape and rate"),
        (ModelName::GeometricMixture, "columns of counts, geometric"),
        (ModelName::NegativeBinomialMixture, "columns of counts, dispersion given: --dispersion 2"),
    ]
}

impl fmt::Display for ModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ModelName::Mixture => "mixture",
            ModelName::LatentClass => "latent-class",
            ModelName::GaussianMixture => "gaussian-mixture",
            ModelName::BernoulliMixture => "bernoulli-mixture",
            ModelName::CategoricalMixture => "categorical-mixture",
            ModelName::PoissonMixture => "poisson-mixture",
            ModelName::ExponentialMixture => "exponential-mixture",
            ModelName::GammaMixture => "gamma-mixture",
            ModelName::GeometricMixture => "geometric-mixture",
            ModelName::NegativeBinomialMixture => "negative-binomial-mixture",
        })
    }
}

impl FromStr for ModelName {
    type Err = Error;
    fn from_str(text: &str) -> Result<Self, Error> {
        models().into_iter().map(|(m, _)| m).find(|m| m.to_string() == text).ok_or_else(|| Error::Setting {
            problem: format!("there is no model \"{text}\""),
            hint: format!(
                "choose from {}, bayes-net",
                models().iter().map(|m| m.0.to_string()).collect::<Vec<_>>().join(", ")
            ),
        })
    }
}

/// Everything about a mixture but its parameters; together with the columns it rebuilds the [`Mixture`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    /// The model's name.
    pub model: ModelName,
    /// Number of components.
    pub components: usize,
    /// Family of each column, in order.
    pub families: Vec<FamilyName>,
    /// Shape of normal components.
    pub covariance: CovarianceShape,
    /// Smallest variance that is allowed, in the data's units squared; 0 for none.
    #[serde(default)]
    pub covariance_floor: f64,
    /// Whether all columns share their parameters within a class.
    #[serde(default)]
    pub tie_items: bool,
    /// Whether the mixing weights stay where they start.
    #[serde(default)]
    pub freeze_weights: bool,
    /// Whether (co)variances stay where they start.
    #[serde(default)]
    pub freeze_covariances: bool,
    /// Centre and scale of each column's chart, for normal columns (`[0, 1]` elsewhere). They change no number but
    /// rounding.
    #[serde(default)]
    pub charts: Vec<[f64; 2]>,
}

impl Spec {
    /// A mixture without floor, ties or frozen parameters.
    pub fn new(model: ModelName, components: usize, families: Vec<FamilyName>, covariance: CovarianceShape) -> Self {
        Spec {
            model,
            components,
            families,
            covariance,
            covariance_floor: 0.0,
            tie_items: false,
            freeze_weights: false,
            freeze_covariances: false,
            charts: Vec::new(),
        }
    }

    /// Takes the charts from the data: every normal column centred at its mean, in units of its standard deviation.
    pub fn chart(&mut self, profile: &Profile) {
        let floor = self.covariance_floor.sqrt();
        let deviation = |d: usize| profile.columns[d].variance().sqrt().max(floor);
        let shared = {
            let normal: Vec<usize> =
                (0..self.families.len()).filter(|&d| self.families[d] == FamilyName::Normal).collect();
            let mean = normal.iter().map(|&d| deviation(d).powi(2)).sum::<f64>() / normal.len().max(1) as f64;
            mean.sqrt()
        };
        self.charts = (0..self.families.len())
            .map(|d| {
                if self.families[d] != FamilyName::Normal {
                    return [0.0, 1.0];
                }
                let scale = if self.covariance == CovarianceShape::Spherical { shared } else { deviation(d) };
                let scale = if scale > 0.0 && scale.is_finite() { scale } else { 1.0 };
                let mean = profile.columns[d].mean;
                [if mean.is_finite() { mean } else { 0.0 }, scale]
            })
            .collect();
    }

    /// Builds the mixture for given columns.
    ///
    /// # Errors
    /// [`Error::Setting`] if settings and columns do not fit.
    pub fn build(&self, columns: &[Column]) -> Result<Mixture, Error> {
        let setting = |problem: String, hint: &str| Err(Error::Setting { problem, hint: hint.into() });
        if self.families.len() != columns.len() {
            return setting(
                format!("the model has {} columns, the data {}", self.families.len(), columns.len()),
                "choose the model's columns with --columns",
            );
        }
        if let Some(d) = self.charts.iter().position(|[c, s]| !(c.is_finite() && s.is_finite() && *s > 0.0)) {
            let name = columns.get(d).map_or("?", |c| c.name.as_str());
            return setting(
                format!("the chart of the column \"{name}\" is {:?}", self.charts[d]),
                "a chart is a centre and a scale above 0; leave settings.charts out to have none",
            );
        }
        let chart = |d: usize| self.charts.get(d).copied().unwrap_or([0.0, 1.0]);
        let levels = |d: usize| match &columns[d].kind {
            ColumnKind::Levels(l) => l.len(),
            ColumnKind::Number => 0,
        };
        let joint = matches!(self.covariance, CovarianceShape::Full | CovarianceShape::Tied);
        let normal: Vec<usize> = (0..columns.len()).filter(|&d| self.families[d] == FamilyName::Normal).collect();
        let mut blocks = Vec::new();
        for (d, family) in self.families.iter().enumerate() {
            let mut cells = vec![d];
            let family: Arc<dyn ExponentialFamily> = match *family {
                FamilyName::Normal if joint => {
                    if normal[0] != d {
                        continue;
                    }
                    cells = normal.clone();
                    let (centers, scales) = normal.iter().map(|&d| (chart(d)[0], chart(d)[1])).unzip();
                    Arc::new(MultivariateNormal { centers, scales })
                }
                FamilyName::Normal => Arc::new(Normal { center: [chart(d)[0]], scale: chart(d)[1] }),
                FamilyName::LogNormal => Arc::new(LogNormal),
                FamilyName::Bernoulli => {
                    if levels(d) > 2 {
                        return setting(
                            format!(
                                "column \"{}\" has {} levels, a Bernoulli column has two",
                                columns[d].name,
                                levels(d)
                            ),
                            "use the categorical family",
                        );
                    }
                    Arc::new(Bernoulli)
                }
                FamilyName::Binomial(trials) => Arc::new(Binomial { trials }),
                FamilyName::Categorical => {
                    if levels(d) == 0 {
                        return setting(
                            format!("column \"{}\" has no levels", columns[d].name),
                            "read it as a column of named levels",
                        );
                    }
                    Arc::new(Categorical { levels: levels(d) })
                }
                FamilyName::Poisson => Arc::new(Poisson),
                FamilyName::Exponential => Arc::new(Exponential),
                FamilyName::Gamma => Arc::new(Gamma),
                FamilyName::Geometric => Arc::new(Geometric),
                FamilyName::NegativeBinomial(dispersion) => Arc::new(NegativeBinomial { dispersion }),
            };
            blocks.push(Block {
                missing: cells.iter().any(|&d| columns[d].missing),
                scales: cells.iter().map(|&d| chart(d)[1]).collect(),
                columns: cells,
                family,
            });
        }
        let tie = match self.covariance {
            _ if self.tie_items => Tie::Items,
            CovarianceShape::Spherical if normal.len() == columns.len() => Tie::Spherical,
            CovarianceShape::Tied if normal.len() == columns.len() => Tie::Covariance,
            CovarianceShape::Spherical | CovarianceShape::Tied if !normal.is_empty() => {
                return setting(
                    "spherical and tied covariances need normal columns only".into(),
                    "use --covariance full or diagonal",
                );
            }
            _ => Tie::None,
        };
        let frozen = Frozen { weights: self.freeze_weights, covariances: self.freeze_covariances };
        let names = columns.iter().map(|c| c.name.clone()).collect();
        Mixture::new(self.components, blocks, tie, frozen, self.covariance_floor, names)
    }
}

struct Findings {
    base_measure: f64,
    weight: f64,
    bad: Option<(u64, usize, f64)>,
    distinct: HashSet<Vec<u64>>,
    enough: usize,
}

impl Merge for Findings {
    fn merge(&mut self, other: &Self) {
        self.base_measure += other.base_measure;
        self.weight += other.weight;
        if other.bad.is_some_and(|b| self.bad.is_none_or(|a| b.0 < a.0)) {
            self.bad = other.bad;
        }
        for row in &other.distinct {
            if self.distinct.len() >= self.enough {
                break;
            }
            self.distinct.insert(row.clone());
        }
    }
}

/// Checks every cell against its family and answers the base measure's share of the ELBO, `(1/N) Σ w ln h(x_n)`.
///
/// # Errors
/// [`Error::OutsideSupport`] with row, column and value; [`Error::Data`] for zero rows, all-missing or (for normal
/// columns without a floor) constant columns, zero total weight, and fewer distinct rows than components.
pub fn check_data(model: &Mixture, spec: &Spec, source: &dyn RowSource, profile: &Profile) -> Result<f64, Error> {
    let data = |problem: String, hint: &str| Err(Error::Data { problem, hint: hint.into() });
    if profile.rows == 0 {
        return data("the data have no rows".into(), "check the file, or drop --no-header if it has a header row only");
    }
    if profile.weight <= 0.0 {
        return data("all rows have weight zero".into(), "check the column named by --weights");
    }
    for (d, column) in source.columns().iter().enumerate() {
        let p = &profile.columns[d];
        if p.weight <= 0.0 {
            return data(
                format!("column \"{}\" has no value in any row that counts", column.name),
                "leave it out with --columns",
            );
        }
        let unbounded = matches!(spec.families[d], FamilyName::Normal | FamilyName::LogNormal | FamilyName::Gamma);
        let tied = spec.covariance == CovarianceShape::Spherical;
        if unbounded && !tied && p.min == p.max && spec.covariance_floor <= 0.0 && !spec.freeze_covariances {
            return data(
                format!("column \"{}\" is constant ({}): its density has no maximum", column.name, p.min),
                "leave it out with --columns, or give --covariance-floor",
            );
        }
    }
    let found = survey(model, spec, source, spec.components)?;
    if found.distinct.len() < spec.components {
        return data(
            format!("{} components for {} distinct rows", spec.components, found.distinct.len()),
            "use fewer components than there are distinct rows",
        );
    }
    Ok(found.base_measure / found.weight)
}

/// Checks that every cell lies in the support of its family, and answers the base measure's share of the ELBO: what
/// data for a fitted model must pass.
///
/// # Errors
/// [`Error::OutsideSupport`] with row, column and value; [`Error::Data`] for zero rows.
pub fn check_support(model: &Mixture, spec: &Spec, source: &dyn RowSource) -> Result<f64, Error> {
    if source.rows() == 0 {
        return Err(Error::Data {
            problem: "the data have no rows".into(),
            hint: "check the file, or drop --no-header if it has a header row only".into(),
        });
    }
    let found = survey(model, spec, source, 0)?;
    Ok(found.base_measure / found.weight)
}

fn survey(model: &Mixture, spec: &Spec, source: &dyn RowSource, enough: usize) -> Result<Findings, Error> {
    let none = || Findings { base_measure: 0.0, weight: 0.0, bad: None, distinct: HashSet::new(), enough };
    let width = source.columns().len();
    let forest = sum_chunks(
        source,
        0..source.chunks(),
        none,
        || (),
        |chunk, found, ()| {
            let mut x = Vec::new();
            for n in 0..chunk.rows {
                let w = chunk.weight(n);
                found.weight += w;
                if found.distinct.len() < enough && w > 0.0 {
                    found.distinct.insert((0..width).map(|d| chunk.column(d)[n].to_bits()).collect());
                }
            }
            for block in model.blocks() {
                if block.family.width() > 1 {
                    continue; // normal: every number is in the support
                }
                let cells = chunk.column(block.columns[0]);
                let constant = block.family.has_constant_base_measure();
                for (n, &cell) in cells.iter().enumerate().filter(|(_, c)| !c.is_nan()) {
                    x.clear();
                    x.push(cell);
                    if !block.family.contains(&x) {
                        let row = chunk.first_row + n as u64;
                        if found.bad.is_none_or(|b| row < b.0) {
                            found.bad = Some((row, block.columns[0], cell));
                        }
                    } else if !constant {
                        found.base_measure += chunk.weight(n) * block.family.log_base_measure(&x);
                    }
                }
            }
            Ok(())
        },
    )?;
    let found = forest.total().unwrap_or_else(none);
    if let Some((row, d, value)) = found.bad {
        let family = model.blocks().iter().find(|b| b.columns.contains(&d)).map(|b| b.family.clone());
        let name = source.columns()[d].name.clone();
        return Err(Error::OutsideSupport {
            row: row + 1,
            column: name.clone(),
            value,
            family: spec.families[d].to_string(),
            support: family.map_or(String::new(), |f| f.support()),
            hint: format!("correct the cell, or choose another family for \"{name}\" (`natgrad list` shows them)"),
        });
    }
    Ok(found)
}
