//! The comparison as a table, with what is to be said below it.

use super::{Latent, Size};
use crate::failure::Failure;
use crate::output::Output;
use crate::table::{plain, short, with_error};
use natgrad::engine::Status;

/// Most latent variables whose nats are listed one by one.
const MOST_LISTED: usize = 4;

/// What a size has in a column.
type Cell<'a> = &'a dyn Fn(&Size) -> String;

/// The table, and below it why sizes could not be compared.
pub fn show(sizes: &[Size], out: &Output) -> Result<(), Failure> {
    let number = |v: Option<f64>| v.map_or_else(|| "–".to_string(), short);
    let columns: [(&str, Cell<'_>); 8] = [
        ("size", &|s| s.size.to_string()),
        ("ELBO", &|s| number(s.elbo)),
        ("parameters", &|s| s.parameters.map_or_else(|| "–".into(), |p| p.to_string())),
        ("BIC", &|s| number(s.bic)),
        ("ICL", &|s| number(s.icl)),
        ("held out", &|s| s.held_out.map_or_else(|| "–".into(), |h| with_error(h, s.held_out_error.unwrap_or(0.0)))),
        ("nats told", &|s| told(&s.latents)),
        ("status", &|s| status(s).into()),
    ];
    // A column without a number for any size is left out: criteria where there are none.
    let empty = |of: Cell<'_>| sizes.iter().all(|s| ["–", ""].contains(&of(s).as_str()));
    let columns: Vec<_> = columns.into_iter().filter(|(name, of)| *name == "held out" || !empty(of)).collect();
    let header: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let rows = sizes.iter().map(|s| columns.iter().map(|(_, of)| of(s)).collect()).collect();
    out.result(&plain(&header, rows))?;
    for (named, error) in errors(sizes) {
        out.result(&format!("{named}: {error}"))?;
    }
    Ok(())
}

/// Nats told of each latent variable; of many the least and the most.
fn told(latents: &[Latent]) -> String {
    let digits = |l: &Latent| format!("{:.3}", l.information);
    if latents.len() <= MOST_LISTED {
        return latents.iter().map(digits).collect::<Vec<_>>().join(" ");
    }
    let by = |a: &&Latent, b: &&Latent| a.information.total_cmp(&b.information);
    match (latents.iter().min_by(by), latents.iter().max_by(by)) {
        (Some(least), Some(most)) => format!("{} to {}", digits(least), digits(most)),
        _ => String::new(),
    }
}

fn status(size: &Size) -> &'static str {
    match size.status {
        Some(Status::Converged) => "converged",
        Some(Status::IterationLimit) => "iteration limit",
        Some(Status::Diverged) => "diverged",
        Some(Status::Interrupted) => "interrupted",
        None => "failed",
    }
}

/// Reasons why sizes could not be compared, each with the sizes that have it.
pub fn errors(sizes: &[Size]) -> Vec<(String, &str)> {
    let mut found: Vec<(Vec<usize>, &str)> = Vec::new();
    for (size, error) in sizes.iter().filter_map(|s| Some((s.size, s.error.as_deref()?))) {
        match found.iter_mut().find(|(_, same)| *same == error) {
            Some((of, _)) => of.push(size),
            None => found.push((vec![size], error)),
        }
    }
    found.into_iter().map(|(of, error)| (named(&of), error)).collect()
}

/// Sizes in words, ascending: `size 2`, `sizes 1 to 3, 5`.
pub fn named(sizes: &[usize]) -> String {
    let runs: Vec<String> = sizes
        .chunk_by(|a, b| a + 1 == *b)
        .map(|run| match run {
            [one] => one.to_string(),
            [one, other] => format!("{one}, {other}"),
            [first, .., last] => format!("{first} to {last}"),
            [] => String::new(),
        })
        .collect();
    format!("size{} {}", if sizes.len() > 1 { "s" } else { "" }, runs.join(", "))
}

#[cfg(test)]
mod tests {
    use super::{Size, errors, named};

    #[test]
    fn sizes_of_one_reason_are_named_together() {
        assert_eq!(named(&[3]), "size 3");
        assert_eq!(named(&[1, 2, 4]), "sizes 1, 2, 4");
        assert_eq!(named(&[1, 2, 3, 5, 7, 8]), "sizes 1 to 3, 5, 7, 8");
        let of = |size: usize, error: Option<&str>| Size { size, error: error.map(Into::into), ..Size::default() };
        let sizes = [of(1, None), of(2, Some("a")), of(3, Some("b")), of(4, Some("a"))];
        assert_eq!(errors(&sizes), [("sizes 2, 4".to_string(), "a"), ("size 3".to_string(), "b")]);
    }
}
