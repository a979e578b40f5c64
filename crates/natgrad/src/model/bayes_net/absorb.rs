//! Rows into expected counts, piece by piece, and into second moments of them.

use super::BayesNet;
use super::decompose::Reader;
use super::groups::Groups;
use super::plan::{Plan, Tables, Way, Workspace};
use crate::geometry::{Point, Tangent};
use crate::model::{Absorb, Statistics, Want};
use crate::rows::Chunk;

/// A network prepared at a point.
pub(super) struct Prepared<'a> {
    net: &'a BayesNet,
    tables: Tables<'a>,
    /// A row's share of the entropy-sum residual is the sum of these over its entries.
    residual: Vec<f64>,
    at: &'a Point,
}

impl<'a> Prepared<'a> {
    pub fn new(net: &'a BayesNet, at: &'a Point, tables: Tables<'a>) -> Self {
        let residual = net.tempering(&tables);
        Prepared { net, tables, residual, at }
    }
}

impl Absorb for Prepared<'_> {
    fn scratch(&self, _: Want) -> Vec<f64> {
        Vec::new()
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, _: &mut Vec<f64>) {
        let net = self.net;
        let mut reader = Reader::new(net.network.len());
        let mut curvature = CurvatureSums::new(net);
        for n in 0..chunk.rows {
            let w = chunk.weight(n);
            into.rows += 1;
            into.weight += w;
            if w == 0.0 {
                continue;
            }
            net.read(chunk, n, &mut reader.states);
            let pattern = reader.pattern(&net.network, &net.layout, &net.store, net.limits);
            let (mut log, mut residual) = (0.0, 0.0);
            curvature.begin();
            for &node in &pattern.whole {
                let entry = reader.entry(&net.layout, node);
                log += self.tables.log[entry];
                match want {
                    Want::Evidence => {}
                    Want::Statistics => into.sums[entry] += w,
                    Want::Residuals | Want::Curvature => {
                        into.sums[entry] += w;
                        residual += self.residual[entry];
                        if want == Want::Curvature {
                            curvature.see(entry, 1.0);
                        }
                    }
                }
            }
            for plan in &pattern.plans {
                reader.look_around(plan);
                log += plan.run(&self.tables, &reader.seen, &mut reader.work);
                if want == Want::Evidence {
                    continue;
                }
                plan.each_entry(&net.layout, &reader.work, |entry, q| {
                    into.sums[entry] += w * q;
                    if want != Want::Statistics {
                        residual += q * self.residual[entry];
                        if want == Want::Curvature {
                            curvature.see(entry, q);
                        }
                    }
                });
                if want == Want::Curvature {
                    let Reader { seen, work, .. } = &mut reader;
                    curvature.add_spread(plan, &self.tables, seen, work, w, into);
                }
            }
            into.log_evidence += w * log;
            into.residual_square += w * residual * residual;
            if want == Want::Curvature {
                curvature.add_scores(w, into);
            }
        }
    }

    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], _: &mut Vec<f64>) {
        let net = self.net;
        let along = net.pull_back(self.at, &self.tables.theta, &v.0);
        let mut reader = Reader::new(net.network.len());
        let mut sums = vec![0.0; net.layout.entries];
        let mut row: Vec<(usize, f64)> = Vec::new();
        for n in 0..chunk.rows {
            let w = chunk.weight(n);
            if w == 0.0 {
                continue;
            }
            net.read(chunk, n, &mut reader.states);
            let pattern = reader.pattern(&net.network, &net.layout, &net.store, net.limits);
            row.clear();
            row.extend(pattern.whole.iter().map(|&node| (reader.entry(&net.layout, node), 1.0)));
            for plan in &pattern.plans {
                reader.look_around(plan);
                plan.run(&self.tables, &reader.seen, &mut reader.work);
                plan.each_entry(&net.layout, &reader.work, |entry, q| row.push((entry, q)));
            }
            let slope: f64 = row.iter().map(|(e, q)| q * along[*e]).sum();
            row.iter().for_each(|(e, q)| sums[*e] += w * slope * q);
        }
        for (sum, own) in into.iter_mut().zip(net.push(self.at, &self.tables.theta, &sums)) {
            *sum += own;
        }
    }

    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], _: &mut [f64], _: &mut Vec<f64>) {
        let net = self.net;
        let mut reader = Reader::new(net.network.len());
        for (n, log) in evidence.iter_mut().enumerate().take(chunk.rows) {
            net.read(chunk, n, &mut reader.states);
            *log = net.log_evidence(&self.tables, &mut reader);
        }
    }
}

/// Second moments of a row's expected entries, group by group.
pub(super) struct CurvatureSums<'a> {
    net: &'a BayesNet,
    expected: Vec<f64>,
    touched: Vec<usize>,
    own: Vec<f64>,
    own_touched: Vec<usize>,
    masked: Vec<Vec<f64>>,
    sorted: Vec<(u32, u32, f64)>,
}

impl<'a> CurvatureSums<'a> {
    pub fn new(net: &'a BayesNet) -> Self {
        CurvatureSums {
            net,
            expected: Vec::new(),
            touched: Vec::new(),
            own: Vec::new(),
            own_touched: Vec::new(),
            masked: Vec::new(),
            sorted: Vec::new(),
        }
    }

    /// Forgets the last row.
    pub fn begin(&mut self) {
        self.touched.drain(..).for_each(|e| self.expected[e] = 0.0);
    }

    /// The row has `q` more of an entry, by expectation.
    pub fn see(&mut self, entry: usize, q: f64) {
        if self.expected.is_empty() {
            self.expected = vec![0.0; self.net.layout.entries];
        }
        if q != 0.0 {
            if self.expected[entry] == 0.0 {
                self.touched.push(entry);
            }
            self.expected[entry] += q;
        }
    }

    /// `Σ w t̄ t̄ᵀ` within each group, lower triangles.
    pub fn add_scores(&mut self, w: f64, into: &mut Statistics) {
        let Some(sums) = &mut into.curvature else { return };
        self.net.groups.sort_in(&mut self.sorted, self.touched.iter().map(|&e| (e, self.expected[e])));
        add_outer(&self.net.groups, &self.sorted, w, &mut sums.scores);
    }

    /// `Σ w Cov_q(t)` of one plan's run.
    pub fn add_spread(
        &mut self,
        plan: &Plan,
        tables: &Tables<'_>,
        seen: &[u16],
        work: &mut Workspace,
        w: f64,
        into: &mut Statistics,
    ) {
        let Some(sums) = &mut into.curvature else { return };
        let (net, groups) = (self.net, &self.net.groups);
        if self.own.is_empty() {
            self.own = vec![0.0; net.layout.entries];
        }
        let CurvatureSums { own, own_touched, sorted, masked, .. } = self;
        own_touched.drain(..).for_each(|e| own[e] = 0.0);
        plan.each_entry(&net.layout, work, |entry, q| {
            if q != 0.0 {
                if own[entry] == 0.0 {
                    own_touched.push(entry);
                }
                own[entry] += q;
            }
        });
        groups.sort_in(sorted, own_touched.iter().map(|&e| (e, own[e])));
        add_outer(groups, sorted, -w, &mut sums.complete);
        match &plan.way {
            Way::Listed { states, offsets } => {
                for s in (0..*states).filter(|&s| work.q[s] > 0.0) {
                    let entries =
                        work.bases.iter().enumerate().map(|(f, b)| (b + offsets[f * states + s] as usize, 1.0));
                    groups.sort_in(sorted, entries);
                    add_outer(groups, sorted, w * work.q[s], &mut sums.complete);
                }
            }
            Way::Tree(tree) => {
                // E[t_e t] = Σ_f q_f(e) E[t | f is at e]: one run for every entry that a family can be at.
                if masked.is_empty() {
                    *masked = tables.by_node().to_vec();
                }
                let mut events: Vec<(usize, usize, f64)> = Vec::new();
                for t in &plan.touched {
                    let first = events.len();
                    tree.family(t.node, work.beliefs(), |place, q| {
                        match events[first..].iter_mut().find(|e| e.1 == place) {
                            Some(event) => event.2 += q,
                            None => events.push((t.node, place, q)),
                        }
                    });
                }
                let mut evidence = vec![Some(0); net.network.len()];
                plan.hidden.iter().for_each(|&h| evidence[h] = None);
                plan.seen.iter().zip(seen).for_each(|(&i, &s)| evidence[i] = Some(usize::from(s)));
                for (node, place, q) in events.into_iter().filter(|e| e.2 > 0.0) {
                    let first = net.layout.families[node].first_entry;
                    let Some((g, i)) = groups.place(first + place) else { continue };
                    let kept = masked[node][place];
                    masked[node].fill(0.0);
                    masked[node][place] = kept;
                    let group = &groups.groups[g];
                    if tree.run(masked, &evidence, work.beliefs_mut()).is_ok_and(|log| log > f64::NEG_INFINITY) {
                        for u in &plan.touched {
                            let first = net.layout.families[u.node].first_entry;
                            tree.family(u.node, work.beliefs(), |place, given| {
                                if let Some((h, j)) = groups.place(first + place)
                                    && h == g
                                    && i >= j
                                {
                                    sums.complete[group.at + j * group.entries + i] += w * q * given;
                                }
                            });
                        }
                    }
                    masked[node].copy_from_slice(&tables.by_node()[node]);
                }
            }
            // No second moments: the engine does not ask for them.
            Way::MeanField(_) | Way::TooLarge(_) => {}
        }
    }
}

/// Adds `w t tᵀ` within each group, lower triangles, for sorted entries.
fn add_outer(groups: &Groups, sorted: &[(u32, u32, f64)], w: f64, into: &mut [f64]) {
    for (n, &(g, j, b)) in sorted.iter().enumerate() {
        let group = &groups.groups[g as usize];
        let column = group.at + j as usize * group.entries;
        let wb = w * b;
        for &(h, i, a) in &sorted[n..] {
            if h != g {
                break;
            }
            into[column + i as usize] += wb * a;
        }
    }
}
