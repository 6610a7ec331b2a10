"""Who stands at the head of a document: the organisation as the templates take it."""

from typing import Any

from schoten_ict.inventory.sections.organisation import Organisation


def letterhead(organisation: Organisation) -> dict[str, Any]:
    """The organisation with its privacy notice, JSON-like; what is not declared is None."""
    notice = organisation.privacy
    return {
        "name": organisation.name,
        "address": organisation.address or None,
        "kbo": organisation.kbo,
        "representative": organisation.representative or None,
        "privacy": {
            "controller": notice.controller or None,
            "dpo": notice.dpo or organisation.dpo or None,
            "purpose": notice.purpose or None,
            "legal_basis": notice.legal_basis or None,
            "recipients": notice.recipients or None,
            "retention": notice.retention or None,
        },
    }
