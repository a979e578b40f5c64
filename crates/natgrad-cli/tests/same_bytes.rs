//! The same table gives the same bytes, for any number of threads, shards and any file format.

mod common;

use common::{Place, example};

fn same_for_threads(fit: &str) {
    let place = Place::new();
    for threads in ["1", "2", "5"] {
        place.run(&format!("fit {fit} --threads {threads} --out run{threads}")).fine();
    }
    for threads in ["2", "5"] {
        for file in ["summary.json", "model.json"] {
            let (one, more) = (place.read(&format!("run1/{file}")), place.read(&format!("run{threads}/{file}")));
            assert_eq!(one, more, "{file} of 1 and {threads} threads: {fit}");
        }
    }
}

#[test]
fn a_gaussian_mixture_is_the_same_for_any_number_of_threads() {
    same_for_threads(&format!("gaussian-mixture {} --components 2 --restarts 4", example("slow_em.csv")));
}

#[test]
fn a_mixture_of_kinds_with_missing_cells_is_the_same_for_any_number_of_threads() {
    same_for_threads(&format!(
        "mixture {} --components 3 --covariance full --restarts 2 \
         --columns island,bill_length_mm,bill_depth_mm,flipper_length_mm,body_mass_g,sex",
        example("penguins.csv")
    ));
}

#[test]
fn latent_classes_are_the_same_for_any_number_of_threads() {
    same_for_threads(&format!("latent-class {} --classes 2 --exclude party --restarts 5", example("votes.csv")));
}

#[test]
fn many_chunks_of_rows_are_the_same_for_any_number_of_threads() {
    let place = Place::new();
    place.run(&format!("sample {} --rows 5000 --out t.csv", example("slow_em_default_stop.json"))).fine();
    let table = place.path("t.csv").display().to_string();
    same_for_threads(&format!("gaussian-mixture {table} --components 3 --covariance diagonal --max-iterations 25"));
    same_for_threads(&format!("gaussian-mixture {table} --components 2 --batch 1024 --max-iterations 6"));
}

#[test]
fn any_number_of_shards_is_one_iteration() {
    let place = Place::new();
    place.run(&format!("sample {} --rows 3500 --seed 5 --out t.csv", example("slow_em_default_stop.json"))).fine();
    place.run("fit gaussian-mixture t.csv --components 3 --max-iterations 0 --out start").fine();
    place.run("fit gaussian-mixture t.csv --start start/model.json --metric joint --max-iterations 1 --tolerance 0 --out one").fine();
    for count in 1..=5 {
        let mut shards = Vec::new();
        for i in (1..=count).rev() {
            place.run(&format!("estep start t.csv --shard {i}/{count} --out s{i}of{count}")).fine();
            shards.push(format!("s{i}of{count}"));
        }
        place.run(&format!("mstep start {} --out m{count}.json", shards.join(" "))).fine();
        assert_eq!(place.read("m1.json"), place.read(&format!("m{count}.json")), "{count} shards");
    }
    let (merged, fitted) = (place.json("m1.json"), place.json("one/model.json"));
    for key in ["parameters", "natural", "columns"] {
        assert_eq!(merged[key], fitted[key], "{key}");
    }
    // The shards of a start file written by hand are computed as well as those of a run.
    place.run("estep start/model.json t.csv --shard 1/1 --out again").fine();
    assert_eq!(place.bytes("again"), place.bytes("s1of1"));
}

#[test]
fn csv_tsv_parquet_npy_and_standard_input_are_one_table() {
    let place = Place::new();
    let model = example("slow_em_default_stop.json");
    let data = example("slow_em.csv");
    for ending in ["csv", "tsv", "parquet", "npy"] {
        place.run(&format!("impute {model} {data} --out t.{ending}")).fine();
    }
    let fit = "--components 2 --json --seed 3";
    let from = |file: &str| place.run(&format!("fit gaussian-mixture {file} {fit}")).fine();
    let original = from(&data);
    for ending in ["csv", "tsv", "parquet"] {
        assert_eq!(original.stdout, from(&format!("t.{ending}")).stdout, "{ending}");
    }
    let (npy, csv) = (from("t.npy").json(), original.json());
    for key in ["elbo", "entropies", "parameters", "standard_errors", "stationarity", "iterations"] {
        assert_eq!(npy[key], csv[key], "{key}");
    }
    let piped = place.run_with_input(&format!("fit gaussian-mixture - {fit}"), &place.read("t.csv")).fine();
    assert_eq!(original.stdout, piped.stdout);
    // Cut in two files, it is still one table.
    let text = place.read("t.csv");
    let lines: Vec<&str> = text.lines().collect();
    place.write("a.csv", format!("{}\n", lines[..150].join("\n")));
    place.write("b.csv", format!("{}\n{}\n", lines[0], lines[150..].join("\n")));
    assert_eq!(original.stdout, from("a.csv b.csv").stdout);
}

#[test]
fn levels_survive_parquet() {
    let place = Place::new();
    let votes = example("votes.csv");
    let fit = "--classes 2 --exclude party --json";
    let original = place.run(&format!("fit latent-class {votes} {fit} --out run")).fine();
    place.run("sample run --rows 300 --out s.csv").fine();
    place.run("sample run --rows 300 --out s.parquet").fine();
    place.run("sample run --rows 300 --out s.tsv").fine();
    let score = |file: &str| place.run(&format!("score run {file} --json")).fine().stdout;
    assert_eq!(score("s.csv"), score("s.parquet"));
    assert_eq!(score("s.csv"), score("s.tsv"));
    let again = place.run(&format!("fit latent-class {votes} {fit}")).fine();
    assert_eq!(original.stdout, again.stdout, "with and without a folder");
}
