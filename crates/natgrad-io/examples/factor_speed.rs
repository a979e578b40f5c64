//! Seconds that a factor model takes, part by part: `cargo run --release -p natgrad-io --example factor_speed -- ppca FILE H`
//!
//! Reading, the closed form (for factor analysis: Newton's method in the noises), the fit from there with its sums over rows,
//! and certificates; of the fit, the sweep for the standard error of the entropy-sum residual is timed by itself too. One JSON line.

use natgrad::catalogue::factor::{FactorAnalysis, FactorSettings, summarise_factors};
use natgrad::engine::{Control, Progress, Settings, fit};
use natgrad::model::Want;
use natgrad_io::ReadOptions;
use std::time::Instant;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, file, latent] = &arguments[..] else {
        return Err("factor_speed ppca|factor-analysis FILE H".into());
    };
    let mut clock = Instant::now();
    let mut lap = || std::mem::replace(&mut clock, Instant::now()).elapsed().as_secs_f64();
    let rows = natgrad_io::open(&[file.into()], &ReadOptions::default())?;
    let read = lap();
    let settings = FactorSettings::new(model.parse()?, latent.parse()?);
    let (mut factors, _) = FactorAnalysis::for_data(settings, rows.as_ref())?;
    let (survey, patterns) = factors.survey(rows.as_ref())?;
    let start = factors.factors().start(&survey)?;
    let learning = factors.learning(rows.as_ref(), patterns.as_ref());
    let elbo = learning.look(&start, Want::Evidence)?.elbo;
    let closed_form = lap();
    let settings = Settings { tolerance: 1e-10, ..Settings::default() };
    let outcome = fit(&learning, &settings, Progress::at(start), &|_| Control::Continue)?;
    let climbed = lap();
    let summary = summarise_factors(&factors, &learning, &outcome.look, 1e-6, None)?;
    let certified = lap();
    learning.look_with_residuals(&outcome.look.point)?;
    let residuals = lap();
    println!(
        r#"{{"read": {read:.4}, "closed_form": {closed_form:.4}, "fit": {climbed:.4}, "certificates": {certified:.4}, "residuals": {residuals:.4}, "elbo_of_closed_form": {elbo}, "elbo": {}}}"#,
        summary.elbo
    );
    Ok(())
}
