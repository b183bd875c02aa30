"""The invented names of the large data set: distinct, some nearly alike, with everything that real names contain."""

from __future__ import annotations

MAX_GROUP_NAME = 100
"""Characters; longer names are cut, as payroll systems do."""

_OWNERS = (
    "Abernathy|Alvarez|Álvarez|Baptiste|Bauer|Beauchamp|Brennan|Brönner|Callahan|Carlson|Carlsen|Castañeda|Chen|Cheng|"
    "D'Amico|Damico|Delacroix|Dubois|Eriksen|Erickson|Fitzgerald|Gagné|Gallagher|Hansen|Hanson|Ibáñez|Jørgensen|Kaplan|"
    "Kowalski|Lefèvre|Lindqvist|MacDonald|McDonald|Müller|Mueller|Miller|Muñoz|Nakamura|Ngô|O'Brien|O'Bryan|Okafor|"
    "Peña|Quinn|Rivera|Rivière|Schäfer|Shaffer|St. James|Tremblay|Usher|Vandermeer|Weiß|Weiss|Whitcomb|Yilmaz"
).split("|")
_TRADES = (
    "Accounting|Architects|Auto Body|Bakery|Brewing|Cabinetry|Catering|Chiropractic|Concrete|Dairy|Dental|Dermatology|"
    "Electric|Engineering|Eye Care|Family Farms|Fencing|Flooring|Freight|Garden Center|Glass|Grocery|Hardware|"
    "Heating & Cooling|Home Health|Hospitality|Insurance Services|Interiors|Landscaping|Law Firm|Logistics|Machine|"
    "Manufacturing|Marine|Media|Orthodontics|Packaging|Paving|Pediatrics|Pharmacy|Physical Therapy|Plumbing|Press|"
    "Property Management|Roofing|Software|Staffing|Steel|Surveying|Tile & Stone|Trucking|Veterinary"
).split("|")
_CITIES = "Akron|Bend|Cañon City|Duluth|Eau Claire|Fargo|Greenville|Hoboken|Ithaca|Joliet|Kenosha|Lowell".split("|")
_FORMS = (
    "{owner} {trade}",
    "{owner} {trade} Inc",
    "{owner} {trade}, LLC",
    "{owner} & Sons {trade}",
    "{owner} {trade} of {city}",
    "{owner}'s {trade} Co.",
    "{number}th Street {trade} ({owner})",
    "{trade} by {owner} & Associates",
    "{owner} {trade} #{number}",
    "The {owner} Family {trade} and Employee Services Holding Company of Greater {city}, Incorporated",
    "{city} {trade} / {owner} Group",
)
_PAIRS = 2_700
"""After so many names the pairs of owner and trade occur a second time, so some names are nearly alike."""
_SECOND_FORM = "{owner} {trade} {city} Division"

CARRIER_NAMES = tuple(
    (
        "Northfield Mutual|Harborview Life|Granite State Dental|Bluewater Benefits|Summit Ridge Health|Keystone Vision|"
        "Prairie Mutual Life|Evergreen Assurance|Lakeshore Dental Plan|Redwood Benefit Trust|Pinnacle Life & Health|"
        "Cascadia Health Plan|Old Dominion Mutual|Silver Birch Dental|Meridian Vision Care|Tidewater Life|"
        "Great Basin Health|Copperfield Assurance|Hudson & Reed Life|First Harvest Mutual|Beacon Hill Benefits|"
        "Sierra Crest Dental|Whitestone Life|Magnolia Health Alliance|Ironwood Disability|Clearbrook Vision|"
        "Piedmont Employee Benefits|Arrowhead Mutual|Stonebridge Life|Golden Plains Health|Cedar Point Dental|"
        "Mariner's Assurance|Frontier Benefit Society|Oak & Anchor Life|Riverbend Health Plan|Liberty Bell Dental|"
        "High Desert Mutual|Union Square Vision|Blue Heron Life|Crossroads Group Insurance"
    ).split("|")
)


def group_name(number: int) -> str:
    """Distinct for the numbers below 3,000; at most `MAX_GROUP_NAME` characters."""
    pair = number if number < _PAIRS else (number - _PAIRS) * 9
    form = _FORMS[number % len(_FORMS)] if number < _PAIRS else _SECOND_FORM
    return form.format(
        owner=_OWNERS[pair % len(_OWNERS)],
        trade=_TRADES[pair // len(_OWNERS) % len(_TRADES)],
        city=_CITIES[pair % len(_CITIES)],
        number=4 + number % 6 + 10 * (number // 50),
    )[:MAX_GROUP_NAME]
