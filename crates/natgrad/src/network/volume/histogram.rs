//! Shares of numbers in bins, and their quantiles.

/// How many numbers fall into each of equally wide bins `[low + i·w, low + (i+1)·w)`, the last one closed.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// Edges of the bins, ascending.
    pub edges: Vec<f64>,
    /// Numbers in each bin.
    pub counts: Vec<usize>,
}

impl Histogram {
    /// Counts numbers between `low` and `high`; numbers outside, and `NaN`, are left out.
    pub fn new(values: &[f64], low: f64, high: f64, bins: usize) -> Self {
        let edges: Vec<f64> = (0..=bins).map(|i| low + (high - low) * i as f64 / bins as f64).collect();
        let mut counts = vec![0; bins];
        for v in values.iter().filter(|v| **v >= low && **v <= high) {
            // The edges decide, not a division that rounds.
            let after = edges.partition_point(|e| e <= v);
            if bins > 0 {
                counts[after.clamp(1, bins) - 1] += 1;
            }
        }
        Histogram { edges, counts }
    }

    /// Cosines in 20 bins of width 0.1.
    pub fn of_cosines(cosines: &[f64]) -> Self {
        let mut out = Histogram::new(&[], -1.0, 1.0, 20);
        // Tenths as a person writes them.
        out.edges = (-10..=10).map(|i| f64::from(i) / 10.0).collect();
        for c in cosines.iter().filter(|c| c.abs() <= 1.0) {
            let after = out.edges.partition_point(|e| e <= c);
            out.counts[after.clamp(1, 20) - 1] += 1;
        }
        out
    }

    /// Numbers counted.
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Share of the numbers in each bin.
    pub fn shares(&self) -> Vec<f64> {
        let total = self.total().max(1) as f64;
        self.counts.iter().map(|c| *c as f64 / total).collect()
    }

    /// Half the sum of the differences of shares: 0 for equal histograms, 1 for disjoint ones.
    pub fn total_variation(&self, shares: &[f64]) -> f64 {
        0.5 * self.shares().iter().zip(shares).map(|(a, b)| (a - b).abs()).sum::<f64>()
    }
}

/// The quantile of ascending numbers, linear between them; `NaN` of none.
pub fn quantile(sorted: &[f64], share: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return f64::NAN };
    let at = share.clamp(0.0, 1.0) * last as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(last);
    sorted[below] + (at - below as f64) * (sorted[above] - sorted[below])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_belong_to_the_bin_above_and_the_last_to_the_last() {
        let h = Histogram::of_cosines(&[-1.0, -0.9, -0.7, 0.3, 0.3 - 1e-16, 0.999, 1.0, f64::NAN, 1.5]);
        assert_eq!(h.total(), 7);
        let at = |i: usize| h.counts[i];
        assert_eq!((at(0), at(1), at(3), at(12), at(13), at(19)), (1, 1, 1, 1, 1, 2));
        assert!((h.shares().iter().sum::<f64>() - 1.0).abs() < 1e-15);
        assert_eq!(h.total_variation(&h.shares()), 0.0);
    }

    #[test]
    fn quantiles_are_linear_between_numbers() {
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.5), 2.0);
        assert_eq!(quantile(&[1.0, 2.0, 4.0], 0.75), 3.0);
        assert!(quantile(&[], 0.5).is_nan());
    }
}
