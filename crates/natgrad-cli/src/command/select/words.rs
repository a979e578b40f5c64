//! The recommendation: which size, and why, in words.

use super::{Gap, Size};
use crate::table::{short, with_error};
use serde::Serialize;
use std::fmt::Write;

/// Sizes that rows held out prefer.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Preferred {
    /// The one with the highest mean.
    pub best: usize,
    /// The smallest that is behind it by no more than one standard error of the difference, row by row.
    pub within_one_error: usize,
}

/// Compares rows held out row by row with the best size's.
pub fn compare(sizes: &mut [Size]) -> Option<Preferred> {
    let known = sizes.iter().filter(|s| s.rows.is_some());
    let best = known.max_by(|a, b| {
        let of = |s: &Size| s.held_out.unwrap_or(f64::NEG_INFINITY);
        // Of equals the smaller.
        of(a).total_cmp(&of(b)).then(b.size.cmp(&a.size))
    })?;
    let (size, rows) = (best.size, best.rows.clone()?);
    for s in &mut *sizes {
        s.held_out_behind = s.rows.as_ref().map(|own| {
            let (mean, error) = rows.ahead_of(own);
            Gap { mean, error }
        });
    }
    let near = |s: &&Size| s.size == size || s.held_out_behind.is_some_and(|g| g.mean <= g.error);
    let smallest = sizes.iter().filter(near).map(|s| s.size).min().unwrap_or(size);
    Some(Preferred { best: size, within_one_error: smallest })
}

/// The recommended size with its reasons; `None` where no size could be fitted.
pub fn recommend(sizes: &[Size], preferred: Option<Preferred>, word: &str) -> Option<(usize, String)> {
    let lowest = |by: fn(&Size) -> Option<f64>| {
        let known = sizes.iter().filter_map(|s| Some((s, by(s)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(s, _)| s)
    };
    let of = |size: usize| sizes.iter().find(|s| s.size == size);
    let held = preferred.and_then(|p| of(p.best));
    let near = preferred.and_then(|p| of(p.within_one_error));
    let criterion = lowest(|s| s.bic);
    let best = criterion.or(near)?;
    let mut why = match held {
        Some(h) if criterion.is_none() && h.size == best.size => {
            format!(
                "size {} has the highest bound on held-out rows (there is no BIC: the ELBO is only a bound)",
                best.size
            )
        }
        Some(h) if criterion.is_none() => {
            format!(
                "size {} is the smallest within one standard error of size {}, which has the highest bound on held-out rows \
                 (behind by {} nats per row; there is no BIC: the ELBO is only a bound)",
                best.size,
                h.size,
                behind(best)
            )
        }
        Some(h) if h.size == best.size => {
            format!("size {} has the lowest BIC and the highest evidence on held-out rows", best.size)
        }
        Some(h) => {
            let mut why = format!(
                "size {} has the lowest BIC; held-out rows prefer {} ({} against {} nats per row, a difference of {})",
                best.size,
                h.size,
                h.held_out.map_or_else(String::new, short),
                best.held_out.map_or_else(|| "–".into(), short),
                behind(best)
            );
            if let Some(near) = near.filter(|n| n.size != h.size) {
                let _ = write!(why, "; within one standard error of that {} is the smallest", near.size);
            }
            why
        }
        None => format!("size {} has the lowest BIC", best.size),
    };
    if sizes.len() > 1 && sizes.last().map(|s| s.size) == Some(best.size) {
        why.push_str("; it is the largest that was tried: try larger ones");
    }
    // The first size at which a latent variable is of no use.
    if let Some((size, names)) = sizes.iter().find_map(|s| {
        let names: Vec<&str> = s.latents.iter().filter(|l| l.collapsed).map(|l| l.name.as_str()).collect();
        (!names.is_empty()).then_some((s.size, names))
    }) {
        why.push_str(&format!(
            "; with {size} {word} the posterior of {} collapses onto the prior (below {} nats per row)",
            names.join(", "),
            super::COLLAPSED
        ));
    }
    Some((best.size, why))
}

/// How far a size is behind the best on rows held out.
fn behind(size: &Size) -> String {
    size.held_out_behind.map_or_else(|| "–".into(), |g| with_error(g.mean, g.error))
}
