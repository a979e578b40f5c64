//! Pictures of the tetrahedron: what they hold, in every format, whatever the names are.

use natgrad_plot::tetrahedron::{Curve, Quadruple, Tetrahedron, View};

fn product(y: f64, z: f64) -> Quadruple {
    [y * z, y * (1.0 - z), (1.0 - y) * z, (1.0 - y) * (1.0 - z)]
}

fn drawn() -> Tetrahedron {
    let surface = (0..5).map(|i| (0..5).map(|j| product(f64::from(i) / 4.0, f64::from(j) / 4.0)).collect()).collect();
    let points: Vec<Quadruple> =
        (0..100).map(|k| product(0.9 - 0.008 * f64::from(k), 0.1 + 0.008 * f64::from(k))).collect();
    Tetrahedron {
        title: String::new(),
        corners: ["y = a, z = a", "y = a, z = b", "y = b, z = a", "y = b, z = b"].map(String::from),
        surface,
        surface_name: "visible model".into(),
        curves: ["evidence", "recognition", "elbo"]
            .map(|name| Curve { name: name.into(), points: points.clone() })
            .to_vec(),
        target: Some(product(0.1, 0.9)),
    }
}

#[test]
fn every_format_holds_what_is_drawn() {
    let drawn = drawn();
    let svg = drawn.svg(View::default());
    for word in ["evidence", "recognition", "elbo", "start", "target", "visible model", "y = b, z = a"] {
        assert!(svg.contains(word), "{word}");
    }
    // The same bytes again.
    assert_eq!(svg, drawn.svg(View::default()));
    let png = drawn.png(View::default()).expect("a picture");
    assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
    let width = u32::from_be_bytes(png[16..20].try_into().expect("four bytes"));
    assert!(width >= 1500, "{width} pixels");
}

#[test]
fn the_page_loads_nothing_and_no_name_ends_its_script() {
    let mut drawn = drawn();
    drawn.corners[0] = "</script><b>&\u{2028}".into();
    drawn.curves[0].name = "<!--<script>".into();
    drawn.title = "a <i> & b".into();
    let page = drawn.html(View::default());
    assert_eq!(page.matches("</script>").count(), 2, "the page's own two");
    for tag in ["<!--<script", "<b>", "<i>"] {
        let at = page.find(tag);
        assert!(
            at.is_none(),
            "{tag}: {:?}",
            at.map(|i| page[i.saturating_sub(40)..].chars().take(80).collect::<String>())
        );
    }
    for remote in ["src=", "href=", "@import", "url(", "fetch(", "import("] {
        assert!(!page.contains(remote), "{remote}");
    }
    // The data reads back with its names.
    let data = page.split("application/json\">").nth(1).and_then(|p| p.split("</script>").next()).expect("data");
    let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
    assert_eq!(data["corners"][0], drawn.corners[0].as_str());
    assert_eq!(data["curves"][0]["points"].as_array().map(Vec::len), Some(100));
}

#[test]
fn points_that_do_not_exist_are_left_out() {
    let mut drawn = drawn();
    drawn.curves[0].points[3] = [f64::NAN, 0.5, 0.3, 0.2];
    drawn.curves[1].points.clear();
    drawn.curves[2].points.truncate(1);
    drawn.surface = vec![Vec::new()];
    let svg = drawn.svg(View { azimuth: 1e9, elevation: -90.0 });
    assert!(!svg.contains("NaN") && !svg.contains("inf"));
    assert!(drawn.png(View::default()).is_ok());
    assert!(Tetrahedron::default().svg(View::default()).starts_with("<svg"));
}
