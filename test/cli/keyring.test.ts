// `keyring` against canned answers of Consul 1.8.7, with what its own command printed.

import { describe, expect, test } from "vitest";
import { run, runAgainst } from "./support.ts";

const OLD = "hlbnjKxy5t1r/rJfPMKFW+yLagMDyUg/s2XYVpCjmrA=";
const NEW = "xl4eBvXV8zVQ62jLahthe2zNitWk1+XVm49Vj710u5s=";
const LISTED = JSON.stringify([
  {
    WAN: true,
    Datacenter: "dc1",
    Segment: "",
    Keys: { [NEW]: 1, [OLD]: 1 },
    PrimaryKeys: { [OLD]: 1 },
    NumNodes: 1,
  },
  {
    WAN: false,
    Datacenter: "dc1",
    Segment: "",
    Messages: { s2: "truncated key list response, showing first 1 of 2 keys" },
    Keys: { [OLD]: 2 },
    PrimaryKeys: { [OLD]: 2 },
    NumNodes: 2,
  },
]);

describe("keys are listed", () => {
  test("with how many of how many members have each", async () => {
    expect(await runAgainst({ "GET /v1/operator/keyring": LISTED }, ["keyring", "-list"])).toMatchObject({
      code: 0,
      stdout: `==> Gathering installed encryption keys...

WAN:
  ${OLD} [1/1]
  ${NEW} [1/1]

dc1 (LAN):
  ===> s2: truncated key list response, showing first 1 of 2 keys
  ${OLD} [2/2]
`,
    });
  });

  test("or only those that members send under", async () => {
    const answers = { "GET /v1/operator/keyring": LISTED };
    expect(await runAgainst(answers, ["keyring", "-list-primary"])).toMatchObject({
      code: 0,
      stdout: `==> Gathering installed primary encryption keys...

WAN:
  ${OLD} [1/1]

dc1 (LAN):
  ===> s2: truncated key list response, showing first 1 of 2 keys
  ${OLD} [2/2]
`,
    });
  });

  test("of the LAN alone, answers by way of others", async () => {
    const answers = { "GET /v1/operator/keyring?local-only=true&relay-factor=3": "[]" };
    const argv = ["keyring", "-list", "-local-only", "-relay-factor", "3"];
    expect(await runAgainst(answers, argv)).toMatchObject({
      code: 0,
      stdout: "==> Gathering installed encryption keys...\n",
    });
  });
});

describe("keys are changed", () => {
  test.each([
    ["-install", "POST", "Installing new gossip encryption key..."],
    ["-use", "PUT", "Changing primary gossip encryption key..."],
    ["-remove", "DELETE", "Removing gossip encryption key..."],
  ])("%s says so, and no more when it was done", async (flag, method, told) => {
    const answers = { [`${method} /v1/operator/keyring?relay-factor=1`]: "" };
    const argv = ["keyring", flag, NEW, "-relay-factor=1"];
    expect(await runAgainst(answers, argv)).toMatchObject({
      code: 0,
      stdout: `==> ${told}\n`,
      stderr: "",
    });
  });

  test("or it says where they were not", async () => {
    const body = "1 error occurred:\n\t* dc1 (LAN) error: 1/2 nodes reported success\n\n";
    const answers = { "PUT /v1/operator/keyring": { status: 500, body } };
    expect(await runAgainst(answers, ["keyring", "-use", NEW])).toMatchObject({
      code: 1,
      stdout: "==> Changing primary gossip encryption key...\n",
      stderr: `error: Unexpected response code: 500 (${body})\n`,
    });
  });
});

describe("what makes no sense is refused before anybody is asked", () => {
  test.each([
    [["-list", "-install", NEW], "Only a single action is allowed\n"],
    [["-list", "-list-primary"], "Only a single action is allowed\n"],
    [["-use", NEW, "-remove", OLD], "Only a single action is allowed\n"],
    [["-list", "-relay-factor", "6"], "Error parsing relay factor: Relay factor must be in range: [0, 5]\n"],
    [
      ["-use", NEW, "-relay-factor", "-1"],
      "Error parsing relay factor: Relay factor must be in range: [0, 5]\n",
    ],
    [
      ["-remove", OLD, "-local-only"],
      "Error validating local-only: local-only can only be set for list requests\n",
    ],
  ])("%j", async (argv, stderr) => {
    expect(await run(["keyring", ...argv])).toMatchObject({ code: 1, stdout: "", stderr });
  });

  test.each([[[]], [["-install", ""]]])("%j is answered with the help", async (argv) => {
    const { code, stderr } = await run(["keyring", ...argv]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^Usage: quorate keyring \[options\]\n/);
  });
});
