//! Information geometry of finite distributions: the Fisher-Rao metric, and what marginalisation does to directions.
//!
//! ```text
//! ⟨A, B⟩_p = Σ A_i B_i / p_i        (grad f)_i = p_i (c_i − Σ_j p_j c_j)
//! horizontal  A(v,h) = p(h|v) a(v)   vertical  Σ_h A(v,h) = 0        T_pP = H_p ⊕ V_p, orthogonal
//! ```

use crate::Error;

/// A point of the closed simplex: probabilities of finitely many states.
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution(Vec<f64>);

/// A tangent vector of the simplex: a signed measure of total 0.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedMeasure(pub Vec<f64>);

/// A covector: the partial derivatives `∂f/∂p_i` of a function of the probabilities.
#[derive(Debug, Clone, PartialEq)]
pub struct Differential(pub Vec<f64>);

/// How far a sum of probabilities may be from 1 before it is refused.
pub const SUM_TOLERANCE: f64 = 1e-9;

impl Distribution {
    /// From probabilities, which are divided by their sum.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are none, one is negative or not finite, or they do not sum to 1 within 1e-9.
    pub fn new(probabilities: Vec<f64>) -> Result<Self, Error> {
        let bad = |problem: String| Error::Parameter {
            name: "distribution".into(),
            problem,
            hint: "give probabilities that sum to 1".into(),
        };
        if let Some(i) = probabilities.iter().position(|p| !(p.is_finite() && *p >= 0.0)) {
            return Err(bad(format!("entry {} is {}", i + 1, probabilities[i])));
        }
        let total: f64 = probabilities.iter().sum();
        if (total - 1.0).abs() > SUM_TOLERANCE {
            return Err(bad(format!("the {} entries sum to {total}", probabilities.len())));
        }
        Ok(Distribution(probabilities.into_iter().map(|p| p / total).collect()))
    }

    /// The probabilities.
    pub fn probabilities(&self) -> &[f64] {
        &self.0
    }

    /// `D(self‖other) = Σ q ln(q/p)` in nats; `0 ln 0 = 0`, infinite where `q_i > 0 = p_i`.
    pub fn divergence(&self, other: &Distribution) -> f64 {
        divergence(&self.0, &other.0)
    }

    /// The Fisher-Rao product of two directions here; states of probability 0 count where a direction moves them
    /// (then the product does not exist and is `NaN` or infinite).
    pub fn product(&self, a: &SignedMeasure, b: &SignedMeasure) -> f64 {
        product(&self.0, &a.0, &b.0)
    }

    /// The Fisher-Rao gradient `p_i (c_i − Σ_j p_j c_j)` of a function with differential `c`.
    pub fn gradient(&self, c: &Differential) -> SignedMeasure {
        let mean: f64 = self.0.iter().zip(&c.0).map(|(p, c)| p * c).sum();
        SignedMeasure(self.0.iter().zip(&c.0).map(|(p, c)| p * (c - mean)).collect())
    }
}

/// `Σ q ln(q/p)`, written so that nearly equal arguments do not cancel where `Σq = Σp`.
pub fn divergence(q: &[f64], p: &[f64]) -> f64 {
    q.iter().zip(p).map(|(&q, &p)| if q == 0.0 { p } else { q * (q / p).ln() + p - q }).sum()
}

/// `Σ a b / p` over the states that a direction moves.
pub fn product(p: &[f64], a: &[f64], b: &[f64]) -> f64 {
    p.iter().zip(a.iter().zip(b)).map(|(p, (a, b))| if *a == 0.0 && *b == 0.0 { 0.0 } else { a * b / p }).sum()
}

/// A map from joint to visible states, and everything it does to points, directions and covectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marginalisation {
    visible_of: Vec<usize>,
    visible: usize,
}

impl Marginalisation {
    /// From the visible state of every joint state, each below `visible`.
    ///
    /// # Errors
    /// [`Error::Setting`] if an index is out of range.
    pub fn new(visible_of: Vec<usize>, visible: usize) -> Result<Self, Error> {
        match visible_of.iter().find(|v| **v >= visible) {
            Some(v) => Err(Error::Setting {
                problem: format!("visible state {v} of {visible}"),
                hint: "visible states are counted from 0".into(),
            }),
            None => Ok(Marginalisation { visible_of, visible }),
        }
    }

    /// Number of visible states.
    pub fn visible(&self) -> usize {
        self.visible
    }

    /// The visible state of each joint state.
    pub fn visible_of(&self) -> &[usize] {
        &self.visible_of
    }

    /// Sums over hidden states: `a(v) = Σ_h A(v,h)`.
    pub fn sum(&self, joint: &[f64]) -> Vec<f64> {
        let mut out = vec![0.0; self.visible];
        self.visible_of.iter().zip(joint).for_each(|(&v, x)| out[v] += x);
        out
    }

    /// The visible marginal of a joint distribution.
    pub fn marginal(&self, p: &Distribution) -> Distribution {
        Distribution(self.sum(&p.0))
    }

    /// The derivative of [`Self::marginal`].
    pub fn push(&self, a: &SignedMeasure) -> SignedMeasure {
        SignedMeasure(self.sum(&a.0))
    }

    /// The differential of `f ∘ marginal`.
    pub fn pull(&self, c: &Differential) -> Differential {
        Differential(self.visible_of.iter().map(|&v| c.0[v]).collect())
    }

    /// `p(h|v)` for every joint state; uniform where `p(v) = 0`.
    pub fn conditional(&self, p: &[f64]) -> Vec<f64> {
        let marginal = self.sum(p);
        let mut states = vec![0.0; self.visible];
        self.visible_of.iter().for_each(|&v| states[v] += 1.0);
        self.visible_of
            .iter()
            .zip(p)
            .map(|(&v, p)| if marginal[v] == 0.0 { 1.0 / states[v] } else { p / marginal[v] })
            .collect()
    }

    /// The horizontal lift `p(h|v) a(v)` of a visible direction.
    pub fn lift(&self, p: &Distribution, a: &SignedMeasure) -> SignedMeasure {
        let given = self.conditional(&p.0);
        SignedMeasure(self.visible_of.iter().zip(given).map(|(&v, g)| g * a.0[v]).collect())
    }

    /// The horizontal part of a direction: what the visible marginal sees of it.
    pub fn horizontal(&self, p: &Distribution, a: &SignedMeasure) -> SignedMeasure {
        self.lift(p, &self.push(a))
    }

    /// The vertical part: what the visible marginal does not see.
    pub fn vertical(&self, p: &Distribution, a: &SignedMeasure) -> SignedMeasure {
        let h = self.horizontal(p, a);
        SignedMeasure(a.0.iter().zip(h.0).map(|(a, h)| a - h).collect())
    }

    /// The point of `{q : q_V = target}` nearest to `p`: `target(v) p(h|v)`, the perfect recognition model.
    pub fn perfect_recognition(&self, p: &Distribution, target: &Distribution) -> Distribution {
        let given = self.conditional(&p.0);
        Distribution(self.visible_of.iter().zip(given).map(|(&v, g)| g * target.0[v]).collect())
    }
}

/// Gradients on the full simplex (ascent: of minus the divergence): of `D(q‖·)`, of `D(Q‖·)` with
/// `Q = {q' : q'_V = q_V}`, and of their difference, the variational gap, which is vertical.
#[derive(Debug, Clone, PartialEq)]
pub struct SimplexGradients {
    /// `q − p`: climbs the ELBO with `q` held fixed.
    pub elbo: SignedMeasure,
    /// `p(h|v)(q_V(v) − p_V(v))`: climbs the evidence; horizontal.
    pub recognition: SignedMeasure,
    /// Their difference; vertical, so the visible marginal does not move.
    pub gap: SignedMeasure,
}

/// The three gradients at `p` for a joint target `q`.
///
/// # Source
/// Ay, van Oostrum, Datar, "On the Natural Gradient of the Evidence Lower Bound" (2025).
pub fn simplex_gradients(p: &Distribution, q: &Distribution, map: &Marginalisation) -> SimplexGradients {
    let minus = |a: &[f64], b: &[f64]| SignedMeasure(a.iter().zip(b).map(|(a, b)| a - b).collect());
    let best = map.perfect_recognition(p, &map.marginal(q));
    SimplexGradients { elbo: minus(&q.0, &p.0), recognition: minus(&best.0, &p.0), gap: minus(&q.0, &best.0) }
}
