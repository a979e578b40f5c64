//! Non-proper points: the natural gradient vanishes where the model's does not, and flows stall.

use super::figure::even;
use super::{DERIVED, SETTING, distance, flow};
use crate::{Claim, Figure, ReproduceError, Reproduction, Table};
use natgrad::Error;
use natgrad::geometry::{Covector, Metric, Point, Tangent};
use natgrad::network::Enumerated;
use natgrad::parametrised::examples::{Cube, Cusp, Product, common_cause};
use natgrad::parametrised::{
    EuclideanSpace, FisherRao, NetworkMap, Parametrisation, Properness, Pullback, Slope, natural_gradient, turning,
};
use natgrad_plot::{Chart, Corner};

/// Start of the flows that do not start at 0, damping, end.
const NEAR: f64 = 0.1;
const DAMPING: f64 = 0.5;
const TIME: f64 = 6.0;
/// The image whose time is compared: ξ = ½.
const LEVEL: f64 = 0.125;

/// The flow of `−½ (z − 1)²` on the line `z = ξ³`.
fn cube(
    start: f64,
    raise: impl Fn(&Pullback<'_>, &Covector) -> Result<Tangent, Error>,
) -> Result<Vec<[f64; 3]>, Error> {
    let line = flow::line(&[start], TIME, |xi: &Point| {
        let here = Pullback::at(&Cube, &EuclideanSpace(1), xi)?;
        let c = here.pull(&Slope(vec![1.0 - here.image().0[0]]))?;
        raise(&here, &c)
    })?;
    Ok(line.into_iter().map(|(t, xi)| [t, xi[0], xi[0].powi(3)]).collect())
}

/// `⅓ ∫ dξ / (ξ² (1 − ξ³))` from `NEAR` to ½, by Simpson's rule in `1/ξ`, where the integrand is nearly constant.
fn third() -> f64 {
    let (low, high, n) = (2.0, 1.0 / NEAR, 2000);
    let h = (high - low) / f64::from(n);
    let f = |y: f64| 1.0 / (1.0 - y.powi(-3));
    let inner: f64 = (1..n).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * f(low + h * f64::from(i))).sum();
    h / 9.0 * (f(low) + inner + f(high))
}

pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    let dropped = |of: &dyn Parametrisation, n: usize, xi: &[f64]| -> Result<(Properness, f64), Error> {
        let found = natural_gradient(of, &EuclideanSpace(n), &Point(xi.to_vec()), &Slope(vec![1.0; n]))?;
        Ok((found.properness, found.norm))
    };
    let cases: [(&str, &dyn Parametrisation, usize, &[f64]); 3] = [
        ("ξ³ at 0", &Cube, 1, &[0.0]),
        ("a b at (0, 0)", &Product, 1, &[0.0, 0.0]),
        ("(ξ², ξ³) at 0", &Cusp, 2, &[0.0]),
    ];
    for (name, of, n, xi) in cases {
        let (properness, norm) = dropped(of, n, xi)?;
        out.claims.push(Claim::equal(format!("{name}: length of the pushforward"), DERIVED, 0.0, norm, 0.0));
        out.claims.push(Claim::answer(
            format!("{name}: found to be no proper point, rank 0 where it is 1 nearby"),
            DERIVED,
            true,
            properness == Properness::NotProper { rank: 0, nearby: 1 },
        ));
    }
    let turn = |of: &dyn Parametrisation, n: usize| turning(of, &EuclideanSpace(n), 0.0, 1e-4);
    for (name, expected, found) in
        [("ξ³ goes straight on", 1.0, turn(&Cube, 1)?), ("(ξ², ξ³) turns back", -1.0, turn(&Cusp, 2)?)]
    {
        out.claims.push(Claim::equal(
            format!("{name} at 0: cosine between arriving and leaving"),
            DERIVED,
            expected,
            found.unwrap_or(f64::NAN),
            // The cusp's chords meet at an angle of 2e-4.
            1e-7,
        ));
    }

    let natural = cube(NEAR, |here, c| Ok(here.raise(c).tangent))?;
    let stuck = cube(0.0, |here, c| Ok(here.raise(c).tangent))?;
    let damped = cube(NEAR, |here, c| Ok(here.damped(c, DAMPING)?.tangent))?;
    let plain = cube(NEAR, |_, c| Ok(Tangent(c.0.clone())))?;
    let exact = |t: f64| 1.0 + (NEAR.powi(3) - 1.0) * (-t).exp();
    let worst = natural.iter().map(|r| (r[2] - exact(r[0])).abs()).fold(0.0, f64::max);
    out.claims.push(Claim::equal(
        "z = ξ³ from next to 0: the natural gradient flow is that of the line, largest difference",
        SETTING,
        0.0,
        worst,
        // Steps that move ξ by at most 2 percent.
        1e-6,
    ));
    let moved = stuck.iter().map(|r| r[2].abs()).fold(0.0, f64::max);
    out.claims.push(Claim::equal("z = ξ³ from 0: the flow never leaves", DERIVED, 0.0, moved, 0.0));
    let time = |rows: &[[f64; 3]]| {
        let line: Vec<(f64, Vec<f64>)> = rows.iter().map(|r| (r[0], vec![r[2]])).collect();
        flow::time_to(&line, LEVEL, |z| z[0])
    };
    let late = time(&damped).zip(time(&natural)).map_or(f64::NAN, |(d, n)| d - n);
    out.claims.push(Claim::equal(
        format!("with damping {DAMPING} it stalls next to 0: z = 1/8 is reached later by (ε/3) ∫ dξ/(ξ²(1 − ξ³))"),
        DERIVED,
        DAMPING * third(),
        late,
        1e-3,
    ));
    out.claims.push(Claim::equal(
        "the plain gradient takes until ⅓ ∫ dξ/(ξ²(1 − ξ³)) to get there",
        DERIVED,
        third(),
        time(&plain).unwrap_or(f64::NAN),
        1e-3,
    ));
    let (x, y) = ((0.0, TIME), (-0.05, 1.6));
    let curve = |rows: &[[f64; 3]], k: usize| even(&rows.iter().map(|r| (r[0], r[2])).collect::<Vec<_>>(), x, y, k);
    let chart = Chart::new("Leaving a point that is not proper: z = ξ³, climbing to z = 1", "time", "z")
        .line("natural", curve(&natural, 0))
        .line("natural, damped", curve(&damped, 1))
        .line("plain gradient", curve(&plain, 2))
        .line("natural, at ξ = 0", curve(&stuck, 3))
        .x_range(x.0, x.1)
        .y_range(y.0, y.1)
        .legend(Corner::TopRight);
    out.figures.push(Figure::new("stalling", chart.draw()?));
    let mut table = Table::new("stalling", ["flow", "time", "xi", "image"]);
    for (k, rows) in [&natural, &damped, &plain, &stuck].into_iter().enumerate() {
        let every = (rows.len() / 400).max(1);
        table.rows.extend(rows.iter().step_by(every).map(|r| vec![k as f64, r[0], r[1], r[2]]));
    }
    out.tables.push(table);
    out.extend(hidden_cause()?);
    Ok(out)
}

/// A hidden cause of two effects that do not differ: the visible map loses one of three directions.
fn hidden_cause() -> Result<Reproduction, ReproduceError> {
    let network = common_cause();
    let of = Enumerated::new(&network, &[true, false, false])?;
    let map = NetworkMap::visible(&of);
    let target = super::damping::visible_target();
    let mut out = Reproduction::default();
    let theta = Point(vec![0.3, 0.8, 0.8, 0.6, 0.6]);
    let p = map.map(&theta.0);
    let slope = Slope(p.iter().zip(&target).map(|(p, q)| q / p).collect());
    let found = natural_gradient(&map, &FisherRao(4), &theta, &slope)?;
    out.claims.push(Claim::answer(
        "hidden cause whose effects do not differ: rank 2 where it is 3 nearby",
        DERIVED,
        true,
        found.properness == Properness::NotProper { rank: 2, nearby: 3 },
    ));
    out.claims.push(Claim::equal(
        "there: distance of the pushforward of the evidence's gradient from its two-dimensional projection",
        DERIVED,
        0.0,
        distance(&found.pushforward.0, &[0.03656, -0.46896, 0.33344, 0.09896]),
        1e-12,
    ));
    let whole: Vec<f64> = target.iter().zip(&p).map(|(q, p)| q - p).collect();
    out.claims.push(Claim::at_least(
        "there: its distance from the gradient on the model",
        DERIVED,
        0.1,
        distance(&found.pushforward.0, &whole),
    ));
    Ok(out)
}
