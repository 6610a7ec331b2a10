"""`ict assets`."""

from schoten_ict.commands.shell import LazyGroup

_HERE = "schoten_ict.commands.assets"

app = LazyGroup(
    "assets",
    "Equipment: what there is, who holds it, under which policy.",
    {
        "list": (f"{_HERE}.look", "List assets, with filters that read like the question."),
        "show": (f"{_HERE}.look", "Show one asset whole."),
        "find": (f"{_HERE}.look", "Find assets by any word in any field."),
        "history": (f"{_HERE}.look", "Tell what happened to an asset."),
        "holder": (f"{_HERE}.look", "List what a person, department, room or asset holds."),
        "leavers": (f"{_HERE}.look", "List people who left and still hold something."),
        "check": (f"{_HERE}.look", "Judge the records: leavers, overdue, unsigned."),
        "assign": (f"{_HERE}.handover", "Hand assets over to a person, with the agreement to sign."),
        "accept": (f"{_HERE}.handover", "Record that a handover was signed."),
        "decline": (f"{_HERE}.handover", "Record that a handover was refused."),
        "return": (f"{_HERE}.handover", "Take assets back, with the intake form."),
        "transfer": (f"{_HERE}.handover", "Pass assets on from their holder to another person."),
        "swap": (f"{_HERE}.handover", "Give a holder one asset for another."),
        "policies": (f"{_HERE}.policies", "List policies, their versions, and what was signed for."),
        "add": (f"{_HERE}.records", "Add assets by hand."),
        "edit": (f"{_HERE}.records", "Change fields of an asset."),
        "receive": (f"{_HERE}.life", "Record that ordered assets have arrived."),
        "repair": (f"{_HERE}.repair", "Repairs: start, end, list with turnaround."),
        "lost": (f"{_HERE}.life", "Record that an asset is lost."),
        "stolen": (f"{_HERE}.life", "Record that an asset was stolen."),
        "found": (f"{_HERE}.life", "Record that a lost or stolen asset is back."),
        "wiped": (f"{_HERE}.life", "Record that an asset was wiped after it came back."),
        "retire": (f"{_HERE}.life", "Take assets out of service."),
        "reinstate": (f"{_HERE}.life", "Put retired assets back in stock."),
        "dispose": (f"{_HERE}.life", "Dispose of retired assets for good, with proof of wiping."),
        "import": (f"{_HERE}.exchange", "Import a list of assets: plan first, then apply."),
        "export": (f"{_HERE}.exchange", "Export all assets for a spreadsheet."),
        "count": (f"{_HERE}.count", "Count what is really there, with a barcode scanner."),
        "labels": (f"{_HERE}.labels", "Print labels with QR code and tag."),
        "replace-plan": (f"{_HERE}.plan", "Plan what to replace when, and what it costs."),
    },
)
