//! Learning variational autoencoders: epochs of minibatches, then closed forms or quasi-Newton steps to the end.
//!
//! ```text
//! window of rows → shuffled minibatches → slopes → Adam (or the natural gradient) → epoch's record → … → finish
//! ```

mod curvature;
mod evaluate;
mod finish;
mod importance;
mod record;
mod scalars;
mod settings;
mod train;
mod trust;
mod window;

pub use evaluate::{Beliefs, Beyond, Evaluation, evaluate, generate, recognise, reconstruct};
pub use importance::{ImportanceBound, importance_bound, mean_importance_bound};
pub use record::{EpochRecord, VariationalOutcome, VariationalProgress, VariationalStatus};
pub use settings::{Optimiser, VariationalSettings};
pub use train::{Watch, learn};
pub use trust::Trust;
