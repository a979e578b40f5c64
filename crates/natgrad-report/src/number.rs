//! Numbers for the eye: significant digits, powers of ten, estimates with their errors.

/// What stands where there is no number.
pub const NONE: &str = "–";

/// With a real minus sign.
fn signed(text: String) -> String {
    text.replacen('-', "−", usize::from(text.starts_with('-')))
}

/// `mantissa × 10^k` with superscripts; a mantissa of 1 is left out.
fn scientific(x: f64, digits: usize) -> String {
    let text = format!("{x:.digits$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return signed(text) };
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    let power = exponent.parse().map_or_else(|_| exponent.into(), power);
    match mantissa {
        "1" => power,
        "-1" => format!("−{power}"),
        _ => format!("{}\u{a0}×\u{a0}{power}", signed(mantissa.into())),
    }
}

/// `10^k` with superscript digits.
pub fn power(k: i32) -> String {
    let digits = k.to_string();
    let raised = digits.chars().map(|c| match c {
        '-' => '⁻',
        '0' => '⁰',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        c => char::from_u32('⁴' as u32 + (c as u32).saturating_sub('4' as u32)).unwrap_or(c),
    });
    std::iter::once("10".to_string()).chain(raised.map(String::from)).collect()
}

/// With so many significant digits; [`NONE`] for a number that is not finite.
pub fn significant(x: f64, digits: usize) -> String {
    if !x.is_finite() {
        return NONE.into();
    }
    if x == 0.0 {
        return "0".into();
    }
    let size = x.abs().log10().floor();
    if !(-4.0..7.0).contains(&size) {
        return scientific(x, digits.saturating_sub(1));
    }
    let decimals = (digits as f64 - 1.0 - size).max(0.0) as usize;
    let text = format!("{x:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').into() } else { text };
    signed(text)
}

/// As [`significant`], [`NONE`] for nothing.
pub fn maybe(x: Option<f64>, digits: usize) -> String {
    x.map_or_else(|| NONE.into(), |x| significant(x, digits))
}

/// With so many decimals, minus sign included.
pub fn fixed(x: f64, decimals: usize) -> String {
    if x.is_finite() { signed(format!("{x:.decimals$}")) } else { NONE.into() }
}

/// A whole number with thin spaces between thousands.
pub fn whole(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out
}

/// An estimate and its standard error, both to the error's second significant digit.
pub fn estimate(value: Option<f64>, error: Option<f64>) -> (String, Option<String>) {
    let Some(x) = value.filter(|x| x.is_finite()) else { return (NONE.into(), None) };
    match error.filter(|e| e.is_finite() && *e > 0.0) {
        Some(e) if (1e-6..1e7).contains(&e) && x.abs() < 1e9 => {
            let decimals = (1.0 - e.log10().floor()).max(0.0) as usize;
            (fixed(x, decimals), Some(fixed(e, decimals)))
        }
        Some(e) => (significant(x, 5), Some(significant(e, 2))),
        None => (significant(x, 4), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits() {
        assert_eq!(significant(-4.509_675_1, 7), "−4.509675");
        assert_eq!(significant(1e-10, 1), "10⁻¹⁰");
        assert_eq!(significant(-2.5e-14, 2), "−2.5\u{a0}×\u{a0}10⁻¹⁴");
        assert_eq!(significant(1e-6, 2), "10⁻⁶");
        assert_eq!(significant(1200.0, 2), "1200");
        assert_eq!(significant(0.5, 4), "0.5");
        assert_eq!(significant(f64::NAN, 4), NONE);
        assert_eq!(maybe(None, 3), NONE);
        assert_eq!(power(-456_789), "10⁻⁴⁵⁶⁷⁸⁹");
        assert_eq!(whole(1_234_567), "1\u{202f}234\u{202f}567");
    }

    #[test]
    fn errors_set_the_decimals() {
        assert_eq!(estimate(Some(1.23456), Some(0.0567)), ("1.235".into(), Some("0.057".into())));
        assert_eq!(estimate(Some(-123.456), Some(25.0)), ("−123".into(), Some("25".into())));
        assert_eq!(estimate(Some(2.0), None), ("2".into(), None));
        assert_eq!(estimate(None, Some(1.0)), (NONE.into(), None));
    }
}
