//! The arguments of `natgrad fit`, which `select` shares in part.

use crate::data::Reading;
use crate::failure::Failure;
use crate::kind::vae::VaeArguments;
use std::path::PathBuf;

/// Shape of normal components; of what sparse coding believes, full or diagonal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shape {
    /// A covariance matrix per component.
    Full,
    /// A variance per column and component.
    Diagonal,
    /// A variance per component.
    Spherical,
    /// One covariance matrix for all.
    Tied,
}

/// Geometry of the steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Metric {
    /// EM first, the evidence metric where it pays.
    Auto,
    /// EM: the Fisher metric of the complete data.
    Joint,
    /// The Fisher metric of the evidence.
    Evidence,
    /// Plain gradients, for comparison.
    Euclidean,
}

/// How a posterior is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Recognition {
    /// Exactly; too large sums are refused.
    Exact,
    /// Exactly where memory allows, else by independent hidden nodes: a lower bound (bayes-net); independent units
    /// (sigmoid-belief-net).
    MeanField,
    /// By independent clusters of units, those of a cluster together: --cluster (sigmoid-belief-net).
    Structured,
    /// By a net of its own, learnt beside the model (sigmoid-belief-net).
    Encoder,
}

/// What a model is made of.
#[derive(Debug, Clone, clap::Args)]
pub struct ModelArguments {
    /// Number of components (classes).
    #[arg(long, allow_negative_numbers = true, visible_alias = "classes", value_name = "K")]
    pub components: Option<usize>,
    #[command(flatten)]
    pub structure: Structure,
}

/// What a model is made of, but for its size.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Structure {
    /// Shape of normal components (default: full; diagonal for `mixture`), and of beliefs in `sparse-coding` (full or
    /// diagonal; default: full up to 32 elements).
    #[arg(long, value_enum)]
    pub covariance: Option<Shape>,
    /// Smallest variance that is allowed, in squared units of the data (0: none).
    #[arg(long, value_name = "F", default_value_t = 0.0, allow_negative_numbers = true)]
    pub covariance_floor: f64,
    /// Families of columns, for `mixture`: age=normal,smoker=bernoulli (default: normal, or categorical for text).
    #[arg(long, value_delimiter = ',', value_name = "COLUMN=FAMILY,…")]
    pub family: Vec<String>,
    /// Dispersion of negative binomial columns.
    #[arg(long, value_name = "R", allow_negative_numbers = true)]
    pub dispersion: Option<f64>,
    /// Parameters that are one and the same: `items`; for bayes-net nodes that share a table: A=B=C.
    #[arg(long, value_delimiter = ',', value_name = "WHAT")]
    pub tie: Vec<String>,
    /// Parameters that stay where they start: `weights`, `covariances`; for bayes-net names of nodes.
    #[arg(long, value_delimiter = ',', value_name = "WHAT")]
    pub freeze: Vec<String>,
}

/// What a Bayesian network's fit takes beside the data.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct NetworkArguments {
    /// Network file (.bif or .json), for `bayes-net`; tables may be missing in JSON.
    #[arg(long, value_name = "FILE")]
    pub network: Option<PathBuf>,
    /// Nodes to hide although the data may have a column for them (nodes without a column are hidden anyway).
    #[arg(long, value_delimiter = ',', value_name = "A,B,…")]
    pub hidden: Vec<String>,
    /// Pseudo-count of every table cell (Dirichlet parameters less one): the maximum a posteriori instead of likelihood.
    #[arg(long, value_name = "COUNT", allow_negative_numbers = true)]
    pub prior: Option<f64>,
    /// Most memory for the tables of one junction tree, in GB (default 2.1).
    #[arg(long, value_name = "GB", allow_negative_numbers = true)]
    pub memory: Option<f64>,
}

/// What models with continuous hidden variables take.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct LatentArguments {
    /// Number of latent dimensions (factors, dictionary elements).
    #[arg(long, allow_negative_numbers = true, value_name = "H")]
    pub latent_dim: Option<usize>,
    /// Sizes of the hidden layers, the top last, for `sigmoid-belief-net`: 20,10.
    #[arg(long, value_delimiter = ',', allow_negative_numbers = true, value_name = "N,…")]
    pub layers: Option<Vec<usize>>,
}

/// Remaining gain at which a fit ends unless told.
const TOLERANCE: f64 = 1e-6;

/// Iterations that a fit takes at most unless told.
const MAX_ITERATIONS: u64 = 10_000;

/// How to climb.
#[derive(Debug, Clone, clap::Args)]
pub struct ClimbArguments {
    /// Geometry of the steps.
    #[arg(long, value_enum, default_value_t = Metric::Auto)]
    pub metric: Metric,
    /// Stop when the estimated remaining gain is below this, nats per row.
    #[arg(long, value_name = "T", default_value_t = TOLERANCE, allow_negative_numbers = true)]
    pub tolerance: f64,
    /// Stop after this many iterations (epochs, with --batch).
    #[arg(long, allow_negative_numbers = true, value_name = "N", default_value_t = MAX_ITERATIONS)]
    pub max_iterations: u64,
    /// Minibatches of about this many rows (whole chunks of 1024).
    #[arg(long, allow_negative_numbers = true, value_name = "ROWS", value_parser = clap::value_parser!(u64).range(1..))]
    pub batch: Option<u64>,
    /// Length of joint-metric steps; 1 is EM.
    #[arg(long, value_name = "S", default_value_t = 1.0, allow_negative_numbers = true)]
    pub step_size: f64,
    /// Measure at every iteration how far the natural gradients of ELBO and evidence point apart (column `cosine` of the
    /// trace).
    #[arg(long)]
    pub angles: bool,
    /// Number of starts.
    #[arg(long, allow_negative_numbers = true, value_name = "R", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..))]
    pub restarts: u64,
    /// Seed of the first start; the others follow.
    #[arg(long, allow_negative_numbers = true, value_name = "S", default_value_t = 0)]
    pub seed: u64,
}

impl ClimbArguments {
    /// An option that was given and that learning by epochs of minibatches has no use for.
    pub fn not_of_epochs(&self) -> Option<&'static str> {
        let given = [
            ("--metric", !matches!(self.metric, Metric::Auto)),
            ("--tolerance", self.tolerance != TOLERANCE),
            ("--max-iterations", self.max_iterations != MAX_ITERATIONS),
            ("--step-size", self.step_size != 1.0),
            ("--angles", self.angles),
        ];
        given.iter().find_map(|(name, given)| given.then_some(*name))
    }
}

/// What a checkpoint has settled: none of it can be given again with --resume.
const FIXED: [&str; 43] = [
    "model",
    "out",
    "start",
    "components",
    "covariance",
    "covariance_floor",
    "family",
    "dispersion",
    "tie",
    "freeze",
    "metric",
    "tolerance",
    "max_iterations",
    "batch",
    "step_size",
    "restarts",
    "seed",
    "columns",
    "exclude",
    "weights",
    "no_header",
    "checkpoint_every",
    "recognition",
    "cluster",
    "network",
    "hidden",
    "prior",
    "memory",
    "latent_dim",
    "layers",
    "angles",
    "hidden_layers",
    "observable",
    "variance",
    "latent_prior",
    "activation",
    "optimiser",
    "epochs",
    "learning_rate",
    "draws",
    "nodes",
    "weight_decay",
    "precision",
];

/// Fit a model to a table and certify the answer.
#[derive(Debug, Clone, clap::Args)]
pub struct Arguments {
    /// Model (`natgrad list` shows them); left out with --resume.
    #[arg(value_name = "MODEL", required_unless_present = "resume")]
    pub model: Option<String>,
    /// Data files (.csv, .tsv, .parquet, .npy), a folder of Parquet files, or - for CSV on standard input.
    #[arg(value_name = "DATA", required_unless_present = "resume")]
    pub data: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
    #[command(flatten)]
    pub model_arguments: ModelArguments,
    #[command(flatten)]
    pub network: NetworkArguments,
    #[command(flatten)]
    pub latent: LatentArguments,
    #[command(flatten)]
    pub vae: VaeArguments,
    #[command(flatten)]
    pub climb: ClimbArguments,
    /// How the posterior of the hidden state is found (default: exact; a vae has its encoder).
    #[arg(long, value_enum)]
    pub recognition: Option<Recognition>,
    /// Units of a cluster with --recognition structured, 1 to 10 (default: 4).
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub cluster: Option<usize>,
    /// Start from the parameters of a model file; for bayes-net `table` (the network file's), `random`, or a network file.
    #[arg(long, value_name = "FILE")]
    pub start: Option<PathBuf>,
    /// Folder for results (without it, they are only printed).
    #[arg(long, value_name = "RUN")]
    pub out: Option<PathBuf>,
    /// Write a checkpoint this often, but never for more than a tenth of the time.
    #[arg(long, value_name = "SECONDS", default_value_t = 30.0, allow_negative_numbers = true)]
    pub checkpoint_every: f64,
    /// Go on with an interrupted or killed run.
    #[arg(long, value_name = "RUN", conflicts_with_all = FIXED)]
    pub resume: Option<PathBuf>,
}

impl Arguments {
    /// How the posterior is found: exactly, unless told.
    pub fn recognition(&self) -> Recognition {
        self.recognition.unwrap_or(Recognition::Exact)
    }

    /// The first option given that belongs to mixtures.
    pub fn mixture_option(&self) -> Option<&'static str> {
        self.mixture_option_but(&[])
    }

    /// The same, but for some that the model takes too.
    pub fn mixture_option_but(&self, taken: &[&str]) -> Option<&'static str> {
        let structure = &self.model_arguments.structure;
        let given = [
            ("--components", self.model_arguments.components.is_some()),
            ("--covariance", structure.covariance.is_some()),
            ("--covariance-floor", structure.covariance_floor != 0.0),
            ("--family", !structure.family.is_empty()),
            ("--dispersion", structure.dispersion.is_some()),
            ("--tie", !structure.tie.is_empty()),
            ("--freeze", !structure.freeze.is_empty()),
        ];
        given.into_iter().find_map(|(name, given)| (given && !taken.contains(&name)).then_some(name))
    }

    /// Options given that only some kinds of models take.
    pub fn of_some_kinds(&self) -> Vec<&'static str> {
        let latent = [
            self.latent.latent_dim.is_some().then_some("--latent-dim"),
            self.latent.layers.is_some().then_some("--layers"),
            (self.recognition == Some(Recognition::Structured)).then_some("--recognition structured"),
            self.cluster.is_some().then_some("--cluster"),
            (self.recognition == Some(Recognition::Encoder)).then_some("--recognition encoder"),
        ];
        latent.into_iter().flatten().chain(self.vae.given()).collect()
    }
}

/// Refuses numbers that are out of range.
pub fn check_numbers(climb: &ClimbArguments, structure: &Structure, every: f64) -> Result<(), Failure> {
    let refuse =
        |what: &str, value: f64, hint: &str| Err(Failure::new(format!("{what} {value} is out of range"), hint));
    if !(climb.tolerance >= 0.0 && climb.tolerance.is_finite()) {
        return refuse("--tolerance", climb.tolerance, "give nats per row, for example 1e-6");
    }
    if !(climb.step_size > 0.0 && climb.step_size < 2.0) {
        return refuse("--step-size", climb.step_size, "steps between 0 and 2 can converge; 1 is EM");
    }
    if !(structure.covariance_floor >= 0.0 && structure.covariance_floor.is_finite()) {
        return refuse("--covariance-floor", structure.covariance_floor, "give a variance of at least 0");
    }
    if climb.restarts > 1_000_000 {
        return refuse("--restarts", climb.restarts as f64, "all starts are kept: give at most a million");
    }
    if !(0.0..=1e9).contains(&every) {
        return refuse("--checkpoint-every", every, "give seconds");
    }
    Ok(())
}
