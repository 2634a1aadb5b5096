// UUIDs as HashiCorp's go-uuid draws them: 128 bits of chance, of which none says a version (unlike RFC 9562).

import type { Chance } from "./chance.ts";

const WORDS = 4;

/** @param site The name of the draw. */
export function drawUuid(chance: Chance, site: string): string {
  let hex = "";
  for (let word = 0; word < WORDS; word++)
    hex += chance
      .choose(site, 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Its halves, one on the other; undefined for what is no UUID. */
export function foldUuid(uuid: string): bigint | undefined {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(uuid)) return undefined;
  const hex = uuid.replaceAll("-", "");
  return BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`);
}
