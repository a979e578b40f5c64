//! CSV and TSV files, parsed row by row into a table.

use crate::cell::{self, CellTrouble};
use crate::error::{IoError, Place, cannot_read, quoted, shown};
use crate::plan::Plan;
use crate::spec::ReadOptions;
use crate::table_builder::TableBuilder;
use csv::ByteRecord;
use natgrad::rows::Table;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// What is read after the end of the file. A quote that was never closed swallows it, and so is noticed; on its own it
/// is a row like no other.
const END: &[u8] = b"\0natgrad: end of file\0";

/// Reads text files of one data set into a table.
///
/// # Errors
/// The first cell, row or header that cannot be read, with its place.
pub(crate) fn read(paths: &[PathBuf], options: &ReadOptions, notes: &mut Vec<String>) -> Result<Table, IoError> {
    let mut state: Option<(Plan, TableBuilder)> = None;
    let first_file = shown(&paths[0]);
    for path in paths {
        let file = shown(path);
        let input: Box<dyn Read> = if path == Path::new("-") {
            Box::new(std::io::stdin().lock())
        } else {
            Box::new(File::open(path).map_err(|e| cannot_read(path, &e))?)
        };
        let separator = if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("tsv")) { b'\t' } else { b',' };
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(separator)
            .buffer_capacity(1 << 16)
            .from_reader(input.chain(&b"\n"[..]).chain(END));
        let mut text = TextFile { path, file: file.clone(), record: ByteRecord::new(), data_rows: 0 };

        let mut more = text.next(&mut reader, 0)?;
        if !more {
            return Err(IoError::Empty {
                file,
                problem: "the file is empty".into(),
                hint: "check that the right file was named, and that writing it had ended".into(),
            });
        }
        let names = if options.header {
            let names = text.header(separator)?;
            if state.is_none() && !names.is_empty() && names.iter().all(|n| n.parse::<f64>().is_ok()) {
                notes.push(format!(
                    "{file}: the header looks like numbers ({}); if the file has no header, say --no-header",
                    names.iter().take(3).cloned().collect::<Vec<_>>().join(", ")
                ));
            }
            more = text.next(&mut reader, state.as_ref().map_or(0, |s| s.1.rows()))?;
            names
        } else {
            (1..=text.record.len()).map(|i| format!("c{i}")).collect()
        };
        if state.is_none() {
            let plan = Plan::new(names, options, &file)?;
            let builder = TableBuilder::new(&plan);
            state = Some((plan, builder));
        } else if let Some((plan, _)) = &state {
            plan.check_same(&names, &file, &first_file)?;
        }
        let Some((plan, builder)) = &mut state else { continue };
        while more {
            text.data_rows += 1;
            text.add_row(plan, builder, options.header)?;
            more = text.next(&mut reader, builder.rows())?;
        }
    }
    match state {
        Some((mut plan, builder)) => builder.finish(&mut plan, &first_file),
        None => Err(crate::table_builder::no_rows(&first_file)),
    }
}

/// One text file being read.
struct TextFile<'a> {
    path: &'a Path,
    file: String,
    record: ByteRecord,
    /// Rows of data read from this file so far, the present one included.
    data_rows: u64,
}

impl TextFile<'_> {
    /// Reads the next row; `false` at the end of the file. `rows` were complete before it.
    fn next<R: Read>(&mut self, reader: &mut csv::Reader<R>, rows: usize) -> Result<bool, IoError> {
        let read = reader.read_byte_record(&mut self.record).map_err(|e| match e.into_kind() {
            csv::ErrorKind::Io(e) => cannot_read(self.path, &e),
            other => IoError::Format {
                file: self.file.clone(),
                problem: format!("it cannot be read as text: {other:?}"),
                hint: "check that the file is a CSV or TSV file".into(),
            },
        })?;
        if read && !self.record.as_slice().ends_with(END) {
            return Ok(true);
        }
        if self.record.len() == 1 && self.record.as_slice() == END {
            return Ok(false);
        }
        Err(IoError::Row {
            place: self.place(rows),
            problem: "a quote is opened here and never closed".into(),
            hint: "close the quote; inside quoted cells a quote is written twice".into(),
        })
    }

    /// The names in the header, which is the present record.
    fn header(&self, separator: u8) -> Result<Vec<String>, IoError> {
        let mut names = Vec::with_capacity(self.record.len());
        for (i, name) in self.record.iter().enumerate() {
            let name = std::str::from_utf8(name).map_err(|_| IoError::Format {
                file: self.file.clone(),
                problem: format!("the name of column {} ({}) is not valid UTF-8", i + 1, quoted(name)),
                hint: "save the file as UTF-8 text".into(),
            })?;
            names.push(name.trim_start_matches('\u{feff}').trim().to_string());
        }
        let other = [(';', "semicolons"), ('\t', "tabs"), (',', "commas")]
            .into_iter()
            .find(|(c, _)| names.len() == 1 && names[0].contains(*c) && *c != char::from(separator));
        if let Some((_, what)) = other {
            return Err(IoError::Format {
                file: self.file.clone(),
                problem: format!("there is one column, named {}", quoted(names[0].as_bytes())),
                hint: format!(
                    "the cells seem to be separated by {what}: separate them by {}",
                    if separator == b',' { "commas, or name a file with tabs .tsv" } else { "tabs, or name it .csv" }
                ),
            });
        }
        Ok(names)
    }

    /// Parses the present record and adds it to the table.
    fn add_row(&self, plan: &mut Plan, builder: &mut TableBuilder, header: bool) -> Result<(), IoError> {
        let (found, wanted) = (self.record.len(), plan.names.len());
        if found != wanted {
            return Err(IoError::Row {
                place: self.place(builder.rows()),
                problem: format!(
                    "{found} cells where the {} {wanted}",
                    if header { "header has" } else { "first row has" }
                ),
                hint: "give every row one cell per column; put cells that contain the separator in quotes".into(),
            });
        }
        for (d, column) in plan.columns.iter_mut().enumerate() {
            match cell::text(&self.record[column.at], column.book.as_mut()) {
                Ok(value) => builder.set(d, value),
                Err(trouble) => return Err(self.trouble(trouble, &column.name, builder.rows(), header)),
            }
        }
        if let Some(at) = plan.weights {
            match cell::number(&self.record[at]).and_then(cell::weight) {
                Ok(weight) => builder.set_weight(weight),
                Err(trouble) => return Err(self.trouble(trouble, &plan.names[at], builder.rows(), header)),
            }
        }
        builder.end_row();
        Ok(())
    }

    /// The error for a cell of the present record.
    #[cold]
    fn trouble(&self, trouble: CellTrouble, column: &str, rows: usize, header: bool) -> IoError {
        trouble.at(self.place(rows), column, !header && self.data_rows == 1)
    }

    /// Where the present record stands, after `rows` complete rows.
    fn place(&self, rows: usize) -> Box<Place> {
        let line = self.record.position().map(|p| p.line() + self.newlines_before(p.byte()));
        Box::new(Place { file: self.file.clone(), row: rows as u64 + 1, line, row_in_file: None })
    }

    /// Line ends between a record's position and its first character: the parser leaves the second half of `\r\n`, and
    /// empty lines, to the following record.
    fn newlines_before(&self, byte: u64) -> u64 {
        let Ok(mut file) = File::open(self.path) else { return 0 };
        if file.seek(SeekFrom::Start(byte)).is_err() {
            return 0;
        }
        let mut newlines = 0;
        let mut reader = BufReader::new(file);
        while let Ok(buffer) = reader.fill_buf() {
            let blank = buffer.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
            newlines += buffer[..blank].iter().filter(|b| **b == b'\n').count() as u64;
            if blank == 0 || blank < buffer.len() {
                break;
            }
            reader.consume(blank);
        }
        newlines
    }
}
