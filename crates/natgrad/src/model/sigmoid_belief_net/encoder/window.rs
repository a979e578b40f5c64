//! Rows held in memory to be shuffled, a byte a cell: streamed sources are shuffled window by window.

use super::super::SigmoidBeliefNet;
use crate::Error;
use crate::rows::{CHUNK_ROWS, Chunk, Column, RowSource};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Memory that rows to be shuffled take at most, unless a chunk takes more.
const MOST_BYTES: usize = 1 << 28;

/// Refuses rows that an encoder cannot read.
///
/// # Errors
/// [`Error::Data`] naming a cell that is missing, [`Error::OutsideSupport`] one that is not 0 or 1.
pub fn check(columns: &[Column], chunk: &Chunk<'_>) -> Result<(), Error> {
    let Some(at) = chunk.values.iter().position(|x| *x != 0.0 && *x != 1.0) else { return Ok(()) };
    let (row, column, x) =
        (chunk.first_row + (at % chunk.rows) as u64 + 1, &columns[at / chunk.rows], chunk.values[at]);
    if x.is_nan() {
        return Err(Error::Data {
            problem: format!(
                "row {row}, column \"{}\": the cell is missing, and the encoder reads whole rows",
                column.name
            ),
            hint: "use exact or mean-field recognition, which sum missing cells out".into(),
        });
    }
    Err(Error::OutsideSupport {
        row,
        column: column.name.clone(),
        value: x,
        family: "bernoulli".into(),
        support: "0 or 1".into(),
        hint: "binarise the column first: a sigmoid belief net reads zeros and ones".into(),
    })
}

/// Refuses data of another width than the net's.
pub(super) fn check_width(net: &SigmoidBeliefNet, source: &dyn RowSource) -> Result<(), Error> {
    let (found, wanted) = (source.columns().len(), net.layout().sizes[0]);
    if found == wanted {
        return Ok(());
    }
    Err(Error::Data {
        problem: format!("the data has {found} columns, the net {wanted}"),
        hint: "give the columns that the net was made for".into(),
    })
}

/// Rows in memory, one after the other, with their weights.
#[derive(Debug, Default)]
pub(super) struct Window {
    cells: Vec<u8>,
    weights: Vec<f64>,
    width: usize,
}

impl Window {
    /// The cells of some rows, rows × columns, column-major, and their weights.
    pub fn gather(&self, places: &[usize]) -> (Vec<f64>, Vec<f64>) {
        let mut cells = vec![0.0; self.width * places.len()];
        for (i, place) in places.iter().enumerate() {
            let row = &self.cells[place * self.width..(place + 1) * self.width];
            row.iter().zip(cells[i..].iter_mut().step_by(places.len())).for_each(|(x, c)| *c = f64::from(*x));
        }
        (cells, places.iter().map(|p| self.weights[*p]).collect())
    }

    fn take(&mut self, chunk: &Chunk<'_>) {
        for n in (0..chunk.rows).filter(|n| chunk.weight(*n) > 0.0) {
            self.cells.extend((0..self.width).map(|d| u8::from(chunk.column(d)[n] == 1.0)));
            self.weights.push(chunk.weight(n));
        }
    }
}

/// What is shown a minibatch: its window and the places in it.
pub(super) type Visit<'a> = &'a mut dyn FnMut(&Window, &[usize]) -> Result<(), Error>;

/// The minibatches of epochs: stretches of the source in a random order, shuffled window by window; a source that fits the
/// window is read once.
pub(super) struct Shuffled<'a> {
    source: &'a dyn RowSource,
    capacity: usize,
    window: Window,
    whole: bool,
}

impl<'a> Shuffled<'a> {
    pub fn new(source: &'a dyn RowSource, capacity: usize) -> Self {
        let width = source.columns().len();
        let capacity = capacity.min((MOST_BYTES / width.max(1)).max(CHUNK_ROWS));
        Shuffled { source, capacity, window: Window { width, ..Window::default() }, whole: false }
    }

    /// Shows every row of positive weight once.
    pub fn epoch(&mut self, batch: usize, seed: u64, epoch: u64, visit: Visit<'_>) -> Result<(), Error> {
        // Streams of different epochs and windows never meet: an epoch has far fewer than 2³² windows.
        let generator = |window: u64| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0x5eed);
            rng.set_stream((epoch << 32) | window);
            rng
        };
        let mut show = |window: &Window, number: u64| {
            let mut order: Vec<usize> = (0..window.weights.len()).collect();
            order.shuffle(&mut generator(number));
            order.chunks(batch).try_for_each(|places| visit(window, places))
        };
        if self.whole {
            return show(&self.window, 1);
        }
        let fits = self.source.rows() <= self.capacity as u64;
        let mut stretches: Vec<Range<usize>> = self.source.stretches();
        if !fits {
            stretches.shuffle(&mut generator(0));
        }
        let Shuffled { source, capacity, window, .. } = self;
        let mut windows = 0;
        window.cells.clear();
        window.weights.clear();
        for stretch in stretches {
            source.sweep(stretch, &mut |_, chunk| {
                check(source.columns(), &chunk)?;
                window.take(&chunk);
                if !fits && window.weights.len() >= *capacity {
                    windows += 1;
                    show(window, windows)?;
                    window.cells.clear();
                    window.weights.clear();
                }
                Ok(())
            })?;
        }
        self.whole = fits;
        show(&self.window, windows + 1)
    }
}
