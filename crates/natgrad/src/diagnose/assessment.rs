//! Everything that the certificates and the ascent read off one sweep with curvature.
//!
//! ```text
//! stationarity = g·G⁻¹g      remaining = ½ g·G_V⁺g   and, where I_obs is positive, ½ g·I_obs⁻¹g      inertia of I_obs
//! ```

use crate::Error;
use crate::geometry::{BlockSpectrum, Covector, Inertia, Metric, Spectrum, Tangent};
use crate::linalg::Matrix;
use crate::model::{Information, InformationBlock};
use crate::objective::{Learning, Look};

/// Up to this many coupled free coordinates the information matrices are formed and decomposed.
pub const DENSE_LIMIT: usize = 1000;

/// Eigenvalues (relative to the complete information, so between 0 and 1 at a maximum) below this cannot be told from
/// zero: rounding of the whitened matrices is about 1e-13, and an estimate that takes a million EM steps per digit is
/// flat for every purpose.
pub const FLAT: f64 = 1e-8;

/// Whether the information matrices fit the time of a few sweeps: rows × coordinates² products, and an eigenvalue
/// problem, for each group of coupled coordinates.
pub fn dense_is_affordable(rows: u64, groups: &[usize]) -> bool {
    let squares: f64 = groups.iter().map(|&n| n as f64 * n as f64).sum();
    groups.iter().all(|&n| n <= DENSE_LIMIT) && rows as f64 * squares <= 4e11 && squares <= MOST_SQUARES
}

/// Most entries of all information matrices together: half a gigabyte.
const MOST_SQUARES: f64 = 6.7e7;

/// How the spectra are read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Spectrum of the observed information relative to the complete one.
    pub observed: BlockSpectrum,
    /// Spectrum of the empirical Fisher matrix relative to the complete one.
    pub visible: BlockSpectrum,
    /// The matrices themselves, in free coordinates.
    pub information: Information,
    /// Diagonal of the complete information, in free coordinates.
    pub complete: Vec<f64>,
    /// Signs of the observed information.
    pub inertia: Inertia,
    /// `2 max √(λ(1−λ))` of the observed spectrum, clipped to `[0, 1]`.
    pub defect: f64,
}

/// What one look says.
#[derive(Debug, Clone)]
pub struct Assessment {
    /// The slope.
    pub gradient: Covector,
    /// `g·G⁺g`.
    pub stationarity: f64,
    /// Dimension of the tangent space.
    pub rank: usize,
    /// `½ g·G_V⁺g`, nats per row.
    pub remaining_visible: Option<f64>,
    /// `½ g·I_obs⁻¹g`, nats per row, where the observed information is not indefinite.
    pub remaining_observed: Option<f64>,
    /// The spectra, where they were computed.
    pub reading: Option<Reading>,
}

impl Assessment {
    /// Reads a look; the spectra need a look with curvature.
    ///
    /// # Errors
    /// As [`Learning::joint_metric`].
    pub fn of(learning: &Learning<'_>, look: &Look) -> Result<Self, Error> {
        let information = learning.model().information(&look.point, &look.statistics);
        Self::with_information(learning, look, information)
    }

    /// The slope of a look, judged by information matrices from elsewhere (a sample of the rows).
    ///
    /// # Errors
    /// As [`Learning::joint_metric`].
    pub fn with_information(
        learning: &Learning<'_>,
        look: &Look,
        information: Option<Information>,
    ) -> Result<Self, Error> {
        let gradient = learning.gradient(look);
        let metric = learning.joint_metric(look)?;
        let raised = metric.raise(&gradient);
        let mut assessment = Assessment {
            stationarity: raised.square,
            rank: raised.rank,
            gradient,
            remaining_visible: None,
            remaining_observed: None,
            reading: None,
        };
        let Some(information) = information else { return Ok(assessment) };
        let sets: Vec<&[usize]> = information.blocks.iter().map(|b| b.index.as_slice()).collect();
        let roots = metric.roots(&sets);
        let gauge = learning.model().gauge(&look.point);
        let lowered: Vec<Covector> = gauge.iter().map(|t| metric.lower(t)).collect();
        let spectrum = |of: fn(&InformationBlock) -> &Matrix| -> Option<BlockSpectrum> {
            let parts = information.blocks.iter().zip(&roots);
            let parts = parts.map(|(b, root)| {
                let own: Vec<Vec<f64>> = lowered.iter().map(|l| b.index.iter().map(|&i| l.0[i]).collect()).collect();
                Some((b.index.clone(), Spectrum::across(of(b), root, &own)?))
            });
            Some(BlockSpectrum::new(assessment.gradient.0.len(), parts.collect::<Option<Vec<_>>>()?))
        };
        let (Some(observed), Some(visible)) = (spectrum(|b| &b.observed), spectrum(|b| &b.visible)) else {
            return Ok(assessment);
        };
        let inertia = observed.inertia(FLAT);
        let half_square = |s: &BlockSpectrum| {
            let g = s.coordinates(&assessment.gradient.0);
            g.iter()
                .zip(&s.eigenvalues)
                .filter(|(_, l)| **l > FLAT)
                .map(|(g, l)| 0.5 * g * g / l)
                .fold(0.0, |sum, x| sum + x)
        };
        assessment.remaining_visible = Some(half_square(&visible));
        assessment.remaining_observed = (inertia.negative == 0).then(|| half_square(&observed));
        let complete = metric.diagonal();
        assessment.reading =
            Some(Reading { complete, inertia, defect: observed.defect(), observed, visible, information });
        Ok(assessment)
    }

    /// The estimate to go by: Newton's where the observed information allows it, the evidence metric's otherwise.
    pub fn remaining(&self) -> Option<f64> {
        self.remaining_observed.or(self.remaining_visible)
    }

    /// Cosine, in the metric of the evidence, between the natural gradients in the joint metric (the ELBO's) and in the
    /// evidence metric; `None` where the spectrum is not known or the slope is zero.
    ///
    /// ```text
    /// cos = Σ g_i² / √(Σ λ_i g_i² · Σ g_i²/λ_i)     over visible directions
    /// ```
    pub fn cosine(&self) -> Option<f64> {
        let visible = &self.reading.as_ref()?.visible;
        let (mut both, mut joint, mut evidence) = (0.0, 0.0, 0.0);
        for (g, l) in visible.coordinates(&self.gradient.0).iter().zip(&visible.eigenvalues).filter(|(_, l)| **l > FLAT)
        {
            both += g * g;
            joint += l * g * g;
            evidence += g * g / l;
        }
        (both > 0.0).then(|| both / (joint * evidence).sqrt())
    }

    /// Whether the observed information has a negative direction.
    pub fn is_indefinite(&self) -> bool {
        self.reading.as_ref().is_some_and(|r| r.inertia.negative > 0)
    }

    /// The natural gradient of the evidence and the name of the estimate of its metric: observed information where
    /// that is positive, scores otherwise.
    pub fn direction(&self) -> Option<(Tangent, &'static str)> {
        let reading = self.reading.as_ref()?;
        let (spectrum, name) = if reading.inertia.negative == 0 {
            (&reading.observed, "observed")
        } else {
            (&reading.visible, "evidence")
        };
        let coefficients: Vec<f64> = spectrum
            .coordinates(&self.gradient.0)
            .iter()
            .zip(&spectrum.eigenvalues)
            .map(|(g, l)| if *l > FLAT { g / l } else { 0.0 })
            .collect();
        Some((Tangent(spectrum.combine(&coefficients)), name))
    }

    /// Steps between Newton's and EM's, for where the information is indefinite or nearly flat: `Σ_i g_i/(|λ_i| + μ) u_i` for
    /// falling lengths.
    pub fn damped(&self) -> Vec<Tangent> {
        /// The joint metric's eigenvalues are 1, so that μ = 1 would be an EM step.
        const DAMPING: [f64; 4] = [1e-4, 1e-3, 1e-2, 1e-1];
        let Some(reading) = &self.reading else { return Vec::new() };
        let spectrum = &reading.observed;
        let g = spectrum.coordinates(&self.gradient.0);
        DAMPING
            .iter()
            .map(|damping| {
                let scaled = g.iter().zip(&spectrum.eigenvalues).map(|(g, l)| g / (l.abs() + damping));
                Tangent(spectrum.combine(&scaled.collect::<Vec<_>>()))
            })
            .collect()
    }

    /// The direction of most negative curvature, of unit length in the joint metric.
    pub fn escape(&self) -> Option<Tangent> {
        let reading = self.reading.as_ref().filter(|r| r.inertia.negative > 0)?;
        let mut unit = vec![0.0; reading.observed.eigenvalues.len()];
        unit[0] = 1.0;
        Some(Tangent(reading.observed.combine(&unit)))
    }
}
