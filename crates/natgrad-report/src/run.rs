//! A run as the page needs it: read leniently from `summary.json`, so that no summary is refused.

use crate::trace::TraceRow;
use serde_json::Value;

/// The three answers of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Not refuted.
    Holds,
    /// Refuted.
    Fails,
    /// Its conditions are not met.
    NotApplicable,
}

/// A verdict with its evidence.
#[derive(Debug, Clone, PartialEq)]
pub struct Certificate {
    /// Name.
    pub name: String,
    /// The verdict; an unknown word reads as not applicable.
    pub verdict: Verdict,
    /// The number it rests on.
    pub value: Option<f64>,
    /// What the number was compared with.
    pub tolerance: Option<f64>,
    /// One sentence.
    pub why: String,
    /// Where the theory is.
    pub source: String,
}

/// Numbers of negative, zero and positive eigenvalues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Inertia {
    /// Negative ones: uphill directions.
    pub negative: usize,
    /// Those that cannot be told from zero: flat directions.
    pub zero: usize,
    /// Positive ones.
    pub positive: usize,
}

/// The information spectrum, relative to complete data.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Information {
    /// Eigenvalues of the observed information, ascending; empty where not computed.
    pub eigenvalues: Vec<f64>,
    /// Eigenvalues of the empirical Fisher matrix, ascending; empty where not computed.
    pub empirical: Vec<f64>,
    /// Signs of the observed ones.
    pub inertia: Option<Inertia>,
    /// `2 max √(λ(1−λ))`, in `[0, 1]`.
    pub defect: Option<f64>,
    /// What weighs most in each flat or negative direction.
    pub directions: Vec<String>,
    /// Why there is nothing.
    pub why: Option<String>,
}

/// The entropies at the end, nats per row.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Entropies {
    /// Of the recognition distributions.
    pub recognition: Option<f64>,
    /// Of the prior.
    pub prior: Option<f64>,
    /// Of the observables.
    pub observable: Option<f64>,
    /// Mean log base measure.
    pub base_measure: Option<f64>,
}

/// Several starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Restarts {
    /// How many were run.
    pub tried: usize,
    /// How many agree with the best.
    pub agreeing: usize,
    /// Total nats that count as agreement.
    pub within: Option<f64>,
    /// ELBO of each, nats per row; `None` where one collapsed.
    pub elbos: Vec<Option<f64>>,
}

/// What is known of a node of a network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NodeLine {
    /// Its name.
    pub name: String,
    /// Whether no row shows it.
    pub hidden: bool,
    /// Whether its table was kept.
    pub frozen: bool,
    /// Visible share of the information about its table, in `[0, 1]`, the other tables known.
    pub alone: Option<f64>,
    /// The same with the other tables learnt.
    pub with_others: Option<f64>,
    /// Its share of the entropy-sum residual, nats per row.
    pub residual: Option<f64>,
    /// Rows of its table that no row of the data reaches.
    pub unvisited: Vec<String>,
    /// Entries that are 0.
    pub zeros: usize,
}

/// A latent variable of a model of bounds.
#[derive(Debug, Clone, PartialEq)]
pub struct LatentLine {
    /// Its number, from 1.
    pub number: usize,
    /// Mean divergence of its beliefs from the prior, nats per row.
    pub told: f64,
    /// Whether it has collapsed: the beliefs are the prior.
    pub collapsed: bool,
}

/// An SVG file of the run folder, to be shown in the page.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Its heading.
    pub title: String,
    /// What is to be seen.
    pub caption: String,
    /// The file's text.
    pub svg: String,
}

/// A run folder's contents.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// Model name.
    pub model: String,
    /// Number of rows.
    pub rows: Option<u64>,
    /// Total weight of the rows; the number of rows where they have none.
    pub weight: Option<f64>,
    /// Column names.
    pub columns: Vec<String>,
    /// How the fit ended, as the summary words it; `None` for a check.
    pub status: Option<String>,
    /// Why it ended so.
    pub why: Option<String>,
    /// Iterations; epochs where it was learnt by minibatches.
    pub iterations: Option<u64>,
    /// Whether it was learnt by epochs of minibatches: its ELBO then has a standard error.
    pub by_epochs: bool,
    /// Full sweeps over the data.
    pub passes: Option<f64>,
    /// ELBO, nats per row.
    pub elbo: Option<f64>,
    /// Log-evidence, nats per row.
    pub log_evidence: Option<f64>,
    /// `recognition − prior − observable + base_measure`, nats per row.
    pub entropy_sum: Option<f64>,
    /// The entropies.
    pub entropies: Entropies,
    /// Estimated remaining gain, nats per row.
    pub remaining: Option<f64>,
    /// Squared norm of the natural gradient, nats per row.
    pub stationarity: Option<f64>,
    /// The spectrum.
    pub information: Information,
    /// The verdicts.
    pub certificates: Vec<Certificate>,
    /// Parameters in the form of model files.
    pub parameters: Value,
    /// Standard errors in the same shape, `null` where there are none.
    pub standard_errors: Value,
    /// Robust standard errors in the same shape.
    pub robust_errors: Value,
    /// Why there are no standard errors, or not all.
    pub standard_errors_why: Option<String>,
    /// A network's nodes; empty for other models.
    pub nodes: Vec<NodeLine>,
    /// Flat directions along which no distribution changes (rotations of factors).
    pub turning: usize,
    /// The text of an SVG file with the network; set by those who read the folder.
    pub picture: Option<String>,
    /// Latent variables and what the rows tell of each; empty where the summary has none.
    pub latents: Vec<LatentLine>,
    /// Below so many nats per row a latent variable has collapsed.
    pub latent_threshold: Option<f64>,
    /// Pictures of what was learnt; set by those who read the folder.
    pub pictures: Vec<Picture>,
    /// Several starts.
    pub restarts: Option<Restarts>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// Seed.
    pub seed: Option<u64>,
    /// Version that fitted.
    pub version: Option<String>,
    /// One line per iteration.
    pub trace: Vec<TraceRow>,
}

fn number(v: &Value) -> Option<f64> {
    v.as_f64().filter(|x| x.is_finite())
}

fn count(v: &Value) -> usize {
    v.as_u64().unwrap_or(0) as usize
}

fn text(v: &Value) -> Option<String> {
    v.as_str().map(String::from)
}

fn list<T>(v: &Value, read: impl Fn(&Value) -> Option<T>) -> Vec<T> {
    v.as_array().map(|items| items.iter().filter_map(read).collect()).unwrap_or_default()
}

fn certificate(v: &Value) -> Option<Certificate> {
    Some(Certificate {
        name: text(&v["name"])?,
        verdict: match v["verdict"].as_str() {
            Some("holds") => Verdict::Holds,
            Some("fails") => Verdict::Fails,
            _ => Verdict::NotApplicable,
        },
        value: number(&v["value"]),
        tolerance: number(&v["tolerance"]),
        why: text(&v["why"]).unwrap_or_default(),
        source: text(&v["source"]).unwrap_or_default(),
    })
}

fn information(v: &Value) -> Information {
    let signs = &v["inertia"];
    Information {
        eigenvalues: list(&v["eigenvalues"], number),
        empirical: list(&v["empirical_fisher"], number),
        inertia: signs.is_object().then(|| Inertia {
            negative: count(&signs["negative"]),
            zero: count(&signs["zero"]),
            positive: count(&signs["positive"]),
        }),
        defect: number(&v["defect"]),
        directions: list(&v["directions"], text),
        why: text(&v["why"]),
    }
}

fn node(v: &Value) -> Option<NodeLine> {
    Some(NodeLine {
        name: text(&v["node"])?,
        hidden: v["hidden"] == true,
        frozen: v["frozen"] == true,
        alone: number(&v["visible"]["alone"]),
        with_others: number(&v["visible"]["with_others"]),
        residual: number(&v["residual"]),
        unvisited: list(&v["unvisited"], text),
        zeros: count(&v["zeros"]),
    })
}

fn latents(v: &Value) -> Vec<LatentLine> {
    let collapsed: Vec<usize> = list(&v["collapsed"], |l| Some(l.as_u64()? as usize));
    let lines = list(&v["divergences"], number).into_iter().zip(1..);
    lines.map(|(told, number)| LatentLine { number, told, collapsed: collapsed.contains(&number) }).collect()
}

impl Run {
    /// From `summary.json` and the lines of `trace.csv` (empty where there is none).
    ///
    /// What the summary lacks, or has in another form than expected, is taken as missing.
    pub fn from_folder(summary: &Value, trace: Vec<TraceRow>) -> Run {
        let s = summary;
        let rows = s["rows"].as_u64();
        let restarts = &s["restarts"];
        Run {
            model: text(&s["model"]).unwrap_or_else(|| "model".into()),
            rows,
            weight: number(&s["weight"]).or(rows.map(|n| n as f64)),
            columns: list(&s["columns"], text),
            status: text(&s["status"]),
            why: text(&s["why"]),
            iterations: s["iterations"].as_u64(),
            by_epochs: s["elbo_error"].is_number(),
            passes: number(&s["passes"]),
            elbo: number(&s["elbo"]),
            log_evidence: number(&s["log_evidence"]),
            entropy_sum: number(&s["entropy_sum"]),
            entropies: Entropies {
                recognition: number(&s["entropies"]["recognition"]),
                prior: number(&s["entropies"]["prior"]),
                observable: number(&s["entropies"]["observable"]),
                base_measure: number(&s["entropies"]["base_measure"]),
            },
            remaining: number(&s["remaining"]),
            stationarity: number(&s["stationarity"]),
            information: information(&s["information"]),
            certificates: list(&s["certificates"], certificate),
            parameters: s["parameters"].clone(),
            standard_errors: s["standard_errors"].clone(),
            robust_errors: s["standard_errors_robust"].clone(),
            standard_errors_why: text(&s["standard_errors_why"]),
            restarts: restarts.is_object().then(|| Restarts {
                tried: count(&restarts["tried"]),
                agreeing: count(&restarts["agreeing"]),
                within: number(&restarts["within"]),
                elbos: list(&restarts["elbos"], |e| Some(number(e))),
            }),
            nodes: list(&s["nodes"], node),
            turning: count(&s["gram"]["rotations"]),
            picture: None,
            latents: latents(&s["latents"]),
            latent_threshold: number(&s["latents"]["threshold"]),
            pictures: Vec::new(),
            warnings: list(&s["warnings"], text),
            seed: s["seed"].as_u64(),
            version: text(&s["version"]),
            trace,
        }
    }

    /// Nats per row times the total weight: nats in all.
    pub(crate) fn in_all(&self, per_row: Option<f64>) -> Option<f64> {
        Some(per_row? * self.weight?)
    }

    /// The certificate of a name.
    pub(crate) fn certificate(&self, name: &str) -> Option<&Certificate> {
        self.certificates.iter().find(|c| c.name == name)
    }
}
