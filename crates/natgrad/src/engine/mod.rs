//! The loop: slope, step, record. It knows objectives and steps, no model.

mod fit;
mod progress;
mod settings;
mod shard;
mod variational;

pub use fit::{Control, fit};
pub use progress::{Edges, Outcome, Progress, Record, Status, StoredNote};
pub use settings::{Batches, MetricChoice, Settings};
pub use shard::{Iterated, Shard, estep, mstep, shard_chunks};
pub use variational::{
    Beliefs, Beyond, EpochRecord, Evaluation, ImportanceBound, Optimiser, Trust, VariationalOutcome,
    VariationalProgress, VariationalSettings, VariationalStatus, Watch, evaluate, generate, importance_bound, learn,
    mean_importance_bound, recognise, reconstruct,
};
