//! Is climbing the ELBO climbing the evidence? The three natural gradients of a target, side by side.
//!
//! ```text
//! evidence     G_V⁺ c_V   ascent of −D(q_V‖p_V), metric of the visible model
//! recognition  G⁺  c_V    the same slope in the joint metric: −D(Q‖p), Q = {q' : q'_V = q_V}
//! elbo         G⁺  c_q    −D(q‖p), q held fixed
//! ```

use super::{At, CylinderAtPoint, Enumerated, least_norm};
use crate::Error;
use crate::geometry::simplex::{self, Distribution, SignedMeasure};
use crate::geometry::{Covector, Metric, Tangent};
use crate::linalg::Matrix;
use crate::linalg::product::times;

/// What is to be learnt.
#[derive(Debug, Clone, PartialEq)]
pub enum Target {
    /// A distribution of all nodes; its conditional given the visible ones is the recognition model.
    Joint(Distribution),
    /// A distribution of the visible nodes; recognition is uniform over the hidden states.
    Uniform(Distribution),
    /// A distribution of the visible nodes; recognition is the model's own posterior (then the ELBO's slope is the
    /// evidence's, and its natural gradient the recognition one).
    Posterior(Distribution),
}

impl Target {
    /// The target as a measure `q` on the joint states; recognition by the model's own posterior is taken at this point.
    ///
    /// # Errors
    /// [`Error::Data`] for a target of the wrong size.
    pub fn joint(&self, of: &Enumerated<'_>, at: &At) -> Result<Vec<f64>, Error> {
        let map = of.map();
        let spread = |q: &Distribution, given: Vec<f64>| {
            let visible = map.visible_of();
            given.iter().zip(visible).map(|(g, &v)| g * q.probabilities()[v]).collect::<Vec<f64>>()
        };
        let (given, expected, what) = match self {
            Target::Joint(q) => (q, at.joint.len(), "joint"),
            Target::Uniform(q) | Target::Posterior(q) => (q, map.visible(), "visible"),
        };
        if given.probabilities().len() != expected {
            return Err(Error::Data {
                problem: format!(
                    "the target has {} entries where the network has {expected} {what} states",
                    given.probabilities().len()
                ),
                hint: "states are lexicographic, the first node slowest".into(),
            });
        }
        Ok(match self {
            Target::Joint(q) => q.probabilities().to_vec(),
            Target::Uniform(q) => spread(q, map.conditional(&vec![1.0; at.joint.len()])),
            Target::Posterior(q) => spread(q, map.conditional(&at.joint)),
        })
    }
}

/// One objective's gradient at a point.
#[derive(Debug, Clone, PartialEq)]
pub struct Direction {
    /// Euclidean partial derivatives.
    pub parameter: Covector,
    /// The natural parameter gradient. Where the metric is singular, one of many with the same pushforward: of the evidence
    /// the one of least Euclidean norm, of the others the least with lengths scaled by the metric's diagonal.
    pub natural: Tangent,
    /// What it does to the visible distribution.
    pub pushforward: SignedMeasure,
    /// Length of the pushforward in the visible Fisher metric.
    pub norm: f64,
}

/// Cosines between pushforwards; `None` where one vanishes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Angles {
    /// ELBO against evidence.
    pub elbo_evidence: Option<f64>,
    /// Recognition against evidence: what the metric alone does.
    pub recognition_evidence: Option<f64>,
    /// ELBO against recognition: what the variational gap alone does.
    pub elbo_recognition: Option<f64>,
}

/// The three gradients of a target.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// `D(q_V‖p_V)`, nats.
    pub divergence_evidence: f64,
    /// `D(q‖p)`, nats; the difference of the two is the variational gap.
    pub divergence_elbo: f64,
    /// Of the evidence.
    pub evidence: Direction,
    /// Of the evidence in the joint metric.
    pub recognition: Direction,
    /// Of the ELBO.
    pub elbo: Direction,
    /// Their angles.
    pub cosines: Angles,
    /// `|push recognition − push evidence|`: the error of the metric.
    pub error_metric: f64,
    /// `|push elbo − push recognition|`: the error of the gap.
    pub error_gap: f64,
    /// `|push elbo − push evidence|`: both.
    pub error: f64,
    /// Length of the recognition gradient in the joint metric; its pushforward is never longer, and the evidence's
    /// gradient never shorter.
    pub recognition_joint_norm: f64,
}

/// Compares the three natural gradients at a point.
///
/// # Errors
/// [`Error::Data`] for a target of the wrong size or with a state that the model cannot have.
///
/// # Source
/// Ay, van Oostrum, Datar, "On the Natural Gradient of the Evidence Lower Bound" (2025).
pub fn compare(of: &Enumerated<'_>, at: &At, geometry: &CylinderAtPoint, target: &Target) -> Result<Comparison, Error> {
    let q = target.joint(of, at)?;
    let q_visible = of.map().sum(&q);
    let outside = || Error::Data {
        problem: "the target has states that the model gives probability 0: the divergence is infinite".into(),
        hint: "give the model's tables positive entries there, or take the states out of the target".into(),
    };
    let best: Vec<f64> =
        of.map().conditional(&at.joint).iter().zip(of.map().visible_of()).map(|(g, &v)| g * q_visible[v]).collect();
    let slope_elbo = Covector(of.gradient(at, &q).ok_or_else(outside)?);
    let slope = Covector(of.gradient(at, &best).ok_or_else(outside)?);

    let jacobian = &geometry.visible_jacobian;
    let (nv, d) = (jacobian.nrows(), jacobian.ncols());
    let push = |u: &Tangent| SignedMeasure((0..nv).map(|v| (0..d).map(|j| jacobian[(v, j)] * u.0[j]).sum()).collect());
    let norm = |a: &SignedMeasure| simplex::product(&at.visible, &a.0, &a.0).sqrt();
    let direction = |parameter: Covector, natural: Tangent| {
        let pushforward = push(&natural);
        let norm = norm(&pushforward);
        Direction { parameter, natural, pushforward, norm }
    };
    let raised = geometry.joint_metric.raise(&slope);
    let natural_elbo = geometry.joint_metric.raise(&slope_elbo).tangent;
    let natural = visible_natural(jacobian, &at.visible, &q_visible, geometry.rank_visible).ok_or_else(outside)?;
    let evidence = direction(slope.clone(), natural);
    let recognition = direction(slope, raised.tangent);
    let elbo = direction(slope_elbo, natural_elbo);

    let cosine = |a: &Direction, b: &Direction| {
        // Below this a pushforward is rounding.
        let floor = 1e-14 * (1.0 + evidence.norm);
        (a.norm > floor && b.norm > floor).then(|| {
            let product = simplex::product(&at.visible, &a.pushforward.0, &b.pushforward.0);
            (product / (a.norm * b.norm)).clamp(-1.0, 1.0)
        })
    };
    let distance = |a: &Direction, b: &Direction| {
        let off = a.pushforward.0.iter().zip(&b.pushforward.0).map(|(a, b)| a - b).collect();
        norm(&SignedMeasure(off))
    };
    Ok(Comparison {
        divergence_evidence: simplex::divergence(&q_visible, &at.visible),
        divergence_elbo: simplex::divergence(&q, &at.joint),
        cosines: Angles {
            elbo_evidence: cosine(&elbo, &evidence),
            recognition_evidence: cosine(&recognition, &evidence),
            elbo_recognition: cosine(&elbo, &recognition),
        },
        error_metric: distance(&recognition, &evidence),
        error_gap: distance(&elbo, &recognition),
        error: distance(&elbo, &evidence),
        recognition_joint_norm: raised.square.sqrt(),
        evidence,
        recognition,
        elbo,
    })
}

/// `G_V⁺ c_V` as the least-norm solution of `A u ≈ q_V/√p_V` with `A = ∂p_V/∂ξ / √p_V`, `G_V = AᵀA`: singular values
/// come from `A` itself.
fn visible_natural(jacobian: &Matrix, visible: &[f64], q: &[f64], rank: usize) -> Option<Tangent> {
    let (nv, d) = (jacobian.nrows(), jacobian.ncols());
    let a = Matrix::from_fn(nv, d, |v, j| jacobian[(v, j)] / visible[v].sqrt());
    let b: Vec<f64> = q.iter().zip(visible).map(|(q, p)| q / p.sqrt()).collect();
    least_norm(&a, &b, Some(rank)).map(Tangent)
}

/// The visible Fisher matrix `G_V = J_Vᵀ diag(1/p_V) J_V`.
pub fn visible_fisher(jacobian: &Matrix, visible: &[f64]) -> Matrix {
    let a = Matrix::from_fn(jacobian.nrows(), jacobian.ncols(), |v, j| jacobian[(v, j)] / visible[v].sqrt());
    times(a.transpose(), a.as_ref())
}
