//! Fitting factor models: rows merged by what they show, the closed form as the first start.

use super::file::FactorFile;
use crate::command::fit::{Arguments, Fittable, Plan, Reached, Recognition, check_fingerprint, climb, fingerprint};
use crate::data::Reading;
use crate::failure::Failure;
use crate::kind::start;
use crate::output::Output;
use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings, summarise_factors};
use natgrad::catalogue::{Ended, Summary};
use natgrad::diagnose::Restarts;
use natgrad::engine::{Outcome, Progress};
use natgrad::geometry::Point;
use natgrad::model::Want;
use natgrad::model::factor::{Patterns, Survey};
use natgrad::objective::Learning;
use natgrad::rows::{Profile, RowSource};
use natgrad_io::{AtomicFile, RunFolder};
use natgrad_report::{Run, loadings_svg};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Name of the picture in a run folder.
/// The file of the loadings' picture.
pub const PICTURE: &str = "loadings.svg";

/// What a checkpoint keeps of a factor model.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FactorPlan {
    settings: FactorSettings,
}

/// A factor model with the rows that it is fitted to.
struct Prepared {
    model: FactorAnalysis,
    source: Box<dyn RowSource>,
    profile: Profile,
    survey: Survey,
    patterns: Option<Patterns>,
}

impl Prepared {
    fn new(
        settings: FactorSettings,
        start: Option<&FactorFile>,
        data: &[PathBuf],
        reading: &Reading,
        out: &Output,
    ) -> Result<Self, Failure> {
        let named = |e: natgrad::Error| Failure::from(e).in_files(data);
        let source = reading.open(data, false, Vec::new(), |_| false, out)?;
        if let Some(start) = start {
            start.check_columns(source.columns())?;
        }
        let (mut model, profile) = FactorAnalysis::for_data(settings, source.as_ref()).map_err(named)?;
        let (survey, patterns) = model.survey(source.as_ref())?;
        Ok(Prepared { model, source, profile, survey, patterns })
    }

    fn fingerprint(&self) -> u64 {
        let columns = self.profile.columns.iter().flat_map(|c| [c.weight, c.mean, c.squares, c.min, c.max]);
        let head = [self.source.rows(), self.profile.weight.to_bits()];
        fingerprint(head.into_iter().chain(columns.map(f64::to_bits)))
    }
}

impl Fittable for Prepared {
    fn learning(&self) -> Learning<'_> {
        self.model.learning(self.source.as_ref(), self.patterns.as_ref())
    }

    fn rows_in_data(&self) -> u64 {
        self.source.rows()
    }

    fn align(&self, _: &mut Restarts, _: &Point, _: &[Option<&Point>], _: f64) {}

    /// Turns the factors into the canonical position: results do not depend on the way that led to them.
    fn settle(&self, outcome: &Outcome, _: usize) -> Result<(Outcome, Vec<String>), Failure> {
        let point = self.model.factors().canonical(&outcome.look.point);
        let curved = outcome.look.statistics.curvature.is_some();
        let digested = self.patterns.is_some();
        let want = match (curved, digested) {
            (true, _) => Want::Curvature,
            (false, true) => Want::Statistics,
            (false, false) => Want::Residuals,
        };
        let mut settled = outcome.clone();
        settled.look = Fittable::learning(self).look(&point, want)?;
        // What rows say one by one does not turn with the factors.
        settled.look.statistics.residual_square = outcome.look.statistics.residual_square;
        settled.progress.point = point;
        Ok((settled, Vec::new()))
    }

    fn summarise(&self, outcome: &Outcome, tolerance: f64, restarts: Restarts, seed: u64) -> Result<Summary, Failure> {
        let fit = Ended { progress: &outcome.progress, restarts: Some(restarts), seed };
        Ok(summarise_factors(&self.model, &self.learning(), &outcome.look, tolerance, Some(fit))?)
    }

    fn write_pictures(&self, folder: &RunFolder, _: &Point, summary: &Summary) -> Result<(), Failure> {
        let run = Run::from_folder(&json!(summary), Vec::new());
        let Some(svg) = loadings_svg(&run) else { return Ok(()) };
        Ok(AtomicFile::write(&folder.path().join(PICTURE), svg.as_bytes())?)
    }

    fn write_model(&self, folder: &RunFolder, at: &Point) -> Result<(), Failure> {
        Ok(folder.write_model(&FactorFile::of(&self.model, at))?)
    }
}

/// Begins a fit.
pub fn begin(model: FactorName, arguments: &Arguments, out: &Output) -> Result<u8, Failure> {
    let foreign = arguments.mixture_option().or(arguments.network.given());
    if let Some(option) = foreign.or((arguments.recognition() != Recognition::Exact).then_some("--recognition")) {
        return Err(Failure::new(
            format!("{option} does nothing in {model}"),
            "a factor model takes --latent-dim H: leave it out",
        ));
    }
    let start = arguments.start.as_deref().map(|path| read_start(path, model)).transpose()?;
    let before = start.as_ref().map(FactorFile::settings).transpose()?;
    let Some(latent) = arguments.latent.latent_dim.or(before.as_ref().map(|b| b.latent_dim)) else {
        return Err(Failure::new("the number of latent dimensions is missing", "give --latent-dim H"));
    };
    let mut own = FactorSettings::new(model, latent);
    // The start's chart: a fit that goes on has the bits of one that was never stopped.
    own.chart = before.and_then(|b| b.chart);
    let prepared = Prepared::new(own.clone(), start.as_ref(), &arguments.data, &arguments.reading, out)?;
    let seeds = arguments.seeds();
    let points = match &start {
        Some(file) => vec![file.point(&prepared.model)?],
        None => starts(&prepared, &seeds).map_err(|f| f.in_files(&arguments.data))?,
    };
    let plan = arguments.plan(&model.to_string(), json!(FactorPlan { settings: own }), seeds, prepared.fingerprint());
    let folder = arguments.out.as_deref().map(RunFolder::create).transpose()?;
    let progress: Vec<Progress> = points.into_iter().map(Progress::at).collect();
    climb(&plan, &prepared, progress, folder, out)
}

/// The closed form first, then random loadings.
fn starts(prepared: &Prepared, seeds: &[u64]) -> Result<Vec<Point>, Failure> {
    let model = prepared.model.factors();
    let mut points = vec![prepared.model.start(&prepared.survey, prepared.patterns.as_ref())?];
    points.extend(seeds.iter().skip(1).map(|seed| model.random(&prepared.survey, *seed)));
    Ok(points)
}

fn read_start(path: &Path, model: FactorName) -> Result<FactorFile, Failure> {
    FactorFile::read(&start::read(path, &model.to_string())?)
}

/// Goes on with a run.
pub fn go_on(
    own: FactorPlan,
    plan: &Plan,
    reached: Reached,
    folder: Option<RunFolder>,
    out: &Output,
) -> Result<u8, Failure> {
    let prepared = Prepared::new(own.settings, None, &plan.data, &plan.reading, out)?;
    check_fingerprint(plan, prepared.fingerprint())?;
    climb(plan, &prepared, reached, folder, out)
}
