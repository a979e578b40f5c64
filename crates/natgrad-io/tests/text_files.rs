//! CSV and TSV files, good and bad.

mod support;

use natgrad::rows::{ColumnKind, RowSource};
use natgrad_io::{IoError, Levels, ReadOptions};
use support::*;

fn read(name: &str, contents: &str, options: &ReadOptions) -> Box<dyn RowSource> {
    let folder = tempfile::tempdir().unwrap();
    open(&file(folder.path(), name, contents), options).unwrap()
}

fn refuse(contents: impl AsRef<[u8]>, options: &ReadOptions) -> String {
    let folder = tempfile::tempdir().unwrap();
    let text = refusal(&file(folder.path(), "d.csv", contents), options);
    assert!(text.contains("d.csv"), "{text}");
    text
}

fn weighted(column: &str) -> ReadOptions {
    ReadOptions { weights: Some(column.into()), ..ReadOptions::default() }
}

fn without_header() -> ReadOptions {
    ReadOptions { header: false, ..ReadOptions::default() }
}

#[test]
fn numbers_and_missing_cells_are_read() {
    let rows = read("d.csv", "x, y \n1.5,NA\n 2 ,\n3,NaN\n4,null\n5, -1e-3 \n", &ReadOptions::default());
    assert_eq!(rows.rows(), 5);
    assert_eq!(rows.columns()[1].name, "y");
    assert_eq!((rows.columns()[0].missing, rows.columns()[1].missing), (false, true));
    assert_eq!(cells(&*rows, 0), [1.5, 2.0, 3.0, 4.0, 5.0]);
    let y = cells(&*rows, 1);
    assert!(y[..4].iter().all(|v| v.is_nan()));
    assert_eq!(y[4], -1e-3);
}

#[test]
fn byte_order_mark_carriage_returns_quotes_and_a_missing_last_newline_are_tolerated() {
    let rows = read("d.csv", "\u{feff}x,\"a, b\"\r\n1,\"2\"\r\n\r\n3,4", &ReadOptions::default());
    assert_eq!((rows.columns()[0].name.as_str(), rows.columns()[1].name.as_str()), ("x", "a, b"));
    assert_eq!(cells(&*rows, 1), [2.0, 4.0]);
}

#[test]
fn tabs_separate_the_cells_of_a_tsv_file() {
    let rows = read("d.tsv", "x\ty\n1\t2\n", &ReadOptions::default());
    assert_eq!(cells(&*rows, 1), [2.0]);
}

#[test]
fn without_a_header_columns_are_numbered() {
    let rows = read("d.csv", "1,2\n3,4\n", &without_header());
    assert_eq!(rows.columns()[1].name, "c2");
    assert_eq!(cells(&*rows, 0), [1.0, 3.0]);
}

#[test]
fn columns_are_picked_in_the_order_asked_for_and_the_rest_is_not_parsed() {
    let options = ReadOptions { columns: Some(strings(&["z", "x"])), ..ReadOptions::default() };
    let rows = read("d.csv", "x,y,z\n1,text,3\n", &options);
    assert_eq!((cells(&*rows, 0), cells(&*rows, 1)), (vec![3.0], vec![1.0]));
}

#[test]
fn weights_are_set_apart_and_rows_of_weight_zero_are_kept() {
    let rows = read("d.csv", "x,w\n1,0\n2,2.5\n", &weighted("w"));
    assert_eq!(rows.columns().len(), 1);
    assert_eq!(chunk_bits(&*rows, 0..1)[0].3, Some(vec![0.0f64.to_bits(), 2.5f64.to_bits()]));
}

#[test]
fn levels_are_sorted_so_that_the_order_of_rows_does_not_matter() {
    let options = ReadOptions { levels: Levels::All, ..ReadOptions::default() };
    let a = read("d.csv", "s,n\nno,10\nyes,9\nNA,10\n", &options);
    assert_eq!(a.columns()[0].kind, ColumnKind::Levels(strings(&["no", "yes"])));
    assert_eq!(a.columns()[1].kind, ColumnKind::Levels(strings(&["9", "10"])));
    assert_eq!(cells(&*a, 0)[..2], [0.0, 1.0]);
    assert!(cells(&*a, 0)[2].is_nan());
    assert_eq!(cells(&*a, 1), [1.0, 0.0, 1.0]);
    let b = read("d.csv", "s,n\nyes,9\nno,10\n", &options);
    assert_eq!(a.columns()[0].kind, b.columns()[0].kind);
}

#[test]
fn known_levels_keep_their_codes_and_an_unseen_level_is_named() {
    let known =
        |names: &[&str]| ReadOptions { known_levels: vec![("s".into(), strings(names))], ..ReadOptions::default() };
    let rows = read("d.csv", "s\nb\n", &known(&["a", "b", "c"]));
    assert_eq!(cells(&*rows, 0), [1.0]);
    let text = refuse("x,s\n1,yes\n2,Maybe\n", &known(&["yes", "no"]));
    assert!(text.contains("row 2 (line 3), column \"s\": level \"Maybe\" is not known"), "{text}");
    assert!(text.contains("hint: the known levels are \"yes\", \"no\""), "{text}");
    let text = refuse("s\nYES\n", &known(&["yes", "no"]));
    assert!(text.contains("hint: did you mean \"yes\"?"), "{text}");
}

#[test]
fn several_files_are_one_data_set_and_rows_are_counted_through() {
    let folder = tempfile::tempdir().unwrap();
    let a = file(folder.path(), "a.csv", "x,s\n1,u\n2,v\n");
    let b = file(folder.path(), "b.csv", "x,s\n3,t\n");
    let rows = natgrad_io::open(&[a.clone(), b], &categorical(&["s"])).unwrap();
    assert_eq!(cells(&*rows, 0), [1.0, 2.0, 3.0]);
    assert_eq!(cells(&*rows, 1), [1.0, 2.0, 0.0]);
    let bad = file(folder.path(), "bad.csv", "x,s\n3,t\noops,t\n");
    let text = natgrad_io::open(&[a.clone(), bad], &categorical(&["s"])).err().unwrap().to_string();
    assert!(text.contains("bad.csv, row 4 (line 3), column \"x\": \"oops\" is not a number"), "{text}");
    let other = file(folder.path(), "other.csv", "x,y\n3,t\n");
    let error = natgrad_io::open(&[a, other], &categorical(&["s"])).err().unwrap();
    assert!(matches!(error, IoError::Mismatch { .. }), "{error}");
    assert!(error.to_string().contains("column 2 is \"y\" where"), "{error}");
}

#[test]
fn a_header_of_numbers_is_a_header_with_a_note() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "d.csv", "1,2\n3,4\n");
    let opened = natgrad_io::open_with_notes(&[path], &ReadOptions::default()).unwrap();
    assert_eq!(opened.source.rows(), 1);
    assert!(opened.notes[0].contains("--no-header"), "{:?}", opened.notes);
}

#[test]
fn text_in_a_number_column_names_row_line_column_and_value() {
    let text = refuse("age,x\n1,2\n\n34y,3\n", &ReadOptions::default());
    assert!(text.contains("row 2 (line 4), column \"age\": \"34y\" is not a number"), "{text}");
    assert!(text.contains("--family age=categorical"), "{text}");
    let text = refuse("age,x\r\n1,2\r\n34y,3\r\n", &ReadOptions::default());
    assert!(text.contains("row 2 (line 3)"), "{text}");
    let text = refuse("x,y\n\"1,5\",2\n", &ReadOptions::default());
    assert!(text.contains("hint: write decimals with a point"), "{text}");
    let text = refuse("x,y\n1,2\n", &without_header());
    assert!(text.contains("leave out --no-header"), "{text}");
}

#[test]
fn infinity_is_refused() {
    for value in ["inf", "-Infinity", "1e400"] {
        let text = refuse(format!("x\n1\n{value}\n"), &ReadOptions::default());
        assert!(text.contains(&format!("row 2 (line 3), column \"x\": \"{value}\" is not a finite number")), "{text}");
    }
}

#[test]
fn ragged_rows_are_refused() {
    let text = refuse("x,y\n1,2\n3\n", &ReadOptions::default());
    assert!(text.contains("row 2 (line 3): 1 cells where the header has 2"), "{text}");
    let text = refuse("x,y\n1,2,3\n", &ReadOptions::default());
    assert!(text.contains("row 1 (line 2): 3 cells"), "{text}");
}

#[test]
fn an_unclosed_quote_is_refused_where_it_opens() {
    let text = refuse("x,y\n1,2\n3,\"4\n5,6\n7,8\n", &ReadOptions::default());
    assert!(text.contains("row 2 (line 3): a quote is opened here and never closed"), "{text}");
    let text = refuse("x,y\n1,\"2", &ReadOptions::default());
    assert!(text.contains("never closed"), "{text}");
    let text = refuse("\"x,y\n1,2\n", &ReadOptions::default());
    assert!(text.contains("(line 1): a quote"), "{text}");
}

#[test]
fn bad_columns_are_refused() {
    let text = refuse("x,y,x\n1,2,3\n", &ReadOptions::default());
    assert!(text.contains("columns 1 and 3 are both named \"x\""), "{text}");
    let options = ReadOptions { columns: Some(strings(&["heigth"])), ..ReadOptions::default() };
    let text = refuse("height,weight\n1,2\n", &options);
    assert!(text.contains("no column \"heigth\"") && text.contains("did you mean \"height\"?"), "{text}");
    let options = ReadOptions { columns: Some(strings(&["x", "x"])), ..ReadOptions::default() };
    assert!(refuse("x,y\n1,2\n", &options).contains("asked for twice"));
    assert!(refuse("x,y\n1,2\n", &categorical(&["z"])).contains("no column \"z\""));
    assert!(refuse("x,y\n1,2\n", &weighted("z")).contains("asked for as weights"));
    assert!(refuse(",x\n0,1\n", &ReadOptions::default()).contains("column 1 has no name"));
    assert!(refuse("w\n1\n", &weighted("w")).contains("no columns"));
    let text = refuse("x;y\n1;2\n", &ReadOptions::default());
    assert!(text.contains("separated by semicolons"), "{text}");
}

#[test]
fn empty_files_and_headers_alone_are_refused() {
    assert!(refuse("", &ReadOptions::default()).contains("the file is empty"));
    assert!(refuse("\n\n", &ReadOptions::default()).contains("the file is empty"));
    assert!(refuse("x,y\n", &ReadOptions::default()).contains("no rows of data"));
}

#[test]
fn bytes_that_are_no_utf_8_are_refused() {
    assert!(refuse(b"x,\xe4\n1,2\n", &ReadOptions::default()).contains("column 2"));
    let text = refuse(b"x,s\n1,a\n2,M\xfcller\n", &categorical(&["s"]));
    assert!(text.contains("row 2 (line 3), column \"s\"") && text.contains("not valid UTF-8"), "{text}");
    assert!(refuse(b"x\n\xff\n", &ReadOptions::default()).contains("is not a number"));
}

#[test]
fn bad_weights_are_refused() {
    let text = refuse("x,w\n1,1\n2,-0.5\n", &weighted("w"));
    assert!(text.contains("row 2 (line 3), column \"w\": weight \"-0.5\" is not a finite number"), "{text}");
    assert!(refuse("x,w\n1,NA\n", &weighted("w")).contains("the weight is missing"));
    assert!(refuse("x,w\n1,inf\n", &weighted("w")).contains("\"inf\""));
    assert!(refuse("x,w\n1,0\n2,0\n", &weighted("w")).contains("all weights are zero"));
}

#[test]
fn files_that_are_not_there_or_of_no_known_kind_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let text = refusal(&folder.path().join("gone.csv"), &ReadOptions::default());
    assert!(text.contains("gone.csv: there is no such file"), "{text}");
    let text = refusal(&file(folder.path(), "d.xlsx", "x"), &ReadOptions::default());
    assert!(text.contains("ending") && text.contains(".parquet"), "{text}");
    let text = refusal(folder.path(), &ReadOptions::default());
    assert!(text.contains("no Parquet files in this folder"), "{text}");
    let (a, b) = (file(folder.path(), "a.csv", "x\n1\n"), file(folder.path(), "b.npy", "x"));
    assert!(natgrad_io::open(&[a, b], &ReadOptions::default()).err().unwrap().to_string().contains("another format"));
    assert!(natgrad_io::open(&[], &ReadOptions::default()).is_err());
}
