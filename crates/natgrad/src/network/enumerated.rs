//! Exact geometry by listing every joint state: for networks with up to a few million of them.

use super::Network;
use crate::Error;
use crate::geometry::simplex::Marginalisation;
use crate::geometry::{BlockGram, Gram, Point};
use crate::linalg::Matrix;

/// Most joint states that are listed.
pub const MOST_STATES: usize = 1 << 22;

/// A network with its hidden nodes and the list of its joint states.
#[derive(Debug, Clone)]
pub struct Enumerated<'a> {
    network: &'a Network,
    hidden: Vec<bool>,
    map: Marginalisation,
    /// Per joint state and node: index of the table entry (`configuration · states + state`).
    entries: Vec<u32>,
}

/// A network at a point: its tables and distributions. Free parameters may make entries negative.
#[derive(Debug, Clone)]
pub struct At {
    /// The parameters.
    pub point: Point,
    /// Per node: `P(state | configuration)`, flat.
    pub tables: Vec<Vec<f64>>,
    /// Probability of every joint state.
    pub joint: Vec<f64>,
    /// Probability of every visible state.
    pub visible: Vec<f64>,
}

/// Parameters that a configuration depends on, with `∂P(· | c)`.
type Derivatives = Vec<(usize, Vec<f64>)>;

impl<'a> Enumerated<'a> {
    /// Lists the states.
    ///
    /// # Errors
    /// [`Error::Setting`] above [`MOST_STATES`].
    pub fn new(network: &'a Network, hidden: &[bool]) -> Result<Self, Error> {
        let n = network.len();
        let total = (0..n).try_fold(1usize, |t, i| t.checked_mul(network.states(i))).filter(|t| *t <= MOST_STATES);
        let Some(total) = total else {
            return Err(Error::Setting {
                problem: format!("the network has more than {MOST_STATES} joint states"),
                hint: "exact geometry lists them all: leave out nodes that do not matter here".into(),
            });
        };
        let visible: usize = (0..n).filter(|&i| !hidden[i]).map(|i| network.states(i)).product();
        let mut state = vec![0usize; n];
        let mut entries = Vec::with_capacity(total * n);
        let mut visible_of = Vec::with_capacity(total);
        for _ in 0..total {
            let mut v = 0;
            for i in 0..n {
                let parents = network.dag().parents(i);
                let c = parents.iter().fold(0, |c, &p| c * network.states(p) + state[p]);
                entries.push((c * network.states(i) + state[i]) as u32);
                if !hidden[i] {
                    v = v * network.states(i) + state[i];
                }
            }
            visible_of.push(v);
            for i in (0..n).rev() {
                state[i] += 1;
                if state[i] < network.states(i) {
                    break;
                }
                state[i] = 0;
            }
        }
        let map = Marginalisation::new(visible_of, visible)?;
        Ok(Enumerated { network, hidden: hidden.to_vec(), map, entries })
    }

    /// The network.
    pub fn network(&self) -> &Network {
        self.network
    }

    /// Which nodes are hidden.
    pub fn hidden(&self) -> &[bool] {
        &self.hidden
    }

    /// The map from joint to visible states.
    pub fn map(&self) -> &Marginalisation {
        &self.map
    }

    /// Table entries of a joint state, one per node.
    pub(super) fn entries(&self, x: usize) -> &[u32] {
        let n = self.network.len();
        &self.entries[x * n..(x + 1) * n]
    }

    /// Tables and distributions at a point.
    pub fn at(&self, point: &Point) -> At {
        self.with_tables(point.clone(), (0..self.network.len()).map(|i| self.network.table(i, point)).collect())
    }

    /// Distributions of given tables (flat, one per node), which must be those of the point up to rounding: entries
    /// close to 0 that the parameters carry only as a remainder keep their digits.
    pub fn with_tables(&self, point: Point, tables: Vec<Vec<f64>>) -> At {
        let joint: Vec<f64> = (0..self.map.visible_of().len())
            .map(|x| self.entries(x).iter().zip(&tables).map(|(&e, t)| t[e as usize]).product())
            .collect();
        let visible = self.map.sum(&joint);
        At { point, tables, joint, visible }
    }

    /// `q(state, configuration)` of every node for any measure on the joint states.
    pub fn families(&self, measure: &[f64]) -> Vec<Vec<f64>> {
        let mut out: Vec<Vec<f64>> = (0..self.network.len())
            .map(|i| vec![0.0; self.network.configurations(i) * self.network.states(i)])
            .collect();
        for (x, m) in measure.iter().enumerate() {
            self.entries(x).iter().zip(&mut out).for_each(|(&e, f)| f[e as usize] += m);
        }
        out
    }

    /// Calls `visit(x, j, ∂p(x)/∂ξ_j)` for every nonzero entry of the Jacobian; exact where tables have zeros.
    pub fn jacobian(&self, at: &At, mut visit: impl FnMut(usize, usize, f64)) {
        let n = self.network.len();
        // Derivatives once per configuration: (parameter, ∂P(· | c)).
        let derivatives: Vec<Vec<Derivatives>> = (0..n)
            .map(|i| {
                let (range, local) = (self.network.range(i), &self.network.nodes()[i].local);
                (0..self.network.configurations(i))
                    .map(|c| {
                        let mut all = Vec::new();
                        local.derivatives(&at.point.0[range.clone()], c, &mut |j, d| {
                            all.push((range.start + j, d.to_vec()));
                        });
                        all
                    })
                    .collect()
            })
            .collect();
        let mut before = vec![1.0; n + 1];
        for x in 0..at.joint.len() {
            let entries = self.entries(x);
            for i in 0..n {
                before[i + 1] = before[i] * at.tables[i][entries[i] as usize];
            }
            let mut after = 1.0;
            for i in (0..n).rev() {
                let (entry, k) = (entries[i] as usize, self.network.states(i));
                let others = before[i] * after;
                if others != 0.0 {
                    for (j, d) in &derivatives[i][entry / k] {
                        if d[entry % k] != 0.0 {
                            visit(x, *j, others * d[entry % k]);
                        }
                    }
                }
                after *= at.tables[i][entry];
            }
        }
    }

    /// The visible Jacobian `∂p_V/∂ξ`, visible states × parameters.
    pub fn visible_jacobian(&self, at: &At) -> Matrix {
        let mut out = Matrix::zeros(self.map.visible(), self.network.parameters());
        let of = self.map.visible_of();
        self.jacobian(at, |x, j, d| out[(of[x], j)] += d);
        out
    }

    /// The joint Fisher matrix in its closed block form, from the family marginals alone.
    ///
    /// # Errors
    /// [`Error::Data`] where a table entry is not positive: the metric does not exist on the boundary of the simplex.
    pub fn joint_metric(&self, at: &At) -> Result<BlockGram, Error> {
        let families = self.families(&at.joint);
        joint_metric(self.network, &at.point, &at.tables, &families, Boundary::Refused)
    }

    /// The Euclidean gradient of `−D(q‖p)` by family marginals: `Σ_{c,a} q(c,a) ∂ln P(a|c)`.
    ///
    /// `None` where `q` has a state that `p` has not.
    pub fn gradient(&self, at: &At, q: &[f64]) -> Option<Vec<f64>> {
        slope(self.network, &at.point, &at.tables, &self.families(q))
    }
}

/// `Σ_{c,a} q(c,a) ∂ln P(a|c)` of every node from the family marginals of `q`; `None` where `q` has what `p` has not.
pub(super) fn slope(network: &Network, point: &Point, tables: &[Vec<f64>], families: &[Vec<f64>]) -> Option<Vec<f64>> {
    let mut out = vec![0.0; network.parameters()];
    for i in 0..network.len() {
        let (range, local, k) = (network.range(i), &network.nodes()[i].local, network.states(i));
        let mut ratio = vec![0.0; k];
        for c in 0..network.configurations(i) {
            for a in 0..k {
                let (q, p) = (families[i][c * k + a], tables[i][c * k + a]);
                if q != 0.0 && p == 0.0 {
                    return None;
                }
                ratio[a] = if q == 0.0 { 0.0 } else { q / p };
            }
            local.derivatives(&point.0[range.clone()], c, &mut |j, d| {
                out[range.start + j] += d.iter().zip(&ratio).map(|(d, r)| d * r).sum::<f64>();
            });
        }
    }
    Some(out)
}

/// What happens where a table has a zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Boundary {
    /// The metric does not exist there.
    Refused,
    /// The geometry of the face: zeros stay zero, and only directions inside the face count.
    Face,
}

/// `G_r = Σ_c p(c) Σ_a ∂P(a|c) ∂P(a|c)ᵀ / P(a|c)`, one block per node (per configuration where blocks do not touch).
pub(super) fn joint_metric(
    network: &Network,
    point: &Point,
    tables: &[Vec<f64>],
    families: &[Vec<f64>],
    boundary: Boundary,
) -> Result<BlockGram, Error> {
    let not_finite = || Error::Data {
        problem: "the joint Fisher matrix has entries that are not finite".into(),
        hint: "a table entry is too close to 0".into(),
    };
    let mut blocks: Vec<(Vec<usize>, Gram)> = Vec::new();
    for i in 0..network.len() {
        let (range, local, k) = (network.range(i), &network.nodes()[i].local, network.states(i));
        // Parameters that some configuration joins belong to one block: for tables one block per configuration.
        let mut own: Vec<(Vec<usize>, Matrix)> = Vec::new();
        for c in 0..network.configurations(i) {
            let row = &tables[i][c * k..(c + 1) * k];
            let weight: f64 = families[i][c * k..(c + 1) * k].iter().sum();
            let mut active: Vec<(usize, Vec<f64>)> = Vec::new();
            local.derivatives(&point.0[range.clone()], c, &mut |j, d| active.push((range.start + j, d.to_vec())));
            // On a face that no parameter leaves (noisy-or weights of 0 and 1, infinite logits) what is 0 has no part.
            let stays = |row: &[f64]| (0..k).all(|a| row[a] > 0.0 || active.iter().all(|(_, d)| d[a] == 0.0));
            if row.iter().any(|p| *p <= 0.0) && k > 1 && !(boundary == Boundary::Face && stays(row)) {
                if boundary == Boundary::Face && local.kind() == "table" && row.iter().all(|p| *p >= 0.0) {
                    // G⁻¹ = (diag θ − θ θᵀ)/p(c) stays finite.
                    let first = range.start + c * (k - 1);
                    let inverse = Matrix::from_fn(k - 1, k - 1, |a, b| {
                        let own = if a == b { row[a] } else { 0.0 };
                        if weight > 0.0 { (own - row[a] * row[b]) / weight } else { 0.0 }
                    });
                    let gram = Gram::from_inverse(&inverse).ok_or_else(not_finite)?;
                    blocks.push(((first..first + k - 1).collect(), gram));
                    continue;
                }
                return Err(Error::Data {
                    problem: format!(
                        "the table of \"{}\", row {}, has the entry {}: the Fisher metric does not exist on the boundary \
                         of the simplex",
                        network.nodes()[i].name,
                        c + 1,
                        row.iter().copied().fold(f64::INFINITY, f64::min)
                    ),
                    hint:
                        "divergences, marginals and the graph criterion exist there; for metrics and natural gradients \
                           move the entry inside, to 1e-6 say"
                            .into(),
                });
            }
            let index: Vec<usize> = active.iter().map(|(j, _)| *j).collect();
            let touching = own.iter().position(|(of, _)| of.iter().any(|j| index.contains(j)));
            let at = match touching {
                Some(at) => at,
                None => {
                    // Rows of tables and logits have parameters of their own; weights are in many rows.
                    let by_row = matches!(local.kind(), "table" | "softmax");
                    let all = if own.is_empty() && !by_row { range.clone().collect() } else { index };
                    let m = all.len();
                    own.push((all, Matrix::zeros(m, m)));
                    own.len() - 1
                }
            };
            let (of, block) = &mut own[at];
            let place: Vec<Option<usize>> = active.iter().map(|(j, _)| of.iter().position(|o| o == j)).collect();
            for (u, (_, du)) in active.iter().enumerate() {
                for (v, (_, dv)) in active.iter().enumerate() {
                    if let (Some(pu), Some(pv)) = (place[u], place[v]) {
                        block[(pu, pv)] +=
                            weight * (0..k).filter(|&a| row[a] > 0.0).map(|a| du[a] * dv[a] / row[a]).sum::<f64>();
                    }
                }
            }
        }
        for (index, matrix) in own {
            blocks.push((index, Gram::new(matrix).ok_or_else(not_finite)?));
        }
    }
    Ok(BlockGram::from_grams(network.parameters(), blocks))
}
