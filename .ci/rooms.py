#!/usr/bin/env python3
"""Checks which module imports which, in each crate: no import cycles, and no import against the documented order.

    .ci/rooms.py            checks, and prints one line per crate
    .ci/rooms.py --list     also prints each module with its imports
    .ci/rooms.py ROOT       checks another checkout

The checks:
- Between crates: imports follow the order of docs/ARCHITECTURE.md (CRATES below). Sibling crates never import each other.
- In a crate: no import cycle between files. A re-exported name (`pub use`) counts for the file that defines it.
- In a crate: no name is imported from lib.rs if lib.rs only re-exports it.
- In a crate whose lib.rs has an order (a line `a -> {b, c} -> d` in its head): no import from right to left, and none
  between modules in the same braces.

Code under `#[cfg(test)]` may import anything; the checks ignore it.
"""
import pathlib
import re
import sys

# From top to bottom; crates on the same line do not import each other.
CRATES = [
    ["forecaster"],
    ["rates", "models", "chronos", "ensemble", "ledger", "report", "mail"],
    ["domain"],
]


def code_of(path):
    """Returns the text of a file without comments, strings and code that is compiled for tests only."""
    text = path.read_text()
    out, i, n = [], 0, len(text)
    while i < n:
        two = text[i : i + 2]
        if two == "//":
            i = text.find("\n", i) if "\n" in text[i:] else n
        elif two == "/*":
            i = text.find("*/", i) + 2
        elif (raw := re.compile(r'b?r(#*)"').match(text, i)) and not (i and (text[i - 1].isalnum() or text[i - 1] == "_")):
            i = text.find('"' + raw.group(1), raw.end()) + 1 + len(raw.group(1))
            out.append('""')
        elif text[i] == '"':
            i += 1
            while text[i] != '"':
                i += 2 if text[i] == "\\" else 1
            i += 1
            out.append('""')
        elif literal := re.compile(r"'(\\.[^']*|[^\\'])'").match(text, i):
            i = literal.end()
            out.append("' '")
        else:
            out.append(text[i])
            i += 1
    return without_tests("".join(out))


def without_tests(code):
    """Returns the code without the items behind `#[cfg(test)]`; one that is a file (`mod x;`) stays as `mod! x;`."""
    while found := re.search(r"#\[cfg\((?:test|all\(test[^\]]*)\)\]", code):
        start = end = found.end()
        depth = 0
        while True:
            char = code[end]
            depth += (char in "{([") - (char in "})]")
            end += 1
            if depth == 0 and (char == "}" or char == ";"):
                break
        item = code[start:end]
        file = re.search(r"\bmod\s+(\w+)\s*;", item)
        code = code[: found.start()] + (f"mod! {file.group(1)};" if file else "") + code[end:]
    return code


def trees(text):
    """Returns the leaves of a `use` tree, each as (segments, bound name)."""
    text = text.strip()
    if "{" not in text:
        path, _, alias = text.partition(" as ")
        segments = [s.strip() for s in path.split("::") if s.strip()]
        if segments and segments[-1] == "self":
            segments.pop()
        return [(segments, alias.strip() or (segments[-1] if segments else ""))]
    head, inner = text.split("{", 1)
    inner = inner.rsplit("}", 1)[0]
    parts, depth, start = [], 0, 0
    for i, char in enumerate(inner):
        depth += (char == "{") - (char == "}")
        if char == "," and depth == 0:
            parts.append(inner[start:i])
            start = i + 1
    parts.append(inner[start:])
    prefix = [s.strip() for s in head.split("::") if s.strip()]
    return [(prefix + segments, name) for part in parts if part.strip() for segments, name in trees(part)]


class Crate:
    """The modules of a crate, and what each imports from the others."""

    def __init__(self, folder):
        self.folder = folder
        self.files = {}  # module path (tuple) -> file
        self.code = {}
        self.read((), folder / "src" / "lib.rs")
        self.uses = {module: self.uses_of(module) for module in self.code}
        self.arrows = {module: self.arrows_of(module) for module in self.code}

    def read(self, module, file):
        code = code_of(file)
        self.files[module], self.code[module] = file, code
        folder = file.parent if file.name in ("lib.rs", "mod.rs") else file.with_suffix("")
        inner = re.sub(r"mod! \w+;", "", code)
        for name in re.findall(r"\bmod\s+(\w+)\s*;", inner):
            for child in (folder / f"{name}.rs", folder / name / "mod.rs"):
                if child.exists():
                    self.read(module + (name,), child)
        self.code[module] = inner

    def uses_of(self, module):
        """Returns what the `use` lines of a module bind: name -> (segments from the root, whether it is re-exported)."""
        bound = {}
        code = self.code[module]
        for public, tree in re.findall(r"(\bpub(?:\([^)]*\))?\s+)?\buse\s+([^;]+);", code):
            for segments, name in trees(tree):
                path = self.absolute(module, segments)
                if path is not None:
                    bound[name if name != "*" else "*" + "::".join(path)] = (path, bool(public))
        return bound

    def absolute(self, module, segments):
        """Returns the path from the root of the crate; `None` for a path outside the crate."""
        if not segments:
            return None
        head, *rest = segments
        if head == "crate":
            return rest
        if head == "self":
            return list(module) + rest
        if head == "super":
            up = list(module)
            while segments and segments[0] == "super":
                if not up:
                    return None
                up.pop()
                segments = segments[1:]
            return up + list(segments)
        if module + (head,) in self.code:
            return list(module) + segments
        return None

    def definer(self, path, seen=()):
        """Returns the module that defines the name at `path`."""
        module, rest = (), list(path)
        while rest and module + (rest[0],) in self.code:
            module += (rest.pop(0),)
        if not rest or (module, rest[0]) in seen:
            return module
        seen = (*seen, (module, rest[0]))
        handed = self.uses.get(module, {})
        if rest[0] in handed:
            return self.definer(handed[rest[0]][0] + rest[1:], seen)
        return module

    def arrows_of(self, module):
        code, found = self.code[module], {}
        paths = [(path, f"use {'::'.join(path)}") for path, public in self.uses[module].values() if not public]
        bodies = re.sub(r"\buse\s+[^;]+;", "", code)
        for text in re.findall(r"\b(?:crate|super|self)(?:::\w+)+", bodies):
            path = self.absolute(module, text.split("::"))
            if path:
                paths.append((path, text))
        # Names used through an imported module, or through a child module.
        for head, tail in re.findall(r"(?<![\w:])(\w+)((?:::\w+)+)", bodies):
            if head in self.uses[module]:
                path = self.uses[module][head][0] + tail[2:].split("::")
            elif module + (head,) in self.code:
                path = list(module) + [head] + tail[2:].split("::")
            else:
                continue
            paths.append((path, head + tail))
        for path, text in paths:
            target = self.definer([p for p in path if p != "*"])
            # The import of a whole module does not count; each use of its names counts as an import from the file that defines it.
            if target != module and not (tuple(path) in self.code and text.startswith("use ")):
                found.setdefault(target, text)
        return found

    def through_the_face(self):
        """Returns names that are imported from lib.rs although lib.rs only re-exports them."""
        found = []
        for module, bound in self.uses.items():
            for path, _ in bound.values():
                if module and path and (path[0],) not in self.code and path[0] in self.uses[()]:
                    found.append(f"{self.name(module)} imports {path[0]} from the crate's face, not from where it is defined")
        return found

    def circles(self):
        """Returns groups of modules that import each other, largest first (Tarjan 1972)."""
        index, low, stack, groups = {}, {}, [], []

        def visit(module):
            index[module] = low[module] = len(index)
            stack.append(module)
            for target in self.arrows[module]:
                if target not in index:
                    visit(target)
                    low[module] = min(low[module], low[target])
                elif target in stack:
                    low[module] = min(low[module], index[target])
            if low[module] == index[module]:
                group = []
                while not group or group[-1] != module:
                    group.append(stack.pop())
                if len(group) > 1:
                    groups.append(sorted(group))

        for module in self.arrows:
            if module not in index:
                visit(module)
        return sorted(groups, key=len, reverse=True)

    def order(self):
        """Returns the documented order: room -> position from the left; empty if lib.rs has none."""
        head = "".join(
            line[3:] + " " for line in self.files[()].read_text().splitlines() if line.startswith("//!")
        )
        chain = re.search(r"((?:\w+|\{[^}]*\})\s+->\s+)+(?:\w+|\{[^}]*\})", head)
        if not chain:
            return {}
        return {
            room: place
            for place, group in enumerate(re.split(r"\s+->\s+", chain.group(0)))
            for room in re.findall(r"\w+", group)
        }

    def against(self):
        """Returns imports against the documented order, and rooms that the order does not name."""
        order = self.order()
        if not order:
            return []
        found = [f"{self.name(m)}: not in the order of lib.rs" for m in self.code if m and m[0] not in order]
        for module, targets in self.arrows.items():
            for target, text in targets.items():
                if not module or not target or module[0] == target[0]:
                    if module and not target:
                        found.append(f"{self.name(module)} imports from the crate's face: {text}")
                    continue
                if order.get(module[0], -1) >= order.get(target[0], 99):
                    found.append(f"{self.name(module)} -> {self.name(target)} is against the order ({text})")
        return found

    def name(self, module):
        return "::".join(module) or "lib"


def between(root):
    """Returns the errors in the imports between crates."""
    place = {name: level for level, names in enumerate(CRATES) for name in names}
    found = []
    for manifest in sorted(root.glob("crates/*/Cargo.toml")):
        name = manifest.parent.name
        if name not in place:
            found.append(f"crates/{name} is not in CRATES of .ci/rooms.py")
            continue
        text = manifest.read_text().split("[dev-dependencies]")[0]
        for other in re.findall(r"^forecaster-(\w+)", text, re.M):
            if place[other] <= place[name]:
                found.append(f"{name} -> {other} is against the order of the crates")
    return found


def main():
    arguments = [a for a in sys.argv[1:] if not a.startswith("--")]
    root = pathlib.Path(arguments[0]) if arguments else pathlib.Path(__file__).resolve().parent.parent
    wrong = between(root)
    for folder in sorted(p.parent for p in root.glob("crates/*/Cargo.toml")):
        crate = Crate(folder)
        count = sum(map(len, crate.arrows.values()))
        rooms = {m[0] for m in crate.code if m}
        between_rooms = {(m[0], t[0]) for m, ts in crate.arrows.items() for t in ts if m and t and m[0] != t[0]}
        circles, against = crate.circles(), crate.against() + crate.through_the_face()
        order = "in the documented order" if crate.order() else "no order documented"
        print(
            f"{folder.name}: {len(crate.code)} files, {count} imports, {len(rooms)} rooms, "
            f"{len(between_rooms)} arrows between rooms, {len(circles)} circles, {order}"
        )
        if "--list" in sys.argv:
            for module, targets in crate.arrows.items():
                print(f"    {crate.name(module)} -> {', '.join(sorted(map(crate.name, targets))) or '-'}")
        for group in circles:
            arrows = [
                f"\n        {crate.name(m)} -> {crate.name(t)} ({text})"
                for m in group
                for t, text in crate.arrows[m].items()
                if t in group
            ]
            wrong.append(f"{folder.name}: a circle of {len(group)} files{''.join(arrows)}")
        wrong += [f"{folder.name}: {line}" for line in against]
    for line in wrong:
        print(f"WRONG {line}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
