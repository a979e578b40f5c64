//! Fit, certify and explain two overlapping normals in a few lines.
//!
//! `cargo run --release -p natgrad --example fit`

use natgrad::catalogue::{CovarianceShape, Described, FamilyName, ModelName, Spec, summarise};
use natgrad::engine::{Control, Progress, Settings, fit};
use natgrad::rows::{Column, ColumnKind, Table};

fn main() -> Result<(), natgrad::Error> {
    let x = vec![-2.1, -1.9, -1.5, -2.4, 0.9, 1.4, 2.2, 1.1, 0.3];
    let columns = vec![Column { name: "x".into(), kind: ColumnKind::Number, missing: false }];
    let table = Table::from_columns(columns, &[x], None)?;
    let spec = Spec::new(ModelName::GaussianMixture, 2, vec![FamilyName::Normal], CovarianceShape::Full);
    let (model, base_measure, profile) = Described::for_data(spec, &table)?;
    let start = model.starts(&table, &profile, &[0])?.remove(0);
    let learning = model.learning(&table, base_measure);
    let outcome = fit(&learning, &Settings::default(), Progress::at(start), &|_| Control::Continue)?;
    let summary = summarise(&model, &learning, &outcome.look, 1e-6, None)?;
    println!("ELBO {:.6} nats per row, entropy sum {:.6}", summary.elbo, summary.entropy_sum);
    for c in &summary.certificates {
        println!("{}: {:?}, {}", c.name, c.verdict, c.why);
    }
    println!("{}", summary.parameters);
    Ok(())
}
