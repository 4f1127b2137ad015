"""Rows about the mail of one run, read as a mail program reads it."""

import datetime
import html.parser
import re
import shutil
import subprocess

from .desk import CFO, DOMAIN, READERS, TREASURY, USER, expect

MONTHS = ["ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"]


class Page(html.parser.HTMLParser):
    """Collects what a page refers to."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.shown, self.links = set(), [], []
        self.styles = ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        for name, value in attributes:
            if name in ("src", "srcset", "background", "poster", "data") or name == "href" and tag != "a":
                self.shown.append(value or "")
            elif name == "href":
                self.links.append(value or "")
            elif name == "style":
                self.styles += f"{value};"
            expect(not name.startswith("on"), f"<{tag} {name}=...> in the page")

    def handle_data(self, text):
        if self.lasttag == "style":
            self.styles += text


def spanish(value, decimals=0):
    """Writes 1009.4 as 1.009."""
    return f"{value:,.{decimals}f}".translate(str.maketrans(",.", ".,"))


def plain(text):
    """Returns the text with ordinary blanks and dashes."""
    return re.sub(r"\s+", " ", re.sub("[\u2010-\u2015\u2212]", "-", re.sub("[\u00a0\u2007\u2009\u202f]", " ", text)))


def shape(part):
    """Returns the structure of a mail, such as `multipart/mixed[text/plain, ...]`."""
    within = ", ".join(shape(child) for child in part.iter_parts()) if part.is_multipart() else ""
    return part.get_content_type() + (f"[{within}]" if within else "")


class Letter:
    """The mail of a run, with the run's document."""

    def __init__(self, taken, document):
        self.raw, self.document, self.mail = taken.raw, document, taken.parsed()
        self.leaves = [part for part in self.mail.walk() if not part.is_multipart()]
        levels, last = document["levels"], document["quantiles"][-1]
        self.median, self.low, self.high = (last[levels.index(level)] for level in (0.5, 0.1, 0.9))

    def of(self, content_type):
        return [part for part in self.leaves if part.get_content_type() == content_type]

    def one(self, content_type):
        found = self.of(content_type)
        expect(len(found) == 1, f"{len(found)} parts of type {content_type}: {shape(self.mail)}")
        return found[0]

    def holds(self, text, value, of):
        """Returns how many decimals the value has in the text."""
        for decimals in (2, 1, 0):
            if re.search(rf"(?<![\d.,]){re.escape(spanish(value, decimals))}(?![\d]|[.,]\d)", text):
                return decimals
        raise AssertionError(f"{spanish(value, 2)} is not in the {of}: {text[:300]}")

    def structure(self):
        seen = shape(self.mail)
        page = r"multipart/related\[text/html(, image/png)+\]"
        wanted = rf"multipart/mixed\[multipart/alternative\[text/plain, {page}\], application/pdf\]"
        expect(re.fullmatch(wanted, seen), seen)
        for part in self.mail.walk():
            expect(not part.defects, f"{part.get_content_type()}: {part.defects}")
            for name, value in part.items():
                expect(not value.defects, f"{name}: {value} {value.defects}")
        longest = max(len(line) for line in self.raw.split(b"\r\n"))
        expect(longest <= 998 and self.raw.isascii(), f"longest line {longest}, ASCII {self.raw.isascii()}")
        expect(b"\n" not in self.raw.replace(b"\r\n", b""), "line ends that are not CR LF")
        return f"{seen}, longest line {longest}"

    def headers(self):
        mail, document = self.mail, self.document
        wanted = {
            "Message-ID": f"<{document['run_id']}@{DOMAIN}>",
            "From": f"Pronósticos <{USER}>",
            "To": ", ".join(READERS),
            "Auto-Submitted": "auto-generated",
            "Content-Language": "es",
            "X-Mailer": f"forecaster {document['version']}",
            "MIME-Version": "1.0",
        }
        for name, value in wanted.items():
            expect(mail.get_all(name) == [value], f"{name}: {mail.get_all(name)}, expected {value}")
        addresses = [address.addr_spec for address in mail["To"].addresses]
        expect(addresses == [TREASURY, CFO], f"To: {addresses}")
        expect("Bcc" not in mail and "Importance" not in mail, "Bcc or Importance")
        made = datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", document["generated_at"]))
        date = mail["Date"].datetime
        expect(date == made and date.utcoffset() == made.utcoffset(), f"Date: {date}, generated at {made}")
        expect(date.utcoffset() in (datetime.timedelta(hours=-3), datetime.timedelta(hours=-4)), f"Date: {date}")
        return f"{mail['Message-ID']}, {mail['Date']}, {mail['X-Mailer']}"

    def subject(self):
        end = datetime.date.fromisoformat(self.document["dates"][-1])
        figures = f"{spanish(self.median)} (80 %: {spanish(self.low)}-{spanish(self.high)})"
        wanted = f"USD/CLP 7d: {figures} al {end.day}-{MONTHS[end.month - 1]}"
        expect(plain(self.mail["Subject"]) == wanted, f"'{self.mail['Subject']}', expected '{wanted}'")
        return self.mail["Subject"]

    def images(self):
        page = Page(self.one("text/html").get_content())
        asked = [source.removeprefix("cid:") for source in page.shown if source.startswith("cid:")]
        parts = {str(part["Content-ID"]).strip("<>"): part for part in self.of("image/png")}
        expect(len(parts) == len(self.of("image/png")), "two images of one Content-ID")
        expect(set(asked) == set(parts), f"the page shows {sorted(asked)}, the mail has {sorted(parts)}")
        for name, part in parts.items():
            expect(part.get_content_disposition() == "inline", f"{name} is {part.get_content_disposition()}")
            expect(part.get_content()[:8] == b"\x89PNG\r\n\x1a\n", f"{name} is no PNG")
        sizes = [len(part.get_content()) for part in parts.values()]
        return f"{len(parts)} images, each shown and there, {sum(sizes)} bytes"

    def nothing_from_elsewhere(self):
        text = self.one("text/html").get_content()
        page = Page(text)
        outside = [source for source in page.shown if not source.startswith(("cid:", "data:image/"))]
        outside += re.findall(r"url\(\s*['\"]?(?!#|data:|cid:)[^)]*|@import[^;]*", page.styles)
        expect(not outside, f"the page loads {outside}")
        active = page.tags & {"script", "link", "iframe", "object", "embed", "form", "base", "video", "audio"}
        expect(not active, f"the page has {active}")
        return f"{len(text.encode())} bytes of HTML load nothing; links: {sorted(set(page.links)) or 'none'}"

    def pdf(self):
        part = self.one("application/pdf")
        content, name = part.get_content(), part.get_filename()
        expect(part.get_content_disposition() == "attachment" and str(name).endswith(".pdf"), f"attached as {name}")
        expect(content.startswith(b"%PDF"), f"begins with {content[:8]}")
        if not shutil.which("pdftotext"):
            return f"{name}, {len(content)} bytes; pdftotext is missing: not read"
        read = subprocess.run(["pdftotext", "-layout", "-", "-"], input=content, capture_output=True, timeout=30)
        expect(read.returncode == 0, f"pdftotext: {read.stderr.decode()}")
        decimals = self.holds(plain(read.stdout.decode()), self.median, "PDF")
        return f"{name}, {len(content)} bytes, tells {spanish(self.median, decimals)}"

    def the_same_as_the_file(self, folder):
        path = self.document["report"]["pdf"]
        expect(path, "the run's document names no PDF")
        content = self.one("application/pdf").get_content()
        expect((folder / path).read_bytes() == content, f"{path} is another one than that attached")
        return path

    def text(self):
        text = plain(self.one("text/plain").get_content())
        decimals = [self.holds(text, value, "text") for value in (self.median, self.low, self.high)]
        page = plain(re.sub("<[^>]*>", " ", self.one("text/html").get_content()))
        for value in (self.median, self.low, self.high):
            self.holds(page, value, "page")
        told = ", ".join(spanish(value, n) for value, n in zip((self.median, self.low, self.high), decimals))
        return f"{told} in text and page"

    def sizes(self):
        pdf = len(self.one("application/pdf").get_content())
        images = [len(part.get_content()) for part in self.of("image/png")]
        expect(len(self.raw) < 5_000_000, f"{len(self.raw)} bytes")
        return f"mail {len(self.raw)} bytes, PDF {pdf}, PNG {' + '.join(map(str, images))}"


def rows(bench, table):
    """Rows about one mail that arrived."""
    with bench.server() as server:
        desk = bench.desk(server)
        document, _ = desk.forecast()

        def arrives():
            expect(len(server.taken) == 1, f"{len(server.taken)} mails instead of 1")
            taken = server.taken[0]
            expect(taken.protected and taken.user == USER, f"TLS {taken.protected}, user {taken.user}")
            expect(taken.recipients == sorted([TREASURY, CFO]), f"envelope: {taken.recipients}")
            mails, code = desk.queue()
            expect(code == 0 and [mail["run_id"] for mail in mails] == [document["run_id"]], f"queue ended with {code}: {mails}")
            return f"over STARTTLS as {taken.user}, to {len(taken.recipients)}, outbox settled"

        table.row("letter: arrives", arrives)
        if not server.taken:
            return
        letter = Letter(server.taken[0], document)
        table.row("letter: structure, no defects", letter.structure)
        table.row("letter: headers", letter.headers)
        table.row("letter: subject", letter.subject)
        table.row("letter: images by Content-ID", letter.images)
        table.row("letter: nothing from elsewhere", letter.nothing_from_elsewhere)
        table.row("letter: PDF", letter.pdf)
        table.row("letter: PDF is the run's file", lambda: letter.the_same_as_the_file(desk.folder))
        table.row("letter: figures in text and page", letter.text)
        table.row("letter: sizes", letter.sizes)
