//! What a fit or a check of an autoencoder says, as JSON and in words.

use super::VAE;
use super::short_climb::ShortClimb;
use super::words::{give_or_take, told, unknown, without_elbo};
use crate::failure::Failure;
use crate::output::Output;
use crate::table::{short, with_error};
use natgrad::diagnose::{Certificate, Verdict};
use natgrad::engine::{Evaluation, ImportanceBound};
use natgrad::model::vae::Vae;
use serde_json::{Value, json};

/// What is known at the end.
pub struct Findings<'a> {
    /// The model.
    pub vae: &'a Vae,
    /// Its parameters.
    pub at: &'a [f64],
    /// Names of the columns.
    pub columns: &'a [String],
    /// ELBO and entropies.
    pub evaluation: &'a Evaluation,
    /// The importance-weighted bound.
    pub bound: ImportanceBound,
    /// Standard error of the residual; 0 where nothing is drawn.
    pub residual_error: f64,
    /// The residual that weight decay explains.
    pub known_residual: f64,
    /// Largest residual that rounding and an unfinished climb may leave.
    pub tolerance: f64,
    /// Columns (from 0) whose variance is held by the floor.
    pub held: &'a [usize],
    /// `converged`, `iteration-limit` (all epochs are done), …
    pub status: Option<&'a str>,
    /// What the data say about the options.
    pub advice: Option<String>,
    /// What a short climb from here gains.
    pub climb: Option<ShortClimb>,
    /// Epochs and the seed.
    pub run: Option<(u64, u64)>,
}

/// Largest residual that rounding leaves, where nothing is drawn.
pub const EXACT: f64 = 1e-6;

/// Standard errors that a residual may be away from zero: one of sixteen thousand normal draws is further.
const ERRORS: f64 = 4.0;

/// Share of the entropies that a residual must be told to, at least: where its error is larger, it tests nothing.
const TOLD: f64 = 0.1;

/// Standard error of the ELBO, as a share of it, from which on a few rows are all that counts; and the rows that this takes.
const OUTWEIGHED: f64 = 0.5;
const FEW: u64 = 30;

impl Findings<'_> {
    /// Whether the ELBO is a sum of entropies.
    pub fn certificate(&self) -> Certificate {
        let residual = self.evaluation.sums.residual() - self.known_residual;
        let tolerance = (ERRORS * self.residual_error).max(self.tolerance);
        let condition = self.vae.condition();
        let explained = if self.known_residual == 0.0 {
            String::new()
        } else {
            format!(", beside {:.2e} that weight decay explains", self.known_residual)
        };
        let (verdict, why) = if !condition.holds {
            (Verdict::NotApplicable, format!("{} (ELBO − entropy sum = {residual:.2e})", condition.why))
        } else if let Some(column) = self.held.first() {
            let name = self.columns.get(*column).map_or("", String::as_str);
            let why = format!(
                "the variance of column \"{name}\" is held by the floor, so the residual {residual:.2e} does not vanish"
            );
            (Verdict::NotApplicable, why)
        } else if !residual.is_finite() {
            (Verdict::NotApplicable, "the ELBO of these rows is not finite: there is nothing to compare".into())
        } else if !tolerance.is_finite() {
            let why = format!(
                "ELBO − entropy sum = {residual:.2e} nats per row, by draws whose standard error is not known ({}): that neither \
                 holds nor refutes",
                unknown(residual, self.evaluation.sums.rows)
            );
            (Verdict::NotApplicable, why)
        } else if tolerance > self.tolerance.max(TOLD * self.size()) {
            let why = format!(
                "not tested: ELBO − entropy sum = {residual:.1e} nats per row, and its standard error {:.1e} is too large to say anything",
                self.residual_error
            );
            (Verdict::NotApplicable, why)
        } else if residual.abs() <= tolerance {
            let chance = residual.abs() <= (ERRORS * self.residual_error).max(EXACT);
            let why = format!(
                "not refuted: ELBO − entropy sum = {residual:.1e} nats per row (standard error {:.1e}){explained}; {}",
                self.residual_error,
                if chance {
                    condition.why
                } else {
                    format!("within the tolerance of {:.0e}, beyond chance", self.tolerance)
                }
            );
            (Verdict::Holds, why)
        } else {
            let why = format!(
                "refuted: ELBO − entropy sum = {residual:.2e} nats per row (standard error {:.1e}){explained}: learning has not ended",
                self.residual_error
            );
            (Verdict::Fails, why)
        };
        Certificate {
            name: "entropy-sum".into(),
            verdict,
            value: Some(residual),
            tolerance: if tolerance.is_finite() { tolerance } else { self.tolerance },
            why,
            source: "Lücke and Warnken, On the Convergence of the ELBO to Entropy Sums (arXiv 2209.03077)".into(),
        }
    }

    /// Nats that the entropies are about.
    fn size(&self) -> f64 {
        let e = self.evaluation.sums.entropies();
        1.0 + e.recognition.abs() + e.prior.abs() + e.observable.abs()
    }

    /// All certificates.
    fn certificates(&self) -> Vec<Certificate> {
        let climb = self.climb.as_ref().map(|c| c.certificate(self.tolerance));
        std::iter::once(self.certificate()).chain(climb).collect()
    }

    /// What deserves a word beside the verdict.
    fn warnings(&self) -> Vec<String> {
        let mut all = Vec::new();
        let (latents, columns) = (self.vae.architecture().latents, self.vae.architecture().columns);
        if latents > columns {
            all.push(format!(
                "{latents} latents for {columns} column{}: fitted as asked, though fewer would do; those of no use collapse",
                if columns == 1 { "" } else { "s" }
            ));
        }
        if self.status == Some("diverged") {
            all.push(
                "the fit diverged, and the parameters are the last that were finite: give a smaller --learning-rate, or \
                 --optimiser natural"
                    .into(),
            );
        }
        let sums = &self.evaluation.sums;
        all.extend(without_elbo(sums, self.evaluation.beyond));
        if sums.rows >= FEW && sums.elbo_error().is_finite() && sums.elbo_error() > OUTWEIGHED * sums.elbo().abs() {
            all.push(format!(
                "a few rows outweigh all others in the ELBO, whose standard error is {}: look for cells far from the rest",
                short(sums.elbo_error())
            ));
        }
        all.extend(self.advice.clone());
        let names: Vec<String> = self.evaluation.collapsed.iter().map(|l| (l + 1).to_string()).collect();
        if !names.is_empty() {
            all.push(format!(
                "latent{} {} collapsed: beliefs differ from the prior by less than {} nats per row",
                if names.len() == 1 { "" } else { "s" },
                names.join(", "),
                self.evaluation.threshold
            ));
        }
        all
    }

    /// The document.
    pub fn document(&self) -> Value {
        let e = self.evaluation;
        let entropies = e.sums.entropies();
        let collapsed: Vec<usize> = e.collapsed.iter().map(|l| l + 1).collect();
        json!({
            "model": VAE,
            "rows": e.sums.rows,
            "columns": self.columns,
            "status": self.status,
            "iterations": self.run.map(|r| r.0),
            "passes": self.run.map(|r| r.0 as f64),
            "elbo": e.sums.elbo(),
            "elbo_error": e.sums.elbo_error(),
            "log_evidence": null,
            "importance_bound": {
                "value": self.bound.mean,
                "error": self.bound.error,
                "draws": self.bound.draws,
                "rows": self.bound.rows,
            },
            "entropy_sum": entropies.sum(),
            "entropies": entropies,
            "remaining": null,
            "stationarity": null,
            "information": null,
            "short_climb": self.climb,
            "certificates": self.certificates(),
            "warnings": self.warnings(),
            "latents": {"divergences": e.divergences, "collapsed": collapsed, "threshold": e.threshold},
            "parameters": {
                "settings": self.vae.architecture(),
                "count": self.vae.parameters(),
                "prior_log_variances": self.vae.prior_log_variances(self.at),
            },
            "seed": self.run.map(|r| r.1),
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// Prints; answers whether no certificate fails.
    pub fn show(&self, out: &Output) -> Result<bool, Failure> {
        let certificates = self.certificates();
        self.warnings().iter().for_each(|w| out.warn(w));
        if out.json {
            out.document(&self.document())?;
        } else {
            let (sums, entropies) = (&self.evaluation.sums, self.evaluation.sums.entropies());
            let error = sums.elbo_error();
            let told = |x: f64| told(x, error);
            let verdicts: Vec<String> = certificates.iter().map(|c| format!("{}: {}", c.name, c.why)).collect();
            out.result(&format!(
                "{VAE}: {} row{}{}\nELBO {}; importance-weighted bound ({} draws{}) {}\nentropy sum {}: \
                 recognition {} − prior {} − observable {} + base measure {}\n{}",
                sums.rows,
                if sums.rows == 1 { "" } else { "s" },
                self.status.map_or(String::new(), |s| format!(", {s}")),
                give_or_take(sums.elbo(), error, sums.rows),
                self.bound.draws,
                if self.bound.rows < sums.rows { format!(", {} rows", self.bound.rows) } else { String::new() },
                if self.bound.mean.is_nan() {
                    "not known".into()
                } else {
                    with_error(self.bound.mean, self.bound.error)
                },
                told(entropies.sum()),
                told(entropies.recognition),
                told(entropies.prior),
                told(entropies.observable),
                told(entropies.base_measure),
                verdicts.join("\n")
            ))?;
        }
        Ok(certificates.iter().all(|c| c.verdict != Verdict::Fails))
    }
}
