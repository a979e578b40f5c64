//! Natural parameters written as ordinary functions, for the parametrisation criterion.

use natgrad::criterion::{NaturalMap, Parameter, States};
use natgrad::linalg::Matrix;
use num_dual::Dual64;
use rand::{Rng, RngExt};

type Draw<'a> = Box<dyn Fn(&mut dyn Rng) -> Vec<f64> + 'a>;
type Give<'a> = Box<dyn Fn(&mut dyn Rng, usize) -> States + 'a>;

/// A function `(Θ, z) ↦ η(z; Θ)` on dual numbers as a [`NaturalMap`] with exact derivatives.
///
/// Parameters are drawn between −1 and 1, and there is one empty state, unless told otherwise. An exponential
/// distribution whose rate is `exp(w·z + b)`: with a bias all rates can be scaled together, without it they cannot.
///
/// ```
/// use natgrad::criterion::{Maps, Parameter, Role, Settings, check};
/// use natgrad_autodiff::{DerivedMap, Dual64, DualNum};
///
/// let of = |bias: Parameter| {
///     DerivedMap::new(vec![Parameter::new("weights", 2), bias], |theta: &[Dual64], z: &[Dual64]| {
///         vec![-(theta[0] * z[0] + theta[1] * z[1] + theta[2]).exp()]
///     })
///     .with_normal_states(2)
/// };
/// let holds = |bias| -> Result<bool, natgrad::Error> {
///     Ok(check(&Maps::new("rates").with("x", Role::Observable, of(bias)), &Settings::default())?.holds)
/// };
/// assert!(holds(Parameter::new("bias", 1))?);
/// assert!(!holds(Parameter::new("bias", 1).fixed())?);
/// # Ok::<(), natgrad::Error>(())
/// ```
pub struct DerivedMap<'a, F> {
    parameters: Vec<Parameter>,
    natural: F,
    null: Vec<Vec<f64>>,
    draw: Option<Draw<'a>>,
    states: Option<Give<'a>>,
}

impl<'a, F: Fn(&[Dual64], &[Dual64]) -> Vec<Dual64>> DerivedMap<'a, F> {
    /// The map `natural` of these blocks of parameters.
    pub fn new(parameters: Vec<Parameter>, natural: F) -> Self {
        DerivedMap { parameters, natural, null: Vec::new(), draw: None, states: None }
    }

    /// With directions of natural parameters that change nothing.
    pub fn with_null(mut self, directions: Vec<Vec<f64>>) -> Self {
        self.null = directions;
        self
    }

    /// With random parameters from `draw`.
    pub fn drawn_by(mut self, draw: impl Fn(&mut dyn Rng) -> Vec<f64> + 'a) -> Self {
        self.draw = Some(Box::new(draw));
        self
    }

    /// With hidden states from `states`, which is told how many are wanted.
    pub fn with_states(mut self, states: impl Fn(&mut dyn Rng, usize) -> States + 'a) -> Self {
        self.states = Some(Box::new(states));
        self
    }

    /// With hidden states of so many real numbers between −2 and 2.
    pub fn with_normal_states(self, dimension: usize) -> Self {
        self.with_states(move |rng, count| {
            let one = |rng: &mut dyn Rng| (0..dimension).map(|_| 4.0 * rng.random::<f64>() - 2.0).collect();
            States::Drawn((0..count).map(|_| one(rng)).collect())
        })
    }
}

fn constant(x: &[f64]) -> Vec<Dual64> {
    x.iter().map(|&x| Dual64::from(x)).collect()
}

impl<F: Fn(&[Dual64], &[Dual64]) -> Vec<Dual64>> NaturalMap for DerivedMap<'_, F> {
    fn parameters(&self) -> Vec<Parameter> {
        self.parameters.clone()
    }

    fn natural(&self, theta: &[f64], state: &[f64]) -> Vec<f64> {
        (self.natural)(&constant(theta), &constant(state)).iter().map(|e| e.re).collect()
    }

    fn jacobian(&self, theta: &[f64], state: &[f64]) -> Option<Matrix> {
        let (mut theta, state) = (constant(theta), constant(state));
        let mut columns = Vec::with_capacity(theta.len());
        for j in 0..theta.len() {
            theta[j].eps = 1.0;
            columns.push((self.natural)(&theta, &state));
            theta[j].eps = 0.0;
        }
        let n = columns.first().map_or(0, Vec::len);
        (!columns.is_empty())
            .then(|| Matrix::from_fn(n, columns.len(), |i, j| columns[j].get(i).map_or(f64::NAN, |e| e.eps)))
    }

    fn along_state(&self, theta: &[f64], state: &[f64]) -> Option<Vec<f64>> {
        let mut moving = constant(state);
        moving.iter_mut().for_each(|z| z.eps = z.re);
        Some((self.natural)(&constant(theta), &moving).iter().map(|e| e.eps).collect())
    }

    fn null_directions(&self) -> Vec<Vec<f64>> {
        self.null.clone()
    }

    fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
        let length = self.parameters.iter().map(|p| p.length).sum();
        match &self.draw {
            Some(draw) => draw(rng),
            None => (0..length).map(|_| 2.0 * rng.random::<f64>() - 1.0).collect(),
        }
    }

    fn states(&self, rng: &mut dyn Rng, count: usize) -> States {
        match &self.states {
            Some(states) => states(rng, count),
            None => States::All(vec![Vec::new()]),
        }
    }
}
