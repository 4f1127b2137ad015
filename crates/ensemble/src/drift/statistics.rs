//! Statistical tests for drift: plain samples in, statistic and p-value out.

use statrs::distribution::{ChiSquared, ContinuousCDF, FisherSnedecor};

/// Statistic and p-value of one test.
pub(super) type TestResult = (f64, f64);

/// Two-sample Kolmogorov-Smirnov test: the largest distance between the two empirical distribution functions, and the
/// probability of one at least as large when both samples come from one continuous distribution. The probability is
/// exact: the share of the lattice paths from (0, 0) to (n, m) that leave the band (Hodges 1958, section 2; scipy's
/// `ks_2samp(method="exact")`). Rates of two decimals have ties; with ties the test is conservative (no drift).
pub(super) fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> TestResult {
    let (a, b) = (sorted(a), sorted(b));
    let up_to = |sample: &[f64], x: f64| sample.partition_point(|v| *v <= x);
    // In units of 1 / (n m), which makes it an integer.
    let distance = |x: f64| (up_to(&a, x) * b.len()).abs_diff(up_to(&b, x) * a.len());
    let largest = a.iter().chain(&b).map(|x| distance(*x)).max().unwrap_or(0);
    let p = share_of_paths_outside(a.len(), b.len(), largest);
    (largest as f64 / (a.len() * b.len()) as f64, p)
}

/// Share of the monotone lattice paths from (0, 0) to (n, m) that somewhere have |i m - j n| >= `distance`. All paths
/// and those that have left the band are counted, so that nothing is subtracted and small shares keep their
/// precision.
fn share_of_paths_outside(n: usize, m: usize, distance: usize) -> f64 {
    // For the current i, by j: number of paths to (i, j), and of those that have left the band.
    let mut paths = vec![0.0_f64; m + 1];
    let mut outside = vec![0.0_f64; m + 1];
    for i in 0..=n {
        for j in 0..=m {
            let (left, left_outside) = if j > 0 { (paths[j - 1], outside[j - 1]) } else { (0.0, 0.0) };
            paths[j] = if i == 0 && j == 0 { 1.0 } else { paths[j] + left };
            let is_outside = (i * m).abs_diff(j * n) >= distance;
            outside[j] = if is_outside { paths[j] } else { outside[j] + left_outside };
        }
    }
    outside[m] / paths[m]
}

/// Levene's test about the medians (Brown and Forsythe 1974): the F statistic of a one-way analysis of variance of
/// the absolute deviations from each sample's median, with 1 and N - 2 degrees of freedom; `None` when these do not
/// vary.
pub(super) fn brown_forsythe(a: &[f64], b: &[f64]) -> Option<TestResult> {
    let deviations = [a, b].map(|sample| {
        let middle = median(sample);
        sample.iter().map(|x| (x - middle).abs()).collect::<Vec<f64>>()
    });
    let count = (a.len() + b.len()) as f64;
    let overall = deviations.iter().flatten().sum::<f64>() / count;
    let (mut between, mut within) = (0.0, 0.0);
    for sample in &deviations {
        let mean = mean(sample);
        between += sample.len() as f64 * (mean - overall).powi(2);
        within += sample.iter().map(|d| (d - mean).powi(2)).sum::<f64>();
    }
    let statistic = (count - 2.0) * between / within;
    let law = FisherSnedecor::new(1.0, count - 2.0).ok()?;
    statistic.is_finite().then(|| (statistic, law.sf(statistic)))
}

/// Ljung-Box test (1978): n (n + 2) times the sum over the lags k of r(k)^2 / (n - k), chi-squared with as many
/// degrees of freedom as lags; `None` when the sample does not vary.
pub(super) fn ljung_box(sample: &[f64], lags: usize) -> Option<TestResult> {
    let n = sample.len() as f64;
    let mean = mean(sample);
    let centred: Vec<f64> = sample.iter().map(|x| x - mean).collect();
    let product = |lag: usize| centred.iter().zip(centred.iter().skip(lag)).map(|(x, y)| x * y).sum::<f64>();
    let variance = product(0);
    let terms = (1..=lags).map(|lag| (product(lag) / variance).powi(2) / (n - lag as f64));
    let statistic = n * (n + 2.0) * terms.sum::<f64>();
    let law = ChiSquared::new(lags as f64).ok()?;
    statistic.is_finite().then(|| (statistic, law.sf(statistic)))
}

/// Holm's step-down adjustment (1979): the smallest p-value times the number of tests, the next times one less and so
/// on; each is at least the previous one and at most 1. The chance that any true null is rejected stays below the
/// level.
pub(super) fn holm<const N: usize>(p: [f64; N]) -> [f64; N] {
    let mut order: [usize; N] = std::array::from_fn(|i| i);
    order.sort_by(|i, j| p[*i].total_cmp(&p[*j]));
    let mut adjusted = [1.0; N];
    let mut reached = 0.0_f64;
    for (rank, i) in order.into_iter().enumerate() {
        reached = reached.max(((N - rank) as f64 * p[i]).min(1.0));
        adjusted[i] = reached;
    }
    adjusted
}

/// Standard deviation of a sample of two or more values, with divisor n - 1.
pub(super) fn sample_deviation(sample: &[f64]) -> f64 {
    let mean = mean(sample);
    let squares: f64 = sample.iter().map(|x| (x - mean).powi(2)).sum();
    (squares / (sample.len() as f64 - 1.0)).sqrt()
}

fn mean(sample: &[f64]) -> f64 {
    sample.iter().sum::<f64>() / sample.len() as f64
}

fn median(sample: &[f64]) -> f64 {
    let sorted = sorted(sample);
    let half = sorted.len() / 2;
    if sorted.len().is_multiple_of(2) { 0.5 * (sorted[half - 1] + sorted[half]) } else { sorted[half] }
}

fn sorted(sample: &[f64]) -> Vec<f64> {
    let mut sorted = sample.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}
