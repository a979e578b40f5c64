//! Gradient flows of evidence, recognition and ELBO on a network: explicit Euler and an adaptive integrator.
