// Which keys an agent starts with, from `encrypt` and from what was kept: recorded from starts of Consul 1.8.7.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type LoadedKeyrings, loadKeyrings } from "../../../src/adapters/storage/keyring-files.ts";
import { settingsOf } from "../config/support.ts";

const [OLD, NEW] = [1, 2].map((fill) => Buffer.alloc(32, fill).toString("base64")) as [string, string];

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "keyring-"));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

function start(hcl: string): LoadedKeyrings {
  return loadKeyrings({ ...settingsOf(hcl), dataDir });
}

function path(name: string = "local"): string {
  return join(dataDir, "serf", `${name}.keyring`);
}

function keep(text: string): void {
  mkdirSync(join(dataDir, "serf"), { recursive: true });
  writeFileSync(path(), text);
}

/** The keys of the LAN and the pools that lack the configured one, or why there is no start. */
function outcome(loaded: LoadedKeyrings): unknown {
  if (!loaded.ok) return loaded.error;
  return [loaded.settings.agent.gossipLan.keyring?.keys, loaded.lacking];
}

describe("an agent", () => {
  test("that was given no key, and kept none, does not encrypt", () => {
    expect(outcome(start(""))).toEqual([undefined, []]);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  test("begins its ring with the key that it is given, in a file that is its own", () => {
    expect(outcome(start(`encrypt = "${OLD}"`))).toEqual([[OLD], []]);
    expect(readFileSync(path(), "utf8")).toBe(`["${OLD}"]`);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(statSync(join(dataDir, "serf")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(dataDir, "serf"))).toEqual(["local.keyring"]);
  });

  test("goes on with the ring that it kept, whatever it is given, and says so if that is not in it", () => {
    keep(JSON.stringify([OLD]));
    expect(outcome(start(`encrypt = "${OLD}"`))).toEqual([[OLD], []]);
    expect(outcome(start(`encrypt = "${NEW}"`))).toEqual([[OLD], ["lan"]]);
    expect(outcome(start('encrypt = "aGVsbG8="'))).toEqual([[OLD], ["lan"]]);
    expect(outcome(start(""))).toEqual([[OLD], []]);
    expect(readFileSync(path(), "utf8")).toBe(JSON.stringify([OLD]));
  });

  test("reads what Consul writes after a change: indented, the primary first", () => {
    keep(`[\n  "${NEW}",\n  "${OLD}"\n]`);
    expect(outcome(start(""))).toEqual([[NEW, OLD], []]);
  });

  test("that is to keep no files takes the key alone, and leaves what is there", () => {
    keep(JSON.stringify([OLD]));
    expect(outcome(start("disable_keyring_file = true"))).toEqual([undefined, []]);
    expect(outcome(start(`disable_keyring_file = true\nencrypt = "${NEW}"`))).toEqual([[NEW], []]);
    const loaded = start("disable_keyring_file = true");
    expect(loaded.ok && loaded.settings.agent.keepsKeyrings).toBe(false);
    expect(readFileSync(path(), "utf8")).toBe(JSON.stringify([OLD]));
  });

  test("verifies unless it is told not to", () => {
    const ring = (hcl: string): unknown => {
      const loaded = start(`encrypt = "${OLD}"\n${hcl}`);
      return loaded.ok && loaded.settings.agent.gossipLan.keyring;
    };
    expect(ring("")).toMatchObject({ verifyIncoming: true, verifyOutgoing: true });
    expect(ring("encrypt_verify_incoming = false")).toMatchObject({
      verifyIncoming: false,
      verifyOutgoing: true,
    });
    expect(ring("encrypt_verify_outgoing = false")).toMatchObject({ verifyOutgoing: false });
  });
});

describe("does not start", () => {
  const failed = (why: string): string => `Failed to configure keyring: ${why}`;

  test.each([
    ["", "unexpected end of JSON input"],
    ["[]", "no keys present in keyring: PATH"],
    ["null", "no keys present in keyring: PATH"],
    ["{}", "json: cannot unmarshal object into Go value of type []string"],
    ["[1]", "json: cannot unmarshal number into Go value of type string"],
    ['["aGVsbG8="]', "key size must be 16, 24 or 32 bytes"],
    ['["z!"]', "illegal base64 data at input byte 1"],
  ])("with %j for a kept ring", (text, why) => {
    keep(text);
    expect(outcome(start(""))).toBe(failed(why.replace("PATH", path())));
  });

  test("with a ring that is no file", () => {
    mkdirSync(path(), { recursive: true });
    expect(outcome(start(""))).toBe(failed(`read ${path()}: illegal operation on a directory`));
  });

  test("with a key of a wrong length, of which nothing is kept", () => {
    expect(outcome(start('encrypt = "aGVsbG8="'))).toBe(
      failed("Invalid key: key size must be 16, 24 or 32 bytes"),
    );
    expect(readdirSync(dataDir)).toEqual([]);
    expect(outcome(start('encrypt = "aGVsbG8="\ndisable_keyring_file = true'))).toBe(
      failed("key size must be 16, 24 or 32 bytes"),
    );
  });
});
