//! Files for natgrad: tables read and written, model and summary files, run folders and checkpoints.
//!
//! * [`open`] reads CSV, TSV, NPY and Parquet, one file or several, as a [`natgrad::rows::RowSource`]. What fits in
//!   memory becomes a [`natgrad::rows::Table`]; large Parquet data sets stay on disk as a [`ParquetSource`].
//! * [`TableWriter`] and [`write_table`] write the same formats, row block by row block.
//! * [`RunFolder`] knows what lies where in a run folder; [`write_json`], [`read_json`], [`write_checkpoint`] and
//!   [`read_checkpoint`] read and write its files.
//! * [`read_bif`] and [`read_network_json`] read Bayesian networks, [`write_bif`] and [`write_network_json`] write them.
//! * Every file is written aside and renamed ([`AtomicFile`]): a reader sees the old file or the new one, never half.
//!
//! Every failure is an [`IoError`]: one line that names file, place and value, then `hint:` with the way out.

mod atomic;
mod bif;
mod cell;
mod checkpoint;
mod csv_file;
mod error;
mod json;
mod levels;
mod network_json;
mod npy_file;
mod parquet_columns;
mod parquet_file;
mod parquet_source;
mod plan;
mod read;
mod run_folder;
mod spec;
mod table_builder;
mod tensors;
mod write;
mod write_npy;
mod write_parquet;
mod write_text;

pub use atomic::AtomicFile;
pub use bif::{BifError, bif_text, parse_bif, read_bif, write_bif};
pub use checkpoint::{read_checkpoint, write_checkpoint};
pub use error::{IoError, Place, nearest};
pub use json::{read_json, write_json};
pub use network_json::{
    TargetValues, Written, network_from_value, network_to_value, read_network_json, read_target, write_network_json,
};
pub use parquet_file::silence_decoder_panics;
pub use parquet_source::ParquetSource;
pub use read::{Opened, open, open_with_notes};
pub use run_folder::RunFolder;
pub use spec::{Levels, Others, ReadOptions};
pub use tensors::{NamedTensor, read_tensors, write_tensors};
pub use write::{TableWriter, write_table};
