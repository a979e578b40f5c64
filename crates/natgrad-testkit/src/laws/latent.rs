//! Laws of any model whose tangents are displacements of its points: slopes and information matrices against finite
//! differences, EM that never falls, steps that never end below it, digests that change nothing.
//!
//! `laws::model` has the same for mixtures, whose coordinates are natural ones.

use super::{close, derivative};
use natgrad::Error;
use natgrad::ascent::em;
use natgrad::engine::{Control, MetricChoice, Progress, Settings, fit};
use natgrad::geometry::{Covector, Metric, Point, Tangent};
use natgrad::linalg::Matrix;
use natgrad::model::Want;
use natgrad::objective::Learning;
use std::cell::RefCell;

/// A model with rows and a point.
pub struct Place<'a> {
    /// For messages.
    pub name: String,
    /// The objective.
    pub learning: Learning<'a>,
    /// Where.
    pub point: Point,
}

impl Place<'_> {
    fn unit(&self, i: usize) -> Tangent {
        let free = self.learning.model().free();
        Tangent((0..free).map(|j| f64::from(u8::from(i == j))).collect())
    }

    fn shifted(&self, v: &Tangent, step: f64) -> Point {
        let moved = self.learning.model().shift(&self.point, v, step);
        moved.unwrap_or_else(|| panic!("{}: left the domain", self.name))
    }

    fn elbo(&self, at: &Point) -> f64 {
        self.learning.look(at, Want::Evidence).expect("a look").elbo
    }

    fn gradient(&self, at: &Point) -> Covector {
        self.learning.gradient(&self.learning.look(at, Want::Statistics).expect("a look"))
    }

    /// Steps per free coordinate, a thousandth of a standard deviation of its score, and that deviation.
    fn steps(&self) -> Vec<(f64, f64)> {
        let look = self.learning.look(&self.point, Want::Statistics).expect("a look");
        let diagonal = self.learning.joint_metric(&look).expect("a metric").diagonal();
        diagonal.iter().map(|d| (1e-3 * (1.0 / d.max(1e-12).sqrt()).min(1.0), d.max(1e-12).sqrt())).collect()
    }
}

/// The gradient is the finite difference of the ELBO along every free coordinate, and lies in the metric's range.
pub fn gradient_is_the_slope(place: &Place<'_>) {
    let model = place.learning.model();
    let g = place.gradient(&place.point);
    assert_eq!(g.0.len(), model.free());
    for (i, (h, scale)) in place.steps().into_iter().enumerate() {
        let slope = derivative(|t| place.elbo(&place.shifted(&place.unit(i), t)), h);
        // Truncation 1e-12, rounding 1e-13 |F| per step of 1e-3: 1e-6 relative is generous, and bugs are not this small.
        close(
            &format!("{}: slope along {}", place.name, model.name_of(i)),
            g.0[i],
            slope,
            1e-6 * (g.0[i].abs() + scale),
        );
    }
    let look = place.learning.look(&place.point, Want::Statistics).expect("a look");
    let raised = place.learning.joint_metric(&look).expect("a metric").raise(&g);
    // Rounding of the rank decision (1e-12) over the shortest kept direction.
    assert!(raised.residual < 1e-9, "{}: gradient off the range by {:e}", place.name, raised.residual);
}

/// Observed information is minus the finite difference of the slope.
pub fn observed_information_is_the_hessian(place: &Place<'_>) {
    let model = place.learning.model();
    let look = place.learning.look(&place.point, Want::Curvature).expect("a look");
    let information = model.information(&look.point, &look.statistics).expect("information");
    let steps = place.steps();
    for block in &information.blocks {
        for (column, &j) in block.index.iter().enumerate() {
            let (h, scale_j) = steps[j];
            let at = |t: f64| place.gradient(&place.shifted(&place.unit(j), t)).0;
            let (a, b, c, d) = (at(h), at(-h), at(0.5 * h), at(-0.5 * h));
            for (row, &i) in block.index.iter().enumerate() {
                let slope = (4.0 * (c[i] - d[i]) / h - (a[i] - b[i]) / (2.0 * h)) / 3.0;
                let observed = block.observed[(row, column)];
                let what = format!("{}: information of {} and {}", place.name, model.name_of(i), model.name_of(j));
                // As for the gradient, one order of differences further.
                close(&what, observed, -slope, 1e-5 * (observed.abs() + steps[i].1 * scale_j));
            }
        }
    }
}

/// The Fisher matrix of the evidence is the mean of outer products of scores over rows drawn from the model itself.
///
/// `rows` is a learning on many of them; `tolerance` in standard deviations of scores.
pub fn visible_information_is_the_variance_of_scores(place: &Place<'_>, tolerance: f64) {
    let model = place.learning.model();
    let look = place.learning.look(&place.point, Want::Curvature).expect("a look");
    let information = model.information(&look.point, &look.statistics).expect("information");
    let free = model.free();
    let mut outer = Matrix::zeros(free, free);
    for j in 0..free {
        let along = place.learning.visible_along(&place.point, &place.unit(j)).expect("a covector");
        (0..free).for_each(|i| outer[(i, j)] = along.0[i]);
    }
    for block in &information.blocks {
        for (x, &i) in block.index.iter().enumerate() {
            for (y, &j) in block.index.iter().enumerate() {
                let scale = (block.visible[(x, x)] * block.visible[(y, y)]).sqrt();
                let what = format!("{}: Fisher matrix at {} and {}", place.name, model.name_of(i), model.name_of(j));
                close(&what, outer[(i, j)], block.visible[(x, y)], tolerance * scale + 1e-12);
            }
        }
    }
}

/// EM never falls.
pub fn em_never_falls(place: &Place<'_>) {
    let mut look = place.learning.look(&place.point, Want::Statistics).expect("a look");
    for step in 0..15 {
        let next = match em(&place.learning, &look) {
            Ok(m) => m.point,
            Err(Error::Collapsed { .. }) => return,
            Err(e) => panic!("{}: {e}", place.name),
        };
        let next = place.learning.look(&next, Want::Statistics).expect("a look");
        let slack = 1e-12 * (1.0 + look.elbo.abs());
        assert!(next.elbo >= look.elbo - slack, "{}: step {step}: {} after {}", place.name, next.elbo, look.elbo);
        look = next;
    }
}

/// No iteration of the evidence metric ends below the EM step from the same point.
pub fn evidence_steps_are_never_below_em(place: &Place<'_>) {
    let points = RefCell::new(Vec::new());
    let settings =
        Settings { metric: MetricChoice::Evidence, tolerance: 1e-10, max_iterations: 8, ..Settings::default() };
    fit(&place.learning, &settings, Progress::at(place.point.clone()), &|p| {
        points.borrow_mut().push(p.point.clone());
        Control::Continue
    })
    .unwrap_or_else(|e| panic!("{}: {e}", place.name));
    for pair in points.borrow().windows(2) {
        let look = place.learning.look(&pair[0], Want::Statistics).expect("a look");
        let after = place.elbo(&pair[1]);
        let slack = 1e-12 * (1.0 + look.elbo.abs());
        assert!(after >= look.elbo - slack, "{}: fell from {} to {after}", place.name, look.elbo);
        if let Ok(rival) = em(&place.learning, &look) {
            let rival = place.elbo(&rival.point);
            assert!(after >= rival - slack, "{}: {after} where EM gives {rival}", place.name);
        }
    }
}

/// The entropy-sum residual is the slope along `tempering`, by the gradient and by finite differences of the evidence.
pub fn residual_is_the_slope_of_tempering(place: &Place<'_>, tempering: &Tangent) {
    let look = place.learning.look(&place.point, Want::Statistics).expect("a look");
    let residual = look.elbo - place.learning.entropies(&look).sum();
    let size = 1.0 + look.elbo.abs() + residual.abs();
    // The same number in two ways: rounding of the sums, in units of the log-densities.
    close(&format!("{}: R = g·v", place.name), place.learning.gradient(&look).along(tempering), residual, 1e-10 * size);
    let slope = derivative(|t| place.elbo(&place.shifted(tempering, t)), 1e-3);
    close(&format!("{}: R = dF/dε", place.name), slope, residual, 1e-6 * size);
}

/// Sums over digested rows are those over the rows: ELBO, slope, entropies and information.
pub fn a_digest_changes_nothing(place: &Place<'_>) {
    let (a, b) = (&place.learning, place.learning.undigested());
    let model = a.model();
    let (x, y) = (
        a.look(&place.point, Want::Curvature).expect("a look"),
        b.look(&place.point, Want::Curvature).expect("a look"),
    );
    // Rounding of sums over rows in another order.
    let size = 1.0 + x.elbo.abs();
    close(&format!("{}: ELBO", place.name), x.elbo, y.elbo, 1e-12 * size);
    close(&format!("{}: entropy sum", place.name), a.entropies(&x).sum(), b.entropies(&y).sum(), 1e-12 * size);
    assert_eq!((x.statistics.rows, x.statistics.weight), (y.statistics.rows, y.statistics.weight), "{}", place.name);
    let steps = place.steps();
    for (i, (g, h)) in a.gradient(&x).0.iter().zip(&b.gradient(&y).0).enumerate() {
        close(&format!("{}: slope along {}", place.name, model.name_of(i)), *g, *h, 1e-11 * steps[i].1);
    }
    // Squares of residuals are for standard errors: half the digits are enough, and differences may cost the others.
    let alone = a.look_with_residuals(&place.point).expect("a look").statistics.residual_square;
    let told = y.statistics.residual_square;
    close(&format!("{}: squares of residuals", place.name), alone, told, 1e-8 * (1.0 + told.abs()));
    let of = |s| model.information(&place.point, s).expect("information").blocks.remove(0);
    let (m, n) = (of(&x.statistics), of(&y.statistics));
    for i in 0..m.index.len() {
        for j in 0..m.index.len() {
            let scale = steps[m.index[i]].1 * steps[m.index[j]].1;
            close(&format!("{}: observed {i} {j}", place.name), m.observed[(i, j)], n.observed[(i, j)], 1e-10 * scale);
            close(&format!("{}: visible {i} {j}", place.name), m.visible[(i, j)], n.visible[(i, j)], 1e-10 * scale);
        }
    }
}
