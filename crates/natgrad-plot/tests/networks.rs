//! Pictures of networks: what they hold, the same bytes each time, and what is refused.

use natgrad_plot::{NetworkDrawing, NodeMark};

fn network(n: usize, edges: &[(usize, usize)]) -> NetworkDrawing {
    let node = |i: usize| NodeMark { name: format!("node {i}"), ..NodeMark::default() };
    NetworkDrawing { nodes: (0..n).map(node).collect(), edges: edges.to_vec(), ..NetworkDrawing::default() }
}

#[test]
fn every_name_note_and_meaning_is_there_and_the_bytes_are_the_same() {
    let mut drawn = network(6, &[(0, 2), (1, 2), (2, 3), (0, 4), (4, 5), (1, 5), (0, 5)]);
    drawn.title = "A <network> & more".into();
    drawn.nodes[0].hidden = true;
    drawn.nodes[1].name = "a<b & \"c\"".into();
    drawn.nodes[3].value = Some(0.25);
    drawn.nodes[3].note = Some("seen by a quarter".into());
    drawn.accent = vec![(0, 2)];
    drawn.accent_name = "compelled".into();
    drawn.value_name = "visible information".into();
    let svg = drawn.svg().expect("a picture");
    for i in [0, 2, 3, 4, 5] {
        assert!(svg.contains(&format!("node {i}<")), "node {i}");
    }
    for word in
        ["a&lt;b &amp; ", "A &lt;network&gt; &amp; more", "seen by a quarter", "compelled", "visible information"]
    {
        assert!(svg.contains(word), "{word}");
    }
    assert!(svg.contains("hidden") && !svg.contains("a<b"));
    let (once, twice) = (drawn.draw().expect("a picture"), drawn.clone().draw().expect("a picture"));
    assert!(once == twice && once.svg == svg && once.png.starts_with(b"\x89PNG"));
}

#[test]
fn degenerate_networks_are_drawn() {
    network(1, &[]).draw().expect("one node");
    network(5, &[]).draw().expect("no edges");
    let mut long = network(2, &[(0, 1)]);
    long.nodes[0].name = "n".repeat(500);
    long.nodes[1].name = String::new();
    assert!(long.svg().expect("a picture").contains('…'));
    // Every node joined to every later one: long edges pass every layer.
    let all: Vec<(usize, usize)> = (0..12).flat_map(|a| (a + 1..12).map(move |b| (a, b))).collect();
    network(12, &all).svg().expect("a picture");
}

#[test]
fn what_is_no_network_is_refused() {
    let problem = |drawn: NetworkDrawing| drawn.svg().expect_err("refused").to_string();
    assert!(problem(network(0, &[])).contains("has no nodes"));
    assert!(problem(network(2, &[(0, 2)])).contains("an edge joins nodes 0 and 2 where there are 2"));
    assert!(problem(network(2, &[(0, 1), (1, 0)])).contains("form a cycle"));
    assert!(problem(network(1, &[(0, 0)])).contains("form a cycle"));
    for v in [1.5, -0.1, f64::NAN] {
        let mut drawn = network(1, &[]);
        drawn.nodes[0].value = Some(v);
        assert!(problem(drawn).contains("not between 0 and 1"));
    }
}
