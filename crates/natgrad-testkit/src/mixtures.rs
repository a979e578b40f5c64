//! Small random data sets and mixtures over every family, covariance shape and tie, with and without holes and weights.

use crate::generate;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::geometry::{BlockGram, Metric, Point, Tangent};
use natgrad::model::{LatentModel, Want};
use natgrad::objective::Learning;
use natgrad::rows::{Column, ColumnKind, Table};
use rand::RngExt;

/// A model, its data, and a point that is neither a start nor a maximum.
pub struct Case {
    /// What it is made of.
    pub name: String,
    /// The data.
    pub table: Table,
    /// The model.
    pub described: Described,
    /// The data's share of the ELBO.
    pub base: f64,
    /// The point.
    pub point: Point,
}

impl Case {
    /// The objective.
    pub fn learning(&self) -> Learning<'_> {
        self.described.learning(&self.table, self.base)
    }

    /// The joint metric at the point.
    pub fn metric(&self) -> BlockGram {
        let learning = self.learning();
        let look = learning.look(&self.point, Want::Statistics).expect("a look");
        learning.joint_metric(&look).expect("a metric")
    }
}

/// What a case is made of.
#[derive(Debug, Clone)]
pub struct Recipe {
    /// Families of the columns.
    pub families: Vec<FamilyName>,
    /// Shape of normal columns.
    pub covariance: CovarianceShape,
    /// Equal parameters across columns.
    pub tie_items: bool,
    /// Weights held.
    pub freeze_weights: bool,
    /// Covariances held.
    pub freeze_covariances: bool,
    /// Components.
    pub components: usize,
    /// Rows.
    pub rows: usize,
    /// Whether cells are missing.
    pub missing: bool,
    /// Whether rows are weighted.
    pub weighted: bool,
    /// Seed of data and point.
    pub seed: u64,
}

impl Recipe {
    /// A complete, unweighted data set.
    pub fn new(families: &[FamilyName], covariance: CovarianceShape, components: usize, rows: usize) -> Self {
        Recipe {
            families: families.to_vec(),
            covariance,
            tie_items: false,
            freeze_weights: false,
            freeze_covariances: false,
            components,
            rows,
            missing: false,
            weighted: false,
            seed: 1,
        }
    }

    /// Settings of the model.
    pub fn spec(&self) -> Spec {
        Spec {
            model: ModelName::Mixture,
            components: self.components,
            families: self.families.clone(),
            covariance: self.covariance,
            covariance_floor: 0.0,
            tie_items: self.tie_items,
            freeze_weights: self.freeze_weights,
            freeze_covariances: self.freeze_covariances,
            charts: vec![],
        }
    }

    fn columns(&self) -> Vec<Column> {
        let kind = |f: &FamilyName| match f {
            FamilyName::Categorical => ColumnKind::Levels(["a", "b", "c"].map(String::from).to_vec()),
            _ => ColumnKind::Number,
        };
        let column = |(d, f)| Column { name: format!("c{}", d + 1), kind: kind(f), missing: false };
        self.families.iter().enumerate().map(column).collect()
    }

    /// Cells, column by column: rows drawn from a random mixture, some cells taken out; row 3 is all missing.
    pub fn cells(&self) -> Vec<Vec<f64>> {
        let mut rng = generate::rng(self.seed);
        let plain = Described::new(self.spec(), self.columns()).expect("a model");
        let mixture = plain.mixture();
        let k = self.components;
        let natural: Vec<Vec<_>> = (0..k)
            .map(|_| mixture.blocks().iter().map(|b| generate::natural(b.family.as_ref(), &mut rng)).collect())
            .collect();
        let weights: Vec<f64> = (0..k).map(|j| (j + 1) as f64 / (k * (k + 1) / 2) as f64).collect();
        let (rows, _) = plain.sample(&mixture.point(&weights, &natural), self.rows, self.seed + 1);
        let width = self.families.len();
        let mut cells: Vec<Vec<f64>> = (0..width).map(|d| rows.iter().map(|r| r[d]).collect()).collect();
        if self.missing {
            for (d, column) in cells.iter_mut().enumerate() {
                for (n, cell) in column.iter_mut().enumerate() {
                    // Row 3 has nothing, row 4 lacks its first cell, the others lack about one in seven.
                    if n == 3 || (n == 4 && d == 0) || (n > 6 && rng.random::<f64>() < 0.15) {
                        *cell = f64::NAN;
                    }
                }
            }
        }
        cells
    }

    /// Weights with zeros and fractions.
    pub fn weights(&self) -> Option<Vec<f64>> {
        let cycle = [1.0, 2.5, 0.0, 1.0, 0.75, 3.0, 1.0];
        self.weighted.then(|| (0..self.rows).map(|n| cycle[n % cycle.len()]).collect())
    }

    /// The data.
    pub fn table(&self) -> Table {
        Table::from_columns(self.columns(), &self.cells(), self.weights()).expect("a table")
    }

    /// The model on its data at a perturbed start.
    pub fn case(&self) -> Case {
        let name = format!("{self:?}");
        let table = self.table();
        let (described, base, profile) =
            Described::for_data(self.spec(), &table).unwrap_or_else(|e| panic!("{name}: {e}"));
        let starts = described.starts(&table, &profile, &[self.seed]).unwrap_or_else(|e| panic!("{name}: {e}"));
        let mut case = Case { name, table, described, base, point: starts[0].clone() };
        let metric = case.metric();
        let mut rng = generate::rng(self.seed + 2);
        let root = metric.root();
        // A third of a standard deviation per row in a random direction of the tangent space.
        let c: Vec<f64> = (0..root.ncols()).map(|_| generate::between(&mut rng, -0.3, 0.3)).collect();
        let v = Tangent((0..metric.dim()).map(|i| (0..c.len()).map(|j| root[(i, j)] * c[j]).sum()).collect());
        let mut step = 1.0;
        case.point = loop {
            match case.described.mixture().shift(&case.point, &v, step) {
                Some(p) => break p,
                None => step *= 0.5,
            }
        };
        case
    }
}

/// Every family, every covariance shape, mixed columns and ties, each with and without missing cells and weights, with
/// one, two and three components.
pub fn recipes() -> Vec<Recipe> {
    use CovarianceShape::{Diagonal, Full, Spherical, Tied};
    use FamilyName as F;
    let mut kinds: Vec<Recipe> = Vec::new();
    for f in [
        F::LogNormal,
        F::Bernoulli,
        F::Binomial(5),
        F::Categorical,
        F::Poisson,
        F::Exponential,
        F::Gamma,
        F::Geometric,
        F::NegativeBinomial(2.5),
    ] {
        kinds.push(Recipe::new(&[f; 2], Diagonal, 1, 90));
    }
    for shape in [Full, Diagonal, Spherical, Tied] {
        kinds.push(Recipe::new(&[F::Normal; 3], shape, 1, 90));
        kinds.push(Recipe { freeze_covariances: true, ..Recipe::new(&[F::Normal; 2], shape, 1, 90) });
    }
    kinds.push(Recipe::new(&[F::Normal], Full, 1, 90));
    // Rows beyond one block of the sweep.
    kinds.push(Recipe::new(&[F::Poisson, F::Normal, F::Categorical, F::Normal, F::Gamma], Full, 1, 300));
    kinds.push(Recipe::new(&[F::Normal, F::Bernoulli, F::LogNormal, F::Binomial(9)], Diagonal, 1, 90));
    kinds.push(Recipe { freeze_weights: true, ..Recipe::new(&[F::Poisson; 2], Diagonal, 1, 90) });
    for f in [F::Categorical, F::Bernoulli, F::Gamma] {
        kinds.push(Recipe { tie_items: true, ..Recipe::new(&[f; 3], Diagonal, 1, 90) });
    }
    let mut out = Vec::new();
    for (i, kind) in kinds.iter().enumerate() {
        for (j, (missing, weighted)) in
            [(false, false), (true, false), (false, true), (true, true)].into_iter().enumerate()
        {
            for components in 1..=3 {
                // One component is easy: once complete and once with holes will do.
                if components == 1 && weighted {
                    continue;
                }
                let seed = (100 * i + 10 * j + components) as u64;
                out.push(Recipe { components, missing, weighted, seed, ..kind.clone() });
            }
        }
    }
    out
}
