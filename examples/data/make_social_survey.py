"""Writes social_survey.csv from the R package forcats 1.0.0: `make_social_survey.py FORCATS`, the installed package's folder.

Needs the Python packages rdata and pandas. Answers not given, not known or refused become empty cells.
"""

import struct
import sys
import zlib
from pathlib import Path

import rdata

HERE = Path(__file__).resolve().parent
UNANSWERED = {"No answer", "Don't know", "Refused"}
INCOME = {"Not applicable": "none", "Lt $1000": "below_10000", "$10000 - 14999": "10000_to_24999",
          "$15000 - 19999": "10000_to_24999", "$20000 - 24999": "10000_to_24999", "$25000 or more": "25000_or_more"}
PARTY = {"Strong democrat": "strong_democrat", "Not str democrat": "democrat", "Ind,near dem": "near_democrat",
         "Independent": "independent", "Ind,near rep": "near_republican", "Not str republican": "republican",
         "Strong republican": "strong_republican", "Other party": "other"}
RELIGION = {"Protestant": "protestant", "Catholic": "catholic", "None": "none", "Jewish": "jewish",
            "Christian": "christian", "Orthodox-christian": "christian", "Inter-nondenominational": "christian"}


def gss_cat(folder):
    """The data frame out of R's lazy-load files: a chunk is its length (big endian), then zlib."""
    base = Path(folder) / "data" / "Rdata"
    index = rdata.conversion.convert(rdata.parser.parse_file(f"{base}.rdx"))
    offset, length = (int(v) for v in index["variables"]["gss_cat"])
    chunk = Path(f"{base}.rdb").read_bytes()[offset:offset + length]
    raw = zlib.decompress(chunk[4:])
    assert len(raw) == struct.unpack(">I", chunk[:4])[0]
    return rdata.conversion.convert(rdata.parser.parse_data(raw))


def denomination(answer):
    small = answer.lower()
    for word, name in (("bap", "baptist"), ("meth", "methodist"), ("luth", "lutheran"), ("presbyterian", "presbyterian"),
                       ("pres ch", "presbyterian"), ("episcopal", "episcopal")):
        if word in small:
            return name
    return {"not applicable": "none", "no denomination": "nondenominational"}.get(small, "other")


def hours(value):
    return "0_to_1" if value < 2 else "2" if value < 3 else "3_to_4" if value < 5 else "5_or_more"


def decade(value):
    return "below_30" if value < 30 else "30_to_44" if value < 45 else "45_to_59" if value < 60 else "60_or_more"


COLUMNS = {
    "age": ("age", decade),
    "marital": ("marital", lambda s: s.lower().replace(" ", "_")),
    "income": ("rincome", lambda s: INCOME.get(s, "below_10000")),
    "party": ("partyid", PARTY.__getitem__), "religion": ("relig", lambda s: RELIGION.get(s, "other")),
    "denomination": ("denom", denomination), "television": ("tvhours", hours),
}

frame = gss_cat(sys.argv[1])
frame = frame[frame["year"] == 2014]
columns = []
for name, (source, rename) in COLUMNS.items():
    cells = frame[source]
    empty = cells.isna() | cells.isin(UNANSWERED)
    columns.append([name, *("" if e else rename(c) for c, e in zip(cells, empty))])
(HERE / "social_survey.csv").write_text("\n".join(",".join(row) for row in zip(*columns)) + "\n")
