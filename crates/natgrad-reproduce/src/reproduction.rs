//! What recomputing a paper gives: claims, the numbers behind each figure, and the figures.

use crate::Claim;
use natgrad_plot::Drawing;

/// Numbers with names, one CSV file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Name of the file, without its ending.
    pub name: String,
    /// Names of the columns.
    pub columns: Vec<String>,
    /// Rows.
    pub rows: Vec<Vec<f64>>,
    /// Names of the rows and of the column that they are in, where rows have names.
    pub labels: Option<(String, Vec<String>)>,
}

impl Table {
    /// An empty table.
    pub fn new(name: impl Into<String>, columns: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Table {
            name: name.into(),
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            labels: None,
        }
    }

    /// The same with a name for every row, in a first column of its own.
    pub fn with_labels(mut self, column: impl Into<String>, labels: impl IntoIterator<Item = String>) -> Self {
        self.labels = Some((column.into(), labels.into_iter().collect()));
        self
    }

    /// The same with these rows.
    pub fn with_rows(mut self, rows: impl IntoIterator<Item = Vec<f64>>) -> Self {
        self.rows.extend(rows);
        self
    }
}

/// A figure, as SVG and PNG.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figure {
    /// Name of the files, without their endings.
    pub name: String,
    /// SVG text.
    pub svg: String,
    /// PNG bytes.
    pub png: Vec<u8>,
}

impl Figure {
    /// A drawing with a name.
    pub fn new(name: impl Into<String>, drawing: Drawing) -> Self {
        Figure { name: name.into(), svg: drawing.svg, png: drawing.png }
    }
}

/// A paper, recomputed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reproduction {
    /// What the paper says, checked.
    pub claims: Vec<Claim>,
    /// The numbers behind the figures.
    pub tables: Vec<Table>,
    /// The figures.
    pub figures: Vec<Figure>,
}

impl Reproduction {
    /// Whether every claim holds.
    pub fn holds(&self) -> bool {
        self.claims.iter().all(|c| c.holds)
    }

    /// Adds what another one found.
    pub fn extend(&mut self, other: Reproduction) {
        self.claims.extend(other.claims);
        self.tables.extend(other.tables);
        self.figures.extend(other.figures);
    }
}
