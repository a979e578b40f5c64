//! Rows held in memory to be shuffled: converted once, row after row, refilled as an epoch goes on.

use crate::Error;
use crate::linalg::real::Real;
use crate::model::vae::{ObservableName, Units, Vae, check, log_base_measure};
use crate::rows::{CHUNK_ROWS, Chunk, RowSource};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::ops::Range;

/// Memory that rows to be shuffled take at most, unless a chunk takes more.
const MOST_BYTES: usize = 1 << 29;

/// Rows in memory, row-major, in the model's units, with their numbers, weights and base measures.
#[derive(Debug, Default)]
pub(super) struct Window<T> {
    pub store: Vec<T>,
    pub numbers: Vec<u64>,
    pub weights: Vec<f64>,
    pub bases: Vec<f64>,
    order: Vec<usize>,
}

/// What is shown a minibatch: its window and the places in it. It answers whether to go on.
pub(super) type Visit<'a, T> = &'a mut dyn FnMut(&Window<T>, &[usize]) -> Result<bool, Error>;

impl<T: Real> Window<T> {
    fn clear(&mut self) {
        self.store.clear();
        self.numbers.clear();
        self.weights.clear();
        self.bases.clear();
    }

    fn take(&mut self, chunk: &Chunk<'_>, columns: usize, observable: ObservableName, units: Option<&Units>) {
        for n in 0..chunk.rows {
            if chunk.weight(n) <= 0.0 {
                continue;
            }
            let cell = |d: usize| chunk.column(d)[n];
            self.store.extend((0..columns).map(|d| T::of(units.map_or(cell(d), |u| u.inside(d, cell(d))))));
            self.numbers.push(chunk.first_row + n as u64);
            self.weights.push(chunk.weight(n));
            self.bases.push(log_base_measure(observable, (0..columns).map(|d| chunk.column(d)[n])));
        }
    }

    /// Shows the window's rows in an order of their own, so many places at a time.
    fn show(&mut self, batch: usize, seed: u64, stream: u64, visit: Visit<'_, T>) -> Result<bool, Error> {
        let mut order = std::mem::take(&mut self.order);
        order.clear();
        order.extend(0..self.numbers.len());
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream);
        order.shuffle(&mut rng);
        let mut go_on = true;
        for places in order.chunks(batch) {
            go_on = visit(self, places)?;
            if !go_on {
                break;
            }
        }
        self.order = order;
        Ok(go_on)
    }
}

/// The minibatches of one epoch: stretches of the source in a random order, shuffled window by window.
///
/// A source that fits the window is read once. `visit` answers whether to go on.
pub(super) struct Shuffled<'a, T> {
    source: &'a dyn RowSource,
    observable: ObservableName,
    units: Option<&'a Units>,
    capacity: usize,
    window: Window<T>,
    whole: bool,
}

impl<'a, T: Real> Shuffled<'a, T> {
    pub fn new(source: &'a dyn RowSource, vae: &'a Vae, capacity: usize) -> Self {
        let window = Window {
            store: Vec::new(),
            numbers: Vec::new(),
            weights: Vec::new(),
            bases: Vec::new(),
            order: Vec::new(),
        };
        // Wide rows: fewer of them, so that memory stays bounded.
        let row = source.columns().len().max(1) * size_of::<T>();
        let capacity = capacity.min((MOST_BYTES / row).max(CHUNK_ROWS));
        let observable = vae.architecture().observable;
        Shuffled { source, observable, units: vae.units(), capacity, window, whole: false }
    }

    /// Shows every row of positive weight once.
    pub fn epoch(&mut self, batch: usize, seed: u64, epoch: u64, visit: Visit<'_, T>) -> Result<bool, Error> {
        // Streams of different epochs and windows never meet: an epoch has far fewer than 2³² windows.
        let stream = |window: u64| (epoch << 32) | window;
        if self.whole {
            return self.window.show(batch, seed, stream(1), visit);
        }
        let columns = self.source.columns().len();
        let fits = self.source.rows() <= self.capacity as u64;
        let mut stretches: Vec<Range<usize>> = self.source.stretches();
        if !fits {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            rng.set_stream(stream(0));
            stretches.shuffle(&mut rng);
        }
        self.window.clear();
        let (mut windows, mut go_on) = (0, true);
        for stretch in stretches {
            let Shuffled { source, window, observable, units, capacity, .. } = self;
            source.sweep(stretch, &mut |_, chunk| {
                if !go_on {
                    return Ok(());
                }
                check(*observable, source.columns(), &chunk)?;
                window.take(&chunk, columns, *observable, *units);
                if !fits && window.numbers.len() >= *capacity {
                    windows += 1;
                    go_on = window.show(batch, seed, stream(windows), visit)?;
                    window.clear();
                }
                Ok(())
            })?;
        }
        self.whole = fits;
        if go_on && !self.window.numbers.is_empty() {
            go_on = self.window.show(batch, seed, stream(windows + 1), visit)?;
        }
        Ok(go_on)
    }
}
