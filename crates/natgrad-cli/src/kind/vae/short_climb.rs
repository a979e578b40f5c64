//! How much a few steps gain from where a model is: what is left to learn, where no certificate can say it exactly.

use super::rows::{BOUNDED, SEED};
use super::words::give_or_take;
use crate::command::select::{HeldOut, Mean};
use crate::failure::Failure;
use natgrad::diagnose::{Certificate, Verdict};
use natgrad::engine::{
    Control, Optimiser, VariationalProgress, VariationalSettings, VariationalStatus, importance_bound, learn,
};
use natgrad::model::vae::Vae;
use natgrad::neural::Processor;
use natgrad::rows::{RowSource, Table};
use serde::Serialize;

/// Steps of the climb, at least: it is made of whole epochs.
const STEPS: u64 = 40;
/// Rows of a step.
const BATCH: usize = 128;
/// Draws per row that both ends are compared with: the same ones.
const DRAWS: usize = 1;
/// Standard errors from which on a gain is no chance.
const CLEAR: f64 = 3.0;

/// What a short climb gained.
#[derive(Debug, Clone, Serialize)]
pub struct ShortClimb {
    /// ELBO gained, nats per row.
    pub gain: f64,
    /// Its standard error over the rows; `None` where one row cannot tell it.
    pub gain_error: Option<f64>,
    /// Steps taken.
    pub steps: u64,
    /// Rows that it was taken on.
    pub rows: u64,
}

/// About [`BOUNDED`] rows at most: whole chunks at equal distances.
fn some(source: &dyn RowSource) -> Result<Table, Failure> {
    let chunks = source.chunks();
    let wanted = (BOUNDED as usize / natgrad::rows::CHUNK_ROWS).clamp(1, chunks.max(1));
    let mut columns = vec![Vec::new(); source.columns().len()];
    let mut weights = Vec::new();
    for chunk in (0..wanted).map(|i| i * chunks / wanted) {
        source.sweep(chunk..chunk + 1, &mut |_, chunk| {
            for (d, column) in columns.iter_mut().enumerate() {
                column.extend_from_slice(chunk.column(d));
            }
            weights.extend((0..chunk.rows).map(|n| chunk.weight(n)));
            Ok(())
        })?;
    }
    Ok(Table::from_columns(source.columns().to_vec(), &columns, Some(weights))?)
}

impl ShortClimb {
    /// Climbs by natural gradients for the epochs that make [`STEPS`] steps, one at least; `None` where that leaves the finite
    /// numbers. A single row tells no error.
    pub fn of(
        vae: &Vae,
        source: &dyn RowSource,
        at: &[f64],
        learnt: &VariationalSettings,
    ) -> Result<Option<Self>, Failure> {
        let rows = some(source)?;
        let optimiser = Optimiser::natural();
        let each = rows.rows().div_ceil(BATCH as u64).max(1);
        let settings = VariationalSettings {
            optimiser,
            rate: optimiser.rate(),
            epochs: STEPS.div_ceil(each),
            batch: BATCH,
            polish: 0,
            seed: SEED,
            ..learnt.clone()
        };
        let start = VariationalProgress::at(at.to_vec());
        let end = learn::<f64, _>(vae, &Processor, &rows, &settings, start, &mut |_| Control::Continue)?;
        if end.progress.status == Some(VariationalStatus::Diverged) {
            return Ok(None);
        }
        let bounds = |at: &[f64]| -> Result<HeldOut, Failure> {
            HeldOut::with(&rows, importance_bound(vae, &rows, at, DRAWS, SEED)?)
        };
        let (before, after) = (bounds(at)?, bounds(&end.progress.at)?);
        let Some(Mean { mean: gain, error: gain_error }) = after.ahead_of(&before) else { return Ok(None) };
        let steps = end.progress.steps;
        Ok(gain.is_finite().then_some(ShortClimb { gain, gain_error, steps, rows: rows.rows() }))
    }

    /// What it says of what is left: a clear gain beyond `tolerance`, nats per row, refutes that learning has ended.
    pub fn certificate(&self, tolerance: f64) -> Certificate {
        let error = self.gain_error.unwrap_or(f64::INFINITY);
        let told = format!("{} natural steps from here gain {}", self.steps, give_or_take(self.gain, error, self.rows));
        let (verdict, why) = match self.gain_error {
            None => (Verdict::NotApplicable, told),
            Some(error) if self.gain - CLEAR * error > tolerance => {
                (Verdict::Fails, format!("refuted: {told}: learning has not ended"))
            }
            Some(error) if self.gain > CLEAR * error => {
                (Verdict::Holds, format!("not refuted: {told}, within the tolerance of {tolerance:.0e}"))
            }
            Some(error) if self.gain < -CLEAR * error => (
                Verdict::Holds,
                format!("not refuted: {told}: they lose, so that nothing says that learning has not ended"),
            ),
            Some(_) => (Verdict::Holds, format!("not refuted: {told}: no more than chance")),
        };
        Certificate {
            name: "remaining".into(),
            verdict,
            value: Some(self.gain),
            tolerance,
            why,
            source: "a short climb by natural gradients (natgrad explain short-climb)".into(),
        }
    }
}
