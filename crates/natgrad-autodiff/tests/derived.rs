//! Jacobians from dual numbers are those written by hand, to the last digits; wrong functions are refused.

use natgrad::geometry::Point;
use natgrad::parametrised::examples::{FigureEight, SoftmaxMap};
use natgrad::parametrised::{EuclideanSpace, FisherRao, Parametrisation, Pullback, Slope, natural_gradient};
use natgrad_autodiff::{Derived, DualNum, Function};

struct Eight;

impl Function for Eight {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        2
    }

    fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D> {
        vec![(xi[0].clone() * 2.0).sin(), xi[0].sin()]
    }
}

struct Softmax(usize);

impl Function for Softmax {
    fn parameters(&self) -> usize {
        self.0
    }

    fn ambient(&self) -> usize {
        self.0
    }

    fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D> {
        let weights: Vec<D> = xi.iter().map(|x| x.exp()).collect();
        let total = weights.iter().cloned().reduce(|a, b| a + b).unwrap_or_else(D::one);
        weights.into_iter().map(|w| w / total.clone()).collect()
    }
}

/// Gives as many numbers as it has parameters, whatever it promises.
struct Wrong;

impl Function for Wrong {
    fn parameters(&self) -> usize {
        2
    }

    fn ambient(&self) -> usize {
        3
    }

    fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D> {
        xi.to_vec()
    }
}

struct Log;

impl Function for Log {
    fn parameters(&self) -> usize {
        1
    }

    fn ambient(&self) -> usize {
        1
    }

    fn evaluate<D: DualNum<f64>>(&self, xi: &[D]) -> Vec<D> {
        vec![xi[0].ln()]
    }
}

fn same(a: &dyn Parametrisation, b: &dyn Parametrisation, xi: &[f64]) {
    let (p, q) = (a.map(xi), b.map(xi));
    let (j, k) = (a.jacobian(xi), b.jacobian(xi));
    for i in 0..p.len() {
        // A few roundings each.
        assert!((p[i] - q[i]).abs() < 1e-15, "{p:?}, {q:?}");
        for c in 0..xi.len() {
            assert!((j[(i, c)] - k[(i, c)]).abs() < 4e-15, "row {i}, column {c}");
        }
    }
}

#[test]
fn derivatives_are_those_written_by_hand() {
    for k in 0..50 {
        let t = f64::from(k) * 0.37 - 4.0;
        same(&Derived(Eight), &FigureEight, &[t]);
        same(&Derived(Softmax(3)), &SoftmaxMap(3), &[t, t * t / 9.0, -1.0]);
    }
    let xi = Point(vec![0.3, -0.2, 1.1]);
    let slope = Slope(vec![1.0, 2.0, -0.5]);
    let found = natural_gradient(&Derived(Softmax(3)), &FisherRao(3), &xi, &slope).expect("a gradient");
    let by_hand = natural_gradient(&SoftmaxMap(3), &FisherRao(3), &xi, &slope).expect("a gradient");
    assert_eq!(found.rank, 2);
    for (a, b) in found.pushforward.0.iter().zip(&by_hand.pushforward.0) {
        assert!((a - b).abs() < 1e-13);
    }
}

#[test]
fn functions_that_break_their_word_are_refused() {
    let text = |r: Result<Pullback<'_>, natgrad::Error>| r.err().expect("refused").to_string();
    let found = text(Pullback::at(&Derived(Wrong), &EuclideanSpace(3), &Point(vec![1.0, 2.0])));
    assert!(found.contains("gives 2 numbers where it promises 3") && found.contains("hint:"), "{found}");
    let found = text(Pullback::at(&Derived(Log), &EuclideanSpace(1), &Point(vec![-1.0])));
    assert!(found.contains("NaN for coordinate 1"), "{found}");
    let found = text(Pullback::at(&Derived(Eight), &EuclideanSpace(2), &Point(vec![])));
    assert!(found.contains("0 entries"), "{found}");
}
