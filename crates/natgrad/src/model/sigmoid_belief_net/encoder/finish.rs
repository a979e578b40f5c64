//! The end of learning: closed forms along which the slope of `L_K` vanishes, and one more look at all rows.
//!
//! ```text
//! prior π_u = mean E Σ_k ω̄_k z_u      scale of a layer:  θ_l ← (1 + s) θ_l,   s = E Σ ω̄ (z−σ)a / E Σ ω̄ σ′a²
//! ```

use super::super::SigmoidBeliefNet;
use super::draws::Pair;
use super::evaluate::Evaluation;
use super::pool::Pools;
use super::progress::{Amortised, EncoderStatus, Epoch, Learnt};
use super::sums::Sums;
use super::{Encoder, TrainSettings};
use crate::Error;
use crate::rows::RowSource;

/// Sweeps with steps to the closed forms: the second sees what the first has left.
const STEPS: u64 = 2;
/// Largest relative change of a layer's parameters in one step.
const MOST: f64 = 0.2;
/// A unit of the top that is always on or off stops where rounding does.
const CERTAIN: f64 = 37.0;

/// Ends learning.
pub(super) fn finish(
    net: &SigmoidBeliefNet,
    encoder: &Encoder,
    source: &dyn RowSource,
    settings: &TrainSettings,
    mut progress: Amortised,
) -> Result<Learnt, Error> {
    let pools = Pools::default();
    let sweep = |progress: &Amortised, number: u64| {
        let pair = Pair { net, encoder, theta: &progress.point.0, phi: &progress.encoder.0, pools: &pools };
        pair.sweep(source, settings.samples, (settings.seed, 2 + number))
    };
    let ended = progress.status.is_none();
    if ended {
        for number in 0..STEPS {
            let s = sweep(&progress, number)?;
            close(net, &mut progress, &s);
        }
        progress.status = Some(EncoderStatus::EpochLimit);
    }
    let s = sweep(&progress, STEPS)?;
    if ended {
        progress.trace.push(Epoch::of(progress.epoch + 1, &s, 0.0));
    }
    // The last closed form was found with draws of its own: the residual is then the difference of two such means.
    let error = if ended { s.residual_error() } else { 0.0 };
    Ok(Learnt { evaluation: Evaluation::of(&s, settings.samples, error), progress })
}

/// Takes the closed forms.
fn close(net: &SigmoidBeliefNet, progress: &mut Amortised, s: &Sums) {
    let layout = net.layout();
    let top = layout.top();
    for l in 0..top {
        let scale = s.along[l] / s.bend[l];
        if scale.is_finite() {
            let scale = 1.0 + scale.clamp(-MOST, MOST);
            progress.point.0[layout.layer(l)].iter_mut().for_each(|t| *t *= scale);
        }
    }
    for (b, on) in progress.point.0[layout.layer(top)].iter_mut().zip(&s.on) {
        let p = (on / s.weight).clamp(0.0, 1.0);
        *b = (p.ln() - (1.0 - p).ln()).clamp(-CERTAIN, CERTAIN);
    }
}
