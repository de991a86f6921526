// Amounts and figures in words. Pesos stay decimal text: they have more digits than a floating-point number.

export const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** @type {Record<string, number>} */
const UNITS = {
  "": 0,
  k: 3,
  thousand: 3,
  m: 6,
  mn: 6,
  million: 6,
  b: 9,
  bn: 9,
  billion: 9,
  t: 12,
  trillion: 12,
};
const TYPED = /^(\d*)(?:\.(\d*))?([a-z]*)$/;

/**
 * "1.5M", "1.5 million pesos" -> "1500000", "₱2,000.50" -> "2000.5", "" -> null. What is no amount comes back as undefined.
 * @param {string} typed
 * @returns {string | null | undefined}
 */
export function parseAmount(typed) {
  const text = typed
    .toLowerCase()
    .replace(/^\s*(₱|php|p(?=[\s\d]))/, "")
    .replace(/[\s,_]/g, "")
    .replace(/(?<=.)pesos?$/, "");
  if (text === "") return typed.trim() === "" ? null : undefined;
  const match = TYPED.exec(text);
  if (!match || (!match[1] && !match[2]) || !Object.hasOwn(UNITS, match[3])) return undefined;
  const [, whole, fraction = "", unit] = match;
  const shift = UNITS[unit];
  const digits = (whole + fraction.slice(0, shift).padEnd(shift, "0")).replace(/^0+(?=\d)/, "") || "0";
  const rest = fraction.slice(shift).replace(/0+$/, "");
  return rest ? `${digits}.${rest}` : digits;
}

/** Thousands in a decimal text: "1500000.50" -> "1,500,000.50". @param {string | number} text */
export function groupDigits(text) {
  const [whole, fraction] = String(text).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** @param {string} text  a decimal */
export const formatPesos = (text) => `₱${groupDigits(text)}`;

/** As formatPesos, with centavos only where there are some. @param {string} text  a decimal */
export const formatPesosBriefly = (text) => formatPesos(text).replace(/\.00$/, "");

/** Whether there are no centavos. @param {string} text  a decimal */
export const isWhole = (text) => /^-?\d+(?:\.0*)?$/.test(text);

const SPOKEN = new Intl.NumberFormat("en", { notation: "compact", compactDisplay: "long", maximumFractionDigits: 2 });

/** As people say it, "₱16.42 trillion"; below a million as it is. @param {string} text  a decimal */
export const sayPesos = (text) =>
  Math.abs(Number(text)) < 1e6 ? formatPesosBriefly(text) : `₱${SPOKEN.format(Number(text))}`;

/** "1 row", "1,000 rows". @param {number} count @param {string} noun */
export const countWords = (count, noun) => `${groupDigits(count)} ${noun}${count === 1 ? "" : "s"}`;

const SHORT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });

/** A count in few characters, for charts: "1.2K". @param {number} count */
export const formatShort = (count) => SHORT.format(count);

/**
 * Pesos in few characters, for charts: "₱1.23B". A floating-point number is exact enough for that.
 * @param {string | number} text
 */
export const formatShortPesos = (text) => `₱${SHORT.format(Number(text))}`;

/** A part of the whole in percent: 0.1234 -> "12.3 %". @param {number} share */
export function formatShare(share) {
  const percent = 100 * share;
  return percent > 0 && percent < 0.1 ? "< 0.1 %" : `${percent.toFixed(1)} %`;
}

/** A moment for people, in their time zone; null gives a dash. @param {string | null} iso */
export function formatTime(iso) {
  return iso ? new Date(iso).toLocaleString("en-PH", { dateStyle: "medium", timeStyle: "short" }) : "–";
}

/** "1.5 MB". @param {number} bytes */
export function formatSize(bytes) {
  const units = ["bytes", "KB", "MB", "GB"];
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** step).toLocaleString("en", { maximumFractionDigits: step ? 1 : 0 })} ${units[step]}`;
}

/** In the largest unit that says enough: "90 s" is "2 min". @param {number} seconds */
export function formatDuration(seconds) {
  const whole = Math.max(1, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  return whole < 5400 ? `${Math.round(whole / 60)} min` : `${(whole / 3600).toFixed(1)} h`;
}

/** The greatest amount below this one, by a centavo: "20000.00" -> "19999.99". @param {string} amount */
export const justBelow = (amount) => subtractPesos(amount, "0.01");

/** Amounts with two decimals each: "20000.00" less "0.50" is "19999.50". @param {string} whole @param {string} part */
export function subtractPesos(whole, part) {
  const centavos = BigInt(whole.replace(".", "")) - BigInt(part.replace(".", ""));
  const digits = String(centavos).replace("-", "").padStart(3, "0");
  return `${centavos < 0n ? "-" : ""}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
