//! The natgrad command line: one file per subcommand under `command/`, what they share beside it.
//!
//! Results go to standard output, everything for the eye to standard error. Exit codes: 0 done, 1 the answer is no (a
//! certificate fails under `check`), 2 bad usage or bad input, 130 interrupted.

mod command;
mod data;
mod failure;
mod kind;
mod latent_table;
mod model_file;
mod network_file;
mod network_model;
mod output;
mod progress;
mod table;

use clap::{Parser, ValueEnum};
use std::ffi::OsString;
use std::process::ExitCode;

/// When to colour what is meant for the eye.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Options that every subcommand takes.
#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// One JSON document on standard output instead of a table.
    #[arg(long, global = true)]
    json: bool,
    /// Threads to use (default: all cores).
    #[arg(long, global = true, value_name = "N", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Nothing on standard error but errors.
    #[arg(long, global = true)]
    quiet: bool,
    /// When to colour.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    color: Color,
}

/// Learn models with hidden variables by natural gradients, and know how good the answer is.
#[derive(Debug, Parser)]
#[command(name = "natgrad", version, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: command::Command,
}

fn shows_help(e: &clap::Error) -> bool {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    matches!(e.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand)
}

/// What the standard library says about numbers, in words for people.
fn in_words(text: &str) -> String {
    text.replace("invalid digit found in string", "give whole numbers, as in 8")
        .replace("cannot parse integer from empty string", "give a whole number, as in 8")
        .replace("number too large to fit in target type", "the number is too large")
        .replace("invalid float literal", "give a number, as in 0.5")
}

/// Bad usage as one line and a hint, from the parser's paragraphs.
fn usage(e: &clap::Error) -> failure::Failure {
    let text = in_words(&e.render().to_string());
    let (mut problem, mut hints) = (Vec::new(), Vec::new());
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("For more information")) {
        if let Some(tip) = line.strip_prefix("tip: ") {
            hints.push(tip.to_string());
        } else if let Some(usage) = line.strip_prefix("Usage: ") {
            hints.push(usage.to_string());
        } else if let Some(values) = line.strip_prefix("[possible values: ") {
            hints.push(format!("choose from {}", values.trim_end_matches(']')));
        } else if hints.is_empty() {
            problem.push(line.strip_prefix("error: ").unwrap_or(line));
        }
    }
    if hints.is_empty() {
        hints.push("see `natgrad --help`, or --help after the command".into());
    }
    failure::Failure::new(problem.join(" "), hints.join("; "))
}

/// Runs the command line and answers its exit code. Never panics on what a user can cause.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    natgrad_io::silence_decoder_panics();
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) => cli,
        Err(e) => {
            let code = if e.use_stderr() { 2 } else { 0 };
            if shows_help(&e) {
                // A closed pipe is no reason to complain.
                let _ = e.print();
            } else {
                output::Output::new(false, false, Color::Auto).error(&usage(&e));
            }
            return ExitCode::from(code);
        }
    };
    if let Some(threads) = cli.common.threads {
        // Fails only if a pool was made before, by a program that calls this function twice.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads)).build_global();
    }
    let out = output::Output::new(cli.common.json, cli.common.quiet, cli.common.color);
    match command::run(cli.command, &out) {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            out.error(&failure);
            ExitCode::from(2)
        }
    }
}
