//! Curves resampled evenly on the page, so that dash patterns show: a bitmap starts its pattern anew at every point.

/// Width and height of the axes on the page.
const PAGE: (f64, f64) = (538.0, 334.0);

/// Lengths of one dash pattern (or of a few short ones) of the first four series.
const PATTERNS: [f64; 4] = [8.0, 13.0, 12.0, 18.0];

/// The curve of series `k` by points one dash pattern apart, for axes that show these ranges.
pub fn even(points: &[(f64, f64)], x: (f64, f64), y: (f64, f64), k: usize) -> Vec<(f64, f64)> {
    let (wide, high) = (PAGE.0 / (x.1 - x.0), PAGE.1 / (y.1 - y.0));
    let pattern = PATTERNS[k % PATTERNS.len()];
    let mut out: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
    let mut left = pattern;
    for w in points.windows(2) {
        let length = ((w[1].0 - w[0].0) * wide).hypot((w[1].1 - w[0].1) * high);
        let mut done = 0.0;
        while length - done >= left {
            done += left;
            left = pattern;
            let share = done / length;
            out.push((w[0].0 + share * (w[1].0 - w[0].0), w[0].1 + share * (w[1].1 - w[0].1)));
        }
        left -= length - done;
    }
    out.extend(points.last());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_one_pattern_apart_whatever_they_were() {
        let curve: Vec<(f64, f64)> = (0..=1000).map(|k| f64::from(k) / 1000.0).map(|t| (t * t, t.powi(5))).collect();
        let found = even(&curve, (0.0, 1.0), (0.0, 1.0), 1);
        assert_eq!((found[0], found[found.len() - 1]), (curve[0], curve[1000]));
        for w in found[..found.len() - 1].windows(2) {
            let length = ((w[1].0 - w[0].0) * PAGE.0).hypot((w[1].1 - w[0].1) * PAGE.1);
            // A chord is shorter than its arc.
            assert!(length <= 13.0 + 1e-9 && length > 12.5, "{length}");
        }
        assert!(even(&[], (0.0, 1.0), (0.0, 1.0), 0).is_empty());
    }
}
