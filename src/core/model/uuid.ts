// Ids of sessions and of prepared queries, which the original looks up by their digits.

import { utf8 } from "../lib/bytes.ts";

/** As nearly all are given, and as the original writes them. */
const CANONICAL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * What an index of the original's by UUIDs finds wrong with an id, in its words (go-memdb's UUIDFieldIndex); undefined for
 * one that could be there.
 */
export function uuidFault(text: string): string | undefined {
  if (CANONICAL.test(text)) return undefined;
  const id = utf8(text);
  if (id.length !== 36) return "UUID must be 36 characters";
  const hyphens = id.split("-").length - 1;
  if (hyphens > 4) return `UUID should have maximum of 4 "-"; got ${hyphens}`;
  if (hyphens % 2 !== 0) return "Input (without hyphens) must be even length";
  const strange = /[^-0-9a-fA-F]/.exec(id)?.[0];
  if (strange === undefined) return undefined;
  const code = strange.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  const shown = /[ -~\xa1-\xac\xae-\xff]/.test(strange) ? ` '${strange}'` : "";
  return `Invalid UUID: encoding/hex: invalid byte: U+${code}${shown}`;
}

/** An id as such an index has it: the original looks at the digits alone, not at their case nor where the hyphens are. */
export function canonicalUuid(id: string): string {
  if (CANONICAL.test(id)) return id;
  const digits = id.replaceAll("-", "").toLowerCase();
  return digits.length === 32
    ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
    : id.toLowerCase();
}
