//! Fitting Bayesian networks: a network file and rows with gaps into what learns, and the result into files.

use super::{BAYES_NET, picture};
use crate::command::fit::{Arguments, NetworkArguments, Recognition};
use crate::command::fit::{Fittable, Plan, Reached, check_fingerprint, climb, fingerprint};
use crate::data::Reading;
use crate::failure::Failure;
use crate::network_file;
use crate::network_model::{NetworkModelFile, source_for};
use crate::output::Output;
use natgrad::catalogue::bayes_net::{NetworkModel, NetworkSettings, summarise_network};
use natgrad::catalogue::{Ended, Summary};
use natgrad::diagnose::Restarts;
use natgrad::engine::{Outcome, Progress};
use natgrad::geometry::Point;
use natgrad::model::bayes_net::{Pieces, Survey};
use natgrad::network::{Network, NodeSpec};
use natgrad::objective::Learning;
use natgrad::rows::RowSource;
use natgrad_io::{Others, RunFolder, network_from_value, network_to_value};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Bytes in a gigabyte, as `--memory` counts.
const GIGABYTE: f64 = 1e9;

/// What a checkpoint keeps of a network.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct NetworkPlan {
    /// The nodes, with tables where the file had them.
    network: Value,
    settings: NetworkSettings,
    /// Which starts were drawn at random: their hidden states are put in order at the end.
    random: Vec<bool>,
}

impl NetworkArguments {
    /// The first option that was given, for models that take none of them.
    pub fn given(&self) -> Option<&'static str> {
        [
            ("--network", self.network.is_some()),
            ("--hidden", !self.hidden.is_empty()),
            ("--prior", self.prior.is_some()),
            ("--memory", self.memory.is_some()),
        ]
        .into_iter()
        .find_map(|(name, given)| given.then_some(name))
    }

    fn settings(&self, freeze: &[String], tie: &[String], mean_field: bool) -> Result<NetworkSettings, Failure> {
        let default = NetworkSettings::default();
        let prior = self.prior.unwrap_or(0.0);
        if !(prior >= 0.0 && prior.is_finite()) {
            return Err(Failure::new(format!("--prior {prior} is out of range"), "give a pseudo-count of at least 0"));
        }
        let memory = self.memory.map_or(default.memory, |gb| gb * GIGABYTE);
        if !(memory > 0.0 && memory.is_finite()) {
            return Err(Failure::new("--memory is out of range", "give gigabytes above 0"));
        }
        let tie: Vec<Vec<String>> = tie
            .iter()
            .map(|group| {
                let names: Vec<String> = group.split('=').map(|n| n.trim().to_string()).collect();
                if names.len() < 2 {
                    return Err(Failure::new(
                        format!("--tie \"{group}\" names one node"),
                        "nodes that share a table are joined by =: --tie A=B,C=D=E",
                    ));
                }
                Ok(names)
            })
            .collect::<Result<_, _>>()?;
        Ok(NetworkSettings { hidden: self.hidden.clone(), prior, freeze: freeze.to_vec(), tie, memory, mean_field })
    }
}

/// Refuses options that belong to mixtures.
fn check_options(arguments: &Arguments) -> Result<(), Failure> {
    let structure = &arguments.model_arguments.structure;
    let given = [
        ("--components", arguments.model_arguments.components.is_some()),
        ("--covariance", structure.covariance.is_some()),
        ("--covariance-floor", structure.covariance_floor != 0.0),
        ("--family", !structure.family.is_empty()),
        ("--dispersion", structure.dispersion.is_some()),
        ("--no-header", arguments.reading.no_header),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::new(
            format!("{option} does nothing in a bayes-net"),
            "what is hidden, and with how many states, stands in the network file: leave it out",
        )),
        None => Ok(()),
    }
}

/// A network with the rows that it is fitted to.
pub struct Prepared {
    model: NetworkModel,
    source: Box<dyn RowSource>,
    survey: Survey,
    pieces: Option<Pieces>,
    random: Vec<bool>,
}

impl Prepared {
    fn new(
        settings: NetworkSettings,
        network: Network,
        point: Option<Point>,
        data: &[PathBuf],
        reading: &Reading,
        out: &Output,
    ) -> Result<Self, Failure> {
        let source = source_for(&network, &settings, data, reading, Others::Refuse, out)?;
        let mut model = NetworkModel::new(settings, network, point, source.columns())?;
        let (survey, pieces) = model.survey(source.as_ref()).map_err(|e| Failure::from(e).in_files(data))?;
        Ok(Prepared { model, source, survey, pieces, random: Vec::new() })
    }

    fn fingerprint(&self) -> u64 {
        let sums = self.survey.marginals(self.model.net());
        let bits = [self.survey.rows, self.survey.weight.to_bits(), self.survey.pieces.unwrap_or(0) as u64];
        fingerprint(bits.into_iter().chain(sums.into_iter().flatten().map(f64::to_bits)))
    }

    /// Refuses a start at which some row is impossible, with its number and what makes it so.
    fn check_start(&self, at: &Point, data: &[PathBuf]) -> Result<(), Failure> {
        let elbo = Learning::look(&self.learning(), at, natgrad::model::Want::Evidence)?.elbo;
        if elbo != f64::NEG_INFINITY {
            return Ok(());
        }
        match self.model.net().first_impossible(at, self.source.as_ref())? {
            Some((row, why)) => Err(Failure::new(
                format!("{}, row {row}: it has probability zero: {why}", data[0].display()),
                if self.model.net().is_mean_field() {
                    "independent hidden nodes cannot avoid it: raise --memory, or --start random"
                } else {
                    "learning keeps zeros: raise that entry in the network file (none of a node in --freeze), give a \
                     --prior, or --start random"
                },
            )),
            None => Err(Failure::new("the start gives the rows probability zero", "--start random")),
        }
    }

    /// Says what the rows hide, and how far they could be merged.
    fn describe(&self, out: &Output) {
        let net = self.model.net();
        let names: Vec<&str> = (0..net.network().len())
            .filter(|&i| net.columns()[i].is_none())
            .map(|i| net.network().nodes()[i].name.as_str())
            .collect();
        if names.is_empty() {
            out.note("every node has a column");
        } else {
            let plural = if names.len() == 1 { "" } else { "s" };
            out.note(&format!("hidden node{plural}: {}", names.join(", ")));
        }
        if self.survey.shows_nothing() {
            out.warn("every cell of every row is missing: nothing can be learnt, and the tables stay where they start");
        }
        if let Some(pieces) = self.survey.pieces {
            out.note(&format!("{} rows come to {pieces} different groups of hidden cells", self.survey.rows));
        }
        super::criterion::explain(&self.model, out);
    }
}

impl Fittable for Prepared {
    fn learning(&self) -> Learning<'_> {
        self.model.learning(self.source.as_ref(), self.pieces.as_ref())
    }

    fn rows_in_data(&self) -> u64 {
        self.source.rows()
    }

    fn align(&self, _: &mut Restarts, _: &Point, _: &[Option<&Point>], _: f64) {}

    fn settle(&self, outcome: &Outcome, start: usize) -> Result<(Outcome, Vec<String>), Failure> {
        if !self.random.get(start).copied().unwrap_or(false) {
            return Ok((outcome.clone(), Vec::new()));
        }
        let net = self.model.net();
        let at = &outcome.look.point;
        let expected = net.expected_states(&outcome.look.statistics);
        let (point, _) = net.canonical(at, &expected);
        if point == *at {
            return Ok((outcome.clone(), Vec::new()));
        }
        let mut settled = outcome.clone();
        let want = if outcome.look.statistics.curvature.is_some() {
            natgrad::model::Want::Curvature
        } else {
            natgrad::model::Want::Residuals
        };
        settled.look = self.learning().undigested().look(&point, want)?;
        settled.progress.point = point;
        Ok((settled, Vec::new()))
    }

    fn summarise(&self, outcome: &Outcome, tolerance: f64, restarts: Restarts, seed: u64) -> Result<Summary, Failure> {
        let (nodes, local) = self.model.nodes(&outcome.look.point);
        let fit = Ended { progress: &outcome.progress, restarts: Some(restarts), seed };
        let parameters = network_to_value(&nodes, &local)?;
        Ok(summarise_network(&self.model, &self.learning(), &outcome.look, parameters, tolerance, Some(fit))?)
    }

    fn write_pictures(&self, folder: &RunFolder, _: &Point, summary: &Summary) -> Result<(), Failure> {
        picture::write(folder, self.model.net().network(), summary)
    }

    fn write_model(&self, folder: &RunFolder, at: &Point) -> Result<(), Failure> {
        let written = self.model.nodes(at);
        network_file::write(&folder.path().join("network.json"), written.clone())?;
        // BIF cannot write a double quote: such a network is in the JSON file alone.
        let quoted = |n: &NodeSpec| n.name.contains('"') || n.states.iter().any(|s| s.contains('"'));
        if !written.0.iter().any(quoted) {
            network_file::write(&folder.path().join("network.bif"), written)?;
        }
        Ok(folder.write_model(&NetworkModelFile::of(&self.model, at)?)?)
    }
}

/// Begins a fit.
pub fn begin(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    check_options(arguments)?;
    let structure = &arguments.model_arguments.structure;
    let settings_of_network = arguments.network.settings(
        &structure.freeze,
        &structure.tie,
        arguments.recognition() == Recognition::MeanField,
    )?;
    let Some(file) = &arguments.network.network else {
        return Err(Failure::new("bayes-net needs its network", "give --network FILE.bif or FILE.json"));
    };
    let (nodes, local) = network_file::read_nodes(file)?;
    let named = |e: natgrad::Error| Failure::from(e).in_file(file.display());
    let (network, point) = Network::described(nodes.clone(), &local).map_err(named)?;
    let value = network_to_value(&nodes, &local)?;
    let data = &arguments.data;
    let mut prepared = Prepared::new(settings_of_network.clone(), network, point, data, &arguments.reading, out)?;
    prepared.describe(out);
    let seeds = arguments.climb.seeds();
    let (points, random) = starts(&prepared, arguments.start.as_deref(), &seeds, data)?;
    prepared.random.clone_from(&random);
    let plan = arguments.plan(
        BAYES_NET,
        json!(NetworkPlan { network: value, settings: settings_of_network, random }),
        seeds,
        prepared.fingerprint(),
    );
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let progress: Vec<Progress> = points.into_iter().map(Progress::at).collect();
    climb(&plan, &prepared, progress, folder, out)
}

/// A point per seed, and which of them were drawn.
fn starts(
    prepared: &Prepared,
    start: Option<&Path>,
    seeds: &[u64],
    data: &[PathBuf],
) -> Result<(Vec<Point>, Vec<bool>), Failure> {
    let name = start.and_then(Path::to_str);
    let first = match (name, start) {
        (Some("random"), _) => None,
        (Some("table"), _) => Some(prepared.model.given()?.ok_or_else(|| {
            Failure::new(
                "--start table: the network file lacks tables",
                "--start random, or write a table for every node",
            )
        })?),
        (_, Some(file)) => Some(read_start(prepared, file)?),
        (_, None) => prepared.model.given()?,
    };
    let first = first.map(|at| prepared.model.net().allowed(&at, prepared.survey.weight));
    if let Some(at) = &first {
        prepared.check_start(at, data)?;
    }
    let mut points = Vec::with_capacity(seeds.len());
    let mut random = Vec::with_capacity(seeds.len());
    for (r, seed) in seeds.iter().enumerate() {
        let own = if r == 0 { first.clone() } else { None };
        random.push(own.is_none());
        points.push(match own {
            Some(at) => at,
            None => prepared.model.start(&prepared.survey, *seed)?,
        });
    }
    Ok((points, random))
}

/// Tables of another file for the same nodes.
fn read_start(prepared: &Prepared, file: &Path) -> Result<Point, Failure> {
    if let Some(own) = NetworkModelFile::find(file)? {
        return own.point(&prepared.model);
    }
    let (network, point) = network_file::read(file)?;
    let fits = network.specs(None) == prepared.model.net().network().specs(None);
    let Some(point) = point.filter(|_| fits) else {
        return Err(Failure::new(
            format!("{}: it has other nodes, states or parents than the network, or lacks tables", file.display()),
            "start from a file of the same network",
        ));
    };
    Ok(prepared.model.net().point(&network, &point)?)
}

/// Goes on with a run.
pub fn go_on(
    own: &NetworkPlan,
    plan: &Plan,
    reached: Reached,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let place = folder.as_ref().map_or_else(|| PathBuf::from("checkpoint"), RunFolder::checkpoint_path);
    let (nodes, local) = network_from_value(own.network.clone(), &place)?;
    let (network, point) = Network::described(nodes, &local)?;
    let mut prepared = Prepared::new(own.settings.clone(), network, point, &plan.data, &plan.reading, out)?;
    prepared.random.clone_from(&own.random);
    check_fingerprint(plan, prepared.fingerprint())?;
    climb(plan, &prepared, reached, folder, out)
}
