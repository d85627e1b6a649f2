"""Check this bundle without the program that made it: Python 3.8 or later is enough, nothing is installed or fetched.

    python3 verify.py                 checks the folder this file lies in
    python3 verify.py BUNDLE          checks another folder, a .zip or a .wacz
    python3 verify.py --roots r.pem   trusts these certificates of time-stamp authorities (got by another way)
    python3 verify.py --signer HEX    fails unless this key signed (the fingerprint that reached you by another way)

Every line begins with one of four words. proved: computed here, and it fits. claimed: the bundle says so, nothing here
can confirm it. not_checked: not looked at, and why. failed: something was changed, or is wrong. The exit status is 0
where nothing failed, 1 where something did, 2 where there is no bundle.

What it cannot show: that a site really sent what was recorded (a time stamp shows only that the bytes existed), and who
holds the key that signed. Compare the fingerprint with the one the newsroom gives you by telephone or on its site.
"""

from __future__ import annotations

import os
import re
import sys
import zipfile

from evidence.checker.case import Case
from evidence.checker.exhibit import Exhibit
from evidence.checker.reading import MAX_TOTAL, Folder, Part, Zip
from evidence.checker.saying import Examination, Wrong


def opened(path: str) -> Folder:
    """Open a bundle: a folder, a zip with one folder in it, or a WACZ."""
    if os.path.isdir(path):
        return Folder(path)
    if not os.path.isfile(path):
        raise Wrong("%s is no file: it is a pipe or a device" % os.path.basename(path))
    if os.path.getsize(path) > MAX_TOTAL:
        raise Wrong("%s is larger, more than is read" % os.path.basename(path))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    return Zip(path, inside="" if "datapackage.json" in names else names[0].split("/")[0] + "/")


def main(words: list[str]) -> int:
    """Check what the words name; return the exit status."""
    if {"-h", "--help"} & set(words):
        print(__doc__)
        return 0
    given = {"--roots": "", "--signer": ""}
    for name in given:
        if name in words:
            at = words.index(name)
            given[name] = "".join(words[at + 1 : at + 2])
            del words[at : at + 2]
            if not given[name]:
                print("%s needs a word behind it." % name)
                return 2
    signer = re.sub("sha256:|[ :]", "", given["--signer"].lower())
    if given["--signer"] and not re.fullmatch("[0-9a-f]{64}", signer):
        print("--signer needs the whole fingerprint: 64 of 0-9 and a-f.")
        return 2
    if len(words) > 1 or (words and words[0].startswith("-")):
        print("%s is not understood; --help tells what is." % words[-1])
        return 2
    path = words[0] if words else os.path.dirname(os.path.abspath(__file__))
    for one in (path, given["--roots"]):
        if one and not os.path.exists(one):
            print("%s is not there." % one)
            return 2
    roots = Part(given["--roots"]).read(10**7) if os.path.isfile(given["--roots"]) else None
    if given["--roots"] and b"-----BEGIN CERTIFICATE-----" not in (roots or b""):
        print("%s holds no certificates." % given["--roots"])
        return 2
    run = Examination(roots, signer or None)
    found: dict[str, Folder] = {}

    def look() -> list[str]:
        found["files"] = opened(path)
        return []

    run.check("bundle", "%s can be read" % os.path.basename(path), look)
    if "files" in found and "datapackage.json" in found["files"].places:
        Exhibit(found["files"], "", run).examine()
    elif found:
        Case(found["files"], run).examine()
    if not words:
        says = "this program came with the bundle that it checks: take one from the project, to be sure of it too"
        run.say("not_checked", "verify.py", says)
    print("%d checks failed: this is not the bundle that was made." % run.failed if run.failed
          else "Nothing failed: the bundle is intact.")  # fmt: skip
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
