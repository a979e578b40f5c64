//! Damping is no generalised inverse: the error of the pushforward against `ε`, for a network with a hidden cause.

use super::DERIVED;
use crate::{Claim, Figure, ReproduceError, Reproduction, Table};
use natgrad::geometry::Point;
use natgrad::network::Enumerated;
use natgrad::parametrised::examples::common_cause;
use natgrad::parametrised::{FisherRao, NetworkMap, Pullback, Slope};
use natgrad_plot::{Chart, Corner};

/// A visible target, of a joint distribution of the same model.
pub fn visible_target() -> [f64; 4] {
    [0.356572, 0.011028, 0.613428, 0.018972]
}

pub fn run() -> Result<Reproduction, ReproduceError> {
    let network = common_cause();
    let of = Enumerated::new(&network, &[true, false, false])?;
    let map = NetworkMap::visible(&of);
    let space = FisherRao(4);
    let here = Pullback::at(&map, &space, &Point(vec![0.3, 0.8, 0.4, 0.6, 0.1]))?;
    let c = here.pull(&Slope(here.image().0.iter().zip(visible_target()).map(|(p, q)| q / p).collect()))?;
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut out = Reproduction::default();
    for (epsilon, expected, digits) in
        [(1e-1, 2.55e-2, 5e-5), (1e-2, 2.75e-3, 5e-6), (1e-3, 2.776e-4, 5e-8), (1e-4, 2.778e-5, 5e-9)]
    {
        out.claims.push(Claim::equal(
            format!("hidden cause: Euclidean error of the pushforward with damping {epsilon}"),
            DERIVED,
            expected,
            length(&here.damped(&c, epsilon)?.difference.0),
            digits,
        ));
    }
    let mut rows = Vec::new();
    let mut above = f64::NEG_INFINITY;
    for k in 0..=40 {
        let exponent = -8.0 + 0.25 * f64::from(k);
        let epsilon = 10f64.powf(exponent);
        let damped = here.damped(&c, epsilon)?;
        above = above.max(damped.error / damped.bound);
        rows.push(vec![epsilon, length(&damped.difference.0), damped.error, damped.bound]);
    }
    out.claims.push(Claim::at_most(
        "the error in the metric is never above ε/(λ_min + ε) of the gradient's length: largest ratio",
        DERIVED,
        1.0,
        above,
    ));
    let small = here.damped(&c, 1e-6)?;
    out.claims.push(Claim::equal(
        "for small ε the error is proportional to it: error at 1e-6 over error at 1e-7",
        DERIVED,
        10.0,
        small.error / here.damped(&c, 1e-7)?.error,
        // Relative to ε/λ_min.
        1e-4,
    ));
    let series = |column: usize| rows.iter().map(|r| (r[0].log10(), r[column])).collect::<Vec<_>>();
    let chart = Chart::new("What damping costs", "log₁₀ ε", "error of the pushforward")
        .line("error", series(2))
        .line("bound", series(3))
        .log_y()
        .legend(Corner::BottomRight);
    out.figures.push(Figure::new("damping", chart.draw()?));
    out.tables.push(Table::new("damping", ["epsilon", "euclidean_error", "error", "bound"]).with_rows(rows));
    Ok(out)
}
