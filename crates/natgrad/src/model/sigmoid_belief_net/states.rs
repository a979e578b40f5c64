//! Arrays over all `2^H` states of a layer: linear functions built by doubling, moments taken by halving.
//!
//! State `s` has unit `h` on where bit `h` of `s` is set. Both cost about as many additions as there are states, where a
//! matrix product with the states written out costs `H` times that.

use crate::linalg::sums::total;

/// `out[s] = bias + Σ_{h ∈ s} weights[h]`, for all states.
pub fn spread(weights: &[f64], bias: f64, out: &mut [f64]) {
    out[0] = bias;
    for (h, w) in weights.iter().enumerate() {
        let (known, new) = out[..2 << h].split_at_mut(1 << h);
        new.iter_mut().zip(known).for_each(|(n, k)| *n = *k + w);
    }
}

/// `out[h] = Σ_{s ∋ h} mass[s]` and `out[H] = Σ_s mass[s]`; `mass` is used up.
pub fn moments(mass: &mut [f64], out: &mut [f64]) {
    let units = out.len() - 1;
    for h in (0..units).rev() {
        let (low, high) = mass[..2 << h].split_at_mut(1 << h);
        out[h] = total(high);
        low.iter_mut().zip(high).for_each(|(l, h)| *l += *h);
    }
    out[units] = mass[0];
}

/// `out[h][k] = Σ_{s ∋ h, k} mass[s]`, row-major with the leading one as unit `H`, so `(H+1) × (H+1)`; lower and upper
/// triangle. `mass` is used up, `scratch` is half as long.
pub fn pairs(mass: &mut [f64], out: &mut [f64], scratch: &mut [f64]) {
    let mut units = mass.len().trailing_zeros() as usize;
    let n = units + 1;
    let mut row = vec![0.0; n];
    while units > 0 {
        let h = units - 1;
        let (low, high) = mass[..2 << h].split_at_mut(1 << h);
        let copy = &mut scratch[..1 << h];
        copy.copy_from_slice(high);
        moments(copy, &mut row[..units]);
        // row[..h] are the pairs (h, k < h), row[h] the unit's own total.
        for k in 0..=h {
            out[h * n + k] = row[k];
            out[k * n + h] = row[k];
        }
        out[h * n + n - 1] = row[h];
        out[(n - 1) * n + h] = row[h];
        low.iter_mut().zip(high).for_each(|(l, h)| *l += *h);
        units -= 1;
    }
    out[n * n - 1] = mass[0];
}

/// For each of `rows` rows of an array over states, `values[s · rows + n]`: [`spread`] in place. Column 0 holds the biases,
/// `weights[h · stride + n]` the rows' weights of the `units` units.
pub fn spread_rows(values: &mut [f64], weights: &[f64], stride: usize, rows: usize, units: usize) {
    for h in 0..units {
        let w = &weights[h * stride..h * stride + rows];
        let (known, new) = values[..rows * (2 << h)].split_at_mut(rows << h);
        for (new, known) in new.chunks_exact_mut(rows).zip(known.chunks_exact(rows)) {
            new.iter_mut().zip(known.iter().zip(w)).for_each(|(n, (k, w))| *n = k + w);
        }
    }
}

/// For each row, the mass of states with a unit on, `out[h · stride + n]`, for all units; `values` is used up.
pub fn moments_of_rows(values: &mut [f64], rows: usize, units: usize, out: &mut [f64], stride: usize) {
    for h in (0..units).rev() {
        let (low, high) = values[..rows * (2 << h)].split_at_mut(rows << h);
        let out = &mut out[h * stride..h * stride + rows];
        out.fill(0.0);
        for (low, high) in low.chunks_exact_mut(rows).zip(high.chunks_exact(rows)) {
            for ((o, l), h) in out.iter_mut().zip(low.iter_mut()).zip(high) {
                *o += h;
                *l += h;
            }
        }
    }
}

/// Sums of each state's column, `out[s] += Σ_n values[s · rows + n]`.
pub fn add_masses(values: &[f64], rows: usize, out: &mut [f64]) {
    for (o, column) in out.iter_mut().zip(values.chunks_exact(rows)) {
        *o += total(column);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubling_and_halving_agree_with_sums_over_all_states() {
        for units in 0..6 {
            let states = 1usize << units;
            let mass: Vec<f64> = (0..states).map(|s| ((s * 7 + 3) % 11) as f64 + 0.5).collect();
            let weights: Vec<f64> = (0..units).map(|h| 0.25 * (h as f64) - 1.0).collect();
            let mut a = vec![0.0; states];
            spread(&weights, 0.5, &mut a);
            let on = |s: usize, h: usize| h == units || s >> h & 1 == 1;
            for (s, a) in a.iter().enumerate() {
                let expected = 0.5 + (0..units).filter(|&h| on(s, h)).map(|h| weights[h]).sum::<f64>();
                assert!((a - expected).abs() < 1e-14);
            }
            let n = units + 1;
            let mut first = vec![0.0; n];
            moments(&mut mass.clone(), &mut first);
            let mut second = vec![0.0; n * n];
            pairs(&mut mass.clone(), &mut second, &mut vec![0.0; states]);
            for h in 0..n {
                let one: f64 = (0..states).filter(|&s| on(s, h)).map(|s| mass[s]).sum();
                assert!((first[h] - one).abs() < 1e-12);
                for k in 0..n {
                    let both: f64 = (0..states).filter(|&s| on(s, h) && on(s, k)).map(|s| mass[s]).sum();
                    assert!((second[h * n + k] - both).abs() < 1e-12, "{units} units: {h}, {k}");
                }
            }
        }
    }
}
