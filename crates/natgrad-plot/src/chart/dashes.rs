//! Dashed curves cut into pieces by their length on the page: a bitmap would start the pattern anew at every point.

use kuva::render::render::{Primitive, Scene};

/// Replaces dashed curves of straight segments by the pieces that their pattern leaves.
pub fn cut(scene: &mut Scene) {
    for element in &mut scene.elements {
        if let Primitive::Path(path) = element
            && let Some(pattern) = path.stroke_dasharray.as_deref()
            && let (Some(points), Some(pattern)) = (points(&path.d), numbers(pattern))
        {
            path.d = pieces(&points, &pattern);
            path.stroke_dasharray = None;
        }
    }
}

fn numbers(text: &str) -> Option<Vec<f64>> {
    let all: Vec<f64> =
        text.split([' ', ',']).filter(|t| !t.is_empty()).map(str::parse).collect::<Result<_, _>>().ok()?;
    (!all.is_empty() && all.iter().all(|x| *x > 0.0)).then_some(all)
}

/// The points of `M x y L x y …`; `None` for anything else.
fn points(d: &str) -> Option<Vec<(f64, f64)>> {
    let all = numbers_of(d.strip_prefix('M')?)?;
    (all.len().is_multiple_of(2)).then(|| all.chunks(2).map(|p| (p[0], p[1])).collect())
}

fn numbers_of(text: &str) -> Option<Vec<f64>> {
    text.split([' ', 'L', ',']).filter(|t| !t.is_empty()).map(|t| t.parse().ok()).collect()
}

fn pieces(points: &[(f64, f64)], pattern: &[f64]) -> String {
    let mut out = String::new();
    let Some(first) = points.first() else { return out };
    let (mut turn, mut left) = (0, pattern[0]);
    let write = |out: &mut String, word: char, (x, y): (f64, f64)| out.push_str(&format!("{word} {x:.2} {y:.2} "));
    write(&mut out, 'M', *first);
    for w in points.windows(2) {
        let (from, to) = (w[0], w[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let mut done = 0.0;
        while length - done >= left {
            done += left;
            let share = done / length;
            let here = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            write(&mut out, if turn % 2 == 0 { 'L' } else { 'M' }, here);
            turn += 1;
            left = pattern[turn % pattern.len()];
        }
        left -= length - done;
        if turn % 2 == 0 {
            write(&mut out, 'L', to);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_lengths_of_the_pattern() {
        let found = pieces(&[(0.0, 0.0), (3.0, 0.0), (10.0, 0.0)], &[4.0, 2.0]);
        assert_eq!(found, "M 0.00 0.00 L 3.00 0.00 L 4.00 0.00 M 6.00 0.00 L 10.00 0.00");
        assert_eq!(points("M 1 2 L 3 4 L 5 6 "), Some(vec![(1.0, 2.0), (3.0, 4.0), (5.0, 6.0)]));
        assert_eq!(points("M 1 2 C 3 4 5 6 7 8"), None);
    }
}
