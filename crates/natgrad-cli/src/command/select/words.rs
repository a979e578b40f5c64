//! The recommendation: which size, and why, in words.

use super::Size;
use crate::table::short;

/// The recommended size with its reasons; `None` where no size could be fitted.
pub fn recommend(sizes: &[Size], word: &str) -> Option<(usize, String)> {
    let lowest = |by: fn(&Size) -> Option<f64>| {
        let known = sizes.iter().filter_map(|s| Some((s, by(s)?)));
        known.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(s, _)| s)
    };
    let held = lowest(|s| s.held_out.map(|h| -h));
    let criterion = lowest(|s| s.bic);
    let best = criterion.or(held)?;
    let mut why = match held {
        Some(_) if criterion.is_none() => {
            format!(
                "size {} has the highest bound on held-out rows (there is no BIC: the ELBO is only a bound)",
                best.size
            )
        }
        Some(h) if h.size == best.size => {
            format!("size {} has the lowest BIC and the highest evidence on held-out rows", best.size)
        }
        Some(h) => format!(
            "size {} has the lowest BIC; held-out rows prefer {} ({} against {} nats per row)",
            best.size,
            h.size,
            h.held_out.map_or_else(String::new, short),
            best.held_out.map_or_else(|| "–".into(), short)
        ),
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
