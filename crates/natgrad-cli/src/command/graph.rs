//! `natgrad graph`: a picture of a network.

use super::geometry::{beyond_criterion, without_constants};
use crate::failure::Failure;
use crate::network_file;
use crate::output::Output;
use natgrad::graph::Essential;
use natgrad::network::Network;
use natgrad_io::AtomicFile;
use natgrad_plot::{NetworkDrawing, NodeMark};
use std::path::PathBuf;

/// Draw a network: hidden nodes dashed, and the edges that keep the model from being cylindrical in red.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Network, .bif or .json, or a run folder that holds network.json.
    network: PathBuf,
    /// File to write, .svg or .png.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Hidden nodes.
    #[arg(long, value_delimiter = ',', value_name = "NODES")]
    hidden: Vec<String>,
    /// Words above the picture.
    #[arg(long, default_value = "")]
    title: String,
}

/// Edges from a hidden to a visible node that every Markov-equivalent graph has; none where the graph says nothing about
/// the model, because some node is no free table.
pub fn compelled(network: &Network, hidden: &[bool]) -> Vec<(usize, usize)> {
    let meant = without_constants(network);
    if beyond_criterion(network, &meant, hidden).is_some() {
        return Vec::new();
    }
    let edges = Essential::of(&meant).directed_edges();
    edges.into_iter().filter(|&(a, b)| hidden[a] && !hidden[b]).collect()
}

/// What red edges mean.
pub const COMPELLED: &str = "compelled edge from a hidden to a visible node";

/// Reads, draws and writes.
pub fn run(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let is = |ending: &str| arguments.out.extension().is_some_and(|e| e.eq_ignore_ascii_case(ending));
    if !is("svg") && !is("png") {
        return Err(Failure::new(
            format!("{}: a picture is .svg or .png", arguments.out.display()),
            "give the name one of these endings",
        ));
    }
    let file = match &arguments.network {
        folder if folder.is_dir() => folder.join("network.json"),
        file => file.clone(),
    };
    let (network, _) = network_file::read(&file)?;
    let hidden =
        if arguments.hidden.is_empty() { vec![false; network.len()] } else { network.hidden(&arguments.hidden)? };
    let compelled = compelled(&network, &hidden);
    let names = network.names();
    let mark = |i: usize| NodeMark { name: names[i].clone(), hidden: hidden[i], ..NodeMark::default() };
    let drawing = NetworkDrawing {
        title: arguments.title.clone(),
        nodes: (0..network.len()).map(mark).collect(),
        edges: network.dag().edges(),
        accent: compelled.clone(),
        accent_name: COMPELLED.into(),
        value_name: String::new(),
    };
    let failed = |e: natgrad_plot::DrawError| {
        Failure::new(format!("{}: {}", arguments.out.display(), e.to_string().replace("\nhint: ", "; ")), "write .svg")
    };
    let bytes =
        if is("svg") { drawing.svg().map_err(failed)?.into_bytes() } else { drawing.draw().map_err(failed)?.png };
    AtomicFile::write(&arguments.out, &bytes)?;
    if out.json {
        let pairs: Vec<[&String; 2]> = compelled.iter().map(|&(a, b)| [&names[a], &names[b]]).collect();
        out.document(&serde_json::json!({
            "nodes": network.len(), "edges": network.dag().edges().len(), "compelled": pairs, "out": arguments.out,
        }))?;
    } else {
        if let Some(why) = beyond_criterion(&network, &without_constants(&network), &hidden) {
            out.note(&format!("no edge is red: {why}"));
        }
        let (n, e) = (network.len(), network.dag().edges().len());
        out.note(&format!("{n} nodes, {e} edges drawn in {}", arguments.out.display()));
    }
    Ok(0)
}
