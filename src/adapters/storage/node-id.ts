// The file data_dir/node-id: who this agent is, for as long as its data lives. A user may edit it, so it is checked;
// the texts are Consul's (agent.setupNodeID), and so is the format: a UUID without a newline.

import { createHash } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { join } from "node:path";
import { systemText } from "./disk-error.ts";

export type LoadedNodeId =
  | { readonly ok: true; readonly nodeId: string }
  | { readonly ok: false; readonly error: string };

/**
 * The node id kept in a data directory, which is locked.
 * @param fresh The id to keep when there is none yet: a UUID in lower case.
 */
export function loadNodeId(dataDir: string, fresh: string): LoadedNodeId {
  const path = join(dataDir, "node-id");
  try {
    const kept = readFileSync(path, "utf8").trim().toLowerCase();
    const wrong = uuidFault(kept);
    if (wrong === undefined) return { ok: true, nodeId: kept };
    return { ok: false, error: `failed to setup node ID: NodeID in ${path} is invalid: ${wrong}` };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT")
      return { ok: false, error: `failed to setup node ID: open ${path}: ${systemText(error)}` };
  }
  try {
    keep(dataDir, path, fresh);
    return { ok: true, nodeId: fresh };
  } catch (error) {
    return { ok: false, error: `failed to setup node ID: write ${path}: ${systemText(error)}` };
  }
}

/**
 * The node id that is made of a machine's own id, as Consul makes it (a hash, so that ids of machines made in a row are far
 * apart); undefined when that is no UUID.
 */
export function hostNodeId(hostId: string): string | undefined {
  if (uuidFault(hostId) !== undefined) return undefined;
  const hash = createHash("sha512").update(hostId).digest("hex");
  return hash.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Whole or not at all: half an id would keep the agent from ever starting again. */
function keep(dataDir: string, path: string, nodeId: string): void {
  const temporary = `${path}.tmp`;
  withDescriptor(temporary, "w", (fd) => {
    writeSync(fd, nodeId);
    fsyncSync(fd);
  });
  renameSync(temporary, path);
  withDescriptor(dataDir, "r", fsyncSync);
}

function withDescriptor(path: string, flags: string, use: (fd: number) => void): void {
  const fd = openSync(path, flags, 0o600);
  try {
    use(fd);
  } finally {
    closeSync(fd);
  }
}

const HYPHENS: readonly number[] = [8, 13, 18, 23];

/** What is wrong with a UUID, in the words of HashiCorp's go-uuid and Go's encoding/hex; undefined for a good one. */
export function uuidFault(text: string): string | undefined {
  if (Buffer.byteLength(text) !== 36) return "uuid string is wrong length";
  if (HYPHENS.some((at) => text[at] !== "-")) return "uuid is improperly formatted";
  const digits = [...text].filter((_, at) => !HYPHENS.includes(at));
  const bad = digits.find((digit) => !/[0-9a-fA-F]/.test(digit));
  if (bad === undefined) return undefined;
  const code = (bad.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
  return `encoding/hex: invalid byte: U+${code} '${bad}'`;
}
