//! One block of points: joint states, family marginals, the gradients in the joint metric, pushforwards and angles.

use super::evidence::evidence_gradient;
use super::lanes::{Lanes, WIDTH, ZERO};
use super::plan::Plan;
use super::{NUMBERS, Out};
use crate::linalg::simd::{Level, level};

/// Memory of one task.
pub struct Scratch {
    pub(super) table: Vec<Lanes>,
    pub(super) inverse: Vec<Lanes>,
    pub(super) joint: Vec<Lanes>,
    pub(super) visible: Vec<Lanes>,
    pub(super) weight: Vec<Lanes>,
    pub(super) root: Vec<Lanes>,
    pub(super) inverse_root: Vec<Lanes>,
    pub(super) parents: Vec<Lanes>,
    pub(super) best: Vec<Lanes>,
    pub(super) ratio: Vec<Lanes>,
    pub(super) natural: Vec<Lanes>,
    pub(super) pushforward: Vec<Lanes>,
    pub(super) jacobian: Vec<Lanes>,
    pub(super) rotated: Vec<Lanes>,
    pub(super) along: Vec<Lanes>,
    pub(super) squares: Vec<Lanes>,
    pub(super) joint_square: Lanes,
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
