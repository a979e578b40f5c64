//! Equality at saddles, with any beliefs, and a zero that certifies nothing.

use super::data::{self, columns, table};
use super::mixtures::RESIDUAL;
use super::{DERIVED, THEOREM};
use crate::{Claim, ReproduceError, Reproduction};
use natgrad::ascent::em;
use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec};
use natgrad::geometry::Metric;
use natgrad::model::{LatentModel, Want};
use serde_json::json;

pub fn run() -> Result<Reproduction, ReproduceError> {
    let mut out = Reproduction::default();
    out.claims.extend(identical_components()?);
    out.claims.extend(any_beliefs()?);
    out.claims.extend(blind()?);
    Ok(out)
}

/// Two Poisson components at the mean of all counts.
fn identical_components() -> Result<Vec<Claim>, ReproduceError> {
    let rows = table(&[vec![0.0, 1.0, 1.0, 2.0, 3.0, 8.0, 9.0, 10.0, 12.0]], None)?;
    let spec = Spec::new(ModelName::PoissonMixture, 2, vec![FamilyName::Poisson], CovarianceShape::Diagonal);
    let (described, base, _) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let at = described.point(&json!({"weights": [0.3, 0.7], "rates": [[46.0 / 9.0], [46.0 / 9.0]]}))?;
    let look = learning.look(&at, Want::Curvature)?;
    let slope = learning.joint_metric(&look)?.raise(&learning.gradient(&look)).square;
    let title = "Poisson mixture of two equal components, nine counts";
    let observed = described.mixture().information(&at, &look.statistics);
    let least = observed.map_or(f64::NAN, |i| {
        let m = &i.blocks[0].observed;
        natgrad::linalg::symmetric::eigen(m).map_or(f64::NAN, |e| e.values[0])
    });
    Ok(vec![
        Claim::equal(format!("{title}: squared length of the natural gradient"), DERIVED, 0.0, slope, 1e-24),
        Claim::at_most(
            format!("{title}: least eigenvalue of the observed information (a saddle)"),
            DERIVED,
            -1e-3,
            least,
        ),
        Claim::equal(format!("{title}: ELBO"), DERIVED, -3.5486433800, look.elbo, 1e-9),
        Claim::equal(
            format!("{title}: ELBO less entropy sum at the saddle"),
            THEOREM,
            0.0,
            look.elbo - learning.entropies(&look).sum(),
            1e-12,
        ),
    ])
}

/// Beliefs held where they were: one exact M-step for them is enough, however far from optimal they are.
fn any_beliefs() -> Result<Vec<Claim>, ReproduceError> {
    let rows = table(&columns(data::FAITHFUL), None)?;
    let spec = Spec::new(ModelName::GaussianMixture, 2, vec![FamilyName::Normal; 2], CovarianceShape::Full);
    let (described, base, profile) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let mixture = described.mixture();
    let start = described.starts(&rows, &profile, &[3])?.swap_remove(0);
    let look = learning.look(&start, Want::Statistics)?;
    let next = em(&learning, &look)?.point;
    // F with the beliefs of the start at the new parameters, less its entropies.
    let stale = mixture.prior_residual(&next, &look.statistics)
        + mixture.component_residuals(&next, &look.statistics).iter().sum::<f64>();
    let fresh = learning.look(&next, Want::Statistics)?;
    let fresh = fresh.elbo - learning.entropies(&fresh).sum();
    let title = "Normal mixture after one M-step, geyser";
    Ok(vec![
        Claim::equal(
            format!("{title}: ELBO less entropy sum with the beliefs it was made for"),
            THEOREM,
            0.0,
            stale,
            1e-12,
        ),
        Claim::at_least(format!("{title}: and with fresh ones, in size"), DERIVED, 1e-3, fresh.abs()),
    ])
}

/// A wrong mean with the variance that suits it: the residual is zero, and nats are left.
fn blind() -> Result<Vec<Claim>, ReproduceError> {
    let rows = table(&columns(data::IRIS), None)?;
    let spec = Spec::new(ModelName::GaussianMixture, 1, vec![FamilyName::Normal; 4], CovarianceShape::Spherical);
    let (described, base, profile) = Described::for_data(spec, &rows)?;
    let learning = described.learning(&rows, base);
    let centers: Vec<f64> = profile.columns.iter().map(|c| c.mean + 2.0).collect();
    let variance = profile.columns.iter().map(|c| c.variance() + 4.0).sum::<f64>() / 4.0;
    let at = described.point(&json!({"weights": [1.0], "means": [centers], "covariances": [variance]}))?;
    let look = learning.look(&at, Want::Statistics)?;
    let best = learning.look(&em(&learning, &look)?.point, Want::Evidence)?;
    let title = "One spherical normal with a wrong mean, irises";
    Ok(vec![
        Claim::equal(
            format!("{title}: ELBO less entropy sum"),
            DERIVED,
            0.0,
            look.elbo - learning.entropies(&look).sum(),
            RESIDUAL * 1e-3,
        ),
        Claim::at_least(
            format!("{title}: nats per row that are left all the same"),
            DERIVED,
            1.0,
            best.elbo - look.elbo,
        ),
    ])
}
