//! Elementwise kernels, compiled for several instruction sets and chosen at run time.

use super::stack::Activation;
use crate::linalg::real::Real;
use crate::linalg::simd::{Level, level};

/// Defines `name` as `body`, compiled once for each instruction set.
macro_rules! kernel {
    ($(#[$doc:meta])* $name:ident = $body:ident($($a:ident: $t:ty),* $(,)?) $(-> $out:ty)?) => {
        $(#[$doc])*
        pub(crate) fn $name<T: Real>($($a: $t),*) $(-> $out)? {
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512dq,fma")]
            unsafe fn widest<T: Real>($($a: $t),*) $(-> $out)? {
                $body::<T, true>($($a),*)
            }
            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            unsafe fn wide<T: Real>($($a: $t),*) $(-> $out)? {
                $body::<T, true>($($a),*)
            }
            match level() {
                #[cfg(target_arch = "x86_64")]
                // SAFETY: `level` has checked at run time that the instruction set is there.
                Level::Avx512 => unsafe { widest($($a),*) },
                #[cfg(target_arch = "x86_64")]
                // SAFETY: as above.
                Level::Avx2 => unsafe { wide($($a),*) },
                _ => $body::<T, false>($($a),*),
            }
        }
    };
}

mod observables;

pub(crate) use observables::{bernoulli, gaussian, gaussian_network, poisson};

/// `ln 2π`.
pub(crate) const LN_TWO_PI: f64 = 1.837_877_066_409_345_3;

kernel! {
    /// `y ← φ(y + bias)`.
    activate = activate_body(y: &mut [T], bias: T, activation: Activation)
}

#[inline(always)]
fn activate_body<T: Real, const F: bool>(y: &mut [T], bias: T, activation: Activation) {
    let two = T::of(2.0);
    match activation {
        Activation::Identity => y.iter_mut().for_each(|v| *v += bias),
        Activation::Relu => y.iter_mut().for_each(|v| *v = (*v + bias).at_least(T::ZERO)),
        Activation::Tanh => {
            for v in y {
                let x = *v + bias;
                // tanh |x| = −u/(u + 2), u = e^{−2|x|} − 1, which keeps the digits of small x.
                let (p, scale) = (-two * x.size()).exponential::<F>();
                let u = p.fused::<F>(scale, scale - T::ONE);
                let t = -u / (u + two);
                *v = if x < T::ZERO { -t } else { t };
            }
        }
        Activation::Softplus => {
            for v in y {
                let x = *v + bias;
                *v = x.at_least(T::ZERO) + (-x.size()).exp_of::<F>().log_one_plus::<F>();
            }
        }
    }
}

kernel! {
    /// `d ← d ∘ φ′`, from the outputs `h = φ(·)`.
    chain = chain_body(d: &mut [T], h: &[T], activation: Activation)
}

#[inline(always)]
fn chain_body<T: Real, const F: bool>(d: &mut [T], h: &[T], activation: Activation) {
    let h = &h[..d.len()];
    match activation {
        Activation::Identity => {}
        Activation::Relu => {
            for i in 0..d.len() {
                d[i] = if h[i] > T::ZERO { d[i] } else { T::ZERO };
            }
        }
        Activation::Tanh => {
            for i in 0..d.len() {
                d[i] *= (-h[i]).fused::<F>(h[i], T::ONE);
            }
        }
        Activation::Softplus => {
            for i in 0..d.len() {
                // φ′ = σ(x) = 1 − e^{−φ(x)}.
                let (p, scale) = (-h[i]).exponential::<F>();
                d[i] *= -p.fused::<F>(scale, scale - T::ONE);
            }
        }
    }
}

/// Sums of a slice in eight interleaved parts: the same order on every instruction set.
pub(crate) fn sum<T: Real>(values: &[T]) -> T {
    let (eights, rest) = values.as_chunks::<8>();
    let mut parts = [T::ZERO; 8];
    for e in eights {
        for l in 0..8 {
            parts[l] += e[l];
        }
    }
    let whole = ((parts[0] + parts[4]) + (parts[1] + parts[5])) + ((parts[2] + parts[6]) + (parts[3] + parts[7]));
    rest.iter().fold(whole, |a, b| a + *b)
}

kernel! {
    /// `to ← e^{from}`.
    exponentials = exponentials_body(to: &mut [T], from: &[T])
}

#[inline(always)]
fn exponentials_body<T: Real, const F: bool>(to: &mut [T], from: &[T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from.exp_of::<F>();
    }
}

/// Numbers of one step of Adam: shares of the old moments, length over the first bias correction, root of the second.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamStep<T> {
    pub first: T,
    pub second: T,
    pub length: T,
    pub correction: T,
    pub floor: T,
}

kernel! {
    /// One step of Adam, upwards.
    adam = adam_body(at: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T], s: AdamStep<T>)
}

#[inline(always)]
fn adam_body<T: Real, const F: bool>(at: &mut [T], gradient: &[T], first: &mut [T], second: &mut [T], s: AdamStep<T>) {
    let n = at.len();
    let (gradient, first, second) = (&gradient[..n], &mut first[..n], &mut second[..n]);
    let (one, two) = (T::ONE - s.first, T::ONE - s.second);
    for i in 0..n {
        let g = gradient[i];
        let m = s.first.fused::<F>(first[i], one * g);
        let v = s.second.fused::<F>(second[i], two * g * g);
        first[i] = m;
        second[i] = v;
        at[i] += s.length * m / v.root().fused::<F>(s.correction, s.floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn activations_agree_with_the_system_and_their_slopes_with_differences() {
        for activation in [Activation::Tanh, Activation::Softplus, Activation::Relu, Activation::Identity] {
            for i in -400..400 {
                let x = f64::from(i) * 0.1 + 1e-3;
                let value = |x: f64| {
                    let mut y = [x];
                    activate(&mut y, 0.0, activation);
                    y[0]
                };
                let expected = match activation {
                    Activation::Tanh => x.tanh(),
                    Activation::Softplus => crate::linalg::special::softplus(x),
                    Activation::Relu => x.max(0.0),
                    Activation::Identity => x,
                };
                // A few roundings.
                assert!((value(x) - expected).abs() <= 1e-15 * expected.abs().max(1e-300), "{activation:?} {x}");
                let mut d = [1.0];
                chain(&mut d, &[value(x)], activation);
                let h = 1e-5;
                let difference = (value(x + h) - value(x - h)) / (2.0 * h);
                // Central differences: h² and rounding over h.
                assert!((d[0] - difference).abs() < 1e-9, "{activation:?} {x}: {} {difference}", d[0]);
            }
        }
    }
}
