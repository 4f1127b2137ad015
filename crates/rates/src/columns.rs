//! Conversion between Parquet bytes and typed columns; the only module that uses polars. All input is checked (no
//! missing cells, expected types). Errors are plain sentences, to which the caller adds the file name.

use chrono::{Days, NaiveDate};
use polars::prelude::{
    Column, DataFrame, NamedFrom, ParallelStrategy, ParquetCompression, ParquetReader, ParquetWriter, SerReader,
    Series, StatisticsOptions,
};
use std::{
    io::Cursor,
    panic::{self, AssertUnwindSafe},
};

/// A decoded Parquet file.
pub(crate) struct Columns(DataFrame);

impl Columns {
    /// Decodes a complete Parquet file.
    pub(crate) fn decode(bytes: Vec<u8>) -> Result<Self, String> {
        // The files are small: a thread pool would cost more than it saves. A panic drops the reader, which leaves no
        // partial state behind.
        let reader = ParquetReader::new(Cursor::new(bytes)).read_parallel(ParallelStrategy::None);
        match panic::catch_unwind(AssertUnwindSafe(|| reader.finish())) {
            Ok(frame) => frame.map(Self).map_err(|e| e.to_string()),
            // polars 0.55 panics on some broken files instead of returning an error.
            Err(_) => Err("the Parquet decoder failed on this file".to_owned()),
        }
    }

    /// Returns the dates `[rows]` of a column.
    pub(crate) fn dates(&self, name: &str) -> Result<Vec<NaiveDate>, String> {
        let days = self.column(name)?.date().map_err(|e| e.to_string())?.physical();
        days.into_no_null_iter()
            .map(|day| {
                let distance = Days::new(u64::from(day.unsigned_abs()));
                let date = if day < 0 {
                    NaiveDate::default().checked_sub_days(distance)
                } else {
                    NaiveDate::default().checked_add_days(distance)
                };
                date.ok_or_else(|| format!("column '{name}' has the impossible day number {day}"))
            })
            .collect()
    }

    /// Returns the numbers `[rows]` of a column.
    pub(crate) fn numbers(&self, name: &str) -> Result<Vec<f64>, String> {
        Ok(self.column(name)?.f64().map_err(|e| e.to_string())?.into_no_null_iter().collect())
    }

    /// Returns the whole numbers `[rows]` of a column.
    pub(crate) fn integers(&self, name: &str) -> Result<Vec<i64>, String> {
        Ok(self.column(name)?.i64().map_err(|e| e.to_string())?.into_no_null_iter().collect())
    }

    /// Returns the texts `[rows]` of a column.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, String> {
        let texts = self.column(name)?.str().map_err(|e| e.to_string())?;
        Ok(texts.iter().flatten().map(str::to_owned).collect())
    }

    fn column(&self, name: &str) -> Result<&Column, String> {
        let column = self
            .0
            .column(name)
            .map_err(|_| format!("there is no column '{name}' among {:?}", self.0.get_column_names()))?;
        match column.null_count() {
            0 => Ok(column),
            missing => Err(format!("column '{name}' has {missing} missing cells")),
        }
    }
}

/// A named column to encode; all columns of a file have the same length.
pub(crate) enum Cells<'a> {
    Dates(&'a str, Vec<NaiveDate>),
    Numbers(&'a str, Vec<f64>),
    Integers(&'a str, Vec<i64>),
    Texts(&'a str, Vec<&'a str>),
}

/// Encodes columns as one Parquet file with zstd compression.
pub(crate) fn encode(columns: Vec<Cells<'_>>) -> Result<Vec<u8>, String> {
    let series = columns.into_iter().map(|cells| match cells {
        Cells::Dates(name, cells) => Series::new(name.into(), cells),
        Cells::Numbers(name, cells) => Series::new(name.into(), cells),
        Cells::Integers(name, cells) => Series::new(name.into(), cells),
        Cells::Texts(name, cells) => Series::new(name.into(), cells),
    });
    let mut frame = DataFrame::new_infer_height(series.map(Column::from).collect()).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::empty())
        .set_parallel(false)
        .finish(&mut frame)
        .map_err(|e| e.to_string())?;
    Ok(bytes)
}
