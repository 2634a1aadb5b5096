// What loads ask, as text: the names of keys, and what is made something else of with every request.

export const VALUE_BYTES = 128;
const KEY_DIGITS = 7;

export function keyName(number: number): string {
  return `bench/${String(number).padStart(KEY_DIGITS, "0")}`;
}

/** Becomes a new number with every request. In base64 as in any text, digits are digits. */
export const COUNTER: string = "0".repeat(12);
/** Becomes the number of the connection. */
export const CONNECTION = "@@@@";

/** A value of some 128 bytes in base64, which says something new in each request. */
export const NEW_VALUE: string = ((): string => {
  const text = `${"v".repeat((VALUE_BYTES * 4) / 3 - COUNTER.length - 2)}${COUNTER}`;
  return text.slice(text.length % 4);
})();
