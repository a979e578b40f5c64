//! Is the direction of tempering open to learning? The parametrisation criterion, decided for any model with its maps.
//!
//! ```text
//! prior        ζ(Ψ)    = (∂ζ/∂Ψ) α
//! observable   η(z; Θ) = (∂η(z; Θ)/∂θ) β      θ ⊂ Θ what is learnt, one β for all hidden states z
//! then         F − (entropy sum) = α·∂F/∂Ψ + β·∂F/∂θ      at every point, so F is a sum of entropies at stationary ones
//! ```
//!
//! Give each part of a model as a [`NaturalMap`]: parameters with their names, natural parameters for a hidden state,
//! derivatives where they are at hand (else they are taken by finite differences; crate `natgrad-autodiff` gives exact
//! ones for an ordinary generic function). [`check`] answers whether the criterion holds, with `α` and `β`, and where it
//! does not, which fixed parameter would have to be learnable, or whether what is fixed can go into the base measure.
//!
//! A part need not be an exponential family: the logarithm of its density at some points `x` is a list of natural
//! parameters too, with the constants as a direction that changes nothing ([`NaturalMap::null_directions`]). A mixture
//! of Student t distributions, whose degrees of freedom are learnt:
//!
//! ```
//! use natgrad::criterion::{Maps, NaturalMap, Parameter, Remedy, Role, Settings, States, check};
//! use rand::{Rng, RngExt};
//!
//! /// Two components: `ln ν`, `ln s` and the location of each.
//! struct StudentT {
//!     tails_learnt: bool,
//! }
//!
//! impl NaturalMap for StudentT {
//!     fn parameters(&self) -> Vec<Parameter> {
//!         let tails = Parameter::new("degrees of freedom", 2);
//!         vec![
//!             if self.tails_learnt { tails } else { tails.fixed() },
//!             Parameter::new("scales", 2),
//!             Parameter::new("locations", 2),
//!         ]
//!     }
//!     fn natural(&self, theta: &[f64], z: &[f64]) -> Vec<f64> {
//!         let k = usize::from(z[0] == 0.0);
//!         let (nu, s, m) = (theta[k].exp(), theta[2 + k].exp(), theta[4 + k]);
//!         // ln p(x | z) at 21 points, up to a constant of x.
//!         (-10..=10).map(|x| -0.5 * (nu + 1.0) * (((f64::from(x) - m) / s).powi(2) / nu).ln_1p()).collect()
//!     }
//!     fn null_directions(&self) -> Vec<Vec<f64>> {
//!         vec![vec![1.0; 21]]
//!     }
//!     fn draw(&self, rng: &mut dyn Rng) -> Vec<f64> {
//!         (0..6).map(|_| rng.random::<f64>()).collect()
//!     }
//!     fn states(&self, _: &mut dyn Rng, _: usize) -> States {
//!         States::All(vec![vec![1.0], vec![0.0]])
//!     }
//! }
//!
//! let mixture = |tails_learnt| Maps::new("mixture of Student t").with("component", Role::Observable, StudentT { tails_learnt });
//! assert!(check(&mixture(true), &Settings::default())?.holds);
//!
//! let found = check(&mixture(false), &Settings::default())?;
//! assert!(!found.holds);
//! assert_eq!(found.parts[0].remedy, Remedy::Learn { one_of: vec!["degrees of freedom".into()] });
//! assert!(found.parts[0].base_measure.is_none());
//! # Ok::<(), natgrad::Error>(())
//! ```

mod base_measure;
mod check;
mod density;
mod finding;
mod local;
mod map;
mod maps;
mod part;
mod rows;
mod solve;
mod words;

pub use check::{Settings, check, direction};
pub use density::LogDensity;
pub use finding::{Criterion, Derivatives, Finding, NamedValues, Remedy};
pub use local::LocalMap;
pub use map::{NaturalMap, Parameter, States};
pub use maps::{Maps, Part, Recognition, Role};
