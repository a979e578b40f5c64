//! The linear system of a part at given parameters: what is to be reached, and what the parameters reach.

use super::{Derivatives, NaturalMap};
use crate::Error;
use crate::linalg::Matrix;

/// What the parameters are to move.
#[derive(Debug, Clone, Copy)]
pub(super) enum Goal {
    /// `η(z)`: tempering.
    Natural,
    /// `η(z) − ½ ∂η(eˢz)/∂s`: tempering while the posterior of a standard normal prior is scaled by half as much.
    HalfScaled,
    /// `(m, 1)` for an encoder of so many means: scaling of the posterior.
    Scaling(usize),
}

/// Rows of several parameter points and states, null directions taken out.
#[derive(Debug, Clone)]
pub(super) struct Rows {
    pub jacobian: Matrix,
    pub target: Vec<f64>,
    /// Natural parameters per state.
    pub coordinates: usize,
    pub derivatives: Derivatives,
}

fn bad(problem: String, hint: &str) -> Error {
    Error::Data { problem, hint: hint.into() }
}

fn natural(part: &str, map: &dyn NaturalMap, theta: &[f64], state: &[f64]) -> Result<Vec<f64>, Error> {
    let eta = map.natural(theta, state);
    match eta.iter().position(|e| !e.is_finite()) {
        Some(i) => Err(bad(
            format!("{part}: natural parameter {} is {}", i + 1, eta[i]),
            "parameters and states have to lie inside the domain: check `draw` and `states`",
        )),
        None => Ok(eta),
    }
}

/// A derivative at 0 by central differences of two lengths and Richardson's extrapolation, entry by entry.
fn differences(f: impl Fn(f64) -> Result<Vec<f64>, Error>, h: f64) -> Result<Vec<f64>, Error> {
    let (a, b, c, d) = (f(h)?, f(-h)?, f(0.5 * h)?, f(-0.5 * h)?);
    Ok((0..a.len()).map(|i| (4.0 * (c[i] - d[i]) / h - (a[i] - b[i]) / (2.0 * h)) / 3.0).collect())
}

/// `∂η/∂Θ`, given or by differences (error about 1e-11 of the natural parameters).
fn jacobian(
    part: &str,
    map: &dyn NaturalMap,
    theta: &[f64],
    state: &[f64],
    n: usize,
) -> Result<(Matrix, Derivatives), Error> {
    if let Some(j) = map.jacobian(theta, state) {
        if (j.nrows(), j.ncols()) != (n, theta.len()) {
            return Err(bad(
                format!(
                    "{part}: the Jacobian is {} × {} where {n} × {} is expected",
                    j.nrows(),
                    j.ncols(),
                    theta.len()
                ),
                "one row per natural parameter, one column per parameter",
            ));
        }
        return Ok((j, Derivatives::Given));
    }
    let mut out = Matrix::zeros(n, theta.len());
    let mut moved = theta.to_vec();
    for j in 0..theta.len() {
        // A thousandth of the parameter keeps its sign; near zero a small step of its own.
        let h = (1e-3 * theta[j].abs()).max(1e-5);
        let column = {
            let at = std::cell::RefCell::new(&mut moved);
            differences(
                |t| {
                    let mut at = at.borrow_mut();
                    at[j] = theta[j] + t;
                    natural(part, map, &at, state)
                },
                h,
            )?
        };
        moved[j] = theta[j];
        column.iter().enumerate().for_each(|(i, x)| out[(i, j)] = *x);
    }
    Ok((out, Derivatives::FiniteDifferences))
}

fn along_state(
    part: &str,
    map: &dyn NaturalMap,
    theta: &[f64],
    state: &[f64],
) -> Result<(Vec<f64>, Derivatives), Error> {
    if let Some(found) = map.along_state(theta, state) {
        return Ok((found, Derivatives::Given));
    }
    let scaled = |s: f64| natural(part, map, theta, &state.iter().map(|z| z * s.exp()).collect::<Vec<_>>());
    Ok((differences(scaled, 1e-3)?, Derivatives::FiniteDifferences))
}

/// An orthonormal basis of the null directions.
fn basis(part: &str, map: &dyn NaturalMap, n: usize) -> Result<Vec<Vec<f64>>, Error> {
    let mut out: Vec<Vec<f64>> = Vec::new();
    for mut v in map.null_directions() {
        if v.len() != n {
            return Err(bad(
                format!("{part}: a null direction has {} entries where there are {n} natural parameters", v.len()),
                "one entry per natural parameter",
            ));
        }
        let before = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        out.iter().for_each(|u| remove(u, &mut v));
        let length = v.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length > 1e-10 * before {
            v.iter_mut().for_each(|x| *x /= length);
            out.push(v);
        }
    }
    Ok(out)
}

fn remove(unit: &[f64], v: &mut [f64]) {
    let along: f64 = unit.iter().zip(v.iter()).map(|(u, v)| u * v).sum();
    unit.iter().zip(v).for_each(|(u, v)| *v -= along * u);
}

impl Rows {
    /// The rows of a part at each of the parameter points, in every state.
    pub fn of(
        part: &str,
        map: &dyn NaturalMap,
        points: &[&[f64]],
        states: &[Vec<f64>],
        goal: Goal,
    ) -> Result<Rows, Error> {
        let d: usize = map.parameters().iter().map(|p| p.length).sum();
        let mut parts: Vec<(Matrix, Vec<f64>)> = Vec::new();
        let mut derivatives = Derivatives::Given;
        let mut coordinates = None;
        for theta in points {
            if theta.len() != d {
                return Err(bad(
                    format!("{part}: {} parameters where the blocks add up to {d}", theta.len()),
                    "`draw` gives one number per parameter",
                ));
            }
            for state in states {
                let eta = natural(part, map, theta, state)?;
                let n = eta.len();
                if *coordinates.get_or_insert(n) != n {
                    return Err(bad(
                        format!("{part}: {n} natural parameters in one state and another number in another"),
                        "give the same list in every state",
                    ));
                }
                let null = basis(part, map, n)?;
                let (mut j, mut how) = jacobian(part, map, theta, state, n)?;
                let mut target = eta.clone();
                match goal {
                    Goal::Natural => {}
                    Goal::HalfScaled => {
                        let (along, also) = along_state(part, map, theta, state)?;
                        how = how.max(also);
                        target.iter_mut().zip(along).for_each(|(t, a)| *t -= 0.5 * a);
                    }
                    Goal::Scaling(means) => target.iter_mut().skip(means).for_each(|t| *t = 1.0),
                }
                derivatives = derivatives.max(how);
                let size = target.iter().map(|t| t * t).sum::<f64>().sqrt();
                for unit in &null {
                    remove(unit, &mut target);
                    for c in 0..d {
                        let along: f64 = (0..n).map(|i| unit[i] * j[(i, c)]).sum();
                        (0..n).for_each(|i| j[(i, c)] -= along * unit[i]);
                    }
                }
                // What rounding leaves of a target that changes no distribution, as of weights that are meant to be equal.
                let left = target.iter().map(|t| t * t).sum::<f64>().sqrt();
                if left <= 1e-12 * size {
                    target.iter_mut().for_each(|t| *t = 0.0);
                }
                parts.push((j, target));
            }
        }
        let n: usize = parts.iter().map(|p| p.1.len()).sum();
        let mut all = Matrix::zeros(n, d);
        let mut target = Vec::with_capacity(n);
        for (j, t) in &parts {
            for c in 0..d {
                (0..t.len()).for_each(|i| all[(target.len() + i, c)] = j[(i, c)]);
            }
            target.extend_from_slice(t);
        }
        Ok(Rows { jacobian: all, target, coordinates: coordinates.unwrap_or(0), derivatives })
    }

    /// The identity on natural parameters, null directions taken out.
    pub fn without_null(part: &str, map: &dyn NaturalMap, n: usize) -> Result<Matrix, Error> {
        let mut out = Matrix::from_fn(n, n, |i, j| f64::from(u8::from(i == j)));
        for unit in basis(part, map, n)? {
            for j in 0..n {
                let along: f64 = (0..n).map(|i| unit[i] * out[(i, j)]).sum();
                (0..n).for_each(|i| out[(i, j)] -= along * unit[i]);
            }
        }
        Ok(out)
    }

    /// Only some columns of the Jacobian.
    pub fn columns(&self, chosen: &[usize]) -> Matrix {
        Matrix::from_fn(self.jacobian.nrows(), chosen.len(), |i, j| self.jacobian[(i, chosen[j])])
    }
}
