// Names of organizations in few characters: "DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS - AURORA 2ND DEO" is
// "DPWH · Aurora 2nd DEO". What hundreds of offices share is said by the initials that everybody knows them by.

/** The agencies that have offices by the dozen in the published files, and what people call them. */
const AGENCIES = Object.entries({
  "DEPARTMENT OF PUBLIC WORKS AND HIGHWAYS": "DPWH",
  "DEPARTMENT OF EDUCATION": "DepEd",
  "DEPARTMENT OF HEALTH": "DOH",
  "DEPARTMENT OF AGRICULTURE": "DA",
  "DEPARTMENT OF AGRARIAN REFORM": "DAR",
  "DEPARTMENT OF ENVIRONMENT AND NATURAL RESOURCES": "DENR",
  "DEPARTMENT OF SOCIAL WELFARE AND DEVELOPMENT": "DSWD",
  "DEPARTMENT OF THE INTERIOR AND LOCAL GOVERNMENT": "DILG",
  "DEPARTMENT OF LABOR AND EMPLOYMENT": "DOLE",
  "DEPARTMENT OF SCIENCE AND TECHNOLOGY": "DOST",
  "DEPARTMENT OF TRADE AND INDUSTRY": "DTI",
  "DEPARTMENT OF INFORMATION AND COMMUNICATIONS TECHNOLOGY": "DICT",
  "TECHNICAL EDUCATION AND SKILLS DEVELOPMENT AUTHORITY": "TESDA",
  "BUREAU OF FISHERIES AND AQUATIC RESOURCES": "BFAR",
  "BUREAU OF INTERNAL REVENUE": "BIR",
  "NATIONAL IRRIGATION ADMINISTRATION": "NIA",
  "PHILIPPINE NATIONAL POLICE": "PNP",
  "PHILIPPINE STATISTICS AUTHORITY": "PSA",
  "LAND TRANSPORTATION OFFICE": "LTO",
});
const PARTS = /^\s*(?:-|–|,|:|\()\s*(\S.*)$/;
const KEPT = /^(?:DEO|RO|[IVX]+(?:-[A-Z])?|NCR|CAR|BARMM|CARAGA|MIMAROPA|CALABARZON|SOCCSKSARGEN)$/;
const SMALL = /^(?:of|and|the|for|de|del|ng)$/i;

/**
 * A name of an organization, shortened where it begins with an agency of AGENCIES and goes on; others stay as they are.
 * @param {string} name
 */
export function shortenOrganization(name) {
  const plain = name.replaceAll("&", "AND").replaceAll(/\s+/g, " ");
  for (const [agency, initials] of AGENCIES) {
    if (!plain.toUpperCase().startsWith(agency)) continue;
    const rest = PARTS.exec(plain.slice(agency.length));
    if (rest) return `${initials} · ${easeCase(rest[1].replace(/^([^(]*)\)$/, "$1"))}`;
  }
  return name;
}

/** Capitals alone are hard to read: "LANAO DEL NORTE 1ST DEO" is "Lanao del Norte 1st DEO". @param {string} text */
function easeCase(text) {
  const offices = text.replace(/DISTRICT ENGINEERING OFFICE/i, "DEO");
  if (/[a-z]/.test(offices.replace("DEO", ""))) return offices;
  return offices
    .split(" ")
    .map((word, index) => easeWord(word, index === 0))
    .join(" ");
}

/** @param {string} word @param {boolean} first */
function easeWord(word, first) {
  if (KEPT.test(word.replaceAll(/[(),.]/g, ""))) return word;
  const lower = word.toLowerCase();
  if (SMALL.test(word) && !first) return lower;
  return lower.replaceAll(/(^|[-(/])\p{L}/gu, (letter) => letter.toUpperCase());
}
