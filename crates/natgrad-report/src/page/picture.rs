//! A picture from the run folder, set into the page.

use crate::number::significant;
use maud::{Markup, PreEscaped, html};

/// What a picture must not have inside a page that runs and loads nothing.
const REFUSED: [&str; 8] = ["<script", "<foreignobject", "href", "url(", "src=", "@import", "javascript:", "<!entity"];

/// What may stand there all the same: a bitmap, written out.
const BITMAP: &str = " href=\"data:image/png;base64,";

/// The drawing of an SVG file on a light card of its own, as its colours are for white paper; nothing where the file is
/// no SVG or has what a page must not have.
pub fn picture(svg: &str, label: &str) -> Option<Markup> {
    let start = svg.find("<svg")?;
    let open = start + svg[start..].find('>')?;
    let end = svg.rfind("</svg>").filter(|e| *e > open)?;
    let (head, body) = (&svg[start..open], &svg[open + 1..end]);
    // A bitmap inside the file loads nothing.
    let small = body.to_ascii_lowercase().replace(BITMAP, "");
    // No attribute of a drawing begins with "on"; handlers do.
    let handler = small.match_indices(" on").any(|(i, _)| {
        let rest = small[i + 1..].trim_start_matches(|c: char| c.is_ascii_alphabetic());
        rest.starts_with('=')
    });
    if handler || small.contains("<svg") || REFUSED.iter().any(|r| small.contains(r)) {
        return None;
    }
    let (width, height) = size(head)?;
    let frame = format!(
        "<svg role=\"img\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" font-family=\"DejaVu Sans, Helvetica, \
         Arial, sans-serif\">",
        w = plain(width),
        h = plain(height)
    );
    let svg = PreEscaped(format!("{frame}{body}</svg>"));
    Some(html! { div.picture { div.sheet aria-label=(label) { (svg) } } })
}

/// A number for an attribute.
fn plain(x: f64) -> String {
    significant(x, 6)
}

/// Width and height, from the attributes or the view box.
fn size(head: &str) -> Option<(f64, f64)> {
    let attribute = |name: &str| {
        let from = head.find(&format!(" {name}=\""))? + name.len() + 3;
        head[from..].split('"').next()
    };
    let number = |name: &str| attribute(name)?.trim_end_matches("px").parse::<f64>().ok();
    let found = match (number("width"), number("height")) {
        (Some(w), Some(h)) => (w, h),
        _ => {
            let parts: Vec<f64> = attribute("viewBox")?.split_whitespace().filter_map(|p| p.parse().ok()).collect();
            (*parts.get(2)?, *parts.get(3)?)
        }
    };
    let usual = |x: f64| x.is_finite() && (1.0..1e6).contains(&x);
    (usual(found.0) && usual(found.1)).then_some(found)
}
