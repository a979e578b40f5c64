//! How the time is cut into steps, and what happens at the boundary.

use natgrad::Error;

/// What happens at the boundary of the simplex.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// Nothing: parameters may leave the unit box and joint probabilities become negative, as long as the field exists.
    /// Among the directions with the same visible effect the evidence takes the shortest in the parameters.
    Free,
    /// It is never crossed. Among the directions with the same visible effect the evidence takes the shortest in the
    /// joint Fisher metric, which is tangent to the boundary. Euler steps of a table's row end at EM's step at the
    /// latest; steps of the evidence end at nine tenths of the way to the boundary, and the time is shortened with
    /// them. The adaptive integrator works in log-ratios, which cannot leave.
    Keep,
}

/// How the flow is integrated.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Method {
    /// `ξ ← ξ + dt · u`.
    Euler {
        /// Length of a step, > 0.
        dt: f64,
        /// Number of steps.
        steps: usize,
    },
    /// Dormand and Prince's method of order 8 with error control; points lie on a grid of times.
    Adaptive {
        /// End of the time, > 0.
        until: f64,
        /// Distance of two points in time, > 0; the steps are as long as the tolerances allow.
        spacing: f64,
        /// Relative tolerance of a step.
        relative: f64,
        /// Absolute tolerance of a step.
        absolute: f64,
    },
}

/// Settings of a flow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// How it is integrated.
    pub method: Method,
    /// What happens at the boundary.
    pub domain: Domain,
    /// Every how many points one is kept; the first and the last always are.
    pub every: usize,
    /// The flow ends where its own divergence falls more slowly than this, in nats per unit of time; 0: never.
    pub tolerance: f64,
}

impl Default for Settings {
    /// The 499 Euler steps of 0.01 of the published figures, free, every point kept.
    fn default() -> Self {
        Settings { method: Method::Euler { dt: 0.01, steps: 499 }, domain: Domain::Free, every: 1, tolerance: 0.0 }
    }
}

/// Most points of a flow, kept or not.
const MOST_POINTS: f64 = 1e9;

impl Settings {
    /// # Errors
    /// [`Error::Setting`] for a number out of range.
    pub(crate) fn check(&self) -> Result<(), Error> {
        let bad = |what: &str, value: f64, hint: &str| {
            Err(Error::Setting { problem: format!("{what} is {value}"), hint: hint.into() })
        };
        let positive = |x: f64| x.is_finite() && x > 0.0;
        match self.method {
            Method::Euler { dt, .. } if !positive(dt) => {
                return bad("the time step", dt, "give a positive number, 0.01 say");
            }
            Method::Euler { steps: 0, .. } => return bad("the number of steps", 0.0, "take at least one"),
            Method::Euler { steps, .. } if steps as f64 > MOST_POINTS => {
                return bad("the number of steps", steps as f64, "take at most 1e9");
            }
            Method::Adaptive { until, .. } if !positive(until) => {
                return bad("the end of the time", until, "give a positive number, 5 say");
            }
            Method::Adaptive { spacing, .. } if !positive(spacing) => {
                return bad("the time between two points", spacing, "give a positive number, 0.01 say");
            }
            Method::Adaptive { until, spacing, .. } if until / spacing > MOST_POINTS => {
                return bad("the number of points", until / spacing, "take a larger time between two points");
            }
            Method::Adaptive { relative, absolute, .. } if !(positive(relative) && positive(absolute)) => {
                return bad("a tolerance", relative.min(absolute), "give positive numbers, 1e-10 say");
            }
            _ => {}
        }
        if self.every == 0 {
            return bad("the number of points between two kept ones", 0.0, "1 keeps every point");
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return bad("the rate at which the flow ends", self.tolerance, "0 never ends it early");
        }
        Ok(())
    }
}
