//! What is to be read: columns, weights, header and which columns hold named levels.

/// Which columns hold named levels rather than numbers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Levels {
    /// All columns are numbers (but those with known levels).
    #[default]
    None,
    /// Every column holds named levels.
    All,
    /// These columns hold named levels.
    Named(Vec<String>),
}

/// What becomes of columns whose levels are not known beforehand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Others {
    /// They are read; every column with known levels must be there.
    #[default]
    Keep,
    /// They are an error; columns with known levels may be absent.
    Refuse,
    /// They are left out; columns with known levels may be absent.
    Ignore,
}

/// What to read from data files, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOptions {
    /// Columns to read, in this order; `None`: all but the weights, in the order of the file.
    pub columns: Option<Vec<String>>,
    /// Columns to leave out.
    pub exclude: Vec<String>,
    /// Column of row weights; it is not among the data columns.
    pub weights: Option<String>,
    /// Whether CSV and TSV files begin with a row of names. Without, columns are named `c1`, `c2`, ….
    pub header: bool,
    /// Which columns hold named levels.
    pub levels: Levels,
    /// Levels that are known already, per column, in coding order (a fitted model's); another level is an error.
    /// Such columns hold levels whatever `levels` says.
    pub known_levels: Vec<(String, Vec<String>)>,
    /// What becomes of columns without known levels.
    pub others: Others,
    /// Columns to leave out where the files have them.
    pub ignore: Vec<String>,
    /// Parquet data sets up to this many bytes (8 per cell) are held in memory; larger ones are streamed.
    pub in_memory_bytes: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        ReadOptions {
            columns: None,
            exclude: Vec::new(),
            weights: None,
            header: true,
            levels: Levels::None,
            known_levels: Vec::new(),
            others: Others::Keep,
            ignore: Vec::new(),
            in_memory_bytes: 256 << 20,
        }
    }
}
