//! A mixture as maps, from its settings alone.

use crate::Error;
use crate::catalogue::{FamilyName, Spec};
use crate::criterion::Maps;
use crate::rows::Column;

/// Columns of one family, and components, that are looked at: more of the same say nothing new.
const ENOUGH: usize = 2;

/// The maps of a mixture with these settings, at random parameters; `weights` are the frozen ones, where they are known:
/// equal ones need not be learnt.
///
/// # Errors
/// As [`Spec::build`].
pub fn mixture_maps(spec: &Spec, columns: &[Column], weights: Option<&[f64]>) -> Result<Maps<'static>, Error> {
    let mut kept: Vec<usize> = Vec::new();
    let alike = |a: &FamilyName, b: &FamilyName| std::mem::discriminant(a) == std::mem::discriminant(b);
    for (d, family) in spec.families.iter().enumerate().take(columns.len()) {
        if kept.iter().filter(|&&k| alike(&spec.families[k], family)).count() < ENOUGH {
            kept.push(d);
        }
    }
    let small = Spec {
        components: spec.components.min(ENOUGH),
        families: kept.iter().map(|&d| spec.families[d]).collect(),
        charts: Vec::new(),
        ..spec.clone()
    };
    let columns: Vec<Column> = kept.iter().map(|&d| columns[d].clone()).collect();
    Ok(small.build(&columns)?.into_maps(spec.model.to_string(), weights.map(<[f64]>::to_vec)))
}
