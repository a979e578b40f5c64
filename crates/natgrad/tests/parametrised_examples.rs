//! Worked examples of natural parameter gradients: what holds at proper points, and what each bad point does.

use natgrad::geometry::simplex::Distribution;
use natgrad::geometry::{Covector, Metric, Point};
use natgrad::linalg::Matrix;
use natgrad::network::{Enumerated, Target, compare, cylinder, random_point};
use natgrad::parametrised::examples::{
    Cube, Cusp, FigureEight, FigureEightSimplex, Product, SoftmaxMap, Sum, common_cause, softmax_network,
};
use natgrad::parametrised::{
    Affine, Ambient, EuclideanSpace, FisherRao, NetworkMap, Parametrisation, Properness, Pullback, Reparametrised,
    Slope, TangentSpaces, jacobian_error, meeting, natural_gradient, properness, turning,
};
use std::f64::consts::PI;

fn close(found: &[f64], expected: &[f64], tolerance: f64, what: &str) {
    assert_eq!(found.len(), expected.len(), "{what}");
    for (f, e) in found.iter().zip(expected) {
        assert!((f - e).abs() <= tolerance, "{what}: {found:?} where {expected:?} is expected");
    }
}

fn at(xi: &[f64]) -> Point {
    Point(xi.to_vec())
}

#[test]
fn jacobians_of_the_examples_are_those_of_their_maps() {
    let network = common_cause();
    let of = Enumerated::new(&network, &[true, false, false]).expect("small");
    let (soft, logits) = softmax_network(&network, &random_point(&network, 4)).expect("inside");
    let soft = Enumerated::new(&soft, &[true, false, false]).expect("small");
    let tables = [0.3, 0.8, 0.4, 0.6, 0.1];
    let all: [(&dyn Parametrisation, &[f64]); 11] = [
        (&FigureEight, &[0.7]),
        (&FigureEightSimplex::default(), &[0.7]),
        (&Cube, &[0.7]),
        (&Cusp, &[-0.7]),
        (&Product, &[0.7, -0.2]),
        (&Sum(3), &[0.7, 0.1, 0.3]),
        (&SoftmaxMap(3), &[0.7, 0.1, -0.3]),
        (&NetworkMap::joint(&of), &tables),
        (&NetworkMap::visible(&of), &tables),
        (&NetworkMap::joint(&soft), &logits.0),
        (&NetworkMap::visible(&soft), &logits.0),
    ];
    for (k, (of, xi)) in all.into_iter().enumerate() {
        // Central differences: curvature of order step², rounding of order 1e-16/step.
        let error = jacobian_error(of, &at(xi), 1e-5).expect("finite");
        assert!(error < 1e-8, "example {k}: {error}");
    }
}

#[test]
fn at_a_crossing_the_pushforward_depends_on_the_parameter() {
    let plane = EuclideanSpace(2);
    let slope = Slope(vec![-1.0, -1.0]);
    for (xi, expected) in [(0.0, [-1.2, -0.6]), (PI, [-0.4, 0.2])] {
        let found = natural_gradient(&FigureEight, &plane, &at(&[xi]), &slope).expect("a gradient");
        close(&found.pushforward.0, &expected, 1e-14, "crossing");
        // Rank alone does not see it.
        assert_eq!(found.properness, Properness::Proper { dimension: 1 });
    }
    let crossing = meeting(&FigureEight, &plane, &at(&[0.0]), &at(&[PI])).expect("two points");
    assert_eq!(crossing.spaces, TangentSpaces::Crossing);
    // (2, 1)·(2, −1) / 5.
    close(&crossing.cosines, &[0.6], 1e-14, "angle");
    let same = meeting(&FigureEight, &plane, &at(&[0.4]), &at(&[0.4 + 2.0 * PI])).expect("two points");
    assert_eq!(same.spaces, TangentSpaces::Same);
    let apart = meeting(&FigureEight, &plane, &at(&[0.4]), &at(&[0.5])).expect("two points");
    assert_eq!(apart.spaces, TangentSpaces::Apart);
}

#[test]
fn the_crossing_in_the_simplex_projects_alike() {
    // At the centre Fisher-Rao is 3 × Euclidean: the gradient of the slope 3·(−e₁ − e₂) is −e₁ − e₂.
    let of = FigureEightSimplex::default();
    let space = FisherRao(3);
    let slope = Slope(FigureEightSimplex::direction(-3.0, -3.0).to_vec());
    for (xi, [a, b]) in [(0.0, [-1.2, -0.6]), (PI, [-0.4, 0.2])] {
        let found = natural_gradient(&of, &space, &at(&[xi]), &slope).expect("a gradient");
        close(&found.pushforward.0, &FigureEightSimplex::direction(a, b), 1e-13, "crossing");
    }
    let crossing = meeting(&of, &space, &at(&[0.0]), &at(&[PI])).expect("two points");
    assert_eq!(crossing.spaces, TangentSpaces::Crossing);
    close(&crossing.cosines, &[0.6], 1e-13, "angle");
}

#[test]
fn where_the_velocity_vanishes_nothing_moves() {
    let line = EuclideanSpace(1);
    let slope = Slope(vec![2.0]);
    let found = natural_gradient(&Cube, &line, &at(&[0.0]), &slope).expect("a gradient");
    assert_eq!((found.tangent.0[0], found.pushforward.0[0]), (0.0, 0.0));
    assert_eq!(found.properness, Properness::NotProper { rank: 0, nearby: 1 });
    // However near, the model's gradient is there in full.
    for xi in [1e-5, -1e-3, 0.3, 2.0] {
        let found = natural_gradient(&Cube, &line, &at(&[xi]), &slope).expect("a gradient");
        close(&found.pushforward.0, &[2.0], 1e-12, "cube");
        assert_eq!(found.properness, Properness::Proper { dimension: 1 }, "{xi}");
    }
    let found = natural_gradient(&Product, &line, &at(&[0.0, 0.0]), &slope).expect("a gradient");
    close(&found.pushforward.0, &[0.0], 0.0, "product");
    assert_eq!(found.properness, Properness::NotProper { rank: 0, nearby: 1 });
    let found = natural_gradient(&Product, &line, &at(&[0.0, 0.3]), &slope).expect("a gradient");
    close(&found.pushforward.0, &[2.0], 1e-14, "product");
    assert!(found.properness.is_proper());
    // The line goes straight on at the cube's bad point; the cusp turns back.
    close(&[turning(&Cube, &line, 0.0, 1e-4).expect("a curve").expect("it moves")], &[1.0], 1e-12, "cube");
    let plane = EuclideanSpace(2);
    let found = natural_gradient(&Cusp, &plane, &at(&[0.0]), &Slope(vec![1.0, 1.0])).expect("a gradient");
    close(&found.pushforward.0, &[0.0, 0.0], 0.0, "cusp");
    assert_eq!(found.properness, Properness::NotProper { rank: 0, nearby: 1 });
    // The chords are (∓t², t³): their angle is π − 2t.
    close(&[turning(&Cusp, &plane, 0.0, 1e-4).expect("a curve").expect("it moves")], &[-1.0], 1e-7, "cusp");
}

#[test]
fn redundant_parameters_change_the_vector_not_the_motion() {
    let line = EuclideanSpace(1);
    let slope = Slope(vec![3.0]);
    let found = natural_gradient(&Sum(2), &line, &at(&[0.0, 0.0]), &slope).expect("a gradient");
    close(&found.tangent.0, &[1.5, 1.5], 1e-14, "sum");
    close(&found.pushforward.0, &[3.0], 1e-14, "sum");
    // x = (t₁, 2 t₂).
    let stretch = Affine::linear(Matrix::from_fn(2, 2, |i, j| if i == j { [1.0, 2.0][i] } else { 0.0 }));
    let psi = Reparametrised::new(Sum(2), stretch).expect("lengths");
    let moved = natural_gradient(&psi, &line, &at(&[0.0, 0.0]), &slope).expect("a gradient");
    close(&moved.tangent.0, &[0.6, 1.2], 1e-14, "stretched");
    close(&moved.pushforward.0, &[3.0], 1e-14, "stretched");
    let (sin, cos) = 0.4f64.sin_cos();
    let turn = Matrix::from_fn(2, 2, |i, j| [[cos, -sin], [sin, cos]][i][j]);
    let psi = Reparametrised::new(Sum(2), Affine::linear(turn)).expect("lengths");
    let moved = natural_gradient(&psi, &line, &at(&[0.0, 0.0]), &slope).expect("a gradient");
    let [a, b] = [moved.tangent.0[0], moved.tangent.0[1]];
    close(&[cos * a - sin * b, sin * a + cos * b], &[1.5, 1.5], 1e-14, "turned back");
}

/// Joint target on the model, rounded nowhere.
const TARGET: [f64; 8] = [0.181584, 0.005616, 0.575016, 0.017784, 0.174988, 0.005412, 0.038412, 0.001188];

#[test]
fn a_network_with_a_hidden_cause_is_proper_where_its_effects_differ() {
    let network = common_cause();
    let of = Enumerated::new(&network, &[true, false, false]).expect("small");
    let map = NetworkMap::visible(&of);
    let space = FisherRao(4);
    let target = of.map().sum(&TARGET);
    // Ascent of −D(p*‖p_V): slope p*/p_V.
    let slope = |xi: &Point| Slope(map.map(&xi.0).iter().zip(&target).map(|(p, q)| q / p).collect());

    let theta = at(&[0.3, 0.8, 0.4, 0.6, 0.1]);
    let found = natural_gradient(&map, &space, &theta, &slope(&theta)).expect("a gradient");
    assert_eq!(found.properness, Properness::Proper { dimension: 3 });
    close(&found.pushforward.0, &[0.184572, -0.336972, 0.535428, -0.383028], 1e-12, "p* − p_V");
    let least = [-0.0086394781, -0.564283462, 0.0290583284, -0.0151465423, 1.0412338597];
    close(&found.tangent.0, &least, 1e-9, "least norm");

    let equal = at(&[0.3, 0.8, 0.8, 0.6, 0.6]);
    let found = natural_gradient(&map, &space, &equal, &slope(&equal)).expect("a gradient");
    assert_eq!(found.properness, Properness::NotProper { rank: 2, nearby: 3 });
    close(&found.pushforward.0, &[0.03656, -0.46896, 0.33344, 0.09896], 1e-12, "two directions only");
    // The joint map has all five directions everywhere.
    let joint = properness(&NetworkMap::joint(&of), &FisherRao(8), &equal).expect("a point");
    assert_eq!(joint, Properness::Proper { dimension: 5 });
    let half = at(&[0.3, 0.8, 0.8, 0.6, 0.1]);
    assert!(properness(&map, &space, &half).expect("a point").is_proper());
}

#[test]
fn damping_at_the_hidden_cause_is_off_in_proportion() {
    let network = common_cause();
    let of = Enumerated::new(&network, &[true, false, false]).expect("small");
    let map = NetworkMap::visible(&of);
    let space = FisherRao(4);
    let here = Pullback::at(&map, &space, &at(&[0.3, 0.8, 0.4, 0.6, 0.1])).expect("a point");
    let target = of.map().sum(&TARGET);
    let slope = Slope(here.image().0.iter().zip(&target).map(|(p, q)| q / p).collect());
    let c = here.pull(&slope).expect("lengths");
    // To the digits given.
    for (epsilon, expected, digits) in
        [(1e-1, 2.55e-2, 5e-5), (1e-2, 2.75e-3, 5e-6), (1e-3, 2.776e-4, 5e-8), (1e-4, 2.778e-5, 5e-9)]
    {
        let damped = here.damped(&c, epsilon).expect("positive");
        let length = damped.difference.0.iter().map(|x| x * x).sum::<f64>().sqrt();
        assert!((length - expected).abs() < digits, "ε = {epsilon}: {length} (metric {})", damped.error);
        assert!(damped.error <= damped.bound);
    }
}

#[test]
fn any_network_agrees_with_its_own_closed_forms_and_its_softmax_form() {
    for seed in 0..20 {
        let network = common_cause();
        let point = random_point(&network, seed);
        let of = Enumerated::new(&network, &[true, false, false]).expect("small");
        let here = of.at(&point);
        let geometry = cylinder(&of, &here).expect("inside");
        let q = Distribution::new(TARGET.to_vec()).expect("a target");
        let compared = compare(&of, &here, &geometry, &Target::Joint(q)).expect("a comparison");
        let (joint, visible) = (NetworkMap::joint(&of), NetworkMap::visible(&of));
        let elbo = Slope(here.joint.iter().zip(TARGET).map(|(p, q)| q / p).collect());
        let found = natural_gradient(&joint, &FisherRao(8), &point, &elbo).expect("a gradient");
        // The closed block form against singular values: the condition of the tables, at most about 1e4.
        close(&found.tangent.0, &compared.elbo.natural.0, 1e-9 * (1.0 + found.norm), "joint");
        let target = of.map().sum(&TARGET);
        let slope = Slope(here.visible.iter().zip(&target).map(|(p, q)| q / p).collect());
        let found = natural_gradient(&visible, &FisherRao(4), &point, &slope).expect("a gradient");
        close(&found.pushforward.0, &compared.evidence.pushforward.0, 1e-8, "visible");

        // Logits: ten parameters, the same motion; five directions joint, three visible.
        let (soft, logits) = softmax_network(&network, &point).expect("inside");
        let of = Enumerated::new(&soft, &[true, false, false]).expect("small");
        let (soft_joint, soft_visible) = (NetworkMap::joint(&of), NetworkMap::visible(&of));
        let again = natural_gradient(&soft_visible, &FisherRao(4), &logits, &slope).expect("a gradient");
        close(&again.pushforward.0, &found.pushforward.0, 1e-8, "softmax visible");
        let again = natural_gradient(&soft_joint, &FisherRao(8), &logits, &elbo).expect("a gradient");
        let found = natural_gradient(&joint, &FisherRao(8), &point, &elbo).expect("a gradient");
        close(&again.pushforward.0, &found.pushforward.0, 1e-9, "softmax joint");
        assert_eq!(again.properness, Properness::Proper { dimension: 5 });
        assert_eq!(soft_joint.parameters(), 10);
    }
}

#[test]
fn softmax_has_one_parameter_too_many_and_the_simplex_does_not_see_it() {
    let xi = at(&[0.3, -0.2, 1.1, 0.0]);
    let (map, space) = (SoftmaxMap(4), FisherRao(4));
    let here = Pullback::at(&map, &space, &xi).expect("a point");
    assert_eq!(here.rank(), 3);
    let slope = Slope(vec![1.0, -2.0, 0.5, 0.25]);
    let found = natural_gradient(&map, &space, &xi, &slope).expect("a gradient");
    // The whole simplex is reached: p (c − p·c), by the zero-sum slope.
    let whole = space.gradient(here.image(), &slope).expect("a metric");
    close(&found.pushforward.0, &whole.0, 1e-14, "whole simplex");
    let mean = slope.0.iter().sum::<f64>() / 4.0;
    close(&found.tangent.0, &slope.0.iter().map(|s| s - mean).collect::<Vec<_>>(), 1e-13, "l − mean l");
    // A penalty on the logits points out of the range; G⁺ ignores that part.
    let penalty = Covector(vec![1.0; 4]);
    close(&here.raise(&penalty).tangent.0, &[0.0; 4], 1e-14, "kernel");
    assert!((here.raise(&penalty).residual - 1.0).abs() < 1e-14);
}
