//! The evidence's gradient for a block of points, the rank of the visible model decided point by point.

use super::jacobi::orthogonal_rows;
use super::kernel::Scratch;
use super::lanes::{Lanes, WIDTH, ZERO};
use super::plan::Plan;

/// A direction is visible where the square of its visible share is above this: the rank decision of
/// [`cylinder`](crate::network::cylinder).
const VISIBLE_SQUARE: f64 = 1e-18;
/// How far from that threshold a rank has to be for the bounds of this path to decide it.
const CLEAR: f64 = 16.0;

/// Evidence: `A⁺ b` with `A = ∂p_V/∂ξ / √p_V` and `b = (q_V − p_V)/√p_V`, both without the direction `√p_V`, which no
/// tangent has. Answers 1 where the rank is clear.
#[inline(always)]
pub fn evidence_gradient(plan: &Plan, s: &mut Scratch) -> Lanes {
    let (d, nv) = (plan.parameters, plan.visible);
    let m = nv - 1;
    s.jacobian.fill(ZERO);
    for (x, entries) in plan.entry.chunks_exact(plan.nodes).enumerate() {
        let (p, v) = (s.joint[x], plan.visible_of[x]);
        for e in entries {
            let e = *e as usize;
            let row = &plan.rows[plan.row_of[e] as usize];
            let slope = p.times(&s.inverse[e]);
            let at = v * d + row.parameter;
            if e + 1 < row.entry + row.states {
                s.jacobian[at + e - row.entry].add(&slope);
            } else {
                s.jacobian[at..at + row.states - 1].iter_mut().for_each(|j| j.subtract(&slope));
            }
        }
    }
    // A reflection takes √p_V to the last coordinate: H y = y − h (h·y)/(1 + w_last), h = w + e_last.
    let last = Lanes::from_fn(|l| 1.0 / (1.0 + s.root[m].0[l]));
    for j in 0..d {
        let mut along = ZERO;
        for v in 0..nv {
            s.rotated[v * d + j] = s.jacobian[v * d + j].times(&s.inverse_root[v]);
            // √p_V · y = Σ J: the part along √p_V is a sum of slopes.
            along.add(&s.jacobian[v * d + j]);
        }
        let off = Lanes::from_fn(|l| (along.0[l] + s.rotated[m * d + j].0[l]) * last.0[l]);
        for v in 0..m {
            let shift = s.root[v].times(&off);
            s.rotated[v * d + j].subtract(&shift);
        }
    }
    let target = |v: usize, s: &Scratch| {
        let (q, p, w) = (plan.seen[v], s.visible[v], s.inverse_root[v]);
        Lanes::from_fn(|l| (q - p.0[l]) * w.0[l])
    };
    let mut along = ZERO;
    for v in 0..nv {
        along.add_product(&target(v, s), &s.root[v]);
    }
    let end = target(m, s);
    let off = Lanes::from_fn(|l| (along.0[l] + end.0[l]) * last.0[l]);
    for v in 0..m {
        let mut b = target(v, s);
        b.subtract(&s.root[v].times(&off));
        s.along[v] = b;
    }
    orthogonal_rows(&mut s.rotated[..m * d], &mut s.along, d, &mut s.squares);

    // Bounds of the joint metric's eigenvalues: traces of its blocks from above, weights of the rows from below.
    let (mut most, mut least) = (ZERO, Lanes([f64::INFINITY; WIDTH]));
    let mut inside = Lanes([1.0; WIDTH]);
    for (r, row) in plan.rows.iter().enumerate() {
        if row.states < 2 {
            continue;
        }
        let mut trace = ZERO;
        for e in row.entry..row.entry + row.states {
            let times = if e + 1 < row.entry + row.states { 1.0 } else { (row.states - 1) as f64 };
            for l in 0..WIDTH {
                trace.0[l] += times * s.inverse[e].0[l];
                inside.0[l] = if s.table[e].0[l] > 0.0 { inside.0[l] } else { 0.0 };
            }
        }
        for l in 0..WIDTH {
            most.0[l] = most.0[l].max(s.parents[r].0[l] * trace.0[l]);
            least.0[l] = least.0[l].min(s.parents[r].0[l]);
        }
    }
    let mut clear = inside;
    let mut full = Lanes([1.0; WIDTH]);
    s.natural[..d].fill(ZERO);
    for i in 0..m {
        let mut factor = ZERO;
        for l in 0..WIDTH {
            let square = s.squares[i].0[l];
            let kept = square > CLEAR * VISIBLE_SQUARE * most.0[l];
            let dropped = square < VISIBLE_SQUARE / CLEAR * least.0[l];
            clear.0[l] = if kept | dropped { clear.0[l] } else { 0.0 };
            full.0[l] = if kept { full.0[l] } else { 0.0 };
            factor.0[l] = if kept { s.along[i].0[l] / square } else { 0.0 };
        }
        for j in 0..d {
            let w = s.rotated[i * d + j];
            s.natural[j].add_product(&factor, &w);
        }
    }
    for v in 0..nv {
        let mut moved = ZERO;
        for j in 0..d {
            moved.add_product(&s.jacobian[v * d + j], &s.natural[j]);
        }
        // Where the visible model is open, its gradient is that of the whole simplex.
        let (q, p) = (plan.seen[v], s.visible[v]);
        s.pushforward[v] = Lanes::from_fn(|l| if full.0[l] == 1.0 { q - p.0[l] } else { moved.0[l] });
    }
    clear
}
