//! The page that turns: data as JSON, a script without dependencies, and the still picture where scripts are off.

use super::figure::label;
use super::space::corners;
use super::stroke::{Marker, STYLES};
use super::{Tetrahedron, View};
use maud::{DOCTYPE, PreEscaped, html};
use serde_json::json;

const SCRIPT: &str = include_str!("page.js");

const LOOK: &str = "body{margin:0;font:15px/1.4 system-ui,sans-serif;color:#000;background:#fff}\
main{max-width:60rem;margin:0 auto;padding:1rem}h1{font-size:1.15rem;margin:0 0 .3rem}\
canvas{width:100%;aspect-ratio:8/7;display:block;touch-action:none;cursor:grab;outline-offset:2px}\
p{margin:.3rem 0;color:#444}button{font:inherit}";

pub(super) fn html(of: &Tetrahedron, view: View) -> String {
    let title = if of.title.is_empty() { "Flows in the tetrahedron of visible distributions" } else { &of.title };
    let styles: Vec<_> = STYLES
        .iter()
        .map(|s| {
            let marker = match s.marker {
                Marker::Disc => "disc",
                Marker::Square => "square",
                Marker::Triangle => "triangle",
            };
            json!({"colour": s.colour, "width": s.width, "dashes": s.dashes, "marker": marker})
        })
        .collect();
    let data = json!({
        "view": [view.azimuth, view.elevation],
        "places": corners(),
        "corners": of.corners.each_ref().map(|c| label(c)),
        "surface": of.surface,
        "surfaceName": of.surface_name,
        "curves": of.curves.iter().map(|c| json!({"name": label(&c.name), "points": c.points})).collect::<Vec<_>>(),
        "target": of.target,
        "styles": styles,
    });
    // Without "<" no text in the data can end the script element or open a comment in it.
    let data = data.to_string().replace('<', "\\u003c").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029");
    let names: Vec<&str> = of.curves.iter().map(|c| c.name.as_str()).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(LOOK)) }
            }
            body {
                main {
                    h1 { (title) }
                    canvas #picture tabindex="0" role="img"
                        aria-label=(format!("The flows {} in the simplex of four visible states", names.join(", "))) {}
                    p { "Drag or use the arrow keys to turn, the wheel to zoom. " button #reset type="button" { "Reset" } }
                    noscript { (PreEscaped(of.svg(view))) }
                }
                script #data type="application/json" { (PreEscaped(data)) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}
