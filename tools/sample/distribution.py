"""What the public awards look like in numbers: areas, buyers, suppliers, amounts, calendar. Draws nothing.

Counts are contracts in the public awards up to September 2025, amounts are pesos. Rank curves give the share
of names (from the busiest) and how many contracts a name at that share has.
"""

from __future__ import annotations

_AREAS = """
(Independent City):18933; Abra:8587; Agusan Del Norte:65453; Agusan Del Sur:38314; Aklan:24713;
Albay:135047; Antique:19598; Apayao:21209; Aurora:16169; Basilan:4896; Bataan:92877; Batanes:8001;
Batangas:105600; Benguet:89092; Biliran:11293; Bohol:73429; Bukidnon:106125; Bulacan:38193;
Cagayan:57916; Camarines Norte:43889; Camarines Sur:124887; Camiguin:5287; Capiz:29931;
Catanduanes:19164; Cavite:60762; Cebu:175808; Compostela Valley:18764; Cotabato:49611;
Davao Del Norte:96729; Davao Del Sur:153935; Davao Occidental:5934; Davao Oriental:18125;
Davao de Oro (Compos. Valley):17124; Dinagat Island:4454; Dinagat Islands:6692; Eastern Samar:21816;
Guimaras:8983; Ifugao:13231; Ilocos Norte:75679; Ilocos Sur:72397; Iloilo:179763; Isabela:59842;
Kalinga:31955; La Union:52996; Laguna:104798; Lanao Del Norte:21065; Lanao Del Sur:7547; Leyte:185411;
Maguindanao:7909; Marinduque:21770; Masbate:18060; Metro Manila:804330; Misamis Occidental:17050;
Misamis Oriental:98626; Mountain Province:16315; Negros Occidental:84150; Negros Oriental:89926;
Northern Samar:21956; Nueva Ecija:79887; Nueva Vizcaya:29074; Occidental Mindoro:29093;
Oriental Mindoro:48992; Palawan:85622; Pampanga:71033; Pangasinan:96906; Philippines:9990; Quezon:104716;
Quirino:11095; Rizal:90128; Romblon:33464; Samar:24993; Sarangani:10075; Siquijor:12597; Sorsogon:30309;
South Cotabato:77420; Southern Leyte:31891; Special Geographic Area:8; Sultan Kudarat:23391; Sulu:3620;
Surigao Del Norte:33174; Surigao Del Sur:29293; Tarlac:62381; Tawi-Tawi:1093; Zambales:30849;
Zamboanga Del Norte:57133; Zamboanga Del Sur:88123; Zamboanga Sibugay:24002; sample province:215
"""


def _read_pairs(text: str) -> dict[str, int]:
    pairs = (entry.strip().rsplit(":", 1) for entry in text.strip().split(";"))
    return {name: int(count) for name, count in pairs}


AREAS = _read_pairs(_AREAS)
NULL_AREA_CONTRACTS = 464_947
MULTI_AREA_NAMES, MULTI_AREA_CONTRACTS = 437, 3_531

DPWH = "DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS"
DPWH_NAMES, DPWH_CONTRACTS = 381, 511_652
DPWH_SHARE_OF_WORKS = 0.50
"""Half of the works contracts and 1.6 % of the rest make 9.3 % of all contracts."""
DPWH_SHARE_OF_OTHERS = 0.0165
DPWH_WORKS_FACTOR, OTHER_WORKS_FACTOR = 1.45, 0.55
"""How a works amount differs from its category's mean, so that DPWH holds about half of all value."""

DPWH_OFFICES = _read_pairs(
    """
REGION V:15115; MAIN:3193; REGION X:6257; REGION XI:4215; REGION IV-B:2547; REGION I:4164; REGION IV-A:2467;
REGION VIII:3333; REGION III:2944; BULACAN 1ST DEO:6140; SORSOGON 1ST DEO:4184; NCR:1688; REGION VI:3887;
METRO MANILA 1ST ENGINEERING DISTRICT:5513; REGION IX:1825; REGION XIII (CARAGA):2355; REGION XII:2044;
BULACAN 2ND DEO:4168; SORSOGON 2ND DEO:2108; ABRA ED:2882; ALBAY 2ND DEO:3115; CARAGA:1737;
TARLAC 1ST DEO:2389; CAVITE I DEO:2627; QUEZON CITY 1ST EDO:4007; CAR:1857; BATANGAS IV DEO:4075;
REGION II:1481; ZAMBALES 1ST DEO:2360; ROMBLON DEO:2733
"""
)
BUYERS = _read_pairs(
    """
CITY OF DIGOS, DAVAO DEL SUR:47528; MUNICIPALITY OF KAPALONG, DAVAO DEL NORTE:33804;
BICOL MEDICAL CENTER:32519; CITY OF GENERAL SANTOS:31129;
DEPARTMENT OF HEALTH - TREATMENT AND REHABILITATION CENTER:30567; PROVINCE OF LAGUNA:30237;
PROVINCE OF RIZAL:29349; CORAZON LOCSIN MONTELIBANO MEMORIAL REGIONAL HOSPITAL:24758;
BICOL REGIONAL TRAINING AND TEACHING HOSPITAL:24257; MANILA INTERNATIONAL AIRPORT AUTHORITY:24046;
CITY OF QUEZON:23790; CITY OF DAVAO, DAVAO DEL SUR:22005;
PHILIPPINE AMUSEMENT AND GAMING CORPORATION:19339; CITY OF PASIG:17256;
LANDBANK OF THE PHILIPPINES - HEAD OFFICE:14272; CITY OF MAKATI:11255; BANGKO SENTRAL NG PILIPINAS:11025;
DEPARTMENT OF AGRICULTURE - REGION III:9251; CITY OF MANILA:7140; NATIONAL POWER CORPORATION:6727;
DEPARTMENT OF HEALTH - MAIN:6615; DEPARTMENT OF EDUCATION - MAIN:5520; PROCUREMENT SERVICE:3239;
DEPARTMENT OF NATIONAL DEFENSE - PROCUREMENT UNIT:3127; METROPOLITAN CEBU WATER DISTRICT:2923;
PHILIPPINE AIR FORCE:2831; NATIONAL IRRIGATION ADMINISTRATION - CENTRAL OFFICE:1474;
NATIONAL HOUSING AUTHORITY:1308; PHILIPPINE PORTS AUTHORITY - HEAD OFFICE:875;
POWER SECTOR ASSETS AND LIABILITIES MANAGEMENT CORPORATION:303
"""
)
BUYER_NAMES = 24_465
BUYER_NAME_LENGTH = 60
"""Where the published names are cut."""

RankCurve = tuple[tuple[float, float], ...]
BUYER_RANKS: RankCurve = (
    (0.00004, 47528),
    (0.001, 15286),
    (0.01, 4399),
    (0.05, 917),
    (0.10, 342),
    (0.25, 38),
    (0.50, 8),
    (0.75, 2),
    (0.81, 1),
    (1.0, 1),
)
SUPPLIER_NAMES = 127_049
SUPPLIER_RANKS: RankCurve = (
    (0.0000135, 7078),
    (0.001, 1400),
    (0.01, 420),
    (0.05, 130),
    (0.10, 64),
    (0.25, 17),
    (0.50, 4),
    (0.726, 1),
    (1.0, 1),
)

SIGMA = {"works": 1.9, "consulting": 1.6, "services": 1.6, "goods": 1.6}
"""Spread of the logarithm of an amount within a category."""
HIGHEST_AMOUNT = 45_000_000_000
ROUNDING = ((0.0047, 1_000_000), (0.045, 100_000), (0.172, 10_000), (0.369, 1_000), (0.743, 10), (0.863, 1))
"""Cumulative share of amounts that are a multiple of so many pesos; what is left over has centavos."""
THRESHOLDS = {
    500_000: 1.78,
    1_000_000: 2.91,
    2_000_000: 2.0,
    5_000_000: 3.25,
    10_000_000: 3.13,
    50_000_000: 4.0,
}
"""Amount at which the law asks for more -> how many lie within 5 % below it for one within 5 % above."""

MONTHS = (62, 74, 90, 76, 82, 85, 84, 80, 84, 87, 92, 104)
"""Weights of the calendar months; the year ends busy."""
WEEKEND_WEIGHT = 0.25

FLOOD_AMOUNTS = (
    (0.0, 1_150_000),
    (0.01, 4_634_032),
    (0.05, 4_945_832),
    (0.10, 9_610_657),
    (0.25, 24_500_000),
    (0.50, 48_991_583),
    (0.75, 85_296_011),
    (0.90, 96_500_000),
    (0.95, 113_869_982),
    (0.99, 192_998_225),
    (1.0, 289_500_000),
)
"""Quantiles of the flood control contracts."""
FLOOD_EXACT = ((0.035, 49_000_000), (0.070, 96_500_000), (0.090, 4_950_000), (0.105, 9_800_000))
"""Cumulative share of contracts at exactly so many pesos: 96.5 to 98 % of a round budget."""
FLOOD_YEARS = {2022: 2531, 2023: 3828, 2024: 3120, 2025: 376}
FLOOD_MONTHS = (50, 52, 54, 50, 52, 53, 66, 74, 80, 86, 100, 128)
FLOOD_CENTAVOS, FLOOD_JOINT, FLOOD_FORMERLY = 0.72, 0.14, 0.22
