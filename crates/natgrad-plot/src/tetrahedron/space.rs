//! From distributions to points of the page: corners, turning, parallel projection, and which edges lie behind.

use super::Quadruple;

/// From where the tetrahedron is looked at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Degrees around the vertical axis.
    pub azimuth: f64,
    /// Degrees above the floor.
    pub elevation: f64,
}

impl Default for View {
    /// From where the published figures look: no corner hides another, a surface through all four is seen from both sides.
    fn default() -> Self {
        View { azimuth: 202.0, elevation: 20.0 }
    }
}

/// Corners of the regular tetrahedron with edge √2, its centre moved to the origin.
pub(super) fn corners() -> [[f64; 3]; 4] {
    let (a, b) = (2f64.sqrt(), 6f64.sqrt());
    let all = [[0.0; 3], [a, 0.0, 0.0], [a / 2.0, b / 2.0, 0.0], [a / 2.0, b / 6.0, 2.0 / 3f64.sqrt()]];
    let centre: [f64; 3] = std::array::from_fn(|i| all.iter().map(|c| c[i]).sum::<f64>() / 4.0);
    all.map(|c| std::array::from_fn(|i| c[i] - centre[i]))
}

/// The six edges, as pairs of corners.
pub(super) const EDGES: [(usize, usize); 6] = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)];

/// The tetrahedron turned towards the eye.
pub(super) struct Space {
    corners: [[f64; 3]; 4],
}

impl Space {
    pub(super) fn new(view: View) -> Self {
        let (a, e) = (view.azimuth.to_radians(), view.elevation.to_radians());
        let turn = |c: [f64; 3]| {
            let (x, y) = (a.cos() * c[0] + a.sin() * c[1], a.cos() * c[1] - a.sin() * c[0]);
            // Right, up, and away from the eye.
            [x, e.cos() * c[2] + e.sin() * y, e.cos() * y - e.sin() * c[2]]
        };
        Space { corners: corners().map(turn) }
    }

    /// Right, up and depth (smaller is nearer) of a distribution; entries need not be positive.
    pub(super) fn place(&self, p: &Quadruple) -> [f64; 3] {
        std::array::from_fn(|i| p.iter().zip(&self.corners).map(|(p, c)| p * c[i]).sum())
    }

    /// A corner's place.
    pub(super) fn corner(&self, i: usize) -> [f64; 3] {
        self.corners[i]
    }

    /// Whether both faces at an edge look away from the eye.
    pub(super) fn behind(&self, edge: (usize, usize)) -> bool {
        let others: Vec<usize> = (0..4).filter(|i| *i != edge.0 && *i != edge.1).collect();
        // The face of the edge and one other corner looks away if the fourth corner is nearer than the face's plane.
        let away = |third: usize, fourth: usize| {
            let [a, b, c, d] = [edge.0, edge.1, third, fourth].map(|i| self.corners[i]);
            let minus = |p: [f64; 3]| [p[0] - a[0], p[1] - a[1], p[2] - a[2]];
            let (u, v, w) = (minus(b), minus(c), minus(d));
            let normal = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
            let side: f64 = normal.iter().zip(w).map(|(n, w)| n * w).sum();
            // The outward normal points away from the fourth corner; its depth says whether the face looks away.
            normal[2] * -side.signum() > 0.0
        };
        away(others[0], others[1]) && away(others[1], others[0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_have_equal_length_and_turning_keeps_it() {
        let space = Space::new(View { azimuth: 37.0, elevation: -12.0 });
        for (i, j) in EDGES {
            let (a, b) = (space.corner(i), space.corner(j));
            let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
            assert!((square - 2.0).abs() < 1e-12, "{square}");
        }
    }

    #[test]
    fn the_edges_behind_are_those_of_the_farthest_corner_or_one_edge() {
        for azimuth in 0..72 {
            for elevation in -8..9 {
                let view =
                    View { azimuth: 5.0 * f64::from(azimuth) + 1.0, elevation: 10.0 * f64::from(elevation) + 1.0 };
                let space = Space::new(view);
                let hidden: Vec<_> = EDGES.into_iter().filter(|e| space.behind(*e)).collect();
                // Three edges meet at a hidden corner, or one edge lies behind, or none (a corner in front).
                assert!([0, 1, 3].contains(&hidden.len()), "{view:?}: {hidden:?}");
            }
        }
    }
}
