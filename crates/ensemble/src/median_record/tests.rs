use super::*;
use crate::origins::grid_origins;
use crate::validation::tests::{Shifted, weekday_history};
use crate::validation::{NoCache, forecast_origins};
use forecaster_domain::{BusinessCalendar, Horizon};

/// Origins of a pair that moves by some 2 % a week, with forecasts of the last value, and of models 0.1 % and 3 % above
/// it.
fn grid() -> Vec<OriginForecasts> {
    let history = weekday_history(700);
    let origins = grid_origins(&history, &BusinessCalendar::weekdays(), Horizon::D7, 40, 5, 250);
    let (walk, near, far) = (Shifted("random_walk", 0.0), Shifted("near", 0.001), Shifted("far", 0.03));
    forecast_origins(&[&walk, &near, &far], &history, 300, origins, &NoCache, &|| ()).origins
}

/// Returns `forecast` with every quantile times `factor`.
fn times(forecast: &QuantileForecast, factor: f64) -> QuantileForecast {
    moved_back(forecast, &vec![-factor.ln(); forecast.steps()]).unwrap()
}

/// Largest distance of the second model's median from the first one's.
fn farthest(forecasts: &[Option<QuantileForecast>]) -> f64 {
    let (own, walk) = (forecasts[1].as_ref().unwrap(), forecasts[0].as_ref().unwrap());
    (0..own.steps()).map(|step| distance(own, walk, step).abs()).fold(0.0, f64::max)
}

#[test]
fn a_move_like_those_of_the_record_stays_and_one_of_ten_times_that_is_held() {
    let grid = grid();
    let newest = grid.last().unwrap();
    let as_of = newest.origin.as_of;
    let mut ordinary = newest.forecasts.clone();
    assert_eq!(hold_medians(&mut ordinary, as_of, &grid, 0, 60), [0.0; 3]);
    assert_eq!(ordinary, newest.forecasts);
    // The spread of the reference is 2 % to the 80 % interval's end or more: a tenth of that is always free.
    for factor in [3.2, 0.5, 1.02] {
        let mut flown = newest.forecasts.clone();
        flown[1] = flown[1].as_ref().map(|forecast| times(forecast, factor));
        let before = farthest(&flown);
        let corrections = hold_medians(&mut flown, as_of, &grid, 0, 60);
        assert!(farthest(&flown) < 0.004, "{factor}: {}", farthest(&flown));
        assert!((corrections[1] - (before - farthest(&flown))).abs() < 1e-9 && corrections[2] == 0.0);
        // The shape stays.
        let (held, own) = (flown[1].as_ref().unwrap(), newest.forecasts[1].as_ref().unwrap());
        let width = |f: &QuantileForecast| (f.interval95(0).1 / f.interval95(0).0).ln();
        assert!((width(held) - width(own)).abs() < 1e-12);
    }
}

#[test]
fn medians_that_were_nearer_may_leave_farther() {
    let mut grid = grid();
    let record = |grid: &[OriginForecasts]| {
        let past: Vec<&OriginForecasts> = grid.iter().collect();
        MedianRecord::new(&past, 2, 0).unwrap()
    };
    let unproven = record(&grid);
    assert!(!unproven.nearer);
    assert!((unproven.justified(0) - UNPROVEN * 1.03f64.ln()).abs() < 1e-9);
    // Outcomes 3 % above the last value, as the model said.
    for origin in &mut grid {
        let median = origin.forecasts[2].as_ref().unwrap().median(0);
        origin.origin.actuals.iter_mut().for_each(|actual| *actual = Some(median));
    }
    assert!((record(&grid).justified(99) - PROVEN * 1.03f64.ln()).abs() < 1e-9);
}

#[test]
fn a_few_absurd_moves_in_the_record_justify_no_other() {
    let mut grid = grid();
    for origin in grid.iter_mut().rev().take(3) {
        origin.forecasts[1] = origin.forecasts[1].as_ref().map(|forecast| times(forecast, 3.0));
    }
    let as_of = grid.last().unwrap().origin.as_of;
    let last = grid.len() - 1;
    let copy = grid.clone();
    hold_medians_at(&mut grid, &copy, 0, 60);
    assert!(farthest(&grid[last].forecasts) < 0.004);
    assert!(grid[last].origin.as_of == as_of && copy[last].forecasts[0] == grid[last].forecasts[0]);
}

#[test]
fn only_outcomes_that_had_matured_count() {
    let grid = grid();
    let middle = &grid[20];
    let mut hindsight = grid.clone();
    for origin in hindsight.iter_mut().filter(|o| o.origin.maturity_date() > middle.origin.as_of) {
        origin.forecasts[1] = origin.forecasts[1].as_ref().map(|forecast| times(forecast, 2.0));
    }
    for factor in [1.5, 1.0] {
        let flown: Vec<_> =
            middle.forecasts.iter().map(|f| f.as_ref().map(|forecast| times(forecast, factor))).collect();
        let mut flown = vec![middle.forecasts[0].clone(), flown[1].clone(), None];
        let mut again = flown.clone();
        hold_medians(&mut flown, middle.origin.as_of, &grid, 0, 60);
        hold_medians(&mut again, middle.origin.as_of, &hindsight, 0, 60);
        assert_eq!(flown, again);
    }
}

#[test]
fn without_a_record_a_median_stays_within_a_quarter_of_the_half_interval() {
    let grid = grid();
    let mut forecasts = grid[0].forecasts.clone();
    hold_medians(&mut forecasts, grid[0].origin.as_of, &grid, 0, 60);
    assert_eq!(forecasts[1], grid[0].forecasts[1]);
    let walk = forecasts[0].as_ref().unwrap();
    let half = 0.5 * (walk.interval80(0).1 / walk.interval80(0).0).ln();
    let moved = distance(forecasts[2].as_ref().unwrap(), walk, 0);
    assert!((moved - FREE_WITHOUT_RECORD * half).abs() < 1e-9, "{moved} {half}");
    // Without the reference nothing can be held.
    let mut alone = vec![None, grid[0].forecasts[2].clone()];
    assert_eq!(hold_medians(&mut alone, grid[0].origin.as_of, &grid, 0, 60), [0.0; 2]);
}
