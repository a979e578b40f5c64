//! Real numbers that kernels and products are written for: single and double precision.

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use serde::{Deserialize, Serialize};
use std::fmt::Debug;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

/// A matrix inside a slice: entry `(i, j)` is `values[i · row + j · column]`.
#[derive(Debug, Clone, Copy)]
pub struct Strided<'a, T> {
    /// The numbers.
    pub values: &'a [T],
    /// Rows.
    pub rows: usize,
    /// Columns.
    pub columns: usize,
    /// Step from one row to the next.
    pub row: usize,
    /// Step from one column to the next.
    pub column: usize,
}

impl<'a, T: Real> Strided<'a, T> {
    /// Column after column.
    pub fn by_columns(values: &'a [T], rows: usize, columns: usize) -> Self {
        Strided { values: &values[..rows * columns], rows, columns, row: 1, column: rows }
    }

    /// Row after row.
    pub fn by_rows(values: &'a [T], rows: usize, columns: usize) -> Self {
        Strided { values: &values[..rows * columns], rows, columns, row: columns, column: 1 }
    }

    /// The transpose.
    pub fn transposed(self) -> Self {
        Strided { rows: self.columns, columns: self.rows, row: self.column, column: self.row, ..self }
    }

    fn view(&self) -> MatRef<'a, T> {
        let last = self.rows.saturating_sub(1) * self.row + self.columns.saturating_sub(1) * self.column;
        assert!(self.rows == 0 || self.columns == 0 || last < self.values.len());
        // SAFETY: the largest index has just been checked, and strides are those of the slice.
        unsafe {
            MatRef::from_raw_parts(
                self.values.as_ptr(),
                self.rows,
                self.columns,
                self.row as isize,
                self.column as isize,
            )
        }
    }
}

/// Single or double precision.
pub trait Real:
    faer::traits::RealField
    + Copy
    + Default
    + Debug
    + PartialOrd
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + Sum
    + Serialize
    + for<'a> Deserialize<'a>
    + 'static
{
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// One half.
    const HALF: Self;
    /// Name of the type in files: `F32` or `F64`.
    const NAME: &'static str;

    /// The nearest number of this kind.
    fn of(x: f64) -> Self;
    /// As a double.
    fn double(self) -> f64;
    /// `self · b + c`, rounded once where `FUSED`.
    fn fused<const FUSED: bool>(self, b: Self, c: Self) -> Self;
    /// `(eʳ − 1, 2ᵏ)` with `eˣ = 2ᵏ eʳ`, `|r| ≤ ½ ln 2`; `x` is first clipped to where `2ᵏ` is a normal number.
    fn exponential<const FUSED: bool>(self) -> (Self, Self);
    /// `ln(1 + self)` for `0 ≤ self ≤ 1`.
    fn log_one_plus<const FUSED: bool>(self) -> Self;
    /// The square root.
    fn root(self) -> Self;
    /// The absolute value.
    fn size(self) -> Self;
    /// The larger one.
    fn at_least(self, other: Self) -> Self;
    /// Whether it is a number and no infinity.
    fn finite(self) -> bool;

    /// `eˣ`.
    #[inline(always)]
    fn exp_of<const FUSED: bool>(self) -> Self {
        let (p, two) = self.exponential::<FUSED>();
        p.fused::<FUSED>(two, two)
    }

    /// `C ← A B`, or `C += A B`; `C` is column-major.
    fn product(c: &mut [Self], a: Strided<'_, Self>, b: Strided<'_, Self>, add: bool) {
        let accum = if add { Accum::Add } else { Accum::Replace };
        let (m, n) = (a.rows, b.columns);
        let c = MatMut::from_column_major_slice_mut(&mut c[..m * n], m, n);
        matmul(c, accum, a.view(), b.view(), Self::ONE, Par::Seq);
    }
}

macro_rules! real {
    ($t:ty, $name:literal, $bits:ty, $int:ty, $round:expr, $least:expr, $most:expr, $hi:expr, $lo:expr, $bias:expr, $mantissa:expr, $taylor:expr, $odd:expr) => {
        impl Real for $t {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
            const NAME: &'static str = $name;

            fn of(x: f64) -> Self {
                x as $t
            }
            fn double(self) -> f64 {
                self.into()
            }
            #[inline(always)]
            fn fused<const FUSED: bool>(self, b: Self, c: Self) -> Self {
                if FUSED { self.mul_add(b, c) } else { self * b + c }
            }
            #[inline(always)]
            fn exponential<const FUSED: bool>(self) -> (Self, Self) {
                let x = if self < $least { $least } else { self };
                let x = if x > $most { $most } else { x };
                // Adding a number whose last bit counts ones rounds to the nearest integer and leaves it in the low bits.
                let shifted = x.fused::<FUSED>(<$t>::of(std::f64::consts::LOG2_E), $round);
                let k = shifted - $round;
                let r = (-k).fused::<FUSED>($lo, (-k).fused::<FUSED>($hi, x));
                const C: &[f64] = &$taylor;
                let mut p = C[0] as $t;
                for c in &C[1..] {
                    p = p.fused::<FUSED>(r, *c as $t);
                }
                let base: $t = $round;
                let k = (shifted.to_bits() as $int).wrapping_sub(base.to_bits() as $int);
                (p * r, <$t>::from_bits(((k + $bias) as $bits) << $mantissa))
            }
            #[inline(always)]
            fn log_one_plus<const FUSED: bool>(self) -> Self {
                // ln(1+e) = 2 artanh s, s = e/(2+e) ≤ 1/3: the series in s² leaves less than half an ulp.
                let s = self / (2.0 + self);
                let square = s * s;
                const C: &[f64] = &$odd;
                let mut p = C[0] as $t;
                for c in &C[1..] {
                    p = p.fused::<FUSED>(square, *c as $t);
                }
                2.0 * s * p
            }
            #[inline(always)]
            fn root(self) -> Self {
                self.sqrt()
            }
            #[inline(always)]
            fn size(self) -> Self {
                self.abs()
            }
            #[inline(always)]
            fn at_least(self, other: Self) -> Self {
                if self < other { other } else { self }
            }
            fn finite(self) -> bool {
                self.is_finite()
            }
        }
    };
}

real!(
    f32,
    "F32",
    u32,
    i32,
    12_582_912.0_f32,
    -87.0_f32,
    88.0_f32,
    0.693_359_4_f32,
    -2.121_944_4e-4_f32,
    127,
    23,
    [1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0],
    [1.0 / 15.0, 1.0 / 13.0, 1.0 / 11.0, 1.0 / 9.0, 1.0 / 7.0, 1.0 / 5.0, 1.0 / 3.0, 1.0]
);
real!(
    f64,
    "F64",
    u64,
    i64,
    6_755_399_441_055_744.0_f64,
    -708.0_f64,
    709.0_f64,
    6.931_471_803_691_238e-1_f64,
    1.908_214_929_270_587_7e-10_f64,
    1023,
    52,
    [
        1.0 / 6227020800.0,
        1.0 / 479001600.0,
        1.0 / 39916800.0,
        1.0 / 3628800.0,
        1.0 / 362880.0,
        1.0 / 40320.0,
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0
    ],
    [
        1.0 / 35.0,
        1.0 / 33.0,
        1.0 / 31.0,
        1.0 / 29.0,
        1.0 / 27.0,
        1.0 / 25.0,
        1.0 / 23.0,
        1.0 / 21.0,
        1.0 / 19.0,
        1.0 / 17.0,
        1.0 / 15.0,
        1.0 / 13.0,
        1.0 / 11.0,
        1.0 / 9.0,
        1.0 / 7.0,
        1.0 / 5.0,
        1.0 / 3.0,
        1.0
    ]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponential_and_logarithm_agree_with_the_system() {
        let mut worst: f64 = 0.0;
        for i in -20_000..20_000 {
            let x = i as f64 * 0.035;
            worst = worst.max((x.exp_of::<true>() / x.exp() - 1.0).abs());
            let e = (-x.abs()).exp();
            worst = worst.max((e.log_one_plus::<false>() - e.ln_1p()).abs() / e.ln_1p().max(1e-300));
        }
        // Two roundings on top of half an ulp.
        assert!(worst < 6e-16, "{worst:e}");
        let mut worst: f64 = 0.0;
        for i in -8_600..8_600 {
            let x = i as f32 * 0.01;
            worst = worst.max((x.exp_of::<true>().double() / x.double().exp() - 1.0).abs());
        }
        assert!(worst < 3e-7, "{worst:e}");
    }

    #[test]
    fn a_product_reads_any_strides() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
        let mut c = [0.0; 4];
        let rows = Strided::by_rows(&a, 2, 3);
        f64::product(&mut c, rows, rows.transposed(), false);
        assert_eq!(c, [14.0, 32.0, 32.0, 77.0]);
    }
}
