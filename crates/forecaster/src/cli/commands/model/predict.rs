//! `forecaster model predict`: reads a column of numbers and prints the model's own quantiles.

use crate::cli::output::{print, print_json};
use crate::config::settings::Config;
use crate::failure::{CommandOutcome, Failure};
use crate::forecast::chronos::{pipeline_settings, store};
use forecaster_chronos::{ChronosError, Pipeline};
use serde::Serialize;
use std::fmt::Write;
use std::path::Path;

#[derive(Serialize)]
struct PredictDocument {
    model: String,
    levels: Vec<f64>,
    /// `[steps][levels]`, unsorted, as the model returns them.
    quantiles: Vec<Vec<f64>>,
}

/// Forecasts `steps` steps after the values in `input`, in this process.
pub(super) fn predict(
    config: &Config,
    name: &str,
    input: &Path,
    steps: usize,
    json: bool,
) -> Result<CommandOutcome, Failure> {
    let installed = store(config).find(name)?;
    let context = read_values(input)?;
    let pipeline = Pipeline::new(pipeline_settings(config, &installed, None));
    let mut answers = pipeline.predict(&[context], steps).map_err(|error| match error {
        ChronosError::Context(reason) => Failure::BadContext { path: input.to_owned(), reason },
        error => error.into(),
    })?;
    pipeline.release();
    if answers.quantiles.iter().flatten().any(|v| !v.is_finite()) {
        return Err(Failure::NotFinite { checkpoint: name.to_owned() });
    }
    let quantiles =
        answers.quantiles.pop().map(|a| a.rows().into_iter().map(|row| row.to_vec()).collect()).unwrap_or_default();
    let document = PredictDocument { model: installed.name, levels: answers.levels, quantiles };
    if json {
        print_json(&document)?
    } else {
        print(&table(&document))?
    }
    Ok(CommandOutcome::Done)
}

/// Reads one value per line, oldest first; NaN for a line that is empty or says nan.
fn read_values(path: &Path) -> Result<Vec<f64>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| Failure::NoValues { path: path.to_owned(), source })?;
    parse(&text).map_err(|(line, problem)| Failure::BadValue {
        path: path.to_owned(),
        line,
        problem: problem.to_string(),
    })
}

/// Parses the values of `text`; the error is the line number and the problem.
fn parse(text: &str) -> Result<Vec<f64>, (usize, String)> {
    let value = |(index, line): (usize, &str)| {
        let line = line.trim();
        if line.is_empty() {
            return Ok(f64::NAN);
        }
        match line.parse::<f64>() {
            Ok(value) if !value.is_infinite() => Ok(value),
            Ok(_) => Err((index + 1, format!("'{line}' is infinite"))),
            Err(_) => Err((index + 1, format!("'{line}' is no number"))),
        }
    };
    // Spreadsheet programs start a text file with a byte order mark.
    text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate().map(value).collect()
}

fn table(document: &PredictDocument) -> String {
    let greatest = document.quantiles.iter().flatten().fold(0.0f64, |most, value| most.max(value.abs()));
    let cell = |value: f64| {
        if greatest == 0.0 || (1e-3..1e9).contains(&greatest) {
            // Seven significant digits, the precision of single-precision floats.
            let decimals = (6 - greatest.max(1e-3).log10().floor() as i32).clamp(0, 8) as usize;
            format!("{value:>14.decimals$}")
        } else {
            format!("{value:>14.6e}")
        }
    };
    let mut text = format!("{:<5}", "step");
    for level in &document.levels {
        let _ = write!(text, "{level:>14}");
    }
    text.push('\n');
    for (step, row) in document.quantiles.iter().enumerate() {
        let _ = write!(text, "{:<5}", step + 1);
        row.iter().for_each(|value| text.push_str(&cell(*value)));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shortened(text: &str) -> String {
        format!("{:?}", parse(text))
    }

    #[test]
    fn an_empty_line_is_a_missing_value_and_the_end_of_the_file_is_not() {
        assert_eq!(shortened("1\n\n2.5\n"), "Ok([1.0, NaN, 2.5])");
        assert_eq!(shortened("1\r\n\r\n-2e3"), "Ok([1.0, NaN, -2000.0])");
        assert_eq!(shortened("1\n2\n\n"), "Ok([1.0, 2.0, NaN])");
        assert_eq!(shortened("\n1\nnan\nNaN\n"), "Ok([NaN, 1.0, NaN, NaN])");
        assert_eq!(shortened("\u{feff}1\n 2 \n"), "Ok([1.0, 2.0])");
        assert_eq!(shortened(""), "Ok([])");
    }

    #[test]
    fn what_is_no_finite_number_is_named_by_line() {
        assert_eq!(parse("value\n1\n"), Err((1, "'value' is no number".to_owned())));
        assert_eq!(parse("1\n950,5\n"), Err((2, "'950,5' is no number".to_owned())));
        assert_eq!(parse("1\n\ninf\n"), Err((3, "'inf' is infinite".to_owned())));
        assert_eq!(parse("1e999"), Err((1, "'1e999' is infinite".to_owned())));
    }
}
