//! Where layers and nodes are on the page: near their neighbours, in their order, never on one another.

use super::layers::Layers;

/// Sweeps over the layers.
const SWEEPS: usize = 60;

/// The places nearest to `wanted`, by weighted squares, of things in a row whose distances are at least `apart`.
///
/// In places less the sum of distances before, this is monotone regression: neighbours that violate the order are pooled.
fn in_order(wanted: &[f64], weight: &[f64], apart: &[f64]) -> Vec<f64> {
    let mut before = vec![0.0; wanted.len()];
    for i in 1..wanted.len() {
        before[i] = before[i - 1] + apart[i - 1];
    }
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for i in 0..wanted.len() {
        let mut pool = (wanted[i] - before[i], weight[i], 1);
        while let Some(&(x, w, n)) = pools.last().filter(|p| p.0 > pool.0) {
            pool = ((x * w + pool.0 * pool.1) / (w + pool.1), w + pool.1, n + pool.2);
            pools.pop();
        }
        pools.push(pool);
    }
    let level = pools.iter().flat_map(|&(x, _, n)| std::iter::repeat_n(x, n));
    level.zip(&before).map(|(x, b)| x + b).collect()
}

/// Middles of all nodes along the layers, for nodes of such widths, at least `gap` apart.
pub(super) fn across(layers: &Layers, width: &[f64], gap: f64) -> Vec<f64> {
    let n = layers.layer.len();
    let passes = |i: usize| i >= width.len();
    let half = |i: usize| if passes(i) { 2.0 } else { 0.5 * width[i] };
    let apart: Vec<Vec<f64>> =
        layers.rows.iter().map(|row| row.windows(2).map(|w| half(w[0]) + half(w[1]) + gap).collect()).collect();
    let mut x = vec![0.0; n];
    for (row, apart) in layers.rows.iter().zip(&apart) {
        let mut at = -0.5 * apart.iter().sum::<f64>();
        for (k, &i) in row.iter().enumerate() {
            x[i] = at;
            at += apart.get(k).copied().unwrap_or(0.0);
        }
    }
    for sweep in 0..SWEEPS {
        let count = layers.rows.len();
        for step in 0..count {
            let r = if sweep % 2 == 0 { step } else { count - 1 - step };
            let row = &layers.rows[r];
            // Edges between places where long edges pass are kept straight.
            let pull = |i: usize, j: usize| match (passes(i), passes(j)) {
                (true, true) => 8.0,
                (false, false) => 1.0,
                _ => 2.0,
            };
            let (mut wanted, mut weight) = (Vec::new(), Vec::new());
            for &i in row {
                let (mut sum, mut total) = (0.02 * x[i], 0.02);
                for &j in layers.above[i].iter().chain(&layers.below[i]) {
                    sum += pull(i, j) * x[j];
                    total += pull(i, j);
                }
                wanted.push(sum / total);
                weight.push(total);
            }
            let found = in_order(&wanted, &weight, &apart[r]);
            row.iter().zip(found).for_each(|(&i, at)| x[i] = at);
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn things_keep_their_order_and_distance_and_are_as_near_as_that_allows() {
        assert_eq!(in_order(&[0.0, 5.0, 20.0], &[1.0; 3], &[4.0, 4.0]), [0.0, 5.0, 20.0]);
        assert_eq!(in_order(&[3.0, 3.0], &[1.0; 2], &[4.0]), [1.0, 5.0]);
        assert_eq!(in_order(&[3.0, 3.0], &[3.0, 1.0], &[4.0]), [2.0, 6.0]);
        assert!(in_order(&[], &[], &[]).is_empty());
    }
}
