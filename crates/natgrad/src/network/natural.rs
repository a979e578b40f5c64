//! One natural gradient at a time, as flows need it: defined wherever its formula is, also outside the unit box.
//!
//! ```text
//! elbo, recognition   u(c,a) = q(c)/p(c) · (q(a|c) − P(a|c))         tables: the joint metric in closed form
//! evidence            J_V u ≈ q_V − p_V in the metric of p_V, u of least length
//! ```

use super::{At, Enumerated, least_norm};
use crate::Error;
use crate::geometry::{Covector, Metric, Tangent};
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// Which of the parameter directions with the same visible effect is taken: they differ by directions that the visible
/// distribution does not see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Least {
    /// The shortest one in the parameters, `G_V⁺ c_V`: depends on the coordinates, and may leave the unit box.
    Parameters,
    /// The shortest one in the joint Fisher metric: depends on nothing but the model, and is tangent to the boundary of
    /// the simplex.
    Joint,
}

fn outside() -> Error {
    Error::Data {
        problem: "the target has states that the model gives probability 0: the divergence is infinite".into(),
        hint: "give the model's tables positive entries there, or take the states out of the target".into(),
    }
}

/// `G⁺ c_q`: ascent of `−D(q‖p)` in the joint metric, for a measure `q` on the joint states.
///
/// Tables need neither a positive `p` nor a matrix; other local models need the joint metric.
///
/// # Errors
/// [`Error::Data`] where `q` has a state or a parent configuration that `p` has not.
///
/// # Source
/// Ay, "On the locality of the natural gradient for learning in deep Bayesian networks" (2023).
pub fn natural_elbo(of: &Enumerated<'_>, at: &At, q: &[f64]) -> Result<Tangent, Error> {
    let network = of.network();
    if network.nodes().iter().any(|node| node.local.kind() != "table") {
        let slope = Covector(of.gradient(at, q).ok_or_else(outside)?);
        return Ok(of.joint_metric(at)?.raise(&slope).tangent);
    }
    let (target, model) = (of.families(q), of.families(&at.joint));
    let mut out = Vec::with_capacity(network.parameters());
    for i in 0..network.len() {
        let k = network.states(i);
        for c in 0..network.configurations(i) {
            let row = c * k..(c + 1) * k;
            let of_q: f64 = target[i][row.clone()].iter().sum();
            let of_p: f64 = model[i][row.clone()].iter().sum();
            if of_q != 0.0 && of_p == 0.0 {
                return Err(outside());
            }
            // A configuration that the target never has does not move.
            let rate = if of_q == 0.0 { 0.0 } else { 1.0 / of_p };
            out.extend(row.take(k - 1).map(|e| rate * (target[i][e] - of_q * at.tables[i][e])));
        }
    }
    Ok(Tangent(out))
}

/// The rates `q(c)/p(c)` at which the rows of the tables move towards those of `q`, per node and parent configuration:
/// a step `a ≤ 1 / rate` stays in the simplex, `a = 1 / rate` is EM's. Infinite where `p` lacks a configuration of `q`.
pub fn rates(of: &Enumerated<'_>, at: &At, q: &[f64]) -> Vec<Vec<f64>> {
    let (target, model) = (of.families(q), of.families(&at.joint));
    let sums = |f: &[f64], k: usize| f.chunks(k).map(|row| row.iter().sum()).collect::<Vec<f64>>();
    (0..of.network().len())
        .map(|i| {
            let k = of.network().states(i);
            let rate = |(q, p): (f64, f64)| if q == 0.0 { 0.0 } else { q / p };
            sums(&target[i], k).into_iter().zip(sums(&model[i], k)).map(rate).collect()
        })
        .collect()
}

/// The best recognition model's joint measure `q_V(v) p(h|v)`: the point of `{q : q_V given}` nearest to `p`.
pub fn best_recognition(of: &Enumerated<'_>, at: &At, q_visible: &[f64]) -> Vec<f64> {
    of.map().conditional(&at.joint).iter().zip(of.map().visible_of()).map(|(g, &v)| g * q_visible[v]).collect()
}

/// `G_V`'s natural gradient of `−D(q_V‖p_V)`, of least length as `least` says.
///
/// # Errors
/// [`Error::Data`] where a visible state has no positive probability, and for [`Least::Joint`] on the boundary of the
/// simplex.
///
/// # Source
/// van Oostrum, Müller, Ay, "Invariance properties of the natural gradient in overparametrised systems" (2022): every
/// choice has the same effect on the visible distribution.
pub fn natural_evidence(of: &Enumerated<'_>, at: &At, q_visible: &[f64], least: Least) -> Result<Tangent, Error> {
    if let Some(v) = at.visible.iter().position(|p| *p <= 0.0 || !p.is_finite()) {
        return Err(Error::Data {
            problem: format!(
                "visible state {} has probability {}: the metric of the visible model does not exist there",
                v + 1,
                at.visible[v]
            ),
            hint: "keep every visible state possible, or keep the flow inside the simplex".into(),
        });
    }
    let jacobian = of.visible_jacobian(at);
    let a = Matrix::from_fn(jacobian.nrows(), jacobian.ncols(), |v, j| jacobian[(v, j)] / at.visible[v].sqrt());
    let b: Vec<f64> = q_visible.iter().zip(&at.visible).map(|(q, p)| q / p.sqrt()).collect();
    let broken = || Error::Data {
        problem: "the visible Fisher matrix has entries that are not finite".into(),
        hint: "a table entry is too close to 0".into(),
    };
    match least {
        Least::Parameters => Ok(Tangent(least_norm(&a, &b, None).ok_or_else(broken)?)),
        Least::Joint => {
            let root = of.joint_metric(at)?.root();
            let along = least_norm(&times(a.as_ref(), root.as_ref()), &b, None).ok_or_else(broken)?;
            let (d, r) = (root.nrows(), root.ncols());
            Ok(Tangent((0..d).map(|i| (0..r).map(|j| root[(i, j)] * along[j]).sum()).collect()))
        }
    }
}
