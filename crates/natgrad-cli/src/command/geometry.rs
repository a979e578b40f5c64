//! `natgrad geometry`: is climbing the ELBO climbing the evidence, in this network, with these nodes hidden?

use super::{geometry_large, over_volume};
use crate::failure::Failure;
use crate::network_file;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::geometry::simplex::Distribution;
use natgrad::graph::{Change, Dag, Essential, criterion, smallest_change};
use natgrad::linalg::Matrix;
use natgrad::network::components::VisibleRows;
use natgrad::network::{
    CylinderAtPoint, Direction, Enumerated, MOST_STATES, Network, Target, compare, cylinder, random_point,
    visible_fisher,
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
    /// What is to be learnt: {"joint": […]} or {"visible": […]} in a .json file, or rows of visible states in a table
    /// (.csv, .tsv, .parquet).
    #[arg(long, value_name = "Q.json|ROWS.csv")]
    target: Option<PathBuf>,
    /// Distribution of the hidden nodes given the visible ones, for a target of the visible nodes.
    #[arg(long, value_enum, requires = "target")]
    recognition: Option<Recognition>,
    /// At which parameters.
    #[arg(long, value_enum, default_value = "tables")]
    at: Where,
    /// Seed of random tables, of samples and of points.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Sample this many visible states instead of listing them (large networks sample by themselves where they must).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(32..=10_000_000))]
    samples: Option<u64>,
    #[command(flatten)]
    sampling: over_volume::Sampling,
}

/// Most steps (joint states times parameters) for which every joint state is listed.
const MOST_STEPS: f64 = 3e7;

/// Largest number of parameters for which matrices are printed.
const MOST_PRINTED: usize = 400;

/// Computes and prints.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let (network, tables) = network_file::read(&arguments.network)?;
    let hidden = network.hidden(&arguments.hidden)?;
    if let (Some(count), Some(path)) = (arguments.sampling.over_volume, arguments.target.as_deref()) {
        if !geometry_large::is_json(path) {
            return Err(Failure::new(
                format!("{}: over the volume a target lists its states, it is no table of rows", path.display()),
                "give a .json target, or leave --over-volume out",
            ));
        }
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
    let graph = Graph::of(&network, &hidden);
    let joint: f64 = (0..network.len()).map(|i| network.states(i) as f64).product();
    let seen = match &arguments.target {
        Some(path) if !geometry_large::is_json(path) => Some(geometry_large::read_rows(path, &network, &hidden, out)?),
        _ => None,
    };
    if arguments.samples.is_some() || joint * network.parameters() as f64 > MOST_STEPS {
        let listed = arguments.target.as_deref().filter(|_| seen.is_none());
        if let Some(path) = listed.filter(|_| arguments.samples.is_some() || joint > MOST_STATES as f64) {
            return Err(Failure::new(
                format!("{}: a target that lists states is for networks whose states can be listed", path.display()),
                "give the target as a table of rows of visible states, and no --samples",
            ));
        }
        if listed.is_none() {
            let asked = geometry_large::Asked {
                recognition: arguments.recognition,
                target: arguments.target.as_deref(),
                rows: seen.as_ref(),
                samples: arguments.samples,
                seed: arguments.seed,
                file: &arguments.network,
            };
            return geometry_large::run(&network, &hidden, &point, &graph, &asked, out);
        }
    }
    let of = Enumerated::new(&network, &hidden)?;
    let at = of.at(&point);
    let target = match (&arguments.target, &seen) {
        (Some(path), Some(rows)) => Some(rows_target(path, rows, &of, arguments.recognition)?),
        (Some(path), None) => Some(read(path, arguments.recognition)?),
        (None, _) => None,
    };

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

    if out.json {
        let mut document = graph.json(&network, &hidden);
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

    let mut lines = graph.lines();
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

/// The graph without the edges of constants.
pub fn without_constants(network: &Network) -> Dag {
    // A node with one state is a constant: its edges say nothing.
    let constant = |i: usize| network.states(i) == 1;
    let parents = (0..network.len()).map(|i| {
        let kept = network.dag().parents(i).iter().copied().filter(|&p| !constant(p) && !constant(i));
        kept.collect()
    });
    Dag::new(parents.collect()).unwrap_or_else(|_| network.dag().clone())
}

/// Why the graph criterion does not apply, where it does not: it is about free tables, since reversing an edge keeps a
/// model only where every table of both nodes is in it. Where no edge runs from a hidden to a visible node, the model is
/// cylindrical whatever its local models are: the visible nodes' parameters and the hidden ones' are then orthogonal.
pub fn beyond_criterion(network: &Network, meant: &Dag, hidden: &[bool]) -> Option<String> {
    let restricted = network.restricted();
    let first = *restricted.first()?;
    meant.edges().into_iter().find(|&(a, b)| hidden[a] && !hidden[b])?;
    let node = &network.nodes()[first];
    let others = match restricted.len() - 1 {
        0 => "is".to_string(),
        1 => "and 1 more are".to_string(),
        n => format!("and {n} more are"),
    };
    Some(format!(
        "the criterion is about free tables, and {} ({}) {others} no free table: only the defect at a point decides",
        node.name,
        node.local.kind()
    ))
}

/// What the graph alone says.
pub(super) struct Graph {
    /// `None` where the criterion says nothing: some local model is no free table.
    cylindrical: Option<bool>,
    why: String,
    changes: Option<Vec<String>>,
    essential: Essential,
}

impl Graph {
    fn of(network: &Network, hidden: &[bool]) -> Self {
        let names = network.names();
        let meant = without_constants(network);
        if let Some(why) = beyond_criterion(network, &meant, hidden) {
            return Graph { cylindrical: None, why, changes: None, essential: Essential::of(network.dag()) };
        }
        let verdict = criterion(&meant, hidden);
        let words = |of: Vec<Change>| of.iter().map(|c| c.describe(&names)).collect();
        Graph {
            cylindrical: Some(verdict.is_ok()),
            why: match &verdict {
                Ok(()) => "some Markov-equivalent graph has no edge from a hidden to a visible node".to_string(),
                Err(obstacle) => obstacle.describe(&names),
            },
            changes: smallest_change(&meant, hidden).map(words),
            essential: Essential::of(network.dag()),
        }
    }

    /// The document's first keys.
    pub(super) fn json(&self, network: &Network, hidden: &[bool]) -> Value {
        let names = network.names();
        let pairs = |of: Vec<(usize, usize)>| of.into_iter().map(|(a, b)| [&names[a], &names[b]]).collect::<Vec<_>>();
        let by_visibility =
            |h: bool| (0..names.len()).filter(|&i| hidden[i] == h).map(|i| &names[i]).collect::<Vec<_>>();
        json!({
            "visible": by_visibility(false),
            "hidden": by_visibility(true),
            "parameters": network.parameters(),
            "cylindrical_graph": self.cylindrical,
            "why": self.why,
            "smallest_change": self.changes,
            "essential": {
                "directed": pairs(self.essential.directed_edges()),
                "undirected": pairs(self.essential.undirected_edges()),
            },
        })
    }

    /// The first lines for people.
    pub(super) fn lines(&self) -> Vec<Vec<String>> {
        let verdict = match self.cylindrical {
            Some(true) => "cylindrical",
            Some(false) => "not cylindrical",
            None => "undecided",
        };
        let mut lines = vec![vec!["graph".into(), verdict.into()], vec!["why".into(), self.why.clone()]];
        if let Some(changes) = self.changes.as_ref().filter(|c| !c.is_empty()) {
            lines.push(vec!["smallest change".into(), changes.join("; ")]);
        }
        lines
    }
}

/// Rows of visible states as a distribution of them.
fn rows_target(
    path: &Path,
    rows: &VisibleRows,
    of: &Enumerated<'_>,
    recognition: Option<Recognition>,
) -> Result<Target, Failure> {
    let (network, hidden) = (of.network(), of.hidden());
    let mut q = vec![0.0; of.map().visible()];
    let total: f64 = rows.weights.iter().sum();
    for (row, w) in rows.states.iter().zip(&rows.weights) {
        let v = (0..network.len()).filter(|&i| !hidden[i]).fold(0, |v, i| v * network.states(i) + row[i]);
        q[v] += w / total;
    }
    let q = Distribution::new(q).map_err(|e| Failure::from(e).in_file(path.display()))?;
    match recognition {
        Some(Recognition::Uniform) => Ok(Target::Uniform(q)),
        Some(Recognition::Start) => Ok(Target::Posterior(q)),
        None => Err(no_recognition(path)),
    }
}

/// A target of the visible nodes that lacks a recognition model.
pub(super) fn no_recognition(path: &Path) -> Failure {
    Failure::new(
        format!("{}: a target of the visible nodes says nothing about the hidden ones", path.display()),
        "add --recognition uniform or --recognition start",
    )
}

pub(super) fn network_title(network: &Network, hidden: &[bool]) -> String {
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
        (TargetValues::Visible(_), None) => Err(no_recognition(path)),
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

pub(super) fn rows(m: &Matrix) -> Vec<Vec<f64>> {
    (0..m.nrows()).map(|i| (0..m.ncols()).map(|j| m[(i, j)]).collect()).collect()
}
