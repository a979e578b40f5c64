//! Rows of data: fixed chunks, the sources they come from, and one-pass summaries of columns.

mod source;
mod table;

pub use source::{CHUNK_ROWS, Chunk, Column, ColumnKind, RowSource};
pub use table::Table;
