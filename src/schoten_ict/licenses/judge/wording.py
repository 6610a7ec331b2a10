"""What the words of an offer say beyond the product: how many in a pack, which version, which metric."""

import re
from dataclasses import dataclass

from schoten_ict.inventory.sections.licenses import Product
from schoten_ict.licenses.model import Metric

_METRICS = {
    Metric.USER: r"(?:named )?users?|gebruikers?",
    Metric.DEVICE: r"devices?|toestel(?:len)?|per pc|per machine",
    Metric.CORE: r"cores?|kern(?:en)?",
    Metric.PROCESSOR: r"processors?|cpus?",
    Metric.CONCURRENT: r"concurrent|gelijktijdige?|floating",
}
_UNITS = r"(?:users?|gebruikers?|devices?|toestel(?:len)?|cores?|kern(?:en)?|cpus?|processors?|seats?|pcs?)"
_COUNT = r"(?<![\w.,])(?<![0-9][-\u2013])(?!365\b)([1-9][0-9]{0,2})"
_LICENSE = r"(?:licen[cs]es?|licenties?|lic\b)"
_PACK = r"(?:packs?|pak(?:ken)?|pk|bundles?|bundels?)\b"
_SURE = tuple(
    re.compile(text, re.IGNORECASE)
    for text in (
        rf"{_COUNT}[\s-]*(?:{_UNITS}[\s-]+)?(?:{_LICENSE}[\s-]*)?{_PACK}",
        rf"{_COUNT}[\s-]*{_UNITS}[\s-]+{_LICENSE}",
        rf"{_COUNT}\s?lic\b",
        r"\b(?:packs?|pak(?:ket|ken)?|bundles?|bundels?|box|doos|set)\s+(?:of|van|à|a|met)\s+([1-9][0-9]{0,3})\b",
    )
)
_PERHAPS = re.compile(rf"{_COUNT}[\s-]*{_UNITS}\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Pack:
    """How many units one piece gives. Not `sure` where the text can be read in more than one way."""

    size: int = 1
    sure: bool = True


def pack(text: str) -> Pack:
    """The pack that a text speaks of: `16 Core License Pack`, `2-pack`, `pak van 10`, `2Lic`.

    A number of units without such a word (`16 core`, `5 users`) may be a pack or not; a range (`10-49 users`)
    is what a price holds for.
    """
    sizes = {int(match[1]) for each in _SURE for match in each.finditer(text)}
    if sizes:
        return Pack(max(sizes), sure=len(sizes) == 1)
    largest = max((int(match[1]) for match in _PERHAPS.finditer(text)), default=1)
    return Pack(largest, sure=largest == 1)


def version_of(product: Product, text: str) -> str | None:
    """The version that a text names: one that the catalogue knows, or that a rule for titles finds.

    None where it names none, or several.
    """
    named = _known_versions(product, text) or _by_rules(product, text)
    return named.pop() if len(named) == 1 else None


def other_metric(product: Product, text: str) -> Metric | None:
    """The metric that a text speaks of where that is not the product's; None where it says nothing else.

    Words that are in the name of the product say nothing.
    """
    spoken = [metric for metric in _METRICS if _speaks(metric, text) and not _speaks(metric, product.name)]
    own = Metric(product.metric)
    same = {own, Metric.USER} if own is Metric.SUBSCRIPTION else {own}
    return None if not spoken or same & set(spoken) else spoken[0]


def _speaks(metric: Metric, text: str) -> bool:
    return re.search(rf"\b(?:{_METRICS[metric]})\b", text, re.IGNORECASE) is not None


def _known_versions(product: Product, text: str) -> set[str]:
    spans: dict[tuple[int, int], str] = {}
    for version in {*product.versions, *product.released, *product.support}:
        for match in re.finditer(rf"(?<![\w.]){re.escape(version)}(?![\w]|\.\d)", text, re.IGNORECASE):
            spans[match.span()] = version
    return {
        version
        for (start, end), version in spans.items()
        if not any(a <= start and end <= b and (a, b) != (start, end) for a, b in spans)
    }


def _by_rules(product: Product, text: str) -> set[str]:
    found = set()
    for rule in product.rules:
        if "(?P<version>" in rule.title:
            match = re.match(rf"(?:{rule.title})(?!\w)", text, re.IGNORECASE)
            if match and match["version"]:
                found.add(match["version"])
    return found
