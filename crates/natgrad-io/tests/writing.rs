//! Files written: whole or not at all, and with clear words when it fails.

mod support;

use natgrad_io::{AtomicFile, IoError, TableWriter, write_json, write_table};
use std::io::Write;
use std::path::Path;
use support::*;

fn entries(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_given_up_leaves_the_old_one_and_no_trace() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "d.csv", "old");
    let mut writer = TableWriter::create(&path, &[number("x")]).unwrap();
    writer.push_rows(2, &[1.0, 2.0]).unwrap();
    drop(writer);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(entries(folder.path()), ["d.csv"]);
    write_table(&path, &[number("x")], &[vec![1.0, f64::NAN]]).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "x\n1\n\"\"\n");
    assert_eq!(entries(folder.path()), ["d.csv"]);
    assert!(cells(&*open(&path, &Default::default()).unwrap(), 0)[1].is_nan());
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_stays_a_link() {
    let folder = tempfile::tempdir().unwrap();
    let real = file(folder.path(), "real", "old");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&real, &link).unwrap();
    AtomicFile::write(&link, b"new").unwrap();
    assert!(link.symlink_metadata().unwrap().is_symlink());
    assert_eq!(std::fs::read(&real).unwrap(), b"new");
}

#[test]
fn a_place_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let text = AtomicFile::create(&folder.path().join("gone/d.csv")).unwrap_err().to_string();
    assert!(text.contains("its folder does not exist") && text.contains("\nhint: "), "{text}");
    let text = AtomicFile::create(folder.path()).unwrap_err().to_string();
    assert!(text.contains("it is a folder"), "{text}");
    let error = TableWriter::create(&folder.path().join("d.xlsx"), &[number("x")]).err().unwrap();
    assert!(matches!(error, IoError::Format { .. }), "{error}");
    assert!(TableWriter::create(&folder.path().join("d.csv"), &[]).is_err());
    assert!(TableWriter::create(&folder.path().join("d.csv"), &[number("x"), number("x")]).is_err());
    assert!(entries(folder.path()).is_empty());
}

#[test]
fn cells_that_do_not_fit_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("d.csv");
    let mut writer = TableWriter::create(&path, &[levels("s", &["a"]), number("x")]).unwrap();
    assert!(writer.push_rows(2, &[0.0]).unwrap_err().to_string().contains("1 cells for 2 rows"));
    let text = writer.push_rows(2, &[0.0, 1.0, 5.0, 5.0]).unwrap_err().to_string();
    assert!(text.contains("row 2, column \"s\": 1 is not the code of a level"), "{text}");
    assert!(write_table(&path, &[number("x")], &[]).is_err());
    assert!(entries(folder.path()).iter().all(|n| n.ends_with(".tmp")));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_called_so() {
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let mut file = AtomicFile::create(full).unwrap();
    // Whoever overlooks the failure of a write is told at the end.
    let _ = file.write_all(&vec![0; 1 << 20]);
    let error = file.commit().unwrap_err();
    assert!(matches!(error, IoError::Full { .. }), "{error}");
    assert!(error.to_string().starts_with("no space left"), "{error}");
    let mut file = AtomicFile::create(full).unwrap();
    file.write_all(b"short").unwrap();
    assert!(matches!(file.commit(), Err(IoError::Full { .. })));
    let error = write_json(full, &vec![0.5; 1000]).unwrap_err();
    assert!(matches!(error, IoError::Full { .. }), "{error}");
    assert!(full.exists());
}
