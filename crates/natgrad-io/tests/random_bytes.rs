//! Whatever bytes a file holds, reading it ends with rows or an error, never with a panic.

mod support;

use natgrad::rows::RowSource;
use natgrad_io::{Levels, ReadOptions, write_table};
use std::path::Path;
use support::*;

/// Reads a file in several ways; what comes out does not matter.
fn read_all_ways(path: &Path) {
    for levels in [Levels::None, Levels::All] {
        for header in [true, false] {
            let options = ReadOptions { levels: levels.clone(), header, in_memory_bytes: 0, ..ReadOptions::default() };
            if let Ok(rows) = open(path, &options) {
                let rows: &dyn RowSource = &*rows;
                assert!(rows.rows() > 0);
                for stretch in rows.stretches() {
                    let _ = rows.sweep(stretch, &mut |_, chunk| {
                        assert_eq!(chunk.values.len(), chunk.rows * rows.columns().len());
                        Ok(())
                    });
                }
            }
        }
    }
}

/// Changes, removes or repeats some bytes.
fn damage(random: &mut Random, bytes: &mut Vec<u8>) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len().max(1)).min(bytes.len());
        match random.below(5) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.next() as u8),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            3 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ if at < bytes.len() => bytes[at] = random.next() as u8,
            _ => {}
        }
    }
}

#[test]
fn random_text_never_panics() {
    let folder = tempfile::tempdir().unwrap();
    let pieces: [&[u8]; 18] = [
        b"x",
        b"y",
        b",",
        b",",
        b"\n",
        b"\n",
        b"\r\n",
        b"\"",
        b"1",
        b"2.5",
        b"NA",
        b"inf",
        b"-",
        b"\xff",
        b"\xef\xbb\xbf",
        b" ",
        b"\t",
        b"\0",
    ];
    for seed in 0..2000 {
        let mut random = Random(seed);
        let length = random.below(40);
        let bytes: Vec<u8> = (0..length).flat_map(|_| pieces[random.below(pieces.len())].to_vec()).collect();
        let name = if seed % 4 == 0 { "d.tsv" } else { "d.csv" };
        read_all_ways(&file(folder.path(), name, bytes));
    }
}

#[test]
fn random_bytes_never_panic() {
    natgrad_io::silence_decoder_panics();
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..200 {
        let mut random = Random(seed);
        let length = random.below(300);
        let mut bytes: Vec<u8> = (0..length).map(|_| random.next() as u8).collect();
        for name in ["d.csv", "d.npy", "d.parquet"] {
            read_all_ways(&file(folder.path(), name, &bytes));
        }
        bytes.splice(0..0, *b"\x93NUMPY\x01\x00\x20\x00");
        read_all_ways(&file(folder.path(), "d.npy", &bytes));
        bytes.splice(0..0, *b"PAR1");
        bytes.extend_from_slice(b"\x40\x00\x00\x00PAR1");
        read_all_ways(&file(folder.path(), "d.parquet", &bytes));
    }
}

#[test]
fn damaged_files_never_panic() {
    natgrad_io::silence_decoder_panics();
    let folder = tempfile::tempdir().unwrap();
    let data: Vec<Vec<f64>> = (0..3).map(|d| (0..40).map(|n| ((n * 7 + d) % 5) as f64).collect()).collect();
    let columns = [number("x"), number("y"), levels("s", &["a", "b", "c", "d", "e"])];
    for name in ["d.csv", "d.npy", "d.parquet"] {
        let path = folder.path().join(name);
        write_table(&path, &columns, &data).unwrap();
        let good = std::fs::read(&path).unwrap();
        for seed in 0..1500 {
            let mut random = Random(seed);
            let mut bytes = good.clone();
            damage(&mut random, &mut bytes);
            read_all_ways(&file(folder.path(), name, bytes));
        }
    }
    // Another writer's file: dictionaries, several row groups and pages.
    let path = folder.path().join("d.parquet");
    let columns = [
        ("x", None, Cells::Int32((0..60).map(|n| (n % 7 > 0).then_some(n % 5)).collect())),
        ("s", None, Cells::Text((0..60).map(|n| (n % 9 > 0).then_some(["1", "2"][n % 2])).collect())),
        ("b", None, Cells::Bool((0..60).map(|n| Some(n % 2 == 0)).collect())),
    ];
    parquet_file(&path, &columns, 25);
    let good = std::fs::read(&path).unwrap();
    for seed in 0..3000 {
        let mut random = Random(seed);
        let mut bytes = good.clone();
        damage(&mut random, &mut bytes);
        read_all_ways(&file(folder.path(), "d.parquet", bytes));
    }
}
