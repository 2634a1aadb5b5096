// Commands about intentions, against an agent with canned answers; scripts/compare plays them on Consul's program too.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inDirectory, run, runAgainst } from "./support.ts";

const ID = "93d184fc-e222-1c7c-a3d8-1eb8fc66b29e";
const WEB_DB = {
  ID,
  SourceNS: "default",
  SourceName: "web",
  DestinationNS: "ns",
  DestinationName: "db",
  Action: "deny",
  Precedence: 9,
  Meta: { b: "2", a: "1" },
  CreatedAt: "2026-11-22T05:14:08.5Z",
};
const URL = "/v1/connect/intentions";
const LISTED = { [`GET ${URL}`]: JSON.stringify([WEB_DB]) };

describe("intention create", () => {
  test("says what it wants in the fields of the API", async () => {
    const argv = ["intention", "create", "-deny", "-meta", "k=v", "web", "ns/db"];
    const ran = await runAgainst({ [`POST ${URL}`]: "{}" }, argv);
    expect(ran).toMatchObject({ code: 0, stdout: "Created: web => ns/db (deny)\n" });
    expect(JSON.parse(ran.asked[0]?.body ?? "")).toEqual({
      SourceNS: "default",
      SourceName: "web",
      DestinationNS: "ns",
      DestinationName: "db",
      SourceType: "consul",
      Action: "deny",
      Meta: { k: "v" },
    });
  });

  test("replaces, without a word, the one that there is", async () => {
    const answers = { ...LISTED, [`PUT ${URL}/${ID}`]: "{}" };
    const ran = await runAgainst(answers, ["intention", "create", "-replace", "web", "ns/db"]);
    expect(ran).toMatchObject({ code: 0, stdout: "", stderr: "" });
  });

  test("reads all files before it makes any", () =>
    inDirectory(async (cwd) => {
      writeFileSync(
        join(cwd, "good.json"),
        '{"SOURCENAME":"a","DestinationName":"b","Action":"allow"} and more',
      );
      writeFileSync(join(cwd, "bad.json"), '{"SourceName":5}');
      const argv = ["intention", "create", "-file", "good.json"];
      expect(await runAgainst({ [`POST ${URL}`]: "{}" }, argv, { cwd })).toMatchObject({
        stdout: "Created: a => b (allow)\n",
      });
      const both = await runAgainst({ [`POST ${URL}`]: "{}" }, [...argv, "bad.json"], { cwd });
      expect(both).toMatchObject({ code: 1, asked: [] });
      expect(both.stderr).toBe(
        "Error: json: cannot unmarshal number into Go struct field Intention.SourceName of type string\n",
      );
    }));
});

describe("intention check", () => {
  const asking = `GET ${URL}/check?destination=db&source=web&source-type=consul`;

  test.each([
    ['{"Allowed":true}', 0, "Allowed\n"],
    ['{"Allowed":false}', 1, "Denied\n"],
  ])("answers %s with exit code %i", async (body, code, stdout) => {
    const ran = await runAgainst({ [asking]: body }, ["intention", "check", "web", "db"]);
    expect(ran).toMatchObject({ code, stdout });
  });

  test.each([[["web"]], [["-nosuch"]], [["-http-addr=127.0.0.1:1", "web", "db"]]])(
    "which cannot be made, as %j, ends with 2",
    async (argv) => {
      expect(await run(["intention", "check", ...argv])).toMatchObject({ code: 2, stdout: "" });
    },
  );
});

describe("intentions that there are", () => {
  test("are listed", async () => {
    expect(await runAgainst(LISTED, ["intention", "list"])).toMatchObject({
      code: 0,
      stdout: `ID                                    Source  Action  Destination  Precedence\n${ID}  web     deny    ns/db        9\n`,
    });
    expect(await runAgainst({ [`GET ${URL}`]: "[]" }, ["intention", "list"])).toMatchObject({
      code: 2,
      stderr: "There are no intentions.\n",
    });
  });

  test("are found by the services they are between", async () => {
    const answers = {
      ...LISTED,
      [`GET ${URL}/${ID}`]: JSON.stringify(WEB_DB),
      [`DELETE ${URL}/${ID}`]: "true",
    };
    const got = await runAgainst(answers, ["intention", "get", "default/web", "ns/db"]);
    expect(got.stdout).toBe(`Source:       web
Destination:  ns/db
Action:       deny
ID:           ${ID}
Meta[a]:      1
Meta[b]:      2
Created At:   Sunday, 22-Nov-26 05:14:08 UTC
`);
    const deleted = await runAgainst(answers, ["intention", "delete", "web", "ns/db"]);
    expect(deleted).toMatchObject({ code: 0, stdout: "Intention deleted.\n" });
    expect(await runAgainst(answers, ["intention", "get", "web", "nobody"])).toMatchObject({
      code: 1,
      stderr: 'Error: Intention with source "web" and destination "nobody" not found.\n',
    });
  });

  test("match a service as its destination, unless it is to be the source", async () => {
    const body = JSON.stringify({ web: [WEB_DB] });
    const answers = {
      [`GET ${URL}/match?by=source&name=web`]: body,
      [`GET ${URL}/match?by=destination&name=web`]: "{}",
    };
    const matched = await runAgainst(answers, ["intention", "match", "-source", "web"]);
    expect(matched.stdout).toBe("web => ns/db (deny)\n");
    expect(await runAgainst(answers, ["intention", "match", "web"])).toMatchObject({ code: 0, stdout: "" });
  });
});
