//! `natgrad criterion`: would a model's ELBO become a sum of entropies, and what would have to be learnt for that?

mod maps;

use super::fit::Structure;
use crate::failure::Failure;
use crate::kind::vae::{Observables, Priors};
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::criterion::{Criterion, Finding, Remedy, Settings, check};
use std::path::PathBuf;

/// Ask whether a model's ELBO is a sum of entropies wherever it is stationary. No data are needed.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Model: those of `natgrad list`, and ppca, factor-analysis, sigmoid-belief-net, sparse-coding, vae.
    #[arg(value_name = "MODEL")]
    model: String,
    #[command(flatten)]
    structure: Structure,
    /// Network file (.bif or .json), for `bayes-net`.
    #[arg(long, value_name = "FILE")]
    network: Option<PathBuf>,
    /// Hidden nodes of the network.
    #[arg(long, value_delimiter = ',', value_name = "A,B,…")]
    hidden: Vec<String>,
    /// Layers of hidden variables, for `sigmoid-belief-net`.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=20))]
    layers: Option<u8>,
    /// Distribution of the outputs, for `vae`.
    #[arg(long, value_enum)]
    observable: Option<Observables>,
    /// Variances of Gaussian outputs, for `vae`: scalar, column, network, softplus (of the network) or fixed:V.
    #[arg(long, value_name = "KIND")]
    variance: Option<String>,
    /// Prior of the latents, for `vae`.
    #[arg(long, visible_alias = "prior", value_enum)]
    latent_prior: Option<Priors>,
    /// Seed of the points that are looked at.
    #[arg(long, value_name = "S", default_value_t = 0)]
    seed: u64,
}

/// What the criterion says of a model as it comes, without any option; `None` where it needs a file (a network).
pub fn as_it_comes(model: &str) -> Result<Option<Criterion>, Failure> {
    if model == crate::kind::network::BAYES_NET {
        return Ok(None);
    }
    let arguments = Arguments {
        model: model.into(),
        structure: Structure::default(),
        network: None,
        hidden: Vec::new(),
        layers: None,
        observable: None,
        variance: None,
        latent_prior: None,
        seed: 0,
    };
    Ok(Some(check(&maps::of(&arguments)?, &Settings::default())?))
}

/// Answers 1 where the criterion does not hold.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let maps = maps::of(arguments)?;
    let found = check(&maps, &Settings { seed: arguments.seed, ..Settings::default() })?;
    if out.json {
        out.document(&found)?;
    } else {
        print(&found, out)?;
    }
    Ok(u8::from(!found.holds))
}

fn print(found: &Criterion, out: &Output) -> Result<(), Failure> {
    out.result(&table(found))?;
    sentences(found).try_for_each(|s| out.result(&s))
}

/// The parts, a line each.
pub fn table(found: &Criterion) -> String {
    let rows = found.parts.iter().map(row).collect();
    plain(&["part", "criterion", "out of reach", "learnt", "held", "would help"], rows)
}

/// What follows, in words.
pub fn sentences(found: &Criterion) -> impl Iterator<Item = String> {
    found.parts.iter().filter(|p| !p.holds).map(Finding::sentence).chain([found.sentence()])
}

fn row(part: &Finding) -> Vec<String> {
    let learnt: Vec<&str> = part.direction.iter().map(|b| b.name.as_str()).collect();
    let held: Vec<&str> =
        part.parameters.iter().map(|b| b.name.as_str()).filter(|name| !learnt.contains(name)).collect();
    let help = match &part.remedy {
        Remedy::NotNeeded => String::new(),
        Remedy::Learn { one_of } => format!("learning {}", one_of.join(" or ")),
        Remedy::LearnTogether { all } => format!("learning {}", all.join(" and ")),
        Remedy::Nothing => "another parametrisation".into(),
    };
    let rescue = if part.base_measure.is_some() { "a base measure" } else { "" };
    let help = [help.as_str(), rescue].into_iter().filter(|h| !h.is_empty()).collect::<Vec<_>>().join("; ");
    let verdict = if part.holds { "holds" } else { "fails" };
    vec![part.part.clone(), verdict.into(), short(part.residual), learnt.join(", "), held.join(", "), help]
}
