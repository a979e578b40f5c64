//! Learning a network that was interrupted or killed goes on to the bytes of learning that was not.
#![cfg(unix)]

mod common;

use common::{Place, Ran, example};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: u64 = 12_000;

fn arguments(out: &str) -> String {
    let network = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/networks/asia.bif");
    format!(
        "fit bayes-net {} --network {} --hidden bronc --start random --restarts 2 --metric joint --tolerance 0 \
         --max-iterations {LIMIT} --checkpoint-every 0.05 --threads 1 --out {out}",
        example("asia.csv"),
        network.display()
    )
}

fn begin(place: &Place, out: &str) -> Child {
    let line = arguments(out);
    let arguments: Vec<&str> = line.split_whitespace().collect();
    place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Waits until the checkpoint has grown, so that the fit is on its way.
fn on_its_way(place: &Place, out: &str, child: &mut Child) {
    let path = place.path(&format!("{out}/checkpoint"));
    let begin = Instant::now();
    let mut first = None;
    loop {
        assert!(begin.elapsed() < Duration::from_secs(60), "no checkpoint appeared");
        assert!(child.try_wait().expect("a state").is_none(), "the fit ended before it could be stopped");
        match (first, std::fs::metadata(&path)) {
            (None, Ok(about)) => first = Some(about.len()),
            (Some(length), Ok(about)) if about.len() > length + 10_000 => return,
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn same(place: &Place, a: &str, b: &str) {
    for file in ["summary.json", "model.json", "network.json", "network.bif"] {
        assert_eq!(place.read(&format!("{a}/{file}")), place.read(&format!("{b}/{file}")), "{file}");
    }
}

#[test]
fn interrupted_and_killed_learning_goes_on_to_the_same_bytes() {
    let place = Place::new();
    place.run(&arguments("whole")).fine();
    let mut child = begin(&place, "interrupted");
    on_its_way(&place, "interrupted", &mut child);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let ran = Ran::of("interrupted".into(), child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    for file in ["model.json", "network.json", "network.bif", "trace.csv", "report.html", "checkpoint"] {
        assert!(place.path(&format!("interrupted/{file}")).exists(), "{file}");
    }
    place.run("fit --resume interrupted --threads 2").fine();
    same(&place, "whole", "interrupted");

    let mut child = begin(&place, "killed");
    on_its_way(&place, "killed", &mut child);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    assert!(!place.path("killed/summary.json").exists());
    place.run("fit --resume killed").fine();
    same(&place, "whole", "killed");
    place.run("fit --resume killed").refused(&["the run has ended"]);
}

#[test]
fn runs_do_not_go_on_with_other_rows_or_from_broken_checkpoints() {
    let place = Place::new();
    place.write("t.csv", std::fs::read(example("asia.csv")).expect("an example"));
    let line = arguments("run").replace(&example("asia.csv"), "t.csv").replace(&LIMIT.to_string(), "5000000");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let mut child =
        place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    on_its_way(&place, "run", &mut child);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    let rows = place.read("t.csv");
    // One cell changed: as many rows as before.
    place.write("t.csv", rows.replacen("no,no,yes,no,yes,no,yes", "no,no,yes,no,yes,yes,yes", 1));
    place.refuses("fit --resume run", &["t.csv", "not those that the run began with"]);
    // A state that the network does not have.
    place.write("t.csv", rows.replacen("no,no,yes", "no,No,yes", 1));
    place.refuses("fit --resume run", &["t.csv", "row 1", "\"No\"", "did you mean \"no\"?"]);
    place.write("t.csv", &rows);
    let whole = place.bytes("run/checkpoint");
    for (name, bytes) in [
        ("cut short", whole[..whole.len() / 2].to_vec()),
        ("garbage", b"nothing of the kind".to_vec()),
        ("empty", Vec::new()),
    ] {
        place.write("run/checkpoint", bytes);
        let ran = place.run("fit --resume run").refused(&["checkpoint"]);
        assert!(!place.path("run/summary.json").exists(), "{name}: {ran:#?}");
    }
}
