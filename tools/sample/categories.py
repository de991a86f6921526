"""The 170 business categories: how many contracts each has, their mean amount and what kind of buying it is.

Counts and means are those of the public awards up to September 2025; nothing here knows how they are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Category:
    """One business category. ``mean_php`` is the mean contract amount in pesos."""

    name: str
    kind: str
    contracts: int
    mean_php: int


_TABLE = """
[works]
844626 13659564 Construction Projects
  9030  4950604 General Contractor
    22  2280721 Horizontal Directional Drilling
   710  1236590 Landscaping Services
   590  1783234 Structured Cabling
   163  1990554 Sub-station Contractors
  2103  4010814 Transmission and Distribution Lines
  3772  2168465 Well Drilling and Construction Services
[consulting]
   591  2540009 Architectural Design
  3864  3069309 Construction Management Services
 24535  5332297 Consulting Services
  8039  4181556 General Engineering Services
   147  3165691 Market Research Services
   990  1221735 Public Relations Programs or Services
  4978  2174234 Surveying Services
   185  3467151 Telecommunications Engineering
[services]
  4071  1986034 Advertising Agency Services
  9195   292464 Airconditioning Maintenance Services
   907  6430193 Aviation Services
  2175  9144132 Cargo Forwarding and Hauling Services
219209   275243 Catering Services
  3293   557620 Diagnostic and Laboratory Services
   881   809399 Editorial, Design, Graphic and Fine Art Services
  6745   657806 Education and Training Services
  8120  1376837 Events Management
   682  4687135 Financial and Insurance Services
  1668  3605535 Freight Forwarder Services
   542   961142 Funeral and Associated Services
 31386  1116648 General Repair and Maintenance Services
  5090  2097216 Hospital / Medical Equipment Services
 81593   398120 Hotel and Lodging and Meeting Facilities
  5446  2788241 Internet Services
  7055  6524995 Janitorial Services
   869  1801246 Laundry Services
 22919  3434289 Lease and Rental of Property or Building
   948  3084800 Mail and Cargo Transport Services
  1539 52918619 Marine Transport
  3620   570218 Pest Control Services
  1325   296894 Photography Services
  3212   895064 Print and Broadcast and Aerial Advertising
 69275  1309500 Printing Services
   138  1483850 Real Estate Developement and Maintenance
  3505   464038 Reproduction Services
  3951  2039165 Rice Milling Services
    72   225618 Sale of Property or Building
 14434  8290954 Security Services
 59263  3791670 Services
   882  5927716 Systems Integration
  3898   781759 Telecommunications Provider
 15257  1289446 Transportation and Communications Services
 24990   385252 Travel, Food, Lodging and Entertainment Services
 67074   198754 Vehicle Repair and Maintenance
  1980   546262 Video Production Services
  4214 10233573 Waste Management and Recycling
[goods]
  5892  1177689 Agricultural Chemicals
 34249  3664313 Agricultural Machinery and Equipment
 55447  2528057 Agricultural Products (Seeds, Seedlings, Plants..)
 33948   668053 Airconditioning and Airconditioning Systems
  8206  7018033 Aircraft Spare Parts
  2113 24053148 Ammunitions and Explosives
 10364   644504 Animal Feeds
 20362   289902 Appliances
  3232   306223 Arts and Crafts Accessories and Supplies
 16081   730882 Audio and Visual Equipment
   764 27455546 Automation Equipment
  1266 17963129 Aviation Products
  2808   385717 Bedclothes, Linens and Towels
  1969   449765 Beverages
 38366   564856 Books, Maps and Other Publications
   776   528713 Chemical Detergents
 19624   657242 Chemicals and Chemical Products
  9576  1830288 Communication Equipment
 12611  1106162 Communication Equipment & Parts and Accessories
  3547   463784 Computer Furniture
 11303  6910781 Construction Equipment
407516   567214 Construction Materials and Supplies
  8182   502795 Corporate Giveaways
  2347  2310979 Dairy Products
263527  1069255 Drugs and Medicines
 42123  1280069 Educational Materials and Supplies
 56000   250187 Electrical Supplies
 28868  1467532 Electrical Systems and Lighting Components
  9131   536901 Electronic Parts and Components
  5057  1977066 Engineering and Laboratory Testing Equipment
  5964  1091660 Environmental Health/Safety Equipment
 12587  6165812 Fertilizers
 15398  2103009 Fire Fighting & Rescue and Safety Equipment
 13369   494740 Fixtures
  1036   241756 Flags
  5884   453562 Food Processing Equipment
140832  1184569 Food Stuff
 72856  4437404 Fuels/Fuel Additives & Lubricants & Anti Corrosive
 58463   976117 Furniture
  4469   414467 Furniture Parts and Accessories
   415   478939 Games and Toys
  1819  7795922 Gaming Equipment and Paraphernalia
 39340   620971 Garments
242983   572631 General Merchandise
  1061  2141596 Geotechnical Instrumentation
 49028  1635745 Grocery Items
   713 34549491 Guns and Weapons
121513   203153 Hardware and Construction Supplies
   222 25751584 Helicopters - Parts
 33417  2612785 Hospital / Medical Equipment
   635  2195839 Hydrological Instruments
  2245  3494453 IT Broadcasting and Telecommunications
 17080  2443505 Industrial Machinery and Equipment
  1068  1159867 Industrial Safety Equipment
  4153   817299 Industrial pumps and compressors
128025  2632451 Information Technology
 90080   540493 Information Technology Parts & Accessories & Perip
   206   842865 Institutional food services equipment
   491  3898560 Investigative Equipment
  2585   305179 Janitorial Equipment
 49805   212148 Janitorial Supplies
  9016   233275 Kitchenware
157147   904545 Laboratory Supplies and Equipment
  1150  2564971 Lifting equipment and accessories
 10090  1781063 Live Animals (Livestock, Birds, Live fish & etc..)
     1    78360 Lubricants
  6232  1343000 Machine Tools
   296  1012984 Mailing Supplies
  2217  3599937 Maritime Spare Parts
321589   545151 Medical Supplies and Laboratory Instrument
 37363  1757616 Medical and Dental Equipment
  4317  6024961 Metal Fabrication
   590 15160691 Meteorological Equipments and Instruments
    37  2157990 Microfilm Equipment
   113   343458 Microfilm Equipment - Supplies and Accesories
   232 11953556 Mining Equipment and Supplies
   538  1088881 Miscellaneous
  1265   215066 Musical Instrument Parts and Accesories
  1797   302367 Musical Instruments
   577  5781256 Navigation Equipment
  3097   228927 Newspapers
131211   512641 Office Equipment
 19926   260077 Office Equipment Parts and Accessories
217004   178527 Office Equipment Supplies and Consumables
340029   212644 Office Supplies and Devices
   796   677226 Oil/Heat Chemical Resistant Rubber
   571 44638610 Ordnance Products
  4024  1039915 Packaging Supplies and Materials
  1112  1797317 Packed Food Distributor
  3334  4882323 Paper Materials and Products
  4260   807910 Personal Care Products
  2691  3070541 Pest Control Products
  3659   308414 Photographic Equipment
  1530   156030 Photographic Parts, Supplies and Accessories
  5100   866369 Plastic Products
  8220  4638042 Power Generation and Distribution Machinery
   544  1641177 Preserved or Processed Foods
 26099   843471 Printing Supplies
  1034  1735073 Purses, handbags and bags
   911   259397 Pyrotechnics and Fireworks
  3624  9547645 Quartermaster Items
  1112  4303449 Radiological/Diagnostic Equipment
 11186   940921 Safety and Occupational Products
  9905  3540830 Security Surveillance and Detection Equipment
  9461   561400 Signage and Accessories
 28760   355424 Sporting Goods
  3574  2216490 Surveying Instruments
  5282   369421 Textiles
   473   778099 Timepieces and Jewelry and Gemstone Products
 20550   251184 Tokens and Awards
  1040  4617020 Traffic Control Systems
103886   318622 Vehicle Parts and Accessories
 46716  4858544 Vehicles
 11312   374136 Veterinary Products and Supplies
 58834   462454 Water Service Connection Materials/Fittings
  6962 10956542 Water and Waste Water Treatment Supply & Disposal
"""


def read_table(table: str) -> tuple[Category, ...]:
    """Lines ``contracts mean name`` below a ``[kind]`` line -> categories."""
    categories: list[Category] = []
    kind = ""
    for line in table.strip().splitlines():
        if line.startswith("["):
            kind = line.strip("[]")
            continue
        contracts, mean, name = line.split(maxsplit=2)
        categories.append(Category(name=name, kind=kind, contracts=int(contracts), mean_php=int(mean)))
    return tuple(categories)


CATEGORIES = read_table(_TABLE)
