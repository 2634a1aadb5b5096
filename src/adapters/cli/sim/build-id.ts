// Which code this is: the same seed of two builds is two runs, so results of both must not be added up.

import { createHash, type Hash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { OWN_VERSION } from "../../config/version.ts";

const DIGITS = 16;

/** "0.1.0+" and a fingerprint: of the bundle, or of the core's and the simulator's sources where those are run. */
export function buildId(): string {
  const hash = createHash("sha256");
  if (import.meta.url.endsWith(".ts"))
    for (const room of ["core", "sim"])
      addSources(hash, fileURLToPath(new URL(`../../../${room}`, import.meta.url)));
  else hash.update(readFileSync(fileURLToPath(import.meta.url)));
  return `${OWN_VERSION}+${hash.digest("hex").slice(0, DIGITS)}`;
}

function addSources(hash: Hash, directory: string): void {
  const files = readdirSync(directory, { recursive: true, encoding: "utf8" });
  for (const file of files.filter((each) => each.endsWith(".ts")).sort())
    hash.update(`${file}\n`).update(readFileSync(join(directory, file)));
}
