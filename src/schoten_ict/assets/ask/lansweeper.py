"""Lansweeper: reports as CSV. Headers are chosen by whoever made the report, and match without case.

A Windows asset's tag is its barcode field where somebody filled it in; names change, serials do not.
"""

from schoten_ict.assets.ask.preset import Preset

PRESET = Preset(
    {
        "tag": "barcode assettag",
        "category": "assettypename assettype type",
        "manufacturer": "manufacturer",
        "model": "model",
        "serial": "serialnumber serial",
        "status": "statename state status",
        "site": "iplocation",
        "location": "location",
        "supplier": "vendor supplier",
        "order_number": "ordernumber",
        "purchase_date": "purchasedate",
        "warranty_until": "warrantydate",
        "macs": "mac macaddress",
        "imei": "imei",
        "phone_number": "phonenumber",
        "holder": "username contact",
        "notes": "comments comment",
    }
)
