//! Keeps labels apart. In: preferred positions. Out: positions without overlaps.

/// Moves positions (any order, downwards) as little as needed so that neighbours are `gap` apart and all lie between
/// `top` and `bottom`. Order is kept; if there is no room for all, they are spread evenly.
pub(super) fn spread(wanted: &[f64], gap: f64, (top, bottom): (f64, f64)) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    let gap = gap.min((bottom - top) / wanted.len().saturating_sub(1).max(1) as f64);
    // Clusters of touching labels, each centred on the mean of its members' preferred positions.
    let mut clusters: Vec<(f64, usize)> = Vec::new();
    for &i in &order {
        clusters.push((wanted[i], 1));
        while let [.., (above, m), (below, n)] = clusters[..] {
            let reach = gap * (m + n) as f64 / 2.0;
            if below - above >= reach {
                break;
            }
            clusters.pop();
            clusters.pop();
            let centre = (above * m as f64 + below * n as f64) / (m + n) as f64;
            clusters.push((centre, m + n));
        }
    }
    let sorted = clusters
        .iter()
        .flat_map(|&(centre, count)| (0..count).map(move |k| centre + gap * (k as f64 - (count - 1) as f64 / 2.0)));
    let mut placed = vec![top; wanted.len()];
    for (&i, y) in order.iter().zip(sorted) {
        placed[i] = y;
    }
    let mut limit = top;
    for &i in &order {
        placed[i] = placed[i].max(limit);
        limit = placed[i] + gap;
    }
    limit = bottom;
    for &i in order.iter().rev() {
        placed[i] = placed[i].min(limit);
        limit = placed[i] - gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_far_apart_stay_where_they_are() {
        assert_eq!(spread(&[10.0, 50.0, 30.0], 12.0, (0.0, 100.0)), [10.0, 50.0, 30.0]);
    }

    #[test]
    fn labels_too_close_make_room_for_each_other_about_their_middle() {
        assert_eq!(spread(&[50.0, 52.0], 12.0, (0.0, 100.0)), [45.0, 57.0]);
        assert_eq!(spread(&[50.0, 50.0, 50.0], 10.0, (0.0, 100.0)), [40.0, 50.0, 60.0]);
    }

    #[test]
    fn labels_stay_inside_and_in_order_even_when_crowded() {
        let placed = spread(&[99.0, 98.0, 97.0, 2.0], 12.0, (0.0, 100.0));
        assert_eq!(placed, [100.0, 88.0, 76.0, 2.0]);
        let crowded = spread(&[5.0; 5], 12.0, (0.0, 20.0));
        assert_eq!(crowded, [0.0, 5.0, 10.0, 15.0, 20.0]);
        assert!(spread(&[], 12.0, (0.0, 20.0)).is_empty());
    }
}
