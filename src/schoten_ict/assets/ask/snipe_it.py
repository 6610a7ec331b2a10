"""Snipe-IT: its import template and its list of assets (headers as of version 8)."""

from schoten_ict.assets.ask.preset import Preset

PRESET = Preset(
    {
        "tag": "assettag",
        "category": "category",
        "manufacturer": "manufacturer",
        "model": "model modelname",
        "serial": "serial serialnumber",
        "status": "status statuslabel",
        "location": "location defaultlocation",
        "supplier": "supplier",
        "order_number": "ordernumber",
        "purchase_date": "purchasedate",
        "purchase_cost": "purchasecost cost",
        "warranty_until": "warrantyexpires warrantyexpiration",
        "warranty_months": "warranty warrantymonths",
        "end_of_life": "asseteoldate eoldate",
        "macs": "macaddress mac",
        "imei": "imei",
        "phone_number": "phonenumber",
        "notes": "assetnotes notes itemnotes",
        "holder": "checkedoutto",
        "holder_username": "checkedouttousername username",
        "holder_first_name": "checkedouttofirstname",
        "holder_last_name": "checkedouttolastname",
        "holder_email": "checkedouttoemail",
        "holder_room": "checkedouttolocation",
    },
    own_categories=True,
)
