#!/usr/bin/env python3
"""Looks at the charts of HTML reports in a browser: no text leaves its chart, and none lies on another.

    cargo run -p forecaster-report --example sample -- /tmp/sample pairs
    .ci/charts.py /tmp/sample/pairs

Each report is opened on a telephone's and on a desktop's width, on a machine that has DejaVu Sans only: with the font that the report
carries, and with that font blocked, as some mail clients do. If Liberation Sans (the widths of Arial) is installed, it is the third
machine. Prints a row for each, and every text at fault. Exits with 1 if there is one.

Needs Python 3.9 or later, Chromium, and the fonts: `apt-get install chromium fonts-dejavu-core fonts-liberation`.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

WIDTHS = [390, 1280]
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
FOLDERS = ["/usr/share/fonts", "/usr/local/share/fonts", "~/.local/share/fonts", "~/.fonts"]
# Machines: name, installed font files, fonts in pages allowed.
MACHINES = [
    ("DejaVu Sans", "DejaVuSans*.ttf", True),
    ("DejaVu Sans, own font blocked", "DejaVuSans*.ttf", False),
    ("Liberation Sans, own font blocked", "LiberationSans-*.ttf", False),
]
BLOCKED = "<meta http-equiv=\"Content-Security-Policy\" content=\"font-src 'none'\">"

# Runs in the browser. Opens each report in a frame of each width and measures the texts of the charts that are shown.
SCRIPT = r"""
const EDGE = 0.5;
async function open(html, width) {
  const frame = document.createElement('iframe');
  frame.style.cssText = `border:0;width:${width}px;height:900px`;
  const loaded = new Promise(done => frame.onload = done);
  frame.srcdoc = html;
  document.body.append(frame);
  await loaded;
  const page = frame.contentDocument;
  await Promise.allSettled([...page.fonts].map(face => face.load()));
  await page.fonts.ready;
  return frame;
}
// The part of a text's box that its letters fill.
function letters(text) {
  const box = text.getBoundingClientRect(), turned = text.hasAttribute('transform');
  const x = turned ? 0.2 * box.width : 0, y = turned ? 0 : 0.2 * box.height;
  return { left: box.left + x, right: box.right - x, top: box.top + y, bottom: box.bottom - y };
}
function measure(frame) {
  const page = frame.contentDocument, faults = [];
  let texts = 0, charts = 0, spare = Infinity;
  for (const chart of page.querySelectorAll('figure svg')) {
    const sheet = chart.getBoundingClientRect();
    if (sheet.width === 0) continue;
    charts += 1;
    const title = chart.querySelector('title')?.textContent, view = chart.viewBox.baseVal;
    const all = [...chart.querySelectorAll('text')].map(text => ({ text, name: text.textContent, box: text.getBoundingClientRect(), ink: letters(text) }));
    for (const { text, name, box } of all) {
      texts += 1;
      const out = Math.max(sheet.left - box.left, box.right - sheet.right, sheet.top - box.top, box.bottom - sheet.bottom);
      spare = Math.min(spare, box.left - sheet.left, sheet.right - box.right);
      if (out > EDGE) faults.push(`leaves its chart by ${out.toFixed(1)} px: "${name}" in "${title}"`);
      if (out > EDGE || text.hasAttribute('transform')) continue;
      const inner = text.getBBox();
      if (inner.x < -EDGE || inner.x + inner.width > view.width + EDGE) faults.push(`leaves its view box: "${name}" in "${title}"`);
    }
    for (let i = 0; i < all.length; i++) for (let k = 0; k < i; k++) {
      const [a, b] = [all[i].ink, all[k].ink];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left), down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > EDGE && down > EDGE) faults.push(`"${all[i].name}" lies on "${all[k].name}" by ${across.toFixed(1)} px in "${title}"`);
    }
  }
  const probe = page.createElement('span');
  probe.textContent = '0'.repeat(100);
  probe.style.cssText = 'position:absolute;white-space:nowrap;font-size:100px';
  const chart = page.querySelector('figure svg');
  if (chart) probe.style.fontFamily = chart.getAttribute('font-family');
  page.body.append(probe);
  const digit = probe.getBoundingClientRect().width / 10000;
  probe.remove();
  const loaded = [...page.fonts].filter(face => face.status === 'loaded').length;
  const wide = page.scrollingElement.scrollWidth - frame.clientWidth;
  return { charts, texts, spare, digit, loaded, wide, faults };
}
async function main() {
  const { reports, widths } = JSON.parse(document.getElementById('input').textContent);
  const results = [];
  for (const { name, html } of reports) for (const width of widths) {
    const frame = await open(html, width);
    results.push({ name, width, ...measure(frame) });
    frame.remove();
  }
  document.body.innerHTML = '';
  const output = document.createElement('pre');
  output.id = 'output';
  output.textContent = JSON.stringify(results);
  document.body.append(output);
}
main().catch(error => { document.body.innerHTML = `<pre id="output">"${error}"</pre>`; });
"""


def browser() -> str:
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not found:
        sys.exit(f"no browser: install one of {', '.join(BROWSERS)}")
    return found


def reports(paths: list[Path]) -> list[Path]:
    found = [file for path in paths for file in (sorted(path.glob("*.html")) if path.is_dir() else [path])]
    if not found:
        sys.exit(f"no HTML report in {', '.join(map(str, paths))}")
    return found


def fonts(pattern: str) -> list[Path]:
    return [file for folder in FOLDERS for file in sorted(Path(folder).expanduser().rglob(pattern))]


def run(command: list[str], files: list[Path], folder: Path) -> str:
    """Runs the browser on a machine that has only these fonts, and returns the page after its scripts."""
    installed = folder / "fonts"
    installed.mkdir()
    for file in files:
        shutil.copy(file, installed)
    settings = folder / "fonts.conf"
    settings.write_text(
        f'<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><dir>{installed}</dir>'
        f"<cachedir>{folder / 'cache'}</cachedir></fontconfig>"
    )
    environment = {**os.environ, "FONTCONFIG_FILE": str(settings), "HOME": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        sys.exit(f"{command[0]} failed with {done.returncode}:\n{done.stderr[-2000:]}")
    return done.stdout


def flags(folder: Path) -> list[str]:
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return ["--headless", "--disable-gpu", "--hide-scrollbars", "--no-first-run", f"--user-data-dir={folder / 'profile'}", *sandbox]


def look(program: str, files: list[Path], installed: list[Path], allowed: bool) -> list[dict]:
    pages = []
    for file in files:
        html = file.read_text(encoding="utf-8")
        pages.append({"name": file.stem, "html": html if allowed else html.replace("<head>", "<head>" + BLOCKED, 1)})
    data = json.dumps({"reports": pages, "widths": WIDTHS}).replace("</", "<\\/")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "page.html"
        page.write_text(
            f'<!DOCTYPE html><meta charset="utf-8"><body><script id="input" type="application/json">{data}</script>'
            f"<script>{SCRIPT}</script>",
            encoding="utf-8",
        )
        command = [program, *flags(folder), "--virtual-time-budget=600000", "--dump-dom", page.as_uri()]
        found = re.search(r'<pre id="output">(.*?)</pre>', run(command, installed, folder), re.DOTALL)
    if not found:
        sys.exit("the page's script did not finish")
    text = found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", "\u00a0").replace("&amp;", "&")
    results = json.loads(text)
    if isinstance(results, str):
        sys.exit(f"the page's script failed: {results}")
    return results


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("reports", nargs="+", type=Path, help="HTML reports, or folders of them")
    parser.add_argument("--most", type=int, default=10, help="faults shown of each page (10)")
    options = parser.parse_args()
    program, files = browser(), reports(options.reports)
    total = looked = 0
    for machine, pattern, allowed in MACHINES:
        installed = fonts(pattern)
        if not installed:
            print(f"LEFT OUT: {machine}: there is no {pattern}")
            continue
        looked += 1
        print(f"\n{machine}")
        print(f"{'report':<28} {'width':>5} {'charts':>6} {'texts':>5} {'own fonts':>9} {'digit, em':>9} {'spare, px':>9} {'faults':>6}")
        for row in look(program, files, installed, allowed):
            faults = row["faults"]
            if row["texts"] == 0:
                faults.append("there is no chart")
            total += len(faults)
            print(
                f"{row['name'][:28]:<28} {row['width']:>5} {row['charts']:>6} {row['texts']:>5} {row['loaded']:>9} "
                f"{row['digit']:>9.3f} {row['spare'] or 0:>9.1f} {len(faults):>6}"
            )
            for fault in faults[: options.most]:
                print(f"    {fault}")
    print(f"\n{total} faults in {len(files)} reports on {looked} machines")
    return 0 if total == 0 and looked > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
