// Times of day as text: from milliseconds since 1970, in UTC, without asking the host.

/** "2026-11-21" and "11:52:14". */
export function utcText(unixMs: number): { readonly date: string; readonly time: string } {
  const days = Math.floor(unixMs / 86_400_000);
  const seconds = Math.floor((unixMs - days * 86_400_000) / 1000);
  const time = [seconds / 3600, (seconds / 60) % 60, seconds % 60].map((part) => two(Math.floor(part)));
  return { date: dateText(days), time: time.join(":") };
}

/** The date so many days after 1970-01-01 (Hinnant, "chrono-compatible low-level date algorithms", civil_from_days). */
function dateText(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const ofEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (ofEra - Math.floor(ofEra / 1460) + Math.floor(ofEra / 36_524) - Math.floor(ofEra / 146_096)) / 365,
  );
  const ofYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * ofYear + 2) / 153);
  const day = ofYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(day)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

/** As Go prints a moment: "2026-11-21T11:52:14.05Z", without zeros at the end of the fraction. */
export function instantText(unixMs: number): string {
  const { date, time } = utcText(unixMs);
  const fraction = String(unixMs - Math.floor(unixMs / 1000) * 1000)
    .padStart(3, "0")
    .replace(/0+$/, "");
  return `${date}T${time}${fraction === "" ? "" : `.${fraction}`}Z`;
}
