#!/usr/bin/env python3
"""Makes the fonts beside this script from the two packages that README.md names.

    npm pack @expo-google-fonts/source-sans-3@0.4.1 @expo-google-fonts/source-serif-4@0.4.1
    mkdir sans serif
    tar xzf expo-google-fonts-source-sans-3-0.4.1.tgz -C sans
    tar xzf expo-google-fonts-source-serif-4-0.4.1.tgz -C serif
    pip install fonttools==4.68.0
    python3 subset.py sans/package serif/package

The Open Font Licence reserves the name "Source" for the original fonts, so the subsets have new names.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.ttLib import TTFont

# Latin, punctuation and blanks, and the signs that reports and error messages use. The rest of the European Latin letters are
# only in the sans font, which replaces the serif font for them.
CHARACTERS = [
    *range(0x20, 0x7F),
    *range(0xA0, 0x100),
    *range(0x2010, 0x2016),
    *range(0x2018, 0x201F),
    *(ord(c) for c in "†‡•…‰‹›⁄€₡₱₲₽™←↑→↓−√∞≈≠≤≥∆∑▲▼●■✓" + "\u2007\u2009\u202f"),
]
EXTENDED = range(0x100, 0x180)
FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "lnum", "tnum"]
FONTS = [
    (0, "400Regular/SourceSans3_400Regular.ttf", "Forecaster Sans", "Regular"),
    (0, "400Regular_Italic/SourceSans3_400Regular_Italic.ttf", "Forecaster Sans", "Italic"),
    (0, "600SemiBold/SourceSans3_600SemiBold.ttf", "Forecaster Sans", "SemiBold"),
    (0, "700Bold/SourceSans3_700Bold.ttf", "Forecaster Sans", "Bold"),
    (1, "400Regular/SourceSerif4_400Regular.ttf", "Forecaster Serif", "Regular"),
    (1, "600SemiBold/SourceSerif4_600SemiBold.ttf", "Forecaster Serif", "SemiBold"),
]
# Name records, by number. Copyright, version, manufacturer, designer, description, URLs and licence stay unchanged.
FAMILY, STYLE, UNIQUE, FULL, POSTSCRIPT, TRADEMARK, BIG_FAMILY, BIG_STYLE = 1, 2, 3, 4, 6, 7, 16, 17


def renamed(font: TTFont, family: str, style: str) -> None:
    names = font["name"]
    postscript = f"{family.replace(' ', '')}-{style}"
    for record in list(names.names):
        if record.nameID in (TRADEMARK, BIG_FAMILY, BIG_STYLE, 25):
            names.removeNames(nameID=record.nameID)
    plain = style in ("Regular", "Italic", "Bold")
    for number, text in {
        FAMILY: family if plain else f"{family} {style}",
        STYLE: style if plain else "Regular",
        UNIQUE: postscript,
        FULL: f"{family} {style}",
        POSTSCRIPT: postscript,
        BIG_FAMILY: family,
        BIG_STYLE: style,
    }.items():
        names.setName(text, number, 3, 1, 0x409)


def main(packages: list[Path]) -> None:
    here = Path(__file__).parent
    for package, path, family, style in FONTS:
        font = TTFont(packages[package] / path, recalcTimestamp=False)
        options = subset.Options()
        options.layout_features = FEATURES
        options.hinting = False
        options.name_IDs = ["*"]
        options.notdef_outline = True
        subsetter = subset.Subsetter(options)
        characters = [*CHARACTERS, *EXTENDED] if package == 0 else CHARACTERS
        subsetter.populate(unicodes=characters)
        subsetter.subset(font)
        renamed(font, family, style)
        target = here / f"{family.replace(' ', '')}-{style}.ttf"
        font.save(target)
        missing = [chr(c) for c in characters if c not in font.getBestCmap()]
        print(target.name, target.stat().st_size, "without", "".join(missing))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main([Path(argument) for argument in sys.argv[1:]])
