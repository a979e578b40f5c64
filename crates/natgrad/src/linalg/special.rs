//! Special functions: log-gamma and its derivatives, softplus, logistic.

/// `ln Γ(x)` for `x > 0`.
pub fn ln_gamma(x: f64) -> f64 {
    libm::lgamma(x)
}

/// `ψ(x) = d ln Γ/dx` for `x > 0`.
pub fn digamma(x: f64) -> f64 {
    spec_math::cephes64::psi(x)
}

/// `ψ′(x)` for `x > 0`, which is the Hurwitz zeta function `ζ(2, x)`.
pub fn trigamma(x: f64) -> f64 {
    spec_math::cephes64::zeta(2.0, x)
}

/// `ln(1 + eˣ)` without overflow or cancellation.
pub fn softplus(x: f64) -> f64 {
    if x > 0.0 { x + (-x).exp().ln_1p() } else { x.exp().ln_1p() }
}

/// `1/(1 + e⁻ˣ)` without overflow.
pub fn logistic(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// `ln Σ exp x_i` without overflow; `−∞` for an empty sum.
pub fn log_sum_exp(x: &[f64]) -> f64 {
    let top = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if top == f64::NEG_INFINITY {
        return top;
    }
    top + x.iter().map(|v| (v - top).exp()).sum::<f64>().ln()
}
