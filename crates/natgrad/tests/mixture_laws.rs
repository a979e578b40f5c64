//! The laws of mixtures, over every family, covariance shape and tie, with and without missing cells and weights.

use natgrad_testkit::laws::model as law;
use natgrad_testkit::mixtures::{Case, recipes};

fn each(law: fn(&Case)) {
    recipes().iter().for_each(|r| law(&r.case()));
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
fn visible_information_is_the_outer_product_of_scores() {
    each(law::visible_information_is_the_outer_product_of_scores);
}

#[test]
fn the_posterior_is_bayes_rule() {
    each(law::posterior_is_bayes_rule);
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
fn weights_are_repeated_rows() {
    each(law::weights_are_repeated_rows);
}

#[test]
fn components_have_no_order() {
    each(law::components_have_no_order);
}
