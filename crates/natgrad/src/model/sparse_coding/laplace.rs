//! Closed forms of a Gaussian belief about a Laplace variable.
//!
//! ```text
//! E|z| = 2 s φ(u) + m erf(u/√2),   u = m/s,   z ~ N(m, s²)      ∂/∂m = erf(u/√2)   ∂/∂s = 2 φ(u)
//! ```

/// `E|z|` with its derivatives in the mean and the standard deviation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AbsoluteMean {
    /// `E|z|`.
    pub value: f64,
    /// `∂/∂m`.
    pub by_mean: f64,
    /// `∂/∂s`; also `s` times `∂²/∂m²`.
    pub by_deviation: f64,
}

/// `E|z|` of `z ~ N(mean, deviation²)`, `deviation > 0`.
pub fn absolute_mean(mean: f64, deviation: f64) -> AbsoluteMean {
    let u = mean / deviation;
    let density = 2.0 * (-0.5 * u * u).exp() / (2.0 * std::f64::consts::PI).sqrt();
    let sign = libm::erf(u * std::f64::consts::FRAC_1_SQRT_2);
    AbsoluteMean { value: deviation * density + mean * sign, by_mean: sign, by_deviation: density }
}
