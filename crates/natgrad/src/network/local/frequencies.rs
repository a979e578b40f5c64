//! The M-step of free tables: relative frequencies.

/// Calls `write(c, frequencies)` for every row of `counts + prior` (`configurations × states`) that has any weight.
pub(super) fn frequencies(counts: &[f64], states: usize, prior: f64, mut write: impl FnMut(usize, &[f64])) {
    let mut row = vec![0.0; states];
    for (c, n) in counts.chunks_exact(states).enumerate() {
        let total: f64 = n.iter().map(|n| n + prior).sum();
        if total > 0.0 {
            row.iter_mut().zip(n).for_each(|(p, n)| *p = (n + prior) / total);
            write(c, &row);
        }
    }
}
