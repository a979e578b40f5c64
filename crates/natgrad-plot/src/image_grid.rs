//! Small images side by side: samples, reconstructions, dictionaries.

use crate::{DrawError, Drawing};
use kuva::PngBackend;
use kuva::render::render::{Primitive, Scene, TextAnchor};

/// Steps of grey or colour; more are not told apart.
const STEPS: f64 = 32.0;
/// Free pixels between images, in pixels of the picture.
const GAP: usize = 4;
/// Height of the title, in pixels of the picture.
const TITLE: usize = 26;

/// How values become colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shades {
    /// Paper at 0, ink at 1: probabilities and binary images.
    Ink,
    /// Each image by its own largest value: red below 0, paper at 0, blue above. Dictionaries.
    Signed,
}

/// Images of one size in rows and columns.
#[derive(Debug, Clone)]
pub struct ImageGrid {
    title: String,
    size: (usize, usize),
    columns: usize,
    shades: Shades,
    pixel: usize,
    images: Vec<Vec<f64>>,
}

impl ImageGrid {
    /// A grid for images of `height × width` pixels, `columns` side by side.
    pub fn new(title: impl Into<String>, height: usize, width: usize, columns: usize) -> Self {
        // Images are shown about 84 pixels wide.
        let pixel = (84 / width.max(1)).clamp(1, 14);
        ImageGrid {
            title: title.into(),
            size: (height, width),
            columns: columns.max(1),
            shades: Shades::Ink,
            pixel,
            images: Vec::new(),
        }
    }

    /// Chooses how values become colours.
    pub fn shades(mut self, shades: Shades) -> Self {
        self.shades = shades;
        self
    }

    /// Adds an image, row by row from the top left.
    pub fn image(mut self, pixels: &[f64]) -> Self {
        self.images.push(pixels.to_vec());
        self
    }

    /// Adds images.
    pub fn images<'a>(self, images: impl IntoIterator<Item = &'a [f64]>) -> Self {
        images.into_iter().fold(self, |grid, image| grid.image(image))
    }

    /// The picture as SVG (which holds the bitmap, so that many pixels stay small) and PNG.
    ///
    /// # Errors
    /// [`DrawError::Empty`] where there is no image; [`DrawError::Images`] where one has another size or a value that is no
    /// number; [`DrawError::Bitmap`] where no bitmap can be made.
    pub fn draw(&self) -> Result<Drawing, DrawError> {
        let (height, width) = self.size;
        if self.images.is_empty() || height * width == 0 {
            return Err(DrawError::Empty(self.title.clone()));
        }
        let bad = |problem: String| DrawError::Images { figure: self.title.clone(), problem };
        for (i, image) in self.images.iter().enumerate() {
            if image.len() != height * width {
                return Err(bad(format!("image {} has {} pixels, not {height} × {width}", i + 1, image.len())));
            }
            if let Some(p) = image.iter().position(|x| !x.is_finite()) {
                return Err(bad(format!("pixel {} of image {} is {}", p + 1, i + 1, image[p])));
            }
        }
        let columns = self.columns.min(self.images.len());
        let rows = self.images.len().div_ceil(columns);
        let (cell_x, cell_y) = (width * self.pixel + GAP, height * self.pixel + GAP);
        let top = if self.title.is_empty() { GAP } else { TITLE };
        let page = (columns * cell_x + GAP, rows * cell_y + top);
        let mut scene = Scene::new(page.0 as f64, page.1 as f64);
        scene.background_color = Some("#ffffff".into());
        if !self.title.is_empty() {
            scene.add(Primitive::Text {
                x: GAP as f64,
                y: 18.0,
                content: self.title.clone(),
                size: 14,
                anchor: TextAnchor::Start,
                rotate: None,
                bold: false,
                color: None,
            });
        }
        for (i, image) in self.images.iter().enumerate() {
            let corner = (GAP + i % columns * cell_x, top + i / columns * cell_y);
            self.paint(&mut scene, image, corner);
        }
        let png = PngBackend::new()
            .with_scale(1.0)
            .render_scene(&scene)
            .map_err(|problem| DrawError::Bitmap { figure: self.title.clone(), problem })?;
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\"><image \
             width=\"{0}\" height=\"{1}\" style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{2}\"/></svg>\n",
            page.0,
            page.1,
            base64(&png)
        );
        Ok(Drawing { svg, png })
    }

    /// Pixels of one image: neighbours of one shade in one rectangle.
    fn paint(&self, scene: &mut Scene, image: &[f64], corner: (usize, usize)) {
        let (height, width) = self.size;
        let largest = image.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let step = |x: f64| {
            let scaled = match self.shades {
                Shades::Ink => x.clamp(0.0, 1.0),
                Shades::Signed => {
                    if largest > 0.0 {
                        x / largest
                    } else {
                        0.0
                    }
                }
            };
            (scaled * STEPS).round() as i32
        };
        let mut block = |x: usize, y: usize, columns: usize, rows: usize, fill: String| {
            scene.add(Primitive::Rect {
                x: (corner.0 + x * self.pixel) as f64,
                y: (corner.1 + y * self.pixel) as f64,
                width: (columns * self.pixel) as f64,
                height: (rows * self.pixel) as f64,
                fill: fill.as_str().into(),
                stroke: None,
                stroke_width: None,
                opacity: None,
            });
        };
        block(0, 0, width, height, colour(0));
        for y in 0..height {
            let row = &image[y * width..(y + 1) * width];
            let mut x = 0;
            while x < width {
                let shade = step(row[x]);
                let run = row[x..].iter().take_while(|v| step(**v) == shade).count();
                if shade != 0 {
                    block(x, y, run, 1, colour(shade));
                }
                x += run;
            }
        }
    }
}

/// From paper (0) to ink (positive, blue-black) or red (negative); both darken alike, so that grey prints show the size.
fn colour(step: i32) -> String {
    let t = f64::from(step.abs()) / STEPS;
    let (r, g, b) = if step >= 0 { (17.0, 40.0, 80.0) } else { (178.0, 24.0, 43.0) };
    let mix = |ink: f64| (246.0 + (ink - 246.0) * t).round() as u8;
    format!("#{:02x}{:02x}{:02x}", mix(r), mix(g), mix(b))
}

/// Bytes as text.
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for part in bytes.chunks(3) {
        let byte = |i: usize| u32::from(part.get(i).copied().unwrap_or(0));
        let word = byte(0) << 16 | byte(1) << 8 | byte(2);
        for i in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * i) & 63) as usize] as char;
            out.push(if i <= part.len() { letter } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn bytes_become_text_with_padding() {
        assert_eq!(
            ["", "f", "fo", "foo", "foob"].map(|s| base64(s.as_bytes())),
            ["", "Zg==", "Zm8=", "Zm9v", "Zm9vYg=="]
        );
    }
}
