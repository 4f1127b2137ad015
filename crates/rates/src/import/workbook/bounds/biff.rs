//! Number of cells that the sheets of an .xls file span: the file system of the container (MS-CFB), and of the stream
//! of records in it (MS-XLS) only the rows and columns.

use std::collections::HashMap;

/// Fewest bytes of a stream that is stored in sectors of full size (MS-CFB 2.2).
const MINI_STREAM: usize = 4096;
/// Size of a small sector.
const MINI_SECTOR: usize = 64;

/// Returns the number of cells that the sheets span, 0 for a broken file that its reader notices; `None` for a file
/// whose sectors follow each other in a circle, which its reader does not.
pub(super) fn cells(bytes: &[u8]) -> Option<usize> {
    let container = Container::open(bytes).unwrap_or_default();
    let streams = [container.streams.get("workbook"), container.streams.get("book")];
    let cells = streams.into_iter().flatten().map(|stream| spanned(stream)).max().unwrap_or(0);
    (!container.is_circular).then_some(cells)
}

/// Streams of a compound file by name, in lower case.
#[derive(Debug, Default)]
struct Container {
    streams: HashMap<String, Vec<u8>>,
    /// True if sectors follow each other in a circle.
    is_circular: bool,
}

impl Container {
    fn open(bytes: &[u8]) -> Option<Self> {
        let size = match u16_at(bytes, 30)? {
            9 => 512,
            12 => 4096,
            _ => return None,
        };
        let sector = |id: u32| {
            let start = (id as usize).checked_add(1)?.checked_mul(size)?;
            bytes.get(start..bytes.len().min(start.checked_add(size)?))
        };
        let most = bytes.len() / size + 1;
        let mut table_sectors: Vec<u32> = (76..512).step_by(4).filter_map(|at| u32_at(bytes, at)).collect();
        let mut next = u32_at(bytes, 68)?;
        while let Some(list) = sector(next).filter(|_| table_sectors.len() <= most) {
            table_sectors.extend((0..size - 4).step_by(4).filter_map(|at| u32_at(list, at)));
            next = u32_at(list, size - 4)?;
        }
        let words =
            |data: &[u8]| -> Vec<u32> { (0..data.len()).step_by(4).filter_map(|at| u32_at(data, at)).collect() };
        let table: Vec<u32> = table_sectors.into_iter().take(most).filter_map(sector).flat_map(words).collect();
        if has_circle(&table) {
            return Some(Self { is_circular: true, ..Self::default() });
        }
        let chain = |start: u32, table: &[u32], most: usize, sector: &dyn Fn(u32) -> Option<Vec<u8>>| {
            let (mut data, mut id) = (Vec::new(), start);
            for _ in 0..most {
                let Some(found) = sector(id) else { break };
                data.extend(found);
                let Some(next) = table.get(id as usize) else { break };
                id = *next;
            }
            data
        };
        let large = |id: u32| sector(id).map(<[u8]>::to_vec);
        let directory = chain(u32_at(bytes, 48)?, &table, most, &large);
        let entries: Vec<&[u8]> = directory.chunks_exact(128).collect();
        let small_table = words(&chain(u32_at(bytes, 60)?, &table, most, &large));
        let small_stream = chain(u32_at(entries.first()?, 116)?, &table, most, &large);
        let small = |id: u32| {
            let start = (id as usize).checked_mul(MINI_SECTOR)?;
            Some(small_stream.get(start..small_stream.len().min(start + MINI_SECTOR))?.to_vec())
                .filter(|s| !s.is_empty())
        };
        let mut streams = HashMap::new();
        for entry in entries {
            let letters = (0..64).step_by(2).map_while(|at| u16_at(entry, at).filter(|unit| *unit != 0));
            let name = String::from_utf16_lossy(&letters.collect::<Vec<u16>>()).to_lowercase();
            if !matches!(name.as_str(), "workbook" | "book") || streams.contains_key(&name) {
                continue;
            }
            let (start, length) = (u32_at(entry, 116)?, u32_at(entry, 120)? as usize);
            let stream = if length < MINI_STREAM {
                chain(start, &small_table, MINI_STREAM / MINI_SECTOR, &small)
            } else {
                chain(start, &table, most, &large)
            };
            streams.insert(name, stream);
        }
        Some(Self { streams, is_circular: has_circle(&small_table) })
    }
}

/// True if following a table of sectors from one to the next never ends.
fn has_circle(table: &[u32]) -> bool {
    // The walk on which a sector was first met.
    let mut met = vec![usize::MAX; table.len()];
    (0..table.len()).any(|walk| {
        let mut sector = walk;
        while let Some(seen) = met.get_mut(sector) {
            if *seen != usize::MAX {
                return *seen == walk;
            }
            *seen = walk;
            sector = table[sector] as usize;
        }
        false
    })
}

/// Returns the number of cells that the sheets of a stream span, as its records and its dimensions tell.
fn spanned(stream: &[u8]) -> usize {
    // BoundSheet8 (MS-XLS 2.4.28): the position of a sheet.
    let sheets = records(stream).filter(|(kind, _)| *kind == 0x0085).filter_map(|(_, record)| u32_at(record, 0));
    // Only as many as a person's workbook has: each is walked through.
    sheets
        .take(256)
        .map(|position| span(stream.get(position as usize..).unwrap_or_default()))
        .fold(0, usize::saturating_add)
}

fn span(sheet: &[u8]) -> usize {
    let (mut rows, mut columns, mut declared) = (0, 0, 0_usize);
    for (kind, record) in records(sheet) {
        match kind {
            // Dimensions (MS-XLS 2.4.90), with rows of two bytes in the oldest versions: space is reserved for it.
            0x0200 => {
                let of_two = |at| u16_at(record, at).map_or(0, usize::from);
                let of_four = |at| u32_at(record, at).map_or(0, |rows| rows as usize);
                let area =
                    |rows: usize, first: usize, end: usize| rows.saturating_mul(end.saturating_sub(first).max(1));
                let first_lies_behind = of_four(0) > of_four(4) || of_two(8) > of_two(10);
                let wide = area(of_four(4), of_two(8), of_two(10));
                let narrow = area(of_two(2), of_two(4), of_two(6));
                declared = declared.max(match record.len() {
                    14 if first_lies_behind => usize::MAX,
                    14 => wide,
                    _ => narrow,
                });
            }
            // Cells: Number, Label, BoolErr, Rk, RString, LabelSst, MulRk, Formula.
            0x0203 | 0x0204 | 0x0205 | 0x027e | 0x00d6 | 0x00fd | 0x00bd | 0x0006 => {
                let column = u16_at(record, 2).map_or(0, usize::from);
                let width = if kind == 0x00bd { record.len() / 6 } else { 1 };
                rows = rows.max(u16_at(record, 0).map_or(0, usize::from) + 1);
                columns = columns.max(column + width);
            }
            _ => {}
        }
    }
    declared.max(rows * columns)
}

/// Iterates over the records of a stream: kind, and content.
fn records(mut stream: &[u8]) -> impl Iterator<Item = (u16, &[u8])> {
    std::iter::from_fn(move || {
        let (kind, length) = (u16_at(stream, 0)?, usize::from(u16_at(stream, 2)?));
        let record = stream.get(4..4 + length)?;
        stream = &stream[4 + length..];
        Some((kind, record))
    })
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_of_sectors_is_noticed() {
        let (end, free) = (0xffff_fffe, 0xffff_ffff);
        assert!(!has_circle(&[1, 2, end, free, 1]));
        assert!(has_circle(&[1, 2, end, 4, 5, 3]));
        assert!(has_circle(&[end, 1]));
    }
}
