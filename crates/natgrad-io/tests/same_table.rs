//! The same table from every format, in memory and streamed, is the same bit for bit.

mod support;

use natgrad::rows::{CHUNK_ROWS, Column, RowSource};
use natgrad_io::{Levels, ParquetSource, ReadOptions, TableWriter, write_table};
use std::path::PathBuf;
use support::*;

/// A table with missing cells, extreme numbers and, in the second column, small codes.
fn table(rows: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut random = Random(seed);
    let mut x = Vec::new();
    let mut s = Vec::new();
    let mut y = Vec::new();
    for n in 0..rows {
        x.push(if n % 97 == 5 { f64::NAN } else { random.unit() * 10f64.powi(random.below(40) as i32 - 20) });
        s.push(if n % 41 == 3 { f64::NAN } else { random.below(3) as f64 });
        y.push(random.below(1000) as f64 / 8.0);
    }
    vec![x, s, y]
}

fn columns() -> Vec<Column> {
    vec![number("c1"), number("c2"), number("c3")]
}

#[test]
fn csv_tsv_npy_and_parquet_hold_the_same_table() {
    let folder = tempfile::tempdir().unwrap();
    let data = table(3000, 7);
    let plain = ReadOptions::default();
    let with_levels = categorical(&["c2"]);
    let weighted = ReadOptions { weights: Some("c3".into()), ..ReadOptions::default() };
    for options in [&plain, &with_levels, &weighted] {
        let mut sources = Vec::new();
        for ending in ["csv", "tsv", "npy", "parquet"] {
            let path = folder.path().join(format!("d.{ending}"));
            write_table(&path, &columns(), &data).unwrap();
            sources.push(open(&path, options).unwrap());
            sources.push(open(&path, &ReadOptions { in_memory_bytes: 0, ..options.clone() }).unwrap());
        }
        assert_eq!(sources[0].rows(), 3000);
        for other in &sources[1..] {
            assert_same(&*sources[0], &**other);
        }
    }
    let csv = open(&folder.path().join("d.csv"), &plain).unwrap();
    for (d, column) in data.iter().enumerate() {
        let bits = |v: &f64| if v.is_nan() { 0 } else { v.to_bits() };
        assert!(cells(&*csv, d).iter().map(bits).eq(column.iter().map(bits)));
    }
}

#[test]
fn levels_are_written_by_name_and_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let names = ["a, b", "say \"no\"", "übel"];
    let columns = vec![levels("s", &names), number("x")];
    let data = vec![vec![2.0, f64::NAN, 0.0, 1.0], vec![1.0, 2.0, 3.0, 4.0]];
    for ending in ["csv", "tsv", "parquet"] {
        let path = folder.path().join(format!("d.{ending}"));
        write_table(&path, &columns, &data).unwrap();
        let rows = open(&path, &categorical(&["s"])).unwrap();
        assert_eq!(rows.columns()[0].kind, columns[0].kind);
        assert!(rows.columns()[0].missing);
        assert_eq!(cells(&*rows, 0)[2..], [0.0, 1.0]);
    }
}

#[test]
fn tiny_row_groups_and_several_files_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let rows = 10_000;
    let data = table(rows, 11);
    let weight = |n: usize| (n % 5) as f64;
    let options = ReadOptions {
        weights: Some("w".into()),
        levels: Levels::Named(strings(&["s"])),
        in_memory_bytes: 0,
        ..ReadOptions::default()
    };
    let write = |name: &str, range: std::ops::Range<usize>, group_rows: usize| -> PathBuf {
        let path = folder.path().join(name);
        let some = |v: f64| (!v.is_nan()).then_some(v);
        let texts = ["low", "middle", "top"];
        let columns = [
            ("x", None, Cells::Double(range.clone().map(|n| some(data[0][n])).collect())),
            ("s", None, Cells::Text(range.clone().map(|n| some(data[1][n]).map(|v| texts[v as usize])).collect())),
            ("w", None, Cells::Double(range.clone().map(|n| Some(weight(n))).collect())),
            ("y", None, Cells::Float(range.clone().map(|n| Some(data[2][n] as f32)).collect())),
        ];
        parquet_file(&path, &columns, group_rows);
        path
    };
    let whole = write("whole.parquet", 0..rows, rows);
    let in_memory = open(&whole, &ReadOptions { in_memory_bytes: 1 << 30, ..options.clone() }).unwrap();
    assert_eq!(in_memory.chunks(), rows.div_ceil(CHUNK_ROWS));
    assert_eq!(cells(&*in_memory, 2), data[2]);

    let many = folder.path().join("many");
    std::fs::create_dir(&many).unwrap();
    let cuts = [0, 1, 700, 2048, 2049, 6000, 6000, rows];
    for (i, cut) in cuts.windows(2).enumerate() {
        write(&format!("many/part-{i}.parquet"), cut[0]..cut[1], 300);
    }
    let layouts = [
        vec![whole],
        vec![write("g700.parquet", 0..rows, 700)],
        vec![write("g1.parquet", 0..rows, 13)],
        vec![write("g1024.parquet", 0..rows, 1024)],
        vec![write("g5000.parquet", 0..rows, 5000)],
        vec![many],
    ];
    for paths in layouts {
        let streamed = natgrad_io::open(&paths, &options).unwrap();
        assert_same(&*in_memory, &*streamed);
        // Stretches cover all chunks, in order, and each can be read on its own, also by several threads.
        let stretches = streamed.stretches();
        let mut next = 0;
        for stretch in &stretches {
            assert_eq!(stretch.start, next);
            assert!(stretch.end > stretch.start);
            next = stretch.end;
        }
        assert_eq!(next, streamed.chunks());
        let parts: Vec<Vec<ChunkBits>> = std::thread::scope(|scope| {
            let threads: Vec<_> = stretches.iter().map(|s| scope.spawn(|| chunk_bits(&*streamed, s.clone()))).collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert!(parts.concat() == chunk_bits(&*in_memory, 0..in_memory.chunks()));
        assert!(chunk_bits(&*streamed, 3..5) == chunk_bits(&*in_memory, 3..5));
        assert!(chunk_bits(&*streamed, 4..4).is_empty());
    }
}

#[test]
fn one_large_row_group_is_cut_into_several_stretches() {
    let folder = tempfile::tempdir().unwrap();
    let rows = 300 * CHUNK_ROWS + 5;
    let path = folder.path().join("d.parquet");
    let values = (0..rows).map(|n| Some((n % 1000) as i32)).collect();
    parquet_file(&path, &[("x", None, Cells::Int32(values))], rows);
    let source = ParquetSource::open(&[path], &ReadOptions::default()).unwrap();
    assert_eq!(source.stretches(), [0..256, 256..301]);
    let last = chunk_bits(&source, 300..301);
    assert_eq!((last[0].0, last[0].1), (300 * CHUNK_ROWS as u64, 5));
    assert_eq!(last[0].2[0], ((300 * CHUNK_ROWS % 1000) as f64).to_bits());
}

#[test]
fn rows_pushed_in_blocks_of_any_size_make_the_same_file() {
    let folder = tempfile::tempdir().unwrap();
    let data = table(2500, 3);
    for ending in ["csv", "npy", "parquet"] {
        let whole = folder.path().join(format!("whole.{ending}"));
        write_table(&whole, &columns(), &data).unwrap();
        let blocks = folder.path().join(format!("blocks.{ending}"));
        let mut writer = TableWriter::create(&blocks, &columns()).unwrap();
        let mut start = 0;
        for size in [0, 1, 999, 1500] {
            let block: Vec<f64> = data.iter().flat_map(|c| c[start..start + size].to_vec()).collect();
            writer.push_rows(size, &block).unwrap();
            start += size;
        }
        writer.finish().unwrap();
        assert!(std::fs::read(&whole).unwrap() == std::fs::read(&blocks).unwrap(), "{ending}");
    }
}
