//! The parametrisation criterion against independent verdicts: 77 maps, those that hold and those that do not.

mod known;

use known::maps;
use natgrad::criterion::{Settings, check};
use serde_json::Value;

fn expected() -> Vec<(String, bool)> {
    let rows: Value = serde_json::from_str(include_str!("fixtures/criterion_expected.json")).expect("the fixture");
    let rows = rows.as_array().expect("a list");
    rows.iter().map(|r| (r["model"].as_str().expect("a name").to_string(), r["expected"] == "accept")).collect()
}

#[test]
fn every_verdict_is_as_expected() {
    let rows = expected();
    assert_eq!(rows.len(), 77);
    let (mut worst, mut least) = (0.0f64, f64::INFINITY);
    for (name, accept) in &rows {
        let model = maps(name).unwrap_or_else(|| panic!("no maps for {name}"));
        let found = check(&model, &Settings::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(found.holds, *accept, "{name}: {found:#?}");
        for part in &found.parts {
            if part.holds {
                worst = worst.max(part.residual);
            } else {
                least = least.min(part.residual);
            }
        }
    }
    // The reference accepts up to 4e-15 and rejects from 2.5e-4; the tolerance between is 1e-10.
    assert!(worst < 1e-13, "largest accepted residual {worst:e}");
    assert!(least > 1e-3, "smallest rejected residual {least:e}");
}
