//! `natgrad geometry` for networks whose joint states cannot be listed: part by part, sampled where it must be.

use super::geometry::{Graph, Recognition, network_title, no_recognition, rows};
use crate::failure::Failure;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::geometry::Point;
use natgrad::network::Network;
use natgrad::network::components::{
    Components, Effort, Length, RowsComparison, RowsTarget, Uncertainty, VisibleRows, compare_rows,
};
use natgrad::rows::RowSource;
use natgrad_io::{Levels, ReadOptions, open_with_notes};
use serde_json::{Value, json};
use std::path::Path;

/// What zeros in tables mean.
const FACE: &str = "table entries that are 0 stay 0: this is the geometry of that face of the simplex";

/// What is asked beside the network itself.
pub(super) struct Asked<'a> {
    pub recognition: Option<Recognition>,
    pub target: Option<&'a Path>,
    pub rows: Option<&'a VisibleRows>,
    pub samples: Option<u64>,
    pub seed: u64,
    pub file: &'a Path,
}

/// Whether a target is a distribution that lists states.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("json"))
}

/// Rows of a table whose columns are the visible nodes, cells the names of their states.
pub(super) fn read_rows(path: &Path, network: &Network, hidden: &[bool], out: &Output) -> Result<VisibleRows, Failure> {
    let visible: Vec<usize> = (0..network.len()).filter(|&i| !hidden[i]).collect();
    let node = |i: usize| &network.nodes()[i];
    let options = ReadOptions {
        columns: Some(visible.iter().map(|&i| node(i).name.clone()).collect()),
        known_levels: visible.iter().map(|&i| (node(i).name.clone(), node(i).states.clone())).collect(),
        levels: Levels::None,
        ..ReadOptions::default()
    };
    let opened = open_with_notes(&[path.to_path_buf()], &options)?;
    opened.notes.iter().for_each(|n| out.warn(n));
    let source: Box<dyn RowSource> = opened.source;
    let mut all = VisibleRows::default();
    let mut missing = None;
    let swept = source.sweep(0..source.chunks(), &mut |_, chunk| {
        for n in 0..chunk.rows {
            let mut state = vec![0; network.len()];
            for (d, &i) in visible.iter().enumerate() {
                let value = chunk.column(d)[n];
                if value.is_nan() && missing.is_none() {
                    missing = Some((chunk.first_row + n as u64 + 1, node(i).name.clone()));
                }
                state[i] = value as usize;
            }
            all.states.push(state);
            all.weights.push(chunk.weight(n));
        }
        Ok(())
    });
    swept.map_err(|e| Failure::from(e).in_file(path.display()))?;
    match missing {
        Some((row, column)) => Err(Failure::new(
            format!("{}, row {row}, column \"{column}\": a target has no missing cells", path.display()),
            "leave the row out, or hide the node",
        )),
        None => Ok(all),
    }
}

/// Computes and prints.
pub(super) fn run(
    network: &Network,
    hidden: &[bool],
    point: &Point,
    graph: &Graph,
    asked: &Asked<'_>,
    out: &Output,
) -> Result<u8, Failure> {
    let mut effort = Effort { seed: asked.seed, always_sample: asked.samples.is_some(), ..Effort::default() };
    if let Some(samples) = asked.samples {
        effort.samples = samples as usize;
    }
    let found =
        Components::new(network, hidden, point, &effort).map_err(|e| Failure::from(e).in_file(asked.file.display()))?;
    let comparison = match (asked.rows, asked.target) {
        (Some(rows), Some(path)) => {
            let target = match asked.recognition {
                Some(Recognition::Uniform) => RowsTarget::Uniform,
                Some(Recognition::Start) => RowsTarget::Posterior,
                None => return Err(no_recognition(path)),
            };
            Some(compare_rows(&found, rows, target).map_err(|e| Failure::from(e).in_file(path.display()))?)
        }
        _ => None,
    };
    if out.json {
        let mut document = graph.json(network, hidden);
        if let Some(all) = document.as_object_mut() {
            for part in
                [Some(point_json(&found, &effort)), comparison.as_ref().map(comparison_json)].into_iter().flatten()
            {
                if let Value::Object(part) = part {
                    all.extend(part);
                }
            }
        }
        out.document(&document)?;
        return Ok(0);
    }
    let mut lines = graph.lines();
    lines.extend(point_lines(&found, &effort));
    out.result(&plain(&["geometry", &network_title(network, hidden)], lines))?;
    if let Some(c) = &comparison {
        out.result(&format!(
            "\ndivergence from the target: {} nats visible, {} joint\n",
            short(c.divergence_evidence),
            short(c.divergence_elbo)
        ))?;
        let cosine = |c: Option<f64>| c.map_or("–".to_string(), short);
        let line = |name: &str, l: &Length, to: String| vec![name.to_string(), short(l.norm), to];
        let rows = vec![
            line("evidence", &c.evidence, "1".into()),
            line("recognition", &c.recognition, cosine(c.cosines.recognition_evidence)),
            line("elbo", &c.elbo, cosine(c.cosines.elbo_evidence)),
        ];
        out.result(&plain(&["natural gradient of", "length on visible states", "cosine with the evidence's"], rows))?;
    }
    Ok(0)
}

fn blocks<'m>(of: impl Iterator<Item = (Vec<usize>, &'m natgrad::linalg::Matrix)>) -> Vec<Value> {
    of.map(|(parameters, matrix)| json!({"parameters": parameters, "matrix": rows(matrix)})).collect()
}

fn point_json(c: &Components<'_>, effort: &Effort) -> Value {
    let names = c.network.names();
    let named = |of: &[usize]| of.iter().map(|&i| &names[i]).collect::<Vec<_>>();
    let parts: Vec<Value> = c
        .parts
        .iter()
        .map(|p| {
            json!({
                "hidden": named(&p.part.hidden),
                "blanket": named(&p.part.blanket),
                "method": match p.uncertainty {
                    Uncertainty::Exact => "exact",
                    Uncertainty::Sampled => "sampled",
                    Uncertainty::SampledScores => "sampled-scores",
                },
                "eigenvalues": p.eigenvalues,
                "standard_error": p.standard_errors,
                "unseen": p.unseen,
            })
        })
        .collect();
    let visible = c.visible_blocks();
    json!({
        "rank_joint": c.rank_joint,
        "rank_visible": c.rank_visible,
        "eigenvalues": c.eigenvalues.iter().map(|(l, _)| l).collect::<Vec<_>>(),
        "defect": c.defect,
        "standard_error": {
            "eigenvalues": c.eigenvalues.iter().map(|(_, e)| e).collect::<Vec<_>>(),
            "defect": c.defect_error,
        },
        "sampled": c.sampled().then(|| json!({"samples": effort.samples, "seed": effort.seed, "unseen": c.unseen()})),
        "boundary": (c.zeros() > 0).then(|| json!({"zeros": c.zeros(), "note": FACE})),
        "parts": parts,
        "horizontal": c.horizontal,
        "vertical": c.vertical,
        "cylindrical_at_point": c.cylindrical,
        "cosine_bound": c.cosine_bound,
        "fisher_joint": {"blocks": blocks(c.joint_metric.blocks().map(|(i, g)| (i.to_vec(), g.matrix())))},
        "fisher_visible": {"blocks": blocks(visible.iter().map(|(i, m)| (i.clone(), m)))},
    })
}

fn comparison_json(c: &RowsComparison) -> Value {
    let gradient =
        |l: &Length| json!({"parameter": l.parameter.0, "natural": l.natural.0, "pushforward": null, "norm": l.norm});
    json!({
        "log_evidence": c.log_evidence,
        "divergence": {"evidence": c.divergence_evidence, "elbo": c.divergence_elbo},
        "gradients": {
            "evidence": gradient(&c.evidence),
            "recognition": gradient(&c.recognition),
            "elbo": gradient(&c.elbo),
        },
        "cosines": {
            "elbo_evidence": c.cosines.elbo_evidence,
            "recognition_evidence": c.cosines.recognition_evidence,
            "elbo_recognition": c.cosines.elbo_recognition,
        },
    })
}

fn point_lines(c: &Components<'_>, effort: &Effort) -> Vec<Vec<String>> {
    let here = if c.cylindrical { "cylindrical here" } else { "not cylindrical here" };
    let error = |e: f64| if e > 0.0 { format!(" ± {}", short(e)) } else { String::new() };
    let mut lines = vec![
        vec!["at this point".into(), format!("{here}: defect {}{}", short(c.defect), error(c.defect_error))],
        vec![
            "dimensions".into(),
            format!(
                "{} parameters, joint model {}, visible model {}; {} directions purely horizontal, {} purely vertical",
                c.network.parameters(),
                c.rank_joint,
                c.rank_visible,
                c.horizontal,
                c.vertical
            ),
        ],
        vec!["least cosine".into(), format!("{} (recognition against evidence, any target)", short(c.cosine_bound))],
    ];
    let names = c.network.names();
    for p in &c.parts {
        let hidden: Vec<&str> = p.part.hidden.iter().map(|&i| names[i].as_str()).collect();
        let between: Vec<String> = p
            .eigenvalues
            .iter()
            .zip(&p.standard_errors)
            .filter(|(l, _)| **l > 1e-9 && **l < 1.0 - 1e-9)
            .map(|(l, e)| format!("{}{}", short(*l), error(*e)))
            .collect();
        let (shown, more) = (between.len().min(8), between.len().saturating_sub(8));
        let more = if more > 0 { format!(" … and {more} more") } else { String::new() };
        let list = if shown == 0 { "none".into() } else { between[..shown].join(", ") };
        lines.push(vec![format!("partly visible at {}", hidden.join(", ")), format!("{list}{more}")]);
    }
    if c.zeros() > 0 {
        lines.push(vec!["boundary".into(), format!("{}: {FACE}", c.zeros())]);
    }
    if c.sampled() {
        lines.push(vec!["sampled".into(), format!("{} visible states, seed {}", effort.samples, effort.seed)]);
    }
    if c.unseen() > 0 {
        lines.push(vec!["beware".into(), format!("{} directions were not met by any sampled state", c.unseen())]);
    }
    lines
}
