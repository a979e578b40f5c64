//! Every command in README and in docs/ is run, in the order of its page, as a reader would run it.
//!
//! Lines of `sh` blocks that start with `natgrad` or with `cargo run --release -- ` are run by the binary under test in
//! a copy of the examples; `# exit 1` at the end of a line says which exit code the reader is told to expect.

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs/guides", "docs/concepts"] {
        let entries = std::fs::read_dir(root().join(folder)).expect("a folder of guides");
        pages.extend(entries.map(|e| e.expect("an entry").path()).filter(|p| p.extension().is_some_and(|e| e == "md")));
    }
    pages.sort();
    pages
}

/// The commands of a page: arguments and expected exit code.
fn commands(text: &str) -> Vec<(String, i32)> {
    let mut found = Vec::new();
    let mut inside = false;
    let mut carried = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line.trim() == "```sh";
            continue;
        }
        if !inside {
            continue;
        }
        if let Some(head) = line.strip_suffix('\\') {
            carried.push_str(head);
            carried.push(' ');
            continue;
        }
        let whole = std::mem::take(&mut carried) + line.trim();
        let (command, code) = match whole.split_once("# exit ") {
            Some((c, code)) => (c.trim().to_string(), code.trim().parse().expect("an exit code")),
            None => (whole.trim().to_string(), 0),
        };
        for prefix in ["cargo run --release -- ", "natgrad "] {
            if let Some(arguments) = command.strip_prefix(prefix) {
                found.push((arguments.to_string(), code));
                break;
            }
        }
    }
    found
}

#[test]
fn every_command_of_every_page_does_what_the_page_says() {
    let mut ran = 0;
    for page in pages() {
        let text = std::fs::read_to_string(&page).expect("a page");
        let folder = tempfile::tempdir().expect("a folder");
        for part in ["examples/data", "examples/networks"] {
            let copy = folder.path().join(part);
            std::fs::create_dir_all(&copy).expect("a folder");
            for entry in std::fs::read_dir(root().join(part)).expect("the examples") {
                let from = entry.expect("an entry").path();
                std::fs::copy(&from, copy.join(from.file_name().expect("a name"))).expect("a copy");
            }
        }
        for (arguments, code) in commands(&text) {
            let output = Command::new(env!("CARGO_BIN_EXE_natgrad"))
                .args(arguments.split_whitespace())
                .current_dir(folder.path())
                .output()
                .expect("the program starts");
            assert_eq!(
                output.status.code(),
                Some(code),
                "{}: natgrad {arguments}\n{}",
                page.display(),
                String::from_utf8_lossy(&output.stderr)
            );
            ran += 1;
        }
    }
    assert!(ran >= 10, "only {ran} commands were found");
}
