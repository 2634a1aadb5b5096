// What docs/deploy and docs/install.md tell operators to write is what the agent understands: flags, and configuration that
// validates without a warning.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { AGENT_FLAGS, sourcesOf } from "../../src/adapters/cli/agent-flags.ts";
import { parseFlags } from "../../src/adapters/cli/flags.ts";
import { loadSettings } from "../../src/adapters/config/load.ts";
import { must } from "../../src/core/lib/assert.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const directory = mkdtempSync(join(tmpdir(), "quorate-deployments-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function page(name: string): string {
  return readFileSync(join(DOCS, name), "utf8");
}

/** The first thing in the page that the pattern's group finds, as a file of configuration. */
function configurationIn(text: string, pattern: RegExp): string {
  const file = join(mkdtempSync(join(directory, "config-")), "agent.hcl");
  writeFileSync(file, must(pattern.exec(text)?.[1], "the page has a configuration"));
  return file;
}

function warningsOf(args: readonly string[]): readonly string[] {
  const parsed = parseFlags(AGENT_FLAGS, args);
  if (!parsed.ok) throw new Error(parsed.error);
  expect(parsed.args).toEqual([]);
  const loaded = loadSettings(sourcesOf(parsed.values, directory), "start");
  if (!loaded.ok) throw new Error(loaded.error);
  return loaded.settings.warnings;
}

const EXPECTED = ["bootstrap_expect > 0: expecting 3 servers"];

test("the configuration and the command line of the StatefulSet", () => {
  const yaml = page("deploy/kubernetes.yaml");
  const indented = configurationIn(yaml, /server\.hcl: \|\n((?: {4}.*\n)+)/);
  const args = [...yaml.matchAll(/^ {12}- (-.*)$/gm)].map(([, arg]) =>
    must(arg, "the pattern has a group")
      .replace("$(POD_NAME)", "quorate-0")
      .replace("$(POD_IP)", "10.1.2.3")
      .replace("/quorate/config", indented)
      .replace("-config-dir", "-config-file"),
  );
  expect(args.length).toBe(4);
  expect(warningsOf(args)).toEqual(EXPECTED);
});

test("the configuration of a server in the page about installing", () => {
  const example = page("install.md")
    .replace('"{{ GetPrivateIP }}"', '"127.0.0.1"')
    .replace('"…"', `"${"A".repeat(43)}="`);
  const file = configurationIn(example, /```hcl\n([\s\S]*?)```/);
  expect(warningsOf(["-config-file", file])).toEqual(EXPECTED);
});

test("the command lines of the unit and of the image", () => {
  const empty = join(directory, "empty");
  mkdirSync(empty);
  const unit = must(
    /^ExecStart=.* quorate agent (.*)$/m.exec(page("deploy/quorate.service"))?.[1],
    "it starts an agent",
  );
  const started = unit.replace("/etc/quorate.d", empty).split(" ");
  expect(warningsOf([...started, "-bind=127.0.0.1"])).toEqual([]);
  const image = must(/^CMD (\[.*\])$/m.exec(page("deploy/Dockerfile"))?.[1], "it has a command");
  expect(warningsOf((JSON.parse(image) as string[]).slice(1))).toEqual([]);
});
