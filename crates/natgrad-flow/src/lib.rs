//! Gradient flows of evidence, recognition and ELBO on a network: explicit Euler and an adaptive integrator.
//!
//! ```text
//! evidence     dξ/dt = G_V⁺ c_V      −D(q_V‖p_V) in the metric of the visible model
//! recognition  dξ/dt = G⁺ c_V        the same function in the joint metric
//! elbo         dξ/dt = G⁺ c_q        −D(q‖p) with q fixed at the start
//! ```
//!
//! On a cylindrical model the three draw the same curve of visible distributions; on others they part.
//!
//! ```
//! use natgrad::geometry::{Point, simplex::Distribution};
//! use natgrad::network::{Enumerated, Network, NodeSpec, Target};
//! use natgrad_flow::{Objective, Settings, flow};
//!
//! let node = |name: &str| NodeSpec { name: name.into(), states: vec!["a".into(), "b".into()], ..NodeSpec::default() };
//! let (network, _) = Network::new(vec![node("x"), node("y")])?;
//! let of = Enumerated::new(&network, &[true, false])?;
//! let target = Target::Joint(Distribution::new(vec![0.1, 0.2, 0.3, 0.4])?);
//! let run = flow(&of, Objective::Elbo, &target, &Point(vec![0.5, 0.9]), &Settings::default())?;
//! assert!(run.divergence[run.divergence.len() - 1] < run.divergence[0]);
//! # Ok::<(), natgrad::Error>(())
//! ```

mod adaptive;
mod coordinates;
mod domain;
mod euler;
mod field;
mod flow;
mod settings;

pub use field::{Field, Motion};
pub use flow::{End, Flow, flow};
pub use natgrad::network::Objective;
pub use settings::{Domain, Method, Settings};
