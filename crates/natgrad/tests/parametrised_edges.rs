//! Parametrisations that are degenerate or wrong: an answer or one clear line, never a panic.

use natgrad::geometry::{Covector, Point, Tangent};
use natgrad::linalg::Matrix;
use natgrad::parametrised::examples::{Cube, Product, SoftmaxMap, Sum};
use natgrad::parametrised::{
    Affine, Ambient, EuclideanSpace, FisherRao, Form, Given, Image, Inverse, Parametrisation, Properness, Pullback,
    Reparametrised, Slope, Velocity, jacobian_error, meeting, natural_gradient, properness, turning,
};

/// The error's text, which must have one line and a hint.
fn refused<T>(result: Result<T, natgrad::Error>) -> String {
    let text = match result {
        Ok(_) => panic!("accepted"),
        Err(e) => e.to_string(),
    };
    assert_eq!(text.lines().count(), 2, "{text}");
    assert!(text.contains("\nhint: "), "{text}");
    text
}

fn at(xi: &[f64]) -> Point {
    Point(xi.to_vec())
}

#[test]
fn a_constant_map_has_no_directions() {
    let of = Given::new(3, 2, |_| vec![1.0, 2.0], |_| Matrix::zeros(2, 3));
    let found = natural_gradient(&of, &EuclideanSpace(2), &at(&[0.0; 3]), &Slope(vec![1.0, 1.0])).expect("a gradient");
    assert_eq!((found.rank, found.condition, found.norm, found.residual), (0, 1.0, 0.0, 0.0));
    assert_eq!(found.properness, Properness::Proper { dimension: 0 });
    assert_eq!(found.tangent.0, [0.0; 3]);
    let plane = EuclideanSpace(2);
    let here = Pullback::at(&of, &plane, &at(&[0.0; 3])).expect("a point");
    let c = Covector(vec![1.0, 0.0, 0.0]);
    assert_eq!(here.raise_by(&Inverse::Pivots, &c).expect("square").0, [0.0; 3]);
    let damped = here.damped(&c, 0.5).expect("positive");
    assert_eq!((damped.tangent.0[0], damped.error, damped.bound), (2.0, 0.0, 0.0));
    assert_eq!(here.project(&Velocity(vec![1.0, 1.0])).expect("lengths").0, [0.0; 2]);
    let same = meeting(&of, &plane, &at(&[0.0; 3]), &at(&[1.0; 3])).expect("two points");
    assert_eq!((same.dimensions, same.cosines.len()), ([0, 0], 0));
    assert_eq!(turning(&Affine::linear(Matrix::zeros(1, 1)), &EuclideanSpace(1), 0.0, 0.1).expect("a curve"), None);
}

#[test]
fn more_parameters_than_coordinates_and_the_reverse() {
    let wide = natural_gradient(&Sum(50), &EuclideanSpace(1), &at(&[0.1; 50]), &Slope(vec![1.0])).expect("a gradient");
    assert_eq!(wide.rank, 1);
    assert!((wide.pushforward.0[0] - 1.0).abs() < 1e-13 && (wide.tangent.0[7] - 0.02).abs() < 1e-15);
    let tall = Given::new(1, 40, |x| vec![x[0]; 40], |_| Matrix::from_fn(40, 1, |_, _| 1.0));
    let found = natural_gradient(&tall, &EuclideanSpace(40), &at(&[2.0]), &Slope(vec![1.0; 40])).expect("a gradient");
    assert!((found.pushforward.0[3] - 1.0).abs() < 1e-13);
    // One state: the simplex is a point.
    let point = natural_gradient(&SoftmaxMap(1), &FisherRao(1), &at(&[3.0]), &Slope(vec![1.0])).expect("a gradient");
    assert_eq!((point.rank, point.pushforward.0[0]), (0, 0.0));
}

#[test]
fn values_that_are_not_finite_are_refused_with_their_place() {
    let line = EuclideanSpace(1);
    let log = Given::new(1, 1, |x| vec![x[0].ln()], |x| Matrix::from_fn(1, 1, |_, _| 1.0 / x[0]));
    let text = refused(Pullback::at(&log, &line, &at(&[-1.0])).map(|_| ()));
    assert!(text.contains("NaN for coordinate 1"), "{text}");
    let root = Given::new(1, 1, |x| vec![x[0].sqrt()], |x| Matrix::from_fn(1, 1, |_, _| 0.5 / x[0].sqrt()));
    let text = refused(Pullback::at(&root, &line, &at(&[0.0])).map(|_| ()));
    assert!(text.contains("inf in row 1, column 1"), "{text}");
    let text = refused(natural_gradient(&Cube, &line, &at(&[f64::NAN]), &Slope(vec![1.0])));
    assert!(text.contains("parameter 1 is NaN"), "{text}");
    let text = refused(natural_gradient(&Cube, &line, &at(&[1.0]), &Slope(vec![f64::INFINITY])));
    assert!(text.contains("entry 1 of the slope is inf"), "{text}");
    let huge = Affine::linear(Matrix::from_fn(1, 1, |_, _| 1e200));
    assert!(refused(Pullback::at(&huge, &line, &at(&[1.0])).map(|_| ())).contains("range of doubles"));
    let tiny = Affine::linear(Matrix::from_fn(1, 1, |_, _| 1e-150));
    let found = natural_gradient(&tiny, &line, &at(&[1.0]), &Slope(vec![2.0])).expect("a gradient");
    assert!((found.pushforward.0[0] - 2.0).abs() < 1e-14);
    refused(jacobian_error(&log, &at(&[1e-6]), 1e-5));
    // Next to the end of the domain the rank nearby is taken from the points that exist.
    assert_eq!(properness(&log, &line, &at(&[1e-4])).expect("a point"), Properness::Proper { dimension: 1 });
    // A map that exists at one point only.
    let only =
        Given::new(1, 1, |x| vec![if x[0] == 0.5 { 1.0 } else { f64::NAN }], |_| Matrix::from_fn(1, 1, |_, _| 1.0));
    assert_eq!(properness(&only, &line, &at(&[0.5])).expect("a point"), Properness::Unknown { rank: 1 });
}

#[test]
fn shapes_that_do_not_fit_are_refused_with_their_numbers() {
    let line = EuclideanSpace(1);
    let cases: [(&dyn Parametrisation, usize, &[f64], &str); 6] = [
        (&Product, 1, &[1.0], "1 entries where the parametrisation has 2"),
        (&Product, 3, &[1.0, 1.0], "3 coordinates where the map gives 1"),
        (&Given::new(1, 2, |_| vec![0.0], |_| Matrix::zeros(2, 1)), 2, &[0.0], "gives 1 numbers where it promises 2"),
        (&Given::new(1, 1, |_| vec![0.0], |_| Matrix::zeros(1, 3)), 1, &[0.0], "1 × 3 where 1 × 1"),
        (&Given::new(0, 1, |_| vec![0.0], |_| Matrix::zeros(1, 0)), 1, &[], "0 parameters to 1"),
        (&Given::new(1, 0, |_| vec![], |_| Matrix::zeros(0, 1)), 0, &[0.0], "1 parameters to 0"),
    ];
    for (of, n, xi, expected) in cases {
        let text = refused(Pullback::at(of, &EuclideanSpace(n), &at(xi)).map(|_| ()));
        assert!(text.contains(expected), "{text}");
        // Nor does the check of a Jacobian panic.
        let _ = jacobian_error(of, &at(xi), 1e-5);
    }
    let here = Pullback::at(&Product, &line, &at(&[1.0, 2.0])).expect("a point");
    refused(here.pull(&Slope(vec![1.0, 2.0])));
    refused(here.push(&Tangent(vec![1.0])));
    refused(here.project(&Velocity(vec![])));
    refused(here.into_range(&Covector(vec![1.0])));
    refused(here.raise_by(&Inverse::MoorePenrose, &Covector(vec![1.0])));
    refused(here.inverse(&Inverse::Any { a: Matrix::zeros(2, 2), b: Matrix::zeros(1, 2) }));
    refused(here.damped(&here.pull(&Slope(vec![1.0])).expect("lengths"), 0.0));
    refused(here.damped(&Covector(vec![1.0]), 1.0));
    refused(Pullback::with_tolerance(&Product, &line, &at(&[1.0, 2.0]), 1.0).map(|_| ()));
    refused(Pullback::with_tolerance(&Product, &line, &at(&[1.0, 2.0]), f64::NAN).map(|_| ()));
    refused(Reparametrised::new(Product, Cube).map(|_| ()));
    refused(Affine::new(Matrix::zeros(2, 1), vec![0.0]).map(|_| ()));
    refused(turning(&Product, &line, 0.0, 0.1));
    refused(turning(&Cube, &line, 0.0, -0.1));
    // Inner and outer Jacobian that do not fit are found out too.
    let wrong = Given::new(1, 2, |x| vec![x[0], 1.0], |_| Matrix::zeros(3, 1));
    let psi = Reparametrised::new(Product, wrong).expect("lengths");
    refused(Pullback::at(&psi, &line, &at(&[1.0])).map(|_| ()));
}

#[test]
fn metrics_that_are_none_are_refused() {
    let two = |rows: [[f64; 2]; 2]| Form::new(Matrix::from_fn(2, 2, |i, j| rows[i][j]));
    assert!(refused(two([[1.0, 2.0], [2.0, 1.0]]).map(|_| ())).contains("eigenvalue -1"));
    assert!(refused(two([[1.0, 0.5], [0.0, 1.0]]).map(|_| ())).contains("not symmetric"));
    refused(two([[f64::NAN, 0.0], [0.0, 1.0]]).map(|_| ()));
    refused(Form::new(Matrix::zeros(2, 3)).map(|_| ()));
    // All directions without length: rank 0.
    let none = two([[0.0; 2]; 2]).expect("semi-definite");
    let of = Affine::linear(Matrix::identity(2, 2));
    assert_eq!(Pullback::at(&of, &none, &at(&[0.0, 0.0])).expect("a point").rank(), 0);
}

#[test]
fn maps_that_leave_the_simplex_are_refused() {
    let space = FisherRao(2);
    let line = |a: f64, b: f64| {
        Given::new(1, 2, move |x| vec![x[0], a + b * x[0]], move |_| Matrix::from_fn(2, 1, |i, _| [1.0, b][i]))
    };
    let point = |of: &dyn Parametrisation, x: f64| Pullback::at(of, &space, &at(&[x])).map(|_| ());
    assert!(refused(point(&line(1.0, -0.5), 0.5)).contains("sums to 1.25"));
    assert!(refused(point(&line(0.0, 1.0), 0.5)).contains("column 1 of the Jacobian sums to 2"));
    assert!(refused(point(&line(1.0, -1.0), -0.25)).contains("state 1 has probability -0.25"));
    assert!(refused(point(&line(1.0, -1.0), 0.0)).contains("state 1 has probability 0"));
    // On a face that no direction leaves the metric is that of the face.
    let face = Given::new(
        1,
        3,
        |x: &[f64]| vec![x[0], 1.0 - x[0], 0.0],
        |_: &[f64]| Matrix::from_fn(3, 1, |i, _| [1.0, -1.0, 0.0][i]),
    );
    let slope = Slope(vec![1.0, 0.0, 7.0]);
    let found = natural_gradient(&face, &FisherRao(3), &at(&[0.25]), &slope).expect("a face");
    let expected = [0.1875, -0.1875, 0.0];
    assert!(found.pushforward.0.iter().zip(expected).all(|(f, e)| (f - e).abs() < 1e-15));
    assert!(space.matrix(&Image(vec![1.0, 0.0])).is_err());
}
