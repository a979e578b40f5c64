//! A curve that crosses itself: one point of the model, two tangents, two pushforwards.

use super::{DERIVED, distance};
use crate::{Claim, Figure, ReproduceError, Reproduction, Table};
use natgrad::geometry::Point;
use natgrad::parametrised::examples::{FigureEight, FigureEightSimplex};
use natgrad::parametrised::{
    EuclideanSpace, FisherRao, Parametrisation, Slope, TangentSpaces, meeting, natural_gradient,
};
use natgrad_plot::Chart;
use std::f64::consts::PI;

pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    let plane = EuclideanSpace(2);
    let slope = Slope(vec![-1.0, -1.0]);
    let mut pushed = Vec::new();
    for (name, xi, expected) in [("0", 0.0, [-1.2, -0.6]), ("π", PI, [-0.4, 0.2])] {
        let found = natural_gradient(&FigureEight, &plane, &Point(vec![xi]), &slope)?;
        for (i, expected) in expected.into_iter().enumerate() {
            out.claims.push(Claim::equal(
                format!("(sin 2ξ, sin ξ) at ξ = {name}, gradient (−1, −1): coordinate {} of the pushforward", i + 1),
                DERIVED,
                expected,
                found.pushforward.0[i],
                1e-13,
            ));
        }
        out.claims.push(Claim::answer(
            format!("the rank at ξ = {name} is that nearby: no rank test sees the crossing"),
            DERIVED,
            true,
            found.properness.is_proper(),
        ));
        pushed.push(found.pushforward.0);
    }
    let at = |xi: f64| Point(vec![xi]);
    let met = meeting(&FigureEight, &plane, &at(0.0), &at(PI))?;
    out.claims.push(Claim::answer(
        "comparing the two parameters shows that the model crosses itself",
        DERIVED,
        true,
        met.spaces == TangentSpaces::Crossing,
    ));
    out.claims.push(Claim::equal(
        "cosine of the angle at which it does",
        DERIVED,
        0.6,
        met.cosines.first().copied().unwrap_or(f64::NAN),
        1e-13,
    ));
    let simplex = FigureEightSimplex::default();
    let space = FisherRao(3);
    // At the centre the Fisher-Rao metric is three times the Euclidean one.
    let slope = Slope(FigureEightSimplex::direction(-3.0, -3.0).to_vec());
    for (name, xi, [a, b]) in [("0", 0.0, [-1.2, -0.6]), ("π", PI, [-0.4, 0.2])] {
        let found = natural_gradient(&simplex, &space, &at(xi), &slope)?;
        out.claims.push(Claim::equal(
            format!("the same curve in the simplex at ξ = {name}: distance of the pushforward from that of the plane"),
            DERIVED,
            0.0,
            distance(&found.pushforward.0, &FigureEightSimplex::direction(a, b)),
            1e-13,
        ));
    }
    let curve: Vec<Vec<f64>> = (0..=400)
        .map(|k| {
            let xi = 2.0 * PI * f64::from(k) / 400.0;
            let p = FigureEight.map(&[xi]);
            vec![xi, p[0], p[1]]
        })
        .collect();
    let arrow = |v: &[f64]| [[0.0, 0.0, v[0], v[1]]];
    let tip = |v: &[f64]| (v[0], v[1]);
    // One scale for both axes, so that projections are seen to be orthogonal.
    let chart = Chart::new("A curve that crosses itself: two projections of one gradient", "sin 2ξ", "sin ξ")
        .line("", curve.iter().map(|r| (r[1], r[2])))
        .arrows("", arrow(&pushed[0]))
        .arrows("", arrow(&pushed[1]))
        .arrows("", arrow(&[-1.0, -1.0]))
        .line("", [tip(&pushed[0]), (-1.0, -1.0), tip(&pushed[1])])
        .note(-1.6, -0.62, "from ξ = 0")
        .note(-0.9, 0.12, "from ξ = π")
        .note(-1.35, -1.15, "gradient")
        .note(1.3, 0.72, "model")
        .x_range(-2.3, 2.3)
        .y_range(-1.43, 1.43);
    out.figures.push(Figure::new("crossing", chart.draw()?));
    out.tables.push(Table::new("crossing", ["xi", "x", "y"]).with_rows(curve));
    let rows = [0.0, PI].into_iter().zip(&pushed).map(|(xi, v)| vec![xi, v[0], v[1]]);
    out.tables.push(Table::new("crossing_pushforwards", ["xi", "x", "y"]).with_rows(rows));
    Ok(out)
}
