#!/usr/bin/env python3
"""Prints the contents of the package as a CycloneDX 1.6 document.

It lists each crate in the binary, with its version, licence, checksum and dependencies, and ONNX Runtime. The same sources give
the same bytes.

    deploy/sbom.py --onnxruntime VERSION >sbom.cdx.json

Needs cyclonedx-python-lib; deploy/build-deb.sh installs it.
"""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tomllib
import uuid
from datetime import datetime, timezone

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType, XsUri, ExternalReference, ExternalReferenceType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

REPOSITORY = pathlib.Path(__file__).resolve().parent.parent
LICENCES = LicenseFactory()


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], cwd=REPOSITORY, check=True, capture_output=True, text=True).stdout


def in_the_binary():
    """Returns the name and version of each linked crate, as deploy/notices.sh finds them."""
    tree = cargo(
        "tree", "--package", "forecaster", "--edges", "normal", "--prefix", "none", "--no-dedupe", "--locked",
        "--format", "{p}",
    )
    lines = (line.split() for line in tree.splitlines() if line.strip())
    return {(words[0], words[1].removeprefix("v")) for words in lines}


def component(package, sums):
    name, version = package["name"], package["version"]
    ours = package["source"] is None
    purl = PackageURL("cargo", None, name, version)
    licence = (package["license"] or "").replace("/", " OR ")
    references = []
    if package["repository"]:
        references.append(ExternalReference(type=ExternalReferenceType.VCS, url=XsUri(package["repository"])))
    made = Component(
        type=ComponentType.APPLICATION if name == "forecaster" else ComponentType.LIBRARY,
        name=name,
        version=version,
        bom_ref=purl.to_string(),
        purl=None if ours else purl,
        licenses=[LICENCES.make_from_string(licence)] if licence else [],
        external_references=references,
    )
    if sum_ := sums.get((name, version)):
        made.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=sum_))
    return made


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--onnxruntime", required=True, help="version of the library that goes along")
    onnxruntime = arguments.parse_args().onnxruntime

    metadata = json.loads(cargo("metadata", "--format-version", "1", "--locked"))
    lock = tomllib.loads((REPOSITORY / "Cargo.lock").read_text())
    sums = {(p["name"], p["version"]): p["checksum"] for p in lock["package"] if "checksum" in p}
    linked = in_the_binary()
    packages = {p["id"]: p for p in metadata["packages"] if (p["name"], p["version"]) in linked}
    components = {identifier: component(package, sums) for identifier, package in packages.items()}
    program = next(made for made in components.values() if made.name == "forecaster")

    library = Component(
        type=ComponentType.LIBRARY,
        name="onnxruntime",
        version=onnxruntime,
        bom_ref=f"pkg:pypi/onnxruntime@{onnxruntime}",
        purl=PackageURL("pypi", None, "onnxruntime", onnxruntime),
        licenses=[LICENCES.make_from_string("MIT")],
    )
    bom = Bom(components=[made for made in components.values() if made is not program] + [library])
    bom.metadata.component = program
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    bom.metadata.timestamp = datetime.fromtimestamp(epoch, timezone.utc)
    # The number depends only on the contents, so the same contents have the same number.
    contents = ",".join(sorted(made.bom_ref.value for made in [*components.values(), library]))
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, contents)
    for node in metadata["resolve"]["nodes"]:
        if node["id"] in components:
            needed = [
                components[dependency["pkg"]]
                for dependency in node["deps"]
                if dependency["pkg"] in components and any(kind["kind"] is None for kind in dependency["dep_kinds"])
            ]
            extra = [library] if components[node["id"]] is program else []
            bom.register_dependency(components[node["id"]], needed + extra)

    text = JsonV1Dot6(bom).output_as_string(indent=1)
    if problem := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        sys.exit(f"sbom.py: this is no CycloneDX document: {problem}")
    print(text)


if __name__ == "__main__":
    main()
