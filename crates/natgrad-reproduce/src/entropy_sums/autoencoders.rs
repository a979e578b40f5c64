//! Variational autoencoders: linear and not, normal outputs with every kind of variance, zeros and ones, and counts.

use super::autoencoder::{Autoencoder, RESIDUAL, gaussian};
use super::data::{self, columns, table};
use super::run::Run;
use super::{DERIVED, THEOREM};
use crate::{Claim, ReproduceError};
use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings};
use natgrad::engine::{recognise, reconstruct};
use natgrad::model::Want;
use natgrad::model::vae::{Architecture, ObservableName, PriorName, Variance};
use natgrad::rows::Table;

/// Rows of discrete data that are learnt at fixed nodes.
const FEW: usize = 200;

/// Latents of linear models on wine.
const LINEAR: usize = 2;
const WINE: usize = 13;
const IRIS: usize = 4;

fn rows(text: &str, width: usize) -> Result<Table, ReproduceError> {
    table(&columns(text).into_iter().take(width).collect::<Vec<_>>(), None)
}

fn wine(name: &'static str, title: &'static str, architecture: Architecture) -> Result<Autoencoder, ReproduceError> {
    Ok(Autoencoder { name, title, architecture, rows: rows(data::WINE, WINE)?, frozen: &[], decay: 0.0, seed: 1 })
}

fn iris(name: &'static str, title: &'static str, architecture: Architecture) -> Result<Autoencoder, ReproduceError> {
    let rows = rows(data::IRIS_STANDARD, IRIS)?;
    Ok(Autoencoder { name, title, architecture, rows, frozen: &[], decay: 0.01, seed: 2 })
}

/// Grey values in levels from 0 to 8.
fn levels(text: &str) -> Vec<Vec<f64>> {
    columns(text).iter().map(|c| c.iter().map(|x| (x / 8.0).round()).collect()).collect()
}

fn linear() -> Architecture {
    gaussian(WINE, LINEAR, true)
}

fn curved() -> Architecture {
    gaussian(IRIS, 1, false)
}

fn learnt_prior(of: Architecture) -> Architecture {
    Architecture { prior: PriorName::Learnt, ..of }
}

fn outputs(observable: ObservableName, of: Architecture) -> Architecture {
    Architecture { observable, ..of }
}

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    use ObservableName::{Bernoulli, Poisson};
    let per_column = Architecture { variance: Variance::Column, ..linear() };
    let network = Architecture { variance: Variance::Network, ..learnt_prior(curved()) };
    let mut out = vec![
        wine("vae-linear", "VAE, linear, wine", linear())?.run()?,
        wine("vae-linear-learnt-prior", "VAE, linear, prior learnt, wine", learnt_prior(linear()))?.run()?,
        wine("vae-linear-per-column", "VAE, linear, a variance for each column, wine", per_column)?.run()?,
        iris("vae-normal", "VAE, curved, prior learnt, irises", learnt_prior(curved()))?.run()?,
        iris("vae-normal-fixed-prior", "VAE, curved, prior N(0, 1), weight decay, irises", curved())?.run()?,
        iris("vae-normal-network", "VAE, variances from a network, weight decay, irises", network)?.run()?,
    ];
    out.push(held_encoder()?);
    let (digits, grey) = (columns(data::BINARY_DIGITS), levels(data::GREY_DIGITS));
    for (name, title, observable, cells) in [
        ("vae-bernoulli", "VAE, zeros and ones, weight decay, digits", Bernoulli, &columns(data::SMALL_DIGITS)[..8]),
        ("vae-poisson", "VAE, counts, weight decay, visits to physicians", Poisson, &columns(data::VISITS)[..]),
        ("vae-poisson-mismatch", "VAE, counts, weight decay, grey values that are no counts", Poisson, &grey[..6]),
    ] {
        let architecture = outputs(observable, gaussian(cells.len(), 1, false));
        let rows = table(&cells.iter().map(|c| c[..FEW].to_vec()).collect::<Vec<_>>(), None)?;
        let decay = if name == "vae-poisson" { 0.1 } else { 0.01 };
        out.push(Autoencoder { name, title, architecture, rows, frozen: &[], decay, seed: 3 }.run()?);
    }
    for (name, title, observable, cells) in [
        ("vae-bernoulli-sampled", "VAE, zeros and ones, by draws, digits", Bernoulli, &digits),
        ("vae-poisson-sampled", "VAE, counts, by draws, grey values that are no counts", Poisson, &grey),
    ] {
        let mut architecture = outputs(observable, gaussian(cells.len(), 2, false));
        (architecture.encoder, architecture.decoder) = (vec![16], vec![16]);
        let rows = table(cells, None)?;
        out.push(Autoencoder { name, title, architecture, rows, frozen: &[], decay: 0.0, seed: 4 }.sampled()?);
    }
    Ok(out)
}

/// An encoder that has never learnt anything does no harm where the prior is learnt.
fn held_encoder() -> Result<Run, ReproduceError> {
    let mut of = wine(
        "vae-frozen-encoder-learnt-prior",
        "VAE, linear, encoder frozen, prior learnt, wine",
        learnt_prior(linear()),
    )?;
    of.frozen = &["encoder"];
    let end = of.climb()?;
    Ok(of.told(end.path, (of.criterion(&["encoder"])?, true), None, (0.0, ""), RESIDUAL))
}

/// Variance fixed; encoder frozen; first layer frozen.
pub fn counterexamples() -> Result<(Vec<Run>, Vec<Claim>), ReproduceError> {
    let (mut runs, mut claims) = (Vec::new(), Vec::new());
    runs.push(fixed_variance()?);
    let mut frozen = wine("vae-frozen-encoder", "VAE, linear, encoder frozen, prior N(0, I), wine", linear())?;
    frozen.frozen = &["encoder"];
    runs.push(untempered(&frozen, &["encoder"])?);
    let mut first = iris("vae-frozen-first-layer", "VAE, curved, decoder's first layer frozen, irises", curved())?;
    first.frozen = &["decoder.0"];
    runs.push(untempered(&first, &["first-layer-weights", "first-layer-bias"])?);
    for run in &runs {
        let claim = format!("{}: and that is not small", run.title);
        claims.push(Claim::at_least(claim, DERIVED, 1e-3, run.expected.0.abs()));
    }
    claims.push(linear_is_ppca()?);
    Ok((runs, claims))
}

/// `F − ES = D/2 − S/(2 σ²)`, `S = E|x − W z − μ|²`: distances to reconstructions and the beliefs' spread through `W`.
fn fixed_variance() -> Result<Run, ReproduceError> {
    const FIXED: f64 = 0.5;
    let architecture = Architecture { variance: Variance::Fixed(FIXED), ..linear() };
    let of = wine("vae-fixed-variance", "VAE, linear, variance fixed at 0.5, wine", architecture)?;
    let end = of.climb()?;
    let (_, deviations) = recognise(&end.vae, &of.rows, &end.at)?;
    let means = reconstruct(&end.vae, &of.rows, &end.at)?;
    let cells = columns(data::WINE);
    let n = cells[0].len() as f64;
    let far: f64 = cells.iter().flatten().zip(means.iter().flatten()).map(|(x, m)| (x - m).powi(2)).sum::<f64>() / n;
    let layer = end.vae.decoder().last();
    let length = |l: usize| (0..WINE).map(|d| end.at[layer.weights + d * LINEAR + l].powi(2)).sum::<f64>();
    let spread: f64 = (0..LINEAR).map(|l| length(l) * deviations[l].iter().map(|s| s * s).sum::<f64>() / n).sum();
    let closed = 0.5 * WINE as f64 - 0.5 * (far + spread) / FIXED;
    let why = "D/2 − S/(2 s²), S the mean square of what is not explained";
    Ok(of.told(end.path, (of.criterion(&["variance"])?, false), None, (closed, why), RESIDUAL))
}

/// Where beliefs and first layer cannot make up for a prior that is held: `F − ES = ½ Σ (1 − E z²)`.
fn untempered(of: &Autoencoder, freeze: &[&str]) -> Result<Run, ReproduceError> {
    let end = of.climb()?;
    let (means, deviations) = recognise(&end.vae, &of.rows, &end.at)?;
    let n = means[0].len() as f64;
    let square = |x: &[Vec<f64>]| x.iter().flatten().map(|x| x * x).sum::<f64>() / n;
    let closed = 0.5 * (means.len() as f64 - square(&means) - square(&deviations));
    let why = "½ Σ (1 − E z²), z the latents";
    Ok(of.told(end.path, (of.criterion(freeze)?, false), None, (closed, why), RESIDUAL))
}

/// A linear model ends where probabilistic PCA does.
fn linear_is_ppca() -> Result<Claim, ReproduceError> {
    let of = wine("vae-linear", "VAE, linear, wine", linear())?;
    let rows = &of.rows;
    let (mut fa, _) = FactorAnalysis::for_data(FactorSettings::new(FactorName::Ppca, LINEAR), rows)?;
    let (survey, _) = fa.survey(rows)?;
    let start = fa.factors().start(&survey)?;
    let evidence = fa.learning(rows, None).look(&start, Want::Evidence)?.elbo;
    // A maximum with slopes below 1e-9 is off by their squares.
    Ok(Claim::equal(
        "VAE, linear, wine: ELBO at the end is the evidence of probabilistic PCA",
        THEOREM,
        evidence,
        of.climb()?.sums.elbo(),
        1e-9,
    ))
}
