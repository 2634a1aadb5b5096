// What the tests of configuration share: loading for a machine that does not exist, from files that are gone afterwards.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Host } from "../../../src/adapters/config/build.ts";
import { type Loaded, loadSettings, type Purpose } from "../../../src/adapters/config/load.ts";
import type { AgentSettings, ConfigSources } from "../../../src/adapters/config/settings.ts";

/** One interface with a private address, one with a public one, and the loopback. */
export const HOST: Host = {
  hostname: "machine",
  interfaces: [
    { name: "lo", ip: "127.0.0.1", prefixBits: 8, loopback: true, default: false },
    { name: "lo", ip: "::1", prefixBits: 128, loopback: true, default: false },
    { name: "eth0", ip: "10.1.2.3", prefixBits: 16, loopback: false, default: true },
    { name: "eth0", ip: "fe80::1", prefixBits: 64, loopback: false, default: true },
    { name: "eth1", ip: "8.8.4.4", prefixBits: 24, loopback: false, default: false },
  ],
};

export interface Given extends Partial<ConfigSources> {
  /** Files by name, written to the directory of the load. */
  readonly files?: Readonly<Record<string, string>>;
  readonly host?: Host;
  readonly purpose?: Purpose;
}

/** Loads; `paths` are by default those of the files, in their order. */
export function load({ files = {}, host = HOST, purpose = "start", ...sources }: Given): Loaded {
  const cwd = mkdtempSync(join(tmpdir(), "quorate-config-"));
  try {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(join(cwd, name)), { recursive: true });
      writeFileSync(join(cwd, name), content, "latin1");
    }
    const all: ConfigSources = {
      dev: false,
      paths: Object.keys(files),
      format: undefined,
      listFlags: new Map(),
      scalarFlags: new Map(),
      fragments: [],
      cwd,
      ...sources,
    };
    return loadSettings(all, purpose, host);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}

/** What every agent needs. */
export const BASE = 'data_dir = "/nowhere/data"\n';

/** The settings of an agent with this HCL. @throws when they are refused. */
export function settingsOf(hcl: string, more: Given = {}): AgentSettings {
  const loaded = load({ files: { "a.hcl": BASE + hcl }, ...more });
  if (!loaded.ok) throw new Error(loaded.error);
  return loaded.settings;
}

/** Why this HCL is refused. @throws when it is not. */
export function faultOf(hcl: string, more: Given = {}): string {
  const loaded = load({ files: { "a.hcl": BASE + hcl }, ...more });
  if (loaded.ok) throw new Error("it was accepted");
  return loaded.error;
}

/** Several faults as Consul lists them. */
export function listed(...faults: readonly string[]): string {
  const head = faults.length === 1 ? "1 error occurred:" : `${faults.length} errors occurred:`;
  return `${head}\n${faults.map((fault) => `\t* ${fault}\n`).join("")}\n`;
}
