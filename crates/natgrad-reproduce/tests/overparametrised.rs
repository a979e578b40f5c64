//! Every claim about overparametrised systems holds, with numbers behind every figure, twice the same.

use natgrad_reproduce::overparametrised;

#[test]
fn every_claim_holds_and_every_figure_has_its_numbers() {
    let found = overparametrised::run().expect("a reproduction");
    let failed: Vec<_> = found.claims.iter().filter(|c| !c.holds).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(found.claims.len() > 40, "{} claims", found.claims.len());
    for figure in &found.figures {
        assert!(found.tables.iter().any(|t| t.name == figure.name), "{} has no numbers", figure.name);
        assert!(figure.svg.contains("<svg") && figure.png.starts_with(b"\x89PNG"));
        if let Some(folder) = std::env::var_os("NATGRAD_SEE_FIGURES") {
            let path = std::path::Path::new(&folder).join(format!("{}.png", figure.name));
            std::fs::write(path, &figure.png).expect("written");
        }
    }
    for table in &found.tables {
        assert!(!table.rows.is_empty(), "{} is empty", table.name);
        assert!(table.rows.iter().all(|r| r.len() == table.columns.len()), "{}", table.name);
    }
    assert!(found == overparametrised::run().expect("a reproduction"), "two runs differ");
}
