//! Every claim about entropy sums holds, with numbers behind every figure, twice the same.

use natgrad_reproduce::entropy_sums;

#[test]
fn every_claim_holds_and_every_figure_has_its_numbers() {
    let found = entropy_sums::run().expect("a reproduction");
    if let Some(folder) = std::env::var_os("NATGRAD_SEE_FIGURES") {
        for figure in &found.figures {
            let path = std::path::Path::new(&folder).join(format!("{}.png", figure.name));
            std::fs::write(path, &figure.png).expect("written");
        }
    }
    let failed: Vec<_> = found.claims.iter().filter(|c| !c.holds).collect();
    assert!(failed.is_empty(), "{failed:#?}");
    assert!(found.claims.len() > 80, "{} claims", found.claims.len());
    for figure in &found.figures {
        assert!(found.tables.iter().any(|t| t.name == figure.name), "{} has no numbers", figure.name);
        assert!(figure.svg.contains("<svg") && figure.png.starts_with(b"\x89PNG"));
    }
    let all = found.tables.iter().find(|t| t.name == "all-models").expect("a table of all");
    let names = &all.labels.as_ref().expect("names").1;
    assert_eq!((names.len(), all.rows.len()), (found.figures.len(), found.figures.len()));
    assert!(names.iter().all(|n| !n.contains(',')));
    // Nothing is trivial: most models begin where the two differ.
    let apart = all.rows.iter().filter(|r| r[3].abs() > 1e-3).count();
    assert!(3 * apart > 2 * all.rows.len(), "{apart} of {}", all.rows.len());
    assert!(found == entropy_sums::run().expect("a reproduction"), "two runs differ");
}
