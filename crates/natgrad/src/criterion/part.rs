//! One part at several random parameter points: does it meet the criterion, with which direction, and what would help?

use super::rows::{Goal, Rows};
use super::solve::solve;
use super::{Derivatives, Finding, NamedValues, NaturalMap, Parameter, Remedy, Role, Settings, States, base_measure};
use crate::Error;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Residuals with exact derivatives: rounding reaches 1e-12 where a Jacobian is badly conditioned, violations begin
/// above 1e-4.
const EXACT: f64 = 1e-10;

/// Residuals with finite differences, whose error is about 1e-11 times the condition of the Jacobian.
const DIFFERENCES: f64 = 1e-6;

/// Columns of the blocks that `take` chooses.
pub(super) fn columns(parameters: &[Parameter], take: impl Fn(usize, &Parameter) -> bool) -> Vec<usize> {
    let mut first = 0;
    let mut out = Vec::new();
    for (b, block) in parameters.iter().enumerate() {
        if take(b, block) {
            out.extend(first..first + block.length);
        }
        first += block.length;
    }
    out
}

pub(super) struct Subject<'a> {
    pub name: &'a str,
    pub role: Role,
    pub map: &'a dyn NaturalMap,
    pub goal: Goal,
}

/// Points and states at which a part is looked at.
pub(super) struct Probes {
    pub points: Vec<Vec<f64>>,
    pub states: States,
}

impl Subject<'_> {
    /// As many states as parameters, twice, and some: fewer equations than unknowns would be met by anything.
    pub fn probes(&self, settings: &Settings) -> Probes {
        let d: usize = self.map.parameters().iter().map(|p| p.length).sum();
        let mut rng = ChaCha8Rng::seed_from_u64(settings.seed);
        let points = (0..settings.points.max(1)).map(|_| self.map.draw(&mut rng)).collect();
        let states = self.map.states(&mut rng, 2 * d + 8);
        Probes { points, states }
    }

    pub fn tolerance(&self, derivatives: Derivatives) -> f64 {
        match derivatives {
            Derivatives::Given => EXACT,
            Derivatives::FiniteDifferences => DIFFERENCES,
        }
    }

    fn refuse_few(&self, rows: &Rows, states: &States, rank: usize) -> Result<(), Error> {
        let null = self.map.null_directions().len();
        let equations = rows.target.len().saturating_sub(null * states.list().len());
        let drawn = matches!(states, States::Drawn(_));
        if drawn && equations <= rank {
            return Err(Error::Setting {
                problem: format!("{}: {equations} equations for parameters of rank {rank} decide nothing", self.name),
                hint: "give more states (`states` is told how many are wanted), or more points of a density".into(),
            });
        }
        Ok(())
    }

    /// The largest residual over the points with the given columns.
    fn worst(&self, all: &[Rows], chosen: &[usize]) -> Result<f64, Error> {
        all.iter().try_fold(0.0f64, |worst, rows| Ok(worst.max(solve(&rows.columns(chosen), &rows.target)?.residual)))
    }

    pub fn examine(&self, settings: &Settings) -> Result<Finding, Error> {
        let parameters = self.map.parameters();
        let probes = self.probes(settings);
        let states = probes.states.list();
        if states.is_empty() {
            return Err(Error::Setting {
                problem: format!("{}: there is no state to look at", self.name),
                hint: "`states` gives at least one; a prior has one empty state".into(),
            });
        }
        let all: Vec<Rows> = probes
            .points
            .iter()
            .map(|p| Rows::of(self.name, self.map, &[p], states, self.goal))
            .collect::<Result<_, _>>()?;
        let derivatives = all.iter().map(|r| r.derivatives).max().unwrap_or(Derivatives::Given);
        let tolerance = settings.tolerance.unwrap_or_else(|| self.tolerance(derivatives));
        let learnt = columns(&parameters, |_, p| p.learnable);
        let (mut residual, mut rank, mut first) = (0.0f64, 0, Vec::new());
        for rows in &all {
            let found = solve(&rows.columns(&learnt), &rows.target)?;
            self.refuse_few(rows, &probes.states, found.rank)?;
            residual = residual.max(found.residual);
            rank = rank.max(found.rank);
            if first.is_empty() {
                first = found.x;
            }
        }
        let holds = residual <= tolerance;
        let remedy = if holds { Remedy::NotNeeded } else { self.remedy(&all, &parameters, tolerance)? };
        let base_measure = match (holds, self.goal) {
            (false, Goal::Natural) => base_measure::find(self, &probes, &parameters, tolerance, settings)?,
            _ => None,
        };
        Ok(Finding {
            part: self.name.into(),
            role: self.role,
            holds,
            residual,
            tolerance,
            derivatives,
            equations: all[0].target.len(),
            rank,
            parameters: named(&parameters, |_| true, &probes.points[0]),
            direction: named(&parameters, |p| p.learnable, &first),
            remedy,
            but_for_prior: false,
            base_measure,
        })
    }

    /// Tries every fixed block by itself, then all together, then as few of these as will do.
    fn remedy(&self, all: &[Rows], parameters: &[Parameter], tolerance: f64) -> Result<Remedy, Error> {
        let fixed: Vec<usize> = (0..parameters.len()).filter(|&b| !parameters[b].learnable).collect();
        let enough = |more: &[usize]| -> Result<bool, Error> {
            let chosen = columns(parameters, |b, p| p.learnable || more.contains(&b));
            Ok(self.worst(all, &chosen)? <= tolerance)
        };
        let names = |of: &[usize]| of.iter().map(|&b| parameters[b].name.clone()).collect::<Vec<_>>();
        let mut one_of = Vec::new();
        for &b in &fixed {
            if enough(&[b])? {
                one_of.push(b);
            }
        }
        if !one_of.is_empty() {
            return Ok(Remedy::Learn { one_of: names(&one_of) });
        }
        if fixed.len() < 2 || !enough(&fixed)? {
            return Ok(Remedy::Nothing);
        }
        let mut kept = fixed.clone();
        for &b in &fixed {
            let fewer: Vec<usize> = kept.iter().copied().filter(|&k| k != b).collect();
            if enough(&fewer)? {
                kept = fewer;
            }
        }
        Ok(Remedy::LearnTogether { all: names(&kept) })
    }
}

/// Values cut into blocks by their names.
fn named(parameters: &[Parameter], take: impl Fn(&Parameter) -> bool, values: &[f64]) -> Vec<NamedValues> {
    let mut first = 0;
    parameters
        .iter()
        .filter(|p| take(p))
        .map(|p| {
            let own = values[first..first + p.length].to_vec();
            first += p.length;
            NamedValues { name: p.name.clone(), values: own }
        })
        .collect()
}
