//! The pushforward of the natural parameter gradient is the projection of the ambient gradient, whatever the rank.

use super::{SETTING, distance};
use crate::{Claim, ReproduceError, Reproduction, Table};
use natgrad::Error;
use natgrad::geometry::Point;
use natgrad::linalg::Matrix;
use natgrad::parametrised::examples::SoftmaxMap;
use natgrad::parametrised::{
    Affine, Ambient, EuclideanSpace, FisherRao, Form, Parametrisation, Pullback, Reparametrised, Slope,
    natural_gradient,
};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// Random maps.
const MAPS: u64 = 1500;

/// Maps whose Gram matrix has a larger condition are left out: the answer itself is then known to few digits.
const CONDITION: f64 = 1e8;

/// Numbers uniform in (−1, 1).
pub fn draw(rng: &mut ChaCha12Rng, rows: usize, columns: usize) -> Matrix {
    Matrix::from_fn(rows, columns, |_, _| 2.0 * rng.random::<f64>() - 1.0)
}

/// A random map of `d` parameters and rank `k` at a point, with a metric (0: Euclidean, 1: a form, 2: Fisher-Rao).
pub struct Sample {
    pub of: Box<dyn Parametrisation>,
    pub ambient: Box<dyn Ambient>,
    pub xi: Point,
    pub slope: Slope,
    pub metric: u64,
}

/// Sample number `seed`: 2 to 6 coordinates, 1 to 8 parameters, every rank.
pub fn sample(seed: u64) -> Result<Sample, Error> {
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let n = 2 + (rng.random::<f64>() * 5.0) as usize;
    let d = 1 + (rng.random::<f64>() * 8.0) as usize;
    let k = (rng.random::<f64>() * (n.min(d) + 1) as f64) as usize;
    let linear = &draw(&mut rng, n, k) * &draw(&mut rng, k, d);
    let column = |m: Matrix| (0..m.nrows()).map(|i| m[(i, 0)]).collect::<Vec<_>>();
    let (xi, slope) = (Point(column(draw(&mut rng, d, 1))), Slope(column(draw(&mut rng, n, 1))));
    let root = draw(&mut rng, n, n);
    let metric = seed % 3;
    let (of, ambient): (Box<dyn Parametrisation>, Box<dyn Ambient>) = match metric {
        0 => (Box::new(Affine::linear(linear)), Box::new(EuclideanSpace(n))),
        1 => {
            let form = Form::new(root.transpose() * &root + Matrix::identity(n, n))?;
            (Box::new(Affine::linear(linear)), Box::new(form))
        }
        _ => {
            let soft = Reparametrised::new(SoftmaxMap(n), Affine::linear(linear))?;
            (Box::new(soft), Box::new(FisherRao(n)))
        }
    };
    Ok(Sample { of, ambient, xi, slope, metric })
}

/// The projection of `w` onto the span of the columns, by Gram-Schmidt in the metric: a way of its own, without Gram
/// matrix and singular values.
fn projected(metric: &Matrix, columns: &Matrix, w: &[f64]) -> Vec<f64> {
    let n = w.len();
    let product =
        |a: &[f64], b: &[f64]| (0..n).map(|i| (0..n).map(|j| a[i] * metric[(i, j)] * b[j]).sum::<f64>()).sum::<f64>();
    let mut rest: Vec<Vec<f64>> = (0..columns.ncols()).map(|j| (0..n).map(|i| columns[(i, j)]).collect()).collect();
    let largest = rest.iter().map(|c| product(c, c)).fold(0.0, f64::max);
    let mut out = vec![0.0; n];
    loop {
        let best = rest.iter().max_by(|a, b| product(a, a).total_cmp(&product(b, b))).cloned();
        // Below 1e-8 of the longest a column was in the span already.
        let Some(best) = best.filter(|b| product(b, b) > 1e-16 * largest) else { return out };
        let size = product(&best, &best).sqrt();
        let unit: Vec<f64> = best.iter().map(|x| x / size).collect();
        for column in &mut rest {
            for _ in 0..2 {
                let along = product(&unit, column);
                column.iter_mut().zip(&unit).for_each(|(c, u)| *c -= along * u);
            }
        }
        let along = product(&unit, w);
        out.iter_mut().zip(&unit).for_each(|(o, u)| *o += along * u);
    }
}

pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut table =
        Table::new("projection", ["sample", "metric", "coordinates", "parameters", "rank", "condition", "difference"]);
    let (mut worst, mut over, mut energy) = (0.0f64, 0usize, 0.0f64);
    for seed in 0..MAPS {
        let Sample { of, ambient, xi, slope, metric } = sample(seed)?;
        let here = Pullback::at(&*of, &*ambient, &xi)?;
        if here.condition() > CONDITION {
            continue;
        }
        let found = natural_gradient(&*of, &*ambient, &xi, &slope)?;
        let gradient = ambient.gradient(here.image(), &slope)?;
        let expected = projected(&ambient.matrix(here.image())?, here.jacobian(), &gradient.0);
        let off = distance(&found.pushforward.0, &expected) / distance(&gradient.0, &vec![0.0; gradient.0.len()]);
        worst = worst.max(off);
        over += usize::from(found.rank < of.parameters());
        energy = energy.max((slope.along(&found.pushforward) - found.norm.powi(2)).abs());
        let sizes = [of.ambient(), of.parameters(), found.rank].map(|x| x as f64);
        table.rows.push(vec![seed as f64, metric as f64, sizes[0], sizes[1], sizes[2], found.condition, off]);
    }
    let claims = vec![
        Claim::equal(
            "the pushforward of the natural parameter gradient is the orthogonal projection of the ambient gradient \
             onto the image of the Jacobian: largest relative difference on random maps of every rank",
            SETTING,
            0.0,
            worst,
            // Rounding times the condition of the Jacobian, at most 1e4.
            1e-10,
        ),
        Claim::at_least("of these maps, so many are overparametrised", SETTING, 0.5 * MAPS as f64, over as f64),
        Claim::equal(
            "the function rises along the pushforward by its squared length: largest difference",
            SETTING,
            0.0,
            energy,
            1e-10,
        ),
    ];
    Ok(Reproduction { claims, tables: vec![table], figures: Vec::new() })
}
