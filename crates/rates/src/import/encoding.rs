//! Bytes to text. The encoding is told by a byte order mark, by the zeros of UTF-16, or by the text being valid
//! UTF-8; other text is Windows-1252, which contains Latin-1.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

/// Bytes that are looked at to recognise UTF-16 without a mark, and bytes that are not text.
const PROBE: usize = 4096;

/// Decodes a text file; returns the text and the name of its encoding, or `None` for bytes that are no text.
pub(super) fn decode(bytes: &[u8]) -> Option<(String, &'static str)> {
    let (encoding, bytes) = match Encoding::for_bom(bytes) {
        Some((encoding, length)) => (encoding, &bytes[length..]),
        None => (guessed(bytes), bytes),
    };
    let (text, _) = encoding.decode_without_bom_handling(bytes);
    // Control-Z ends a file of DOS.
    let text = text.trim_end_matches(['\u{1a}', '\0']);
    let is_binary = |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r' | '\u{b}' | '\u{c}');
    if text.chars().take(PROBE).any(is_binary) {
        return None;
    }
    Some((text.to_owned(), name(encoding)))
}

fn guessed(bytes: &[u8]) -> &'static Encoding {
    let probe = &bytes[..bytes.len().min(PROBE)];
    let zeros = |offset: usize| probe.iter().skip(offset).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), probe.len() / 2);
    // Digits and delimiters have a zero as their upper byte.
    if pairs > 0 && odd * 2 > pairs && even * 8 < pairs {
        UTF_16LE
    } else if pairs > 0 && even * 2 > pairs && odd * 8 < pairs {
        UTF_16BE
    } else if std::str::from_utf8(bytes).is_ok() {
        UTF_8
    } else {
        WINDOWS_1252
    }
}

fn name(encoding: &'static Encoding) -> &'static str {
    if encoding == WINDOWS_1252 { "Windows-1252 (Latin-1)" } else { encoding.name() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_encoding_is_recognised() {
        let utf16 = |little: bool, mark: bool| -> Vec<u8> {
            let text = if mark { "\u{feff}día;1\r\n" } else { "día;1\r\n" };
            let bytes = |unit: u16| if little { unit.to_le_bytes() } else { unit.to_be_bytes() };
            text.encode_utf16().flat_map(bytes).collect()
        };
        for (bytes, encoding) in [
            ("día;1\r\n".as_bytes().to_vec(), "UTF-8"),
            ("\u{feff}día;1\r\n".as_bytes().to_vec(), "UTF-8"),
            (b"d\xeda;1\r\n\x1a".to_vec(), "Windows-1252 (Latin-1)"),
            (utf16(true, true), "UTF-16LE"),
            (utf16(false, true), "UTF-16BE"),
            (utf16(true, false), "UTF-16LE"),
            (utf16(false, false), "UTF-16BE"),
        ] {
            assert_eq!(decode(&bytes), Some(("día;1\r\n".to_owned(), encoding)));
        }
        assert_eq!(decode(b"a\x00\x01b\x02"), None);
        assert_eq!(decode(b""), Some((String::new(), "UTF-8")));
    }
}
