//! Belief nets that are learnt with a recognition net of their own.

mod climb;
mod file;
mod fit;
mod rows;
mod summary;

pub use file::EncoderFile;
pub use fit::{begin, go_on};

/// Options that a fit with an encoder takes beside `--layers`, `--batch` and `--seed`.
pub const OPTIONS: [&str; 4] = ["--recognition encoder", "--epochs", "--learning-rate", "--draws"];

/// Whether what a checkpoint keeps is a plan of this kind.
pub fn is_plan(own: &serde_json::Value) -> bool {
    own.get("learning").is_some()
}
