//! Laws of metrics: generalised inverses at every rank, charts that have too many coordinates, conjugate gradients,
//! spectra.

use natgrad::geometry::{BlockGram, Covector, Gram, Inertia, Metric, Spectrum, Tangent, conjugate_gradients};
use natgrad::linalg::Matrix;
use natgrad_testkit::generate::{between, rng};
use natgrad_testkit::laws::close;
use rand_chacha::ChaCha8Rng;
use std::convert::Infallible;

const SIZE: usize = 7;

fn random(rows: usize, columns: usize, rng: &mut ChaCha8Rng) -> Matrix {
    let mut m = Matrix::zeros(rows, columns);
    for i in 0..rows {
        for j in 0..columns {
            m[(i, j)] = between(rng, -1.0, 1.0);
        }
    }
    m
}

/// `J Jᵀ` with very different units per coordinate.
fn gram(rank: usize, rng: &mut ChaCha8Rng) -> Matrix {
    let j = random(SIZE, rank, rng);
    let unit = |i: usize| 10f64.powi(i as i32 - 3);
    let g = &j * j.transpose();
    Matrix::from_fn(SIZE, SIZE, |a, b| g[(a, b)] * unit(a) * unit(b))
}

fn vector(n: usize, rng: &mut ChaCha8Rng) -> Vec<f64> {
    (0..n).map(|_| between(rng, -1.0, 1.0)).collect()
}

/// The matrix of `raise`, column by column.
fn inverse(metric: &dyn Metric) -> Matrix {
    let n = metric.dim();
    let columns: Vec<Vec<f64>> = (0..n)
        .map(|j| metric.raise(&Covector((0..n).map(|i| f64::from(u8::from(i == j))).collect())).tangent.0)
        .collect();
    Matrix::from_fn(n, n, |i, j| columns[j][i])
}

/// Largest entry of a difference, coordinates brought to unit length by `scale` (the roots of the diagonal).
fn distance(a: &Matrix, b: &Matrix, scale: impl Fn(usize, usize) -> f64) -> f64 {
    let mut worst = 0.0_f64;
    for i in 0..a.nrows() {
        for j in 0..a.ncols() {
            worst = worst.max((a[(i, j)] - b[(i, j)]).abs() * scale(i, j));
        }
    }
    worst
}

/// Rounding: a few dozen operations, times the condition of a random 7 × 7 Gram matrix of unit diagonal (below 1e6).
const ROUNDING: f64 = 1e-9;

#[test]
fn raising_is_a_generalised_inverse_at_every_rank() {
    for rank in 1..=SIZE {
        for seed in 0..4 {
            let mut rng = rng(100 * rank as u64 + seed);
            let g = gram(rank, &mut rng);
            let metric = Gram::new(g.clone()).expect("finite");
            assert_eq!(metric.rank(), rank);
            let d: Vec<f64> = (0..SIZE).map(|i| g[(i, i)].sqrt()).collect();
            let p = inverse(&metric);
            // Penrose (i), (ii); the scaled inverse is as large as the condition.
            let largest = (0..SIZE).flat_map(|i| (0..SIZE).map(move |j| (i, j)));
            let size = largest.map(|(i, j)| (p[(i, j)] * d[i] * d[j]).abs()).fold(1.0, f64::max);
            let what = format!("rank {rank}, seed {seed}, condition {size:.0e}");
            let gpg = &g * &p * &g;
            assert!(distance(&gpg, &g, |i, j| 1.0 / (d[i] * d[j])) < ROUNDING, "{what}: G G⁺ G = G");
            let pgp = &p * &g * &p;
            assert!(distance(&pgp, &p, |i, j| d[i] * d[j] / size) < ROUNDING, "{what}: G⁺ G G⁺ = G⁺");
            // (iii), (iv) in coordinates of unit length: G⁺ there is the Moore-Penrose inverse.
            let unit = Matrix::from_fn(SIZE, SIZE, |i, j| g[(i, j)] / (d[i] * d[j]));
            let unit_inverse = Matrix::from_fn(SIZE, SIZE, |i, j| p[(i, j)] * d[i] * d[j]);
            let projector = &unit * &unit_inverse;
            let transposed = Matrix::from_fn(SIZE, SIZE, |i, j| projector[(j, i)]);
            assert!(distance(&projector, &transposed, |_, _| 1.0 / size) < ROUNDING, "{what}: G G⁺ symmetric");
            let mirrored = Matrix::from_fn(SIZE, SIZE, |i, j| p[(j, i)]);
            assert!(distance(&p, &mirrored, |i, j| d[i] * d[j] / size) < ROUNDING, "{what}: G⁺ symmetric");
            // Lower ∘ raise is the projector: idempotent, with the rank as its trace.
            let twice = &projector * &projector;
            assert!(distance(&twice, &projector, |_, _| 1.0) < ROUNDING * size, "{what}: idempotent");
            let trace: f64 = (0..SIZE).map(|i| projector[(i, i)]).sum();
            close(&format!("{what}: trace"), trace, rank as f64, ROUNDING * size);
        }
    }
}

#[test]
fn residuals_say_what_lies_off_the_range() {
    for rank in 1..=SIZE {
        let mut rng = rng(50 + rank as u64);
        let g = gram(rank, &mut rng);
        let metric = Gram::new(g).expect("finite");
        let v = Tangent(vector(SIZE, &mut rng));
        let inside = metric.lower(&v);
        let raised = metric.raise(&inside);
        assert!(raised.residual < ROUNDING, "rank {rank}: {:e}", raised.residual);
        assert_eq!(raised.rank, rank);
        // G⁺ G v and v differ by directions of no length only.
        close("length", raised.square, metric.square(&v), ROUNDING * metric.square(&v));
        close("length", raised.square, metric.square(&raised.tangent), ROUNDING * raised.square);
        let anything = Covector(vector(SIZE, &mut rng));
        let residual = metric.raise(&anything).residual;
        assert!(if rank == SIZE { residual < 1e-6 } else { residual > 1e-6 }, "rank {rank}: residual {residual:e}");
    }
}

#[test]
fn blocks_raise_like_the_dense_matrix() {
    let mut rng = rng(3);
    let (a, b) = (random(3, 2, &mut rng), random(2, 2, &mut rng));
    let (a, b) = (&a * a.transpose(), &b * b.transpose());
    // Coordinates of the blocks interleave; coordinate 6 is in none.
    let (first, second) = (vec![4usize, 0, 2], vec![1usize, 5]);
    let blocks = vec![(first.clone(), a.clone()), (second.clone(), b.clone())];
    let metric = BlockGram::new(SIZE, blocks).expect("finite");
    let mut dense = Matrix::zeros(SIZE, SIZE);
    for (index, block) in [(&first, &a), (&second, &b)] {
        for (i, &x) in index.iter().enumerate() {
            for (j, &y) in index.iter().enumerate() {
                dense[(x, y)] = block[(i, j)];
            }
        }
    }
    let whole = Gram::new(dense.clone()).expect("finite");
    assert_eq!(metric.rank(), 4);
    assert_eq!(whole.rank(), 4);
    let g = whole.lower(&Tangent(vector(SIZE, &mut rng)));
    let (x, y) = (metric.raise(&g), whole.raise(&g));
    for i in 0..SIZE {
        close("raised", x.tangent.0[i], y.tangent.0[i], ROUNDING * (1.0 + y.tangent.0[i].abs()));
        close("diagonal", metric.diagonal()[i], dense[(i, i)], 0.0);
    }
    close("square", x.square, y.square, ROUNDING * y.square);
    let root = metric.root();
    let unit = root.transpose() * &dense * &root;
    for i in 0..4 {
        for j in 0..4 {
            close("orthonormal basis", unit[(i, j)], f64::from(u8::from(i == j)), ROUNDING);
        }
    }
}

/// `R m Rᵀ` and friends: the metric of an overparametrised chart with Jacobian `chart` (few × many) is `chartᵀ G chart`.
#[test]
fn too_many_coordinates_give_the_same_direction() {
    for extra in [0, 1, 3, 6] {
        let mut rng = rng(20 + extra as u64);
        let many = SIZE + extra;
        // Full rank: G of the chart itself, and any chart onto it.
        let g = {
            let j = random(SIZE, 2 * SIZE, &mut rng);
            &j * j.transpose()
        };
        let chart = random(SIZE, many, &mut rng);
        let slope = Covector(vector(SIZE, &mut rng));
        let straight = Gram::new(g.clone()).expect("finite").raise(&slope);
        let pulled = chart.transpose() * &g * &chart;
        let pulled_slope = Covector((0..many).map(|j| (0..SIZE).map(|i| chart[(i, j)] * slope.0[i]).sum()).collect());
        let raised = Gram::new(pulled).expect("finite").raise(&pulled_slope);
        assert_eq!(raised.rank, SIZE, "{extra} too many");
        for i in 0..SIZE {
            let pushed: f64 = (0..many).map(|j| chart[(i, j)] * raised.tangent.0[j]).sum();
            // The condition of the pulled-back metric is that of the chart squared times that of G, below 1e8.
            close(&format!("{extra} too many"), pushed, straight.tangent.0[i], 1e-7);
        }
        close("squared length", raised.square, straight.square, 1e-7 * straight.square);
    }
}

#[test]
fn conjugate_gradients_solve_like_the_dense_matrix() {
    for rank in 1..=SIZE {
        let mut rng = rng(70 + rank as u64);
        let j = random(SIZE, rank, &mut rng);
        let a = &j * j.transpose();
        let metric = Gram::new(a.clone()).expect("finite");
        let slope = metric.lower(&Tangent(vector(SIZE, &mut rng)));
        let dense = metric.raise(&slope);
        let mut calls = 0;
        let solved = conjugate_gradients(
            &slope,
            |v| -> Result<Covector, Infallible> {
                calls += 1;
                Ok(metric.lower(v))
            },
            |g| Tangent(g.0.clone()),
            1e-12,
            10 * SIZE,
        )
        .expect("infallible");
        assert!(!solved.indefinite, "rank {rank}");
        assert_eq!(calls, solved.steps);
        close(&format!("rank {rank}: g·u"), solved.square, dense.square, 1e-8 * dense.square);
        let (lowered, size) = (metric.lower(&solved.tangent), slope.0.iter().fold(0.0_f64, |m, g| m.max(g.abs())));
        for i in 0..SIZE {
            close(&format!("rank {rank}: A u = g"), lowered.0[i], slope.0[i], 1e-8 * size);
        }
    }
}

#[test]
fn conjugate_gradients_with_the_right_preconditioner_need_one_step() {
    let mut rng = rng(8);
    let metric = Gram::new(gram(SIZE, &mut rng)).expect("finite");
    let slope = Covector(vector(SIZE, &mut rng));
    let apply = |v: &Tangent| -> Result<Covector, Infallible> { Ok(metric.lower(v)) };
    let solved = conjugate_gradients(&slope, apply, |g| metric.raise(g).tangent, 1e-5, 20).expect("infallible");
    assert_eq!(solved.steps, 1);
}

#[test]
fn conjugate_gradients_notice_negative_curvature() {
    let diagonal = [2.0, -1.0, 3.0];
    let apply = |v: &Tangent| -> Result<Covector, Infallible> {
        Ok(Covector(v.0.iter().zip(diagonal).map(|(v, d)| v * d).collect()))
    };
    let solved = conjugate_gradients(&Covector(vec![0.1, 1.0, 0.1]), apply, |g| Tangent(g.0.clone()), 1e-10, 10)
        .expect("infallible");
    assert!(solved.indefinite);
    assert!(solved.square > 0.0);
}

#[test]
fn spectra_are_generalised_eigenvalues() {
    for rank in 1..=SIZE {
        let mut rng = rng(40 + rank as u64);
        let g = gram(rank, &mut rng);
        let metric = Gram::new(g.clone()).expect("finite");
        let root = metric.root();
        // A form with known eigenvalues: G W diag(λ) Wᵀ G.
        let known: Vec<f64> = (0..rank).map(|i| [-0.5, 0.0, 0.25, 0.75, 1.0, 1.5, -2.0][i]).collect();
        let gw = &g * root;
        let form = Matrix::from_fn(SIZE, SIZE, |i, j| (0..rank).map(|l| gw[(i, l)] * known[l] * gw[(j, l)]).sum());
        let spectrum = Spectrum::new(&form, root).expect("finite");
        let mut sorted = known.clone();
        sorted.sort_by(f64::total_cmp);
        assert_eq!(spectrum.eigenvalues.len(), rank);
        for (a, b) in spectrum.eigenvalues.iter().zip(&sorted) {
            close(&format!("rank {rank}: eigenvalue"), *a, *b, 1e-8);
        }
        let count = |f: fn(f64) -> bool| known.iter().filter(|l| f(**l)).count();
        let expected =
            Inertia { negative: count(|l| l < 0.0), zero: count(|l| l == 0.0), positive: count(|l| l > 0.0) };
        assert_eq!(spectrum.inertia(1e-6), expected, "rank {rank}");
        // Eigenvectors are orthonormal in the metric, and coordinates and combinations undo each other.
        let unit = spectrum.vectors.transpose() * &g * &spectrum.vectors;
        for i in 0..rank {
            for j in 0..rank {
                close("orthonormal", unit[(i, j)], f64::from(u8::from(i == j)), 1e-8);
            }
        }
        let c = vector(rank, &mut rng);
        let back = spectrum.coordinates(&metric.lower(&Tangent(spectrum.combine(&c))).0);
        for (a, b) in back.iter().zip(&c) {
            close("coordinates", *a, *b, 1e-8);
        }
    }
    // 0 and 1 only: nothing hidden in part.
    let identity = Matrix::identity(3, 3);
    let form = Matrix::from_fn(3, 3, |i, j| if i == j && i > 0 { 1.0 } else { 0.0 });
    assert_eq!(Spectrum::new(&form, &identity).expect("finite").defect(), 0.0);
    let half = Matrix::from_fn(3, 3, |i, j| if i == j { 0.5 } else { 0.0 });
    close("defect", Spectrum::new(&half, &identity).expect("finite").defect(), 1.0, 1e-15);
}

#[test]
fn edges_of_metrics() {
    // No direction has length: rank 0, and every slope lies off the range.
    let nothing = Gram::new(Matrix::zeros(3, 3)).expect("finite");
    assert_eq!(nothing.rank(), 0);
    let raised = nothing.raise(&Covector(vec![1.0, 2.0, 3.0]));
    assert_eq!(raised.tangent.0, [0.0; 3]);
    assert_eq!((raised.residual, raised.square), (1.0, 0.0));
    let spectrum = Spectrum::new(&Matrix::identity(3, 3), nothing.root()).expect("an empty spectrum");
    assert!(spectrum.eigenvalues.is_empty());
    assert_eq!(spectrum.inertia(0.0), Inertia { negative: 0, zero: 0, positive: 0 });
    // No coordinates at all.
    let empty = BlockGram::new(0, Vec::new()).expect("finite");
    assert_eq!(empty.raise(&Covector(Vec::new())).residual, 0.0);
    // Entries that are no numbers are refused.
    assert!(Gram::new(Matrix::from_fn(2, 2, |_, _| f64::NAN)).is_none());
    assert!(BlockGram::new(2, vec![(vec![0, 1], Matrix::from_fn(2, 2, |_, _| f64::INFINITY))]).is_none());
}
