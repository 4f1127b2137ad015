//! A regression forest that keeps the members of its leaves, for conditional distributions (Meinshausen 2006,
//! Quantile Regression Forests). Several responses share one set of trees.
//!
//! In: features `[n rows][f]` and responses `[n rows][4]`. Out: for a new row, a weight for every training row.
//! Existing crates with random forests return means and do not expose the leaves, so this is our own.

use rand::seq::index::sample;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Maximum number of equal-sized classes that a feature is cut into.
const BINS: usize = 32;

/// Number of responses that share the trees.
pub(crate) const RESPONSES: usize = 4;

/// Settings for growing trees.
#[derive(Debug, Clone)]
pub(crate) struct ForestSettings {
    pub(crate) trees: usize,
    /// Minimum number of rows in a leaf.
    pub(crate) min_leaf: usize,
    /// Share of the rows that each tree uses, drawn without replacement.
    pub(crate) subsample: f64,
    pub(crate) seed: u64,
}

/// A grown forest.
pub(crate) struct Forest {
    cuts: Vec<Vec<f64>>,
    trees: Vec<Tree>,
    rows: usize,
}

struct Tree {
    nodes: Vec<Node>,
    members: Vec<u32>,
}

enum Node {
    Split { feature: usize, bin: u8, left: usize, right: usize },
    Leaf { start: usize, end: usize },
}

impl Forest {
    /// Grows a forest on `features` `[n][f]` and `responses` `[n][4]`. The splitting criterion is the reduction of
    /// squared error, summed over the responses, which should have similar variances. Each node tries a third of the
    /// features (Breiman 2001 for regression).
    pub(crate) fn grow(features: &[Vec<f64>], responses: &[[f64; RESPONSES]], settings: &ForestSettings) -> Self {
        let rows = features.len();
        let width = features.first().map_or(0, Vec::len);
        let cuts: Vec<Vec<f64>> = (0..width).map(|f| cuts(features.iter().map(|row| row[f]))).collect();
        let binned: Vec<Vec<u8>> =
            (0..width).map(|f| features.iter().map(|row| bin(&cuts[f], row[f])).collect()).collect();
        let mut rng = Pcg64Mcg::seed_from_u64(settings.seed);
        let take = ((rows as f64 * settings.subsample) as usize).clamp(1, rows);
        let trees = (0..settings.trees)
            .map(|_| {
                let members = sample(&mut rng, rows, take).into_iter().map(|i| i as u32).collect();
                let mut grower =
                    Grower { binned: &binned, responses, min_leaf: settings.min_leaf, nodes: vec![], members };
                grower.grow(0, take, &mut rng);
                Tree { nodes: grower.nodes, members: grower.members }
            })
            .collect();
        Self { cuts, trees, rows }
    }

    /// Weights `[n]` of the training rows for a row `x` `[f]`, summing to 1: the average over trees of the uniform
    /// distribution on the members of the leaf that `x` falls into (Meinshausen 2006, equation 4).
    pub(crate) fn weights(&self, x: &[f64]) -> Vec<f64> {
        let bins: Vec<u8> = x.iter().zip(&self.cuts).map(|(v, cuts)| bin(cuts, *v)).collect();
        let mut weights = vec![0.0; self.rows];
        for tree in &self.trees {
            let mut at = 0;
            let members = loop {
                match tree.nodes[at] {
                    Node::Split { feature, bin, left, right } => at = if bins[feature] <= bin { left } else { right },
                    Node::Leaf { start, end } => break &tree.members[start..end],
                }
            };
            let share = 1.0 / (members.len() * self.trees.len()) as f64;
            members.iter().for_each(|&row| weights[row as usize] += share);
        }
        weights
    }
}

/// Increasing cut points `[< BINS]` that divide `values` into classes of equal size.
fn cuts(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut cuts: Vec<f64> = (1..BINS).map(|i| sorted[i * sorted.len() / BINS]).collect();
    cuts.dedup();
    cuts
}

fn bin(cuts: &[f64], value: f64) -> u8 {
    cuts.partition_point(|cut| *cut <= value) as u8
}

struct Grower<'a> {
    binned: &'a [Vec<u8>],
    responses: &'a [[f64; RESPONSES]],
    min_leaf: usize,
    nodes: Vec<Node>,
    members: Vec<u32>,
}

impl Grower<'_> {
    /// Grows the subtree over `members[start..end]` and returns its position among the nodes.
    fn grow(&mut self, start: usize, end: usize, rng: &mut impl Rng) -> usize {
        let at = self.nodes.len();
        self.nodes.push(Node::Leaf { start, end });
        if end - start < 2 * self.min_leaf {
            return at;
        }
        let Some((feature, bin)) = self.best_split(&self.members[start..end], rng) else {
            return at;
        };
        let column = &self.binned[feature];
        let slice = &mut self.members[start..end];
        slice.sort_unstable_by_key(|&row| (column[row as usize] > bin, row));
        let middle = start + slice.partition_point(|&row| column[row as usize] <= bin);
        let left = self.grow(start, middle, rng);
        let right = self.grow(middle, end, rng);
        self.nodes[at] = Node::Split { feature, bin, left, right };
        at
    }

    fn best_split(&self, members: &[u32], rng: &mut impl Rng) -> Option<(usize, u8)> {
        let width = self.binned.len();
        let mut best: Option<(f64, usize, u8)> = None;
        let mut order: Vec<usize> = (0..width).collect();
        for i in 0..width.div_ceil(3) {
            order.swap(i, rng.random_range(i..width));
            let feature = order[i];
            let classes = self.classes(&self.binned[feature], members);
            if let Some((gain, bin)) = self.best_cut(&classes)
                && best.is_none_or(|(g, _, _)| gain > g)
            {
                best = Some((gain, feature, bin));
            }
        }
        best.map(|(_, feature, bin)| (feature, bin))
    }

    /// Count and sums of the responses by class of one feature.
    fn classes(&self, column: &[u8], members: &[u32]) -> [FeatureClass; BINS] {
        let mut classes = [FeatureClass::default(); BINS];
        for &row in members {
            let class = &mut classes[usize::from(column[row as usize]) % BINS];
            class.add(1.0, &self.responses[row as usize]);
        }
        classes
    }

    /// Finds the cut with the largest sum over responses of S_left^2 / n_left + S_right^2 / n_right.
    fn best_cut(&self, classes: &[FeatureClass; BINS]) -> Option<(f64, u8)> {
        let mut total = FeatureClass::default();
        classes.iter().for_each(|class| total.add(class.count, &class.sums));
        let min_leaf = self.min_leaf as f64;
        let mut left = FeatureClass::default();
        let mut best: Option<(f64, u8)> = None;
        for (bin, class) in classes[..BINS - 1].iter().enumerate() {
            left.add(class.count, &class.sums);
            let right = total.count - left.count;
            if class.count == 0.0 || left.count < min_leaf || right < min_leaf {
                continue;
            }
            let gain: f64 = (0..RESPONSES)
                .map(|k| left.sums[k].powi(2) / left.count + (total.sums[k] - left.sums[k]).powi(2) / right)
                .sum();
            if best.is_none_or(|(g, _)| gain > g) {
                best = Some((gain, bin as u8));
            }
        }
        best
    }
}

/// Count and response sums of the rows in one class of a feature.
#[derive(Clone, Copy, Default)]
struct FeatureClass {
    count: f64,
    sums: [f64; RESPONSES],
}

impl FeatureClass {
    fn add(&mut self, count: f64, sums: &[f64; RESPONSES]) {
        self.count += count;
        self.sums.iter_mut().zip(sums).for_each(|(total, value)| *total += value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step_function() -> (Vec<Vec<f64>>, Vec<[f64; RESPONSES]>) {
        let mut rng = Pcg64Mcg::seed_from_u64(1);
        let features: Vec<Vec<f64>> = (0..600).map(|_| vec![rng.random::<f64>(), rng.random::<f64>()]).collect();
        let responses = features.iter().map(|x| [if x[0] > 0.5 { 1.0 } else { -1.0 }, 0.0, 0.0, 0.0]).collect();
        (features, responses)
    }

    fn settings() -> ForestSettings {
        ForestSettings { trees: 50, min_leaf: 10, subsample: 0.5, seed: 3 }
    }

    #[test]
    fn the_weights_point_to_rows_that_resemble_the_query() {
        let (features, responses) = step_function();
        let forest = Forest::grow(&features, &responses, &settings());
        for (x, expected) in [(0.2, -1.0), (0.8, 1.0)] {
            let weights = forest.weights(&[x, 0.5]);
            assert!((weights.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            let mean: f64 = weights.iter().zip(&responses).map(|(w, y)| w * y[0]).sum();
            assert!((mean - expected).abs() < 0.1, "{mean}");
        }
    }

    #[test]
    fn the_same_seed_grows_the_same_forest_and_another_does_not() {
        let (features, responses) = step_function();
        let grow = |seed| Forest::grow(&features, &responses, &ForestSettings { seed, ..settings() });
        assert_eq!(grow(3).weights(&[0.4, 0.1]), grow(3).weights(&[0.4, 0.1]));
        assert_ne!(grow(3).weights(&[0.4, 0.1]), grow(4).weights(&[0.4, 0.1]));
    }
}
