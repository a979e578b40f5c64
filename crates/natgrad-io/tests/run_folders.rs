//! Run folders, JSON and checkpoints.

mod support;

use natgrad_io::{IoError, RunFolder, read_checkpoint, read_json, write_checkpoint, write_json};
use serde::{Deserialize, Serialize};
use support::*;

#[derive(Debug, Serialize, Deserialize)]
struct State {
    iteration: u64,
    label: Option<String>,
    values: Vec<f64>,
    nested: Vec<Vec<f64>>,
}

fn state() -> State {
    let values = vec![0.1, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 5e-324, 1.0 / 3.0];
    State { iteration: 12, label: None, nested: vec![values.clone(), vec![]], values }
}

#[test]
fn checkpoints_keep_every_bit() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    write_checkpoint(&path, &state()).unwrap();
    let back: State = read_checkpoint(&path).unwrap();
    let bits = |v: &[f64]| v.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&back.values), bits(&state().values));
    assert_eq!(bits(&back.nested[0]), bits(&state().values));
    assert_eq!((back.iteration, back.label), (12, None));
}

#[test]
fn damaged_checkpoints_are_refused_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoint");
    write_checkpoint(&path, &state()).unwrap();
    let good = std::fs::read(&path).unwrap();
    for length in 0..good.len() {
        std::fs::write(&path, &good[..length]).unwrap();
        let error = read_checkpoint::<State>(&path).unwrap_err();
        assert!(matches!(error, IoError::Checkpoint { .. }), "{error}");
    }
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        std::fs::write(&path, &bad).unwrap();
        let text = read_checkpoint::<State>(&path).unwrap_err().to_string();
        assert!(text.contains("checkpoint: ") && text.ends_with("hint: start again without `--resume`"), "{text}");
    }
    write_checkpoint(&path, &"another kind").unwrap();
    assert!(read_checkpoint::<State>(&path).unwrap_err().to_string().contains("another kind of fit"));
    let text = read_checkpoint::<State>(&folder.path().join("none")).unwrap_err().to_string();
    assert!(text.contains("no checkpoint to resume from"), "{text}");
}

#[test]
fn json_numbers_round_trip_and_non_finite_ones_become_null() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("v.json");
    let values: Vec<f64> = vec![0.1, 1.0 / 3.0, -0.0, 5e-324, f64::MAX];
    write_json(&path, &values).unwrap();
    let back: Vec<f64> = read_json(&path).unwrap();
    assert!(back.iter().map(|v| v.to_bits()).eq(values.iter().map(|v| v.to_bits())));
    write_json(&path, &vec![f64::NAN, f64::INFINITY]).unwrap();
    assert_eq!(read_json::<Vec<Option<f64>>>(&path).unwrap(), [None, None]);
}

#[test]
fn json_that_does_not_fit_is_refused_by_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), "m.json", "{\n  \"iteration\": \"x\"\n}");
    let text = read_json::<State>(&path).unwrap_err().to_string();
    assert!(text.contains("m.json, line 2, column 18: invalid type"), "{text}");
    let path = file(folder.path(), "m.json", "{\n  \"iteration\": ");
    assert!(read_json::<State>(&path).unwrap_err().to_string().contains("hint: the file is truncated"));
    assert!(read_json::<State>(&folder.path().join("none.json")).unwrap_err().to_string().contains("no such file"));
}

#[test]
fn a_run_folder_is_made_filled_and_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/run");
    assert!(RunFolder::open(&path).is_err());
    let run = RunFolder::create(&path).unwrap();
    assert!(RunFolder::open(&path).is_err());
    run.write_summary(&vec![1]).unwrap();
    run.write_model(&serde_json::json!({"format": "natgrad-model"})).unwrap();
    run.write_trace(&[number("elbo"), levels("metric", &["joint"])], &[vec![-1.5], vec![0.0]]).unwrap();
    run.write_report("<!doctype html>").unwrap();
    run.write_checkpoint(&state()).unwrap();
    assert!(run.has_checkpoint());
    assert_eq!(run.read_checkpoint::<State>().unwrap().iteration, 12);
    run.remove_checkpoint().unwrap();
    run.remove_checkpoint().unwrap();
    assert!(!run.has_checkpoint());
    assert_eq!(RunFolder::open(&path).unwrap().read_summary::<Vec<u8>>().unwrap(), [1]);
    assert_eq!(std::fs::read_to_string(run.trace_path()).unwrap(), "elbo,metric\n-1.5,joint\n");
    // A former run may be written over, also with notes of the user in it.
    RunFolder::create(&path).unwrap();
    file(&path, "notes.txt", "mine");
    RunFolder::create(&path).unwrap();
}

#[test]
fn a_run_without_a_model_says_whether_it_can_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let run = RunFolder::create(&folder.path().join("run")).unwrap();
    assert!(run.model().unwrap_err().to_string().contains("no model.json"));
    run.write_checkpoint(&state()).unwrap();
    let stopped = run.model().unwrap_err().to_string();
    assert!(stopped.contains("has not ended") && stopped.contains("natgrad fit --resume"), "{stopped}");
    // A fit that was interrupted leaves both.
    run.write_model(&vec![1.0]).unwrap();
    assert_eq!(run.model().unwrap(), run.model_path());
}

#[test]
fn a_folder_with_other_files_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), "thesis.tex", "mine");
    let text = RunFolder::create(folder.path()).unwrap_err().to_string();
    assert!(text.contains("holds other files") && text.contains("--out"), "{text}");
    let path = file(folder.path(), "plain", "");
    assert!(RunFolder::create(&path).unwrap_err().to_string().contains("it is a file"));
    let text = RunFolder::open(folder.path()).unwrap_err().to_string();
    assert!(text.contains("not a run"), "{text}");
}
