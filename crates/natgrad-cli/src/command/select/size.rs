//! One size: what its fits say, and why it could not be compared where it could not.

use super::{Comparable, Found, HeldOut, Latent, Mean};
use crate::failure::Failure;
use natgrad::engine::Status;
use natgrad::model::Entropies;
use natgrad::rows::{RowSource, Table};
use serde::Serialize;

/// One line of the answer.
#[derive(Debug, Default, Serialize)]
pub struct Size {
    pub size: usize,
    pub elbo: Option<f64>,
    pub log_evidence: Option<f64>,
    pub parameters: Option<usize>,
    pub bic: Option<f64>,
    pub icl: Option<f64>,
    pub held_out: Option<f64>,
    /// Its standard error over the rows.
    pub held_out_error: Option<f64>,
    /// By how much it is below the best size, row by row.
    pub held_out_behind: Option<Mean>,
    pub status: Option<Status>,
    /// Why the fit ended so, where that needs words.
    pub why: Option<String>,
    /// Why the size, or its rows held out, could not be compared: one line.
    pub error: Option<String>,
    pub entropies: Option<Entropies>,
    pub latents: Vec<Latent>,
    /// What makes the numbers less than they seem.
    pub warnings: Vec<String>,
    #[serde(skip)]
    pub weight: Option<f64>,
    #[serde(skip)]
    pub rows: Option<HeldOut>,
    /// Whether a fit that is compared ended at the limit of its iterations or epochs.
    #[serde(skip)]
    pub unfinished: bool,
}

/// A failure with its hint in one line.
pub fn one_line(text: &str) -> String {
    text.replace("\nhint: ", "; ")
}

/// Rows for two fits of each size: all of them, and those that are left where some are held out.
pub struct Parts {
    pub whole: Table,
    pub train: Table,
    pub test: Table,
}

impl Size {
    /// Fits all rows, then those that are left, and asks for the evidence of those held out.
    pub fn of(model: &dyn Comparable, size: usize, parts: &Parts, line: impl Fn(Failure) -> String) -> Self {
        let found = match model.fit(size, &parts.whole, None) {
            Ok(found) => found,
            Err(f) => {
                return Size { size, error: Some(line(f)), ..Size::default() };
            }
        };
        let mut own = Size {
            size,
            elbo: Some(found.elbo),
            log_evidence: (!found.bound).then_some(found.elbo),
            parameters: Some(found.parameters),
            bic: found.bic(),
            icl: found.icl(),
            entropies: Some(found.entropies),
            weight: Some(found.weight),
            unfinished: found.status == Some(Status::IterationLimit),
            ..Size::default()
        };
        if found.is_sound() {
            match rows_held_out(model, size, parts, line) {
                Ok((rows, unfinished)) => {
                    let told = rows.mean();
                    own.held_out = told.map(|t| t.mean);
                    own.held_out_error = told.and_then(|t| t.error);
                    own.rows = Some(rows);
                    own.unfinished |= unfinished;
                }
                Err(why) => own.error = Some(format!("no rows held out to compare: {why}")),
            }
        } else {
            own.error = Some(diverged(&found));
        }
        Size { status: found.status, why: found.why, latents: found.latents, warnings: found.cautions, ..own }
    }

    /// Names of latent variables of no use.
    pub fn collapsed(&self) -> Vec<&str> {
        self.latents.iter().filter(|l| l.collapsed).map(|l| l.name.as_str()).collect()
    }
}

fn diverged(found: &Found) -> String {
    let why = found.why.as_deref().unwrap_or("the bound or the parameters are no longer finite");
    format!("diverged: {}", one_line(why))
}

/// What rows held out are given by a fit of the others, and whether that ended at its limit; or why there is nothing to compare.
fn rows_held_out(
    model: &dyn Comparable,
    size: usize,
    parts: &Parts,
    line: impl Fn(Failure) -> String,
) -> Result<(HeldOut, bool), String> {
    let (left, out) = (parts.train.rows(), parts.test.rows());
    if left == 0 || out == 0 {
        return Err(format!("of {} rows {out} are held out; give more", left + out));
    }
    let found =
        model.fit(size, &parts.train, Some(&parts.test)).map_err(|f| format!("fit of the other rows: {}", line(f)))?;
    if !found.is_sound() {
        return Err(format!("the fit of the other rows {}", diverged(&found)));
    }
    let rows = found.held_out.ok_or("the fit says nothing of them")?;
    match (rows.mean(), rows.impossible()) {
        (Some(m), _) if m.mean.is_finite() => Ok((rows, found.status == Some(Status::IterationLimit))),
        (_, (0, _)) => Err("none of the rows held out has a weight; give more rows, or another --seed".into()),
        (_, (seen, never)) => {
            Err(format!("{never} of {seen} rows held out have no probability under the fit of the others"))
        }
    }
}
