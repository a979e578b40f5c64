//! Explicit Euler steps, free as published, or kept inside the simplex.

use crate::domain::{inside, rows, shortened, slack};
use crate::field::{Field, Motion};
use crate::flow::{End, Flow, Track, reason};
use crate::settings::{Domain, Settings};
use natgrad::geometry::Point;
use natgrad::network::{At, Network};

/// Takes the steps.
pub(crate) fn run(field: &Field<'_>, start: &Point, dt: f64, steps: usize, settings: &Settings) -> Flow {
    let of = field.network();
    let network = of.network();
    let mut track = Track::new(field, settings.every);
    let mut at = of.at(start);
    // Time that shortened steps have lost: without any, times are multiples of dt to the last bit.
    let mut lost = 0.0;
    let mut end = End::Completed;
    for step in 0..=steps {
        let time = step as f64 * dt - lost;
        track.push(step, time, at.clone());
        if slack(network, &at) < 0.0 {
            track.left(time);
        }
        if step == steps {
            break;
        }
        let motion = match field.motion(&at) {
            Ok(motion) => motion,
            Err(e) => {
                end = End::Stopped(reason(&e));
                break;
            }
        };
        if settings.tolerance > 0.0
            && field.descent(&at, &motion.velocity).is_some_and(|fall| fall < settings.tolerance)
        {
            end = End::Settled;
            break;
        }
        let (point, taken) = match settings.domain {
            Domain::Free => (ahead(&at.point, &motion, |_| dt), dt),
            Domain::Keep => kept(network, &at, &motion, dt),
        };
        if point.0.iter().any(|x| !x.is_finite()) {
            end = End::Stopped("a parameter is no longer finite".into());
            break;
        }
        lost += dt - taken;
        at = of.at(&point);
    }
    track.end(end)
}

fn ahead(from: &Point, motion: &Motion, time: impl Fn(usize) -> f64) -> Point {
    Point(from.0.iter().zip(&motion.velocity.0).enumerate().map(|(j, (x, u))| x + time(j) * u).collect())
}

/// A step inside the simplex and the time that it takes.
fn kept(network: &Network, at: &At, motion: &Motion, dt: f64) -> (Point, f64) {
    let Some(rates) = &motion.rates else {
        let taken = shortened(network, at, &motion.velocity, dt);
        return (ahead(&at.point, motion, |_| taken), taken);
    };
    // Each row goes towards the target's by the fraction min(1, dt · q(c)/p(c)).
    let mut times = vec![dt; at.point.0.len()];
    rows(network, |i, c, start| {
        let time = if rates[i][c] * dt > 1.0 { 1.0 / rates[i][c] } else { dt };
        times[start..start + network.states(i) - 1].fill(time);
    });
    let mut point = ahead(&at.point, motion, |j| times[j]);
    inside(network, &mut point);
    (point, dt)
}
