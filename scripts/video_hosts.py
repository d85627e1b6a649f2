"""Write config/video_hosts.txt: the domains that yt-dlp's own examples stand on. Host names are facts; nothing else
is taken. Run it after a new yt-dlp, and look at the difference.
"""

from pathlib import Path
from urllib.parse import urlsplit

from yt_dlp.extractor import list_extractor_classes

from core.urls import registrable_domain

HEAD = "# Domains that yt-dlp knows, by scripts/video_hosts.py: on them a path that names a video is one.\n"


def main() -> None:
    """Collect, sort, write."""
    found = set()
    for extractor in list_extractor_classes():
        if extractor.IE_NAME == "generic":  # its examples are arbitrary sites
            continue
        for case in extractor.get_testcases(include_onlymatching=True):
            if host := urlsplit(case["url"]).hostname:
                found.add(registrable_domain(host) or host)
    path = Path(__file__).parent.parent / "config" / "video_hosts.txt"
    path.write_text(HEAD + "\n".join(sorted(h for h in found if "." in h)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
