//! The same messages in logarithms: slower, and nothing underflows.

use super::layout::JunctionTree;
use super::propagate::{Beliefs, walk};

/// Adds `term` of its target to each cell.
pub(super) fn plus(cells: &mut [f64], cards: &[usize], strides: &[usize], term: impl Fn(usize) -> f64) {
    let (inner, step) = (cards.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(0));
    walk(cards, strides, |cell, target| {
        for (k, x) in cells[cell..cell + inner].iter_mut().enumerate() {
            *x += term(target + k * step);
        }
    });
}

/// `log Σ exp` of the cells that fall on each target.
fn sums(size: usize, cells: &[f64], cards: &[usize], strides: &[usize]) -> Vec<f64> {
    let (inner, step) = (cards.last().copied().unwrap_or(1), strides.last().copied().unwrap_or(0));
    let each = |visit: &mut dyn FnMut(f64, usize)| {
        walk(cards, strides, |cell, target| {
            cells[cell..cell + inner].iter().enumerate().for_each(|(k, x)| visit(*x, target + k * step));
        });
    };
    let mut top = vec![f64::NEG_INFINITY; size];
    each(&mut |x, t| top[t] = top[t].max(x));
    let mut total = vec![0.0; size];
    each(&mut |x, t| {
        if x > f64::NEG_INFINITY {
            total[t] += (x - top[t]).exp();
        }
    });
    top.iter().zip(total).map(|(m, s)| if s > 0.0 { m + s.ln() } else { f64::NEG_INFINITY }).collect()
}

/// A whole run; leaves probabilities in the cells.
pub(super) fn run(tree: &JunctionTree, tables: &[Vec<f64>], into: &mut Beliefs) -> f64 {
    let Beliefs { cells, messages, evidence, .. } = into;
    cells.fill(0.0);
    let mut log = 0.0;
    for (place, table) in tree.families.iter().zip(tables) {
        let base = JunctionTree::base(place, evidence);
        match place.clique {
            None if tree.only_touched => {}
            None => log += table[base].ln(),
            Some(c) => {
                let clique = &tree.cliques[c];
                let own = &mut cells[clique.at..clique.at + clique.size];
                plus(own, &clique.cards, &place.strides, |t| table[base + t].ln());
            }
        }
    }
    for (i, c) in tree.home.iter().enumerate() {
        if let (Some(c), Some(state)) = (*c, evidence[i]) {
            let clique = &tree.cliques[c];
            let strides: Vec<usize> = clique.nodes.iter().map(|&n| usize::from(n == i)).collect();
            let own = &mut cells[clique.at..clique.at + clique.size];
            plus(own, &clique.cards, &strides, |s| if s == state { 0.0 } else { f64::NEG_INFINITY });
        }
    }
    for &c in &tree.order {
        let clique = &tree.cliques[c];
        let own = clique.at..clique.at + clique.size;
        let Some(above) = &clique.above else {
            let total = sums(1, &cells[own.clone()], &clique.cards, &vec![0; clique.cards.len()])[0];
            if total == f64::NEG_INFINITY {
                return total;
            }
            log += total;
            cells[own].iter_mut().for_each(|x| *x -= total);
            continue;
        };
        let message = sums(above.size, &cells[own], &clique.cards, &above.from_own);
        let parent = &tree.cliques[above.parent];
        plus(&mut cells[parent.at..parent.at + parent.size], &parent.cards, &above.from_parent, |t| message[t]);
        messages[above.at..above.at + above.size].copy_from_slice(&message);
    }
    if log == f64::NEG_INFINITY {
        return log;
    }
    for &c in tree.order.iter().rev() {
        let clique = &tree.cliques[c];
        let Some(above) = &clique.above else { continue };
        let parent = &tree.cliques[above.parent];
        let there = &cells[parent.at..parent.at + parent.size];
        let mut renewal = sums(above.size, there, &parent.cards, &above.from_parent);
        for (new, old) in renewal.iter_mut().zip(&messages[above.at..]) {
            *new = if *old > f64::NEG_INFINITY { *new - old } else { f64::NEG_INFINITY };
        }
        let own = &mut cells[clique.at..clique.at + clique.size];
        plus(own, &clique.cards, &above.from_own, |t| renewal[t]);
    }
    cells.iter_mut().for_each(|x| *x = x.exp());
    log
}
