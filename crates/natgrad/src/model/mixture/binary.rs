//! The sweep where every column is 0 or 1 and nothing is missing: both matrix products become looked-up sums.

use crate::linalg::binary::{self, LANES, Line, WORD};

/// Words of rows whose tables are formed together: few enough that they stay in the second-level cache.
const ROW_WORDS: usize = 4;

/// Coefficients of the logits, tabulated for the lookup.
pub(super) struct Binary {
    columns: usize,
    components: usize,
    /// Lines that hold one number per component.
    width: usize,
    tables: Vec<Line>,
}

/// Working memory of a block.
struct Parts<'s> {
    /// One row of components per row of data: logits, then responsibilities.
    rows: &'s mut [Line],
    /// One row of components per column.
    sums: &'s mut [Line],
    tables: &'s mut [Line],
    by_row: &'s mut [u32],
    by_column: &'s mut [u32],
}

impl Binary {
    /// `coefficients`: features × components, column-major, the first feature being the constant.
    pub fn new(columns: usize, components: usize, coefficients: &[f64]) -> Self {
        let (m, width) = (columns + 1, components.div_ceil(LANES));
        let mut rows = vec![Line::default(); columns * width];
        for k in 0..components {
            for d in 0..columns {
                rows[d * width + k / LANES].0[k % LANES] = coefficients[k * m + 1 + d];
            }
        }
        let mut tables = vec![Line::default(); binary::table_lines(columns, width)];
        binary::tabulate(&rows, columns, width, &mut tables);
        Binary { columns, components, width, tables }
    }

    /// Doubles of working memory for blocks of `n` rows.
    pub fn scratch(columns: usize, components: usize, n: usize) -> usize {
        let width = components.div_ceil(LANES);
        let tables = binary::table_lines(ROW_WORDS * WORD, width);
        let words = binary::words(columns) * n + binary::words(n) * columns;
        // One line more: memory need not start where a line does.
        ((n + columns) * width + tables + 1) * LANES + words.div_ceil(2)
    }

    fn parts<'s>(&self, n: usize, scratch: &'s mut [f64]) -> Parts<'s> {
        let words = binary::words(self.columns) * n + binary::words(n) * self.columns;
        let (words, rest) = scratch.split_at_mut(words.div_ceil(2));
        let (by_row, by_column) = binary::as_words(words).split_at_mut(binary::words(self.columns) * n);
        let (sums, rest) = binary::lines(rest).split_at_mut(self.columns * self.width);
        let (rows, tables) = rest.split_at_mut(n * self.width);
        Parts { rows, sums, tables, by_row, by_column }
    }

    /// Forgets the sums of an earlier chunk.
    pub fn clear(&self, most: usize, scratch: &mut [f64]) {
        self.parts(most, scratch).sums.fill(Line::default());
    }

    /// Logits of `n` rows, component after component; `cells` is column-major with column stride `stride`.
    pub fn logits(
        &self,
        constants: impl Fn(usize) -> f64,
        cells: &[f64],
        stride: usize,
        n: usize,
        most: usize,
        out: &mut [f64],
        scratch: &mut [f64],
    ) {
        let parts = self.parts(most, scratch);
        binary::pack(cells, stride, n, self.columns, parts.by_row);
        let mut first = vec![Line::default(); self.width];
        for k in 0..self.components {
            first[k / LANES].0[k % LANES] = constants(k);
        }
        parts.rows[..n * self.width].chunks_exact_mut(self.width).for_each(|row| row.copy_from_slice(&first));
        binary::add_chosen(parts.rows, self.width, &self.tables, binary::words(self.columns), parts.by_row, n);
        self.cells(n, |i, k, line, lane| out[k * n + i] = parts.rows[line].0[lane]);
    }

    /// Adds the rows just packed, with responsibilities `r` (component after component), to the sums.
    pub fn add(&self, r: &[f64], n: usize, most: usize, scratch: &mut [f64]) {
        let parts = self.parts(most, scratch);
        binary::turn(parts.by_row, n, self.columns, parts.by_column);
        self.cells(n, |i, k, line, lane| parts.rows[line].0[lane] = r[k * n + i]);
        for first in (0..n).step_by(ROW_WORDS * WORD) {
            let many = (n - first).min(ROW_WORDS * WORD);
            binary::tabulate(&parts.rows[first * self.width..], many, self.width, parts.tables);
            let bits = &parts.by_column[first / WORD * self.columns..];
            binary::add_chosen(parts.sums, self.width, parts.tables, binary::words(many), bits, self.columns);
        }
    }

    /// Visits every row and component, eight rows by eight components at a time, so that both layouts stay in cache:
    /// `visit(row, component, line, lane)`.
    #[inline(always)]
    fn cells(&self, n: usize, mut visit: impl FnMut(usize, usize, usize, usize)) {
        for first in (0..n).step_by(LANES) {
            for l in 0..self.width {
                for k in l * LANES..self.components.min((l + 1) * LANES) {
                    for i in first..n.min(first + LANES) {
                        visit(i, k, i * self.width + l, k - l * LANES);
                    }
                }
            }
        }
    }

    /// Writes the sums as `components × columns`, component fastest.
    pub fn sums(&self, most: usize, out: &mut [f64], scratch: &mut [f64]) {
        let parts = self.parts(most, scratch);
        for (d, out) in out.chunks_exact_mut(self.components).take(self.columns).enumerate() {
            for (k, o) in out.iter_mut().enumerate() {
                *o = parts.sums[d * self.width + k / LANES].0[k % LANES];
            }
        }
    }
}
