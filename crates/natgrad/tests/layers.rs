//! The crate's layers: who may use whom, and what no file may use.

use std::fs;
use std::path::{Path, PathBuf};

/// Lower layers first; a layer uses only those before it.
const LAYERS: [&str; 16] = [
    "error",
    "linalg",
    "neural",
    "geometry",
    "graph",
    "network",
    "parametrised",
    "criterion",
    "family",
    "rows",
    "model",
    "objective",
    "ascent",
    "diagnose",
    "engine",
    "catalogue",
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            out.extend(files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
    out.sort();
    out
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The layer of a source file: its folder or its own name under `src`.
fn layer(path: &Path) -> Option<usize> {
    let inside = path.strip_prefix(root().join("src")).expect("a source file");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    let name = first.trim_end_matches(".rs");
    LAYERS.iter().position(|l| *l == name)
}

/// Names that follow `crate::` anywhere in code, in braces too, comments left out.
fn uses(text: &str) -> Vec<String> {
    let code: String = text.lines().map(|l| l.split("//").next().unwrap_or("")).collect::<Vec<_>>().join("\n");
    let mut out = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        if let Some(braced) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut start = true;
            for (i, c) in braced.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => start = true,
                    c if start && !c.is_whitespace() => {
                        out.push(word(&braced[i..]));
                        start = false;
                    }
                    _ => {}
                }
            }
        } else {
            out.push(word(rest));
        }
    }
    // The error type is exported at the root.
    out.iter().map(|n| if n == "Error" { "error".into() } else { n.clone() }).collect()
}

#[test]
fn a_layer_uses_only_lower_ones() {
    let mut wrong = Vec::new();
    for path in files(&root().join("src")) {
        if path.ends_with("src/lib.rs") {
            continue;
        }
        let own = layer(&path).unwrap_or_else(|| panic!("{}: belongs to no layer", path.display()));
        for name in uses(&read(&path)) {
            match LAYERS.iter().position(|l| *l == name) {
                Some(other) if other <= own => {}
                Some(_) => wrong.push(format!("{}: {} uses {name}", path.display(), LAYERS[own])),
                None => wrong.push(format!("{}: crate::{name} is no layer", path.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_uses_sees_braces_and_comments() {
    let text =
        "use crate::{Error, rows::{Chunk, Table}, model};\n// crate::engine\nlet x = crate::geometry::Metric::raise();";
    assert_eq!(uses(text), ["error", "rows", "model", "geometry"]);
}

#[test]
fn every_file_says_what_it_is_for() {
    let mut all = files(&root().join("src"));
    all.extend(files(&root().join("tests")));
    all.extend(files(&root().join("../natgrad-testkit/src")));
    for path in all {
        assert!(read(&path).starts_with("//!"), "{} does not open with //!", path.display());
    }
}

#[test]
fn nothing_is_drawn_without_a_seed() {
    // In pieces, so that this file does not find itself.
    let unseeded = [
        concat!("thread", "_rng"),
        concat!("rand::", "rng()"),
        concat!("from_os", "_rng"),
        concat!("from_", "entropy"),
    ];
    let mut all = files(&root().join("src"));
    all.extend(files(&root().join("tests")));
    all.extend(files(&root().join("../natgrad-testkit/src")));
    for path in all {
        let text = read(&path);
        for word in unseeded {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}

#[test]
fn the_library_reads_no_clock_and_prints_nothing() {
    for path in files(&root().join("src")) {
        let text = read(&path);
        for word in ["std::time", "SystemTime", "Instant::", "println!", "eprintln!", "std::fs", "std::env"] {
            assert!(!text.contains(word), "{} uses {word}", path.display());
        }
    }
}
