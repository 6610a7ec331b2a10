"""How wide the columns of a table are: words stay whole where there is room for them."""

from collections.abc import Sequence

from rich.cells import cell_len


def longest_word(texts: Sequence[str]) -> int:
    """The width of the longest word in a column; at least one cell."""
    return max((cell_len(word) for text in texts for word in text.split()), default=1)


def words_fit(columns: Sequence[Sequence[str]], room: int) -> bool:
    """Whether every word of every column can stay whole in `room` cells."""
    return sum(map(longest_word, columns)) <= room


def fitted(columns: Sequence[Sequence[str]], room: int) -> list[int]:
    """The widths of columns, given their texts (title included), that together take at most `room` cells.

    Lines are whole if all fit. Else words are, and the first column, which names the row; what room is left
    goes where lines are longest for their width. Where even words do not fit, the longest are broken in
    half: a few words on two lines read better than a letter cut off everywhere.
    """
    natural = [max(1, *map(cell_len, texts)) for texts in columns]
    if sum(natural) <= room:
        return natural
    words = [longest_word(texts) for texts in columns]
    words[0] = natural[0] if natural[0] <= room // 3 else words[0]
    widths = [words[0], *_broken(words[1:], room - words[0])]
    spare = _mended(widths, words, room - sum(widths))
    for _ in range(spare):
        tightest = max(range(len(widths)), key=lambda each: natural[each] / widths[each])
        widths[tightest] += 1
    return widths


def _broken(words: Sequence[int], room: int) -> list[int]:
    """Lengths of words, halved from the longest on until they fit; at least one cell each."""
    widths = list(words)
    while sum(widths) > room and max(widths, default=1) > 1:
        longest = max(range(len(widths)), key=lambda each: widths[each])
        widths[longest] = (widths[longest] + 1) // 2
    return widths


def _mended(widths: list[int], words: Sequence[int], spare: int) -> int:
    """Make broken words whole again where `spare` cells suffice; returns how many are left."""
    for each in sorted(range(len(widths)), key=lambda each: words[each] - widths[each]):
        missing = words[each] - widths[each]
        if missing <= spare:
            widths[each] += missing
            spare -= missing
    return spare
