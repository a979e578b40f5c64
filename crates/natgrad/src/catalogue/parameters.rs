//! Parameters as the contract's JSON: assembled from, and taken apart into, every block's usual parameters.

use super::spec::{CovarianceShape, FamilyName, ModelName, Spec};
use crate::Error;
use crate::geometry::Point;
use crate::model::mixture::Mixture;
use crate::rows::{Column, ColumnKind};
use serde_json::{Map, Value, json};

/// Plural names of the usual parameters, as model files have them.
fn plural(name: &str) -> &'static str {
    match name {
        "mean" => "means",
        "variance" => "variances",
        "covariance" => "covariances",
        "probability" | "probabilities" => "probabilities",
        "rate" => "rates",
        "shape" => "shapes",
        "log_mean" => "log_means",
        "log_variance" => "log_variances",
        _ => "values",
    }
}

/// Values per component and block, in the order of each family's usual parameters; `None` where there is no number.
pub(super) type Values = Vec<Vec<Vec<Option<f64>>>>;

/// The parameters at a point.
pub fn parameters_to_json(mixture: &Mixture, spec: &Spec, columns: &[Column], at: &Point) -> Value {
    let weights = mixture.weights(at).into_iter().map(Some).collect::<Vec<_>>();
    let values = (0..mixture.components())
        .map(|k| {
            let blocks = mixture.blocks().iter().enumerate();
            blocks
                .map(|(b, block)| block.family.to_source(&mixture.natural(at, k, b)).into_iter().map(Some).collect())
                .collect()
        })
        .collect();
    let mut out = assemble(mixture, spec, columns, &weights, &values);
    if let Value::Object(map) = &mut out {
        let levels: Vec<Value> = columns
            .iter()
            .zip(&spec.families)
            .filter(|(_, f)| **f == FamilyName::Categorical)
            .map(|(c, _)| match &c.kind {
                ColumnKind::Levels(l) => json!(l),
                ColumnKind::Number => Value::Null,
            })
            .collect();
        if matches!(spec.model, ModelName::LatentClass | ModelName::CategoricalMixture) {
            map.insert("levels".into(), Value::Array(levels));
        }
        if spec.model == ModelName::NegativeBinomialMixture {
            let fixed: Vec<f64> = spec
                .families
                .iter()
                .map(|f| if let FamilyName::NegativeBinomial(r) = f { *r } else { f64::NAN })
                .collect();
            map.insert("dispersions".into(), json!(fixed));
        }
    }
    out
}

/// Puts numbers per component and block into the model's JSON form.
pub(super) fn assemble(
    mixture: &Mixture,
    spec: &Spec,
    columns: &[Column],
    weights: &[Option<f64>],
    values: &Values,
) -> Value {
    let mut out = Map::new();
    out.insert("weights".into(), json!(weights));
    if spec.model == ModelName::GaussianMixture {
        let (means, covariances) = normal_parts(mixture, spec, values);
        out.insert("means".into(), means);
        out.insert("covariances".into(), covariances);
        return Value::Object(out);
    }
    if spec.model == ModelName::Mixture {
        let mut list = Vec::new();
        for (b, block) in mixture.blocks().iter().enumerate() {
            let mut entry = Map::new();
            let names: Vec<&str> = block.columns.iter().map(|&d| columns[d].name.as_str()).collect();
            entry.insert("columns".into(), json!(names));
            entry.insert("family".into(), json!(spec.families[block.columns[0]].to_string()));
            if let ColumnKind::Levels(levels) = &columns[block.columns[0]].kind {
                entry.insert("levels".into(), json!(levels));
            }
            let mut first = 0;
            for (name, length) in block.family.source_names() {
                let per_component: Vec<Value> =
                    values.iter().map(|v| shaped(&v[b][first..first + length], block.columns.len())).collect();
                entry.insert(plural(name).into(), Value::Array(per_component));
                first += length;
            }
            list.push(Value::Object(entry));
        }
        out.insert("blocks".into(), Value::Array(list));
        return Value::Object(out);
    }
    // One family for all columns: [k][d] arrays, or [k][d][states].
    let mut first = 0;
    for (i, (name, _)) in mixture.blocks()[0].family.source_names().into_iter().enumerate() {
        let table: Vec<Value> = values
            .iter()
            .map(|component| {
                let row: Vec<Value> = component
                    .iter()
                    .enumerate()
                    .map(|(b, v)| {
                        let names = mixture.blocks()[b].family.source_names();
                        let start: usize = names[..i].iter().map(|n| n.1).sum();
                        let length = names[i].1;
                        let categorical = spec.families[b] == FamilyName::Categorical;
                        if length == 1 && !categorical { json!(v[start]) } else { json!(v[start..start + length]) }
                    })
                    .collect();
                Value::Array(row)
            })
            .collect();
        out.insert(plural(name).into(), Value::Array(table));
        first += 1;
    }
    debug_assert!(first > 0);
    Value::Object(out)
}

fn shaped(values: &[Option<f64>], width: usize) -> Value {
    if values.len() == 1 && width == 1 {
        return json!(values[0]);
    }
    if width > 1 && values.len() == width * width {
        return Value::Array(values.chunks(width).map(|r| json!(r)).collect());
    }
    json!(values)
}

fn normal_parts(mixture: &Mixture, spec: &Spec, values: &Values) -> (Value, Value) {
    let width = spec.families.len();
    let joint = mixture.blocks()[0].family.name() == "multivariate-normal";
    let means: Vec<Vec<Option<f64>>> =
        values.iter().map(|c| if joint { c[0][..width].to_vec() } else { c.iter().map(|b| b[0]).collect() }).collect();
    let square =
        |c: &Vec<Vec<Option<f64>>>| -> Value { Value::Array(c[0][width..].chunks(width).map(|r| json!(r)).collect()) };
    let covariances = match spec.covariance {
        CovarianceShape::Full => Value::Array(values.iter().map(square).collect()),
        CovarianceShape::Tied => square(&values[0]),
        CovarianceShape::Diagonal => {
            Value::Array(values.iter().map(|c| json!(c.iter().map(|b| b[1]).collect::<Vec<_>>())).collect())
        }
        CovarianceShape::Spherical => json!(values.iter().map(|c| c[0][1]).collect::<Vec<_>>()),
    };
    (json!(means), covariances)
}

/// Natural parameters from a model's JSON form.
///
/// # Errors
/// [`Error::Parameter`] with the name and index of what is missing, of the wrong shape, or outside its domain.
pub fn parameters_from_json(mixture: &Mixture, spec: &Spec, columns: &[Column], json: &Value) -> Result<Point, Error> {
    let bad = |name: String, problem: String| Error::Parameter {
        name,
        problem,
        hint: "give the parameters in the form that model.json has".into(),
    };
    let components = mixture.components();
    let weights = numbers(json.get("weights"), "weights", components)?;
    let total: f64 = weights.iter().sum();
    if let Some(k) = weights.iter().position(|w| *w < 0.0) {
        return Err(bad(format!("weights[{k}]"), format!("it must be at least 0, and is {}", weights[k])));
    }
    if (total - 1.0).abs() > 1e-6 {
        return Err(bad("weights".into(), format!("they must sum to 1; they sum to {total}")));
    }
    let weights: Vec<f64> = weights.iter().map(|w| w / total).collect();
    let mut natural = Vec::with_capacity(components);
    for k in 0..components {
        let mut blocks = Vec::new();
        for (b, block) in mixture.blocks().iter().enumerate() {
            let source = block_source(mixture, spec, columns, json, k, b)?;
            let eta = block
                .family
                .from_source(&source)
                .map_err(|problem| bad(format!("component {}, block {}", k + 1, b + 1), problem))?;
            blocks.push(eta);
        }
        natural.push(blocks);
    }
    Ok(mixture.point(&weights, &natural))
}

fn numbers(value: Option<&Value>, name: &str, length: usize) -> Result<Vec<f64>, Error> {
    let flat = flatten(value, name)?;
    if flat.len() != length {
        return Err(Error::Parameter {
            name: name.into(),
            problem: format!("{length} numbers are needed, {} were given", flat.len()),
            hint: "check components and columns".into(),
        });
    }
    Ok(flat)
}

fn flatten(value: Option<&Value>, name: &str) -> Result<Vec<f64>, Error> {
    let bad = |problem: String| Error::Parameter {
        name: name.into(),
        problem,
        hint: "give the parameters in the form that model.json has".into(),
    };
    match value {
        None => Err(bad("it is missing".into())),
        Some(Value::Number(n)) => n.as_f64().map(|x| vec![x]).ok_or_else(|| bad(format!("{n} is not a double"))),
        Some(Value::Array(items)) => {
            let mut out = Vec::new();
            for item in items {
                out.extend(flatten(Some(item), name)?);
            }
            Ok(out)
        }
        Some(other) => Err(bad(format!("{other} is not a number"))),
    }
}

fn block_source(
    mixture: &Mixture,
    spec: &Spec,
    columns: &[Column],
    json: &Value,
    k: usize,
    b: usize,
) -> Result<Vec<f64>, Error> {
    let at = |value: &Value, i: usize, name: &str, length: usize| -> Result<Vec<f64>, Error> {
        numbers(value.get(i), &format!("{name}[{i}]"), length)
    };
    let field = |name: &str| -> Result<&Value, Error> {
        json.get(name).ok_or_else(|| Error::Parameter {
            name: name.into(),
            problem: "it is missing".into(),
            hint: "give the parameters in the form that model.json has".into(),
        })
    };
    let width = spec.families.len();
    let block = &mixture.blocks()[b];
    if spec.model == ModelName::GaussianMixture {
        let means = at(field("means")?, k, "means", width)?;
        let covariances = field("covariances")?;
        return match spec.covariance {
            CovarianceShape::Full => {
                Ok(means.into_iter().chain(at(covariances, k, "covariances", width * width)?).collect())
            }
            CovarianceShape::Tied => {
                Ok(means.into_iter().chain(numbers(Some(covariances), "covariances", width * width)?).collect())
            }
            CovarianceShape::Diagonal => Ok(vec![means[b], at(covariances, k, "covariances", width)?[b]]),
            CovarianceShape::Spherical => Ok(vec![means[b], at(covariances, k, "covariances", 1)?[0]]),
        };
    }
    let mut source = Vec::new();
    if spec.model == ModelName::Mixture {
        let entry = field("blocks")?.get(b).ok_or_else(|| Error::Parameter {
            name: format!("blocks[{b}]"),
            problem: "it is missing".into(),
            hint: format!("there must be one for column \"{}\"", columns[block.columns[0]].name),
        })?;
        for (name, length) in block.family.source_names() {
            let values = entry.get(plural(name)).unwrap_or(&Value::Null);
            source.extend(at(values, k, plural(name), length)?);
        }
        return Ok(source);
    }
    for (name, length) in block.family.source_names() {
        let name = plural(name);
        let row = field(name)?.get(k).unwrap_or(&Value::Null);
        source.extend(numbers(row.get(b), &format!("{name}[{k}][{b}]"), length)?);
    }
    Ok(source)
}
