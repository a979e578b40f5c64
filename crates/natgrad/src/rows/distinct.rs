//! Equal rows merged into one with their count, and data sets split in two.

use super::{Chunk, Column, RowSource, Table};
use crate::Error;
use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// More distinct rows than this are not worth merging, and would take too much memory to find.
const MOST_DISTINCT: usize = 4_000_000;

/// A row's cells as bits; all missing cells are alike, whatever the bits of their NaN.
fn key<'c>(chunk: &'c Chunk<'_>, width: usize, n: usize) -> impl Iterator<Item = u64> + 'c {
    (0..width).map(move |d| {
        let x = chunk.column(d)[n];
        if x.is_nan() { u64::MAX } else { (x + 0.0).to_bits() }
    })
}

/// Whether there are at most `most` different rows, told by a hash of each: a first pass that takes a few bytes a row, so that
/// rows which are all different are not held for nothing.
fn few(source: &dyn RowSource, most: usize) -> Result<bool, Error> {
    let width = source.columns().len();
    let mut seen: HashSet<u64> = HashSet::new();
    for stretch in source.stretches() {
        if seen.len() > most {
            break;
        }
        source.sweep(stretch, &mut |_, chunk| {
            if seen.len() <= most {
                seen.extend((0..chunk.rows).map(|n| {
                    let mut hasher = DefaultHasher::new();
                    key(&chunk, width, n).for_each(|bits| bits.hash(&mut hasher));
                    hasher.finish()
                }));
            }
            Ok(())
        })?;
    }
    Ok(seen.len() <= most)
}

/// The distinct rows in the order of their first appearance, weighted by how often (and how heavily) they occur; `None`
/// where fewer than a tenth of the rows would be saved.
///
/// # Errors
/// What reading reports.
pub fn merge_duplicates(source: &dyn RowSource) -> Result<Option<Table>, Error> {
    let width = source.columns().len();
    let mut place: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut data: Vec<Vec<f64>> = vec![Vec::new(); width];
    let mut weights: Vec<f64> = Vec::new();
    let mut too_many = false;
    let enough = (source.rows() as usize).saturating_mul(9) / 10;
    if !few(source, enough.min(MOST_DISTINCT))? {
        return Ok(None);
    }
    for stretch in source.stretches() {
        if too_many {
            break;
        }
        source.sweep(stretch, &mut |_, chunk| {
            if too_many {
                return Ok(());
            }
            for n in 0..chunk.rows {
                let key: Vec<u64> = key(&chunk, width, n).collect();
                let next = weights.len();
                let at = *place.entry(key).or_insert(next);
                if at == next {
                    data.iter_mut().enumerate().for_each(|(d, c)| c.push(chunk.column(d)[n]));
                    weights.push(0.0);
                }
                weights[at] += chunk.weight(n);
            }
            too_many = weights.len() > enough || weights.len() > MOST_DISTINCT;
            Ok(())
        })?;
    }
    if too_many || weights.is_empty() {
        return Ok(None);
    }
    let columns: Vec<Column> = source.columns().to_vec();
    Table::from_columns(columns, &data, Some(weights)).map(Some)
}

/// Splits rows in two: of every `part` rows in turn one, at a place drawn from the seed, goes to the second table.
///
/// Of two rows or more at least one goes to each table, where `part` is two or more.
///
/// # Errors
/// What reading reports.
pub fn split(source: &dyn RowSource, part: u64, seed: u64) -> Result<(Table, Table), Error> {
    use rand::{Rng, SeedableRng};
    let width = source.columns().len();
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    let mut sides = [(vec![Vec::new(); width], Vec::new()), (vec![Vec::new(); width], Vec::new())];
    // Of so few rows that a turn is not full, one goes all the same; of one row none.
    let turn = part.min(source.rows()).max(2);
    let (mut place, mut chosen) = (0, 0);
    for stretch in source.stretches() {
        source.sweep(stretch, &mut |_, chunk| {
            for n in 0..chunk.rows {
                if place == 0 {
                    chosen = rng.next_u64() % turn;
                }
                let out = place == chosen && source.rows() > 1;
                place = (place + 1) % turn;
                let (data, weights) = &mut sides[usize::from(out)];
                data.iter_mut().enumerate().for_each(|(d, c)| c.push(chunk.column(d)[n]));
                weights.push(chunk.weight(n));
            }
            Ok(())
        })?;
    }
    let table = |(data, weights): (Vec<Vec<f64>>, Vec<f64>)| {
        Table::from_columns(source.columns().to_vec(), &data, source.has_weights().then_some(weights))
    };
    let [first, second] = sides;
    Ok((table(first)?, table(second)?))
}

impl Table {
    /// A copy in memory of any source.
    ///
    /// # Errors
    /// What reading reports.
    pub fn of(source: &dyn RowSource) -> Result<Table, Error> {
        let width = source.columns().len();
        let (mut data, mut weights) = (vec![Vec::new(); width], Vec::new());
        for stretch in source.stretches() {
            source.sweep(stretch, &mut |_, chunk| {
                data.iter_mut().enumerate().for_each(|(d, c)| c.extend_from_slice(chunk.column(d)));
                weights.extend((0..chunk.rows).map(|n| chunk.weight(n)));
                Ok(())
            })?;
        }
        Table::from_columns(source.columns().to_vec(), &data, source.has_weights().then_some(weights))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rows::ColumnKind;

    #[test]
    fn equal_rows_become_one_with_their_count() {
        let columns = vec![Column { name: "a".into(), kind: ColumnKind::Number, missing: false }; 2];
        let data = [vec![1.0, 0.0, 1.0, f64::NAN, f64::NAN, 1.0], vec![0.0, 0.0, 0.0, 1.0, 1.0, 0.0]];
        let table = Table::from_columns(columns, &data, Some(vec![1.0, 2.0, 1.0, 1.0, 0.5, 3.0])).expect("a table");
        let merged = merge_duplicates(&table).expect("readable").expect("shorter");
        assert_eq!(merged.rows(), 3);
        assert_eq!((0..3).map(|n| merged.weight(n)).collect::<Vec<_>>(), vec![5.0, 2.0, 1.5]);
        assert!(merged.cell(2, 0).is_nan());
    }

    #[test]
    fn one_row_in_five_is_held_out_however_few_there_are() {
        let columns = vec![Column { name: "a".into(), kind: ColumnKind::Number, missing: false }];
        // More than one chunk; the last turn is not full.
        for rows in [0, 1, 2, 3, 4, 5, 6, 9, 10, 23, 2503] {
            let data: Vec<f64> = (0..rows).map(f64::from).collect();
            let table = Table::from_columns(columns.clone(), &[data], None).expect("a table");
            for seed in 0..20 {
                let (left, out) = split(&table, 5, seed).expect("readable");
                assert_eq!(left.rows() + out.rows(), table.rows());
                let turns = table.rows() / 5;
                assert!((turns..=turns + 1).contains(&out.rows()), "{} of {rows}", out.rows());
                assert!(rows < 2 || (out.rows() > 0 && left.rows() > 0), "{rows}");
                // Of each full turn one.
                let held: Vec<u64> = (0..out.rows() as usize).map(|n| out.cell(n, 0) as u64 / 5).collect();
                assert_eq!(held[..turns as usize], (0..turns).collect::<Vec<_>>());
            }
        }
    }
}
