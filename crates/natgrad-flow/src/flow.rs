//! A flow from start to end: its points, and how it ended.

use crate::field::Field;
use crate::settings::{Method, Settings};
use crate::{adaptive, euler};
use natgrad::Error;
use natgrad::geometry::Point;
use natgrad::network::Objective;
use natgrad::network::{At, Enumerated, Target};

/// How a flow ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// At the end of its time.
    Completed,
    /// Where its divergence falls more slowly than the tolerance.
    Settled,
    /// Before the end, for the reason given: the last point is the last one that exists.
    Stopped(String),
}

/// A flow: one entry per kept point.
#[derive(Debug, Clone, PartialEq)]
pub struct Flow {
    /// Number of the point.
    pub step: Vec<usize>,
    /// Time.
    pub time: Vec<f64>,
    /// Parameters, points × parameters.
    pub parameters: Vec<Vec<f64>>,
    /// `D(q_V‖p_V)`, nats; `NaN` where a visible probability is negative.
    pub divergence: Vec<f64>,
    /// `p_V`, points × visible states.
    pub visible: Vec<Vec<f64>>,
    /// The first time at which a table entry is negative.
    pub left_domain_at: Option<f64>,
    /// How it ended.
    pub end: End,
}

/// Follows the gradient of an objective from a start.
///
/// # Errors
/// [`Error::Setting`] and [`Error::Data`] as [`Field::new`], and for settings out of range. What happens on the way is
/// no error: the flow ends there and says why.
///
/// # Source
/// Ay, van Oostrum, Datar, "On the Natural Gradient of the Evidence Lower Bound" (2025).
pub fn flow(
    of: &Enumerated<'_>,
    objective: Objective,
    target: &Target,
    start: &Point,
    settings: &Settings,
) -> Result<Flow, Error> {
    settings.check()?;
    let field = Field::new(of, objective, target, start, settings.domain)?;
    match settings.method {
        Method::Euler { dt, steps } => Ok(euler::run(&field, start, dt, steps, settings)),
        Method::Adaptive { .. } => adaptive::run(&field, start, settings),
    }
}

/// The points of a flow in the making.
pub(crate) struct Track<'f, 'a> {
    field: &'f Field<'a>,
    every: usize,
    flow: Flow,
    /// The latest point, where it was not kept.
    last: Option<(usize, f64, At)>,
}

impl<'f, 'a> Track<'f, 'a> {
    pub(crate) fn new(field: &'f Field<'a>, every: usize) -> Self {
        let flow = Flow {
            step: Vec::new(),
            time: Vec::new(),
            parameters: Vec::new(),
            divergence: Vec::new(),
            visible: Vec::new(),
            left_domain_at: None,
            end: End::Completed,
        };
        Track { field, every, flow, last: None }
    }

    /// Adds a point, kept if its number says so.
    pub(crate) fn push(&mut self, step: usize, time: f64, at: At) {
        if step.is_multiple_of(self.every) {
            self.last = None;
            self.keep(step, time, at);
        } else {
            self.last = Some((step, time, at));
        }
    }

    /// Says when the unit box was left, once.
    pub(crate) fn left(&mut self, time: f64) {
        self.flow.left_domain_at.get_or_insert(time);
    }

    pub(crate) fn has_left(&self) -> bool {
        self.flow.left_domain_at.is_some()
    }

    fn keep(&mut self, step: usize, time: f64, at: At) {
        self.flow.step.push(step);
        self.flow.time.push(time);
        self.flow.divergence.push(self.field.divergence(&at));
        self.flow.parameters.push(at.point.0);
        self.flow.visible.push(at.visible);
    }

    /// The flow, its last point kept.
    pub(crate) fn end(mut self, end: End) -> Flow {
        if let Some((step, time, at)) = self.last.take() {
            self.keep(step, time, at);
        }
        self.flow.end = end;
        self.flow
    }
}

/// The first line of an error, for [`End::Stopped`].
pub(crate) fn reason(e: &Error) -> String {
    e.to_string().lines().next().unwrap_or_default().to_string()
}
