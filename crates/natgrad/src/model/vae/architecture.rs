//! What a variational autoencoder is made of, and where its parameters lie.

use crate::Error;
use crate::neural::{Activation, Latents, Layout, Observable, Spread, Stack};
use serde::{Deserialize, Serialize};

/// How the columns are distributed, given the latents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ObservableName {
    /// Normal.
    Gaussian,
    /// Zero or one.
    Bernoulli,
    /// Counts.
    Poisson,
}

impl ObservableName {
    /// What an encoder of such columns does best to read.
    pub fn inputs(self) -> Inputs {
        match self {
            ObservableName::Poisson => Inputs::Logarithms,
            _ => Inputs::Values,
        }
    }
}

/// What the encoder reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Inputs {
    /// The columns as they are.
    #[default]
    Values,
    /// `ln(1 + x)` of counts: log-rates are what a decoder of counts gives, and a belief that is linear in a count of hundreds
    /// would put a rate of astronomical size on a row as large as none before.
    Logarithms,
}

/// Where the variances of a Gaussian observable come from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Variance {
    /// This variance, not learnt. The ELBO then does not become a sum of entropies.
    Fixed(f64),
    /// One for all columns.
    Scalar,
    /// One per column.
    Column,
    /// A second half of the decoder's outputs, one per row and column.
    Network,
}

/// The prior of the latents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PriorName {
    /// `N(0, I)`.
    Fixed,
    /// `N(0, diag eᵗ)` with learnable `t`.
    Learnt,
}

/// Where the deviations of the recognition model come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviations {
    /// The encoder's second half of outputs.
    Network,
    /// One parameter per latent, the same for all rows; that is optimal where the decoder is linear.
    Shared,
}

/// The shape of a variational autoencoder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Architecture {
    /// Columns of the data.
    pub columns: usize,
    /// Latents.
    pub latents: usize,
    /// Widths of the encoder's hidden layers, from the data on.
    pub encoder: Vec<usize>,
    /// Widths of the decoder's hidden layers, from the latents on; none makes the model linear.
    pub decoder: Vec<usize>,
    /// What follows a hidden layer.
    pub activation: Activation,
    /// How columns are distributed.
    pub observable: ObservableName,
    /// Variances, for a Gaussian observable.
    pub variance: Variance,
    /// Prior of the latents.
    pub prior: PriorName,
    /// Deviations of the beliefs.
    pub deviations: Deviations,
    /// What the encoder reads.
    #[serde(default)]
    pub inputs: Inputs,
}

/// A variational autoencoder: its shape and the layout of its parameters.
///
/// # Layout
/// `encoder.i.{weights, biases}`, `decoder.i.{weights, biases}`, `encoder.log_deviations` (where shared),
/// `observable.log_variances`, `prior.log_variances`.
#[derive(Debug, Clone, PartialEq)]
pub struct Vae {
    pub(crate) architecture: Architecture,
    pub(crate) layout: Layout,
    pub(crate) encoder: Stack,
    pub(crate) decoder: Stack,
    pub(crate) observable: Observable,
    pub(crate) shape: Latents,
    pub(crate) networks: usize,
    pub(super) units: Option<super::Units>,
}

fn setting(problem: String, hint: &str) -> Error {
    Error::Setting { problem, hint: hint.into() }
}

/// Most weights of both networks together.
const MOST_WEIGHTS: u128 = 100_000_000;

impl Architecture {
    /// Weights of all layers, without biases; heads of the encoder twice, for means and deviations.
    fn weights(&self) -> u128 {
        let through = |first: usize, hidden: &[usize], last: u128| {
            let widths = hidden.iter().map(|w| *w as u128).chain([last]);
            widths.fold((0, first as u128), |(sum, from), to| (from.saturating_mul(to).saturating_add(sum), to)).0
        };
        let heads = 2 * self.latents as u128;
        through(self.columns, &self.encoder, heads).saturating_add(through(
            self.latents,
            &self.decoder,
            self.columns as u128,
        ))
    }
}

impl Vae {
    /// Lays out the parameters.
    ///
    /// # Errors
    /// [`Error::Setting`] where a width is zero, there would be more than 100 million weights, or a fixed variance is not positive.
    pub fn new(architecture: Architecture) -> Result<Self, Error> {
        let a = &architecture;
        if a.columns == 0 {
            return Err(setting("there are no columns".into(), "give at least one column"));
        }
        if a.latents == 0 {
            return Err(setting("there are no latents".into(), "give a latent dimension of at least 1"));
        }
        if a.encoder.iter().chain(&a.decoder).any(|w| *w == 0) {
            return Err(setting(
                "a hidden layer has no unit".into(),
                "give widths of at least 1, or leave the layer out",
            ));
        }
        if a.weights() > MOST_WEIGHTS {
            return Err(setting(
                format!("{} latents and these layers make {} weights", a.latents, a.weights()),
                "give fewer latents or narrower layers: 100 million weights and their slopes fill gigabytes",
            ));
        }
        if let Variance::Fixed(v) = a.variance
            && !(v > 0.0 && v.is_finite())
        {
            return Err(setting(format!("the variance {v} is not a positive number"), "give a positive variance"));
        }
        if a.inputs == Inputs::Logarithms && a.observable != ObservableName::Poisson {
            return Err(setting(
                "the encoder is to read logarithms of numbers that are no counts".into(),
                "let it read values",
            ));
        }
        let mut layout = Layout::default();
        let heads = match a.deviations {
            Deviations::Network => 2 * a.latents,
            Deviations::Shared => a.latents,
        };
        let gaussian = a.observable == ObservableName::Gaussian;
        let outputs = if gaussian && a.variance == Variance::Network { 2 * a.columns } else { a.columns };
        let encoder = Stack::new(&mut layout, "encoder", a.columns, &a.encoder, heads, a.activation);
        let decoder = Stack::new(&mut layout, "decoder", a.latents, &a.decoder, outputs, a.activation);
        let networks = layout.len();
        let spread = match a.deviations {
            Deviations::Network => Spread::Network,
            Deviations::Shared => Spread::Column(layout.add("encoder.log_deviations", &[a.latents])),
        };
        let observable = match a.observable {
            ObservableName::Bernoulli => Observable::Bernoulli,
            ObservableName::Poisson => Observable::Poisson,
            ObservableName::Gaussian => Observable::Gaussian(match a.variance {
                Variance::Fixed(v) => Spread::Fixed(v.ln()),
                Variance::Scalar => Spread::Scalar(layout.add("observable.log_variances", &[1])),
                Variance::Column => Spread::Column(layout.add("observable.log_variances", &[a.columns])),
                Variance::Network => Spread::Network,
            }),
        };
        let prior = match a.prior {
            PriorName::Fixed => Spread::Fixed(0.0),
            PriorName::Learnt => Spread::Column(layout.add("prior.log_variances", &[a.latents])),
        };
        let shape = Latents { dimension: a.latents, spread, prior };
        Ok(Vae { architecture, layout, encoder, decoder, observable, shape, networks, units: None })
    }

    /// Its shape.
    pub fn architecture(&self) -> &Architecture {
        &self.architecture
    }

    /// Names and places of its parameters.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Number of parameters.
    pub fn parameters(&self) -> usize {
        self.layout.len()
    }

    /// Number of weights and biases, which come first; weight decay is about these.
    pub fn networks(&self) -> usize {
        self.networks
    }

    /// Whether the decoder is linear and the observable Gaussian with variances that do not depend on the latents: then
    /// expectations are those of a quadratic function.
    pub fn is_linear(&self) -> bool {
        self.decoder.layers.len() == 1 && matches!(self.observable, Observable::Gaussian(s) if s != Spread::Network)
    }

    /// Outputs of the widest layer.
    pub fn widest(&self) -> usize {
        self.encoder.layers.iter().chain(&self.decoder.layers).map(|l| l.outputs).max().unwrap_or(0)
    }

    /// The decoder.
    pub fn decoder(&self) -> &Stack {
        &self.decoder
    }

    /// The encoder.
    pub fn encoder(&self) -> &Stack {
        &self.encoder
    }

    /// Log-variance of a column at some parameters, in the data's units; that of the units where it is no parameter and not
    /// fixed.
    pub fn log_variance(&self, at: &[f64], column: usize) -> f64 {
        let own = match self.observable {
            Observable::Gaussian(Spread::Fixed(v)) => v,
            Observable::Gaussian(Spread::Scalar(place)) => at[place],
            Observable::Gaussian(Spread::Column(place)) => at[place + column],
            _ => 0.0,
        };
        own + 2.0 * self.scale(column).ln()
    }

    /// Log-variances of the prior at some parameters.
    pub fn prior_log_variances(&self, at: &[f64]) -> Vec<f64> {
        (0..self.shape.dimension)
            .map(|l| if let Spread::Column(place) = self.shape.prior { at[place + l] } else { 0.0 })
            .collect()
    }
}
