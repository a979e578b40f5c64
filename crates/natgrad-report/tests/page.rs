//! The page and the pictures: structure, escaping, missing numbers, same bytes.

use natgrad_report::{
    Picture, Run, compare_svg, entropies_svg, page, remaining_svg, spectrum_svg, trace_from_csv, trace_svg,
};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

const NAMES: [&str; 4] = ["gmm", "latent-class", "diverged", "large"];

fn fixture(name: &str) -> Run {
    let path =
        |end: &str| -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/{name}.{end}")) };
    let read = |end: &str| std::fs::read_to_string(path(end)).expect("a fixture");
    let summary: Value = serde_json::from_str(&read("json")).expect("JSON");
    Run::from_folder(&summary, trace_from_csv(&read("csv")).expect("a trace"))
}

/// Pages and pictures to look at, where a folder is named for them.
fn keep(name: &str, text: &str) {
    if let Some(folder) = std::env::var_os("NATGRAD_REPORT_OUT") {
        std::fs::write(Path::new(&folder).join(name), text).expect("a writable folder");
    }
}

#[test]
fn pages_are_whole_and_load_nothing() {
    for name in NAMES {
        let run = fixture(name);
        let html = page(&run);
        keep(&format!("{name}.html"), &html);
        assert_eq!(html, page(&fixture(name)), "{name}: same run, same bytes");
        for c in &run.certificates {
            assert!(html.contains(&format!("<th scope=\"row\">{}</th>", c.name)), "{name}: {}", c.name);
        }
        for forbidden in
            ["src=", "url(", "@import", "<script", "<link", "http://", "https://", "NaN", "inf<", "optimal"]
        {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        assert!(!html.replace("href=\"#warnings\"", "").contains("href"), "{name}");
        for tag in ["svg", "table", "section", "figure", "div", "tr", "text"] {
            let (open, close) = (format!("<{tag}"), format!("</{tag}>"));
            let opened = html.matches(&open).filter(|_| true).count();
            assert!(opened >= html.matches(&close).count(), "{name}: {tag}");
        }
        assert_eq!(html.matches("<svg").count(), html.matches("</svg>").count());
        assert!(html.len() < 700_000, "{name}: {} bytes", html.len());
    }
}

#[test]
fn verdicts_in_one_sentence() {
    let html = NAMES.map(|n| page(&fixture(n)));
    assert!(
        html[0].contains("Converged: a maximum as far as the certificates can tell; about 10⁻¹⁰ nats in all are left")
    );
    assert!(html[1].contains("the maximum is a ridge, with 2 directions that the data cannot see"));
    assert!(html[2].contains("Diverged: component 3 collapsed on row 14"));
    assert!(html[3].contains(
        "Stopped by the limit on iterations: about 240 nats in all are left; refuted: stationarity, remaining"
    ));
    let mut run = fixture("gmm");
    run.certificates[1].verdict = natgrad_report::Verdict::Fails;
    assert!(page(&run).contains("Converged, but refuted by entropy-sum"));
}

#[test]
fn words_from_the_run_are_escaped() {
    let html = page(&fixture("gmm"));
    assert!(html.contains("duration &amp; wait &lt;min&gt;") && !html.contains("<min>"));
    assert!(!page(&fixture("latent-class")).contains("<b>"));
    let svg = compare_svg(&[("<a> & \"b\"", vec![(0.0, -2.0), (1.0, -1.0)])]);
    assert!(svg.contains("&lt;a&gt; &amp; &quot;b&quot;"));
}

#[test]
fn minimal_and_odd_summaries_do_not_panic() {
    let odd = [
        json!({}),
        json!(null),
        json!([1, 2]),
        json!({"model": 3, "rows": "x", "columns": {}, "information": [], "certificates": [{}, 1], "parameters": [1]}),
        json!({"model": "ppca", "elbo": null, "remaining": null, "parameters": {"mean": [1.0, 2.0], "noise": 0.1, "loadings": [[1.0], [null]]},
               "restarts": {"tried": 1, "agreeing": 1, "elbos": [null]}}),
        json!({"parameters": {"weights": [1.0], "means": [[]], "covariances": [[[]]], "probabilities": [[[0.1], []]], "blocks": [{}, {"means": [1.0]}]}}),
        json!({"parameters": {"weights": [], "means": []}, "information": {"eigenvalues": [0.5], "inertia": {"zero": 9, "negative": 4}}}),
    ];
    for summary in odd {
        let html = page(&Run::from_folder(&summary, Vec::new()));
        assert!(html.contains("</html>") && html.contains("–"));
    }
}

#[test]
fn mixtures_of_kinds_show_every_block() {
    let summary = json!({"model": "mixture", "rows": 10, "columns": ["age", "smoker", "job"], "parameters": {
        "weights": [0.25, 0.75],
        "blocks": [
            {"columns": ["age"], "family": "normal", "means": [31.0, 62.5], "variances": [25.0, 36.0]},
            {"columns": ["smoker"], "family": "bernoulli", "probabilities": [0.1, 0.4]},
            {"columns": ["job"], "family": "categorical", "levels": ["none", "some"], "probabilities": [[0.5, 0.5], [0.25, 0.75]]}]},
        "standard_errors": {"weights": [0.1, 0.1], "blocks": [{"means": [1.5, 2.5], "variances": [null, 3.0]}]}});
    let html = page(&Run::from_folder(&summary, Vec::new()));
    keep("mixture.html", &html);
    for words in ["31.0", "± 1.5", "bernoulli", "some", "variances"] {
        assert!(html.contains(words), "{words}");
    }
}

#[test]
fn pictures() {
    let em: Vec<(f64, f64)> = (0..120).map(|i| (f64::from(i), -4.5 - 1.2 * 0.9_f64.powi(i))).collect();
    let natural: Vec<(f64, f64)> = (0..14).map(|i| (f64::from(i), -4.5 - 1.2 * 0.5_f64.powi(i * i / 2))).collect();
    let svg = compare_svg(&[("EM", em), ("natural gradient", natural)]);
    assert!(svg.starts_with("<svg") && svg.contains("xmlns=\"http://www.w3.org/2000/svg\"") && !svg.contains("var("));
    assert!(svg.contains("natural gradient"));
    keep("compare.svg", &svg);
    let run = fixture("gmm");
    keep("trace.svg", &trace_svg(&run.trace));
    for svg in [remaining_svg(&run), entropies_svg(&run.trace), spectrum_svg(&run)] {
        assert!(svg.ends_with("</svg>\n"));
    }
    assert!(trace_svg(&[]).contains("nothing to draw"));
    assert!(compare_svg(&[("a", vec![(f64::NAN, f64::INFINITY)])]).contains("nothing to draw"));
    assert!(compare_svg(&[]).contains("nothing to draw"));
}

#[test]
fn traces_by_name_with_gaps() {
    let rows =
        trace_from_csv("passes,iteration,elbo,new,metric\r\n0,0,,x,start\r\n1.5,1,-3,,\"joint\"\n").expect("a trace");
    assert_eq!((rows[1].passes, rows[1].elbo, rows[1].metric.as_str()), (1.5, Some(-3.0), "joint"));
    assert_eq!((rows[0].elbo, rows[0].remaining), (None, None));
    assert_eq!(trace_from_csv("elbo\nNaN\n").expect("a trace")[0].elbo, None);
    let error = trace_from_csv("iteration,elbo\n0,-3\n1,many\n").expect_err("not a number");
    assert!(error.to_string().starts_with("trace.csv, row 2, column \"elbo\": \"many\" is not a number\nhint: "));
    assert!(trace_from_csv("").is_err());
}

#[test]
fn reads_what_fits_write() {
    use natgrad::catalogue::{
        CovarianceShape, FamilyName, InformationSummary, ModelName, ResidualSummary, Spec, Summary,
    };
    use natgrad::diagnose::{Certificate, Restarts, Verdict};
    use natgrad::engine::Status;
    let summary = Summary {
        model: "gaussian-mixture".into(),
        settings: serde_json::json!(Spec::new(
            ModelName::GaussianMixture,
            1,
            vec![FamilyName::Normal],
            CovarianceShape::Full
        )),
        rows: 3,
        weight: 4.5,
        columns: vec!["x".into()],
        status: Some(Status::IterationLimit),
        why: None,
        iterations: Some(7),
        passes: Some(8.5),
        elbo: -2.0,
        log_evidence: Some(-2.0),
        log_prior: None,
        entropy_sum: -2.25,
        entropies: natgrad::model::Entropies { recognition: 0.5, prior: 0.75, observable: 2.0, base_measure: 0.0 },
        residual: ResidualSummary {
            value: 0.25,
            standard_error: 0.1,
            prior: 0.05,
            components: vec![0.2],
            variance: 1.0,
            alarm: 0.1,
            explained_by_floor: None,
            explained_by_prior: None,
        },
        remaining: Some(0.5),
        stationarity: 0.25,
        information: InformationSummary {
            eigenvalues: Some(vec![0.0, 1.0]),
            empirical_fisher: Some(vec![0.5, 1.0]),
            inertia: Some(natgrad::geometry::Inertia { negative: 0, zero: 1, positive: 1 }),
            defect: Some(1.0),
            directions: vec!["mean of component 1".into()],
            why: None,
        },
        certificates: vec![Certificate {
            name: "maximum".into(),
            verdict: Verdict::NotApplicable,
            value: None,
            tolerance: 1e-9,
            why: "so".into(),
            source: "there".into(),
        }],
        parameters: json!({"weights": [1.0]}),
        standard_errors: Some(json!({"weights": [0.0]})),
        standard_errors_robust: Some(json!({"weights": [0.0]})),
        confidence_95: None,
        standard_errors_why: Some("why".into()),
        restarts: Some(Restarts {
            tried: 2,
            agreeing: 1,
            within: 0.1,
            elbos: vec![Some(-2.0), None],
            labels: vec![],
            weight_spread: None,
        }),
        nodes: None,
        gram: None,
        warnings: vec!["careful".into()],
        seed: Some(5),
        version: "0.1.0".into(),
    };
    let run = Run::from_folder(&serde_json::to_value(&summary).expect("JSON"), Vec::new());
    assert_eq!((run.rows, run.weight, run.iterations, run.passes), (Some(3), Some(4.5), Some(7), Some(8.5)));
    assert_eq!((run.status.as_deref(), run.seed), (Some("iteration-limit"), Some(5)));
    assert_eq!((run.elbo, run.log_evidence, run.entropy_sum), (Some(-2.0), Some(-2.0), Some(-2.25)));
    assert_eq!((run.remaining, run.stationarity, run.entropies.prior), (Some(0.5), Some(0.25), Some(0.75)));
    assert_eq!(run.information.empirical, [0.5, 1.0]);
    assert_eq!(run.information.inertia.map(|i| i.zero), Some(1));
    assert_eq!((run.information.defect, run.information.directions.len()), (Some(1.0), 1));
    assert_eq!(run.certificates[0].verdict, natgrad_report::Verdict::NotApplicable);
    assert_eq!(run.certificates[0].tolerance, Some(1e-9));
    assert_eq!(run.restarts.as_ref().map(|r| (r.tried, r.agreeing, r.elbos.len())), Some((2, 1, 2)));
    assert!(run.standard_errors.is_object() && run.robust_errors.is_object() && run.standard_errors_why.is_some());
    assert_eq!((run.warnings.len(), run.version.as_deref()), (1, Some("0.1.0")));
}

#[test]
fn latents_and_pictures_are_shown_and_pictures_load_nothing() {
    let summary = json!({
        "model": "vae",
        "latents": {"divergences": [0.002, 1.5, 0.0, 0.25], "collapsed": [1, 3], "threshold": 0.01},
    });
    let svg = |image: &str| {
        format!("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"40\" height=\"20\"><image {image}/></svg>")
    };
    let picture = |svg: String| Picture { title: "Samples".into(), caption: "made <up>".into(), svg };
    let with = |svg: String| Run { pictures: vec![picture(svg)], ..Run::from_folder(&summary, Vec::new()) };
    let html = page(&with(svg("href=\"data:image/png;base64,AAAA\"")));
    assert!(html.contains("Latents 1, 3 have collapsed (below 0.01 nats per row): their beliefs are the prior."));
    // The most telling first.
    let place = |words: &str| html.find(words).unwrap_or_else(|| panic!("{words}"));
    assert!(place("<th scope=\"row\">2</th>") < place("<th scope=\"row\">4</th>"));
    assert!(html.contains("data:image/png;base64,AAAA") && html.contains("made &lt;up&gt;"));
    for bad in ["href=\"http://a.b/c.png\"", "href=\"data:image/svg+xml;base64,AAAA\"", "onload=\"x()\""] {
        assert!(!page(&with(svg(bad))).contains("Samples"), "{bad}");
    }
}
