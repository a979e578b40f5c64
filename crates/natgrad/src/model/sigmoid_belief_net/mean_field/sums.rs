//! Sums over rows under the bound: least squares for every unit.
//!
//! ```text
//! r = Σ_n w_n (m_u − ½) m̃_n      G = Σ_n w_n 2λ_un E[z̃ z̃ᵀ]      dF = r − G θ,   M-step θ = G⁺ r
//! ```
//!
//! With `λ` held the bound is quadratic in the weights, so that its maximum never lowers it. Where all `G` would be too
//! large, `2λ` is replaced by its largest value ¼ (one matrix for all units of a layer), and the sums hold `dF` in the place of
//! `r`; steps are then shorter, and never fall either.

use super::super::layout::Layout;
use super::super::{MOST_ODDS, SigmoidBeliefNet};
use super::climb::Field;
use super::clusters::place;
use super::layers::Layers;
use super::slope::weighted;
use crate::Error;
use crate::geometry::{BlockGram, Covector, Gram, Metric, Point};
use crate::linalg::Matrix;
use crate::linalg::product::add_transposed;
use crate::linalg::special::{logistic, softplus};
use crate::linalg::sums::total;
use crate::model::{Entropies, Maximised, Note, Statistics};

/// Most numbers that the matrices of a layer's units take.
const MOST: usize = 1 << 22;

/// Where everything lies in the sums.
#[derive(Debug, Clone)]
pub(in super::super) struct Sums {
    pub(super) layout: Layout,
    /// Of each layer but the top: where its right-hand sides begin, where its matrices do, whether all units share one.
    places: Vec<(usize, usize, bool)>,
    /// Where the means of the top begin; then the entropies of layer 0 and of the hidden layers but the top.
    top: usize,
}

fn pairs(parents: usize) -> usize {
    (parents + 1) * (parents + 2) / 2
}

impl Sums {
    pub fn new(net: &SigmoidBeliefNet) -> Self {
        let layout = net.layout().clone();
        let mut places = Vec::new();
        let mut next = 0;
        for l in 0..layout.top() {
            let (n, k) = (layout.sizes[l], layout.parents(l));
            let shared = n * pairs(k) > MOST;
            let matrices = next + n * (k + 1);
            places.push((next, matrices, shared));
            next = matrices + if shared { 1 } else { n } * pairs(k);
        }
        Sums { layout, places, top: next }
    }

    /// Number of sums.
    pub fn len(&self) -> usize {
        self.top + self.layout.sizes[self.layout.top()] + 2
    }

    /// Adds a block of rows at its bound.
    pub fn add(&self, layers: &Layers, field: &Field, weights: &[f64], sums: &mut [f64]) {
        let (rows, top) = (field.rows, layers.top());
        for l in 0..top {
            let (n, k) = (layers.sizes[l], layers.sizes[l + 1]);
            let (right, matrices, shared) = self.places[l];
            let above = weighted(&field.means[l + 1], weights, k);
            // E[z̃ z̃ᵀ], pair by pair, times the rows' weights: (i, j ≤ i), the leading one last.
            let mut products = vec![0.0; pairs(k) * rows];
            let mut column = 0;
            for i in 0..=k {
                for j in 0..=i {
                    let out = &mut products[column * rows..(column + 1) * rows];
                    let left = &above[i * rows..(i + 1) * rows];
                    if i == j {
                        out.copy_from_slice(left);
                    } else if i == k {
                        out.copy_from_slice(&above[j * rows..(j + 1) * rows]);
                    } else {
                        let other = &field.means[l + 1][j * rows..(j + 1) * rows];
                        out.iter_mut().zip(left.iter().zip(other)).for_each(|(o, (a, b))| *o = a * b);
                    }
                    column += 1;
                }
            }
            // A pair of one cluster is on together more or less often than by chance.
            for ((i, j), covariance) in layers.clusters(l + 1).pairs().zip(field.spread[l + 1].chunks_exact(rows)) {
                if i != j {
                    let out = &mut products[place(i, j) * rows..][..rows];
                    out.iter_mut().zip(covariance.iter().zip(weights)).for_each(|(o, (c, w))| *o += w * c);
                }
            }
            if shared {
                let own = &mut sums[matrices..matrices + pairs(k)];
                own.iter_mut().zip(products.chunks_exact(rows)).for_each(|(s, c)| *s += 0.25 * total(c));
                self.layer_slope(layers, field, weights, l, &mut sums[right..right + n * (k + 1)]);
            } else {
                add_transposed(&mut sums[right..], &above, rows, &field.halves[l], rows, rows, k + 1, n);
                let lambda = &field.lambda[l];
                let own = &mut sums[matrices..matrices + n * pairs(k)];
                add_transposed(own, &products, rows, lambda, rows, rows, pairs(k), n);
            }
        }
        for (s, column) in sums[self.top..].iter_mut().zip(field.means[top].chunks_exact(rows)) {
            *s += column.iter().zip(weights).map(|(m, w)| m * w).sum::<f64>();
        }
        for l in 0..top {
            let sum: f64 = field.entropy[l][..layers.sizes[l] * rows]
                .chunks_exact(rows)
                .map(|c| c.iter().zip(weights).map(|(h, w)| h * w).sum::<f64>())
                .sum();
            sums[self.len() - if l == 0 { 2 } else { 1 }] += sum;
        }
    }

    /// A unit's `r` and `G`.
    fn unit<'s>(&self, l: usize, u: usize, sums: &'s [f64]) -> (&'s [f64], Matrix) {
        let k = self.layout.parents(l);
        let (right, matrices, shared) = self.places[l];
        let first = matrices + if shared { 0 } else { u * pairs(k) };
        let mut matrix = unpack(&sums[first..first + pairs(k)], k);
        if !shared {
            // The sums hold λ, the matrix 2λ.
            matrix = Matrix::from_fn(k + 1, k + 1, |i, j| 2.0 * matrix[(i, j)]);
        }
        (&sums[right + u * (k + 1)..right + (u + 1) * (k + 1)], matrix)
    }

    fn residual(&self, at: &Point, l: usize, u: usize, sums: &[f64]) -> (Vec<f64>, Matrix) {
        let (right, matrix) = self.unit(l, u, sums);
        if self.places[l].2 {
            return (right.to_vec(), matrix);
        }
        let theta = &at.0[self.layout.unit(l, u)];
        let n = theta.len();
        let g = (0..n).map(|i| right[i] - (0..n).map(|j| matrix[(i, j)] * theta[j]).sum::<f64>()).collect();
        (g, matrix)
    }

    /// Slope per row.
    pub fn gradient(&self, at: &Point, s: &Statistics) -> Covector {
        let mut out = Vec::with_capacity(at.0.len());
        for (l, u) in self.layout.units() {
            if l < self.layout.top() {
                out.extend(self.residual(at, l, u, &s.sums).0.iter().map(|g| g / s.weight));
            } else {
                out.push(s.sums[self.top + u] / s.weight - logistic(at.0[self.layout.unit(l, u).start]));
            }
        }
        Covector(out)
    }

    /// The quadratic's matrix per row: a block for each unit.
    pub fn metric(&self, at: &Point, s: &Statistics) -> Result<BlockGram, Error> {
        let mut blocks = Vec::new();
        for (l, u) in self.layout.units() {
            let range = self.layout.unit(l, u);
            let matrix = if l < self.layout.top() {
                let (_, sum) = self.unit(l, u, &s.sums);
                Matrix::from_fn(sum.nrows(), sum.ncols(), |i, j| sum[(i, j)] / s.weight)
            } else {
                let b = at.0[range.start];
                Matrix::from_fn(1, 1, |_, _| logistic(b) * logistic(-b))
            };
            blocks.push((range.collect(), matrix));
        }
        BlockGram::new(self.layout.len(), blocks).ok_or_else(|| Error::Parameter {
            name: "layers".into(),
            problem: "an information matrix is not finite".into(),
            hint: "start from smaller weights".into(),
        })
    }

    /// The maximum of the quadratic; directions that no row speaks of stay.
    pub fn maximise(&self, at: &Point, s: &Statistics) -> Maximised {
        let mut out = Vec::with_capacity(at.0.len());
        let mut notes = Vec::new();
        for (l, u) in self.layout.units() {
            let theta = &at.0[self.layout.unit(l, u)];
            if l < self.layout.top() {
                let (g, matrix) = self.residual(at, l, u, &s.sums);
                match Gram::new(matrix) {
                    Some(gram) => {
                        let step = gram.raise(&Covector(g)).tangent.0;
                        out.extend(theta.iter().zip(&step).map(|(t, s)| (t + s).clamp(-MOST_ODDS, MOST_ODDS)));
                    }
                    None => out.extend_from_slice(theta),
                }
            } else {
                let on = s.sums[self.top + u].clamp(0.0, s.weight);
                // A unit that is always on or off stops where rounding does.
                let odds = (on.ln() - (s.weight - on).ln()).clamp(-37.0, 37.0);
                if odds.abs() == 37.0 {
                    let what = format!("unit {} of the top is always in one state", u + 1);
                    notes.push(Note::Boundary(self.layout.number(l, u), what));
                }
                out.push(odds);
            }
        }
        Maximised { point: Point(out), notes }
    }

    /// The entropies of the bound.
    pub fn entropies(&self, at: &Point, s: &Statistics) -> Entropies {
        let own = |i: usize| {
            let b = at.0[i];
            softplus(b) - b * logistic(b)
        };
        let top: f64 = self.layout.layer(self.layout.top()).map(own).sum();
        let n = self.len();
        Entropies {
            recognition: s.recognition_entropy / s.weight,
            prior: top + s.sums[n - 1] / s.weight,
            observable: s.sums[n - 2] / s.weight,
            base_measure: 0.0,
        }
    }
}

/// A symmetric matrix from its lower triangle, row by row.
fn unpack(packed: &[f64], parents: usize) -> Matrix {
    let at = |i: usize, j: usize| packed[i * (i + 1) / 2 + j];
    Matrix::from_fn(parents + 1, parents + 1, |i, j| if i >= j { at(i, j) } else { at(j, i) })
}
