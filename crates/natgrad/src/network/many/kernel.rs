//! One block of points: joint states, family marginals, the three gradients, their pushforwards and angles.

use super::jacobi::orthogonal_rows;
use super::lanes::{Lanes, WIDTH, ZERO};
use super::plan::Plan;
use super::{NUMBERS, Out};
use crate::linalg::simd::{Level, level};

/// A direction is visible where the square of its visible share is above this: the rank decision of
/// [`cylinder`](crate::network::cylinder).
const VISIBLE_SQUARE: f64 = 1e-18;
/// How far from that threshold a rank has to be for the bounds of this path to decide it.
const CLEAR: f64 = 16.0;

/// Memory of one task.
pub struct Scratch {
    table: Vec<Lanes>,
    inverse: Vec<Lanes>,
    joint: Vec<Lanes>,
    visible: Vec<Lanes>,
    weight: Vec<Lanes>,
    root: Vec<Lanes>,
    inverse_root: Vec<Lanes>,
    parents: Vec<Lanes>,
    best: Vec<Lanes>,
    ratio: Vec<Lanes>,
    natural: Vec<Lanes>,
    pushforward: Vec<Lanes>,
    jacobian: Vec<Lanes>,
    rotated: Vec<Lanes>,
    along: Vec<Lanes>,
    squares: Vec<Lanes>,
    joint_square: Lanes,
}

impl Scratch {
    /// For a plan.
    pub fn new(plan: &Plan) -> Self {
        let of = |n: usize| vec![ZERO; n];
        let (nv, d) = (plan.visible, plan.parameters);
        Scratch {
            table: of(plan.entries),
            inverse: of(plan.entries),
            joint: of(plan.visible_of.len()),
            visible: of(nv),
            weight: of(nv),
            root: of(nv),
            inverse_root: of(nv),
            parents: of(plan.rows.len()),
            best: of(plan.entries),
            ratio: of(plan.entries),
            natural: of(3 * d),
            pushforward: of(3 * nv),
            jacobian: of(nv * d),
            rotated: of(nv * d),
            along: of(nv - 1),
            squares: of(nv - 1),
            joint_square: ZERO,
        }
    }
}

/// Computes all points; answers those that it leaves to the slow path.
pub fn run(plan: &Plan, scratch: &mut Scratch, points: &[f64], out: &mut Out<'_>) -> Vec<usize> {
    match level() {
        // SAFETY: the instruction set has been found on this machine.
        #[cfg(target_arch = "x86_64")]
        Level::Avx512 => unsafe { run_avx512(plan, scratch, points, out) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Level::Avx2 => unsafe { run_avx2(plan, scratch, points, out) },
        _ => run_any(plan, scratch, points, out),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn run_avx512(plan: &Plan, scratch: &mut Scratch, points: &[f64], out: &mut Out<'_>) -> Vec<usize> {
    run_any(plan, scratch, points, out)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2(plan: &Plan, scratch: &mut Scratch, points: &[f64], out: &mut Out<'_>) -> Vec<usize> {
    run_any(plan, scratch, points, out)
}

#[inline(always)]
fn run_any(plan: &Plan, s: &mut Scratch, points: &[f64], out: &mut Out<'_>) -> Vec<usize> {
    let d = plan.parameters;
    let count = points.len() / d;
    let mut unclear = Vec::new();
    for start in (0..count).step_by(WIDTH) {
        let used = WIDTH.min(count - start);
        distributions(plan, s, &points[start * d..(start + used) * d], used);
        joint_gradients(plan, s);
        let clear = evidence_gradient(plan, s);
        write(plan, s, start, used, out);
        unclear.extend((0..used).filter(|&l| clear.0[l] == 0.0).map(|l| start + l));
    }
    unclear
}

/// Tables, joint and visible probabilities, and what the parents' configurations weigh.
#[inline(always)]
fn distributions(plan: &Plan, s: &mut Scratch, points: &[f64], used: usize) {
    let d = plan.parameters;
    for row in &plan.rows {
        let mut rest = Lanes([1.0; WIDTH]);
        for a in 0..row.states - 1 {
            // Lanes beyond the last point repeat it.
            let entry = Lanes::from_fn(|l| points[l.min(used - 1) * d + row.parameter + a]);
            rest.subtract(&entry);
            s.table[row.entry + a] = entry;
        }
        s.table[row.entry + row.states - 1] = rest;
    }
    for (inverse, p) in s.inverse.iter_mut().zip(&s.table) {
        *inverse = Lanes::from_fn(|l| 1.0 / p.0[l]);
    }
    s.visible.fill(ZERO);
    s.parents.fill(ZERO);
    for (x, entries) in plan.entry.chunks_exact(plan.nodes).enumerate() {
        let mut p = s.table[entries[0] as usize];
        for e in &entries[1..] {
            p = p.times(&s.table[*e as usize]);
        }
        s.joint[x] = p;
        s.visible[plan.visible_of[x]].add(&p);
        for e in entries {
            s.parents[plan.row_of[*e as usize] as usize].add(&p);
        }
    }
    for (v, p) in s.visible.iter().enumerate() {
        s.weight[v] = Lanes::from_fn(|l| 1.0 / p.0[l]);
        s.root[v] = Lanes::from_fn(|l| p.0[l].sqrt());
        let root = s.root[v];
        s.inverse_root[v] = Lanes::from_fn(|l| 1.0 / root.0[l]);
    }
}

/// Recognition and ELBO: `u = (q(c,a) − q(c) θ)/p(c)`, and what it does to the visible states.
#[inline(always)]
fn joint_gradients(plan: &Plan, s: &mut Scratch) {
    let (d, nv) = (plan.parameters, plan.visible);
    s.best.fill(ZERO);
    for (x, entries) in plan.entry.chunks_exact(plan.nodes).enumerate() {
        let v = plan.visible_of[x];
        let (p, w, q) = (s.joint[x], s.weight[v], plan.seen[v]);
        let share = Lanes::from_fn(|l| p.0[l] * (q * w.0[l]));
        for e in entries {
            s.best[*e as usize].add(&share);
        }
    }
    for objective in [1, 2] {
        let fixed = objective == 2 && plan.joint.is_some();
        for (r, row) in plan.rows.iter().enumerate() {
            let mut total = ZERO;
            for e in row.entry..row.entry + row.states {
                let q = if fixed { Lanes([plan.families[e]; WIDTH]) } else { s.best[e] };
                total.add(&q);
            }
            let parents = s.parents[r];
            let scale = Lanes::from_fn(|l| 1.0 / parents.0[l]);
            for (a, e) in (row.entry..row.entry + row.states).enumerate() {
                let q = if fixed { Lanes([plan.families[e]; WIDTH]) } else { s.best[e] };
                let table = s.table[e];
                let u = Lanes::from_fn(|l| (q.0[l] - total.0[l] * table.0[l]) * scale.0[l]);
                s.ratio[e] = u.times(&s.inverse[e]);
                if a + 1 < row.states {
                    s.natural[objective * d + row.parameter + a] = u;
                }
            }
        }
        let push = &mut s.pushforward[objective * nv..(objective + 1) * nv];
        push.fill(ZERO);
        for (x, entries) in plan.entry.chunks_exact(plan.nodes).enumerate() {
            let mut sum = ZERO;
            for e in entries {
                sum.add(&s.ratio[*e as usize]);
            }
            push[plan.visible_of[x]].add_product(&s.joint[x], &sum);
        }
        if objective == 1 {
            let mut square = ZERO;
            for (r, row) in plan.rows.iter().enumerate() {
                for e in row.entry..row.entry + row.states {
                    let flow = s.ratio[e].times(&s.ratio[e]).times(&s.table[e]);
                    square.add_product(&s.parents[r], &flow);
                }
            }
            s.joint_square = square;
        }
    }
}

/// Evidence: `A⁺ b` with `A = ∂p_V/∂ξ / √p_V` and `b = (q_V − p_V)/√p_V`, both without the direction `√p_V`, which no
/// tangent has. Answers 1 where the rank is clear.
#[inline(always)]
fn evidence_gradient(plan: &Plan, s: &mut Scratch) -> Lanes {
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

/// Norms, angles and divergences, and everything to its place.
#[inline(always)]
fn write(plan: &Plan, s: &Scratch, start: usize, used: usize, out: &mut Out<'_>) {
    let (d, nv) = (plan.parameters, plan.visible);
    let product = |a: usize, b: usize| {
        let mut sum = ZERO;
        for v in 0..nv {
            let scaled = s.pushforward[a * nv + v].times(&s.weight[v]);
            sum.add_product(&scaled, &s.pushforward[b * nv + v]);
        }
        sum
    };
    let distance = |a: usize, b: usize| {
        let mut sum = ZERO;
        for v in 0..nv {
            let (x, y, w) = (s.pushforward[a * nv + v], s.pushforward[b * nv + v], s.weight[v]);
            let off = Lanes::from_fn(|l| x.0[l] - y.0[l]);
            sum.add_product(&off.times(&off), &w);
        }
        Lanes::from_fn(|l| sum.0[l].sqrt())
    };
    let norms: [Lanes; 3] = std::array::from_fn(|o| {
        let square = product(o, o);
        Lanes::from_fn(|l| square.0[l].sqrt())
    });
    let cosines = [(2, 0), (1, 0), (2, 1)].map(|(a, b)| {
        let of = product(a, b);
        Lanes::from_fn(|l| {
            // Below this a pushforward is rounding.
            let floor = 1e-14 * (1.0 + norms[0].0[l]);
            let exists = (norms[a].0[l] > floor) & (norms[b].0[l] > floor);
            let cosine = (of.0[l] / (norms[a].0[l] * norms[b].0[l])).clamp(-1.0, 1.0);
            if exists { cosine } else { f64::NAN }
        })
    });
    let part = |q: f64, p: f64| if q == 0.0 { p } else { q * (q / p).ln() + p - q };
    let seen = Lanes::from_fn(|l| plan.seen.iter().zip(&s.visible).map(|(q, p)| part(*q, p.0[l])).sum());
    let joint = plan
        .joint
        .as_ref()
        .map_or(seen, |joint| Lanes::from_fn(|l| joint.iter().zip(&s.joint).map(|(q, p)| part(*q, p.0[l])).sum()));
    let length = Lanes::from_fn(|l| s.joint_square.0[l].sqrt());
    let (metric, gap, total) = (distance(1, 0), distance(2, 1), distance(2, 0));
    let numbers = [
        &norms[0],
        &norms[1],
        &norms[2],
        &cosines[0],
        &cosines[1],
        &cosines[2],
        &seen,
        &joint,
        &metric,
        &gap,
        &total,
        &length,
    ];
    for l in 0..used {
        let natural = &mut out.natural[3 * (start + l) * d..][..3 * d];
        natural.iter_mut().zip(&s.natural).for_each(|(to, from)| *to = from.0[l]);
        let pushforward = &mut out.pushforward[3 * (start + l) * nv..][..3 * nv];
        pushforward.iter_mut().zip(&s.pushforward).for_each(|(to, from)| *to = from.0[l]);
        let to = &mut out.numbers[(start + l) * NUMBERS..][..NUMBERS];
        to.iter_mut().zip(&numbers).for_each(|(to, from)| *to = from.0[l]);
    }
}
