//! NPY files: element types, orders, and what is refused.

mod support;

use natgrad_io::{Levels, ReadOptions};
use support::*;

fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let order = if fortran { "True" } else { "False" };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': {order}, 'shape': {shape}, }}");
    header.push_str(&" ".repeat(63 - (10 + header.len()) % 64));
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.bytes());
    bytes.extend(data);
    bytes
}

#[test]
fn every_element_type_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&str, Vec<u8>); 10] = [
        ("<f8", [1.0f64, 2.0].iter().flat_map(|v| v.to_le_bytes()).collect()),
        (">f8", [1.0f64, 2.0].iter().flat_map(|v| v.to_be_bytes()).collect()),
        ("<f4", [1.0f32, 2.0].iter().flat_map(|v| v.to_le_bytes()).collect()),
        ("<i8", [1i64, 2].iter().flat_map(|v| v.to_le_bytes()).collect()),
        (">i4", [1i32, 2].iter().flat_map(|v| v.to_be_bytes()).collect()),
        ("<i2", [1i16, 2].iter().flat_map(|v| v.to_le_bytes()).collect()),
        ("|i1", vec![1, 2]),
        ("|u1", vec![1, 2]),
        ("<u4", [1u32, 2].iter().flat_map(|v| v.to_le_bytes()).collect()),
        ("<u8", [1u64, 2].iter().flat_map(|v| v.to_le_bytes()).collect()),
    ];
    for (descr, data) in cases {
        let path = file(folder.path(), "d.npy", npy(descr, false, "(2, 1)", &data));
        assert_eq!(cells(&*open(&path, &ReadOptions::default()).unwrap(), 0), [1.0, 2.0], "{descr}");
    }
    let path = file(folder.path(), "d.npy", npy("|b1", false, "(2, 1)", &[1, 0]));
    assert_eq!(cells(&*open(&path, &ReadOptions::default()).unwrap(), 0), [1.0, 0.0]);
}

#[test]
fn arrays_in_fortran_order_are_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let (rows, width) = (2500, 3);
    let value = |n: usize, d: usize| (n * width + d) as i32;
    let c: Vec<u8> = (0..rows).flat_map(|n| (0..width).flat_map(move |d| value(n, d).to_le_bytes())).collect();
    let f: Vec<u8> = (0..width).flat_map(|d| (0..rows).flat_map(move |n| value(n, d).to_le_bytes())).collect();
    let c = file(folder.path(), "c.npy", npy("<i4", false, "(2500, 3)", &c));
    let f = file(folder.path(), "f.npy", npy("<i4", true, "(2500, 3)", &f));
    let options = ReadOptions { columns: Some(strings(&["c3", "c1"])), ..ReadOptions::default() };
    let (c, f) = (open(&c, &options).unwrap(), open(&f, &options).unwrap());
    assert_same(&*c, &*f);
    assert_eq!(cells(&*c, 0)[2499], value(2499, 2) as f64);
}

#[test]
fn codes_can_be_levels() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "d.npy", npy("|i1", false, "(3, 1)", &[10, 2, 10]));
    let rows = open(&path, &ReadOptions { levels: Levels::All, ..ReadOptions::default() }).unwrap();
    assert_eq!(cells(&*rows, 0), [1.0, 0.0, 1.0]);
}

#[test]
fn arrays_that_are_not_rows_of_numbers_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refuse = |bytes: Vec<u8>| refusal(&file(folder.path(), "d.npy", bytes), &ReadOptions::default());
    assert!(refuse(vec![]).contains("not an NPY file"));
    assert!(refuse(b"x,y\n1,2\n3,4\n".to_vec()).contains("not an NPY file"));
    assert!(refuse(npy("<f8", false, "(2,)", &[0; 16])).contains("1 dimensions"));
    assert!(refuse(npy("<f8", false, "(2, 1, 1)", &[0; 16])).contains("3 dimensions"));
    assert!(refuse(npy("<c16", false, "(1, 1)", &[0; 16])).contains("\"<c16\""));
    assert!(refuse(npy("<M8[ns]", false, "(2, 1)", &[0; 16])).contains("are not read"));
    assert!(refuse(npy("<f8", false, "(3, 1)", &[0; 16])).contains("promises 3 × 1 numbers (24 bytes)"));
    assert!(refuse(npy("<f8", false, "(18446744073709551615, 1000)", &[0; 16])).contains("promises"));
    assert!(refuse(npy("<f8", false, "(0, 2)", &[])).contains("no rows"));
    assert!(refuse(npy("<f8", false, "(2, 0)", &[])).contains("no columns"));
    let infinite = npy("<f8", false, "(1, 1)", &f64::INFINITY.to_le_bytes());
    assert!(refuse(infinite).contains("row 1, column \"c1\": \"inf\" is not a finite number"));
}
