"""The words that names and titles are made of: places, people, trades, goods. Suppliers are invented."""

from __future__ import annotations


def _words(text: str) -> tuple[str, ...]:
    return tuple(" ".join(entry.split()) for entry in text.strip().split(";"))


TOWNS = _words(
    """San Isidro; San Jose; Santa Maria; San Miguel; Sto. Niño; Parañaque; Dasmariñas; Biñan; Peñaranda;
    Muñoz; Santa Cruz; San Juan; Magallanes; Rizal; Quezon; Alicia; Bagumbayan; Banaue; Calamba; Carmen;
    Dolores; Esperanza; Gen. Luna; Guimba; Hinunangan; Ipil; Jaro; Kapalong; La Paz; Lal-lo; Libmanan;
    Mabini; Maasin; Naic; Nabua; Ormoc; Pagadian; Pilar; Pontevedra; Roxas; Sagay; Sogod; Tabaco; Tagum;
    Talisay; Tigaon; Tubod; Ubay; Valencia; Victoria; Zarraga; Sta. Ana; El Salvador; Sergio Osmeña;
    Doña Remedios; Piñan; Mercedes; T'Boli; Brooke's Point; Opol"""
)
BARANGAYS = _words(
    """Poblacion; San Roque; San Antonio; Bagong Silang; Mabuhay; Malinao; Tanawan; Caingin; Balite; Pulong
    Buhangin; Santo Niño; Peñafrancia; Cabatuan; Lawigan; Masagana; Riverside; Bagong Pook; Ilaya;
    Ibaba; Talon; Anonas"""
)
SCHOOLS = ("NATIONAL HIGH SCHOOL", "CENTRAL ELEMENTARY SCHOOL", "INTEGRATED SCHOOL", "ELEMENTARY SCHOOL")
AGENCIES = _words(
    """DEPARTMENT OF EDUCATION - DIVISION OF; DEPARTMENT OF HEALTH - CENTER FOR HEALTH DEVELOPMENT,;
    NATIONAL IRRIGATION ADMINISTRATION -; PHILIPPINE NATIONAL POLICE -; BUREAU OF FISHERIES AND AQUATIC
    RESOURCES -; DEPARTMENT OF SOCIAL WELFARE & DEVELOPMENT -; TECHNICAL EDUCATION AND SKILLS
    DEVELOPMENT AUTHORITY -"""
)
INSTITUTIONS = _words(
    """STATE UNIVERSITY; WATER DISTRICT; PROVINCIAL HOSPITAL; STATE COLLEGE; ELECTRIC COOPERATIVE, INC.;
    REGIONAL MEDICAL CENTER; CHILDREN'S HOSPITAL"""
)
SURNAMES = _words(
    """ABAD; AGUSTIN; ALCANTARA; AQUINO; BAUTISTA; BELTRAN; CABRERA; CASTAÑEDA; CO; CRUZ; DAGOHOY; DE LA
    PEÑA; DELA CRUZ; DIZON; DOMINGO; ESPAÑOL; FAJARDO; FLORES; GALANG; GARCIA; GO; GUEVARRA; HERNANDEZ;
    IBAÑEZ; JAVIER; LACSON; LIM; LOPEZ; MACARAEG; MAGSINO; MALABANAN; MANALO; MENDOZA; NUÑEZ; OCAMPO;
    ONG; PASCUAL; PANGILINAN; QUIAMBAO; RAMOS; REYES; SALAZAR; SANTOS; SY; TAN; TOLENTINO; UY; VALDEZ;
    VILLANUEVA; YAP; ZAMORA"""
)
GIVEN = _words(
    """A.B.; C.D.; E.M.; F.R.; J.L.; J & M; L & B; M.T.; N.S.; R.C.; R & R; V.G.; ALMA; BENJIE; CARLO;
    DIVINA; EDWIN; FELY; GRACE; HAROLD; IMELDA; JUN; KATHLEEN; LITO; MARIA; NENA; OSCAR; PACITA; RAMIL;
    SUSAN; TESS; VICENTE"""
)
FANCY = _words(
    """GOLDEN HARVEST; BLUE PACIFIC; MABUHAY; NORTHSTAR; SOUTHERN CROSS; SAMPAGUITA; FIVE STAR; TRI-LINK;
    ISLA VERDE; MAHARLIKA; METRO PRIME; EASTGATE; PEARL OF THE ORIENT; BAYANIHAN; STA. LUCIA; R_J; 100%
    PURE; NEW DAWN; ALTA VISTA; LUZVIMINDA; KALAYAAN; PEÑAFRANCIA; TIERRA NUEVA; FIRST CHOICE; SILVER
    OAK; MT. APO; TAMARAW; CORAL BAY"""
)
BUILDERS = _words(
    """CONSTRUCTION; CONSTRUCTION AND SUPPLY; BUILDERS; CONSTRUCTION & DEVELOPMENT CORPORATION; BUILDERS,
    INC.; ENGINEERING & CONSTRUCTION; GENERAL CONTRACTOR; CONSTRUCTION CO., INC.; AGGREGATES AND
    CONSTRUCTION"""
)
TRADERS = _words(
    """TRADING; GENERAL MERCHANDISE; ENTERPRISES; MARKETING CORPORATION; ENTERPRISES, INC.; MEDICAL
    SUPPLIES; PHARMACY; COMPUTER CENTER; PRINTING PRESS; CATERING SERVICES; TRADING & GENERAL SERVICES;
    OFFICE SYSTEMS; FOOD HOUSE; HARDWARE; INDUSTRIAL SALES; MULTI-PURPOSE COOPERATIVE; PHILS., INC.;
    AUTO SUPPLY; DRUGSTORE"""
)
WORKS = _words(
    """Construction of Flood Control Structure; Concreting of Farm-to-Market Road; Construction of
    Multi-Purpose Building; Rehabilitation of Drainage System; Construction of Revetment; Repair of
    School Building; Improvement of Water System; Construction of Slope Protection; Asphalt Overlay of
    National Road; Construction of Bridge; Widening of Road; Construction of Seawall; Repair /
    Maintenance of Flood Control Dike; Construction of Covered Court; Installation of Solar Street
    Lights; Construction of Health Station; Construction of Perimeter Fence"""
)
VERBS = {
    "goods": (
        "Procurement of",
        "Supply and Delivery of",
        "Purchase of",
        "Supply, Delivery and Installation of",
        "Procurement of Various",
    ),
    "services": ("Procurement of", "Provision of", "Hiring of", "Lease of", "Engagement for"),
    "consulting": ("Consulting Services for", "Detailed Engineering Design:", "Feasibility Study on"),
}
PURPOSES = _words(
    """for use of the Municipal Mayor's Office; for the Rural Health Unit; for the 1st Quarter; for Office
    Use; for various offices; for the conduct of "Brigada Eskwela"; for the Provincial Engineer's
    Office; under the 20% IRA; for School-Based Feeding Program; for distribution to
    farmer-beneficiaries; for the Disaster Risk Reduction Office; for the repair of RP_VEHICLE SAA-1234;
    for the Foundation Day; to be used at the Sangguniang Bayan"""
)
ITEMS = _words(
    """Bond paper, A4, 70 gsm; Paracetamol 500 mg tablet; Desktop computer; Portland cement 40 kg; Diesel
    fuel; Packed lunch with snacks; Toner cartridge; Rice, well-milled; Deformed steel bar 12 mm;
    Ballpen, black; Amoxicillin 500 mg capsule; Monobloc chair; Tarpaulin printing 3' x 5'; Security
    guard, 12 hours; Tire 265/70 R16; Item 311 (1) PCC Pavement; Hybrid rice seeds; Surgical gloves;
    Airconditioner 2.0 HP, split type; Fire extinguisher"""
)
UNITS = ("piece", "box", "ream", "unit", "lot", "bag", "liter", "pax", "set", "month")

MODES = {
    "goods": ("Public Bidding", "Shopping", "Negotiated Procurement - Small Value Procurement (Sec. 53.9)"),
    "services": (
        "Public Bidding",
        "Negotiated Procurement - Small Value Procurement (Sec. 53.9)",
        "Direct Contracting",
    ),
    "works": ("Public Bidding", "Negotiated Procurement - Emergency Cases (Sec. 53.2)"),
    "consulting": ("Public Bidding", "Quality-Based Evaluation", "Highly Technical Consultants (Sec. 53.7)"),
}
CLASSIFICATIONS = {
    "goods": "Goods",
    "services": "Goods - General Support Services",
    "works": "Civil Works",
    "consulting": "Consulting Services",
}
FUNDS = (
    "Government of the Philippines (current year's budget)",
    "Local Government Unit",
    "Corporate budget",
    "Others",
)
REGIONS = (
    "NCR",
    "CAR",
    "Region I",
    "Region III",
    "Region IV-A",
    "Region V",
    "Region VII",
    "Region X",
    "Region XIII",
)
SPANS = ("15 Day/s", "30 Day/s", "45 Day/s", "90 Day/s", "12 Month/s", "180 Day/s")
SIZES = ("Micro", "Small", "Medium", "Large")
GREEK_PROVINCE = "ΡROVINCE OF NEGROS OCCIDENTAL"
"""Begins with a Greek capital Rho, as one published name does."""
