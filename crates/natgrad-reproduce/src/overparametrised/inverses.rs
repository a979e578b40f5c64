//! Generalised inverses other than the pseudo-inverse: the same motion, unless the slope has left the range of `G`.

use super::projection::{Sample, sample};
use super::{DERIVED, INVERSES, distance};
use crate::{Claim, ReproduceError, Reproduction, Table};
use natgrad::geometry::{Covector, Metric};
use natgrad::parametrised::{Inverse, Pullback};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha12Rng;

const MAPS: u64 = 600;

/// Entries of the noise are uniform in (−NOISE, NOISE).
const NOISE: f64 = 0.1;

/// The matrices themselves are compared here, so the condition of `G` counts in full.
const CONDITION: f64 = 1e5;

pub fn run() -> Result<Reproduction, ReproduceError> {
    let columns = ["sample", "parameters", "rank", "clean", "parameter_vectors", "noisy", "projected"];
    let mut table = Table::new("inverses", columns);
    let [mut clean, mut vectors, mut noisy, mut repaired] = [0.0f64; 4];
    let (mut apart, mut redundant) = (0usize, 0usize);
    for seed in 0..MAPS {
        let Sample { of, ambient, xi, slope, .. } = sample(seed)?;
        let here = Pullback::at(&*of, &*ambient, &xi)?;
        let d = of.parameters();
        if here.rank() == 0 || here.rank() == d || here.condition() > CONDITION {
            continue;
        }
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let c = here.pull(&slope)?;
        let with_noise = Covector(c.0.iter().map(|c| c + NOISE * (2.0 * rng.random::<f64>() - 1.0)).collect());
        let inside = here.into_range(&with_noise)?;
        let least = here.raise(&c).tangent;
        let reference = [here.push(&least)?, here.push(&here.raise(&with_noise).tangent)?];
        let mut row = [0.0f64; 4];
        for which in [Inverse::Pivots, Inverse::Random { seed }] {
            let u = here.raise_by(&which, &c)?;
            row[0] = row[0].max(distance(&here.push(&u)?.0, &reference[0].0));
            row[1] = row[1].max(distance(&u.0, &least.0));
            let push = |c: &Covector| here.push(&here.raise_by(&which, c)?);
            row[2] = row[2].max(distance(&push(&with_noise)?.0, &reference[1].0));
            row[3] = row[3].max(distance(&push(&inside)?.0, &reference[1].0));
        }
        redundant += 1;
        apart += usize::from(row[2] > 1e-3);
        clean = clean.max(row[0]);
        vectors = vectors.max(row[1]);
        noisy = noisy.max(row[2]);
        repaired = repaired.max(row[3]);
        let mut all = vec![seed as f64, d as f64, here.rank() as f64];
        all.extend(row);
        table.rows.push(all);
    }
    // Rounding times the condition of G, at most 1e5, and entries of a random inverse of order 10.
    let tolerance = 1e-9;
    let claims = vec![
        Claim::equal(
            "every generalised inverse of the Gram matrix gives the same pushforward of a function's gradient: largest \
             difference on random overparametrised maps",
            INVERSES,
            0.0,
            clean,
            tolerance,
        ),
        Claim::at_least("while the parameter vectors differ: largest difference", INVERSES, 0.1, vectors),
        Claim::at_least(
            "a slope with noise outside the range of the Gram matrix is moved differently by different inverses: share \
             of maps where the pushforwards differ by more than 0.001",
            DERIVED,
            0.9,
            apart as f64 / redundant.max(1) as f64,
        ),
        Claim::at_least("largest difference there", DERIVED, 0.03, noisy),
        Claim::equal(
            "projecting the slope onto the range first repairs it: largest difference",
            DERIVED,
            0.0,
            repaired,
            tolerance,
        ),
    ];
    Ok(Reproduction { claims, tables: vec![table], figures: Vec::new() })
}
