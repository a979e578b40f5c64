//! Tables and figures of three flows of one model.

use super::trajectories::ORDER;
use crate::{Figure, ReproduceError, Reproduction, Table};
use natgrad::geometry::simplex::Distribution;
use natgrad_flow::Flow;
use natgrad_plot::tetrahedron::{Curve, Quadruple, Tetrahedron, View};
use natgrad_plot::{Chart, Corner};

/// A table for each flow.
pub fn tables(name: &str, parameters: &[&str], flows: &[Flow; 3], out: &mut Reproduction) {
    for (objective, flow) in ORDER.into_iter().zip(flows) {
        let mut columns = vec!["step".to_string(), "time".into(), "divergence".into()];
        columns.extend(parameters.iter().map(|p| (*p).to_string()));
        columns.extend(["p11", "p12", "p21", "p22"].map(String::from));
        let rows = (0..flow.step.len()).map(|k| {
            let mut row = vec![flow.step[k] as f64, flow.time[k], flow.divergence[k]];
            row.extend(&flow.parameters[k]);
            row.extend(&flow.visible[k]);
            row
        });
        out.tables.push(Table::new(format!("{name}-{}", objective.name()), columns).with_rows(rows));
    }
}

/// The visible distributions of two independent nodes, parameters 0, 0.02, …, 1.
pub fn surface() -> Vec<Vec<Quadruple>> {
    let grid: Vec<f64> = (0..=50).map(|i| f64::from(i) / 50.0).collect();
    let at = |y: f64, z: f64| [y * z, y * (1.0 - z), (1.0 - y) * z, (1.0 - y) * (1.0 - z)];
    grid.iter().map(|&y| grid.iter().map(|&z| at(y, z)).collect()).collect()
}

fn quadruple(p: &[f64]) -> Quadruple {
    std::array::from_fn(|i| p[i])
}

/// The flows in the tetrahedron, their divergence and their parameters.
pub fn pictures(
    name: &str,
    title: &str,
    flows: &[Flow; 3],
    target: &Distribution,
    surface: Vec<Vec<Quadruple>>,
    out: &mut Reproduction,
) -> Result<(), ReproduceError> {
    let words = ["ELBO", "perfect recognition", "evidence"];
    let curves = words
        .iter()
        .zip(flows)
        .map(|(word, flow)| Curve { name: (*word).into(), points: flow.visible.iter().map(|p| quadruple(p)).collect() })
        .collect();
    let q = target.probabilities();
    let seen: Vec<f64> = (0..4).map(|v| q[v] + q[v + 4]).collect();
    let tetrahedron = Tetrahedron {
        title: format!("{title}: distributions of y and z"),
        corners: ["y z", "y z'", "y' z", "y' z'"].map(String::from),
        surface,
        surface_name: "visible model".into(),
        curves,
        target: Some(quadruple(&seen)),
    };
    let view = View::default();
    out.figures.push(Figure {
        name: format!("{name}-simplex"),
        svg: tetrahedron.svg(view),
        png: tetrahedron.png(view)?,
    });

    let mut chart =
        Chart::new(format!("{title}: how far from the target"), "time", "D(target ‖ model) of y and z, nats").log_y();
    for (word, flow) in words.iter().zip(flows) {
        chart = chart.line(*word, flow.time.iter().copied().zip(flow.divergence.iter().copied()));
    }
    out.figures.push(Figure::new(format!("{name}-divergence"), chart.x_range(0.0, 5.0).draw()?));
    let names: &[&str] =
        if flows[0].parameters[0].len() == 3 { &["x", "y", "z"] } else { &["x", "y1", "y2", "z1", "z2"] };
    for (objective, (word, flow)) in ORDER.into_iter().zip(words.iter().zip(flows)) {
        // Room on the right for the legend.
        let mut chart = Chart::new(format!("{title}: parameters, {word}"), "time", "probability")
            .x_range(0.0, 6.0)
            .y_range(-0.2, 1.2)
            .legend(Corner::TopRight);
        for (j, parameter) in names.iter().enumerate() {
            chart = chart.line(*parameter, flow.time.iter().copied().zip(flow.parameters.iter().map(|xi| xi[j])));
        }
        out.figures.push(Figure::new(format!("{name}-parameters-{}", objective.name()), chart.draw()?));
    }
    Ok(())
}
