"""Lists with Dutch or English headers, such as our own export."""

from schoten_ict.assets.ask.preset import Preset

HEADERS = {
    "tag": "inventarisnummer inventarisnr inventarisno tag assettag label",
    "category": "categorie category soort type",
    "manufacturer": "merk fabrikant manufacturer make brand vendor",
    "model": "model modelnaam modelname",
    "serial": "serienummer serienr serial serialnumber serialno sn",
    "status": "status toestand",
    "site": "locatie gebouw site building",
    "location": "lokaal ruimte plaats location room",
    "cost_centre": "kostenplaats costcentre costcenter beleidsveld",
    "supplier": "leverancier supplier",
    "order_number": "bestelnummer bestelbon ordernumber ponumber purchaseorder",
    "purchase_date": "aankoopdatum purchasedate datumaankoop boughton",
    "purchase_cost": "aankoopprijs prijs purchasecost purchaseprice cost price kostprijs",
    "warranty_until": "garantietot einddatumgarantie warrantyuntil warrantydate warrantyexpires",
    "end_of_life": "eindelevensduur endoflife eoldate eol",
    "macs": "macadres macadressen mac macs macaddress macaddresses",
    "imei": "imei imeinummer imeinumber",
    "sim": "simnummer sim simnumber simkaart iccid",
    "phone_number": "telefoonnummer gsmnummer phonenumber phone",
    "holder": "houder gebruiker holder assignedto user",
    "notes": "opmerkingen opmerking notities notes remarks comments",
}
PRESET = Preset(HEADERS)
