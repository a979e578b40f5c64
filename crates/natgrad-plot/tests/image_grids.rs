//! Grids of images: sizes, both formats, and what is refused.

use natgrad_plot::{DrawError, ImageGrid, Shades};

#[test]
fn a_grid_is_drawn_in_both_formats_and_always_the_same() {
    let image: Vec<f64> = (0..12).map(|i| f64::from(i) / 11.0 - 0.3).collect();
    for shades in [Shades::Ink, Shades::Signed] {
        let grid = || {
            ImageGrid::new("five images", 3, 4, 2)
                .shades(shades)
                .images(std::iter::repeat_n(image.as_slice(), 5))
                .draw()
        };
        let drawing = grid().expect("a picture");
        assert!(drawing.png.starts_with(b"\x89PNG"));
        // Three rows of two images of 3 × 4 pixels of 14, and the title.
        assert!(drawing.svg.contains("viewBox=\"0 0 124 164\""), "{}", &drawing.svg[..120]);
        assert_eq!(drawing, grid().expect("a picture"));
    }
}

#[test]
fn what_is_no_image_is_refused() {
    let empty = ImageGrid::new("none", 2, 2, 3).draw();
    assert!(matches!(empty, Err(DrawError::Empty(_))));
    for image in [vec![0.0; 3], vec![0.0, 1.0, f64::NAN, 0.0]] {
        let refused = ImageGrid::new("bad", 2, 2, 3).image(&image).draw();
        assert!(matches!(refused, Err(DrawError::Images { .. })));
    }
    let zero = ImageGrid::new("", 2, 2, 3).shades(Shades::Signed).image(&[0.0; 4]).draw();
    assert!(zero.is_ok(), "an element of zeros is paper");
}
