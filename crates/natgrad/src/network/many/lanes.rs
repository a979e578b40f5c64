//! Some points side by side: a number for each, and loops of fixed length that compile to vector instructions.

/// Points in a block.
pub const WIDTH: usize = 16;

/// One number for every point of a block, on the boundary of a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(align(64))]
pub struct Lanes(pub [f64; WIDTH]);

/// Zeros.
pub const ZERO: Lanes = Lanes([0.0; WIDTH]);

impl Lanes {
    /// A number computed for every point.
    #[inline(always)]
    pub fn from_fn(f: impl Fn(usize) -> f64) -> Self {
        let mut out = ZERO;
        for l in 0..WIDTH {
            out.0[l] = f(l);
        }
        out
    }

    /// `self += a · b`.
    #[inline(always)]
    pub fn add_product(&mut self, a: &Lanes, b: &Lanes) {
        for l in 0..WIDTH {
            self.0[l] += a.0[l] * b.0[l];
        }
    }

    /// `self += a`.
    #[inline(always)]
    pub fn add(&mut self, a: &Lanes) {
        for l in 0..WIDTH {
            self.0[l] += a.0[l];
        }
    }

    /// `self −= a`.
    #[inline(always)]
    pub fn subtract(&mut self, a: &Lanes) {
        for l in 0..WIDTH {
            self.0[l] -= a.0[l];
        }
    }

    /// `a · b`.
    #[inline(always)]
    pub fn times(&self, b: &Lanes) -> Lanes {
        Lanes::from_fn(|l| self.0[l] * b.0[l])
    }
}
