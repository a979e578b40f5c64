//! One model on one data set: its path, what the criterion says of it, and what becomes of both in claims and figures.

use super::{DERIVED, THEOREM};
use crate::{Claim, Figure, ReproduceError, Reproduction, Table};
use natgrad::criterion::{Criterion, Maps, Role, Settings, check, direction};
use natgrad::geometry::{Point, Tangent};
use natgrad::model::{Entropies, Want};
use natgrad::objective::Learning;
use natgrad_plot::{Chart, Corner};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// A point of a path.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub elbo: f64,
    pub entropies: Entropies,
}

impl Step {
    /// `F − (entropy sum)`.
    pub fn residual(&self) -> f64 {
        self.elbo - self.entropies.sum()
    }
}

/// A model that has been learnt.
pub struct Run {
    /// Name of its files.
    pub name: &'static str,
    /// Model and data, for the figure.
    pub title: &'static str,
    pub criterion: Criterion,
    /// Whether it should hold.
    pub criterion_holds: bool,
    /// `α·∂F/∂Ψ + β·∂F/∂θ` at the start, where the criterion holds.
    pub contraction: Option<f64>,
    pub path: Vec<Step>,
    /// What ELBO less entropy sum is at the end, and why in closed form; nothing where it is zero by the theorem.
    pub expected: (f64, &'static str),
    /// How far off that may be: what learning stopped at, in nats per row.
    pub tolerance: f64,
}

impl Run {
    pub fn start(&self) -> Step {
        self.path[0]
    }

    pub fn end(&self) -> Step {
        self.path[self.path.len() - 1]
    }

    fn claims(&self) -> Vec<Claim> {
        let title = self.title;
        let holds = self.expected.1.is_empty();
        let mut out = vec![Claim::answer(
            format!("{title}: the parametrisation criterion holds"),
            THEOREM,
            self.criterion_holds,
            self.criterion.holds,
        )];
        if let Some(slope) = self.contraction {
            out.push(Claim::equal(
                format!("{title}: ELBO less entropy sum at the start is the slope along tempering"),
                DERIVED,
                slope,
                self.start().residual(),
                // Two ways to one number, of a few nats each.
                1e-9 * (1.0 + self.start().elbo.abs()),
            ));
        }
        let what = if holds {
            format!("{title}: ELBO less entropy sum at the end")
        } else {
            format!("{title}: ELBO less entropy sum at the end is {}", self.expected.1)
        };
        let source = if holds { THEOREM } else { DERIVED };
        out.push(Claim::equal(what, source, self.expected.0, self.end().residual(), self.tolerance));
        out
    }

    fn table(&self) -> Table {
        let columns = ["iteration", "elbo", "entropy_sum", "recognition", "prior", "observable", "base_measure"];
        let row = |(i, s): (usize, &Step)| {
            let e = s.entropies;
            vec![i as f64, s.elbo, e.sum(), e.recognition, e.prior, e.observable, e.base_measure]
        };
        Table::new(self.name, columns).with_rows(self.path.iter().enumerate().map(row))
    }

    fn figure(&self) -> Result<Figure, ReproduceError> {
        // The last tenth of a nat's thousandth takes most iterations; what is to be seen comes before.
        let end = self.end().elbo;
        let span = (end - self.start().elbo).abs().max(self.start().residual().abs()).max(1e-6);
        let settled =
            |s: &Step| (s.elbo - end).abs() < 1e-3 * span && (s.residual() - self.end().residual()).abs() < 1e-3 * span;
        let last = self.path.iter().rposition(|s| !settled(s)).unwrap_or(0);
        let shown = &self.path[..self.path.len().min((last + 2).max(8))];
        let elbo: Vec<f64> = shown.iter().map(|s| s.elbo).collect();
        let sums: Vec<f64> = shown.iter().map(|s| s.entropies.sum()).collect();
        let goal = self.end().elbo - self.expected.0;
        // What has to be seen: the ELBO, and where the sum of entropies ends.
        let (low, high) = bounds(&elbo);
        let apart = !self.expected.1.is_empty();
        // Where the two end apart, that has to be seen too: what is far below is cut off.
        let least = goal.min(end) - 15.0 * self.expected.0.abs();
        let low = if apart { low.max(least) } else { low };
        let (low, high) = (low.min(goal), high.max(goal));
        let room = (high - low).max(1e-9);
        // A sum of entropies may begin far away: as much again is shown.
        let (sum_low, sum_high) = bounds(&sums);
        let mut range = (
            sum_low.max(low - 0.6 * room).min(low) - 0.08 * room,
            sum_high.min(high + 0.6 * room).max(high) + 0.08 * room,
        );
        if apart {
            // Lines may end at both edges: the legend gets a band of its own.
            range.0 -= 0.4 * (range.1 - range.0);
        }
        // Where the two end apart, what comes before both are within sight is left out: no line is cut.
        let mut first = 0;
        if apart {
            let seen = |y: f64| (range.0..=range.1).contains(&y);
            let within = elbo.iter().zip(&sums).rposition(|(f, s)| !seen(*f) || !seen(*s)).map_or(0, |i| i + 1);
            if elbo.len() - within >= LEAST_SHOWN {
                first = within;
                let (low, high) = bounds(&[&elbo[first..], &sums[first..], &[goal]].concat());
                let room = (high - low).max(1e-9);
                // The legend gets a band of its own.
                range = (low - 0.5 * room, high + 0.08 * room);
            }
        }
        let line = |of: &[f64]| of.iter().enumerate().skip(first).map(|(i, y)| (i as f64, *y)).collect::<Vec<_>>();
        let start = first as f64;
        let width = (shown.len() - 1).max(1) as f64;
        let mut chart = Chart::new(self.title, "iteration", "nats per row")
            .line("ELBO", clipped(&line(&elbo), range))
            .line("sum of entropies", clipped(&line(&sums), range))
            .x_range(start, width)
            .y_range(range.0, range.1);
        if apart {
            chart = chart.line("last ELBO less closed form", [(start, goal), (width, goal)]);
        }
        // All lines end in the upper or in the lower half.
        let middle = 0.5 * (range.0 + range.1);
        let chart =
            chart.legend(if goal + self.end().elbo > 2.0 * middle { Corner::BottomRight } else { Corner::TopRight });
        Ok(Figure::new(self.name, chart.draw()?))
    }

    /// Claims, numbers and figure.
    pub fn reproduction(&self) -> Result<Reproduction, ReproduceError> {
        Ok(Reproduction { claims: self.claims(), tables: vec![self.table()], figures: vec![self.figure()?] })
    }
}

/// Fewest iterations that a picture without the beginning shows.
const LEAST_SHOWN: usize = 4;

fn bounds(of: &[f64]) -> (f64, f64) {
    of.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(*x), b.max(*x)))
}

/// A line within a range of heights: where it is outside for a while it follows the edge, and its outer ends are cut.
fn clipped(line: &[(f64, f64)], range: (f64, f64)) -> Vec<(f64, f64)> {
    let outside = |y: f64| !(range.0..=range.1).contains(&y);
    let mut out = Vec::new();
    for w in line.windows(2) {
        let (a, b) = (w[0], w[1]);
        let mut meet: Vec<(f64, f64)> = [range.0, range.1]
            .into_iter()
            .filter(|e| (a.1 - e) * (b.1 - e) < 0.0)
            .map(|e| (a.0 + (b.0 - a.0) * (e - a.1) / (b.1 - a.1), e))
            .collect();
        meet.sort_by(|x, y| x.0.total_cmp(&y.0));
        if !outside(a.1) {
            out.push(a);
        }
        out.extend(meet);
        if !outside(b.1) {
            out.push(b);
        }
    }
    out.dedup();
    out
}

/// The slope of a model of the project along `α` and `β` at a point where its maps are drawn; `free[p]` says which
/// coordinate every entry of part `p` is.
pub fn contraction(
    learning: &Learning<'_>,
    maps: &Maps<'_>,
    free: &[Vec<Option<usize>>],
    at: &Point,
) -> Result<f64, ReproduceError> {
    let gradient = learning.gradient(&learning.look(at, Want::Statistics)?);
    let mut along = Tangent(vec![0.0; gradient.0.len()]);
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    for (part, free) in maps.parts.iter().zip(free) {
        let scaled = maps.standard_normal.is_some() && part.role == Role::Observable;
        let (own, _) = direction(part.map.as_ref(), &part.map.draw(&mut rng), scaled, 0)?;
        own.iter().zip(free).for_each(|(x, f)| f.iter().for_each(|&f| along.0[f] = *x));
    }
    Ok(gradient.along(&along))
}

/// The criterion's answer at the maps' own point.
pub fn verdict(maps: &Maps<'_>) -> Result<Criterion, ReproduceError> {
    Ok(check(maps, &Settings::default())?)
}
