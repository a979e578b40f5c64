//! One table for all models: ELBO, entropy sum and their difference at the start and at the end.

use super::run::Run;
use crate::Table;

pub fn table(models: &[Run], counter: &[Run]) -> Table {
    let columns = [
        "criterion_holds",
        "elbo_at_start",
        "entropy_sum_at_start",
        "difference_at_start",
        "elbo_at_end",
        "entropy_sum_at_end",
        "difference_at_end",
        "difference_expected",
        "holds",
    ];
    let row = |r: &Run| {
        let (start, end) = (r.start(), r.end());
        let holds = (end.residual() - r.expected.0).abs() <= r.tolerance;
        let yes = |b: bool| f64::from(u8::from(b));
        vec![
            yes(r.criterion.holds),
            start.elbo,
            start.entropies.sum(),
            start.residual(),
            end.elbo,
            end.entropies.sum(),
            end.residual(),
            r.expected.0,
            yes(holds),
        ]
    };
    let all: Vec<&Run> = models.iter().chain(counter).collect();
    Table::new("all-models", columns)
        .with_labels("model", all.iter().map(|r| r.title.replace(',', ";")))
        .with_rows(all.iter().map(|r| row(r)))
}
