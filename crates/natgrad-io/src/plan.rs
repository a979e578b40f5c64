//! The choice of columns for one data set: which to read, as what, and which holds the weights.

use crate::error::{IoError, list, nearest};
use crate::levels::Book;
use crate::spec::{Levels, Others, ReadOptions};
use natgrad::rows::{Column, ColumnKind};

/// One column to read.
#[derive(Debug, Clone)]
pub(crate) struct PlannedColumn {
    /// Its name.
    pub name: String,
    /// Its index among the file's columns.
    pub at: usize,
    /// Its levels: `None` for numbers, an open book where they are to be found, a fixed one where they are known.
    pub book: Option<Book>,
}

/// The columns to read from each file of a data set.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Names of all columns of a file.
    pub names: Vec<String>,
    /// The data columns in the order wanted.
    pub columns: Vec<PlannedColumn>,
    /// Index of the column of weights.
    pub weights: Option<usize>,
}

impl Plan {
    /// Chooses among the columns `names` of `file` what `options` ask for.
    ///
    /// # Errors
    /// Duplicate, unnamed or unknown columns, or none left.
    pub fn new(names: Vec<String>, options: &ReadOptions, file: &str) -> Result<Plan, IoError> {
        for (i, name) in names.iter().enumerate() {
            if let Some(first) = names[..i].iter().position(|n| n == name && !n.is_empty()) {
                return Err(IoError::Column {
                    file: file.into(),
                    problem: format!("columns {} and {} are both named \"{name}\"", first + 1, i + 1),
                    hint: "give every column a name of its own".into(),
                });
            }
        }
        let find = |wanted: &str, whence: &str| {
            names.iter().position(|n| n == wanted).ok_or_else(|| IoError::Column {
                file: file.into(),
                problem: format!("there is no column \"{wanted}\" ({whence})"),
                hint: match nearest(wanted, &names) {
                    Some(name) => format!("did you mean \"{name}\"?"),
                    None => format!("the columns are {}", list(&names)),
                },
            })
        };
        for name in &options.exclude {
            find(name, "asked to be left out")?;
        }
        let weights = options.weights.as_deref().map(|w| find(w, "asked for as weights")).transpose()?;
        let chosen: Vec<usize> = match &options.columns {
            Some(wanted) => {
                let mut chosen = Vec::with_capacity(wanted.len());
                for name in wanted {
                    let at = find(name, "asked for among the columns")?;
                    if chosen.contains(&at) {
                        return Err(IoError::Column {
                            file: file.into(),
                            problem: format!("column \"{name}\" is asked for twice"),
                            hint: "name each column once".into(),
                        });
                    }
                    chosen.push(at);
                }
                chosen.retain(|at| Some(*at) != weights);
                chosen
            }
            None => (0..names.len()).filter(|at| Some(*at) != weights).collect(),
        };
        let chosen: Vec<usize> = chosen.into_iter().filter(|at| !options.exclude.contains(&names[*at])).collect();
        let mut chosen: Vec<usize> = chosen.into_iter().filter(|at| !options.ignore.contains(&names[*at])).collect();
        if options.others != Others::Keep {
            let known: Vec<String> = options.known_levels.iter().map(|(n, _)| n.clone()).collect();
            if let Some(at) = chosen.iter().find(|at| !known.contains(&names[**at]))
                && options.others == Others::Refuse
            {
                return Err(IoError::Column {
                    file: file.into(),
                    problem: format!("column \"{}\" belongs to no node", names[*at]),
                    hint: match nearest(&names[*at], &known) {
                        Some(name) => format!("is it the node \"{name}\"? name it so, or leave it out with --exclude"),
                        None => {
                            format!("leave it out with --exclude \"{}\"; the nodes are {}", names[*at], list(&known))
                        }
                    },
                });
            }
            chosen.retain(|at| known.contains(&names[*at]));
            if chosen.is_empty() {
                return Err(IoError::Empty {
                    file: file.into(),
                    problem: "no column belongs to a visible node".into(),
                    hint: if known.is_empty() {
                        "every node is hidden: leave at least one visible".into()
                    } else {
                        format!("columns are found by the names of the nodes: {}", list(&known))
                    },
                });
            }
        }
        if let Some(at) = chosen.iter().find(|at| names[**at].is_empty()) {
            return Err(IoError::Column {
                file: file.into(),
                problem: format!("column {} has no name", at + 1),
                hint: "name it in the header, or pick the others with --columns (a nameless first column is often a \
                       row index: with pandas, write with index=False)"
                    .into(),
            });
        }
        if chosen.is_empty() {
            return Err(IoError::Empty {
                file: file.into(),
                problem: "there are no columns to read".into(),
                hint: if weights.is_some() {
                    "leave at least one column beside the weights".into()
                } else {
                    "name at least one column".into()
                },
            });
        }
        if let Levels::Named(named) = &options.levels {
            for name in named {
                find(name, "said to hold named levels")?;
            }
        }
        for (name, _) in options.known_levels.iter().filter(|_| options.others == Others::Keep) {
            find(name, "the model's levels")?;
        }
        let columns = chosen
            .into_iter()
            .map(|at| {
                let name = names[at].clone();
                let known = options.known_levels.iter().find(|(n, _)| *n == name);
                let categorical = match &options.levels {
                    Levels::None => false,
                    Levels::All => true,
                    Levels::Named(named) => named.contains(&name),
                };
                let book = match known {
                    Some((_, levels)) => Some(Book::fixed(levels.clone())),
                    None => categorical.then(Book::open),
                };
                PlannedColumn { name, at, book }
            })
            .collect();
        Ok(Plan { names, columns, weights })
    }

    /// The columns as a row source describes them; `missing[d]` says whether a cell of column `d` is missing.
    pub fn describe(&self, missing: &[bool]) -> Vec<Column> {
        self.columns
            .iter()
            .zip(missing)
            .map(|(c, missing)| Column {
                name: c.name.clone(),
                kind: match &c.book {
                    Some(book) => ColumnKind::Levels(book.names().to_vec()),
                    None => ColumnKind::Number,
                },
                missing: *missing,
            })
            .collect()
    }

    /// Checks that another file of the data set has the same columns.
    ///
    /// # Errors
    /// [`IoError::Mismatch`] naming the first difference.
    pub fn check_same(&self, names: &[String], file: &str, first_file: &str) -> Result<(), IoError> {
        if names == self.names {
            return Ok(());
        }
        let problem = match self.names.iter().zip(names).position(|(a, b)| a != b) {
            Some(at) if names.len() == self.names.len() => {
                format!("column {} is \"{}\" where {first_file} has \"{}\"", at + 1, names[at], self.names[at])
            }
            _ => format!("it has {} columns where {first_file} has {}", names.len(), self.names.len()),
        };
        Err(IoError::Mismatch {
            file: file.into(),
            problem,
            hint: "files of one data set have the same columns in the same order".into(),
        })
    }
}
