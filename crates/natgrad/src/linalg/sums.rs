//! Sums in eight parts side by side: one alone would wait for each of its additions, and the order is the same on every machine.

/// `Σ a_i`, in eight running sums: the order is the same on every machine.
pub fn total(a: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let (parts, rest) = a.as_chunks::<8>();
    for part in parts {
        for (s, x) in sums.iter_mut().zip(part) {
            *s += x;
        }
    }
    sums.iter().sum::<f64>() + rest.iter().sum::<f64>()
}

/// `Σ a_i b_i`, in eight running sums.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 8];
    let ((p, a), (q, b)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (x, y) in p.iter().zip(q) {
        for (s, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *s += x * y;
        }
    }
    sums.iter().sum::<f64>() + a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_any_length_are_whole() {
        for n in 0..40 {
            let a: Vec<f64> = (0..n).map(f64::from).collect();
            assert_eq!(total(&a), (0..n).map(f64::from).sum::<f64>());
            assert_eq!(dot(&a, &a), (0..n).map(|i| f64::from(i * i)).sum::<f64>());
        }
    }
}
