// The data directory of a Consul agent, taken over. The files are as Consul 1.8.7 writes them.

import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Bytes } from "../../../src/core/lib/bytes.ts";
import { createConsulFiles, nextConsulRead, onConsulRead } from "../../../src/core/local/consul-files.ts";
import {
  ask,
  type Bench,
  checkLines,
  get,
  layBench,
  register,
  restart,
  service,
  serviceIds,
} from "./bench.ts";

const SERVICE = {
  Token: "t",
  Service: {
    ID: "web1",
    Service: "web",
    Tags: ["a"],
    Address: "10.1.1.1",
    TaggedAddresses: { wan: { Address: "1.2.3.4", Port: 81 }, lan: { Address: "10.1.1.1", Port: 80 } },
    Meta: { z: "1", a: "2" },
    Port: 80,
    Weights: { Passing: 3, Warning: 2 },
    EnableTagOverride: true,
    Proxy: { MeshGateway: {}, Expose: {} },
    Connect: {},
    CreateIndex: 0,
    ModifyIndex: 0,
  },
  Source: "remote",
};

function checkFile(id: string, type: object): object {
  return {
    Check: {
      Node: "n",
      CheckID: id,
      Name: `${id}'s`,
      Status: "passing",
      Notes: "note",
      ServiceID: "web1",
      Type: "ttl",
    },
    ChkType: { CheckID: "", ScriptArgs: null, Header: null, Interval: 0, TTL: 0, ...type },
    Token: "",
    Source: "remote",
  };
}

function put({ disk }: Bench, file: string, content: unknown): void {
  disk.files.set(file, utf8Bytes(typeof content === "string" ? content : JSON.stringify(content)));
}

test("services, checks and what TTL checks were told are taken over once, and kept from then on", () => {
  const bench = layBench();
  put(bench, "services/0a", SERVICE);
  put(bench, "checks/1a", checkFile("told", { TTL: 60e9 }));
  put(bench, "checks/1b", checkFile("silent", { TTL: 60e9 }));
  put(bench, "checks/1c", checkFile("http", { HTTP: "http://x", Interval: 10e9, Header: { "X-A": ["1"] } }));
  put(bench, "checks/state/2a", { CheckID: "told", Output: "ok", Status: "passing", Expires: 30 });
  put(bench, "services/bad", "{");
  restart(bench);
  const { services } = get(bench, { kind: "agent.services" }, "local-services");
  expect(services).toEqual([
    {
      ...service("web1", { service: "web", tags: ["a"], address: "10.1.1.1", token: "t" }),
      meta: [
        ["a", "2"],
        ["z", "1"],
      ],
      taggedAddresses: [
        ["lan", { address: "10.1.1.1", port: 80 }],
        ["wan", { address: "1.2.3.4", port: 81 }],
      ],
      weights: { passing: 3, warning: 2 },
      enableTagOverride: true,
    },
  ]);
  expect(checkLines(bench)).toEqual(["http critical", "silent critical", "told passing ok"]);
  expect(bench.out).toContainEqual(
    expect.objectContaining({ type: "notice", fields: { file: "services/bad" } }),
  );
  expect(bench.disk.files.has("services/0a")).toBe(true);
  // They are not looked at again.
  ask(bench, { kind: "agent.deregister-service", serviceId: "web1" });
  restart(bench);
  expect(serviceIds(bench)).toEqual([]);
});

test("an agent that has kept something itself does not look for Consul's", () => {
  const bench = layBench();
  register(bench, service("mine"));
  put(bench, "services/0a", SERVICE);
  restart(bench);
  expect(serviceIds(bench)).toEqual(["mine"]);
});

test("no file makes the reader do more than pass it over", () => {
  const json = fc.oneof(
    fc.string(),
    fc.json(),
    fc.constant(JSON.stringify(SERVICE)),
    fc.json().map((each) => `{"Service":${each},"Check":${each},"ChkType":${each}}`),
  );
  fc.assert(
    fc.property(json, fc.constantFrom("services", "checks", "checks/state"), (content, folder) => {
      const reading = createConsulFiles();
      const files = [{ name: "f", size: content.length }];
      while (reading.folders.length > 0)
        onConsulRead(reading, {
          type: "disk-done",
          op: 1,
          result: { ok: true, files: reading.folders[0] === folder ? files : [] },
        });
      onConsulRead(reading, { type: "disk-done", op: 1, result: { ok: true, bytes: utf8Bytes(content) } });
      expect(reading.found.length + reading.passedOver.length).toBe(1);
      expect(nextConsulRead(reading)).toBeUndefined();
    }),
  );
});
