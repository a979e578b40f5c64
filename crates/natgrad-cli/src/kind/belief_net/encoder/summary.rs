//! What a fit or a check of a net with an encoder says, as JSON and in words.

use super::super::SIGMOID_BELIEF_NET;
use super::super::rows::unit_names;
use super::file::Pair;
use crate::failure::Failure;
use crate::output::Output;
use crate::table::with_error;
use natgrad::diagnose::{Certificate, Verdict};
use natgrad::model::sigmoid_belief_net::encoder::Evaluation;
use serde_json::{Value, json};

/// Standard errors that a residual may be away from zero: one of sixteen thousand normal draws is further.
const ERRORS: f64 = 4.0;

/// Most collapsed units that one warning names.
const MOST_NAMED: usize = 6;

/// What is known at the end.
pub struct Findings<'a> {
    /// Net and encoder.
    pub pair: &'a Pair,
    /// ELBO and entropies.
    pub evaluation: &'a Evaluation,
    /// The bound of many samples: mean over rows, its standard error, samples per row.
    pub bound: (f64, f64, usize),
    /// Largest residual that an unfinished climb may leave beside what draws do.
    pub tolerance: f64,
    /// `diverged`, `iteration-limit`, …
    pub status: Option<&'a str>,
    /// Epochs and the seed.
    pub run: Option<(u64, u64)>,
    /// What is to be known beside it.
    pub warnings: Vec<String>,
}

impl Findings<'_> {
    /// Whether the bound is a sum of entropies.
    pub fn certificate(&self) -> Certificate {
        let e = self.evaluation;
        let tolerance = (ERRORS * e.residual_error).max(self.tolerance);
        let alone = e.rows < 2 || !tolerance.is_finite();
        let (verdict, said, end) = if alone {
            // Draws of one row do not say how far they are from others.
            (Verdict::NotApplicable, "not tested", "a standard error over the rows takes more than one")
        } else if e.residual.abs() <= tolerance {
            let end = "log-odds are linear in the parameters, so all can be scaled at once";
            (Verdict::Holds, "not refuted", end)
        } else {
            (Verdict::Fails, "refuted", "learning has not ended")
        };
        let error = if alone { String::new() } else { format!(" (standard error {:.1e})", e.residual_error) };
        Certificate {
            name: "entropy-sum".into(),
            verdict,
            value: Some(e.residual),
            tolerance: if tolerance.is_finite() { tolerance } else { self.tolerance },
            why: format!("{said}: ELBO − entropy sum = {:.1e} nats per row{error}; {end}", e.residual),
            source: "Lücke and Warnken, On the Convergence of the ELBO to Entropy Sums (arXiv 2209.03077)".into(),
        }
    }

    /// The document.
    pub fn document(&self) -> Value {
        let (e, model) = (self.evaluation, &self.pair.model);
        let names = unit_names(&model.settings().layers);
        let collapsed: Vec<&String> = e.collapsed.iter().filter_map(|u| names.get(*u)).collect();
        let columns: Vec<&String> = model.columns().iter().map(|c| &c.name).collect();
        // One row has no standard error.
        let told = |error: f64| (e.rows > 1).then_some(error);
        json!({
            "model": SIGMOID_BELIEF_NET,
            "recognition": "encoder",
            "settings": {"layers": model.settings().layers},
            "rows": e.rows,
            "weight": e.weight,
            "columns": columns,
            "status": self.status,
            "iterations": self.run.map(|r| r.0),
            "passes": self.run.map(|r| r.0 as f64),
            "elbo": e.importance,
            "elbo_error": told(e.importance_error),
            "draws": e.samples,
            "elbo_of_one_draw": e.elbo,
            "log_evidence": null,
            "importance_bound": {"value": self.bound.0, "error": told(self.bound.1), "draws": self.bound.2},
            "entropy_sum": e.entropies.sum(),
            "entropies": e.entropies,
            "residual": {"value": e.residual, "standard_error": e.residual_error},
            "remaining": null,
            "stationarity": null,
            "information": null,
            "certificates": [self.certificate()],
            "units": {"names": names, "divergences": e.divergences, "collapsed": collapsed, "threshold": e.threshold},
            "parameters": model.parameters(&self.pair.point),
            "warnings": self.warnings,
            "seed": self.run.map(|r| r.1),
            "version": env!("CARGO_PKG_VERSION"),
        })
    }

    /// Prints; answers whether no certificate fails.
    pub fn show(&self, out: &Output) -> Result<bool, Failure> {
        let (e, certificate) = (self.evaluation, self.certificate());
        let names = unit_names(&self.pair.model.settings().layers);
        self.warnings.iter().for_each(|w| out.warn(w));
        if !e.collapsed.is_empty() {
            let first: Vec<&str> = e.collapsed.iter().take(MOST_NAMED).map(|u| names[*u].as_str()).collect();
            let more = e.collapsed.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            out.warn(&format!(
                "collapsed: {}{more}; beliefs differ from what the layer above says by less than {} nats per row",
                first.join(", "),
                e.threshold
            ));
        }
        if out.json {
            out.document(&self.document())?;
        } else {
            let (h, layers) = (e.entropies, &self.pair.model.settings().layers);
            let layers: Vec<String> = layers.iter().map(usize::to_string).collect();
            out.result(&format!(
                "{SIGMOID_BELIEF_NET} with an encoder, hidden layers {}: {} rows{}\nELBO of {} draws {} nats per row; of one \
                 draw {:.4}; bound of {} draws {}\nentropy sum {:.4}: recognition {:.4} − prior {:.4} − observable \
                 {:.4}\n{}: {}",
                layers.join(", "),
                e.rows,
                self.status.map_or(String::new(), |s| format!(", {s}")),
                e.samples,
                with_error(e.importance, e.importance_error),
                e.elbo,
                self.bound.2,
                with_error(self.bound.0, self.bound.1),
                h.sum(),
                h.recognition,
                h.prior,
                h.observable,
                certificate.name,
                certificate.why
            ))?;
        }
        Ok(certificate.verdict != Verdict::Fails)
    }
}
