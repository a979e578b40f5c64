//! Gradient flows in parameters, by fourth-order steps that shrink where a parameter moves fast.

use natgrad::Error;
use natgrad::geometry::{Point, Tangent};

/// Longest step.
const STEP: f64 = 2e-3;

/// Longest relative move of the parameters in one step: next to a non-proper point they move like the cube root of
/// time, and a fixed step would jump.
const MOVE: f64 = 0.02;

/// A flow line `(t, ξ)` from `start` to time `end`.
pub fn line(
    start: &[f64],
    end: f64,
    field: impl Fn(&Point) -> Result<Tangent, Error>,
) -> Result<Vec<(f64, Vec<f64>)>, Error> {
    let mut out = vec![(0.0, start.to_vec())];
    let (mut t, mut xi) = (0.0, start.to_vec());
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    while t < end {
        let at = |by: f64, k: &[f64]| Point(xi.iter().zip(k).map(|(x, k)| x + by * k).collect());
        let k1 = field(&Point(xi.clone()))?.0;
        let speed = norm(&k1);
        let mut step = STEP.min(end - t);
        if speed > 0.0 {
            step = step.min(MOVE * norm(&xi).max(1e-9) / speed);
        }
        let k2 = field(&at(step / 2.0, &k1))?.0;
        let k3 = field(&at(step / 2.0, &k2))?.0;
        let k4 = field(&at(step, &k3))?.0;
        for i in 0..xi.len() {
            xi[i] += step / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
        t = if end - t - step < 1e-12 { end } else { t + step };
        out.push((t, xi.clone()));
    }
    Ok(out)
}

/// The time at which `height` first passes `level`, interpolated; `None` if it never does.
pub fn time_to(line: &[(f64, Vec<f64>)], level: f64, height: impl Fn(&[f64]) -> f64) -> Option<f64> {
    line.windows(2).find_map(|w| {
        let (low, high) = (height(&w[0].1), height(&w[1].1));
        (low < level && high >= level).then(|| w[0].0 + (level - low) / (high - low) * (w[1].0 - w[0].0))
    })
}
