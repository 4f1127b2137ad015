//! Equality of two values apart from float noise.

/// Relative difference up to which two values are one: no source publishes more than eight significant digits, and
/// a value that was divided or multiplied on its way differs in the sixteenth.
const NOISE: f64 = 1e-8;

/// True when two values differ by float noise at most.
pub(crate) fn is_same_value(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() <= NOISE * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_no_difference_and_the_last_digit_of_a_quote_is_one() {
        assert!(is_same_value(3.6725, 3.672_500_01) && is_same_value(135.196_76, 135.196_759_999_999_98));
        assert!(!is_same_value(3.6725, 3.6726) && !is_same_value(14_250.0, 14_250.01));
        assert!(!is_same_value(f64::NAN, f64::NAN) && is_same_value(0.0, 0.0));
    }
}
