//! Sparse coding of picture patches: learnt by its bound and by entropies alone, with held scales, and with any beliefs.

use super::climb::{climb_model, verdict_of};
use super::data::{self, columns, table};
use super::mixtures::RESIDUAL;
use super::run::{Run, Step};
use super::{DERIVED, THEOREM};
use crate::{Claim, ReproduceError};
use natgrad::catalogue::criterion::LatentModel;
use natgrad::geometry::{Point, Tangent};
use natgrad::model::sparse_coding::{SparseCoding, absolute_mean};
use natgrad::model::{LatentModel as _, Want};
use natgrad::objective::Learning;
use natgrad::rows::{RowSource, Table};

const ELEMENTS: usize = 3;

/// Most steps of learning.
const MOST: u64 = 1500;

struct Setup {
    rows: Table,
    model: SparseCoding,
    start: Point,
}

fn setup() -> Result<Setup, ReproduceError> {
    let cells: Vec<Vec<f64>> = columns(data::PATCHES).into_iter().take(8).collect();
    let count = (cells.len() * cells[0].len()) as f64;
    let square = cells.iter().flatten().map(|x| x * x).sum::<f64>() / count;
    let model = SparseCoding::new(cells.len(), ELEMENTS)?;
    let start = model.start(square, 2)?;
    Ok(Setup { rows: table(&cells, None)?, model, start })
}

impl Setup {
    /// Places of the scales' logarithms; the noise's follows.
    fn scales(&self) -> std::ops::Range<usize> {
        let n = self.model.columns() * ELEMENTS;
        n..n + ELEMENTS
    }

    /// `−∂/∂ ln b − ∂/∂ ln σ²`.
    fn tempering(&self) -> Tangent {
        let from = self.scales().start;
        Tangent((0..self.model.free()).map(|i| if i < from { 0.0 } else { -1.0 }).collect())
    }
}

pub fn runs() -> Result<Vec<Run>, ReproduceError> {
    let s = setup()?;
    let learning = Learning::new(&s.model, &s.rows, 0.0);
    let slope = learning.gradient(&learning.look(&s.start, Want::Statistics)?).along(&s.tempering());
    let (path, _) = climb_model(&learning, &s.start, |_| true, MOST)?;
    let by_bound = Run {
        name: "sparse-coding",
        title: "Sparse coding, patches of pictures",
        criterion: verdict_of(LatentModel::SparseCoding, &[], |_| {})?,
        criterion_holds: true,
        contraction: Some(slope),
        path,
        expected: (0.0, ""),
        tolerance: RESIDUAL,
    };
    // The dictionary as it starts: only scales and noise are learnt.
    let from = s.scales().start;
    let (path, _) = climb_model(&learning, &s.start, |i| i >= from, MOST)?;
    let held = Run {
        name: "sparse-coding-held-dictionary",
        title: "Sparse coding, dictionary held, patches of pictures",
        criterion: verdict_of(LatentModel::SparseCoding, &["weights"], |_| {})?,
        criterion_holds: true,
        contraction: None,
        path,
        expected: (0.0, ""),
        tolerance: RESIDUAL,
    };
    Ok(vec![by_bound, held])
}

/// Scales held, and what needs no run of its own.
pub fn counterexamples() -> Result<(Vec<Run>, Vec<Claim>), ReproduceError> {
    let s = setup()?;
    let learning = Learning::new(&s.model, &s.rows, 0.0);
    let mut out = held_scales(&s, &learning)?;
    out.1.extend(any_beliefs(&s)?);
    out.1.extend(by_entropies(&s, &learning)?);
    Ok(out)
}

/// Scales held at 1, elements at their lengths, which would make up for them: `F − ES = Σ (1 − b̂)`.
fn held_scales(s: &Setup, learning: &Learning<'_>) -> Result<(Vec<Run>, Vec<Claim>), ReproduceError> {
    let (scales, mut start) = (s.scales(), s.start.clone());
    start.0[scales.clone()].fill(0.0);
    let noise = scales.end;
    let (path, end) = climb_model(learning, &start, |i| i == noise, MOST)?;
    let look = learning.look(&end, Want::Statistics)?;
    // Means of |z|, from the beliefs themselves.
    let found = s.model.recognise(&end, &s.rows.chunk(0))?;
    let rows = s.rows.rows() as f64;
    let absolute: f64 =
        found.means.iter().zip(&found.deviations).map(|(m, d)| absolute_mean(*m, *d).value).sum::<f64>() / rows;
    let closed = ELEMENTS as f64 - absolute;
    let title = "Sparse coding, dictionary and scales held";
    let slope: f64 = -learning.gradient(&look).0[scales].iter().sum::<f64>();
    let claims = vec![
        Claim::equal(format!("{title}: Σ (1 − b̂/b) is the slope along the scales"), DERIVED, closed, slope, 1e-9),
        Claim::at_least(format!("{title}: and that is not small"), DERIVED, 1e-2, closed.abs()),
    ];
    let run = Run {
        name: "sparse-coding-held-scales",
        title,
        criterion: verdict_of(LatentModel::SparseCoding, &["prior"], |_| {})?,
        criterion_holds: false,
        contraction: None,
        path,
        expected: (closed, "Σ (1 − b̂/b), b̂ the mean sizes of strengths"),
        tolerance: RESIDUAL,
    };
    Ok((vec![run], claims))
}

/// Beliefs that have nothing to do with the rows: one M-step for them is enough.
fn any_beliefs(s: &Setup) -> Result<Vec<Claim>, ReproduceError> {
    let many = s.rows.rows() as usize * ELEMENTS;
    let means: Vec<f64> = (0..many).map(|i| (0.7 * i as f64).sin()).collect();
    let deviations: Vec<f64> = (0..many).map(|i| 0.3 + 0.2 * (1.3 * i as f64).cos()).collect();
    let first = s.model.with_beliefs(&s.start, &s.rows, &means, &deviations)?;
    // The M-step gives elements length 1 and their scales the lengths; the beliefs that go with it are scaled alike.
    let next = s.model.maximise(&s.start, &first)?.point;
    let lengths: Vec<f64> = s
        .scales()
        .enumerate()
        .map(|(h, place)| {
            let sizes = (0..many / ELEMENTS).map(|n| {
                let i = n * ELEMENTS + h;
                absolute_mean(means[i], deviations[i]).value
            });
            next.0[place].exp() / (sizes.sum::<f64>() * ELEMENTS as f64 / many as f64)
        })
        .collect();
    let scaled = |of: &[f64]| -> Vec<f64> { of.iter().enumerate().map(|(i, x)| x * lengths[i % ELEMENTS]).collect() };
    let sums = s.model.with_beliefs(&next, &s.rows, &scaled(&means), &scaled(&deviations))?;
    let residual = sums.log_evidence / sums.weight - s.model.entropies(&next, &sums).sum();
    let title = "Sparse coding, beliefs that do not look at the rows";
    Ok(vec![Claim::equal(format!("{title}: ELBO less entropy sum after one M-step"), THEOREM, 0.0, residual, 1e-11)])
}

/// Learning by entropies alone goes up to where bound and entropies are one.
fn by_entropies(s: &Setup, learning: &Learning<'_>) -> Result<Vec<Claim>, ReproduceError> {
    let mut at = s.start.clone();
    let (mut objective, mut first) = (f64::NAN, None);
    for _ in 0..60 {
        let look = learning.look(&at, Want::Statistics)?;
        let step = s.model.entropy_step(&at, &look.statistics, 1.0)?;
        (objective, at) = (step.objective, step.point);
        first.get_or_insert(objective);
    }
    let (path, _) = climb_model(learning, &at, |_| true, MOST)?;
    let end: Step = path[path.len() - 1];
    let title = "Sparse coding learnt by entropies alone";
    Ok(vec![
        Claim::at_least(
            format!("{title}: nats per row gained in 60 steps"),
            DERIVED,
            0.1,
            objective - first.unwrap_or(f64::NAN),
        ),
        // Both have the same optima; sixty steps leave a little.
        Claim::at_most(
            format!("{title}: nats per row below the ELBO's maximum from there"),
            DERIVED,
            0.1,
            end.elbo - objective,
        ),
        Claim::at_least(format!("{title}: the same, from the other side"), DERIVED, -1e-9, end.elbo - objective),
    ])
}
