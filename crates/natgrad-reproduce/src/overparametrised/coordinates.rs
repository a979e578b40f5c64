//! Other coordinates: the motion in the model stays, the parameter vector does not.

use super::figure::even;
use super::{DERIVED, SETTING, distance, flow};
use crate::{Claim, Figure, ReproduceError, Reproduction, Table};
use natgrad::Error;
use natgrad::geometry::{Metric, Point, Tangent};
use natgrad::linalg::Matrix;
use natgrad::parametrised::examples::{Product, Sum};
use natgrad::parametrised::{
    Affine, EuclideanSpace, Parametrisation, Pullback, Reparametrised, Slope, natural_gradient,
};
use natgrad_plot::{Chart, Corner};

/// Where the product's flow starts, where it goes, and how long it runs.
const START: [f64; 2] = [0.3, 1.2];
const GOAL: f64 = 3.0;
const TIME: f64 = 4.0;
/// The second coordinate is measured in other units.
const STRETCH: f64 = 3.0;

fn stretched(by: f64) -> Affine {
    Affine::linear(Matrix::from_fn(2, 2, |i, j| if i == j { [1.0, by][i] } else { 0.0 }))
}

/// The natural gradient flow of `−½ (z − GOAL)²`.
fn natural(of: &dyn Parametrisation, start: &[f64]) -> Result<Vec<(f64, Vec<f64>)>, Error> {
    flow::line(start, TIME, |xi: &Point| -> Result<Tangent, Error> {
        let here = Pullback::at(of, &EuclideanSpace(1), xi)?;
        let c = here.pull(&Slope(vec![GOAL - here.image().0[0]]))?;
        Ok(here.raise(&c).tangent)
    })
}

pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    let line = EuclideanSpace(1);
    let (origin, slope) = (Point(vec![0.0, 0.0]), Slope(vec![3.0]));
    let own = natural_gradient(&Sum(2), &line, &origin, &slope)?;
    let other = natural_gradient(&Reparametrised::new(Sum(2), stretched(2.0))?, &line, &origin, &slope)?;
    let back = [other.tangent.0[0], 2.0 * other.tangent.0[1]];
    let (sin, cos) = 0.4f64.sin_cos();
    let turn = Matrix::from_fn(2, 2, |i, j| [[cos, -sin], [sin, cos]][i][j]);
    let turned = natural_gradient(&Reparametrised::new(Sum(2), Affine::linear(turn))?, &line, &origin, &slope)?;
    let [a, b] = [turned.tangent.0[0], turned.tangent.0[1]];
    let sum = "the sum of two parameters, slope 3";
    // A few units in the last digit.
    let exact = 1e-13;
    for (i, expected) in [1.5, 1.5].into_iter().enumerate() {
        out.claims.push(Claim::equal(
            format!("{sum}: entry {} of the natural parameter gradient", i + 1),
            DERIVED,
            expected,
            own.tangent.0[i],
            exact,
        ));
    }
    for (i, expected) in [0.6, 2.4].into_iter().enumerate() {
        out.claims.push(Claim::equal(
            format!("{sum}: entry {} when the second parameter is halved, mapped back", i + 1),
            DERIVED,
            expected,
            back[i],
            exact,
        ));
    }
    for (what, found) in [("own", &own), ("halved", &other), ("rotated", &turned)] {
        out.claims.push(Claim::equal(
            format!("{sum}: the pushforward in {what} coordinates"),
            SETTING,
            3.0,
            found.pushforward.0[0],
            exact,
        ));
    }
    let rotated_back = distance(&[cos * a - sin * b, sin * a + cos * b], &own.tangent.0);
    out.claims.push(Claim::equal(
        format!("{sum}: in rotated coordinates even the parameter vector is the same, mapped back: distance"),
        DERIVED,
        0.0,
        rotated_back,
        exact,
    ));

    let product = natural(&Product, &START)?;
    let other = natural(&Reparametrised::new(Product, stretched(STRETCH))?, &[START[0], START[1] / STRETCH])?;
    let other: Vec<(f64, Vec<f64>)> = other.into_iter().map(|(t, x)| (t, vec![x[0], STRETCH * x[1]])).collect();
    let image = |x: &[f64]| x[0] * x[1];
    let exact_image = |t: f64| GOAL + (image(&START) - GOAL) * (-t).exp();
    let worst =
        |line: &[(f64, Vec<f64>)]| line.iter().map(|(t, x)| (image(x) - exact_image(*t)).abs()).fold(0.0, f64::max);
    let ends = |line: &[(f64, Vec<f64>)]| line.last().map(|(_, x)| x.clone()).unwrap_or_default();
    for (what, of) in [("own", &product), ("stretched", &other)] {
        out.claims.push(Claim::equal(
            format!("product a b: the flow in {what} coordinates moves the image exponentially: largest difference"),
            DERIVED,
            0.0,
            worst(of),
            // Fourth-order steps of 0.002.
            1e-8,
        ));
    }
    out.claims.push(Claim::at_least(
        "product a b: meanwhile the parameters end apart, at a distance of",
        DERIVED,
        0.1,
        distance(&ends(&product), &ends(&other)),
    ));
    let (x, y) = ((0.0, 3.0), (0.0, 4.0));
    let curve =
        |line: &[(f64, Vec<f64>)], k: usize| even(&line.iter().map(|(_, x)| (x[0], x[1])).collect::<Vec<_>>(), x, y, k);
    let level = |z: f64, k: usize| {
        // From the upper edge to the right one.
        let from = z / y.1;
        let a = |i: u32| from * (x.1 / from).powf(f64::from(i) / 400.0);
        even(&(0..=400).map(|i| (a(i), z / a(i))).collect::<Vec<_>>(), x, y, k)
    };
    let chart = Chart::new("One motion in the model, two in the parameters", "a", "b")
        .line("flow in (a, b)", curve(&product, 0))
        .line("flow in (a, b/3)", curve(&other, 1))
        .line("goal, a b = 3", level(GOAL, 2))
        .line("start, a b = 0.36", level(image(&START), 3))
        .points("start", [(START[0], START[1])])
        .x_range(x.0, x.1)
        .y_range(y.0, y.1)
        .legend(Corner::TopRight);
    out.figures.push(Figure::new("coordinates", chart.draw()?));
    let rows = |coordinates: f64, line: &[(f64, Vec<f64>)]| {
        line.iter().step_by(10).map(|(t, x)| vec![coordinates, *t, x[0], x[1], image(x)]).collect::<Vec<_>>()
    };
    out.tables.push(
        Table::new("coordinates", ["stretch", "time", "a", "b", "image"])
            .with_rows(rows(1.0, &product))
            .with_rows(rows(STRETCH, &other)),
    );
    Ok(out)
}
