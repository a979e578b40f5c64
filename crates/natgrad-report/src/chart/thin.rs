//! Fewer points for long traces: the lowest and the highest of every stretch, so that no spike is lost.

/// At most about `limit` points in their order, the first and the last among them.
pub fn thin(points: &[(f64, f64)], limit: usize) -> Vec<(f64, f64)> {
    if points.len() <= limit || limit < 4 {
        return points.to_vec();
    }
    let length = points.len().div_ceil(limit / 2);
    let mut out = vec![points[0]];
    for stretch in points[1..points.len() - 1].chunks(length) {
        let by = |a: &usize, b: &usize| stretch[*a].1.total_cmp(&stretch[*b].1);
        let low = (0..stretch.len()).min_by(by).unwrap_or(0);
        let high = (0..stretch.len()).max_by(by).unwrap_or(0);
        out.push(stretch[low.min(high)]);
        if low != high {
            out.push(stretch[low.max(high)]);
        }
    }
    out.push(points[points.len() - 1]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_ends_and_spikes() {
        let mut points: Vec<(f64, f64)> = (0..100_000).map(|i| (i as f64, 0.0)).collect();
        points[77_777].1 = 9.0;
        let few = thin(&points, 400);
        assert!(few.len() <= 404 && few.contains(&(77_777.0, 9.0)));
        assert_eq!((few[0].0, few[few.len() - 1].0), (0.0, 99_999.0));
        assert!(few.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
