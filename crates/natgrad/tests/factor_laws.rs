//! The laws of factor models: slopes, information matrices, tempering and digests, with gaps, weights and few rows.

use natgrad::catalogue::factor::{FactorAnalysis, FactorName, FactorSettings};
use natgrad::geometry::{Metric, Point, Tangent};
use natgrad::model::factor::{Patterns, Survey};
use natgrad::model::{LatentModel, Want};
use natgrad::rows::{Column, ColumnKind, RowSource, Table};
use natgrad_testkit::generate::{between, rng};
use natgrad_testkit::laws::close;
use natgrad_testkit::laws::latent::{self as law, Place};

/// What is different from case to case.
#[derive(Debug, Clone, Copy)]
struct Recipe {
    name: FactorName,
    rows: usize,
    width: usize,
    latent: usize,
    /// Share of cells that are missing.
    gaps: f64,
    weighted: bool,
    /// Whether all gaps are in the same columns of half the rows: two patterns.
    in_blocks: bool,
}

const PLAIN: Recipe = Recipe {
    name: FactorName::FactorAnalysis,
    rows: 60,
    width: 5,
    latent: 2,
    gaps: 0.0,
    weighted: false,
    in_blocks: false,
};

fn recipes() -> Vec<Recipe> {
    let mut out = Vec::new();
    for name in FactorName::ALL {
        let plain = Recipe { name, ..PLAIN };
        out.extend([
            plain,
            Recipe { latent: 1, ..plain },
            Recipe { latent: 3, weighted: true, ..plain },
            Recipe { gaps: 0.2, ..plain },
            Recipe { gaps: 0.5, weighted: true, latent: 1, ..plain },
            Recipe { gaps: 1.0, in_blocks: true, ..plain },
            Recipe { rows: 3, width: 6, ..plain },
            Recipe { rows: 1, width: 3, latent: 1, ..plain },
        ]);
    }
    out
}

struct Made {
    recipe: Recipe,
    table: Table,
    model: FactorAnalysis,
    survey: Survey,
    patterns: Option<Patterns>,
    point: Point,
}

/// Rows behind which there is something, and a point that is not the maximum.
fn made(recipe: Recipe) -> Made {
    let Recipe { rows, width, .. } = recipe;
    let mut random = rng(31 + rows as u64 + 7 * width as u64);
    let mut data = vec![Vec::with_capacity(rows); width];
    for n in 0..rows {
        let z = [between(&mut random, -1.0, 1.0), between(&mut random, -1.0, 1.0)];
        for (d, column) in data.iter_mut().enumerate() {
            let x = 3.0 * d as f64 + (1.0 + d as f64) * z[d % 2] + 0.7 * z[0] + between(&mut random, -0.8, 0.8);
            let lost = if recipe.in_blocks {
                n % 2 == 0 && d + 2 >= width
            } else {
                recipe.gaps > between(&mut random, 0.0, 1.0)
            };
            column.push(if lost { f64::NAN } else { x });
        }
    }
    let weights = recipe.weighted.then(|| (0..rows).map(|n| [1.0, 0.5, 3.0, 0.0][n % 4]).collect());
    let column = |d: usize| Column { name: format!("c{d}"), kind: ColumnKind::Number, missing: false };
    let table = Table::from_columns((0..width).map(column).collect(), &data, weights).expect("a table");
    let mut settings = FactorSettings::new(recipe.name, recipe.latent);
    if rows == 1 {
        settings.chart = Some(natgrad::model::factor::Chart::identity(width));
    }
    let mut model = if rows == 1 {
        FactorAnalysis::new(settings, table.columns().to_vec()).expect("a model")
    } else {
        FactorAnalysis::for_data(settings, &table).expect("a model").0
    };
    let (survey, patterns) = model.survey(&table).expect("a survey");
    let mut point = model.factors().random(&survey, 5);
    point.0.iter_mut().for_each(|x| *x += between(&mut random, -0.2, 0.2));
    Made { recipe, table, model, survey, patterns, point }
}

impl Made {
    fn place(&self) -> Place<'_> {
        let learning = self.model.learning(&self.table, self.patterns.as_ref());
        Place { name: format!("{:?}", self.recipe), learning, point: self.point.clone() }
    }
}

fn each(law: impl Fn(&Place<'_>)) {
    recipes().into_iter().for_each(|r| law(&made(r).place()));
}

#[test]
fn the_gradient_is_the_slope_of_the_evidence() {
    each(law::gradient_is_the_slope);
}

#[test]
fn observed_information_is_the_hessian_of_the_evidence() {
    each(law::observed_information_is_the_hessian);
}

#[test]
fn em_never_falls() {
    each(law::em_never_falls);
}

#[test]
fn evidence_steps_are_never_below_em() {
    each(law::evidence_steps_are_never_below_em);
}

#[test]
fn the_entropy_sum_residual_is_the_slope_of_tempering() {
    for recipe in recipes() {
        let made = made(recipe);
        law::residual_is_the_slope_of_tempering(&made.place(), &made.model.factors().tempering(&made.point));
    }
}

#[test]
fn starts_with_gaps_are_never_below_the_ones_they_came_from() {
    for recipe in recipes() {
        let made = made(recipe);
        let Some(patterns) = &made.patterns else { continue };
        let learning = made.model.learning(&made.table, Some(patterns));
        let elbo = |at: &Point| learning.look(at, Want::Evidence).expect("a look").elbo;
        let refined = made.model.factors().refined(made.point.clone(), patterns).expect("a point");
        assert!(elbo(&refined) >= elbo(&made.point), "{recipe:?}");
        if !made.survey.gaps {
            assert_eq!(refined, made.point, "{recipe:?}: nothing is missing");
        }
    }
}

#[test]
fn a_digest_changes_nothing() {
    each(law::a_digest_changes_nothing);
}

#[test]
fn the_fisher_matrix_is_the_variance_of_scores_under_the_model() {
    let seen = made(Recipe { rows: 40, ..PLAIN });
    let mut drawing = seen.model.factors().drawing(&seen.point, 3);
    let rows: Vec<Vec<f64>> = (0..40_000).map(|_| drawing.row()).collect();
    let data: Vec<Vec<f64>> = (0..PLAIN.width).map(|d| rows.iter().map(|r| r[d]).collect()).collect();
    let table = Table::from_columns(seen.table.columns().to_vec(), &data, None).expect("a table");
    let learning = seen.model.learning(&table, None);
    let place = Place { name: "drawn".into(), learning, point: seen.point.clone() };
    // Four standard errors of the mean of products of scores over 40 000 rows, fourth moments up to 9.
    law::visible_information_is_the_variance_of_scores(&place, 4.0 * 3.0 / 200.0);
    // What does not depend on the draw: at the model's own moments observed and visible information agree, and the
    // tempering direction has the length D/2.
    let look = place.learning.look(&place.point, Want::Curvature).expect("a look");
    let information = seen.model.factors().information(&look.point, &look.statistics).expect("information");
    let v = seen.model.factors().tempering(&seen.point);
    let visible = &information.blocks[0].visible;
    let square: f64 = (0..v.0.len())
        .flat_map(|i| (0..v.0.len()).map(move |j| (i, j)))
        .map(|(i, j)| v.0[i] * visible[(i, j)] * v.0[j])
        .sum();
    close("length of tempering", square, 0.5 * PLAIN.width as f64, 1e-10);
}

#[test]
fn rotations_change_nothing_and_the_gram_matrix_has_their_zeros() {
    for latent in [1, 2, 3] {
        let made = made(Recipe { latent, width: 7, ..PLAIN });
        let factors = made.model.factors();
        let place = made.place();
        let turned = factors.canonical(&made.point);
        let elbo = |at: &Point| place.learning.look(at, Want::Evidence).expect("a look").elbo;
        close("a turned model", elbo(&made.point), elbo(&turned), 1e-12);
        assert_eq!(factors.canonical(&turned).0.len(), turned.0.len());
        let again = factors.canonical(&turned);
        again.0.iter().zip(&turned.0).for_each(|(a, b)| close("canonical twice", *a, *b, 1e-10));
        let look = place.learning.look(&made.point, Want::Curvature).expect("a look");
        let assessment = natgrad::diagnose::Assessment::of(&place.learning, &look).expect("an assessment");
        let visible = &assessment.reading.as_ref().expect("a reading").visible.eigenvalues;
        let zeros = visible.iter().filter(|l| l.abs() < 1e-8).count();
        assert_eq!(zeros, factors.rotations(), "H = {latent}: {visible:?}");
        // The slope has no part along them.
        let g = place.learning.gradient(&look);
        for h in 0..latent {
            for k in 0..h {
                assert!(g.along(&factors.rotation(&made.point, h, k)).abs() < 1e-12);
            }
        }
    }
}

#[test]
fn factors_and_gaps_are_conditional_expectations() {
    let made = made(Recipe { gaps: 0.4, ..PLAIN });
    let (factors, at) = (made.model.factors(), &made.point);
    let chunk = made.table.chunk(0);
    let posterior = factors.factors(at, &chunk).expect("a posterior");
    let filled = factors.impute(at, &chunk).expect("cells");
    let parameters = made.model.parameters(at);
    let number = |v: &serde_json::Value| v.as_f64().expect("a number");
    let (mean, noise) = (&parameters["mean"], &parameters["noise"]);
    let loading = |d: usize, h: usize| number(&parameters["loadings"][d][h]);
    let (width, latent) = (PLAIN.width, PLAIN.latent);
    for n in 0..chunk.rows {
        // Stationarity of ln p(x, z) in z is what defines the mean; its curvature the covariance.
        let seen: Vec<usize> = (0..width).filter(|&d| !chunk.column(d)[n].is_nan()).collect();
        let z = |h: usize| posterior.means[h * chunk.rows + n];
        let fitted = |d: usize| number(&mean[d]) + (0..latent).map(|h| loading(d, h) * z(h)).sum::<f64>();
        for h in 0..latent {
            let slope: f64 =
                seen.iter().map(|&d| loading(d, h) * (chunk.column(d)[n] - fitted(d)) / number(&noise[d])).sum();
            close("slope in z", slope - z(h), 0.0, 1e-10);
        }
        for d in 0..width {
            let cell = filled[d * chunk.rows + n];
            let expected = if seen.contains(&d) { chunk.column(d)[n] } else { fitted(d) };
            close("a filled cell", cell, expected, 1e-10);
        }
    }
}

#[test]
fn weights_are_repeated_rows_and_the_order_of_rows_is_none() {
    let recipe = Recipe { gaps: 0.2, rows: 24, ..PLAIN };
    let one = made(recipe);
    let counts: Vec<usize> = (0..recipe.rows).map(|n| [1, 3, 0, 2][n % 4]).collect();
    let columns = |expand: &dyn Fn(usize) -> usize, backwards: bool| -> Vec<Vec<f64>> {
        let order: Vec<usize> = if backwards { (0..recipe.rows).rev().collect() } else { (0..recipe.rows).collect() };
        (0..recipe.width)
            .map(|d| order.iter().flat_map(|&n| std::iter::repeat_n(one.table.cell(n, d), expand(n))).collect())
            .collect()
    };
    let names = || one.table.columns().to_vec();
    let weights = counts.iter().map(|c| *c as f64).collect();
    let weighted = Table::from_columns(names(), &columns(&|_| 1, false), Some(weights)).expect("a table");
    let repeated = Table::from_columns(names(), &columns(&|n| counts[n], true), None).expect("a table");
    let (a, b) = (one.model.learning(&weighted, None), one.model.learning(&repeated, None));
    let (x, y) =
        (a.look(&one.point, Want::Statistics).expect("a look"), b.look(&one.point, Want::Statistics).expect("a look"));
    close("ELBO", x.elbo, y.elbo, 1e-12);
    for (g, h) in a.gradient(&x).0.iter().zip(&b.gradient(&y).0) {
        close("slope", *g, *h, 1e-11);
    }
    assert!(one.survey.patterns.is_some());
    let zero = Tangent(vec![0.0; one.model.factors().free()]);
    assert!(a.joint_metric(&x).expect("a metric").square(&zero) == 0.0);
}
