#!/usr/bin/env python3
"""Makes, from the fonts beside this script, what the HTML report needs of them:

- ForecasterSans-Regular.woff2 and ForecasterSans-Bold.woff2, which every report carries;
- ../src/charts/widths.rs, the widths by which charts leave room for their texts.

    npm pack dejavu-fonts-ttf@2.37.3
    tar xzf dejavu-fonts-ttf-2.37.3.tgz
    pip install fonttools==4.68.0 brotli==1.2.1
    python3 web.py package/ttf

DejaVu Sans is the widest of the common sans faces. No part of it is in this repository; only the widths of its letters are compared.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

LETTERS = [*range(0x20, 0x7F), *range(0xA0, 0x100)]
SIGNS = [*range(0x2010, 0x2016), *(ord(c) for c in "‘’‚“”„•…€←↑→↓−√≈≠≤≥")]
# Height above and below the base line, in thousandths of an em, as in Arial. Those of the original leave room for marks that
# Latin letters do not have.
ABOVE, BELOW = 930, 250
STYLES = ["Regular", "Bold"]

HEAD = """\
//! Widths of letters and signs, in thousandths of an em: the wider one of Forecaster Sans and DejaVu Sans, as written by
//! `fonts/web.py`. In each pair of tables the first is regular, the second bold.

"""


def web_font(here: Path, style: str) -> None:
    font = TTFont(here / f"ForecasterSans-{style}.ttf", recalcTimestamp=False)
    options = subset.Options()
    options.layout_features = []
    options.hinting = False
    options.notdef_outline = True
    # Copyright, family, style, full name, version, PostScript name, licence and its address.
    options.name_IDs = [0, 1, 2, 4, 5, 6, 13, 14]
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[*LETTERS, *SIGNS])
    subsetter.subset(font)
    em = font["head"].unitsPerEm
    above, below = ABOVE * em // 1000, BELOW * em // 1000
    head, os2 = font["hhea"], font["OS/2"]
    head.ascent = os2.sTypoAscender = os2.usWinAscent = above
    head.descent = os2.sTypoDescender = -below
    os2.usWinDescent = below
    font.flavor = "woff2"
    target = here / f"ForecasterSans-{style}.woff2"
    font.save(target)
    print(target.name, target.stat().st_size)


def widths(fonts: list[TTFont], code: int) -> int:
    tables = [(font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm) for font in fonts]
    return max(-(-1000 * advances[cmap[code]][0] // em) for cmap, advances, em in tables if code in cmap)


def table(pairs: list[list[TTFont]]) -> str:
    def rows(codes: list[int], form) -> str:
        return ", ".join("[" + ", ".join(form(fonts, code) for code in codes) + "]" for fonts in pairs)

    text = HEAD
    for name, note, codes in [
        ("ASCII", "U+0020 to U+007E", LETTERS[:95]),
        ("LATIN", "U+00A0 to U+00FF", LETTERS[95:]),
    ]:
        text += f"/// {note}.\npub(super) const {name}: [[u16; {len(codes)}]; 2] = "
        text += f"[{rows(codes, lambda fonts, code: str(widths(fonts, code)))}];\n"
    signs = ", ".join(
        f"('\\u{{{code:x}}}', [{', '.join(str(widths(fonts, code)) for fonts in pairs)}])" for code in SIGNS
    )
    return text + f"/// Punctuation and signs.\npub(super) const SIGNS: [(char, [u16; 2]); {len(SIGNS)}] = [{signs}];\n"


def main(dejavu: Path) -> None:
    here = Path(__file__).parent
    for style in STYLES:
        web_font(here, style)
    pairs = [
        [TTFont(here / f"ForecasterSans-{style}.ttf"), TTFont(dejavu / f"DejaVuSans{suffix}.ttf")]
        for style, suffix in zip(STYLES, ["", "-Bold"])
    ]
    (here / "../src/charts/widths.rs").write_text(table(pairs))
    print("widths.rs: format it with rustfmt --edition 2024")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
