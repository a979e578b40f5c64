//! The data arguments that subcommands share.

use crate::failure::Failure;
use crate::kind;
use crate::output::Output;
use natgrad::rows::{ColumnKind, RowSource};
use natgrad_io::{Levels, Opened, Others, ReadOptions, open_with_notes};
use std::path::{Path, PathBuf};

/// Data files and how to read them.
#[derive(Debug, Clone, clap::Args)]
pub struct DataArguments {
    /// Data files (.csv, .tsv, .parquet, .npy), a folder of Parquet files, or - for CSV on standard input.
    #[arg(value_name = "DATA", required = true)]
    pub data: Vec<PathBuf>,
    #[command(flatten)]
    pub reading: Reading,
}

impl DataArguments {
    /// Refuses to write over a file that is read, and over those of a run.
    pub fn spare(&self, to: &Path) -> Result<(), Failure> {
        let same = |data: &PathBuf| match (data.canonicalize(), to.canonicalize()) {
            (Ok(a), Ok(b)) => a == b || (a.is_dir() && b.starts_with(&a)),
            _ => false,
        };
        match self.data.iter().any(same) {
            true => Err(Failure::new(
                format!("{} holds the data: it is not written over", to.display()),
                "give --out another name",
            )),
            false => kind::spare_run(to),
        }
    }
}

/// How to read data files.
#[derive(Debug, Clone, Default, clap::Args, serde::Serialize, serde::Deserialize)]
pub struct Reading {
    /// Columns to use, in this order (default: all).
    #[arg(long, value_delimiter = ',', value_name = "A,B,…")]
    pub columns: Option<Vec<String>>,
    /// Columns to leave out.
    #[arg(long, value_delimiter = ',', value_name = "A,B,…")]
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Column of row weights, which are counts: a row of weight 3 stands for three equal rows, also in standard errors.
    #[arg(long, value_name = "COLUMN")]
    pub weights: Option<String>,
    /// The files have no header row; columns are named c1, c2, ….
    #[arg(long)]
    #[serde(default)]
    pub no_header: bool,
}

impl Reading {
    fn options(&self, levels: Levels) -> ReadOptions {
        ReadOptions {
            columns: self.columns.clone(),
            exclude: self.exclude.clone(),
            weights: self.weights.clone(),
            header: !self.no_header,
            levels,
            ..ReadOptions::default()
        }
    }

    /// Opens data for a new model. Columns in `named`, and where `guess` allows it any column of text, hold levels.
    pub fn open(
        &self,
        data: &[PathBuf],
        all_levels: bool,
        mut named: Vec<String>,
        guess: impl Fn(&str) -> bool,
        out: &Output,
    ) -> Result<Box<dyn RowSource>, Failure> {
        loop {
            let levels = if all_levels { Levels::All } else { Levels::Named(named.clone()) };
            match open_with_notes(data, &self.options(levels)).map_err(Failure::from) {
                Ok(opened) => return Ok(noted(opened, out)),
                Err(failure) => match failure.text_column.clone() {
                    Some(column)
                        if guess(&column) && !named.contains(&column) && data.iter().all(|p| p.as_os_str() != "-") =>
                    {
                        named.push(column);
                    }
                    _ => return Err(failure),
                },
            }
        }
    }

    /// Opens data of columns with two states: columns of text hold words. Also names these columns.
    pub fn open_two_states(
        &self,
        data: &[PathBuf],
        out: &Output,
    ) -> Result<(Box<dyn RowSource>, Vec<String>), Failure> {
        let source = self.open(data, false, Vec::new(), |_| true, out)?;
        let words = source.columns().iter().filter(|c| matches!(c.kind, ColumnKind::Levels(_)));
        let named = words.map(|c| c.name.clone()).collect();
        Ok((source, named))
    }

    /// Opens data for a network: columns are nodes with known levels, those in `ignore` are left out.
    pub fn open_nodes(
        &self,
        data: &[PathBuf],
        known_levels: Vec<(String, Vec<String>)>,
        ignore: Vec<String>,
        others: Others,
        out: &Output,
    ) -> Result<Box<dyn RowSource>, Failure> {
        let options = ReadOptions { known_levels, ignore, others, ..self.options(Levels::None) };
        Ok(noted(open_with_notes(data, &options)?, out))
    }

    /// Opens data for a fitted model: its columns, in its order, with its levels.
    pub fn open_for(
        &self,
        data: &[PathBuf],
        columns: &[natgrad::rows::Column],
        out: &Output,
    ) -> Result<Box<dyn RowSource>, Failure> {
        let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        if let Some(given) = self.columns.as_ref().filter(|given| **given != names && !names.is_empty()) {
            return Err(Failure::new(
                format!("--columns {} are not the model's columns {}", given.join(","), names.join(",")),
                "leave --columns out: a fitted model finds its columns by name",
            ));
        }
        let known_levels = columns
            .iter()
            .filter_map(|c| match &c.kind {
                natgrad::rows::ColumnKind::Levels(levels) => Some((c.name.clone(), levels.clone())),
                natgrad::rows::ColumnKind::Number => None,
            })
            .collect();
        let options = ReadOptions {
            columns: Some(self.columns.clone().unwrap_or(names)),
            known_levels,
            ..self.options(Levels::None)
        };
        Ok(noted(open_with_notes(data, &options)?, out))
    }
}

fn noted(opened: Opened, out: &Output) -> Box<dyn RowSource> {
    opened.notes.iter().for_each(|n| out.warn(n));
    opened.source
}
