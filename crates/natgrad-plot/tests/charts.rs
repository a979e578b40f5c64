//! Charts are drawn in both formats, with their words, and refuse to be empty.

use natgrad_plot::{Chart, Corner, DrawError};

fn all_kinds() -> Chart {
    let edges: Vec<f64> = (0..=20).map(|i| -1.0 + 0.1 * f64::from(i)).collect();
    let heights: Vec<f64> = (0..20).map(|i| f64::from(i * i) / 2470.0).collect();
    Chart::new("Every kind", "cosine", "share")
        .histogram("bars", &edges, &heights)
        .line("line", (0..=40).map(|i| (-1.0 + 0.05 * f64::from(i), 0.1 + 0.05 * f64::from(i % 3))))
        .points("points", [(-0.5, 0.1), (0.0, 0.12), (0.5, f64::NAN)])
        .arrows("arrows", [[-0.8, 0.05, 0.2, 0.05], [0.2, 0.02, -0.1, 0.03]])
        .vertical(0.0)
        .legend(Corner::TopLeft)
}

#[test]
fn a_chart_has_both_formats_and_all_its_words() {
    let drawing = all_kinds().draw().expect("a drawing");
    for word in ["Every kind", "cosine", "share", "bars", "line", "points", "arrows"] {
        assert!(drawing.svg.contains(word), "{word}");
    }
    assert_eq!(&drawing.png[1..4], b"PNG");
    assert!(drawing == all_kinds().draw().expect("the same drawing"), "the bytes differ");
    if let Some(folder) = std::env::var_os("NATGRAD_SEE_FIGURES") {
        std::fs::write(std::path::Path::new(&folder).join("chart.png"), &drawing.png).expect("written");
    }
}

#[test]
fn an_empty_chart_is_refused() {
    assert!(matches!(Chart::new("None", "x", "y").draw(), Err(DrawError::Empty(_))));
    assert!(Chart::new("None", "x", "y").points("p", [(f64::NAN, 1.0)]).draw().is_err());
}

#[test]
fn whole_numbers_are_marked_as_such_and_points_of_lines_shown() {
    let words = |chart: &Chart| -> Vec<String> {
        let svg = chart.draw().expect("a drawing").svg;
        let texts = svg.split("</text>").filter_map(|part| part.rsplit('>').next().map(str::to_string));
        texts.filter(|t| !t.is_empty()).collect()
    };
    for (last, there, absent) in [(2, vec!["1", "2"], vec!["1.5", "3"]), (40, vec!["5", "10", "40"], vec!["7", "12.5"])]
    {
        // Heights that no mark of the horizontal axis could be taken for.
        let chart = Chart::new("Sizes", "size", "y")
            .line("a", (1..=last).map(|k| (f64::from(k), 1000.0 + f64::from(k))))
            .whole_x();
        let words = words(&chart);
        for word in there {
            assert!(words.iter().any(|w| w == word), "{word} is missing: {words:?}");
        }
        for word in absent {
            assert!(!words.iter().any(|w| w == word), "{word} is there: {words:?}");
        }
    }
    let plain =
        Chart::new("Points", "x", "y").line("a", [(1.0, 1.0), (2.0, 3.0)]).line_with_errors("b", [[1.0, 2.0, 0.1]]);
    let circles = |chart: &Chart| chart.draw().expect("a drawing").svg.matches("<circle").count();
    assert_eq!(circles(&plain), 0);
    assert_eq!(circles(&plain.marked()), 2, "the first series has circles, the second triangles");
}
