//! The arguments of `natgrad fit vae`.

use crate::failure::Failure;
use natgrad::engine::Optimiser;
use natgrad::model::vae::{ObservableName, PriorName, Variance};
use natgrad::neural::Activation;

/// Options that autoencoders alone take.
pub const OPTIONS: [&str; 12] = [
    "--hidden-layers",
    "--observable",
    "--variance",
    "--latent-prior",
    "--activation",
    "--optimiser",
    "--epochs",
    "--learning-rate",
    "--draws",
    "--nodes",
    "--weight-decay",
    "--precision",
];

/// How columns are distributed, given the latents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Observables {
    /// Normal.
    #[value(alias = "normal")]
    Gaussian,
    /// Zero or one.
    Bernoulli,
    /// Counts.
    Poisson,
}

/// The prior of the latents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Priors {
    /// Standard normal.
    #[value(alias = "standard")]
    Fixed,
    /// Normal with learnable variances.
    Learnt,
}

/// What follows a hidden layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Activations {
    /// Hyperbolic tangent.
    Tanh,
    /// Rectifier.
    Relu,
    /// Smooth rectifier.
    Softplus,
}

/// How slopes become steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Optimisers {
    /// Adam.
    Adam,
    /// Natural gradients with Kronecker factors.
    Natural,
}

/// Precision of minibatches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Precisions {
    /// Single.
    F32,
    /// Double.
    F64,
}

/// What an autoencoder takes beside `--latent-dim`, `--batch` and `--seed`.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct VaeArguments {
    /// Widths of the encoder's hidden layers, the decoder's in reverse, for `vae`: 256,128, or `none` for a linear model
    /// (default 256).
    #[arg(long, value_name = "W,…")]
    pub hidden_layers: Option<String>,
    /// How the columns of a vae are distributed (default: gaussian).
    #[arg(long, value_enum)]
    pub observable: Option<Observables>,
    /// Variances of Gaussian columns: scalar, column, network or fixed:V (default: scalar).
    #[arg(long, value_name = "KIND")]
    pub variance: Option<String>,
    /// Prior of the latents of a vae (default: fixed).
    #[arg(long, value_enum)]
    pub latent_prior: Option<Priors>,
    /// What follows a hidden layer (default: softplus).
    #[arg(long, value_enum)]
    pub activation: Option<Activations>,
    /// How slopes become steps (default: adam).
    #[arg(long, value_enum, alias = "optimizer")]
    pub optimiser: Option<Optimisers>,
    /// Epochs of minibatches (default: 100, none for a linear vae, whose maximum is found at once; 20 with --recognition encoder).
    #[arg(long, value_name = "N")]
    pub epochs: Option<u64>,
    /// Length of steps (default: 0.001 for adam, 0.1 for natural, 0.05 with --recognition encoder).
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Draws per row (default: 1; 10 with --recognition encoder, where 1 is wake-sleep).
    #[arg(long, visible_alias = "samples", value_name = "N")]
    pub draws: Option<usize>,
    /// Fixed nodes per latent instead of draws: a deterministic objective, for few latents.
    #[arg(long, value_name = "N", conflicts_with = "draws")]
    pub nodes: Option<usize>,
    /// Weight decay λ: the penalty is λ/2 times the sum of squared weights and biases (default: 0).
    #[arg(long, value_name = "L", allow_negative_numbers = true)]
    pub weight_decay: Option<f64>,
    /// Precision of minibatches (default: f32).
    #[arg(long, value_enum)]
    pub precision: Option<Precisions>,
}

impl VaeArguments {
    /// The options that were given.
    pub fn given(&self) -> impl Iterator<Item = &'static str> {
        let given = [
            self.hidden_layers.is_some(),
            self.observable.is_some(),
            self.variance.is_some(),
            self.latent_prior.is_some(),
            self.activation.is_some(),
            self.optimiser.is_some(),
            self.epochs.is_some(),
            self.learning_rate.is_some(),
            self.draws.is_some(),
            self.nodes.is_some(),
            self.weight_decay.is_some(),
            self.precision.is_some(),
        ];
        OPTIONS.into_iter().zip(given).filter_map(|(name, given)| given.then_some(name))
    }

    /// Whether minibatches are in single precision.
    pub fn single(&self) -> bool {
        self.precision != Some(Precisions::F64)
    }

    /// Widths of the hidden layers.
    pub fn widths(&self) -> Result<Vec<usize>, Failure> {
        let text = self.hidden_layers.as_deref().unwrap_or("256");
        if text == "none" {
            return Ok(Vec::new());
        }
        let width = |w: &str| w.trim().parse::<usize>().ok().filter(|w| *w > 0);
        text.split(',').map(width).collect::<Option<_>>().ok_or_else(|| {
            Failure::new(
                format!("--hidden-layers {text} is not a list of widths"),
                "give whole numbers from 1, as in 256,128, or none",
            )
        })
    }

    /// The observable.
    pub fn observable(&self) -> ObservableName {
        match self.observable {
            None | Some(Observables::Gaussian) => ObservableName::Gaussian,
            Some(Observables::Bernoulli) => ObservableName::Bernoulli,
            Some(Observables::Poisson) => ObservableName::Poisson,
        }
    }

    /// The variances.
    pub fn variance(&self) -> Result<Variance, Failure> {
        let Some(text) = self.variance.as_deref() else { return Ok(Variance::Scalar) };
        if self.observable() != ObservableName::Gaussian {
            return Err(Failure::new(
                "--variance belongs to Gaussian columns",
                "leave it out: Bernoulli and Poisson columns have no variance of their own",
            ));
        }
        match text {
            "scalar" => Ok(Variance::Scalar),
            "column" => Ok(Variance::Column),
            "network" => Ok(Variance::Network),
            _ => text
                .strip_prefix("fixed:")
                .and_then(|v| v.parse::<f64>().ok())
                .filter(|v| *v > 0.0 && v.is_finite())
                .map(Variance::Fixed)
                .ok_or_else(|| {
                    Failure::new(
                        format!("--variance {text} is not known"),
                        "give scalar, column, network, or fixed: and a positive number, as in fixed:0.5",
                    )
                }),
        }
    }

    /// The prior.
    pub fn prior(&self) -> PriorName {
        match self.latent_prior {
            None | Some(Priors::Fixed) => PriorName::Fixed,
            Some(Priors::Learnt) => PriorName::Learnt,
        }
    }

    /// The activation.
    pub fn activation(&self) -> Activation {
        match self.activation {
            Some(Activations::Tanh) => Activation::Tanh,
            Some(Activations::Relu) => Activation::Relu,
            None | Some(Activations::Softplus) => Activation::Softplus,
        }
    }

    /// The optimiser and the length of its steps.
    pub fn optimiser(&self) -> (Optimiser, f64) {
        let optimiser = match self.optimiser {
            None | Some(Optimisers::Adam) => Optimiser::adam(),
            Some(Optimisers::Natural) => Optimiser::natural(),
        };
        (optimiser, self.learning_rate.unwrap_or(optimiser.rate()))
    }
}
