//! A model named on the command line as maps to natural parameters.

use super::Arguments;
use crate::failure::Failure;
use crate::kind::mixture::{check_options, families_given, spec_for};
use crate::kind::network::BAYES_NET;
use crate::kind::vae::{Observables, Priors, VaeArguments};
use crate::network_file;
use natgrad::catalogue::criterion::{
    LatentModel, LatentSettings, Observable, Prior, Variance, latent_maps, mixture_maps, network_maps,
};
use natgrad::catalogue::{FamilyName, ModelName};
use natgrad::criterion::Maps;
use natgrad::model::vae;
use natgrad::rows::{Column, ColumnKind};

/// The maps of the model that the arguments name.
pub fn of(arguments: &Arguments) -> Result<Maps<'static>, Failure> {
    let latent = match arguments.model.as_str() {
        "ppca" => Some(LatentModel::Ppca),
        "factor-analysis" => Some(LatentModel::FactorAnalysis),
        "sigmoid-belief-net" => Some(LatentModel::SigmoidBeliefNet),
        "sparse-coding" => Some(LatentModel::SparseCoding),
        "vae" => Some(LatentModel::Vae),
        _ => None,
    };
    let is = |what: LatentModel| latent == Some(what);
    let unused = [
        ("--network", arguments.network.is_some() && arguments.model != BAYES_NET, BAYES_NET),
        ("--hidden", !arguments.hidden.is_empty() && arguments.model != BAYES_NET, BAYES_NET),
        ("--layers", arguments.layers.is_some() && !is(LatentModel::SigmoidBeliefNet), "sigmoid-belief-net"),
        ("--observable", arguments.observable.is_some() && !is(LatentModel::Vae), "vae"),
        ("--variance", arguments.variance.is_some() && !is(LatentModel::Vae), "vae"),
        ("--latent-prior", arguments.latent_prior.is_some() && !is(LatentModel::Vae), "vae"),
    ];
    if let Some((option, _, whose)) = unused.iter().find(|u| u.1) {
        return Err(Failure::new(
            format!("{option} does nothing in a {}", arguments.model),
            format!("it goes with {whose}: leave it out"),
        ));
    }
    match latent {
        Some(model) => of_latent(arguments, model),
        None if arguments.model == BAYES_NET => of_network(arguments),
        None => {
            crate::kind::find(&arguments.model)?;
            of_mixture(arguments)
        }
    }
}

fn of_latent(arguments: &Arguments, model: LatentModel) -> Result<Maps<'static>, Failure> {
    let (variance, fixed) = variance(arguments)?;
    let mut freeze = arguments.structure.freeze.clone();
    freeze.extend(fixed.then(|| "variance".into()));
    let settings = LatentSettings {
        observable: match arguments.observable {
            None | Some(Observables::Gaussian) => Observable::Normal,
            Some(Observables::Bernoulli) => Observable::Bernoulli,
            Some(Observables::Poisson) => Observable::Poisson,
        },
        variance,
        prior: match arguments.latent_prior {
            None | Some(Priors::Fixed) => Prior::Standard,
            Some(Priors::Learnt) => Prior::Learnt,
        },
        layers: usize::from(arguments.layers.unwrap_or(1)),
        freeze,
        ..LatentSettings::new(model)
    };
    Ok(latent_maps(&settings)?)
}

/// How variances come about, and whether they are held; the words of `fit vae`, and those of old.
fn variance(arguments: &Arguments) -> Result<(Variance, bool), Failure> {
    let Some(text) = arguments.variance.as_deref() else { return Ok((Variance::Scalar, false)) };
    // Words that `fit` does not know are refused where those that it knows would be.
    let known = match text {
        "diagonal" => "column",
        "softplus" => "network",
        _ => text,
    };
    let given =
        VaeArguments { observable: arguments.observable, variance: Some(known.into()), ..VaeArguments::default() };
    let learnt = match given.variance()? {
        vae::Variance::Scalar => Variance::Scalar,
        vae::Variance::Column => Variance::PerColumn,
        vae::Variance::Network if text == "softplus" => Variance::Softplus,
        vae::Variance::Network => Variance::Network,
        vae::Variance::Fixed(_) => return Ok((Variance::Scalar, true)),
    };
    Ok((learnt, false))
}

fn of_network(arguments: &Arguments) -> Result<Maps<'static>, Failure> {
    let Some(file) = &arguments.network else {
        return Err(Failure::new("a bayes-net needs its network", "give --network FILE.bif or FILE.json"));
    };
    let (network, _) = network_file::read(file)?;
    // Nothing hidden, or nothing frozen, is an answer too.
    let nodes = |names: &[String]| if names.is_empty() { Ok(Vec::new()) } else { network.hidden(names) };
    Ok(network_maps(&network, &nodes(&arguments.hidden)?, &nodes(&arguments.structure.freeze)?))
}

/// Columns stand for any number of their kind.
fn of_mixture(arguments: &Arguments) -> Result<Maps<'static>, Failure> {
    let model: ModelName = arguments.model.parse()?;
    let structure = &arguments.structure;
    check_options(model, structure)?;
    let levels = || ColumnKind::Levels(["a", "b", "c"].map(String::from).to_vec());
    let column = |name: &str, kind: ColumnKind| Column { name: name.into(), kind, missing: false };
    let columns: Vec<Column> = match model {
        ModelName::Mixture if !structure.family.is_empty() => families_given(structure)?
            .iter()
            .map(|(name, f)| column(name, if *f == FamilyName::Categorical { levels() } else { ColumnKind::Number }))
            .collect(),
        ModelName::LatentClass | ModelName::CategoricalMixture => {
            ["c1", "c2"].map(|name| column(name, levels())).to_vec()
        }
        _ => ["c1", "c2"].map(|name| column(name, ColumnKind::Number)).to_vec(),
    };
    let mut structure = structure.clone();
    if model == ModelName::NegativeBinomialMixture {
        // Any dispersion will do.
        structure.dispersion.get_or_insert(2.0);
    }
    let spec = spec_for(model, 2, &structure, &columns)?;
    Ok(mixture_maps(&spec, &columns, None)?)
}
