//! `natgrad geometry`: is climbing the ELBO climbing the evidence, in this network, with these nodes hidden?

use super::over_volume;
use crate::failure::Failure;
use crate::network_file;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::geometry::simplex::Distribution;
use natgrad::graph::{Change, Essential, criterion, smallest_change};
use natgrad::linalg::Matrix;
use natgrad::network::{
    CylinderAtPoint, Direction, Enumerated, Network, Target, compare, cylinder, random_point, visible_fisher,
};
use natgrad_io::{TargetValues, read_target};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Where to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Where {
    /// At the network's own tables.
    Tables,
    /// At random tables (uniform on the simplex of each row).
    Random,
}

/// Recognition for a target of the visible nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Recognition {
    /// Uniform over the hidden states.
    Uniform,
    /// The posterior of the network itself.
    Start,
}

/// Local geometry of a network with hidden nodes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Network (.bif or .json).
    #[arg(value_name = "NETWORK")]
    network: PathBuf,
    /// Hidden nodes.
    #[arg(long, value_name = "A,B", value_delimiter = ',', required = true)]
    hidden: Vec<String>,
    /// What is to be learnt: {"joint": […]} or {"visible": […]}.
    #[arg(long, value_name = "Q.json")]
    target: Option<PathBuf>,
    /// Distribution of the hidden nodes given the visible ones, for a target of the visible nodes.
    #[arg(long, value_enum, requires = "target")]
    recognition: Option<Recognition>,
    /// At which parameters.
    #[arg(long, value_enum, default_value = "tables")]
    at: Where,
    /// Seed of random tables and points.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[command(flatten)]
    sampling: over_volume::Sampling,
}

/// Largest number of parameters for which matrices are printed.
const MOST_PRINTED: usize = 400;

/// Computes and prints.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let (network, tables) = network_file::read(&arguments.network)?;
    let hidden = network.hidden(&arguments.hidden)?;
    if let (Some(count), Some(path)) = (arguments.sampling.over_volume, arguments.target.as_deref()) {
        let target = read(path, arguments.recognition)?;
        let of = Enumerated::new(&network, &hidden)?;
        return over_volume::run(&of, &target, &arguments.sampling, count, arguments.seed, out);
    }
    let point = match (arguments.at, tables) {
        (Where::Random, _) => random_point(&network, arguments.seed),
        (Where::Tables, Some(point)) => point,
        (Where::Tables, None) => {
            return Err(Failure::new(
                format!("{}: some nodes have no table", arguments.network.display()),
                "give every node a table, or look --at random",
            ));
        }
    };
    let of = Enumerated::new(&network, &hidden)?;
    let at = of.at(&point);
    let target = arguments.target.as_deref().map(|path| read(path, arguments.recognition)).transpose()?;

    let names = network.names();
    let verdict = criterion(network.dag(), &hidden);
    let changes = smallest_change(network.dag(), &hidden);
    let why = match &verdict {
        Ok(()) => "some Markov-equivalent graph has no edge from a hidden to a visible node".to_string(),
        Err(obstacle) => obstacle.describe(&names),
    };
    let words = |of: &[Change]| of.iter().map(|c| c.describe(&names)).collect::<Vec<_>>();

    // On the boundary of the simplex the metrics do not exist; everything else does.
    let (geometry, no_metric) = match cylinder(&of, &at) {
        Ok(geometry) => (Some(geometry), None),
        Err(e) if target.is_none() => (None, Some(e.to_string())),
        Err(e) => return Err(Failure::from(e).in_file(arguments.network.display())),
    };
    let comparison = match (&geometry, &target) {
        (Some(geometry), Some(target)) => {
            let place = arguments.target.as_deref().map(|p| p.display().to_string()).unwrap_or_default();
            Some(compare(&of, &at, geometry, target).map_err(|e| Failure::from(e).in_file(place))?)
        }
        _ => None,
    };

    let essential = Essential::of(network.dag());
    let pairs = |of: Vec<(usize, usize)>| of.into_iter().map(|(a, b)| [&names[a], &names[b]]).collect::<Vec<_>>();
    let by_visibility = |h: bool| (0..names.len()).filter(|&i| hidden[i] == h).map(|i| &names[i]).collect::<Vec<_>>();
    if out.json {
        let mut document = json!({
            "visible": by_visibility(false),
            "hidden": by_visibility(true),
            "parameters": network.parameters(),
            "cylindrical_graph": verdict.is_ok(),
            "why": why,
            "smallest_change": changes.as_deref().map(words),
            "essential": {
                "directed": pairs(essential.directed_edges()),
                "undirected": pairs(essential.undirected_edges()),
            },
        });
        let add = |document: &mut Value, more: Value| {
            if let (Some(all), Value::Object(more)) = (document.as_object_mut(), more) {
                all.extend(more);
            }
        };
        if let Some(g) = &geometry {
            add(&mut document, point_json(g));
            if network.parameters() <= MOST_PRINTED {
                let joint = dense(g, network.parameters());
                let visible = visible_fisher(&g.visible_jacobian, &at.visible);
                add(&mut document, json!({"fisher_joint": rows(&joint), "fisher_visible": rows(&visible)}));
            }
        }
        if let Some(problem) = no_metric {
            add(&mut document, json!({"no_metric": problem.replace("\nhint: ", "; ")}));
        }
        if let Some(c) = &comparison {
            add(
                &mut document,
                json!({
                    "divergence": {"evidence": c.divergence_evidence, "elbo": c.divergence_elbo},
                    "gradients": {
                        "evidence": direction(&c.evidence),
                        "recognition": direction(&c.recognition),
                        "elbo": direction(&c.elbo),
                    },
                    "cosines": {
                        "elbo_evidence": c.cosines.elbo_evidence,
                        "recognition_evidence": c.cosines.recognition_evidence,
                        "elbo_recognition": c.cosines.elbo_recognition,
                    },
                    "errors": {"metric": c.error_metric, "gap": c.error_gap, "total": c.error},
                }),
            );
        }
        out.document(&document)?;
        return Ok(0);
    }

    let mut lines =
        vec![vec!["graph".to_string(), if verdict.is_ok() { "cylindrical".into() } else { "not cylindrical".into() }]];
    lines.push(vec!["why".into(), why]);
    if let Some(changes) = changes.filter(|c| !c.is_empty()) {
        lines.push(vec!["smallest change".into(), words(&changes).join("; ")]);
    }
    if let Some(g) = &geometry {
        let here = if g.cylindrical { "cylindrical here" } else { "not cylindrical here" };
        lines.push(vec!["at this point".into(), format!("{here}: defect {}", short(g.defect))]);
        lines.push(vec![
            "dimensions".into(),
            format!(
                "{} parameters, joint model {}, visible model {}; {} directions purely horizontal, {} purely vertical",
                network.parameters(),
                g.rank_joint,
                g.rank_visible,
                g.horizontal,
                g.vertical
            ),
        ]);
        let spectrum: Vec<String> = g.eigenvalues.iter().map(|l| short(*l)).collect();
        lines.push(vec!["visible information".into(), spectrum.join(" ")]);
        lines.push(vec![
            "least cosine".into(),
            format!("{} (recognition against evidence, any target)", short(g.cosine_bound)),
        ]);
        if !g.admissible {
            lines.push(vec!["beware".into(), "a rank is smaller here than nearby: the point is not admissible".into()]);
        }
    }
    out.result(&plain(&["geometry", &network_title(&network, &hidden)], lines))?;
    if let Some(problem) = no_metric {
        out.warn(&problem);
    }
    if let Some(c) = &comparison {
        let cosine = |c: Option<f64>| c.map_or("–".to_string(), short);
        let line = |name: &str, d: &Direction, to: String| vec![name.to_string(), short(d.norm), to];
        out.result(&format!(
            "\ndivergence from the target: {} nats visible, {} joint\n",
            short(c.divergence_evidence),
            short(c.divergence_elbo)
        ))?;
        let rows = vec![
            line("evidence", &c.evidence, "1".into()),
            line("recognition", &c.recognition, cosine(c.cosines.recognition_evidence)),
            line("elbo", &c.elbo, cosine(c.cosines.elbo_evidence)),
        ];
        out.result(&plain(&["natural gradient of", "length on visible states", "cosine with the evidence's"], rows))?;
        out.result(&format!(
            "\nerror of the metric {}, of the variational gap {}, of both {}",
            short(c.error_metric),
            short(c.error_gap),
            short(c.error)
        ))?;
    }
    Ok(0)
}

fn network_title(network: &Network, hidden: &[bool]) -> String {
    let list = |h: bool| {
        let names: Vec<&str> =
            (0..network.len()).filter(|&i| hidden[i] == h).map(|i| network.nodes()[i].name.as_str()).collect();
        names.join(", ")
    };
    format!("hidden {}; visible {}", list(true), list(false))
}

/// Reads a target.
pub(super) fn read(path: &Path, recognition: Option<Recognition>) -> Result<Target, Failure> {
    let distribution = |p: Vec<f64>| Distribution::new(p).map_err(|e| Failure::from(e).in_file(path.display()));
    match (read_target(path)?, recognition) {
        (TargetValues::Joint(p), None) => Ok(Target::Joint(distribution(p)?)),
        (TargetValues::Joint(_), Some(_)) => Err(Failure::new(
            format!("{}: a joint target has its own recognition model", path.display()),
            "leave --recognition out",
        )),
        (TargetValues::Visible(p), Some(Recognition::Uniform)) => Ok(Target::Uniform(distribution(p)?)),
        (TargetValues::Visible(p), Some(Recognition::Start)) => Ok(Target::Posterior(distribution(p)?)),
        (TargetValues::Visible(_), None) => Err(Failure::new(
            format!("{}: a target of the visible nodes says nothing about the hidden ones", path.display()),
            "add --recognition uniform or --recognition start",
        )),
    }
}

fn point_json(g: &CylinderAtPoint) -> Value {
    json!({
        "rank_joint": g.rank_joint,
        "rank_visible": g.rank_visible,
        "eigenvalues": g.eigenvalues,
        "defect": g.defect,
        "horizontal": g.horizontal,
        "vertical": g.vertical,
        "cylindrical_at_point": g.cylindrical,
        "admissible": g.admissible,
        "cosine_bound": g.cosine_bound,
    })
}

fn direction(d: &Direction) -> Value {
    json!({"parameter": d.parameter.0, "natural": d.natural.0, "pushforward": d.pushforward.0, "norm": d.norm})
}

fn dense(g: &CylinderAtPoint, n: usize) -> Matrix {
    let mut out = Matrix::zeros(n, n);
    for (index, block) in g.joint_metric.blocks() {
        for (u, &i) in index.iter().enumerate() {
            for (v, &j) in index.iter().enumerate() {
                out[(i, j)] = block.matrix()[(u, v)];
            }
        }
    }
    out
}

fn rows(m: &Matrix) -> Vec<Vec<f64>> {
    (0..m.nrows()).map(|i| (0..m.ncols()).map(|j| m[(i, j)]).collect()).collect()
}
