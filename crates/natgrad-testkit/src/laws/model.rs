//! Laws of mixtures at any point: slopes, information matrices and posteriors against brute force, EM that never falls,
//! weights as repeated rows.

use super::{close, derivative};
use crate::generate;
use crate::mixtures::Case;
use natgrad::Error;
use natgrad::ascent::em;
use natgrad::engine::{Control, MetricChoice, Progress, Settings, fit};
use natgrad::family::ExponentialFamily;
use natgrad::geometry::{Covector, Metric, Point, Tangent};
use natgrad::linalg::Matrix;
use natgrad::model::{LatentModel, Want};
use natgrad::rows::{Chunk, RowSource, Table};
use std::cell::RefCell;

fn unit(n: usize, i: usize) -> Tangent {
    Tangent((0..n).map(|j| f64::from(u8::from(i == j))).collect())
}

fn elbo(case: &Case, at: &Point) -> f64 {
    case.learning().look(at, Want::Evidence).expect("a look").elbo
}

fn gradient(case: &Case, at: &Point) -> Covector {
    let learning = case.learning();
    let look = learning.look(at, Want::Statistics).expect("a look");
    learning.gradient(&look)
}

fn shifted(case: &Case, v: &Tangent, step: f64) -> Point {
    case.described.mixture().shift(&case.point, v, step).unwrap_or_else(|| panic!("{}: left the domain", case.name))
}

/// Steps per free coordinate: a thousandth of a standard deviation of its score.
fn steps(case: &Case) -> Vec<(f64, f64)> {
    let diagonal = case.metric().diagonal();
    diagonal.iter().map(|d| (1e-3 * (1.0 / d.max(1e-12).sqrt()).min(1.0), d.max(1e-12).sqrt())).collect()
}

/// The gradient is the finite difference of the ELBO along every free coordinate, and lies in the metric's range.
pub fn gradient_is_the_slope(case: &Case) {
    let g = gradient(case, &case.point);
    let free = case.described.mixture().free();
    assert_eq!(g.0.len(), free);
    for (i, (h, scale)) in steps(case).into_iter().enumerate() {
        let slope = derivative(|t| elbo(case, &shifted(case, &unit(free, i), t)), h);
        let what = format!("{}: slope along {}", case.name, case.described.mixture().name_of(i));
        // Truncation 1e-12, rounding 1e-13 |F| per step of 1e-3: 1e-6 relative is generous, and bugs are not this small.
        close(&what, g.0[i], slope, 1e-6 * (g.0[i].abs() + scale));
    }
    let raised = case.metric().raise(&g);
    // Rounding of the eigenvalue decision at unit diagonal (1e-12) over the shortest kept direction.
    assert!(raised.residual < 1e-9, "{}: gradient off the range by {:e}", case.name, raised.residual);
}

/// The point at `t` along free coordinate `j`, on a straight line of the complete data's natural coordinates
/// `(ln π_k − Σ_b A(η_kb), η_kb)`; in the model's own coordinates if the weights are held.
fn along_natural_line(case: &Case, j: usize, t: f64) -> Point {
    let mixture = case.described.mixture();
    let mut next = shifted(case, &unit(mixture.free(), j), t);
    if mixture.frozen().weights {
        return next;
    }
    for k in 0..mixture.components() {
        for (b, block) in mixture.blocks().iter().enumerate() {
            let here = mixture.natural(&case.point, k, b);
            let mean = block.family.expectation(&here);
            let (mut there, mut linear) = (here.clone(), 0.0);
            for (i, c) in mixture.coordinates(k, b).enumerate() {
                if mixture.free_coordinate(c) == Some(j) {
                    there.0[i] += t;
                    linear += t * mean.0[i];
                }
            }
            next.0[k] += block.family.log_partition(&there) - block.family.log_partition(&here) - linear;
        }
    }
    // A step of no length normalises the weights.
    mixture.shift(&next, &unit(mixture.free(), j), 0.0).expect("inside the domain")
}

/// The slope at `at`, in natural coordinates of the complete data, expressed in the model's own at the case's point.
fn natural_slope(case: &Case, at: &Point) -> Vec<f64> {
    let mixture = case.described.mixture();
    let mut g = gradient(case, at).0;
    if mixture.frozen().weights {
        return g;
    }
    let of_weights: Vec<f64> =
        (0..mixture.components()).map(|k| mixture.free_coordinate(k).map_or(0.0, |f| g[f])).collect();
    for (k, slope) in of_weights.iter().enumerate() {
        for (b, block) in mixture.blocks().iter().enumerate() {
            let here = block.family.expectation(&mixture.natural(&case.point, k, b)).0;
            let there = block.family.expectation(&mixture.natural(at, k, b)).0;
            for (i, c) in mixture.coordinates(k, b).enumerate() {
                if let Some(f) = mixture.free_coordinate(c) {
                    g[f] += slope * (there[i] - here[i]);
                }
            }
        }
    }
    g
}

/// Observed information is minus the Hessian of the evidence in the complete data's natural coordinates (Louis'
/// identity, ties and missing cells included).
pub fn observed_information_is_the_hessian(case: &Case) {
    let learning = case.learning();
    let look = learning.look(&case.point, Want::Curvature).expect("a look");
    let mixture = case.described.mixture();
    let information = mixture.information(&case.point, &look.statistics).expect("information");
    let free = mixture.free();
    let steps = steps(case);
    for j in 0..free {
        let (h, scale_j) = steps[j];
        let at = |t: f64| natural_slope(case, &along_natural_line(case, j, t));
        let (a, b, c, d) = (at(h), at(-h), at(0.5 * h), at(-0.5 * h));
        for i in 0..free {
            let slope = (4.0 * (c[i] - d[i]) / h - (a[i] - b[i]) / (2.0 * h)) / 3.0;
            let observed = information.blocks[0].observed[(i, j)];
            let scale = observed.abs() + steps[i].1 * scale_j;
            let what = format!("{}: information of {} and {}", case.name, mixture.name_of(i), mixture.name_of(j));
            // As for the gradient, one order of differences further.
            close(&what, observed, -slope, 1e-5 * scale);
        }
    }
}

/// One row of a chunk as a chunk, unweighted.
fn single(chunk: &Chunk<'_>, n: usize, columns: usize) -> Vec<f64> {
    (0..columns).map(|d| chunk.column(d)[n]).collect()
}

/// Visible information is the mean outer product of the rows' scores; applied to a vector it is the same.
pub fn visible_information_is_the_outer_product_of_scores(case: &Case) {
    let mixture = case.described.mixture();
    let (free, width) = (mixture.free(), case.table.columns().len());
    let prepared = mixture.prepare(&case.point).expect("prepared");
    let mut scratch = prepared.scratch(Want::Statistics);
    let mut outer = Matrix::zeros(free, free);
    let mut total = 0.0;
    for c in 0..case.table.chunks() {
        let chunk = case.table.chunk(c);
        for n in 0..chunk.rows {
            let values = single(&chunk, n, width);
            let row = Chunk { first_row: 0, rows: 1, values: &values, weights: None };
            let mut s = mixture.empty(Want::Statistics);
            prepared.absorb(&row, Want::Statistics, &mut s, &mut scratch);
            let score = mixture.gradient(&case.point, &s).0;
            total += chunk.weight(n);
            for i in 0..free {
                for j in 0..free {
                    outer[(i, j)] += chunk.weight(n) * score[i] * score[j];
                }
            }
        }
    }
    let learning = case.learning();
    let look = learning.look(&case.point, Want::Curvature).expect("a look");
    let visible = mixture.information(&case.point, &look.statistics).expect("information").blocks.remove(0).visible;
    let mut rng = generate::rng(9);
    let v = Tangent((0..free).map(|_| generate::between(&mut rng, -1.0, 1.0)).collect());
    let along = learning.visible_along(&case.point, &v).expect("a covector");
    for i in 0..free {
        let mut product = 0.0;
        let mut size = 0.0;
        for j in 0..free {
            let expected = outer[(i, j)] / total;
            let scale = (outer[(i, i)] * outer[(j, j)]).sqrt() / total;
            close(&format!("{}: visible {i} {j}", case.name), visible[(i, j)], expected, 1e-10 * (scale + 1e-6));
            product += expected * v.0[j];
            size += scale * v.0[j].abs();
        }
        close(&format!("{}: visible along v, {i}", case.name), along.0[i], product, 1e-10 * (size + 1e-6));
    }
}

/// `ln p(x_observed)` of one block by brute force: missing scalars drop out, a partly missing normal vector follows the
/// normal with the sub-covariance.
fn block_density(family: &dyn ExponentialFamily, at: &natgrad::family::Natural, x: &[f64]) -> f64 {
    let seen: Vec<usize> = (0..x.len()).filter(|&i| !x[i].is_nan()).collect();
    if seen.is_empty() {
        return 0.0;
    }
    if seen.len() == x.len() {
        return family.log_density(at, x);
    }
    let (d, o, source) = (x.len(), seen.len(), family.to_source(at));
    let (mut l, mut y) = (vec![0.0; o * o], vec![0.0; o]);
    let mut log = -0.5 * o as f64 * (2.0 * std::f64::consts::PI).ln();
    for i in 0..o {
        for j in 0..=i {
            let sum = source[d + seen[i] * d + seen[j]] - (0..j).map(|k| l[i * o + k] * l[j * o + k]).sum::<f64>();
            l[i * o + j] = if i == j { sum.sqrt() } else { sum / l[j * o + j] };
        }
        let rest = x[seen[i]] - source[seen[i]] - (0..i).map(|k| l[i * o + k] * y[k]).sum::<f64>();
        y[i] = rest / l[i * o + i];
        log -= l[i * o + i].ln() + 0.5 * y[i] * y[i];
    }
    log
}

/// Posterior and evidence are those of Bayes' rule written out.
pub fn posterior_is_bayes_rule(case: &Case) {
    let mixture = case.described.mixture();
    let (k, weights) = (mixture.components(), mixture.weights(&case.point));
    let (mut total, mut weight) = (0.0, 0.0);
    for c in 0..case.table.chunks() {
        let chunk = case.table.chunk(c);
        let posterior = case.described.posterior(&case.point, &chunk).expect("a posterior");
        for n in 0..chunk.rows {
            let joint: Vec<f64> = (0..k)
                .map(|j| {
                    let cells = mixture.blocks().iter().enumerate().map(|(b, block)| {
                        let x: Vec<f64> = block.columns.iter().map(|&d| chunk.column(d)[n]).collect();
                        block_density(block.family.as_ref(), &mixture.natural(&case.point, j, b), &x)
                    });
                    weights[j].ln() + cells.sum::<f64>()
                })
                .collect();
            let top = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let evidence = top + joint.iter().map(|l| (l - top).exp()).sum::<f64>().ln();
            let size = 1.0 + joint.iter().fold(0.0_f64, |m, l| m.max(l.abs()));
            let what = format!("{}: row {n}", case.name);
            // Rounding of a few dozen terms, some in another chart.
            close(&what, posterior.log_evidence[n], evidence, 1e-11 * size);
            for j in 0..k {
                let r = (joint[j] - evidence).exp();
                close(&what, posterior.responsibilities[j * chunk.rows + n], r, 1e-11 * size);
            }
            total += chunk.weight(n) * evidence;
            weight += chunk.weight(n);
        }
    }
    let size = 1.0 + (total / weight).abs();
    close(&format!("{}: ELBO", case.name), elbo(case, &case.point), total / weight, 1e-10 * size);
}

/// EM never falls.
pub fn em_never_falls(case: &Case) {
    let learning = case.learning();
    let mut look = learning.look(&case.point, Want::Statistics).expect("a look");
    for step in 0..15 {
        let next = match em(&learning, &look) {
            Ok(m) => m.point,
            Err(Error::Collapsed { .. }) => return,
            Err(e) => panic!("{}: {e}", case.name),
        };
        let next = learning.look(&next, Want::Statistics).expect("a look");
        let slack = 1e-12 * (1.0 + look.elbo.abs());
        assert!(next.elbo >= look.elbo - slack, "{}: step {step}: {} after {}", case.name, next.elbo, look.elbo);
        look = next;
    }
}

/// No iteration of the evidence metric ends below the EM step from the same point.
pub fn evidence_steps_are_never_below_em(case: &Case) {
    let learning = case.learning();
    let points = RefCell::new(Vec::new());
    let settings =
        Settings { metric: MetricChoice::Evidence, tolerance: 1e-10, max_iterations: 8, ..Settings::default() };
    fit(&learning, &settings, Progress::at(case.point.clone()), &|p| {
        points.borrow_mut().push(p.point.clone());
        Control::Continue
    })
    .unwrap_or_else(|e| panic!("{}: {e}", case.name));
    for pair in points.borrow().windows(2) {
        let look = learning.look(&pair[0], Want::Statistics).expect("a look");
        let after = elbo(case, &pair[1]);
        let slack = 1e-12 * (1.0 + look.elbo.abs());
        assert!(after >= look.elbo - slack, "{}: fell from {} to {after}", case.name, look.elbo);
        if let Ok(rival) = em(&learning, &look) {
            let rival = elbo(case, &rival.point);
            assert!(after >= rival - slack, "{}: {after} where EM gives {rival}", case.name);
        }
    }
}

/// A whole-number weight is a repeated row, and weight zero an absent one; rows may come in any order.
pub fn weights_are_repeated_rows(case: &Case) {
    let width = case.table.columns().len();
    let rows = case.table.rows() as usize;
    let counts: Vec<usize> = (0..rows).map(|n| [1, 3, 0, 2][n % 4]).collect();
    let plain: Vec<Vec<f64>> = (0..width).map(|d| (0..rows).map(|n| case.table.cell(n, d)).collect()).collect();
    let weights = counts.iter().map(|c| *c as f64).collect();
    let weighted = Table::from_columns(case.table.columns().to_vec(), &plain, Some(weights)).expect("a table");
    let repeated: Vec<Vec<f64>> =
        plain.iter().map(|c| (0..rows).rev().flat_map(|n| std::iter::repeat_n(c[n], counts[n])).collect()).collect();
    let repeated = Table::from_columns(case.table.columns().to_vec(), &repeated, None).expect("a table");
    let look = |t: &Table| case.described.learning(t, 0.0).look(&case.point, Want::Curvature).expect("a look");
    let (a, b) = (look(&weighted), look(&repeated));
    let near = |what: &str, x: f64, y: f64, size: f64| {
        close(&format!("{}: {what}", case.name), x, y, 1e-13 * (1.0 + size) * rows as f64);
    };
    assert_eq!(a.statistics.weight, b.statistics.weight);
    near("ELBO", a.elbo, b.elbo, a.elbo.abs());
    near("entropy", a.statistics.recognition_entropy, b.statistics.recognition_entropy, 1.0);
    near("residuals", a.statistics.residual_square, b.statistics.residual_square, a.statistics.residual_square);
    for (x, y) in a.statistics.sums.iter().zip(&b.statistics.sums) {
        near("sums", *x, *y, x.abs());
    }
    let (p, q) = (a.statistics.curvature.expect("curvature"), b.statistics.curvature.expect("curvature"));
    for (x, y) in p.scores.iter().zip(&q.scores).chain(p.complete.iter().zip(&q.complete)) {
        near("second moments", *x, *y, x.abs());
    }
}

/// Relabelling components changes labels and nothing else.
pub fn components_have_no_order(case: &Case) {
    let mixture = case.described.mixture();
    let k = mixture.components();
    let natural: Vec<Vec<_>> = (0..k)
        .rev()
        .map(|j| (0..mixture.blocks().len()).map(|b| mixture.natural(&case.point, j, b)).collect())
        .collect();
    let weights: Vec<f64> = mixture.weights(&case.point).into_iter().rev().collect();
    let other = mixture.point(&weights, &natural);
    let (a, b) = (elbo(case, &case.point), elbo(case, &other));
    // A logarithm of an exponential, and sums over components in another order.
    close(&format!("{}: relabelled", case.name), a, b, 1e-13 * (1.0 + a.abs()));
    let chunk = case.table.chunk(0);
    let p = case.described.posterior(&case.point, &chunk).expect("a posterior").responsibilities;
    let q = case.described.posterior(&other, &chunk).expect("a posterior").responsibilities;
    for j in 0..k {
        for n in 0..chunk.rows {
            let (x, y) = (p[j * chunk.rows + n], q[(k - 1 - j) * chunk.rows + n]);
            close(&format!("{}: relabelled posterior", case.name), x, y, 1e-12);
        }
    }
}
