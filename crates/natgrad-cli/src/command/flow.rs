//! `natgrad flow`: where do the gradients of evidence, recognition and ELBO lead, and do their curves coincide?

use super::flow_picture::Picture;
use super::geometry::{Recognition, read as read_target};
use crate::failure::Failure;
use crate::network_file;
use crate::output::Output;
use crate::table::{plain, short};
use natgrad::geometry::Point;
use natgrad::network::{Enumerated, Network, random_point};
use natgrad::rows::{Column, ColumnKind};
use natgrad_flow::{Domain, End, Flow, Method, Objective, Settings, flow};
use natgrad_io::{AtomicFile, TableWriter};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// Whose gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Of {
    /// Of the evidence, in the metric of the visible model.
    Evidence,
    /// Of the evidence with perfect recognition, in the joint metric.
    Recognition,
    /// Of the ELBO with the recognition model of the target.
    Elbo,
}

/// How to integrate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum By {
    /// Explicit steps of one length.
    Euler,
    /// Steps as long as the tolerance allows.
    Adaptive,
}

/// What happens at the boundary of the simplex.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Where {
    /// Nothing: parameters may leave the unit box.
    Free,
    /// It is never crossed.
    Keep,
}

/// Gradient flows of a network with hidden nodes.
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
    target: PathBuf,
    /// Distribution of the hidden nodes given the visible ones, for a target of the visible nodes.
    #[arg(long, value_enum)]
    recognition: Option<Recognition>,
    /// Whose gradients to follow.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "evidence,recognition,elbo")]
    objective: Vec<Of>,
    /// Where to start: the tables of another file of the same network, or random ones (default: the network's tables).
    #[arg(long, value_name = "NETWORK2|random")]
    start: Option<PathBuf>,
    /// Seed of random tables.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// How to integrate.
    #[arg(long, value_enum, default_value = "euler")]
    method: By,
    /// Length of a step; for the adaptive method the time between two points.
    #[arg(long, default_value_t = 0.01, allow_negative_numbers = true)]
    dt: f64,
    /// Number of Euler's steps (default: 499).
    #[arg(long)]
    steps: Option<usize>,
    /// End of the time of the adaptive method (default: 499 times --dt).
    #[arg(long, value_name = "T", allow_negative_numbers = true)]
    until: Option<f64>,
    /// Relative tolerance of the adaptive method; the absolute one is a tenth of it.
    #[arg(long, default_value_t = 1e-10, allow_negative_numbers = true)]
    accuracy: f64,
    /// End early where the flow's own divergence falls more slowly than this, in nats per unit of time; 0: never.
    #[arg(long, value_name = "RATE", default_value_t = 0.0, allow_negative_numbers = true)]
    settle: f64,
    /// Keep every K-th point; the first and the last are always kept.
    #[arg(long, value_name = "K", default_value_t = 1)]
    every: usize,
    /// What happens at the boundary of the simplex.
    #[arg(long, value_enum, default_value = "free")]
    domain: Where,
    /// File for the points (.csv, .parquet, .npy).
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// File for the picture: the tetrahedron of four visible states (.svg, .png, .html), else the divergence (.svg, .png).
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

/// Steps where nothing else is said: the published figures' number.
const STEPS: usize = 499;

/// Follows the flows, prints and writes them.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let (network, tables) = network_file::read(&arguments.network)?;
    let hidden = network.hidden(&arguments.hidden)?;
    let start = start(arguments, &network, tables)?;
    let of = Enumerated::new(&network, &hidden)?;
    let target = read_target(&arguments.target, arguments.recognition)?;
    let settings = settings(arguments)?;
    let points =
        points(&settings) * (network.parameters() + of.map().visible()) as f64 * arguments.objective.len() as f64;
    if points > MOST_NUMBERS {
        return Err(Failure::new(
            format!("{points:.1e} numbers to keep do not fit into memory"),
            "keep fewer points with --every, or take fewer steps",
        ));
    }
    // What cannot be written is said before the work is done.
    let states = visible_states(&network, &hidden);
    let writer = match &arguments.out {
        Some(path) => Some(TableWriter::create(path, &columns(&network, &states))?),
        None => None,
    };
    if let Some(path) = &arguments.plot {
        drop(AtomicFile::create(path)?);
    }
    let picture = arguments.plot.as_deref().map(|path| Picture::new(path, &of, &states)).transpose()?;

    let mut flows: Vec<(Objective, Flow)> = Vec::new();
    for objective in &arguments.objective {
        let objective = match objective {
            Of::Evidence => Objective::Evidence,
            Of::Recognition => Objective::Recognition,
            Of::Elbo => Objective::Elbo,
        };
        if flows.iter().all(|(o, _)| *o != objective) {
            let found = flow(&of, objective, &target, &start, &settings)
                .map_err(|e| Failure::from(e).in_file(arguments.target.display()))?;
            flows.push((objective, found));
        }
    }
    let aim = of.map().sum(&target.joint(&of, &of.at(&start))?);
    if let Some(mut writer) = writer {
        for (objective, flow) in &flows {
            writer.push_rows(flow.step.len(), &cells(*objective, flow))?;
        }
        writer.finish()?;
    }
    if let Some(picture) = picture {
        picture.write(&flows, &aim)?;
    }

    if out.json {
        let all: Map<String, Value> =
            flows.iter().map(|(objective, flow)| (objective.name().to_string(), document(flow))).collect();
        out.document(&json!({
            "flows": all,
            "parameter_names": network.labels(),
            "visible_states": states,
            "target": aim,
        }))?;
        return Ok(0);
    }
    let rows = flows.iter().map(|(objective, flow)| {
        let last = flow.step.len() - 1;
        vec![
            objective.name().to_string(),
            flow.step[last].to_string(),
            short(flow.time[last]),
            short(flow.divergence[0]),
            short(flow.divergence[last]),
            flow.left_domain_at.map_or("never".into(), |t| format!("time {}", short(t))),
            match &flow.end {
                End::Completed => "completed".to_string(),
                End::Settled => "settled".to_string(),
                End::Stopped(why) => format!("stopped: {why}"),
            },
        ]
    });
    out.result(&plain(
        &["flow of", "step", "time", "divergence at the start", "at the end", "left the unit box", "ended"],
        rows.collect(),
    ))?;
    let mut lines = vec![vec!["start".to_string()]];
    lines[0].extend(start.0.iter().map(|x| short(*x)));
    for (objective, flow) in &flows {
        let mut line = vec![format!("end of {}", objective.name())];
        line.extend(flow.parameters[flow.parameters.len() - 1].iter().map(|x| short(*x)));
        lines.push(line);
    }
    // One line per parameter, one column per point.
    let names = network.labels();
    let turned = (0..names.len().min(MOST_PRINTED))
        .map(|j| std::iter::once(names[j].clone()).chain(lines.iter().map(|l| l[j + 1].clone())).collect());
    let header: Vec<&str> = std::iter::once("parameter").chain(lines.iter().map(|l| l[0].as_str())).collect();
    out.result(&format!("\n{}", plain(&header, turned.collect())))?;
    if names.len() > MOST_PRINTED {
        out.note(&format!("{} parameters more: see --json or --out", names.len() - MOST_PRINTED));
    }
    for path in [&arguments.out, &arguments.plot].into_iter().flatten() {
        out.note(&format!("written to {}", path.display()));
    }
    Ok(0)
}

/// Most parameters that are printed for the eye.
const MOST_PRINTED: usize = 40;

fn start(arguments: &Arguments, network: &Network, tables: Option<Point>) -> Result<Point, Failure> {
    let missing = |path: &Path| {
        Failure::new(
            format!("{}: some nodes have no table", path.display()),
            "give every node a table, or start from --start random",
        )
    };
    match &arguments.start {
        None => tables.ok_or_else(|| missing(&arguments.network)),
        Some(path) if path.as_os_str() == "random" => Ok(random_point(network, arguments.seed)),
        Some(path) => {
            let (other, tables) = network_file::read(path)?;
            if other.specs(None) != network.specs(None) {
                return Err(Failure::new(
                    format!("{}: its nodes are not those of {}", path.display(), arguments.network.display()),
                    "start from the same nodes, states and parents in the same order, with other tables",
                ));
            }
            tables.ok_or_else(|| missing(path))
        }
    }
}

/// Most of Euler's steps.
const MOST_STEPS: usize = 100_000_000;

/// Most numbers that the points of all flows may hold.
const MOST_NUMBERS: f64 = 1e8;

/// Points that are kept of one flow.
fn points(settings: &Settings) -> f64 {
    let steps = match settings.method {
        Method::Euler { steps, .. } => steps as f64,
        Method::Adaptive { until, spacing, .. } => until / spacing,
    };
    steps / settings.every as f64 + 2.0
}

fn settings(arguments: &Arguments) -> Result<Settings, Failure> {
    let method = match arguments.method {
        By::Euler if arguments.until.is_some() => {
            return Err(Failure::new("--until is for the adaptive method", "use --steps, or add --method adaptive"));
        }
        By::Adaptive if arguments.steps.is_some() => {
            return Err(Failure::new("--steps are Euler's", "use --until, or leave --method adaptive out"));
        }
        By::Euler => Method::Euler { dt: arguments.dt, steps: arguments.steps.unwrap_or(STEPS) },
        By::Adaptive => Method::Adaptive {
            until: arguments.until.unwrap_or(STEPS as f64 * arguments.dt),
            spacing: arguments.dt,
            relative: arguments.accuracy,
            absolute: 0.1 * arguments.accuracy,
        },
    };
    // The time step is named first where the end of the time follows from it.
    let positive = |x: f64| x.is_finite() && x > 0.0;
    let refuse = |option: &str, value: String, hint: &str| Err(Failure::new(format!("{option} is {value}"), hint));
    if !positive(arguments.dt) {
        return refuse("--dt", arguments.dt.to_string(), "give a positive time, 0.01 say");
    }
    if let Some(until) = arguments.until.filter(|t| !positive(*t)) {
        return refuse("--until", until.to_string(), "give a positive time, 5 say");
    }
    if let Some(steps) = arguments.steps.filter(|s| *s == 0 || *s > MOST_STEPS) {
        return refuse("--steps", steps.to_string(), "give a number of steps from 1 to a hundred million");
    }
    if arguments.every == 0 {
        return refuse("--every", "0".into(), "give 1 to keep every point");
    }
    if !positive(arguments.accuracy) {
        return refuse("--accuracy", arguments.accuracy.to_string(), "give a relative tolerance, 1e-10 say");
    }
    if !(arguments.settle.is_finite() && arguments.settle >= 0.0) {
        return refuse("--settle", arguments.settle.to_string(), "give a rate in nats per unit of time, 0 for never");
    }
    let domain = if arguments.domain == Where::Keep { Domain::Keep } else { Domain::Free };
    Ok(Settings { method, domain, every: arguments.every, tolerance: arguments.settle })
}

/// `y = a, z = b` for every visible state.
fn visible_states(network: &Network, hidden: &[bool]) -> Vec<String> {
    let mut out = vec![String::new()];
    for (node, _) in network.nodes().iter().zip(hidden).filter(|(_, h)| !**h) {
        let longer = |before: &String| {
            let comma = if before.is_empty() { "" } else { ", " };
            node.states.iter().map(|s| format!("{before}{comma}{} = {s}", node.name)).collect::<Vec<_>>()
        };
        out = out.iter().flat_map(longer).collect();
    }
    out
}

fn columns(network: &Network, states: &[String]) -> Vec<Column> {
    let number = |name: String| Column { name, kind: ColumnKind::Number, missing: true };
    let names = Objective::ALL.map(|o| o.name().to_string()).to_vec();
    let mut out = vec![Column { name: "objective".into(), kind: ColumnKind::Levels(names), missing: false }];
    out.extend(["step", "time", "divergence"].map(|n| number(n.into())));
    out.extend(network.labels().into_iter().map(number));
    out.extend(states.iter().map(|s| number(format!("p_V({s})"))));
    out
}

/// Cells in the order of [`columns`], column after column.
fn cells(objective: Objective, flow: &Flow) -> Vec<f64> {
    let code = Objective::ALL.iter().position(|o| *o == objective).unwrap_or(0) as f64;
    let mut out = vec![code; flow.step.len()];
    out.extend(flow.step.iter().map(|s| *s as f64));
    out.extend(&flow.time);
    out.extend(&flow.divergence);
    for table in [&flow.parameters, &flow.visible] {
        let width = table.first().map_or(0, Vec::len);
        (0..width).for_each(|j| out.extend(table.iter().map(|row| row[j])));
    }
    out
}

fn document(flow: &Flow) -> Value {
    let (ended, why) = match &flow.end {
        End::Completed => ("completed", None),
        End::Settled => ("settled", None),
        End::Stopped(why) => ("stopped", Some(why)),
    };
    json!({
        "step": flow.step,
        "time": flow.time,
        "parameters": flow.parameters,
        "divergence": flow.divergence,
        "visible": flow.visible,
        "left_domain_at": flow.left_domain_at,
        "ended": ended,
        "why": why,
    })
}
