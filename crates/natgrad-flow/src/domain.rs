//! Where tables end: distances to the boundary of the simplex, and steps that stay inside.

use natgrad::geometry::{Point, Tangent};
use natgrad::network::{At, Network};

/// Steps of the evidence end at this fraction of the way to the boundary.
const SHARE: f64 = 0.9;

fn is_table(network: &Network, node: usize) -> bool {
    network.nodes()[node].local.kind() == "table"
}

/// Name of a table with an entry that is not positive.
pub(crate) fn boundary<'a>(network: &'a Network, at: &At) -> Option<&'a str> {
    (0..network.len())
        .find(|&i| is_table(network, i) && network.states(i) > 1 && at.tables[i].iter().any(|p| *p <= 0.0))
        .map(|i| network.nodes()[i].name.as_str())
}

/// The least entry of all tables: negative outside the unit box, infinite where there are no tables.
pub(crate) fn slack(network: &Network, at: &At) -> f64 {
    (0..network.len())
        .filter(|&i| is_table(network, i))
        .flat_map(|i| &at.tables[i])
        .copied()
        .fold(f64::INFINITY, f64::min)
}

/// Visits the rows of all tables: node, configuration, and where the row's parameters begin.
pub(crate) fn rows(network: &Network, mut visit: impl FnMut(usize, usize, usize)) {
    for i in (0..network.len()).filter(|&i| is_table(network, i)) {
        let free = network.states(i) - 1;
        for c in 0..network.configurations(i) {
            visit(i, c, network.range(i).start + c * free);
        }
    }
}

/// The longest time up to `dt` that ends at most nine tenths of the way to the boundary.
pub(crate) fn shortened(network: &Network, at: &At, velocity: &Tangent, dt: f64) -> f64 {
    let mut time = dt;
    rows(network, |i, c, start| {
        let k = network.states(i);
        let row = &at.tables[i][c * k..(c + 1) * k];
        let moves = &velocity.0[start..start + k - 1];
        let last = -moves.iter().sum::<f64>();
        for (p, u) in row.iter().zip(moves.iter().copied().chain([last])) {
            if u < 0.0 {
                time = time.min(SHARE * p / -u);
            }
        }
    });
    time
}

/// Takes rounding out of rows that a step has put on the boundary: entries are at least 0 and sum to at most 1.
pub(crate) fn inside(network: &Network, point: &mut Point) {
    rows(network, |i, _, start| {
        let row = &mut point.0[start..start + network.states(i) - 1];
        row.iter_mut().for_each(|p| *p = p.max(0.0));
        // The remainder as the table itself computes it.
        let rest = |row: &[f64]| row.iter().fold(1.0, |rest, p| rest - p);
        let mut excess = -rest(row);
        while excess > 0.0 {
            row.iter_mut().for_each(|p| *p *= 1.0 - excess.max(f64::EPSILON));
            excess = -rest(row);
        }
    });
}
