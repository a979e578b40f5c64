//! Products with a matrix of zeros and ones: sums of chosen rows, looked up four at a time.
//!
//! ```text
//! out_j += Σ_i b_ij v_i      b_ij ∈ {0, 1}
//! ```
//!
//! The sixteen sums of each four rows `v_i` are formed once; a column of `B` then needs one addition where a matrix
//! product needs four. One packing serves both products of an EM step, because four columns of four rows turn over
//! within a word.

use super::simd::{Level, level};

/// Rows whose sums are tabulated together.
pub const GROUP: usize = 4;
/// Sums in a table.
const CHOICES: usize = 1 << GROUP;
/// Doubles in a [`Line`].
pub const LANES: usize = 8;
/// Lines that a kernel keeps in registers.
const TILE: usize = 4;
/// Tables of one tile that are summed before the result is stored: 16 KiB of them stay in the first-level cache.
const PANEL: usize = 4;

/// Eight doubles that lie in one line of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Line(pub [f64; LANES]);

/// Number of groups that `n` rows make.
pub fn groups(n: usize) -> usize {
    n.div_ceil(GROUP)
}

/// Packs cells (0 or 1) of `n` rows and `d` columns: `codes[g · n + i]` has the bits of row `i` in columns `4g..4g + 4`.
///
/// # Shapes
/// `cells` is column-major with column stride `stride`; `codes` holds `groups(d) · n`.
pub fn pack(cells: &[f64], stride: usize, n: usize, d: usize, codes: &mut [u8]) {
    assert!(n <= stride && cells.len() >= (d.max(1) - 1) * stride + n && codes.len() >= groups(d) * n);
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { pack_avx512(cells, stride, n, d, codes) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { pack_avx2(cells, stride, n, d, codes) },
        _ => pack_body(cells, stride, n, d, codes),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn pack_avx512(cells: &[f64], stride: usize, n: usize, d: usize, codes: &mut [u8]) {
    pack_body(cells, stride, n, d, codes);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn pack_avx2(cells: &[f64], stride: usize, n: usize, d: usize, codes: &mut [u8]) {
    pack_body(cells, stride, n, d, codes);
}

#[inline(always)]
fn pack_body(cells: &[f64], stride: usize, n: usize, d: usize, codes: &mut [u8]) {
    for (g, out) in codes.chunks_exact_mut(n.max(1)).take(groups(d)).enumerate() {
        let column = |j: usize| {
            let at = (g * GROUP + j).min(d - 1) * stride;
            &cells[at..at + n]
        };
        // Columns beyond the last are masked out.
        let keep = |j: usize| u64::from(g * GROUP + j < d) << j;
        // Bit 61 is set in 1.0 and clear in 0.0.
        let bit = |x: f64, j: usize| (x.to_bits() >> (61 - j)) & keep(j);
        let (a, b, c, e) = (column(0), column(1), column(2), column(3));
        for i in 0..n {
            out[i] = (bit(a[i], 0) | bit(b[i], 1) | bit(c[i], 2) | bit(e[i], 3)) as u8;
        }
    }
}

/// Turns the packing over: `out[h · d + j]` has the bits of rows `4h..4h + 4` in column `j`.
///
/// # Shapes
/// `codes` as [`pack`] made it; `out` holds `groups(n) · d`.
pub fn turn(codes: &[u8], n: usize, d: usize, out: &mut [u8]) {
    assert!(codes.len() >= groups(d) * n && out.len() >= groups(n) * d);
    for (h, out) in out.chunks_exact_mut(d).take(groups(n)).enumerate() {
        let rows = GROUP.min(n - h * GROUP);
        for (g, out) in out.chunks_mut(GROUP).enumerate() {
            let here = &codes[g * n + h * GROUP..][..rows];
            let four = here.first_chunk::<GROUP>().copied().unwrap_or_else(|| {
                let mut four = [0; GROUP];
                four[..rows].copy_from_slice(here);
                four
            });
            let turned = transposed(u32::from_le_bytes(four)).to_le_bytes();
            match out.first_chunk_mut::<GROUP>() {
                Some(out) => *out = turned,
                None => out.copy_from_slice(&turned[..out.len()]),
            }
        }
    }
}

/// The 4 × 4 bits at `8 r + c` moved to `8 c + r`: blocks of two are swapped, then single bits.
#[inline(always)]
fn transposed(word: u32) -> u32 {
    let far = (word ^ (word >> 14)) & 0x0000_0c0c;
    let word = word ^ far ^ (far << 14);
    let near = (word ^ (word >> 7)) & 0x000a_000a;
    word ^ near ^ (near << 7)
}

/// The tables of rows `v` (each of `width` lines): for every tile of lines, group after group, sixteen sums.
///
/// # Shapes
/// `v` holds `n · width` lines; the result `groups(n) · 16 · width`, tile after tile.
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

/// `out_j += Σ_g table_g[codes[g · n + j]]` for `j < n`.
///
/// # Shapes
/// `tables` as [`tabulate`] made them for `many` groups; `codes` holds `many · n`, `out` `n · width` lines.
pub fn add_chosen(out: &mut [Line], width: usize, tables: &[Line], many: usize, codes: &[u8], n: usize) {
    assert!(out.len() >= n * width && tables.len() >= many * CHOICES * width && codes.len() >= many * n);
    match level() {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `level` has checked at run time that the instruction set is there.
        Level::Avx512 => unsafe { add_chosen_avx512(out, width, tables, many, codes, n) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Level::Avx2 => unsafe { add_chosen_avx2(out, width, tables, many, codes, n) },
        _ => add_chosen_body(out, width, tables, many, codes, n),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,fma")]
unsafe fn add_chosen_avx512(out: &mut [Line], width: usize, tables: &[Line], many: usize, codes: &[u8], n: usize) {
    add_chosen_body(out, width, tables, many, codes, n);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn add_chosen_avx2(out: &mut [Line], width: usize, tables: &[Line], many: usize, codes: &[u8], n: usize) {
    add_chosen_body(out, width, tables, many, codes, n);
}

#[inline(always)]
fn add_chosen_body(out: &mut [Line], width: usize, tables: &[Line], many: usize, codes: &[u8], n: usize) {
    for first in (0..width).step_by(TILE) {
        let tile = &tables[many * CHOICES * first..];
        match width - first {
            1 => add_tile::<1>(out, width, first, tile, many, codes, n),
            2 => add_tile::<2>(out, width, first, tile, many, codes, n),
            3 => add_tile::<3>(out, width, first, tile, many, codes, n),
            _ => add_tile::<TILE>(out, width, first, tile, many, codes, n),
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
    codes: &[u8],
    n: usize,
) {
    let (rows, _) = tile.as_chunks::<L>();
    let (tables, _) = rows.as_chunks::<CHOICES>();
    let (panels, rest) = tables[..many].as_chunks::<PANEL>();
    let (together, single) = codes[..many * n].split_at(panels.len() * PANEL * n);
    for (tables, codes) in panels.iter().zip(together.chunks_exact((PANEL * n).max(1))) {
        add_panel::<L, PANEL>(out, width, first, tables, codes, n);
    }
    for (table, codes) in rest.iter().zip(single.chunks_exact(n.max(1))) {
        add_panel::<L, 1>(out, width, first, std::array::from_ref(table), codes, n);
    }
}

/// One panel of tables: the sums stay in registers while its tables are looked up.
#[inline(always)]
fn add_panel<const L: usize, const P: usize>(
    out: &mut [Line],
    width: usize,
    first: usize,
    tables: &[[[Line; L]; CHOICES]; P],
    codes: &[u8],
    n: usize,
) {
    let codes: [&[u8]; P] = std::array::from_fn(|p| &codes[p * n..(p + 1) * n]);
    for (j, place) in out.chunks_exact_mut(width).take(n).enumerate() {
        let Some(place) = place[first..].first_chunk_mut::<L>() else { return };
        let mut sum = *place;
        for p in 0..P {
            let add = &tables[p][usize::from(codes[p][j] & 15)];
            for l in 0..L {
                for x in 0..LANES {
                    sum[l].0[x] += add[l].0[x];
                }
            }
        }
        *place = sum;
    }
}

/// A slice of doubles as whole lines; what lies before the first line's start and after the last is left out.
pub fn lines(values: &mut [f64]) -> &mut [Line] {
    // SAFETY: a line is eight doubles and nothing else, and any doubles make a line.
    unsafe { values.align_to_mut::<Line>().1 }
}

/// A slice of doubles as bytes.
pub fn bytes(values: &mut [f64]) -> &mut [u8] {
    // SAFETY: bytes have no alignment, and any bytes make doubles.
    unsafe { values.align_to_mut::<u8>().1 }
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
            let mut by_row = vec![0; groups(d) * n];
            pack(&cells, stride, n, d, &mut by_row);
            let mut by_column = vec![0; groups(n) * d];
            turn(&by_row, n, d, &mut by_column);
            // Small whole numbers: every order of summation gives the same sum.
            let check = |from: usize, to: usize, codes: &[u8], bit: &dyn Fn(usize, usize) -> f64| {
                let mut tables = vec![Line::default(); table_lines(from, width)];
                tabulate(&as_lines(from), from, width, &mut tables);
                let mut out = vec![Line([1.0; LANES]); to * width];
                add_chosen(&mut out, width, &tables, groups(from), codes, to);
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
