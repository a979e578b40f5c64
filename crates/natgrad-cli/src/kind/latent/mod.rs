//! What sigmoid belief nets and sparse coding share: model files, totals over rows, pictures of weights.

mod file;
pub mod picture;
pub mod rows;

pub use file::LatentFile;
