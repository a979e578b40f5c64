//! Network files: damaged ones never panic or hang and say where they are damaged; real ones keep every number.

mod support;

use natgrad::network::Network;
use natgrad_io::{bif_text, parse_bif, read_bif, read_network_json, write_bif, write_network_json};
use std::path::Path;
use support::Random;

const BIF: &str = "// a comment\nnetwork \"n\" { property x = 1; }\nvariable x { type discrete [ 2 ] { yes, no }; property p; }\n\
    variable y { type discrete [ 3 ] { <5, Asy/Patch, \"1 2\" }; }\n/* two\nlines */\n\
    variable z { type discrete [ 2 ] { a, b }; }\nprobability ( x ) { table 0.25 0.75; }\n\
    probability ( y | x ) { (no) 0.5, 0.25, 0.25; (yes) .1,.2,7e-1; }\n\
    probability ( z | x, y ) { default 0.5, 0.5; (no, <5) 0.125, 0.875; }\n";

const JSON: &str = r#"{"nodes": [
  {"name": "x", "states": ["a", "b"], "table": [[0.3, 0.7]]},
  {"name": "y", "states": ["a", "b"], "parents": ["x", "z"], "logistic": {"weights": [[1.2], [-0.7, 0.3]], "bias": 0.4}},
  {"name": "z", "states": ["a", "b", "c"], "parents": [], "softmax": [[0.0, 1.5, -0.2]]}]}"#;

/// What readers of such files have stumbled over.
const PIECES: [&str; 22] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    ";",
    ",",
    "|",
    "\"",
    "/*",
    "*/",
    "//",
    "=",
    "[ 4000000000 ]",
    "1e999",
    "NaN",
    "-1",
    "\u{feff}",
    "\u{e4}\u{1f600}",
    "18446744073709551616",
    "default 0.5 0.5;",
];

/// Changes, removes, repeats, moves or inserts something.
fn damaged(random: &mut Random, text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len().max(1)).min(bytes.len());
        let end = (at + random.below(30)).min(bytes.len());
        match random.below(7) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => {
                let moved: Vec<u8> = bytes.drain(at..end).collect();
                let to = random.below(bytes.len().max(1)).min(bytes.len());
                bytes.splice(to..to, moved);
            }
            4 if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            5 if at < bytes.len() => bytes[at] = random.next() as u8,
            _ => drop(bytes.splice(at..at, PIECES[random.below(PIECES.len())].bytes())),
        }
    }
    bytes
}

/// More rounds by `NATGRAD_FUZZ_ROUNDS`.
fn rounds(usual: u64) -> u64 {
    std::env::var("NATGRAD_FUZZ_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

#[test]
fn damaged_bif_is_refused_with_a_place_or_read() {
    let mut read = 0;
    for seed in 0..rounds(20_000) {
        let bytes = damaged(&mut Random(seed), BIF);
        let text = String::from_utf8_lossy(&bytes);
        match parse_bif(&text) {
            Ok(nodes) => {
                read += 1;
                // What was read can be written and read again, unless a quote was lost in a name.
                if !text.contains('\'') {
                    assert_eq!(parse_bif(&bif_text(&nodes)).expect("again"), nodes, "seed {seed}");
                }
                if let Ok((network, Some(point))) = Network::new(nodes) {
                    assert_eq!(point.0.len(), network.parameters(), "seed {seed}");
                }
            }
            Err(e) => {
                assert!((1..=text.lines().count() + 1).contains(&e.line) && e.column >= 1, "seed {seed}: {e:?}");
                assert!(!e.problem.is_empty() && !e.problem.contains('\n') || text.contains('"'), "seed {seed}: {e:?}");
            }
        }
    }
    assert!(read > 100, "{read}");
}

#[test]
fn damaged_json_is_refused_with_a_place_or_read() {
    let folder = tempfile::tempdir().unwrap();
    let mut read = 0;
    for seed in 0..rounds(3_000) {
        let path = support::file(folder.path(), "n.json", damaged(&mut Random(seed), JSON));
        match read_network_json(&path) {
            Ok((nodes, local)) => {
                read += 1;
                if let Ok((network, Some(point))) = Network::described(nodes, &local) {
                    assert_eq!(point.0.len(), network.parameters(), "seed {seed}");
                }
            }
            Err(e) => {
                let text = e.to_string();
                assert!(text.contains("n.json") && text.contains("\nhint: "), "seed {seed}: {text}");
                assert!(text.contains(", line ") || text.contains("more than one of"), "seed {seed}: {text}");
            }
        }
    }
    assert!(read > 30, "{read}");
}

#[test]
fn sigmoid_and_softmax_nodes_keep_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let path = support::file(folder.path(), "n.json", JSON);
    let (nodes, local) = read_network_json(&path).expect("a network");
    let again = folder.path().join("again.json");
    write_network_json(&again, &nodes, &local).expect("written");
    assert_eq!(read_network_json(&again).expect("again"), (nodes.clone(), local.clone()));
    let (network, point) = Network::described(nodes, &local).expect("a network");
    let point = point.expect("parameters");
    assert_eq!(network.local_specs(&point), local);
    // The log-odds of y's second state are the bias in the first configuration, the sum of all in the last.
    let table = network.table(1, &point);
    let odds = |c: usize| (table[2 * c + 1] / table[2 * c]).ln();
    assert!((odds(0) - 0.4).abs() < 1e-14 && (odds(5) - (0.4 + 1.2 + 0.3)).abs() < 1e-14, "{table:?}");
    for (from, to, word) in [
        ("[-0.7, 0.3]", "[-0.7]", "1 weights for parent 2, which has 3 states"),
        ("[1.2], ", "", "weights for 1 parents"),
        ("[\"a\", \"b\"], \"parents\": [\"x\"", "[\"a\"], \"parents\": [\"x\"", "has 1 states"),
        ("[[0.0, 1.5, -0.2]]", "[[0.0, 1.5]]", "rows of logits"),
    ] {
        assert!(JSON.contains(from), "{from}");
        let path = support::file(folder.path(), "bad.json", JSON.replace(from, to));
        let (nodes, local) = read_network_json(&path).expect("JSON");
        let e = Network::described(nodes, &local).expect_err("it does not fit").to_string();
        assert!(e.contains(word), "{e}");
    }
    let two = JSON.replace("\"table\": [[0.3, 0.7]]", "\"table\": [[0.3, 0.7]], \"softmax\": [[0, 1]]");
    let e = read_network_json(&support::file(folder.path(), "two.json", two)).expect_err("two models").to_string();
    assert!(e.contains("more than one of"), "{e}");
}

#[test]
fn noisy_or_nodes_and_impossible_logits_keep_their_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let text = r#"{"nodes": [{"name": "z", "states": ["a", "b", "c"], "softmax": [[0.0, null, -0.2]]},
        {"name": "u", "states": ["off", "on"], "parents": ["z"], "noisy_or": {"weights": [[0.5, 1.0]], "leak": 0.01}}]}"#;
    let (nodes, local) = read_network_json(&support::file(folder.path(), "n.json", text)).expect("a network");
    let again = folder.path().join("again.json");
    write_network_json(&again, &nodes, &local).expect("written");
    assert_eq!(read_network_json(&again).expect("again"), (nodes.clone(), local.clone()));
    let (network, point) = Network::described(nodes, &local).expect("a network");
    let point = point.expect("parameters");
    let (z, u) = (network.table(0, &point), network.table(1, &point));
    assert!(z[1] == 0.0 && (u[0] - 0.99).abs() < 1e-15 && (u[2] - 0.495).abs() < 1e-15 && u[4] == 0.0, "{z:?} {u:?}");
    for (from, to, word) in [
        ("[[0.5, 1.0]]", "[[0.5]]", "1 weights for parent 1, which has 3 states"),
        ("\"leak\": 0.01", "\"leak\": -0.5", "-0.5 is no probability"),
        ("[[0.0, null, -0.2]]", "[[null, null, null]]", "without a finite one"),
    ] {
        assert!(text.contains(from), "{from}");
        let path = support::file(folder.path(), "bad.json", text.replace(from, to));
        let (nodes, local) = read_network_json(&path).expect("JSON");
        let e = Network::described(nodes, &local).expect_err("it does not fit").to_string();
        assert!(e.contains(word), "{e}");
    }
}

/// Reads, converts and reads again; answers the number of nodes.
fn keeps_every_number(path: &Path, folder: &Path) -> usize {
    let begun = std::time::Instant::now();
    let nodes = read_bif(path).unwrap_or_else(|e| panic!("{e}"));
    let read = begun.elapsed();
    let (network, point) = Network::new(nodes.clone()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    assert!(point.is_some(), "{}", path.display());
    let (json, bif) = (folder.join("n.json"), folder.join("n.bif"));
    write_network_json(&json, &nodes, &[]).expect("written");
    let (again, _) = read_network_json(&json).expect("read");
    assert_eq!(again, nodes, "{}", path.display());
    write_bif(&bif, &again).expect("written");
    assert_eq!(read_bif(&bif).expect("read"), nodes, "{}", path.display());
    eprintln!("{}: {} nodes, {} parameters, read in {read:?}", path.display(), network.len(), network.parameters());
    network.len()
}

#[test]
fn networks_in_circulation_keep_every_number() {
    let folder = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/networks");
    assert_eq!(keeps_every_number(&examples.join("asia.bif"), folder.path()), 8);
    assert_eq!(keeps_every_number(&examples.join("alarm.bif"), folder.path()), 37);
    // All of a folder: NATGRAD_NETWORKS=DIR cargo test --release -p natgrad-io --test network_files -- --nocapture
    if let Some(more) = std::env::var_os("NATGRAD_NETWORKS") {
        let entries = std::fs::read_dir(more).expect("a folder");
        let mut paths: Vec<_> = entries.map(|e| e.expect("an entry").path()).collect();
        paths.retain(|p| p.extension().is_some_and(|e| e == "bif"));
        paths.sort();
        assert!(paths.iter().all(|p| keeps_every_number(p, folder.path()) > 0));
        eprintln!("{} networks", paths.len());
    }
}

#[test]
fn bytes_that_are_no_text_have_a_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("latin.bif");
    let mut text = b"network n { }\nvariable x { type discrete [ 2 ] { ja, n".to_vec();
    text.extend([0xf6, b' ', b'}', b';', b'}']);
    std::fs::write(&path, text).expect("written");
    let e = read_bif(&path).expect_err("Latin-1").to_string();
    for word in ["latin.bif, line 2, column 41", "0xf6", "UTF-8"] {
        assert!(e.contains(word), "{word}: {e}");
    }
}
