//! The recommendation: which size, and why, in words.

use super::{COLLAPSED, Mean, Size};
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
        s.held_out_behind = s.rows.as_ref().and_then(|own| rows.ahead_of(own));
    }
    // Where one row tells no error, only an equal is as good.
    let near = |s: &&Size| s.size == size || s.held_out_behind.is_some_and(|g| g.mean <= g.error.unwrap_or(0.0));
    let smallest = sizes.iter().filter(near).map(|s| s.size).min().unwrap_or(size);
    Some(Preferred { best: size, within_one_error: smallest })
}

/// The recommended size with its reasons; `None` where no size could be compared.
///
/// The lowest BIC decides, where there is none the smallest size that rows held out do not tell from the best. Where latent variables
/// of that size have collapsed, the largest smaller size with none such is as good with less.
pub fn recommend(sizes: &[Size], preferred: Option<Preferred>, word: &str) -> Option<(usize, String)> {
    let of = |size: usize| sizes.iter().find(|s| s.size == size);
    let lowest = sizes.iter().filter_map(|s| Some((s, s.bic?))).min_by(|a, b| a.1.total_cmp(&b.1)).map(|(s, _)| s);
    let near = preferred.and_then(|p| of(p.within_one_error));
    let held = preferred.and_then(|p| of(p.best));
    let best = lowest.or(near)?;
    let mut why = match held {
        Some(h) if lowest.is_none() => by_bounds(best, h),
        held => by_criterion(best, held, near),
    };
    let compared = |s: &&Size| if lowest.is_some() { s.bic.is_some() } else { s.rows.is_some() };
    let smaller = || sizes.iter().filter(compared).filter(|s| s.size < best.size && s.collapsed().is_empty());
    let collapsed = best.collapsed();
    let chosen = if collapsed.is_empty() { best } else { smaller().max_by_key(|s| s.size).unwrap_or(best) };
    if chosen.size != best.size {
        // A mixture's only latent variable is which component a row is of.
        let latents = if best.latents.len() == best.size { word } else { "latents" };
        let _ = write!(
            why,
            ", but {} of its {} {latents} {} collapsed ({}: below {COLLAPSED} nats per row); size {} suffices",
            collapsed.len(),
            best.latents.len(),
            if collapsed.len() == 1 { "has" } else { "have" },
            collapsed.join(", "),
            chosen.size
        );
        if chosen.held_out_behind.is_some_and(|g| g.mean > g.error.unwrap_or(0.0)) {
            let _ = write!(why, " (on held-out rows {} nats per row behind the best)", behind(chosen));
        }
    } else if let Some(first) = sizes.iter().find(|s| !s.collapsed().is_empty()) {
        // The first size at which a latent variable is of no use.
        let _ = write!(
            why,
            "; with {} {word} the posterior of {} collapses onto the prior (below {COLLAPSED} nats per row)",
            first.size,
            first.collapsed().join(", ")
        );
    }
    if sizes.len() > 1 && sizes.last().map(|s| s.size) == Some(chosen.size) {
        why.push_str("; it is the largest that was tried: try larger ones");
    }
    Some((chosen.size, why))
}

/// Reasons where there is no BIC.
fn by_bounds(best: &Size, highest: &Size) -> String {
    if highest.size == best.size {
        return format!(
            "size {} has the highest bound on held-out rows (there is no BIC: the ELBO is only a bound)",
            best.size
        );
    }
    format!(
        "size {} is the smallest within one standard error of size {}, which has the highest bound on held-out rows (behind by {} \
         nats per row; there is no BIC: the ELBO is only a bound)",
        best.size,
        highest.size,
        behind(best)
    )
}

/// Reasons where BIC decides.
fn by_criterion(best: &Size, held: Option<&Size>, near: Option<&Size>) -> String {
    let Some(held) = held else { return format!("size {} has the lowest BIC", best.size) };
    if held.size == best.size {
        return format!("size {} has the lowest BIC and the highest evidence on held-out rows", best.size);
    }
    let mut why = format!(
        "size {} has the lowest BIC; held-out rows prefer {} ({} against {} nats per row, a difference of {})",
        best.size,
        held.size,
        held.held_out.map_or_else(String::new, short),
        best.held_out.map_or_else(|| "–".into(), short),
        behind(best)
    );
    if let Some(near) = near.filter(|n| n.size != held.size) {
        let _ = write!(why, "; within one standard error of that {} is the smallest", near.size);
    }
    why
}

/// How far a size is behind the best on rows held out.
fn behind(size: &Size) -> String {
    size.held_out_behind.map_or_else(|| "–".into(), |Mean { mean, error }| with_error(mean, error.unwrap_or(0.0)))
}

#[cfg(test)]
mod tests {
    use super::{Mean, Preferred, Size, recommend};
    use crate::command::select::Latent;

    /// A size whose latent variables are told so many nats.
    fn of(size: usize, bic: Option<f64>, told: &[f64]) -> Size {
        let latents = told.iter().zip(1..).map(|(t, l)| Latent::new(format!("latent_{l}"), 0.0, 0.0, *t)).collect();
        Size { size, bic, latents, ..Size::default() }
    }

    #[test]
    fn a_size_with_collapsed_latents_is_not_recommended() {
        let full = [0.5; 6];
        let sizes = [
            of(3, Some(13.0), &full[..3]),
            of(4, Some(12.0), &full[..4]),
            of(5, Some(11.0), &[0.5, 0.5, 0.5, 0.5, 0.001]),
            of(6, Some(10.0), &[0.5, 0.002, 0.5, 0.5, 0.001, 0.5]),
        ];
        let (size, why) = recommend(&sizes, None, "latent dimensions").expect("a size");
        assert_eq!(size, 4);
        assert_eq!(
            why,
            "size 6 has the lowest BIC, but 2 of its 6 latent dimensions have collapsed (latent_2, latent_5: below 0.01 nats per row); \
             size 4 suffices"
        );
        // Nothing smaller was compared: it stays, and is said to have collapsed.
        let (size, why) = recommend(&sizes[3..], None, "latent dimensions").expect("a size");
        assert!(
            size == 6 && why.contains("with 6 latent dimensions the posterior of latent_2, latent_5 collapses"),
            "{why}"
        );
        // A size that failed is no way out.
        let (size, _) = recommend(&[of(4, None, &[]), of(6, Some(1.0), &[0.0; 6])], None, "factors").expect("a size");
        assert_eq!(size, 6);
        assert!(recommend(&[of(4, None, &[])], None, "factors").is_none());
    }

    #[test]
    fn what_a_smaller_size_costs_is_said() {
        let rows = || Some(crate::command::select::HeldOut::default());
        let behind = |mean, error| Some(Mean { mean, error: Some(error) });
        let sizes = [
            Size { rows: rows(), held_out_behind: behind(0.3, 0.1), ..of(1, None, &[0.5]) },
            Size { rows: rows(), held_out_behind: behind(0.0, 0.0), ..of(3, None, &[0.5, 0.5, 0.0]) },
        ];
        let preferred = Preferred { best: 3, within_one_error: 3 };
        let (size, why) = recommend(&sizes, Some(preferred), "latent dimensions").expect("a size");
        assert!(size == 1 && why.contains("1 of its 3 latent dimensions has collapsed"), "{why}");
        assert!(why.ends_with("size 1 suffices (on held-out rows 0.30 ± 0.10 nats per row behind the best)"), "{why}");
    }
}
