//! Lines cut into dashes, and markers along them, by length on the page: the same in every output.

/// A point of the page.
pub(super) type Spot = (f64, f64);

/// How the curves are told apart without colour.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Style {
    pub colour: &'static str,
    pub width: f64,
    /// Lengths of dash and gap in turn; empty: solid.
    pub dashes: &'static [f64],
    pub marker: Marker,
}

/// Shape of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Marker {
    Disc,
    Square,
    Triangle,
}

/// Styles in order: each drawn over the one before stays visible where curves coincide. Their greys differ too.
pub(super) const STYLES: [Style; 3] = [
    Style { colour: "#7fb8de", width: 5.0, dashes: &[], marker: Marker::Disc },
    Style { colour: "#c4511a", width: 2.4, dashes: &[9.0, 6.0], marker: Marker::Square },
    Style { colour: "#111111", width: 1.5, dashes: &[1.6, 4.4], marker: Marker::Triangle },
];

/// The style of a curve.
pub(super) fn style(curve: usize) -> Style {
    STYLES[curve % STYLES.len()]
}

fn distance(a: Spot, b: Spot) -> f64 {
    (a.0 - b.0).hypot(a.1 - b.1)
}

fn between(a: Spot, b: Spot, share: f64) -> Spot {
    (a.0 + share * (b.0 - a.0), a.1 + share * (b.1 - a.1))
}

/// Length of a line on the page.
pub(super) fn length(line: &[Spot]) -> f64 {
    line.windows(2).map(|w| distance(w[0], w[1])).sum()
}

/// The pieces of a line that a dash pattern leaves.
pub(super) fn dashed(line: &[Spot], dashes: &[f64]) -> Vec<Vec<Spot>> {
    if dashes.is_empty() || line.len() < 2 || dashes.iter().sum::<f64>() <= 0.0 {
        return vec![line.to_vec()];
    }
    let (mut pieces, mut piece) = (Vec::new(), vec![line[0]]);
    let (mut turn, mut left) = (0, dashes[0]);
    for w in line.windows(2) {
        let (mut from, to) = (w[0], w[1]);
        loop {
            let rest = distance(from, to);
            if rest < left {
                left -= rest;
                if turn % 2 == 0 {
                    piece.push(to);
                }
                break;
            }
            from = if rest > 0.0 { between(from, to, left / rest) } else { to };
            if turn % 2 == 0 {
                piece.push(from);
                pieces.push(std::mem::take(&mut piece));
            } else {
                piece = vec![from];
            }
            turn += 1;
            left = dashes[turn % dashes.len()];
        }
    }
    if piece.len() > 1 {
        pieces.push(piece);
    }
    pieces
}

/// Places at which a line has reached the given shares of its length.
pub(super) fn along(line: &[Spot], shares: &[f64]) -> Vec<Spot> {
    let total = length(line);
    if total <= 0.0 {
        return Vec::new();
    }
    let mut out = Vec::new();
    let (mut done, mut next) = (0.0, 0);
    for w in line.windows(2) {
        let step = distance(w[0], w[1]);
        while next < shares.len() && shares[next] * total <= done + step {
            out.push(between(w[0], w[1], if step > 0.0 { (shares[next] * total - done) / step } else { 0.0 }));
            next += 1;
        }
        done += step;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_do_not_depend_on_how_a_line_is_cut() {
        let whole = [(0.0, 0.0), (10.0, 0.0)];
        let cut: Vec<Spot> = (0..=1000).map(|i| (f64::from(i) / 100.0, 0.0)).collect();
        let ends =
            |line: &[Spot]| dashed(line, &[3.0, 1.0]).iter().map(|p| (p[0].0, p[p.len() - 1].0)).collect::<Vec<_>>();
        assert_eq!(ends(&whole), [(0.0, 3.0), (4.0, 7.0), (8.0, 10.0)]);
        for (a, b) in ends(&whole).iter().zip(ends(&cut)) {
            assert!((a.0 - b.0).abs() < 1e-9 && (a.1 - b.1).abs() < 1e-9);
        }
        assert_eq!(along(&whole, &[0.25, 0.5]), [(2.5, 0.0), (5.0, 0.0)]);
        assert!(along(&[(1.0, 1.0), (1.0, 1.0)], &[0.5]).is_empty());
    }
}
