//! Data and models that several tests share.
#![allow(dead_code)]

pub mod nets;

use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use serde_json::Value;

/// A CSV file of the reference answers, column by column.
pub fn csv(path: &str, header: bool) -> Vec<Vec<f64>> {
    let file = format!("{}/../../oracles/{path}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"));
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for line in text.lines().skip(usize::from(header)) {
        for (d, cell) in line.split(',').enumerate() {
            if columns.len() <= d {
                columns.push(Vec::new());
            }
            columns[d].push(cell.trim().parse().unwrap_or(f64::NAN));
        }
    }
    columns
}

/// Columns `c1`, `c2`, …, of numbers or of `levels` levels.
pub fn columns_of(width: usize, levels: Option<usize>) -> Vec<Column> {
    let kind = levels.map_or(ColumnKind::Number, |l| ColumnKind::Levels((0..l).map(|l| l.to_string()).collect()));
    (0..width).map(|d| Column { name: format!("c{}", d + 1), kind: kind.clone(), missing: false }).collect()
}

/// Settings of a mixture of one family.
pub fn spec(
    model: ModelName,
    family: FamilyName,
    width: usize,
    components: usize,
    covariance: CovarianceShape,
) -> Spec {
    Spec {
        model,
        components,
        families: vec![family; width],
        covariance,
        covariance_floor: 0.0,
        tie_items: false,
        freeze_weights: false,
        freeze_covariances: false,
        charts: vec![],
    }
}

/// The model for a reference case.
pub fn described(family: &str, k: usize, hyper: &Value, table: &Table, case: &Value) -> (Described, f64) {
    use CovarianceShape::{Diagonal, Full, Spherical, Tied};
    let gaussian = ModelName::GaussianMixture;
    let (model, name, covariance) = match family {
        "gmm_full" => (gaussian, FamilyName::Normal, Full),
        "gmm_tied" => (gaussian, FamilyName::Normal, Tied),
        "gmm_diag" => (gaussian, FamilyName::Normal, Diagonal),
        "gmm_spherical" => (gaussian, FamilyName::Normal, Spherical),
        "bernoulli" => (ModelName::BernoulliMixture, FamilyName::Bernoulli, Diagonal),
        "binomial" => (ModelName::Mixture, FamilyName::Binomial(hyper["n"].as_u64().unwrap_or(1) as u32), Diagonal),
        "poisson" => (ModelName::PoissonMixture, FamilyName::Poisson, Diagonal),
        "categorical" => (ModelName::CategoricalMixture, FamilyName::Categorical, Diagonal),
        "exponential" => (ModelName::ExponentialMixture, FamilyName::Exponential, Diagonal),
        "gamma" => (ModelName::GammaMixture, FamilyName::Gamma, Diagonal),
        "lognormal" => (ModelName::Mixture, FamilyName::LogNormal, Diagonal),
        "geometric" => (ModelName::GeometricMixture, FamilyName::Geometric, Diagonal),
        "negbin" => {
            let r = hyper["r"].as_f64().unwrap_or(1.0);
            (ModelName::NegativeBinomialMixture, FamilyName::NegativeBinomial(r), Diagonal)
        }
        other => panic!("no family {other}"),
    };
    let mut spec = spec(model, name, table.columns().len(), k, covariance);
    let id = case["id"].as_str().unwrap_or("");
    spec.freeze_covariances = id == "counter_iris_fixed_variance";
    spec.freeze_weights = id == "counter_iris_weights_fixed_nonuniform" || id == "weights_fixed_uniform_iris";
    let (described, base, _) = Described::for_data(spec, table).expect("a model");
    (described, base)
}
