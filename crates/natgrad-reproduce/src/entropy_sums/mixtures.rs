//! Mixtures of the project's families on real data, learnt by natural gradients.

use super::data::{self, column, columns};
use super::run::{Run, Step, contraction, verdict};
use crate::ReproduceError;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::engine::{Control, Progress, Settings, fit};
use natgrad::geometry::Point;
use natgrad::objective::Learning;

/// What learning stops at, nats per row of remaining gain; residuals are then below √(2 V) 1e-7.
const STOP: f64 = 1e-15;

/// Residuals at that stop: V is at most a few dozen.
pub const RESIDUAL: f64 = 2e-6;

pub struct Setup {
    pub name: &'static str,
    pub title: &'static str,
    pub cells: Vec<Vec<f64>>,
    pub levels: Option<usize>,
    pub spec: Spec,
}

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    setups().into_iter().map(|s| learn(&s)).collect()
}

fn of(name: &'static str, title: &'static str, family: FamilyName, k: usize, cells: Vec<Vec<f64>>) -> Setup {
    let spec = Spec::new(ModelName::Mixture, k, vec![family; cells.len()], CovarianceShape::Diagonal);
    Setup { name, title, cells, levels: None, spec }
}

fn normal(name: &'static str, title: &'static str, shape: CovarianceShape) -> Setup {
    let mut out = of(name, title, FamilyName::Normal, 2, columns(data::FAITHFUL));
    out.spec.covariance = shape;
    out
}

fn setups() -> Vec<Setup> {
    use CovarianceShape::{Diagonal, Full, Spherical, Tied};
    use FamilyName as F;
    let first = |text: &str, n: usize| columns(text).into_iter().take(n).collect::<Vec<_>>();
    let mixed = vec![column(data::NUCLEI, 0), column(data::NUCLEI, 1)];
    let mut answers =
        of("categorical-mixture", "Categorical mixture, answers", F::Categorical, 2, columns(data::ANSWERS));
    answers.levels = Some(6);
    let mut general = of("mixed-mixture", "Gamma and log-normal columns, cell nuclei", F::Gamma, 2, mixed);
    general.spec.families[1] = F::LogNormal;
    vec![
        normal("normal-mixture-spherical", "Normal mixture, spherical, geyser", Spherical),
        normal("normal-mixture-diagonal", "Normal mixture, diagonal, geyser", Diagonal),
        normal("normal-mixture-full", "Normal mixture, full, geyser", Full),
        normal("normal-mixture-tied", "Normal mixture, tied, geyser", Tied),
        of("bernoulli-mixture", "Bernoulli mixture, digits", F::Bernoulli, 3, first(data::BINARY_DIGITS, 20)),
        answers,
        of("exponential-mixture", "Exponential mixture, coal mining disasters", F::Exponential, 2, columns(data::COAL)),
        of("gamma-mixture", "Gamma mixture, cell nuclei", F::Gamma, 2, first(data::NUCLEI, 1)),
        of("poisson-mixture", "Poisson mixture, articles", F::Poisson, 2, columns(data::ARTICLES)),
        of("binomial-mixture", "Binomial mixture, grey digits", F::Binomial(64), 3, first(data::GREY_DIGITS, 8)),
        of("geometric-mixture", "Geometric mixture, absences", F::Geometric, 2, columns(data::ABSENCES)),
        of(
            "negative-binomial-mixture",
            "Negative binomial mixture, absences",
            F::NegativeBinomial(2.0),
            2,
            columns(data::ABSENCES),
        ),
        of("log-normal-mixture", "Log-normal mixture, cell nuclei", F::LogNormal, 2, first(data::NUCLEI, 1)),
        general,
    ]
}

/// Fits to a tight tolerance and gives every iteration.
pub fn path(learning: &Learning<'_>, start: Point, most: u64) -> Result<(Vec<Step>, Point), ReproduceError> {
    let settings = Settings { tolerance: STOP, max_iterations: most, ..Settings::default() };
    let outcome = fit(learning, &settings, Progress::at(start), &|_| Control::Continue)?;
    let mut path: Vec<Step> =
        outcome.progress.trace.iter().map(|r| Step { elbo: r.elbo, entropies: r.entropies }).collect();
    // With fresh beliefs.
    let last = Step { elbo: outcome.look.elbo, entropies: learning.entropies(&outcome.look) };
    path.push(last);
    Ok((path, outcome.look.point))
}

fn learn(setup: &Setup) -> Result<Run, ReproduceError> {
    let table = data::table(&setup.cells, setup.levels)?;
    let (described, base, profile) = Described::for_data(setup.spec.clone(), &table)?;
    let learning = described.learning(&table, base);
    let start = described.starts(&table, &profile, &[1])?.swap_remove(0);
    let mixture = described.mixture();
    let maps = mixture.maps(&start);
    let free = [mixture.free_of_maps(0), mixture.free_of_maps(1)];
    let contraction = Some(contraction(&learning, &maps, &free, &start)?);
    Ok(Run {
        name: setup.name,
        title: setup.title,
        criterion: verdict(&maps)?,
        criterion_holds: true,
        contraction,
        path: path(&learning, start.clone(), 3000)?.0,
        expected: (0.0, ""),
        tolerance: RESIDUAL,
    })
}
