//! Interrupted and killed fits go on to the same bytes.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Long enough to be caught on its way, short enough to wait for: EM is told never to stop before.
const ITERATIONS: &str = "20000";

fn begin(folder: &Path, out: &str) -> Child {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data/slow_em.csv");
    Command::new(env!("CARGO_BIN_EXE_natgrad"))
        .args(["fit", "gaussian-mixture"])
        .arg(data)
        .args(["--components", "2", "--metric", "joint", "--tolerance", "0", "--max-iterations", ITERATIONS])
        .args(["--checkpoint-every", "0", "--quiet", "--out", out])
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts")
}

fn wait_for_checkpoint(folder: &Path, out: &str) {
    let start = Instant::now();
    let checkpoint = folder.join(out).join("checkpoint");
    // The first checkpoint is the start; a longer one has iterations in it.
    while std::fs::metadata(&checkpoint).map_or(0, |m| m.len()) < 4000 {
        assert!(start.elapsed() < Duration::from_secs(60), "no checkpoint was written");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn resume(folder: &Path, out: &str) {
    let status = Command::new(env!("CARGO_BIN_EXE_natgrad"))
        .args(["fit", "--resume", out, "--quiet"])
        .current_dir(folder)
        .stdout(Stdio::null())
        .status()
        .expect("the program starts");
    assert_eq!(status.code(), Some(0));
    assert!(!folder.join(out).join("checkpoint").exists(), "a run that has ended keeps no checkpoint");
}

fn same(folder: &Path, a: &str, b: &str) {
    for file in ["summary.json", "model.json"] {
        let read = |run: &str| std::fs::read(folder.join(run).join(file)).expect("a result");
        assert!(read(a) == read(b), "{file} of {a} and {b} differ");
    }
}

#[test]
fn an_interrupted_and_a_killed_fit_go_on_to_the_bytes_of_an_uninterrupted_one() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    assert!(begin(folder, "whole").wait().expect("it ends").success());

    let mut child = begin(folder, "interrupted");
    wait_for_checkpoint(folder, "interrupted");
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("a signal");
    assert!(signalled.success());
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    for file in ["summary.json", "model.json", "trace.csv", "report.html", "checkpoint"] {
        assert!(folder.join("interrupted").join(file).exists(), "{file} is missing after an interruption");
    }
    resume(folder, "interrupted");
    same(folder, "whole", "interrupted");

    let mut child = begin(folder, "killed");
    wait_for_checkpoint(folder, "killed");
    child.kill().expect("a signal");
    child.wait().expect("it ends");
    resume(folder, "killed");
    same(folder, "whole", "killed");
}
