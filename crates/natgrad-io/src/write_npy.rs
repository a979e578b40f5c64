//! NPY arrays of doubles written row by row; the number of rows goes into the header at the end.

use crate::atomic::AtomicFile;
use crate::error::IoError;
use std::io::{Seek, SeekFrom, Write};

/// Bytes before the data: enough for any shape, and a multiple of 64 as the format asks.
const START: usize = 128;

/// Writes rows of doubles.
pub(crate) struct NpyWriter {
    file: AtomicFile,
    columns: usize,
    rows: u64,
    bytes: Vec<u8>,
}

impl NpyWriter {
    /// Writes a header, to be corrected at the end.
    pub fn create(file: AtomicFile, columns: usize) -> Result<Self, IoError> {
        let mut writer = NpyWriter { file, columns, rows: 0, bytes: Vec::new() };
        writer.bytes = writer.header();
        writer.flush()?;
        Ok(writer)
    }

    /// Appends rows; cell `(n, d)` is `values[d * rows + n]`.
    pub fn push_rows(&mut self, rows: usize, values: &[f64]) -> Result<(), IoError> {
        for n in 0..rows {
            for d in 0..self.columns {
                self.bytes.extend_from_slice(&values[d * rows + n].to_le_bytes());
            }
            if self.bytes.len() > 1 << 16 {
                self.flush()?;
            }
        }
        self.rows += rows as u64;
        self.flush()
    }

    /// Completes the header and puts the file in its place.
    pub fn finish(mut self) -> Result<(), IoError> {
        let sought = self.file.seek(SeekFrom::Start(0));
        sought.map_err(|e| self.file.error(&e.to_string()))?;
        self.bytes = self.header();
        self.flush()?;
        self.file.commit()
    }

    fn header(&self) -> Vec<u8> {
        let dictionary =
            format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({}, {}), }}", self.rows, self.columns);
        let mut header = b"\x93NUMPY\x01\x00".to_vec();
        header.extend_from_slice(&((START - 10) as u16).to_le_bytes());
        header.extend_from_slice(dictionary.as_bytes());
        header.resize(START - 1, b' ');
        header.push(b'\n');
        header
    }

    fn flush(&mut self) -> Result<(), IoError> {
        let written = self.file.write_all(&self.bytes);
        self.bytes.clear();
        written.map_err(|e| self.file.error(&e.to_string()))
    }
}
