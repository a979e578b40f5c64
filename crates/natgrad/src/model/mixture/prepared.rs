//! The sweep: features, responsibilities and expected statistics of a chunk, in blocks of rows that stay in cache.
//!
//! ```text
//! L = B H,   r_nk = exp(l_nk − ln Σ_j exp l_nj),   sums += Rᵀ B
//! ```

use super::binary::Binary;
use super::incomplete::{JointBlock, Pattern};
use super::{Absorb, Mixture, Statistics, Want};
use crate::Error;
use crate::family::Natural;
use crate::geometry::{Point, Tangent};
use crate::linalg::{product, simd};
use crate::rows::Chunk;
use std::sync::Arc;

/// Rows whose features are formed at once: 256 rows of a few hundred features fit the second-level cache.
const BLOCK_ROWS: usize = 256;

/// A mixture at a point.
pub(super) struct Prepared<'a> {
    model: &'a Mixture,
    weights: Vec<f64>,
    /// `H`, features × components, column-major.
    coefficients: Vec<f64>,
    /// `E[T]` per component, components × component_dim.
    means: Vec<f64>,
    /// Pseudo-entropy of each block, components × blocks.
    entropies: Vec<f64>,
    prior_entropy: f64,
    joint: Vec<Option<JointBlock>>,
    /// Whether the features are the table's own columns, in their order and without holes: then nothing is copied.
    direct: bool,
    /// Lookup in place of matrix products, where every column is 0 or 1.
    binary: Option<Binary>,
}

/// A row whose joint block `b` was observed in part.
struct IncompleteRow {
    row: usize,
    block: usize,
    z: Vec<f64>,
    pattern: Arc<Pattern>,
}

/// Working memory, carved out of one vector.
struct Buffers<'s> {
    features: &'s mut [f64],
    logits: &'s mut [f64],
    evidence: &'s mut [f64],
    entropy: &'s mut [f64],
    pair: &'s mut [f64],
    sums: &'s mut [f64],
    scores: &'s mut [f64],
    centred: &'s mut [f64],
    binary: &'s mut [f64],
}

impl<'a> Prepared<'a> {
    pub fn new(model: &'a Mixture, at: &Point) -> Result<Self, Error> {
        let (k_total, layout) = (model.components, &model.layout);
        if at.0.len() != layout.dim() || at.0.iter().any(|x| !x.is_finite()) {
            return Err(Error::Parameter {
                name: "start".into(),
                problem: format!("{} finite numbers are needed, {} were given", layout.dim(), at.0.len()),
                hint: "use parameters of the same model and columns".into(),
            });
        }
        let m = layout.features();
        let mut coefficients = vec![0.0; m * k_total];
        let mut means = vec![0.0; k_total * layout.component_dim()];
        let mut entropies = vec![0.0; k_total * model.blocks.len()];
        for k in 0..k_total {
            let column = &mut coefficients[k * m..(k + 1) * m];
            column[0] = at.0[k];
            for (b, block) in model.blocks.iter().enumerate() {
                let eta = model.natural(at, k, b);
                if !block.family.is_interior(&eta) {
                    return Err(Error::Parameter {
                        name: format!("component {}, {}", k + 1, block.family.name()),
                        problem: "outside the domain of the family".into(),
                        hint: "check the start's parameters".into(),
                    });
                }
                let log_partition = block.family.log_partition(&eta);
                let (range, observed) = layout.feature_columns(b);
                if layout.is_indicator(b) {
                    // ⟨η, T⟩ − A with T an indicator: subtracted level by level, so that a missing cell adds nothing.
                    column[range].iter_mut().zip(&eta.0).for_each(|(c, e)| *c = e - log_partition);
                } else {
                    column[range].copy_from_slice(&eta.0);
                    column[observed.unwrap_or(0)] -= log_partition;
                }
                let inside = layout.inside(b);
                let first = k * layout.component_dim();
                means[first + inside.start..first + inside.end].copy_from_slice(&block.family.expectation(&eta).0);
                entropies[k * model.blocks.len() + b] = block.family.pseudo_entropy(&eta);
            }
        }
        let joint = (0..model.blocks.len())
            .map(|b| {
                let block = &model.blocks[b];
                (layout.is_joint(b) && block.missing).then(|| {
                    let natural: Vec<Natural> = (0..k_total).map(|k| model.natural(at, k, b)).collect();
                    JointBlock::new(block, &natural)
                })
            })
            .collect();
        let direct = model
            .blocks
            .iter()
            .enumerate()
            .all(|(b, block)| block.family.is_identity() && !block.missing && block.columns == [b]);
        let columns = model.blocks.len();
        let binary = (direct && model.looks_up()).then(|| Binary::new(columns, k_total, &coefficients));
        let weights = model.weights(at);
        let prior_entropy = -weights.iter().filter(|p| **p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        Ok(Prepared { model, weights, coefficients, means, entropies, prior_entropy, joint, direct, binary })
    }

    fn binary_scratch(&self) -> usize {
        let columns = self.model.blocks.len();
        self.binary.as_ref().map_or(0, |_| Binary::scratch(columns, self.model.components, BLOCK_ROWS))
    }

    fn buffers<'s>(&self, scratch: &'s mut [f64]) -> Buffers<'s> {
        let (k, layout) = (self.model.components, &self.model.layout);
        let m = layout.features();
        let (features, rest) = scratch.split_at_mut(BLOCK_ROWS * m);
        let (logits, rest) = rest.split_at_mut(BLOCK_ROWS * k);
        let (evidence, rest) = rest.split_at_mut(BLOCK_ROWS);
        let (entropy, rest) = rest.split_at_mut(BLOCK_ROWS);
        let (pair, rest) = rest.split_at_mut(2 * BLOCK_ROWS);
        let (sums, rest) = rest.split_at_mut(k * m);
        let (binary, rest) = rest.split_at_mut(self.binary_scratch());
        let (scores, rest) = rest.split_at_mut(if rest.is_empty() { 0 } else { BLOCK_ROWS * self.model.ties.free() });
        Buffers { features, logits, evidence, entropy, pair, sums, scores, centred: rest, binary }
    }

    /// Writes `B(X)` for rows `s..s + n` of a chunk; rows observed in part are returned with their block's features zero.
    fn features(&self, chunk: &Chunk<'_>, s: usize, n: usize, out: &mut [f64]) -> Vec<IncompleteRow> {
        let layout = &self.model.layout;
        let mut incomplete = Vec::new();
        out[..n].fill(1.0);
        let mut cells: Vec<&[f64]> = Vec::new();
        for (b, block) in self.model.blocks.iter().enumerate() {
            cells.clear();
            cells.extend(block.columns.iter().map(|&d| &chunk.column(d)[s..s + n]));
            let (range, observed) = layout.feature_columns(b);
            block.family.features(&cells, n, &mut out[range.start * n..range.end * n]);
            let Some(o) = observed else { continue };
            for i in 0..n {
                let holes = cells.iter().any(|c| c[i].is_nan());
                out[o * n + i] = f64::from(u8::from(!holes));
                if !holes {
                    continue;
                }
                for f in range.clone() {
                    out[f * n + i] = 0.0;
                }
                if let Some(joint) = &self.joint[b] {
                    let mut z = vec![0.0; cells.len()];
                    self.chart(b, &cells, i, &mut z);
                    let pattern = joint.pattern(&z);
                    incomplete.push(IncompleteRow { row: i, block: b, z, pattern });
                }
            }
        }
        incomplete
    }

    /// A row's cells in the chart of block `b`.
    fn chart(&self, b: usize, cells: &[&[f64]], i: usize, z: &mut [f64]) {
        let centers = self.model.blocks[b].family.centers();
        for (d, c) in cells.iter().enumerate() {
            z[d] = (c[i] - centers[d]) / self.model.blocks[b].scales[d];
        }
    }

    /// Logits of rows `s..s + n`, overwritten by responsibilities; evidence and entropy per row.
    fn recognise(&self, chunk: &Chunk<'_>, s: usize, n: usize, w: &mut Buffers<'_>) -> Vec<IncompleteRow> {
        let (k, m) = (self.model.components, self.model.layout.features());
        let incomplete = self.features(chunk, s, n, w.features);
        product::multiply(w.logits, w.features, n, &self.coefficients, n, m, k, false);
        for row in &incomplete {
            if let Some(joint) = &self.joint[row.block] {
                for c in 0..k {
                    w.logits[c * n + row.row] += joint.log_density(&row.pattern, c, &row.z);
                }
            }
        }
        simd::responsibilities(&mut w.logits[..n * k], n, k, w.evidence, w.entropy, w.pair);
        incomplete
    }

    /// As [`recognise`](Self::recognise) where the features are the table's own columns.
    fn recognise_direct(&self, chunk: &Chunk<'_>, s: usize, n: usize, w: &mut Buffers<'_>) {
        let (k, m) = (self.model.components, self.model.layout.features());
        let cells = &chunk.values[s..];
        if let Some(binary) = &self.binary {
            let constant = |c: usize| self.coefficients[c * m];
            binary.logits(constant, cells, chunk.rows, n, BLOCK_ROWS, w.logits, w.binary);
        } else {
            for c in 0..k {
                w.logits[c * n..(c + 1) * n].fill(self.coefficients[c * m]);
            }
            product::multiply_after_first(w.logits, cells, chunk.rows, &self.coefficients, n, m, k);
        }
        simd::responsibilities(&mut w.logits[..n * k], n, k, w.evidence, w.entropy, w.pair);
    }

    /// Per row `Σ_k r_nk (ln π_k + H[π] + ln p̃(x|k) + H̃_k)`, the row's share of the entropy-sum residual.
    fn residual(&self, chunk: &Chunk<'_>, s: usize, n: usize, w: &mut Buffers<'_>, incomplete: &[IncompleteRow]) {
        let (k, blocks) = (self.model.components, self.model.blocks.len());
        let share = &mut w.pair[..n];
        for i in 0..n {
            share[i] = w.evidence[i] - w.entropy[i] + self.prior_entropy;
        }
        for c in 0..k {
            let whole: f64 = self.entropies[c * blocks..(c + 1) * blocks].iter().sum();
            let r = &w.logits[c * n..(c + 1) * n];
            for i in 0..n {
                share[i] += r[i] * whole;
            }
        }
        for (b, block) in self.model.blocks.iter().enumerate().filter(|(_, b)| b.missing) {
            for i in 0..n {
                if block.columns.iter().any(|&d| chunk.column(d)[s + i].is_nan()) {
                    for c in 0..k {
                        share[i] -= w.logits[c * n + i] * self.entropies[c * blocks + b];
                    }
                }
            }
        }
        for row in incomplete {
            for c in 0..k {
                share[row.row] += w.logits[c * n + row.row] * row.pattern.components[c].entropy;
            }
        }
    }

    /// Adds what rows observed in part contribute to the sums (responsibilities already weighted).
    fn add_incomplete(&self, rows: &[IncompleteRow], n: usize, r: &[f64], sums: &mut [f64]) {
        let layout = &self.model.layout;
        for row in rows {
            let Some(joint) = &self.joint[row.block] else { continue };
            let (width, dim) = (row.z.len(), layout.dim_of(row.block));
            let (mut mean, mut covariance, mut t) = (vec![0.0; width], vec![0.0; width * width], vec![0.0; dim]);
            for c in 0..self.model.components {
                let weight = r[c * n + row.row];
                joint.moments(&row.pattern, c, &row.z, &mut mean, &mut covariance);
                joint.expected(&mean, &covariance, &mut t);
                let at = layout.incomplete_at(c, row.block);
                sums[at] += weight;
                for i in 0..dim {
                    sums[at + 1 + i] += weight * t[i];
                }
                sums[at + 1 + dim] += weight * joint.log_density(&row.pattern, c, &row.z);
                sums[at + 2 + dim] += weight * row.pattern.components[c].entropy;
            }
        }
    }

    /// Copies `Rᵀ B` into the statistics' own layout.
    fn scatter(&self, product: &[f64], sums: &mut [f64]) {
        let (k, layout) = (self.model.components, &self.model.layout);
        for c in 0..k {
            sums[layout.sums_of(c)] += product[c];
            for b in 0..self.model.blocks.len() {
                let at = layout.complete_at(c, b);
                let (range, observed) = layout.feature_columns(b);
                sums[at] += if layout.is_indicator(b) {
                    range.clone().map(|f| product[f * k + c]).sum::<f64>()
                } else {
                    product[observed.unwrap_or(0) * k + c]
                };
                for (i, f) in range.enumerate() {
                    sums[at + 1 + i] += product[f * k + c];
                }
            }
        }
    }

    /// Centred statistics `T − E_k[T]` of component `c` (zero where not observed), `n × component_dim`.
    fn centred(&self, n: usize, c: usize, features: &[f64], incomplete: &[IncompleteRow], out: &mut [f64]) {
        let layout = &self.model.layout;
        let means = &self.means[c * layout.component_dim()..(c + 1) * layout.component_dim()];
        for b in 0..self.model.blocks.len() {
            let (range, observed) = layout.feature_columns(b);
            if layout.is_indicator(b) && self.model.blocks[b].missing {
                for i in 0..n {
                    let seen: f64 = range.clone().map(|f| features[f * n + i]).sum();
                    for (j, f) in layout.inside(b).zip(range.clone()) {
                        out[j * n + i] = features[f * n + i] - means[j] * seen;
                    }
                }
                continue;
            }
            let seen = observed.unwrap_or(0);
            for (j, f) in layout.inside(b).zip(range) {
                for i in 0..n {
                    out[j * n + i] = features[f * n + i] - means[j] * features[seen * n + i];
                }
            }
        }
        for row in incomplete {
            let Some(joint) = &self.joint[row.block] else { continue };
            let inside = layout.inside(row.block);
            let (mut mean, mut covariance) = (vec![0.0; row.z.len()], vec![0.0; row.z.len() * row.z.len()]);
            let mut t = vec![0.0; inside.len()];
            joint.moments(&row.pattern, c, &row.z, &mut mean, &mut covariance);
            joint.expected(&mean, &covariance, &mut t);
            for (i, j) in inside.enumerate() {
                out[j * n + row.row] = t[i] - means[j];
            }
        }
    }

    /// Adds second moments of scores: of each row's expected score, and of each component's own.
    fn add_curvature(
        &self,
        n: usize,
        row_weights: &[f64],
        w: &mut Buffers<'_>,
        incomplete: &[IncompleteRow],
        into: &mut super::Curvature,
    ) {
        let (k, layout, ties) = (self.model.components, &self.model.layout, &self.model.ties);
        let (m, free) = (layout.component_dim(), ties.free());
        let scores = &mut w.scores[..n * free];
        scores.fill(0.0);
        for c in 0..k {
            let r = &w.logits[c * n..(c + 1) * n];
            if let Some(f) = ties.of(c) {
                for i in 0..n {
                    scores[f * n + i] += r[i] - self.weights[c];
                }
            }
            let centred = &mut w.centred[..n * m];
            self.centred(n, c, w.features, incomplete, centred);
            let first = k + c * m;
            for j in 0..m {
                let column = &mut centred[j * n..(j + 1) * n];
                if let Some(f) = ties.of(first + j) {
                    let score = &mut scores[f * n..(f + 1) * n];
                    for i in 0..n {
                        score[i] += r[i] * column[i];
                    }
                }
                for i in 0..n {
                    column[i] *= (r[i] * row_weights[i]).sqrt();
                }
            }
            let block = &mut into.complete[c * m * m..(c + 1) * m * m];
            product::add_gram(block, centred, n, n, m);
            for row in incomplete {
                let Some(joint) = &self.joint[row.block] else { continue };
                let width = row.z.len();
                let (mut mean, mut covariance) = (vec![0.0; width], vec![0.0; width * width]);
                joint.moments(&row.pattern, c, &row.z, &mut mean, &mut covariance);
                let scale = r[row.row] * row_weights[row.row];
                joint.add_covariance(&mean, &covariance, scale, block, m, layout.inside(row.block).start);
            }
        }
        for f in 0..free {
            let column = &mut scores[f * n..(f + 1) * n];
            for i in 0..n {
                column[i] *= row_weights[i].sqrt();
            }
        }
        product::add_gram(&mut into.scores, scores, n, n, free);
    }
}

impl Absorb for Prepared<'_> {
    fn scratch(&self, want: Want) -> Vec<f64> {
        let (k, layout) = (self.model.components, &self.model.layout);
        let base = BLOCK_ROWS * (layout.features() + k + 4) + k * layout.features() + self.binary_scratch();
        let more =
            if want == Want::Curvature { BLOCK_ROWS * (self.model.ties.free() + layout.component_dim()) } else { 0 };
        vec![0.0; base + more]
    }

    fn absorb(&self, chunk: &Chunk<'_>, want: Want, into: &mut Statistics, scratch: &mut Vec<f64>) {
        let (k, m) = (self.model.components, self.model.layout.features());
        let mut w = self.buffers(scratch);
        let direct = self.direct && want != Want::Curvature && chunk.values.len() == (m - 1) * chunk.rows;
        let binary = self.binary.as_ref().filter(|_| direct);
        w.sums.fill(0.0);
        if let Some(binary) = binary {
            binary.clear(BLOCK_ROWS, w.binary);
        }
        let ones = [1.0; BLOCK_ROWS];
        for s in (0..chunk.rows).step_by(BLOCK_ROWS) {
            let n = BLOCK_ROWS.min(chunk.rows - s);
            let incomplete = if direct {
                self.recognise_direct(chunk, s, n, &mut w);
                Vec::new()
            } else {
                self.recognise(chunk, s, n, &mut w)
            };
            let row_weights: &[f64] = chunk.weights.map_or(&ones[..n], |all| &all[s..s + n]);
            for i in 0..n {
                // A row of weight zero is an absent row, whatever its evidence.
                if row_weights[i] > 0.0 {
                    into.log_evidence += row_weights[i] * w.evidence[i];
                    into.recognition_entropy += row_weights[i] * w.entropy[i];
                    into.weight += row_weights[i];
                }
            }
            into.rows += n as u64;
            if want == Want::Evidence {
                continue;
            }
            if want != Want::Statistics {
                self.residual(chunk, s, n, &mut w, &incomplete);
                for i in 0..n {
                    if row_weights[i] > 0.0 {
                        into.residual_square += row_weights[i] * w.pair[i] * w.pair[i];
                    }
                }
            }
            if let Some(curvature) = &mut into.curvature {
                self.add_curvature(n, row_weights, &mut w, &incomplete, curvature);
            }
            if chunk.weights.is_some() {
                for c in 0..k {
                    for i in 0..n {
                        w.logits[c * n + i] *= row_weights[i];
                    }
                }
            }
            if let Some(binary) = binary {
                product::add_columns(w.sums, w.logits, n, k);
                binary.add(w.logits, n, BLOCK_ROWS, w.binary);
                continue;
            }
            if direct {
                let cells = &chunk.values[s..];
                product::add_transposed_with_ones(w.sums, w.logits, cells, chunk.rows, n, k, m - 1);
                continue;
            }
            product::add_transposed(w.sums, w.logits, n, w.features, n, n, k, m);
            self.add_incomplete(&incomplete, n, w.logits, &mut into.sums);
        }
        if let Some(binary) = binary {
            binary.sums(BLOCK_ROWS, &mut w.sums[k..], w.binary);
        }
        if want != Want::Evidence {
            self.scatter(w.sums, &mut into.sums);
        }
    }

    fn visible_along(&self, chunk: &Chunk<'_>, v: &Tangent, into: &mut [f64], scratch: &mut Vec<f64>) {
        let (k, layout, ties) = (self.model.components, &self.model.layout, &self.model.ties);
        let (m, dim) = (layout.features(), layout.component_dim());
        let full = ties.expand(&v.0);
        // The complete-data score along v is linear in the features: one more matrix product.
        let mut coefficients = vec![0.0; m * k];
        let drift: f64 = (0..k).map(|c| self.weights[c] * full[c]).sum();
        for c in 0..k {
            let column = &mut coefficients[c * m..(c + 1) * m];
            column[0] = full[c] - drift;
            for b in 0..self.model.blocks.len() {
                let (range, observed) = layout.feature_columns(b);
                let (inside, along) = (layout.inside(b), layout.coordinates(c, b));
                let shift: f64 = inside.zip(along.clone()).map(|(j, i)| self.means[c * dim + j] * full[i]).sum();
                if layout.is_indicator(b) {
                    column[range].iter_mut().zip(&full[along]).for_each(|(c, v)| *c = v - shift);
                } else {
                    column[range].copy_from_slice(&full[along]);
                    column[observed.unwrap_or(0)] -= shift;
                }
            }
        }
        let mut along = vec![0.0; BLOCK_ROWS * k];
        let mut sums = vec![0.0; k * m];
        let mut out = vec![0.0; layout.dim()];
        let mut w = self.buffers(scratch);
        for s in (0..chunk.rows).step_by(BLOCK_ROWS) {
            let n = BLOCK_ROWS.min(chunk.rows - s);
            let incomplete = self.recognise(chunk, s, n, &mut w);
            product::multiply(&mut along, w.features, n, &coefficients, n, m, k, false);
            let mut expected = Vec::with_capacity(incomplete.len() * k);
            for row in &incomplete {
                let Some(joint) = &self.joint[row.block] else { continue };
                let width = row.z.len();
                let (mut mean, mut covariance) = (vec![0.0; width], vec![0.0; width * width]);
                for c in 0..k {
                    let mut t = vec![0.0; layout.dim_of(row.block)];
                    joint.moments(&row.pattern, c, &row.z, &mut mean, &mut covariance);
                    joint.expected(&mean, &covariance, &mut t);
                    for (j, i) in layout.inside(row.block).zip(0..t.len()) {
                        t[i] -= self.means[c * dim + j];
                    }
                    let at = layout.coordinates(c, row.block);
                    along[c * n + row.row] += t.iter().zip(&full[at]).map(|(a, b)| a * b).sum::<f64>();
                    expected.push(t);
                }
            }
            for i in 0..n {
                let seen: f64 = (0..k).map(|c| w.logits[c * n + i] * along[c * n + i]).sum();
                for c in 0..k {
                    w.logits[c * n + i] *= seen * chunk.weight(s + i);
                }
            }
            for (row, parts) in incomplete.iter().zip(expected.chunks(k)) {
                for (c, t) in parts.iter().enumerate() {
                    let weight = w.logits[c * n + row.row];
                    for (i, t) in layout.coordinates(c, row.block).zip(t) {
                        out[i] += weight * t;
                    }
                }
            }
            product::add_transposed(&mut sums, w.logits, n, w.features, n, n, k, m);
        }
        let total: f64 = (0..k).map(|c| sums[c]).sum();
        for c in 0..k {
            out[c] += sums[c] - self.weights[c] * total;
            for b in 0..self.model.blocks.len() {
                let (range, observed) = layout.feature_columns(b);
                let count = if layout.is_indicator(b) {
                    range.clone().map(|f| sums[f * k + c]).sum::<f64>()
                } else {
                    sums[observed.unwrap_or(0) * k + c]
                };
                let (inside, at) = (layout.inside(b), layout.coordinates(c, b));
                for ((f, j), i) in range.zip(inside).zip(at) {
                    out[i] += sums[f * k + c] - count * self.means[c * dim + j];
                }
            }
        }
        for (a, b) in into.iter_mut().zip(ties.fold(&out)) {
            *a += b;
        }
    }

    fn posterior(&self, chunk: &Chunk<'_>, evidence: &mut [f64], posterior: &mut [f64], scratch: &mut Vec<f64>) {
        let k = self.model.components;
        let mut w = self.buffers(scratch);
        for s in (0..chunk.rows).step_by(BLOCK_ROWS) {
            let n = BLOCK_ROWS.min(chunk.rows - s);
            self.recognise(chunk, s, n, &mut w);
            evidence[s..s + n].copy_from_slice(&w.evidence[..n]);
            for c in 0..k {
                posterior[c * chunk.rows + s..c * chunk.rows + s + n].copy_from_slice(&w.logits[c * n..(c + 1) * n]);
            }
        }
    }
}
