// Services of the operating system, with a systemctl that says what it is told to.

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { make } from "./support.ts";

const { PATH } = process.env;
const folder = mkdtempSync(join(tmpdir(), "systemctl-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of `is-active -- NAME` it says NAME, and ends as systemctl does. */
const SYSTEMCTL = `#!/bin/sh
[ "$1 $2" = "is-active --" ] || exit 9
[ "$3" = unwell ] && { echo "Failed to connect to bus: Host is down" >&2; exit 1; }
echo "$3"
[ "$3" = active ] || exit 3
`;

test.each([
  ["active", 'passing Service "active" is healthy'],
  ["inactive", 'critical Service "inactive" is inactive'],
  ["failed", 'critical Service "failed" is failed'],
  ["activating", 'warning Service "activating" is activating'],
  ["unwell", "critical Failed to connect to bus: Host is down"],
])("a unit that is %s", async (osService, expected) => {
  const file = join(folder, "systemctl");
  writeFileSync(file, SYSTEMCTL);
  chmodSync(file, 0o755);
  expect(await make({ osService }, { env: { PATH: `${folder}:${PATH}` } })).toBe(expected);
});
