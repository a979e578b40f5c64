//! The laws of exponential families, on every member of the list.

use natgrad::family::{ExponentialFamily, all};
use natgrad_testkit::laws::family as law;

fn each(law: fn(&dyn ExponentialFamily)) {
    all().iter().for_each(|f| law(f.as_ref()));
}

#[test]
fn expectation_is_the_gradient_of_the_log_partition() {
    each(law::expectation_is_the_gradient);
}

#[test]
fn fisher_is_the_hessian_of_the_log_partition() {
    each(law::fisher_is_the_hessian);
}

#[test]
fn fisher_is_semi_definite_with_the_stated_rank() {
    each(law::fisher_has_its_rank);
}

#[test]
fn the_log_partition_is_convex() {
    each(law::log_partition_is_convex);
}

#[test]
fn estimate_inverts_expectation() {
    each(law::estimate_inverts_expectation);
}

#[test]
fn boundary_means_have_answers() {
    each(law::boundary_means_have_answers);
}

#[test]
fn densities_are_normalised() {
    each(law::density_is_normalised);
}

#[test]
fn entropies_and_means_are_sums_over_the_density() {
    each(law::entropy_is_minus_the_mean_log_density);
}

#[test]
fn divergences_are_mean_log_ratios() {
    each(law::divergence_is_the_mean_log_ratio);
}

#[test]
fn source_parameters_round_trip() {
    each(law::source_round_trip);
}

#[test]
fn source_jacobian_is_the_derivative() {
    each(law::source_jacobian_is_the_derivative);
}

#[test]
fn nonsense_is_refused_with_a_message() {
    each(law::nonsense_is_refused);
}

#[test]
fn samples_follow_the_density() {
    each(law::samples_follow_the_density);
}

#[test]
fn extreme_parameters_stay_finite() {
    each(law::extremes_are_finite);
}

#[test]
fn features_are_sufficient_row_by_row() {
    each(law::features_are_sufficient_row_by_row);
}
