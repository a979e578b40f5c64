//! The subcommands, one file each.

mod check;
mod convert;
mod criterion;
mod estep;
mod explain;
pub mod fit;
mod flow;
mod flow_picture;
pub mod geometry;
mod geometry_large;
pub mod graph;
mod impute;
mod list;
mod mstep;
mod over_volume;
mod predict;
mod query;
mod query_words;
pub mod report;
mod reproduce;
mod sample;
mod score;
pub mod select;

use crate::failure::Failure;
use crate::output::Output;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Fit a model to a table and certify the answer.
    Fit(Box<fit::Arguments>),
    /// Certify a fitted model on data, also one fitted elsewhere.
    Check(check::Arguments),
    /// Average log-evidence of rows under a fitted model.
    Score(score::Arguments),
    /// Posterior of the hidden state of every row.
    Predict(predict::Arguments),
    /// Fill missing cells by their expectation, or the most probable level.
    Impute(impute::Arguments),
    /// Draw rows from a fitted model.
    Sample(sample::Arguments),
    /// Fit several sizes and recommend one.
    Select(Box<select::Arguments>),
    /// Expected statistics of a shard of the rows: the map of one EM iteration.
    Estep(estep::Arguments),
    /// Merge shards and take the M-step: the reduce of one EM iteration.
    Mstep(mstep::Arguments),
    /// Local geometry of a network with hidden nodes: is climbing the ELBO climbing the evidence?
    Geometry(geometry::Arguments),
    /// Ask a network: posteriors given what is seen, and the most probable explanation.
    Query(query::Arguments),
    /// Follow the gradients of evidence, recognition and ELBO on a network with hidden nodes.
    Flow(Box<flow::Arguments>),
    /// Draw a network, hidden nodes dashed.
    Graph(graph::Arguments),
    /// Recompute a paper: its figures, propositions and theorems.
    Reproduce(reproduce::Arguments),
    /// Would a model's ELBO be a sum of entropies at its stationary points, and what would have to be learnt for that?
    Criterion(Box<criterion::Arguments>),
    /// Convert a network between BIF and JSON.
    Convert(convert::Arguments),
    /// Write the report of a run again.
    Report(report::Arguments),
    /// List models, families and certificates.
    List(list::Arguments),
    /// Explain a certificate or a word in plain language.
    Explain(explain::Arguments),
}

/// Runs a subcommand; answers the exit code.
pub fn run(command: Command, out: &Output) -> Result<u8, Failure> {
    match command {
        Command::Fit(a) => fit::run(*a, out),
        Command::Check(a) => check::run(&a, out),
        Command::Score(a) => score::run(&a, out),
        Command::Predict(a) => predict::run(&a, out),
        Command::Impute(a) => impute::run(&a, out),
        Command::Sample(a) => sample::run(&a, out),
        Command::Select(a) => select::run(&a, out),
        Command::Estep(a) => estep::run(&a, out),
        Command::Mstep(a) => mstep::run(&a, out),
        Command::Geometry(a) => geometry::run(&a, out),
        Command::Query(a) => query::run(&a, out),
        Command::Flow(a) => flow::run(&a, out),
        Command::Graph(a) => graph::run(&a, out),
        Command::Reproduce(a) => reproduce::run(&a, out),
        Command::Criterion(a) => criterion::run(&a, out),
        Command::Convert(a) => convert::run(&a, out),
        Command::Report(a) => report::run(&a, out),
        Command::List(a) => list::run(&a, out),
        Command::Explain(a) => explain::run(&a, out),
    }
}
