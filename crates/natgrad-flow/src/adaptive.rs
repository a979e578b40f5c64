//! The adaptive integrator: steps as long as the tolerances allow, points on a grid of times, events between them.

use crate::coordinates::Coordinates;
use crate::domain::slack;
use crate::field::Field;
use crate::flow::{End, Flow, Track, reason};
use crate::settings::{Domain, Method, Settings};
use differential_equations::control::ControlFlag;
use differential_equations::error::Error as SolverError;
use differential_equations::interpolate::Interpolation;
use differential_equations::methods::ExplicitRungeKutta;
use differential_equations::ode::{ODE, solve_ode};
use differential_equations::solout::Solout;
use differential_equations::solution::Solution;
use natgrad::Error;
use natgrad::geometry::Point;
use std::cell::{Cell, RefCell};

/// Most steps of a flow, accepted or not, besides one for every kept point: a flow that needs more is stiff, or its field
/// has a rank that nearly drops.
const MOST_STEPS: usize = 20_000;

/// Evaluations of the field that a step takes.
const EVALUATIONS: usize = 12;

/// Halvings that locate the time at which the box is left: below the rounding of the time itself.
const HALVINGS: usize = 60;

/// The field as the integrator sees it; where it does not exist, a velocity that no step accepts.
struct System<'f, 'a> {
    field: &'f Field<'a>,
    coordinates: Coordinates<'a>,
    /// The latest obstacle.
    obstacle: RefCell<Option<String>>,
    /// How often it was evaluated.
    evaluations: Cell<usize>,
}

impl ODE<f64, Vec<f64>> for System<'_, '_> {
    fn diff(&self, _: f64, y: &Vec<f64>, dydt: &mut Vec<f64>) {
        let at = self.coordinates.at(y);
        self.evaluations.set(self.evaluations.get() + 1);
        match self.field.motion(&at) {
            Ok(motion) => dydt.copy_from_slice(&self.coordinates.velocity(&at, &motion.velocity)),
            Err(e) => {
                *self.obstacle.borrow_mut() = Some(reason(&e));
                dydt.fill(f64::NAN);
            }
        }
    }
}

/// Listens to the integrator between two points.
struct Watch<'t, 'f, 'a> {
    field: &'f Field<'a>,
    coordinates: Coordinates<'a>,
    track: &'t mut Track<'f, 'a>,
    free: bool,
    tolerance: f64,
    settled: bool,
    /// The latest accepted state.
    accepted: (f64, Vec<f64>),
    /// The longest accepted step.
    longest: f64,
}

impl Watch<'_, '_, '_> {
    fn slack(&self, y: &[f64]) -> f64 {
        slack(self.field.network().network(), &self.coordinates.at(y))
    }
}

impl Solout<f64, Vec<f64>> for Watch<'_, '_, '_> {
    fn solout<I>(
        &mut self,
        now: f64,
        before: f64,
        y: &Vec<f64>,
        _: &Vec<f64>,
        interpolator: &mut I,
        _: &mut Solution<f64, Vec<f64>>,
    ) -> ControlFlag<f64, Vec<f64>>
    where
        I: Interpolation<f64, Vec<f64>> + ?Sized,
    {
        if y.iter().any(|x| !x.is_finite()) {
            return ControlFlag::Terminate;
        }
        self.longest = self.longest.max(now - before);
        self.accepted = (now, y.clone());
        if self.free && !self.track.has_left() && self.slack(y) < 0.0 {
            let (mut low, mut high) = (before, now);
            for _ in 0..HALVINGS {
                let middle = 0.5 * (low + high);
                match interpolator.interpolate(middle) {
                    Ok(y) if self.slack(&y) < 0.0 => high = middle,
                    Ok(_) => low = middle,
                    Err(_) => break,
                }
            }
            self.track.left(high);
        }
        if self.tolerance > 0.0 {
            let at = self.coordinates.at(y);
            let fall = self.field.motion(&at).ok().and_then(|m| self.field.descent(&at, &m.velocity));
            self.settled = fall.is_some_and(|fall| fall < self.tolerance);
            if self.settled {
                return ControlFlag::Terminate;
            }
        }
        ControlFlag::Continue
    }
}

/// Integrates from one kept point to the next: the integrator's own interpolant is less accurate than its steps.
///
/// # Errors
/// [`Error::Setting`] where the integrator refuses its settings.
pub(crate) fn run(field: &Field<'_>, start: &Point, settings: &Settings) -> Result<Flow, Error> {
    let Method::Adaptive { until, spacing, relative, absolute } = settings.method else {
        return Err(Error::Setting { problem: "not adaptive".into(), hint: "choose the adaptive method".into() });
    };
    let coordinates = Coordinates::new(field.network(), settings.domain);
    let system = System { field, coordinates, obstacle: RefCell::new(None), evaluations: Cell::new(0) };
    let at = field.network().at(start);
    let (mut state, mut track) = (coordinates.state(&at), Track::new(field, settings.every));
    let free = settings.domain == Domain::Free;
    if free && slack(field.network().network(), &at) < 0.0 {
        track.left(0.0);
    }
    track.push(0, 0.0, at);
    // The last point lies at the end exactly; a point less than rounding before it is that point.
    let last = (until / spacing * (1.0 - 1e-12)).ceil().max(1.0) as usize;
    let (mut step, mut from, mut first) = (0, 0.0, None::<f64>);
    while step < last {
        let next = (step - step % settings.every + settings.every).min(last);
        let to = if next == last { until } else { next as f64 * spacing };
        let mut watch = Watch {
            field,
            coordinates,
            track: &mut track,
            free,
            tolerance: settings.tolerance,
            settled: false,
            accepted: (from, state.clone()),
            longest: 0.0,
        };
        let left = (MOST_STEPS + step).saturating_sub(system.evaluations.get() / EVALUATIONS).max(1);
        let mut solver = ExplicitRungeKutta::dop853().rtol(relative).atol(absolute).max_steps(left);
        if let Some(first) = first {
            // Twice the longest step of the last stretch: a step too long is tried again.
            solver = solver.h0((2.0 * first).min(to - from));
        }
        let outcome = solve_ode(&mut solver, &system, from, to, &state, &mut watch);
        let Watch { settled, accepted: (reached, y), longest, .. } = watch;
        let arrived = is_at(reached, to);
        let end = match outcome {
            Ok(_) if settled => End::Settled,
            Ok(_) if arrived => {
                track.push(next, to, coordinates.at(&y));
                (step, from, state, first) = (next, to, y, Some(longest));
                continue;
            }
            Ok(_) => End::Stopped("a parameter is no longer finite".into()),
            Err(SolverError::BadInput { msg }) => {
                return Err(Error::Setting {
                    problem: msg,
                    hint: "check the end of the time and the tolerances".into(),
                });
            }
            Err(e) => End::Stopped(system.obstacle.take().unwrap_or_else(|| stuck(&e))),
        };
        if reached > from {
            track.push(next, reached, coordinates.at(&y));
        }
        return Ok(track.end(end));
    }
    Ok(track.end(End::Completed))
}

/// Whether a stretch has come to its end, up to the rounding of the sum of its steps.
fn is_at(reached: f64, to: f64) -> bool {
    (to - reached).abs() <= 1e-12 * (1.0 + to.abs())
}

fn stuck(e: &SolverError<f64, Vec<f64>>) -> String {
    match e {
        SolverError::MaxSteps { t, .. } => {
            format!("at time {t} the integrator has taken its {MOST_STEPS} steps: loosen the accuracy, or take Euler's")
        }
        SolverError::StepSize { t, .. } => format!("at time {t} no step is short enough for the tolerances"),
        SolverError::Stiffness { t, .. } => format!("at time {t} the flow becomes stiff"),
        _ => "the integrator gave up".into(),
    }
}
