//! NPY files: two-dimensional arrays of numbers, read in pieces.
//!
//! ```text
//! \x93NUMPY  major minor  header length (u16 or u32)  {'descr': '<f8', 'fortran_order': False, 'shape': (n, d), }  data
//! ```

use crate::cell;
use crate::error::{IoError, Place, cannot_read, quoted, shown};
use crate::plan::Plan;
use crate::spec::ReadOptions;
use crate::table_builder::TableBuilder;
use natgrad::rows::{CHUNK_ROWS, Table};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Longest header that is read; numpy's own are a few hundred bytes.
const LONGEST_HEADER: usize = 1 << 20;

/// What one element is, and how many bytes it has.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Element {
    Bool,
    Signed(usize),
    Unsigned(usize),
    Float32,
    Float64,
}

/// What the header of an NPY file says.
#[derive(Debug, Clone, PartialEq)]
struct Header {
    element: Element,
    big_endian: bool,
    fortran: bool,
    rows: u64,
    columns: u64,
}

/// A number as it stands in the file.
#[derive(Debug, Clone, Copy)]
enum Cell {
    Truth(bool),
    Integer(i128),
    Float(f64),
}

impl Element {
    fn bytes(self) -> usize {
        match self {
            Element::Bool => 1,
            Element::Signed(n) | Element::Unsigned(n) => n,
            Element::Float32 => 4,
            Element::Float64 => 8,
        }
    }

    /// Decodes one element from its bytes.
    fn decode(self, bytes: &[u8], big_endian: bool) -> Cell {
        let mut little = [0u8; 8];
        little[..bytes.len()].copy_from_slice(bytes);
        if big_endian {
            little[..bytes.len()].reverse();
        }
        let bits = u64::from_le_bytes(little);
        match self {
            Element::Bool => Cell::Truth(bits != 0),
            Element::Unsigned(_) => Cell::Integer(i128::from(bits)),
            Element::Signed(n) => {
                let unused = 64 - 8 * n as u32;
                Cell::Integer(i128::from((bits << unused) as i64 >> unused))
            }
            Element::Float32 => Cell::Float(f64::from(f32::from_bits(bits as u32))),
            Element::Float64 => Cell::Float(f64::from_bits(bits)),
        }
    }
}

/// Reads NPY files of one data set into a table.
///
/// # Errors
/// A header that is not that of a two-dimensional array of numbers, a truncated file, an infinite value.
pub(crate) fn read(paths: &[PathBuf], options: &ReadOptions) -> Result<Table, IoError> {
    let mut state: Option<(Plan, TableBuilder)> = None;
    let first_file = shown(&paths[0]);
    for path in paths {
        let file = shown(path);
        let mut input = File::open(path).map_err(|e| cannot_read(path, &e))?;
        let header = read_header(path, &mut input)?;
        let start = input.stream_position().map_err(|e| cannot_read(path, &e))?;
        check_length(path, &input, start, &header)?;
        let names: Vec<String> = (1..=header.columns).map(|i| format!("c{i}")).collect();
        if state.is_none() {
            let plan = Plan::new(names, options, &file)?;
            let builder = TableBuilder::new(&plan);
            state = Some((plan, builder));
        } else if let Some((plan, _)) = &state {
            plan.check_same(&names, &file, &first_file)?;
        }
        if let Some((plan, builder)) = &mut state {
            read_rows(path, &mut input, start, &header, plan, builder)?;
        }
    }
    match state {
        Some((mut plan, builder)) => builder.finish(&mut plan, &first_file),
        None => Err(crate::table_builder::no_rows(&first_file)),
    }
}

/// Reads the rows block by block; of a Fortran array, each block is gathered from the columns.
fn read_rows(
    path: &Path,
    input: &mut File,
    start: u64,
    header: &Header,
    plan: &mut Plan,
    builder: &mut TableBuilder,
) -> Result<(), IoError> {
    let size = header.element.bytes();
    let (rows, width) = (header.rows as usize, header.columns as usize);
    let mut block = vec![0u8; CHUNK_ROWS.min(rows) * width * size];
    let plain = matches!(header.element, Element::Float64)
        && !header.fortran
        && !header.big_endian
        && plan.weights.is_none()
        && plan.columns.iter().all(|c| c.book.is_none());
    let read_at_once = match plain {
        true => {
            let from = |c: usize| SeekFrom::Start(start + (c * CHUNK_ROWS * width * size) as u64);
            let read = |c: usize, block: &mut [u8]| {
                // Threads read through handles of their own.
                File::open(path).is_ok_and(|mut own| own.seek(from(c)).is_ok() && own.read_exact(block).is_ok())
            };
            builder.push_chunks(rows, width, |d| plan.columns[d].at, read)
        }
        false => 0,
    };
    if read_at_once > 0 {
        let next = SeekFrom::Start(start + (read_at_once * width * size) as u64);
        input.seek(next).map_err(|e| cannot_read(path, &e))?;
    }
    for first in (read_at_once..rows).step_by(CHUNK_ROWS) {
        let n = CHUNK_ROWS.min(rows - first);
        let block = &mut block[..n * width * size];
        let read = if header.fortran {
            (0..width).try_for_each(|d| {
                input.seek(SeekFrom::Start(start + ((d * rows + first) * size) as u64))?;
                input.read_exact(&mut block[d * n * size..(d + 1) * n * size])
            })
        } else {
            input.read_exact(block)
        };
        read.map_err(|e| cannot_read(path, &e))?;
        if plain {
            let cells = block.as_chunks().0;
            // A value that is refused is found again below, with its place.
            if !cells.iter().any(|b| f64::from_le_bytes(*b).is_infinite()) {
                builder.push_rows(cells, width, |d| plan.columns[d].at);
                continue;
            }
        }
        for row in 0..n {
            let at = |d: usize| {
                let index = if header.fortran { d * n + row } else { row * width + d };
                header.element.decode(&block[index * size..(index + 1) * size], header.big_endian)
            };
            let place = |rows: usize| {
                let row_in_file = (first + row) as u64 + 1;
                let row = rows as u64 + 1;
                Box::new(Place {
                    file: shown(path),
                    row,
                    line: None,
                    row_in_file: Some(row_in_file).filter(|r| *r != row),
                })
            };
            for (d, column) in plan.columns.iter_mut().enumerate() {
                let book = column.book.as_mut();
                let value = match at(column.at) {
                    Cell::Truth(v) => cell::truth(v, book),
                    Cell::Integer(v) => cell::integer(v, book),
                    Cell::Float(v) => cell::float(v, book),
                };
                match value {
                    Ok(value) => builder.set(d, value),
                    Err(trouble) => return Err(trouble.at(place(builder.rows()), &column.name, false)),
                }
            }
            if let Some(index) = plan.weights {
                let value = match at(index) {
                    Cell::Truth(v) => f64::from(u8::from(v)),
                    Cell::Integer(v) => v as f64,
                    Cell::Float(v) => v,
                };
                match cell::weight(value) {
                    Ok(weight) => builder.set_weight(weight),
                    Err(trouble) => return Err(trouble.at(place(builder.rows()), &plan.names[index], false)),
                }
            }
            builder.end_row();
        }
    }
    Ok(())
}

/// Checks that the file holds exactly the data that its header promises.
fn check_length(path: &Path, input: &File, start: u64, header: &Header) -> Result<(), IoError> {
    let length = input.metadata().map_err(|e| cannot_read(path, &e))?.len();
    let found = length.saturating_sub(start);
    let wanted = u128::from(header.rows) * u128::from(header.columns) * header.element.bytes() as u128;
    if wanted == u128::from(found) {
        return Ok(());
    }
    Err(IoError::Format {
        file: shown(path),
        problem: format!(
            "the header promises {} × {} numbers ({wanted} bytes), the file has {found} bytes of data",
            header.rows, header.columns
        ),
        hint: "the file is truncated or damaged: write it again with numpy.save".into(),
    })
}

/// Reads the magic string and the header, and leaves `input` at the first byte of data.
fn read_header(path: &Path, input: &mut File) -> Result<Header, IoError> {
    let format = |problem: String, hint: &str| IoError::Format { file: shown(path), problem, hint: hint.into() };
    let not_npy = || format("it is not an NPY file".into(), "write it with numpy.save");
    let ended = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::UnexpectedEof => not_npy(),
        _ => cannot_read(path, &e),
    };
    let mut start = [0u8; 8];
    input.read_exact(&mut start).map_err(ended)?;
    if &start[..6] != b"\x93NUMPY" {
        return Err(not_npy());
    }
    let length = match start[6] {
        1 => {
            let mut length = [0u8; 2];
            input.read_exact(&mut length).map_err(ended)?;
            usize::from(u16::from_le_bytes(length))
        }
        2 | 3 => {
            let mut length = [0u8; 4];
            input.read_exact(&mut length).map_err(ended)?;
            u32::from_le_bytes(length) as usize
        }
        version => return Err(format(format!("NPY version {version} is not known"), "write it with numpy.save")),
    };
    if length > LONGEST_HEADER {
        return Err(format(format!("its header of {length} bytes is too long"), "write it with numpy.save"));
    }
    let mut text = vec![0u8; length];
    input.read_exact(&mut text).map_err(ended)?;
    let text = String::from_utf8_lossy(&text);
    parse_header(&text).map_err(|(problem, hint)| format(problem, hint))
}

/// What follows `'key':` in the header's dictionary.
fn value_of<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let after = [format!("'{key}'"), format!("\"{key}\"")]
        .iter()
        .find_map(|k| text.find(k.as_str()).map(|at| &text[at + k.len()..]))?;
    after.trim_start().strip_prefix(':').map(str::trim_start)
}

/// Reads the header's dictionary; the error is problem and hint.
fn parse_header(text: &str) -> Result<Header, (String, &'static str)> {
    let broken = |key: &str| (format!("its header has no readable '{key}'"), "write it with numpy.save");
    let descr = value_of(text, "descr").ok_or_else(|| broken("descr"))?;
    let numbers = "save an array of numbers: a.astype(float)";
    let mark = descr.chars().next().filter(|c| matches!(c, '\'' | '"'));
    let Some(mark) = mark else {
        return Err(("it holds records, not plain numbers".into(), numbers));
    };
    let descr = descr[1..].split(mark).next().unwrap_or("");
    let (order, kind) = match descr.chars().next() {
        Some('<' | '>' | '|' | '=') => descr.split_at(1),
        _ => ("|", descr),
    };
    let element = match kind {
        "b1" | "?" => Element::Bool,
        "i1" | "i2" | "i4" | "i8" => Element::Signed(usize::from(kind.as_bytes()[1] - b'0')),
        "u1" | "u2" | "u4" | "u8" => Element::Unsigned(usize::from(kind.as_bytes()[1] - b'0')),
        "f4" => Element::Float32,
        "f8" => Element::Float64,
        _ => return Err((format!("elements of type {} are not read", quoted(descr.as_bytes())), numbers)),
    };
    let fortran = match value_of(text, "fortran_order") {
        Some(v) if v.starts_with("True") => true,
        Some(v) if v.starts_with("False") => false,
        _ => return Err(broken("fortran_order")),
    };
    let shape = value_of(text, "shape")
        .and_then(|v| v.strip_prefix('('))
        .and_then(|v| v.split(')').next())
        .ok_or_else(|| broken("shape"))?;
    let sizes: Option<Vec<u64>> =
        shape.split(',').map(str::trim).filter(|s| !s.is_empty()).map(|s| s.parse().ok()).collect();
    let sizes = sizes.ok_or_else(|| broken("shape"))?;
    let [rows, columns] = sizes[..] else {
        return Err((
            format!("the array has {} dimensions, not two", sizes.len()),
            "save rows × columns; one column: a.reshape(-1, 1)",
        ));
    };
    if columns > 1 << 24 {
        return Err((format!("{columns} columns are too many"), "save rows × columns; was the array transposed?"));
    }
    Ok(Header { element, big_endian: order == ">", fortran, rows, columns })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_as_numpy_writes_it_is_read() {
        let header = parse_header("{'descr': '>i2', 'fortran_order': True, 'shape': (3, 4), }   \n").unwrap();
        assert_eq!(
            header,
            Header { element: Element::Signed(2), big_endian: true, fortran: true, rows: 3, columns: 4 }
        );
    }

    #[test]
    fn elements_are_decoded_with_their_sign_and_order() {
        let integer = |e: Element, b: &[u8], big| match e.decode(b, big) {
            Cell::Integer(v) => v,
            other => panic!("{other:?}"),
        };
        assert_eq!(integer(Element::Signed(2), &[0xfe, 0xff], false), -2);
        assert_eq!(integer(Element::Signed(2), &[0xff, 0xfe], true), -2);
        assert_eq!(integer(Element::Unsigned(8), &[0xff; 8], true), i128::from(u64::MAX));
        assert_eq!(integer(Element::Signed(8), &[0xff; 8], false), -1);
    }
}
