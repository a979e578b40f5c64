//! Scales: numbers to pixels, linear or logarithmic, and where ticks stand.

use crate::number::{fixed, power, significant};

/// Smallest number a log axis shows; what is below (rounding, zero) is drawn on the axis.
pub const LEAST: f64 = 1e-18;

/// A range of numbers laid on a range of pixels. On a log scale the range is kept as powers of ten.
#[derive(Debug, Clone, Copy)]
pub struct Scale {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
    log: bool,
}

fn extent(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values
        .filter(|x| x.is_finite())
        .fold(None, |e, x| Some(e.map_or((x, x), |(a, b): (f64, f64)| (a.min(x), b.max(x)))))
}

impl Scale {
    /// Exactly from `low` to `high`.
    pub fn exact(low: f64, high: f64, from: f64, to: f64) -> Scale {
        let high = if high > low { high } else { low + 1.0 };
        Scale { low, high, from, to, log: false }
    }

    /// Linear, with a margin; a range too narrow to have honest labels is widened. `None` without numbers.
    pub fn linear(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Scale> {
        let (low, high) = extent(values)?;
        let least = 1e-6 * low.abs().max(high.abs()).max(1e-3);
        let margin = (0.06 * (high - low)).max(0.5 * (least - (high - low)));
        Some(Scale::exact(low - margin, high + margin, from, to))
    }

    /// Logarithmic, at least one decade wide, ending at the data. `None` without positive numbers.
    pub fn log(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Scale> {
        let (low, high) = extent(values.filter(|x| *x > 0.0).map(|x| x.max(LEAST).log10()))?;
        let margin = (0.06 * (high - low)).max(0.5 * (1.0 - (high - low)));
        Some(Scale { low: low - margin, high: high + margin, from, to, log: true })
    }

    /// The pixel of a number, kept inside.
    pub fn at(&self, x: f64) -> f64 {
        let x = if self.log { x.max(LEAST).log10() } else { x };
        let share = ((x - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
        self.from + share * (self.to - self.from)
    }

    /// Whether a number lies inside.
    pub fn holds(&self, x: f64) -> bool {
        let x = if self.log { x.max(LEAST).log10() } else { x };
        (self.low..=self.high).contains(&x)
    }

    /// Pixels and words of about `target` ticks.
    pub fn ticks(&self, target: usize) -> Vec<(f64, String)> {
        if self.log { self.log_ticks(target) } else { self.linear_ticks(target) }
    }

    fn linear_ticks(&self, target: usize) -> Vec<(f64, String)> {
        let rough = (self.high - self.low) / target.max(1) as f64;
        let size = 10f64.powf(rough.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * size).into_iter().find(|s| *s >= rough).unwrap_or(rough);
        let decimals = (-step.log10().floor()).clamp(0.0, 15.0) as usize;
        let first = (self.low / step - 1e-9).ceil();
        let count = ((self.high / step + 1e-9).floor() - first).clamp(0.0, 50.0) as usize;
        let large = self.low.abs().max(self.high.abs()) >= 1e6;
        (0..=count)
            .map(|i| {
                let x = (first + i as f64) * step;
                let x = if x.abs() < 1e-9 * step { 0.0 } else { x };
                (self.at(x), if large { significant(x, 4) } else { fixed(x, decimals) })
            })
            .collect()
    }

    fn log_ticks(&self, target: usize) -> Vec<(f64, String)> {
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        if last - first >= 2 {
            let step = ((last - first) as f64 / target.max(1) as f64).ceil().max(1.0) as i32;
            let decades = (first..=last).rev().filter(|k| k.rem_euclid(step) == 0);
            return decades.map(|k| (self.at(10f64.powi(k)), power(k))).collect();
        }
        let fine = (first - 1..=last).flat_map(|k| [(1.0, k), (2.0, k), (5.0, k)]);
        fine.map(|(m, k)| (m, k, m * 10f64.powi(k)))
            .filter(|t| self.holds(t.2))
            .map(|(m, k, x)| (self.at(x), if m == 1.0 { power(k) } else { format!("{m}·{}", power(k)) }))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn log_axes_end_at_the_data() {
        let s = Scale::log([3e-7, 2e-2].into_iter(), 0.0, 100.0).expect("numbers");
        assert!(s.at(3e-7) < 8.0 && s.at(2e-2) > 92.0);
        assert!((2..=7).contains(&s.ticks(5).len()));
        assert!(Scale::log([0.0, -1.0].into_iter(), 0.0, 1.0).is_none());
    }

    #[test]
    fn ticks_inside_and_few_for_any_range() {
        for (a, b) in [(0.0, 0.0), (-4.5, -4.499_999_999), (1e-300, 1e300), (-3.0, 4e9), (0.0, 17.0)] {
            let s = Scale::linear([a, b].into_iter(), 0.0, 100.0).expect("numbers");
            let ticks = s.ticks(5);
            assert!((1..=12).contains(&ticks.len()), "{a} {b}: {ticks:?}");
            assert!(ticks.iter().all(|t| (0.0..=100.0).contains(&t.0)));
            let mut words: Vec<&String> = ticks.iter().map(|t| &t.1).collect();
            words.dedup();
            assert_eq!(words.len(), ticks.len(), "{ticks:?}");
        }
        for (a, b) in [(1e-6, 1e-6), (1e-6, 3e-6), (1e-300, 1.0)] {
            let s = Scale::log([a, b].into_iter(), 0.0, 100.0).expect("numbers");
            assert!((2..=12).contains(&s.ticks(5).len()), "{a} {b}: {:?}", s.ticks(5));
        }
    }
}
