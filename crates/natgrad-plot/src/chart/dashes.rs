//! Dashed curves cut into pieces by their length on the page: a bitmap would start the pattern anew at every point.

use kuva::render::render::{Primitive, Scene};

/// Replaces dashed curves by the pieces that their pattern leaves.
pub fn cut(scene: &mut Scene) {
    let elements = std::mem::take(&mut scene.elements);
    for element in elements {
        match element {
            Primitive::PolyLine { points, stroke, stroke_width, stroke_dasharray: Some(pattern) } => {
                let pattern: Vec<f64> = pattern.split_whitespace().filter_map(|t| t.parse().ok()).collect();
                scene.elements.extend(pieces(&points, &pattern).into_iter().map(|points| Primitive::PolyLine {
                    points,
                    stroke: stroke.clone(),
                    stroke_width,
                    stroke_dasharray: None,
                }));
            }
            other => scene.elements.push(other),
        }
    }
}

type Spot = (f64, f64);

fn pieces(points: &[Spot], pattern: &[f64]) -> Vec<Vec<Spot>> {
    let usable = !pattern.is_empty() && pattern.iter().all(|x| *x > 0.0);
    let (Some(first), true) = (points.first(), usable) else { return vec![points.to_vec()] };
    let (mut turn, mut left) = (0, pattern[0]);
    let mut out = vec![vec![*first]];
    for w in points.windows(2) {
        let (from, to) = (w[0], w[1]);
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let mut done = 0.0;
        while length - done >= left {
            done += left;
            let share = done / length;
            let here = (from.0 + share * (to.0 - from.0), from.1 + share * (to.1 - from.1));
            match out.last_mut() {
                Some(piece) if turn % 2 == 0 => piece.push(here),
                _ => out.push(vec![here]),
            }
            turn += 1;
            left = pattern[turn % pattern.len()];
        }
        left -= length - done;
        if let (Some(piece), 0) = (out.last_mut(), turn % 2) {
            piece.push(to);
        }
    }
    out.retain(|piece| piece.len() > 1);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_have_the_lengths_of_the_pattern() {
        let found = pieces(&[(0.0, 0.0), (3.0, 0.0), (10.0, 0.0)], &[4.0, 2.0]);
        assert_eq!(found, [vec![(0.0, 0.0), (3.0, 0.0), (4.0, 0.0)], vec![(6.0, 0.0), (10.0, 0.0)]]);
        assert_eq!(pieces(&[(0.0, 0.0), (1.0, 0.0)], &[]).len(), 1);
    }
}
