//! Products with a matrix of zeros and ones: sums of chosen rows, looked up four at a time.
//!
//! ```text
//! out_j += Σ_i b_ij v_i      b_ij ∈ {0, 1}
//! ```
//!
//! The sixteen sums of each four rows `v_i` are formed once; a column of `B` then needs one addition where a matrix
//! product needs four. One packing serves both products of an EM step, because 32 columns of 32 rows turn over
//! in registers.

use super::simd::{Level, level};

/// Rows whose sums are tabulated together.
const GROUP: usize = 4;
/// Sums in a table.
const CHOICES: usize = 1 << GROUP;
/// Doubles in a [`Line`].
pub const LANES: usize = 8;
/// Lines that a kernel keeps in registers.
const TILE: usize = 4;
/// Groups whose bits make a word. A result is stored once for all of them: stores hold the lookups up more than tables
/// (32 KiB of them at once) that fill the first-level cache.
const PANEL: usize = 8;
/// Rows or columns whose bits make a word.
pub const WORD: usize = GROUP * PANEL;

/// Eight doubles that lie in one line of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Line(pub [f64; LANES]);

/// Number of words that `n` bits need.
pub fn words(n: usize) -> usize {
    n.div_ceil(WORD)
}

/// Packs cells (0 or 1) of `n` rows and `d` columns: bit `j` of `bits[w · n + i]` is row `i` in column `32 w + j`.
///
/// # Shapes
/// `cells` is column-major with column stride `stride`; `bits` holds `words(d) · n`.
pub fn pack(cells: &[f64], stride: usize, n: usize, d: usize, bits: &mut [u32]) {
    assert!(n <= stride && cells.len() >= (d.max(1) - 1) * stride + n && bits.len() >= words(d) * n);
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { pack_avx512(cells, stride, n, d, bits) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { pack_avx2(cells, stride, n, d, bits) },
        _ => pack_body(cells, stride, n, d, bits),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn pack_avx512(cells: &[f64], stride: usize, n: usize, d: usize, bits: &mut [u32]) {
    pack_body(cells, stride, n, d, bits);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn pack_avx2(cells: &[f64], stride: usize, n: usize, d: usize, bits: &mut [u32]) {
    pack_body(cells, stride, n, d, bits);
}

#[inline(always)]
fn pack_body(cells: &[f64], stride: usize, n: usize, d: usize, bits: &mut [u32]) {
    for (w, out) in bits.chunks_exact_mut(n.max(1)).take(words(d)).enumerate() {
        out.fill(0);
        let columns = w * WORD..d.min((w + 1) * WORD);
        // Four columns at a time, so that words are loaded and stored less often.
        for first in columns.clone().step_by(4) {
            let column = |j: usize| &cells[(first + j).min(d - 1) * stride..][..n];
            // Columns beyond the last are masked out.
            let keep = |j: usize| u32::from(columns.contains(&(first + j)));
            let place = first - w * WORD;
            // Bit 61 is set in 1.0 and clear in 0.0.
            let bit = |x: f64| (x.to_bits() >> 61) as u32;
            let (a, b, c, e) = (column(0), column(1), column(2), column(3));
            let (ka, kb, kc, ke) = (keep(0), keep(1), keep(2), keep(3));
            for i in 0..n {
                let four = (bit(a[i]) & ka) | (bit(b[i]) & kb) << 1 | (bit(c[i]) & kc) << 2 | (bit(e[i]) & ke) << 3;
                out[i] |= four << place;
            }
        }
    }
}

/// Turns the packing over: bit `i` of `out[h · d + j]` is row `32 h + i` in column `j`.
///
/// # Shapes
/// `bits` as [`pack`] made it; `out` holds `words(n) · d`.
pub fn turn(bits: &[u32], n: usize, d: usize, out: &mut [u32]) {
    assert!(bits.len() >= words(d) * n && out.len() >= words(n) * d);
    for h in 0..words(n) {
        let rows = h * WORD..n.min((h + 1) * WORD);
        for w in 0..words(d) {
            let mut square = [0u32; WORD];
            square[..rows.len()].copy_from_slice(&bits[w * n..][rows.clone()]);
            transpose(&mut square);
            let columns = w * WORD..d.min((w + 1) * WORD);
            let many = columns.len();
            out[h * d..][columns].copy_from_slice(&square[..many]);
        }
    }
}

/// The transpose of 32 × 32 bits: halves are swapped across the diagonal, then halves of halves.
fn transpose(a: &mut [u32; WORD]) {
    let (mut half, mut mask) = (16usize, 0x0000_ffffu32);
    while half > 0 {
        for top in (0..WORD).step_by(2 * half) {
            for r in top..top + half {
                let swap = (a[r] >> half ^ a[r + half]) & mask;
                a[r] ^= swap << half;
                a[r + half] ^= swap;
            }
        }
        half /= 2;
        mask ^= mask << half;
    }
}

/// Number of groups in whole words of `n` rows.
fn groups(n: usize) -> usize {
    words(n) * PANEL
}

/// The tables of rows `v` (each of `width` lines): for every tile of lines, group after group, sixteen sums.
///
/// # Shapes
/// `v` holds `n · width` lines; the result [`table_lines`], tile after tile.
pub fn tabulate(v: &[Line], n: usize, width: usize, tables: &mut [Line]) {
    let many = groups(n);
    assert!(v.len() >= n * width && tables.len() >= many * CHOICES * width);
    for first in (0..width).step_by(TILE) {
        let lines = TILE.min(width - first);
        let tile = &mut tables[many * CHOICES * first..][..many * CHOICES * lines];
        for (g, table) in tile.chunks_exact_mut(CHOICES * lines).enumerate() {
            table[..lines].fill(Line::default());
            for choice in 1..CHOICES {
                let (rest, last) = (choice & (choice - 1), choice.trailing_zeros() as usize);
                let row = g * GROUP + last;
                let (before, now) = table.split_at_mut(choice * lines);
                let from = &before[rest * lines..(rest + 1) * lines];
                if row < n {
                    let add = &v[row * width + first..][..lines];
                    for l in 0..lines {
                        for x in 0..LANES {
                            now[l].0[x] = from[l].0[x] + add[l].0[x];
                        }
                    }
                } else {
                    now[..lines].copy_from_slice(from);
                }
            }
        }
    }
}

/// Lines that [`tabulate`] fills for `n` rows.
pub fn table_lines(n: usize, width: usize) -> usize {
    groups(n) * CHOICES * width
}

/// `out_j += Σ_i b_ij v_i` for `j < n`, looked up.
///
/// # Shapes
/// `tables` as [`tabulate`] made them for `many` words; `bits` holds `many · n`, `out` `n · width` lines.
pub fn add_chosen(out: &mut [Line], width: usize, tables: &[Line], many: usize, bits: &[u32], n: usize) {
    assert!(out.len() >= n * width && tables.len() >= many * PANEL * CHOICES * width && bits.len() >= many * n);
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { add_chosen_avx512(out, width, tables, many, bits, n) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { add_chosen_avx2(out, width, tables, many, bits, n) },
        _ => add_chosen_body(out, width, tables, many, bits, n),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn add_chosen_avx512(out: &mut [Line], width: usize, tables: &[Line], many: usize, bits: &[u32], n: usize) {
    add_chosen_body(out, width, tables, many, bits, n);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_chosen_avx2(out: &mut [Line], width: usize, tables: &[Line], many: usize, bits: &[u32], n: usize) {
    add_chosen_body(out, width, tables, many, bits, n);
}

#[inline(always)]
fn add_chosen_body(out: &mut [Line], width: usize, tables: &[Line], many: usize, bits: &[u32], n: usize) {
    for first in (0..width).step_by(TILE) {
        let tile = &tables[many * PANEL * CHOICES * first..];
        match width - first {
            1 => add_tile::<1>(out, width, first, tile, many, bits, n),
            2 => add_tile::<2>(out, width, first, tile, many, bits, n),
            3 => add_tile::<3>(out, width, first, tile, many, bits, n),
            _ => add_tile::<TILE>(out, width, first, tile, many, bits, n),
        }
    }
}

#[inline(always)]
fn add_tile<const L: usize>(
    out: &mut [Line],
    width: usize,
    first: usize,
    tile: &[Line],
    many: usize,
    bits: &[u32],
    n: usize,
) {
    let (rows, _) = tile.as_chunks::<L>();
    let (tables, _) = rows.as_chunks::<CHOICES>();
    let (panels, _) = tables.as_chunks::<PANEL>();
    for (panel, bits) in panels.iter().take(many).zip(bits.chunks_exact(n.max(1))) {
        for (place, bits) in out.chunks_exact_mut(width).zip(bits) {
            let Some(place) = place[first..].first_chunk_mut::<L>() else { return };
            let mut sum = *place;
            for p in 0..PANEL {
                let add = &panel[p][(bits >> (GROUP * p)) as usize & (CHOICES - 1)];
                for l in 0..L {
                    for x in 0..LANES {
                        sum[l].0[x] += add[l].0[x];
                    }
                }
            }
            *place = sum;
        }
    }
}

/// A slice of doubles as whole lines; what lies before the first line's start and after the last is left out.
pub fn lines(values: &mut [f64]) -> &mut [Line] {
    // SAFETY: a line is eight doubles and nothing else, and any doubles make a line.
    unsafe { values.align_to_mut::<Line>().1 }
}

/// A slice of doubles as words of bits, two to each.
pub fn as_words(values: &mut [f64]) -> &mut [u32] {
    // SAFETY: doubles are aligned better than words, and any words make doubles.
    unsafe { values.align_to_mut::<u32>().1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chosen_sums_are_the_matrix_product_at_every_size() {
        for (n, d, k) in [(1usize, 1usize, 1usize), (5, 3, 2), (7, 4, 9), (64, 33, 50), (13, 50, 33), (256, 9, 16)] {
            let stride = n + 3;
            let cells: Vec<f64> = (0..d * stride).map(|i| f64::from(u8::from((i * 2_654_435_761) % 97 < 40))).collect();
            let value = |i: usize, c: usize| ((i * 31 + c * 17) % 23) as f64 - 11.0;
            let width = k.div_ceil(LANES);
            let as_lines = |many: usize| -> Vec<Line> {
                let mut out = vec![Line::default(); many * width];
                for i in 0..many {
                    for c in 0..k {
                        out[i * width + c / LANES].0[c % LANES] = value(i, c);
                    }
                }
                out
            };
            let mut by_row = vec![0; words(d) * n];
            pack(&cells, stride, n, d, &mut by_row);
            let mut by_column = vec![0; words(n) * d];
            turn(&by_row, n, d, &mut by_column);
            // Small whole numbers: every order of summation gives the same sum.
            let check = |from: usize, to: usize, bits: &[u32], bit: &dyn Fn(usize, usize) -> f64| {
                let mut tables = vec![Line::default(); table_lines(from, width)];
                tabulate(&as_lines(from), from, width, &mut tables);
                let mut out = vec![Line([1.0; LANES]); to * width];
                add_chosen(&mut out, width, &tables, words(from), bits, to);
                for j in 0..to {
                    for c in 0..k {
                        let expected: f64 = 1.0 + (0..from).map(|i| bit(i, j) * value(i, c)).sum::<f64>();
                        assert_eq!(out[j * width + c / LANES].0[c % LANES], expected, "{n} {d} {k}: {j}, {c}");
                    }
                }
            };
            check(d, n, &by_row, &|feature, row| cells[feature * stride + row]);
            check(n, d, &by_column, &|row, feature| cells[feature * stride + row]);
        }
    }
}
