//! Working memory of a thread, used again block after block.

use std::sync::{Mutex, PoisonError};

/// Vectors that are free to be used again.
#[derive(Debug, Default)]
pub(super) struct Pool {
    free: Vec<Vec<f64>>,
}

impl Pool {
    /// An empty vector with room for so many numbers.
    pub fn empty(&mut self, room: usize) -> Vec<f64> {
        let fitting = (0..self.free.len()).filter(|i| self.free[*i].capacity() >= room);
        let mut out = match fitting.min_by_key(|i| self.free[*i].capacity()) {
            Some(i) => self.free.swap_remove(i),
            None => Vec::with_capacity(room),
        };
        out.clear();
        out
    }

    /// So many zeros.
    pub fn zeros(&mut self, length: usize) -> Vec<f64> {
        let mut out = self.empty(length);
        out.resize(length, 0.0);
        out
    }

    /// Takes a vector back.
    pub fn give(&mut self, own: Vec<f64>) {
        if own.capacity() > 0 {
            self.free.push(own);
        }
    }
}

/// Pools that threads borrow, one each at a time.
#[derive(Debug, Default)]
pub(super) struct Pools {
    idle: Mutex<Vec<Pool>>,
}

impl Pools {
    /// Works with a pool of its own.
    pub fn with<T>(&self, work: impl FnOnce(&mut Pool) -> T) -> T {
        let idle = || self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        let mut pool = idle().pop().unwrap_or_default();
        let out = work(&mut pool);
        idle().push(pool);
        out
    }
}
