//! Parquet files: types, and what is refused.

mod support;

use natgrad::rows::ColumnKind;
use natgrad_io::{Levels, ReadOptions};
use parquet::basic::LogicalType;
use std::path::{Path, PathBuf};
use support::*;

fn one(folder: &Path, logical: Option<LogicalType>, cells: Cells) -> PathBuf {
    let path = folder.join("d.parquet");
    parquet_file(&path, &[("x", logical, cells)], 1000);
    path
}

#[test]
fn numbers_of_every_width_truth_values_and_numbers_as_text_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    let unsigned = LogicalType::integer(32, false);
    let columns = [
        ("double", None, Cells::Double(vec![Some(0.1), None, Some(f64::NAN)])),
        ("float", None, Cells::Float(vec![Some(0.5), Some(-2.0), None])),
        ("int", None, Cells::Int32(vec![Some(-1), None, Some(7)])),
        ("long", None, Cells::Int64(vec![Some(1 << 40), Some(-3), None])),
        ("unsigned", Some(unsigned), Cells::Int32(vec![Some(-1), Some(0), Some(1)])),
        ("truth", None, Cells::Bool(vec![Some(true), Some(false), None])),
        ("text", Some(LogicalType::String), Cells::Text(vec![Some("1.25"), Some(" NA"), None])),
    ];
    parquet_file(&path, &columns, 2);
    let nan = f64::NAN;
    let wanted = [
        [0.1, nan, nan],
        [0.5, -2.0, nan],
        [-1.0, nan, 7.0],
        [(1u64 << 40) as f64, -3.0, nan],
        [4294967295.0, 0.0, 1.0],
        [1.0, 0.0, nan],
        [1.25, nan, nan],
    ];
    for options in [ReadOptions::default(), streamed()] {
        let rows = open(&path, &options).unwrap();
        for (d, wanted) in wanted.iter().enumerate() {
            assert_eq!(format!("{:?}", cells(&*rows, d)), format!("{wanted:?}"), "{}", rows.columns()[d].name);
            assert_eq!(rows.columns()[d].missing, wanted.iter().any(|v| v.is_nan()));
        }
    }
}

#[test]
fn every_type_can_hold_levels() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    let columns = [
        ("int", None, Cells::Int64(vec![Some(10), Some(9), None, Some(i64::MAX)])),
        ("double", None, Cells::Double(vec![Some(1.0), Some(0.5), None, Some(1.0)])),
        ("truth", None, Cells::Bool(vec![Some(true), Some(false), None, Some(true)])),
        ("text", None, Cells::Text(vec![Some("b "), Some("a"), Some("NA"), Some("c")])),
    ];
    parquet_file(&path, &columns, 3);
    let wanted = [
        (vec!["9", "10", "9223372036854775807"], [1.0, 0.0, 2.0]),
        (vec!["0.5", "1"], [1.0, 0.0, 1.0]),
        (vec!["false", "true"], [1.0, 0.0, 1.0]),
        (vec!["a", "b", "c"], [1.0, 0.0, 2.0]),
    ];
    for in_memory_bytes in [0, 1 << 20] {
        let rows =
            open(&path, &ReadOptions { levels: Levels::All, in_memory_bytes, ..ReadOptions::default() }).unwrap();
        for (d, (names, codes)) in wanted.iter().enumerate() {
            assert_eq!(rows.columns()[d].kind, ColumnKind::Levels(strings(names)));
            let found = cells(&*rows, d);
            assert_eq!([found[0], found[1], found[3]], *codes);
            assert!(found[2].is_nan());
        }
    }
}

#[test]
fn bad_cells_are_named_by_row_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let mut cells: Vec<Option<f64>> = (0..2500).map(|n| Some(n as f64)).collect();
    cells[1999] = Some(f64::NEG_INFINITY);
    cells[2400] = Some(f64::INFINITY);
    let path = one(folder.path(), None, Cells::Double(cells));
    let text = refusal(&path, &streamed());
    assert!(text.contains("d.parquet, row 2000, column \"x\": \"-inf\" is not a finite number"), "{text}");
    let path = one(folder.path(), None, Cells::Text(vec![Some("1"), Some("one")]));
    assert!(refusal(&path, &ReadOptions::default()).contains("row 2, column \"x\": \"one\" is not a number"));
    let known = ReadOptions { known_levels: vec![("x".into(), strings(&["One", "1"]))], ..ReadOptions::default() };
    let text = refusal(&path, &known);
    assert!(text.contains("level \"one\" is not known\nhint: did you mean \"One\"?"), "{text}");
}

#[test]
fn rows_are_counted_through_several_files() {
    let folder = tempfile::tempdir().unwrap();
    let (a, b) = (folder.path().join("a.parquet"), folder.path().join("b.parquet"));
    parquet_file(&a, &[("x", None, Cells::Double(vec![Some(1.0); 10]))], 4);
    parquet_file(&b, &[("x", None, Cells::Double(vec![Some(1.0), Some(f64::INFINITY)]))], 4);
    let text = natgrad_io::open(&[a, b], &ReadOptions::default()).err().unwrap().to_string();
    assert!(text.contains("b.parquet, row 12 (row 2 of this file), column \"x\""), "{text}");
}

#[test]
fn bad_weights_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    let weighted = ReadOptions { weights: Some("w".into()), ..ReadOptions::default() };
    for (weights, wanted) in [
        (vec![Some(1.0), Some(-1.0)], "row 2, column \"w\": weight \"-1\""),
        (vec![Some(1.0), None], "row 2, column \"w\": the weight is missing"),
        (vec![Some(0.0), Some(0.0)], "all weights are zero"),
    ] {
        let x = Cells::Double(vec![Some(1.0), Some(2.0)]);
        parquet_file(&path, &[("x", None, x), ("w", None, Cells::Double(weights))], 10);
        let text = refusal(&path, &weighted);
        assert!(text.contains(wanted), "{text}");
    }
}

#[test]
fn dates_and_decimals_are_refused_unless_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.parquet");
    for (logical, wanted) in [(LogicalType::Date, "dates"), (LogicalType::decimal(2, 5), "decimals")] {
        let columns =
            [("when", Some(logical), Cells::Int32(vec![Some(1)])), ("x", None, Cells::Double(vec![Some(1.0)]))];
        parquet_file(&path, &columns, 10);
        let text = refusal(&path, &ReadOptions::default());
        assert!(text.contains("column \"when\"") && text.contains(wanted), "{text}");
        let options = ReadOptions { columns: Some(strings(&["x"])), ..ReadOptions::default() };
        assert_eq!(open(&path, &options).unwrap().rows(), 1);
    }
}

#[test]
fn files_that_are_no_parquet_empty_or_truncated_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for contents in [&b""[..], b"PAR1", b"x,y\n1,2\n3,4\n", b"PAR1xxxxPAR1"] {
        let text = refusal(&file(folder.path(), "bad.parquet", contents), &ReadOptions::default());
        assert!(text.contains("bad.parquet: it cannot be read as Parquet"), "{text}");
    }
    let path = one(folder.path(), None, Cells::Double(vec![Some(1.0); 5000]));
    let bytes = std::fs::read(&path).unwrap();
    let cut = file(folder.path(), "cut.parquet", &bytes[..bytes.len() / 2]);
    refusal(&cut, &ReadOptions::default());
    let empty = one(folder.path(), None, Cells::Double(vec![]));
    assert!(refusal(&empty, &ReadOptions::default()).contains("no rows of data"));
}

#[test]
fn a_file_that_vanishes_is_an_error_of_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let path = one(folder.path(), None, Cells::Double(vec![Some(1.0); 50]));
    let rows = open(&path, &streamed()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let error = rows.sweep(0..1, &mut |_, _| Ok(())).unwrap_err().to_string();
    assert!(error.contains("d.parquet") && error.contains("\nhint: "), "{error}");
}

#[test]
fn an_error_of_the_visitor_ends_the_sweep() {
    let folder = tempfile::tempdir().unwrap();
    let path = one(folder.path(), None, Cells::Double(vec![Some(1.0); 5000]));
    let rows = open(&path, &streamed()).unwrap();
    let mut seen = 0;
    let stop = natgrad::Error::Source("stop".into());
    let error = rows.sweep(0..5, &mut |c, _| {
        seen += 1;
        if c == 2 { Err(stop.clone()) } else { Ok(()) }
    });
    assert_eq!((error, seen), (Err(stop.clone()), 3));
}
