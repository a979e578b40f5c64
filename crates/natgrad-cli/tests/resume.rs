//! A fit that was interrupted or killed goes on to the bytes of one that was not.
#![cfg(unix)]

mod common;

use common::{Place, Ran, example};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: u64 = 15_000;

fn arguments(out: &str) -> String {
    let data = example("slow_em.csv");
    format!(
        "fit gaussian-mixture {data} --components 2 --restarts 2 --metric joint --tolerance 0 --max-iterations {LIMIT} \
         --checkpoint-every 0.1 --threads 1 --out {out}"
    )
}

fn begin(place: &Place, out: &str) -> Child {
    let line = arguments(out);
    let arguments: Vec<&str> = line.split_whitespace().collect();
    place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts")
}

/// Waits until the checkpoint has been written a second time, so that the fit is on its way.
fn on_its_way(place: &Place, out: &str, child: &mut Child) {
    let path = place.path(&format!("{out}/checkpoint"));
    let begin = Instant::now();
    let mut first = None;
    loop {
        assert!(begin.elapsed() < Duration::from_secs(60), "no checkpoint appeared");
        assert!(child.try_wait().expect("a state").is_none(), "the fit ended before it could be stopped");
        if let Ok(about) = std::fs::metadata(&path) {
            match first {
                None => first = Some(about.len()),
                Some(length) if about.len() > length + 10_000 => return,
                Some(_) => {}
            }
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn same(place: &Place, a: &str, b: &str) {
    for file in ["summary.json", "model.json"] {
        assert_eq!(place.read(&format!("{a}/{file}")), place.read(&format!("{b}/{file}")), "{file}");
    }
    // Times differ; all other columns of the trace are the same.
    let trace = |run: &str| -> Vec<Vec<String>> {
        let rows = place.rows(&format!("{run}/trace.csv"));
        rows.into_iter()
            .map(|mut r| {
                r.remove(2);
                r
            })
            .collect()
    };
    assert!(trace(a) == trace(b), "the traces differ");
}

#[test]
fn interrupted_and_killed_fits_go_on_to_the_same_bytes() {
    let place = Place::new();
    place.run(&arguments("whole")).fine();
    assert_eq!(place.json("whole/summary.json")["iterations"], LIMIT);
    assert!(!place.path("whole/checkpoint").exists(), "the checkpoint goes when the fit has ended");

    // Ctrl-C: results so far, and a checkpoint to go on from.
    let mut child = begin(&place, "interrupted");
    on_its_way(&place, "interrupted", &mut child);
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let ran = Ran::of("interrupted".into(), child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert!(ran.stderr.contains("natgrad fit --resume interrupted"), "{ran:#?}");
    assert_eq!(place.json("interrupted/summary.json")["status"], "interrupted");
    place.run(&format!("score interrupted {}", example("slow_em.csv"))).fine();
    for file in ["model.json", "trace.csv", "report.html", "checkpoint"] {
        assert!(place.path(&format!("interrupted/{file}")).exists(), "{file}");
    }
    let seconds = || -> Vec<f64> {
        let rows = place.rows("interrupted/trace.csv");
        rows.iter().skip(1).map(|r| r[2].parse().expect("seconds")).collect()
    };
    let before = seconds();
    place.run("fit --resume interrupted --threads 2").fine();
    let after = seconds();
    assert_eq!(after[..before.len()], before, "seconds are kept");
    assert!(before.last() > Some(&0.0) && after.is_sorted(), "the clock goes on");
    assert!(!place.path("interrupted/checkpoint").exists());
    same(&place, "whole", "interrupted");

    // Killed: only the checkpoint is there.
    let mut child = begin(&place, "killed");
    on_its_way(&place, "killed", &mut child);
    child.kill().expect("it is killed");
    child.wait().expect("it ends");
    assert!(place.path("killed/checkpoint").exists() && !place.path("killed/summary.json").exists());
    // A model that is there is not of this fit.
    let data = example("slow_em.csv");
    place.write("killed/model.json", place.read("whole/model.json"));
    let checkpoint = place.bytes("killed/checkpoint");
    std::thread::sleep(Duration::from_millis(20));
    place.write("killed/checkpoint", checkpoint);
    place.run(&format!("score killed {data}")).refused(&["killed: a fit in it has not ended", "--resume killed"]);
    place.run(&format!("score killed/model.json {data}")).fine();
    place.write("killed/summary.json", place.read("whole/summary.json"));
    place.run("report killed --out r.html").refused(&["killed: a fit in it has not ended", "--resume killed"]);
    std::fs::remove_file(place.path("killed/summary.json")).expect("it is there");
    let anew = arguments("killed");
    place.run(&anew).refused(&["killed: a fit in it has not ended", "--resume killed", "remove killed/checkpoint"]);
    place.run("fit --resume killed").fine();
    assert!(!place.path("killed/checkpoint").exists());
    same(&place, "whole", "killed");
    let left: Vec<String> = place.files().into_iter().filter(|f| f.contains(".tmp")).collect();
    assert!(left.is_empty(), "{left:?}");

    // What has ended cannot go on.
    place.run("fit --resume killed").refused(&["the run has ended"]);
}

#[test]
fn an_interrupted_fit_without_a_folder_still_prints_what_it_has() {
    let place = Place::new();
    // It would take minutes to end by itself.
    let line = arguments("x").replace(" --out x", " --json").replace(&LIMIT.to_string(), "5000000");
    let arguments: Vec<&str> = line.split_whitespace().collect();
    let child =
        place.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
    std::thread::sleep(Duration::from_millis(600));
    let sent = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill");
    assert!(sent.success());
    let ran = Ran::of(line.clone(), child.wait_with_output().expect("it ends"));
    assert_eq!(ran.code, Some(130), "{ran:#?}");
    assert_eq!(ran.json()["status"], "interrupted");
    assert!(ran.stderr.contains("interrupted"), "{ran:#?}");
}
