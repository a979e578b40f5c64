//! The program under test, run in a folder of its own.
#![allow(dead_code)] // each test file uses its share

use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_natgrad");

/// Path of an example table.
pub fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/data").join(name);
    path.canonicalize().expect("an example").display().to_string()
}

/// What a command left behind.
#[derive(Debug)]
pub struct Ran {
    pub command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(command: String, output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        let ran = Ran { command, code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) };
        assert!(!ran.stderr.contains("panicked"), "{ran:#?}");
        ran
    }

    /// Asserts success.
    pub fn fine(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// Standard output as one JSON document.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {self:#?}"))
    }

    /// Asserts bad usage or bad input: exit code 2, one error line with a hint, nothing on standard output.
    pub fn refused(self, words: &[&str]) -> Self {
        assert_eq!(self.code, Some(2), "{self:#?}");
        assert_eq!(self.stdout, "", "{self:#?}");
        let starting = |with: &str| self.stderr.lines().filter(|l| l.starts_with(with)).count();
        assert_eq!(starting("error: "), 1, "one error line: {self:#?}");
        assert_eq!(starting("hint: "), 1, "one hint: {self:#?}");
        let hint = self.stderr.lines().find_map(|l| l.strip_prefix("hint: ")).unwrap_or("");
        assert!(!hint.trim().is_empty(), "the hint says something: {self:#?}");
        for word in words {
            assert!(self.stderr.contains(word), "\"{word}\" is not said: {self:#?}");
        }
        self
    }
}

/// A folder to run the program in.
pub struct Place {
    folder: TempDir,
}

impl Place {
    pub fn new() -> Self {
        Place { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and answers its name.
    pub fn write<'a>(&self, name: &'a str, text: impl AsRef<[u8]>) -> &'a str {
        std::fs::write(self.path(name), text).expect("a file");
        name
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_str(&self.read(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// Rows of a CSV file without quotes, header first.
    pub fn rows(&self, name: &str) -> Vec<Vec<String>> {
        self.read(name).lines().map(|l| l.split(',').map(str::to_string).collect()).collect()
    }

    /// Names of all files below the folder, sorted.
    pub fn files(&self) -> Vec<String> {
        fn walk(at: &Path, root: &Path, found: &mut Vec<String>) {
            for entry in std::fs::read_dir(at).expect("a folder") {
                let path = entry.expect("an entry").path();
                found.push(path.strip_prefix(root).expect("below").display().to_string());
                if path.is_dir() {
                    walk(&path, root, found);
                }
            }
        }
        let mut found = Vec::new();
        walk(self.folder.path(), self.folder.path(), &mut found);
        found.sort();
        found
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(self.folder.path()).env_remove("NO_COLOR").stdin(Stdio::null());
        command
    }

    /// Runs the program with arguments that are separated by spaces.
    pub fn run(&self, line: &str) -> Ran {
        self.run_each(&line.split_whitespace().collect::<Vec<_>>())
    }

    /// Runs the program.
    pub fn run_each(&self, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).output().expect("the program starts");
        Ran::of(arguments.join(" "), output)
    }

    /// Runs the program with text on standard input.
    pub fn run_with_input(&self, line: &str, input: &str) -> Ran {
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = self
            .command(&arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        child.stdin.take().expect("standard input").write_all(input.as_bytes()).expect("it is read");
        Ran::of(line.to_string(), child.wait_with_output().expect("it ends"))
    }

    /// Runs a line of shell; `natgrad` is the program under test.
    pub fn shell(&self, line: &str) -> Ran {
        let output = Command::new("sh")
            .args(["-c", &line.replace("natgrad ", &format!("'{PROGRAM}' "))])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .output()
            .expect("a shell");
        Ran::of(line.to_string(), output)
    }

    /// Runs what must be refused, and sees that it leaves every file as it was and none behind.
    pub fn refuses(&self, line: &str, words: &[&str]) -> Ran {
        let before = self.state();
        let ran = self.run(line).refused(words);
        assert_eq!(self.state(), before, "something was changed or left behind: {ran:#?}");
        ran
    }

    /// Runs a fit whole, and again killed once there is a checkpoint and resumed: the files must be the same. Any checkpoint
    /// will do: even that of the start must lead to the same end.
    pub fn survives_a_kill(&self, name: &str, fit: &str) {
        let long = format!("{fit} --checkpoint-every 0 --threads 1");
        self.run(&format!("{long} --out {name}-whole")).fine();
        let out = format!("{name}-cut");
        let line = format!("{long} --out {out}");
        let arguments: Vec<&str> = line.split_whitespace().collect();
        let mut child = self.command(&arguments).spawn().expect("the program starts");
        let path = self.path(&format!("{out}/checkpoint"));
        let begin = std::time::Instant::now();
        while !path.exists() && begin.elapsed().as_secs() < 60 {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        child.kill().expect("it is killed");
        child.wait().expect("it ends");
        assert!(path.exists(), "{name} ended before it could be killed");
        self.run(&format!("fit --resume {out} --threads 2")).fine();
        for file in ["summary.json", "model.json"] {
            assert_eq!(self.bytes(&format!("{name}-whole/{file}")), self.bytes(&format!("{out}/{file}")), "{name}");
        }
    }

    fn state(&self) -> Vec<(String, Option<Vec<u8>>)> {
        self.files()
            .into_iter()
            .map(|f| {
                let bytes = std::fs::read(self.path(&f)).ok();
                (f, bytes)
            })
            .collect()
    }
}

/// Verdict and reason of a certificate in a summary.
pub fn certificate(summary: &Value, name: &str) -> (String, String) {
    let all = summary["certificates"].as_array().expect("certificates");
    let one = all.iter().find(|c| c["name"] == name).unwrap_or_else(|| panic!("no certificate {name}"));
    let text = |key: &str| one[key].as_str().unwrap_or_default().to_string();
    (text("verdict"), text("why"))
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is not a number"))
}

/// Whether all numbers in two documents of the same shape agree, relative to their size.
pub fn close(a: &Value, b: &Value, tolerance: f64) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            let (x, y) = (x.as_f64().expect("a double"), y.as_f64().expect("a double"));
            (x - y).abs() <= tolerance * x.abs().max(y.abs()).max(1.0)
        }
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| close(x, y, tolerance))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, x)| y.get(k).is_some_and(|y| close(x, y, tolerance)))
        }
        _ => a == b,
    }
}
