//! Probabilistic PCA and factor analysis: learnt, with gaps, on data of another kind, and in closed form.

use super::climb::verdict_of;
use super::data::{self, columns, table};
use super::mixtures::{RESIDUAL, path};
use super::run::Run;
use super::{DERIVED, THEOREM};
use crate::{Claim, ReproduceError};
use natgrad::catalogue::criterion::LatentModel;
use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings};
use natgrad::linalg::{Matrix, symmetric};
use natgrad::model::{LatentModel as _, Want};
use natgrad::rows::{Column, ColumnKind, Table};
use serde_json::json;
use std::f64::consts::{E, PI};

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    let whole = |text: &str| table(&columns(text), None);
    let first = |text: &str, n: usize| table(&columns(text).into_iter().take(n).collect::<Vec<_>>(), None);
    Ok(vec![
        learn("ppca", "Probabilistic PCA, wine", FactorName::Ppca, 3, &whole(data::WINE)?)?,
        learn(
            "ppca-mismatch",
            "Probabilistic PCA, zeros and ones of digits",
            FactorName::Ppca,
            2,
            &first(data::SMALL_DIGITS, 12)?,
        )?,
        learn("ppca-gaps", "Probabilistic PCA, a seventh of the cells missing, irises", FactorName::Ppca, 2, &gaps()?)?,
        learn("factor-analysis", "Factor analysis, wine", FactorName::FactorAnalysis, 2, &whole(data::WINE)?)?,
    ])
}

/// Irises without every seventh cell.
fn gaps() -> Result<Table, ReproduceError> {
    let mut cells = columns(data::IRIS);
    let width = cells.len();
    for (d, column) in cells.iter_mut().enumerate() {
        column.iter_mut().enumerate().filter(|(n, _)| (n * width + d) % 7 == 3).for_each(|(_, x)| *x = f64::NAN);
    }
    let column = |d: usize| Column { name: format!("c{}", d + 1), kind: ColumnKind::Number, missing: true };
    Ok(Table::from_columns((0..width).map(column).collect(), &cells, None)?)
}

fn learn(
    name: &'static str,
    title: &'static str,
    model: FactorName,
    latent: usize,
    rows: &Table,
) -> Result<Run, ReproduceError> {
    let (mut fa, _) = FactorAnalysis::for_data(FactorSettings::new(model, latent), rows)?;
    let (survey, patterns) = fa.survey(rows)?;
    // The closed form would be there at once: learning starts elsewhere.
    let start = fa.factors().random(&survey, 3);
    let learning = fa.learning(rows, patterns.as_ref());
    let look = learning.look(&start, Want::Statistics)?;
    let slope = learning.gradient(&look).along(&fa.factors().tempering(&start));
    let of = if model == FactorName::Ppca { LatentModel::Ppca } else { LatentModel::FactorAnalysis };
    Ok(Run {
        name,
        title,
        criterion: verdict_of(of, &[], |_| {})?,
        criterion_holds: true,
        contraction: Some(slope),
        path: path(&learning, start.clone(), 3000)?.0,
        expected: (0.0, ""),
        tolerance: RESIDUAL,
    })
}

/// Eigenvalues (ascending) and eigenvectors of the covariance.
fn spectrum(cells: &[Vec<f64>]) -> Result<symmetric::Eigen, ReproduceError> {
    let n = cells[0].len() as f64;
    let means: Vec<f64> = cells.iter().map(|c| c.iter().sum::<f64>() / n).collect();
    let entry = |i: usize, j: usize| {
        cells[i].iter().zip(&cells[j]).map(|(a, b)| (a - means[i]) * (b - means[j])).sum::<f64>() / n
    };
    symmetric::eigen(&Matrix::from_fn(cells.len(), cells.len(), entry)).ok_or_else(|| {
        natgrad::Error::Data { problem: "a cell is not finite".into(), hint: "check the data".into() }.into()
    })
}

/// What needs no learning: the maximum by eigenvalues, and the saddles at which columns of loadings are zero.
pub fn closed_forms() -> Result<Vec<Claim>, ReproduceError> {
    let mut out = Vec::new();
    // Eight rows of covariance diag(5, 3, 1, 0.5).
    let corners: Vec<Vec<f64>> = [5.0f64, 3.0, 1.0, 0.5]
        .iter()
        .enumerate()
        .map(|(i, l)| {
            let mut x = vec![0.0; 8];
            (x[2 * i], x[2 * i + 1]) = (2.0 * l.sqrt(), -2.0 * l.sqrt());
            x
        })
        .collect();
    let known = Some(-6.7420971609);
    for (title, cells, kept, known) in [
        ("Probabilistic PCA, eigenvalues 5, 3, 1 and 0.5", corners, 2, known),
        ("Probabilistic PCA, irises", columns(data::IRIS), 2, None),
        ("Probabilistic PCA, wine", columns(data::WINE), 3, None),
    ] {
        out.extend(at_zero_columns(title, &cells, kept, known)?);
    }
    Ok(out)
}

/// The stationary points with so many and with fewer columns of loadings that are not zero.
fn at_zero_columns(
    title: &str,
    cells: &[Vec<f64>],
    latent: usize,
    known: Option<f64>,
) -> Result<Vec<Claim>, ReproduceError> {
    let rows = table(cells, None)?;
    let (fa, _) = FactorAnalysis::for_data(FactorSettings::new(FactorName::Ppca, latent), &rows)?;
    let learning = fa.learning(&rows, None);
    let spectrum = spectrum(cells)?;
    let width = cells.len();
    let means: Vec<f64> = cells.iter().map(|c| c.iter().sum::<f64>() / c.len() as f64).collect();
    let (mut out, mut top) = (Vec::new(), f64::NAN);
    for kept in (0..=latent).rev() {
        let rest = &spectrum.values[..width - kept];
        let noise = rest.iter().sum::<f64>() / rest.len() as f64;
        let weight = |d: usize, h: usize| match h < kept {
            true => (spectrum.values[width - 1 - h] - noise).sqrt() * spectrum.vectors[(d, width - 1 - h)],
            false => 0.0,
        };
        let loadings: Vec<Vec<f64>> = (0..width).map(|d| (0..latent).map(|h| weight(d, h)).collect()).collect();
        let at = fa.point(&json!({"mean": means, "loadings": loadings, "noise": noise}))?;
        let look = learning.look(&at, Want::Curvature)?;
        let residual = look.elbo - learning.entropies(&look).sum();
        let what = match latent - kept {
            0 => title.to_string(),
            1 => format!("{title}, one column of loadings zero"),
            n => format!("{title}, {n} columns of loadings zero"),
        };
        let slope = learning.gradient(&look).0.iter().fold(0.0f64, |m, g| m.max(g.abs()));
        // Sums of a few hundred rows of terms of size 10.
        out.push(Claim::equal(format!("{what}: largest slope"), DERIVED, 0.0, slope, 1e-11));
        out.push(Claim::equal(format!("{what}: ELBO less entropy sum"), THEOREM, 0.0, residual, 1e-11));
        if kept == latent {
            top = look.elbo;
            let d = width as f64;
            let logs: f64 = spectrum.values[width - kept..].iter().map(|l| l.ln()).sum();
            let closed = -0.5 * (d * (2.0 * PI * E).ln() + logs + (d - kept as f64) * noise.ln());
            out.push(Claim::equal(format!("{what}: ELBO from eigenvalues"), DERIVED, closed, look.elbo, 1e-10));
            if let Some(known) = known {
                out.push(Claim::equal(format!("{what}: ELBO"), DERIVED, known, look.elbo, 1e-9));
            }
        } else {
            out.push(Claim::at_least(
                format!("{what}: nats per row below the maximum"),
                DERIVED,
                0.01,
                top - look.elbo,
            ));
            let least = fa
                .factors()
                .information(&at, &look.statistics)
                .and_then(|i| symmetric::eigen(&i.blocks[0].observed).map(|e| e.values[0]));
            let claim = format!("{what}: least eigenvalue of the observed information (a saddle)");
            out.push(Claim::at_most(claim, DERIVED, -1e-3, least.unwrap_or(f64::NAN)));
        }
    }
    Ok(out)
}
