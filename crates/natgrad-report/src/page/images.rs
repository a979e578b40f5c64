//! Bitmaps from the run folder, set into the page: weights, dictionaries, samples, reconstructions.

use crate::run::{Image, Run};
use maud::{Markup, html};

/// What a bitmap's picture begins with, inside the SVG file that holds it.
const BITMAP: &str = "data:image/png;base64,";

impl Image {
    /// The bitmap of an SVG file that holds one; nothing where it holds none.
    pub fn from_svg(title: &str, svg: &str) -> Option<Image> {
        let rest = &svg[svg.find(BITMAP)? + BITMAP.len()..];
        let data = &rest[..rest.find('"')?];
        let plain = data.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        (plain && !data.is_empty()).then(|| Image { title: title.into(), png: data.into() })
    }
}

/// The section; nothing where there is no image.
pub fn images(run: &Run) -> Markup {
    html! {
        @if !run.images.is_empty() {
            section id="pictures" {
                h2 { "Pictures" }
                @for image in &run.images {
                    div.picture { img alt=(image.title) src={ (BITMAP) (image.png) }; }
                }
            }
        }
    }
}
