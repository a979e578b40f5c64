//! The way to the top of a smooth objective of which some coordinates may be held: quasi-Newton steps, all points kept.

use super::run::Step;
use crate::ReproduceError;
use natgrad::ascent::quasi_newton;
use natgrad::catalogue::criterion::{LatentModel, LatentSettings, latent_maps};
use natgrad::criterion::{Criterion, Settings, check};
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::objective::Learning;

/// What learning stops at: the largest slope, nats per row.
pub const SLOPE: f64 = 1e-9;

/// Value and slope at a point.
pub type Objective<'a> = &'a mut dyn FnMut(&[f64]) -> Result<(f64, Vec<f64>), natgrad::Error>;

/// Points on the way up from `start`, the start first; coordinates for which `learnt` is false stay.
pub fn climb(
    start: Vec<f64>,
    learnt: &[bool],
    most: u64,
    objective: Objective<'_>,
) -> Result<Vec<Vec<f64>>, ReproduceError> {
    let mut path = vec![start.clone()];
    let mut masked = |at: &[f64]| {
        let (value, mut slope) = objective(at)?;
        slope.iter_mut().zip(learnt).filter(|(_, l)| !**l).for_each(|(g, _)| *g = 0.0);
        Ok((value, slope))
    };
    quasi_newton(start, SLOPE, most, &mut masked, &mut |here| {
        path.push(here.at.clone());
        true
    })?;
    Ok(path)
}

/// The same for a model of the library and its rows.
pub fn climb_model(
    learning: &Learning<'_>,
    start: &Point,
    learnt: impl Fn(usize) -> bool,
    most: u64,
) -> Result<(Vec<Step>, Point), ReproduceError> {
    let learnt: Vec<bool> = (0..start.0.len()).map(learnt).collect();
    let points = climb(start.0.clone(), &learnt, most, &mut |at| {
        // A step outside the domain is no error: it is too long.
        let Ok(look) = learning.look(&Point(at.to_vec()), Want::Statistics) else {
            return Ok((f64::NEG_INFINITY, vec![0.0; at.len()]));
        };
        Ok((look.elbo, learning.gradient(&look).0))
    })?;
    let path = points.iter().map(|p| step(learning, p)).collect::<Result<_, _>>()?;
    Ok((path, Point(points[points.len() - 1].clone())))
}

fn step(learning: &Learning<'_>, at: &[f64]) -> Result<Step, ReproduceError> {
    let look = learning.look(&Point(at.to_vec()), Want::Statistics)?;
    Ok(Step { elbo: look.elbo, entropies: learning.entropies(&look) })
}

/// What the criterion says of a model with hidden variables of which some blocks are frozen.
pub fn verdict_of(
    model: LatentModel,
    freeze: &[&str],
    more: impl Fn(&mut LatentSettings),
) -> Result<Criterion, ReproduceError> {
    let mut settings = LatentSettings::new(model);
    settings.freeze = freeze.iter().map(ToString::to_string).collect();
    more(&mut settings);
    Ok(check(&latent_maps(&settings)?, &Settings::default())?)
}
