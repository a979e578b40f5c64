//! Fitting sigmoid belief nets: equal rows merged, small random weights as the start.

use super::file::BeliefFile;
use super::{SIGMOID_BELIEF_NET, encoder, recognition};
use crate::command::fit::{Arguments, Fittable, Plan, Reached, check_fingerprint, climb, fingerprint};
use crate::data::Reading;
use crate::failure::Failure;
use crate::kind::latent::{LatentFile, picture};
use crate::output::Output;
use natgrad::catalogue::latent::{BeliefNet, BeliefNetSettings, summarise_latent};
use natgrad::catalogue::{Ended, Summary};
use natgrad::diagnose::Restarts;
use natgrad::engine::{Outcome, Progress};
use natgrad::geometry::Point;
use natgrad::objective::Learning;
use natgrad::rows::{Chunk, Profile, RowSource, merge_duplicates};
use natgrad_io::RunFolder;
use natgrad_plot::Shades;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::PathBuf;

/// Samples that are drawn, and twice the rows whose reconstructions are.
const SHOWN: usize = 40;

/// What a checkpoint keeps of a belief net.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct BeliefPlan {
    settings: BeliefNetSettings,
    /// Columns of words.
    named: Vec<String>,
}

/// A net with the rows that it is fitted to.
struct Prepared {
    model: BeliefNet,
    source: Box<dyn RowSource>,
    frequencies: Vec<f64>,
    profile: Profile,
    rows_in_data: u64,
}

impl Prepared {
    /// Checks the rows as they are numbered in the file, then merges equal ones into one with their count.
    fn new(settings: BeliefNetSettings, source: Box<dyn RowSource>) -> Result<Self, natgrad::Error> {
        let rows_in_data = source.rows();
        let (model, frequencies) = BeliefNet::for_data(settings, source.as_ref())?;
        let source = match merge_duplicates(source.as_ref())? {
            Some(table) => Box::new(table),
            None => source,
        };
        let profile = Profile::of(source.as_ref())?;
        Ok(Prepared { model, source, frequencies, profile, rows_in_data })
    }

    fn fingerprint(&self) -> u64 {
        let columns = self.profile.columns.iter().flat_map(|c| [c.weight, c.mean, c.squares]);
        let head = [self.rows_in_data, self.source.rows(), self.profile.weight.to_bits()];
        fingerprint(head.into_iter().chain(columns.map(f64::to_bits)))
    }
}

impl Fittable for Prepared {
    fn learning(&self) -> Learning<'_> {
        Learning::new(self.model.net(), self.source.as_ref(), 0.0)
    }

    fn rows_in_data(&self) -> u64 {
        self.rows_in_data
    }

    fn align(&self, _: &mut Restarts, _: &Point, _: &[Option<&Point>], _: f64) {}

    fn settle(&self, outcome: &Outcome, _: usize) -> Result<(Outcome, Vec<String>), Failure> {
        Ok((outcome.clone(), wide(&self.model).into_iter().collect()))
    }

    fn summarise(&self, outcome: &Outcome, tolerance: f64, restarts: Restarts, seed: u64) -> Result<Summary, Failure> {
        let told = self.model.summarised(&outcome.look);
        let fit = Ended { progress: &outcome.progress, restarts: Some(restarts), seed };
        Ok(summarise_latent(told, &self.learning(), &outcome.look, tolerance, Some(fit))?)
    }

    fn write_model(&self, folder: &RunFolder, at: &Point) -> Result<(), Failure> {
        Ok(folder.write_model(&BeliefFile::of(&self.model, at))?)
    }

    fn write_pictures(&self, folder: &RunFolder, at: &Point, _: &Summary) -> Result<(), Failure> {
        draw(folder, &self.model, at)?;
        draw_rows(folder, self.source.as_ref(), |chunk| Ok(self.model.net().recognise(at, chunk)?.expected))
    }
}

/// Draws what there is to draw of a net.
pub fn draw(folder: &RunFolder, model: &BeliefNet, at: &Point) -> Result<(), Failure> {
    let layout = model.net().layout();
    let units = layout.parents(0);
    let weights: Vec<f64> =
        (0..layout.sizes[0]).flat_map(|c| at.0[layout.unit(0, c)][..units].iter().copied()).collect();
    picture::weights(folder, "weights", &weights, units)?;
    let (_, chances) = model.net().sample(at, SHOWN, 0)?;
    let images: Vec<Vec<f64>> = chances.chunks_exact(layout.sizes[0]).map(<[f64]>::to_vec).collect();
    picture::images(folder, "samples", &images, Shades::Ink)
}

/// Draws the first rows above what is `expected` of their cells.
pub fn draw_rows(
    folder: &RunFolder,
    source: &dyn RowSource,
    expected: impl Fn(&Chunk<'_>) -> Result<Vec<f64>, Failure>,
) -> Result<(), Failure> {
    let columns = source.columns().len();
    let count = (SHOWN / 2).min(source.rows() as usize);
    let mut cells = Vec::new();
    source.sweep(0..1, &mut |_, chunk| {
        cells = (0..columns).flat_map(|d| &chunk.column(d)[..count]).copied().collect();
        Ok(())
    })?;
    let chunk = Chunk { first_row: 0, rows: count, values: &cells, weights: None };
    let believed = expected(&chunk)?;
    let of = |values: &[f64], n: usize| -> Vec<f64> {
        // A missing cell is neither.
        values.iter().skip(n).step_by(count).map(|x| if x.is_nan() { 0.5 } else { *x }).collect()
    };
    let lines = (0..count).step_by(picture::ACROSS).map(|first| first..(first + picture::ACROSS).min(count));
    let pairs = lines.flat_map(|line| [(&cells, line.clone()), (&believed, line)]);
    let images: Vec<Vec<f64>> =
        pairs.flat_map(|(values, line)| line.map(|n| of(values, n)).collect::<Vec<_>>()).collect();
    picture::images(folder, "reconstructions", &images, Shades::Ink)
}

/// Says so where layer 1 has more units than there are columns.
pub fn wide(model: &BeliefNet) -> Option<String> {
    let (columns, units) = (model.columns().len(), model.settings().layers[0]);
    (units > columns).then(|| {
        format!(
            "layer 1 has {units} units for {columns} columns: all are learnt, but rows of so few columns do not tell so many apart"
        )
    })
}

/// Rows for a net; columns of text hold words. Also names these columns.
pub fn open(data: &[PathBuf], reading: &Reading, out: &Output) -> Result<(Box<dyn RowSource>, Vec<String>), Failure> {
    reading.open_two_states(data, out)
}

/// Begins a fit.
pub fn begin(arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    if let Some(option) = arguments.mixture_option().or(arguments.network.given()) {
        return Err(Failure::new(
            format!("{option} does nothing in a {SIGMOID_BELIEF_NET}"),
            "a belief net takes --layers 20,10 and --recognition: leave it out",
        ));
    }
    let start = arguments.start.as_deref().map(|path| LatentFile::read_start(path, SIGMOID_BELIEF_NET)).transpose()?;
    let start = start.map(BeliefFile);
    let given = match (&arguments.latent.layers, arguments.latent.latent_dim) {
        (Some(_), Some(_)) => {
            return Err(Failure::new(
                "--latent-dim and --layers both say how many hidden units there are",
                "give --layers 20,10 (the top last), or --latent-dim 20 for one layer",
            ));
        }
        (layers, one) => layers.clone().or(one.map(|units| vec![units])),
    };
    let before = start.as_ref().map(BeliefFile::settings).transpose()?;
    let Some(layers) = given.or(before.map(|b| b.layers)) else {
        return Err(Failure::new(
            "the sizes of the hidden layers are missing",
            "give --layers, as in --layers 8 or --layers 12,6 (the top last)",
        ));
    };
    let Some(recognition) = recognition::asked(arguments)? else { return encoder::begin(arguments, &layers, out) };
    if let Some(option) = arguments.vae.given().find(|o| encoder::OPTIONS.contains(o)) {
        return Err(Failure::new(
            format!("{option} goes with --recognition encoder only"),
            "add it, or leave the option out: other fits take --max-iterations and --tolerance",
        ));
    }
    let own = BeliefNetSettings { layers, recognition };
    let named = |e: natgrad::Error| Failure::from(e).in_files(&arguments.data);
    let (source, words) = open(&arguments.data, &arguments.reading, out)?;
    if let Some(file) = &start {
        file.check_columns(source.columns())?;
    }
    let prepared = Prepared::new(own.clone(), source).map_err(named)?;
    let seeds = arguments.seeds();
    let points = match &start {
        Some(file) => vec![file.point(&prepared.model)?],
        None => seeds.iter().map(|seed| prepared.model.net().start(&prepared.frequencies, *seed)).collect(),
    };
    let plan = arguments.plan(
        SIGMOID_BELIEF_NET,
        json!(BeliefPlan { settings: own, named: words }),
        seeds,
        prepared.fingerprint(),
    );
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let progress: Vec<Progress> = points.into_iter().map(Progress::at).collect();
    climb(&plan, &prepared, progress, folder, out)
}

/// Goes on with a run.
pub fn go_on(
    own: BeliefPlan,
    plan: &Plan,
    reached: Reached,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let source = plan.reading.open(&plan.data, false, own.named, |_| false, out)?;
    let prepared = Prepared::new(own.settings, source).map_err(|e| Failure::from(e).in_files(&plan.data))?;
    check_fingerprint(plan, prepared.fingerprint())?;
    climb(plan, &prepared, reached, folder, out)
}
