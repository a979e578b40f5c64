//! Sizes compared by the command line: few rows, failed sizes, limits, belief nets under bounds, tables and pictures.

mod common;

use common::Place;
use serde_json::Value;

/// Rows of three columns: two that go together and one apart.
fn rows(count: usize) -> String {
    let mut state = 3u64;
    let mut uniform = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64 - 0.5
    };
    let line = |_| {
        let (u, v, w) = (uniform(), uniform(), uniform());
        format!("{u},{},{v}\n", u + 0.3 * w)
    };
    format!("a,b,c\n{}", (0..count).map(line).collect::<String>())
}

/// Rows of six bits that hang together in pairs.
fn bits() -> String {
    let line = |n: u32| {
        let bit = |i: u32| (n.wrapping_mul(2_654_435_761) >> (7 + i)) & 1;
        let (a, b, c) = (bit(0), bit(3), bit(6));
        format!("{a},{},{b},{b},{c},{}\n", a ^ u32::from(n.is_multiple_of(7)), c ^ u32::from(n.is_multiple_of(5)))
    };
    format!("p,q,r,s,t,u\n{}", (1..=120).map(line).collect::<String>())
}

fn words(v: &Value) -> &str {
    v.as_str().unwrap_or_else(|| panic!("{v} is no text"))
}

#[test]
fn sizes_that_fail_say_why() {
    let place = Place::new();
    place.write("ten.csv", rows(10));
    let line = "select ppca ten.csv --latent-dim 1..4";
    let sizes = &place.run(&format!("{line} --json")).fine().json()["sizes"];
    assert!(sizes[0]["error"].is_null() && sizes[0]["held_out"].is_number(), "{sizes}");
    assert!(words(&sizes[2]["error"]).starts_with("3 latent dimensions for 3 columns"), "{sizes}");
    assert!(sizes[2]["elbo"].is_null(), "{sizes}");
    let shown = place.run(line).fine().stdout;
    assert!(shown.lines().any(|l| l.starts_with("size 3: 3 latent dimensions for 3 columns;")), "{shown}");
    assert!(shown.lines().any(|l| l.contains("failed")), "{shown}");
    // Where all fail the first reason is the error.
    place.refuses("select ppca ten.csv --latent-dim 3..4", &["no size", "size 3: 3 latent dimensions", "hint: "]);
    // A mixture that collapses onto a row says so, in one line with what helps.
    let shown = place.run("select gaussian-mixture ten.csv --components 1..4").fine().stdout;
    let reason = shown.lines().find(|l| l.contains(": diverged: ")).unwrap_or_else(|| panic!("{shown}"));
    assert!(reason.starts_with("size") && reason.contains("--covariance-floor"), "{reason}");
    assert!(!shown.contains("hint:"), "{shown}");
}

#[test]
fn few_rows_are_compared_and_one_is_refused_with_the_reason() {
    let place = Place::new();
    for count in [5, 8] {
        place.write("few.csv", rows(count));
        for seed in 0..4 {
            let line = format!("select sparse-coding few.csv --latent-dim 1 --max-iterations 30 --seed {seed} --json");
            let found = place.run(&line).fine().json();
            for size in found["sizes"].as_array().expect("sizes") {
                assert!(size["held_out"].is_number() && size["error"].is_null(), "{size}");
                // One row out of five tells no error.
                assert!(count != 5 || size["held_out_error"].is_null(), "{size}");
            }
        }
    }
    place.write("one.csv", "a,b\n0,1\n");
    let line = "select sigmoid-belief-net one.csv --latent-dim 1..2 --recognition mean-field";
    place.refuses(line, &["no size could be compared", "of 1 rows 0 are held out", "hint: "]);
    place.refuses("select ppca few.csv --latent-dim 1..99999999999", &["more than 1000 sizes"]);
}

#[test]
fn a_recommended_size_says_what_makes_it_less_than_it_seems() {
    let place = Place::new();
    // The second column is all of the factor: its noise goes to 0.
    let rows: Vec<String> = [(-1.3, -1.0), (0.4, -0.2), (0.1, 0.3), (1.9, 1.1), (-0.6, 0.7), (0.2, -1.2)]
        .iter()
        .enumerate()
        .map(|(n, (a, b))| format!("{a},{b},{},{}", b + 0.3 * a, [0.4, -0.1, 0.2, 0.5, -0.3, 0.0][n]))
        .collect();
    place.write("few.csv", format!("a,b,c,d\n{}\n", rows.join("\n")));
    let ran = place.run("select factor-analysis few.csv --latent-dim 1..1 --json").fine();
    let found = ran.json();
    let warnings = found["sizes"][0]["warnings"].as_array().expect("a list");
    assert!(words(&warnings[0]).contains("Heywood"), "{found}");
    assert!(ran.stderr.contains("size 1: the noise of"), "{ran:#?}");
    place.refuses("select factor-analysis few.csv --latent-dim 1..==2", &["is not a range of sizes"]);
}

#[test]
fn fits_that_end_at_a_limit_are_named() {
    let place = Place::new();
    place.write("d.csv", rows(60));
    let warned = |line: &str, words: &[&str]| {
        let ran = place.run(line).fine();
        let warning = ran.stderr.lines().find(|l| l.contains("order of sizes")).unwrap_or("");
        assert!(words.iter().all(|w| warning.contains(w)), "{words:?}: {ran:#?}");
    };
    warned("select vae d.csv --latent-dim 1..2 --hidden-layers 4 --epochs 2", &["sizes 1, 2", "--epochs"]);
    // One component needs one iteration, and a second to see it.
    warned("select gaussian-mixture d.csv --components 2..3 --max-iterations 1", &["sizes 2, 3", "--max-iterations"]);
    let quiet = place.run("select ppca d.csv --latent-dim 1..2").fine();
    assert!(!quiet.stderr.contains("order of sizes"), "{quiet:#?}");
}

#[test]
fn belief_nets_are_compared_by_evidence_or_by_bounds() {
    let place = Place::new();
    place.write("bits.csv", bits());
    place.write("d.csv", rows(30));
    let of = |options: &str| {
        let line = format!("select sigmoid-belief-net bits.csv --latent-dim 1..4 --max-iterations 60 {options} --json");
        place.run(&line).fine().json()
    };
    let exact = of("--recognition exact");
    assert_eq!(exact, of(""), "exact unless told");
    for options in ["--recognition mean-field", "--recognition structured --cluster 2"] {
        let found = of(options);
        for (size, known) in
            found["sizes"].as_array().expect("sizes").iter().zip(exact["sizes"].as_array().expect("sizes"))
        {
            // A bound is no evidence and has no criterion; parameters are as many.
            assert!(size["log_evidence"].is_null() && size["bic"].is_null() && size["icl"].is_null(), "{size}");
            assert!(size["held_out"].is_number() && size["parameters"] == known["parameters"], "{size}");
        }
        assert!(words(&found["recommended"]["why"]).contains("bound on held-out rows"), "{found}");
    }
    let net = "select sigmoid-belief-net bits.csv";
    place.refuses(&format!("{net} --layers 2..6"), &["--layers does nothing", "--latent-dim 2..6"]);
    place.refuses(&format!("{net} --layers 20,10"), &["--latent-dim A..B"]);
    place.refuses(&format!("{net} --latent-dim 2..3 --recognition encoder"), &["encoders", "natgrad score"]);
    place.refuses(&format!("{net} --latent-dim 2..3 --cluster 2"), &["--recognition structured"]);
    place.refuses(&format!("{net} --latent-dim 2..3 --recognition structured --cluster 99"), &["99"]);
    place.refuses(&format!("{net} --latent-dim 20..21"), &["21", "--recognition mean-field"]);
    for option in ["--layers 2", "--cluster 2", "--recognition exact"] {
        let name = option.split(' ').next().expect("a name");
        place.refuses(&format!("select ppca d.csv --latent-dim 1 {option}"), &[name, "sigmoid-belief-net"]);
    }
}

#[test]
fn tables_have_a_line_per_size_and_pictures_whole_sizes() {
    let place = Place::new();
    place.write("bits.csv", bits());
    let line = "select sigmoid-belief-net bits.csv --latent-dim 1..7 --max-iterations 20 --plot sizes.svg";
    let shown = place.run(line).fine().stdout;
    // A header and its rule, seven sizes, the recommendation.
    assert_eq!(shown.lines().count(), 10, "{shown}");
    assert!(shown.contains("nats told") && shown.contains(" to "), "{shown}");
    let picture = place.read("sizes.svg");
    for size in 1..=7 {
        assert!(picture.contains(&format!(">{size}<")), "{size}");
    }
    assert!(!picture.contains(">1.5<") && picture.contains("<circle"));
    // Bounds have no criteria, and no columns for them.
    let shown = place.run(&format!("{line} --recognition mean-field")).fine().stdout;
    assert!(!shown.lines().next().unwrap_or("").contains("BIC"), "{shown}");
}
