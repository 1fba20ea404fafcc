// How numbers, times and identifiers read on every page. Times are shown in UTC: auditors compare them across borders.

const grouped = new Intl.NumberFormat("en-US");

/** A whole number with separators; a dash where there is none. */
export function count(value) {
  return Number.isFinite(value) ? grouped.format(value) : "–";
}

/** "1 record", "3 records". */
export function plural(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function byteSize(bytes) {
  if (!Number.isFinite(bytes)) return "–";
  return bytes < 1000
    ? plural(bytes, "byte")
    : bytes < 1e6
      ? `${(bytes / 1000).toFixed(1)} kB`
      : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** The first and last digits of a hexadecimal identifier, which is shown in full in its detail panel. */
export function shortId(id, head = 8, tail = 4) {
  const text = String(id ?? "");
  return text.length <= head + tail + 1 ? text : `${text.slice(0, head)}…${text.slice(-tail)}`;
}

function pad(value, width = 2) {
  return String(value).padStart(width, "0");
}

/** Milliseconds since 1970 as "2026-11-22 14:03:07.120 UTC"; the milliseconds are left out when `precise` is false. */
export function utc(ms, precise = true) {
  const date = new Date(ms);
  if (!Number.isFinite(date.getTime())) return "no readable time";
  const day = `${date.getUTCFullYear()}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const clock = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return `${day} ${clock}${precise ? `.${pad(date.getUTCMilliseconds(), 3)}` : ""} UTC`;
}

/** ISO 8601 for the datetime attribute, or nothing when the time cannot be represented. */
export function iso(ms) {
  const date = new Date(ms);
  return Number.isFinite(date.getTime()) ? date.toISOString() : "";
}

/** How long ago, coarsely: "now", "42 s ago", "3 min ago", then the day itself. */
export function age(ms, now = Date.now()) {
  const seconds = Math.floor((now - ms) / 1000);
  if (!Number.isFinite(seconds)) return "–";
  if (seconds < -5) return `in ${span(-seconds)}`;
  if (seconds < 2) return "now";
  return seconds < 30 * 86400 ? `${span(seconds)} ago` : utc(ms).slice(0, 10);
}

function span(seconds) {
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** A signed difference in milliseconds: "+0.94 s", "−3.0 s", "+12 min". */
export function difference(ms) {
  if (!Number.isFinite(ms)) return "–";
  const sign = ms < 0 ? "−" : "+";
  const size = Math.abs(ms);
  if (size < 10_000) return `${sign}${(size / 1000).toFixed(2)} s`;
  if (size < 60_000) return `${sign}${(size / 1000).toFixed(1)} s`;
  return sign + span(Math.round(size / 1000));
}

/** The middle value; null for none. */
export function median(values) {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

// C0 and C1 controls, and the characters that reorder or hide text around them (UAX #9, zero-width forms).
const unseen = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Text that a stranger wrote: invisible and direction-changing characters are spelled out, and it ends somewhere. */
export function foreign(text, limit = 400) {
  const whole = String(text ?? "");
  const cut = whole.length > limit ? `${whole.slice(0, limit)}…` : whole;
  return cut.replace(unseen, (c) => `\\u${pad(c.charCodeAt(0).toString(16), 4)}`);
}

export function hex(bytes) {
  return Array.from(bytes, (b) => pad(b.toString(16))).join("");
}

/** Lines of offset, sixteen bytes, and the printable ones. */
export function hexDump(bytes) {
  const lines = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = bytes.subarray(at, at + 16);
    const digits = Array.from(row, (b) => pad(b.toString(16)))
      .join(" ")
      .padEnd(47);
    const text = Array.from(row, (b) => (b >= 0x20 && b < 0x7f ? String.fromCharCode(b) : "·")).join("");
    lines.push(`${pad(at.toString(16), 4)}  ${digits}  ${text}`);
  }
  return lines.join("\n");
}
