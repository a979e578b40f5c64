//! Which parameters the evidence couples: tables that some row's hidden nodes touch together.

use super::layout::Layout;
use super::plan::Plan;
use std::sync::Arc;

/// Tables whose parameters are coupled.
#[derive(Debug, Clone)]
pub(super) struct Group {
    /// Blocks, ascending; none is frozen.
    pub blocks: Vec<usize>,
    /// Number of their entries.
    pub entries: usize,
    /// Where their matrix begins among second moments: `entries × entries`, column-major.
    pub at: usize,
}

/// All groups. Tables that are always seen whole are in none: their rows are independent of everything.
#[derive(Debug, Clone, Default)]
pub(super) struct Groups {
    pub groups: Vec<Group>,
    /// Entries of all matrices.
    pub squares: usize,
    places: Vec<Option<(u32, u32)>>,
}

impl Groups {
    /// The groups that these plans make.
    pub fn new(layout: &Layout, plans: &[Arc<Plan>]) -> Self {
        let count = layout.blocks.len();
        let mut owner: Vec<usize> = (0..count).collect();
        let mut coupled: Vec<bool> = layout.blocks.iter().map(|b| b.nodes.len() > 1).collect();
        fn find(owner: &mut [usize], mut i: usize) -> usize {
            while owner[i] != i {
                owner[i] = owner[owner[i]];
                i = owner[i];
            }
            i
        }
        for plan in plans {
            let blocks: Vec<usize> = plan.touched.iter().map(|t| layout.families[t.node].block).collect();
            let learnt: Vec<usize> = blocks.into_iter().filter(|&b| !layout.blocks[b].frozen).collect();
            for &b in &learnt {
                coupled[b] = true;
                let (x, y) = (find(&mut owner, learnt[0]), find(&mut owner, b));
                owner[x.max(y)] = x.min(y);
            }
        }
        let mut out = Groups { groups: Vec::new(), squares: 0, places: vec![None; layout.entries] };
        let mut number: Vec<Option<usize>> = vec![None; count];
        for b in (0..count).filter(|&b| coupled[b] && !layout.blocks[b].frozen) {
            let root = find(&mut owner, b);
            let g = *number[root].get_or_insert_with(|| {
                out.groups.push(Group { blocks: Vec::new(), entries: 0, at: 0 });
                out.groups.len() - 1
            });
            let group = &mut out.groups[g];
            group.blocks.push(b);
            for e in layout.blocks[b].entries() {
                out.places[e] = Some((g as u32, group.entries as u32));
                group.entries += 1;
            }
        }
        for group in &mut out.groups {
            group.at = out.squares;
            out.squares += group.entries * group.entries;
        }
        out
    }

    /// Group of an entry and its number there; `None` for tables that are in none.
    pub fn place(&self, entry: usize) -> Option<(usize, usize)> {
        self.places[entry].map(|(g, i)| (g as usize, i as usize))
    }

    /// Entries with their values as places, sorted; equal ones are added up, those in no group left out.
    pub fn sort_in(&self, sorted: &mut Vec<(u32, u32, f64)>, entries: impl Iterator<Item = (usize, f64)>) {
        sorted.clear();
        sorted.extend(entries.filter_map(|(e, v)| self.places[e].map(|(g, i)| (g, i, v))));
        sorted.sort_unstable_by_key(|&(g, i, _)| (g, i));
        sorted.dedup_by(|next, kept| {
            let same = (next.0, next.1) == (kept.0, kept.1);
            if same {
                kept.2 += next.2;
            }
            same
        });
    }
}
