// The watches of an agent's configuration: programs and an HTTP server that are told of what is new, and a reload.

import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { listen } from "../cli/support.ts";
import { createAgent, createSingleServer, untilLeads, withFolder } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import { put } from "../support/servers.ts";
import { until } from "../support/until.ts";

test("an agent tells programs and servers of what its configuration watches, and after a reload of what it watches then", () =>
  withFolder(async (folder) => {
    const bodies: string[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      request.on("end", () => {
        bodies.push(`${request.method} ${request.headers["x-mine"]} ${body}`);
        response.end("taken");
      });
    });
    const close = await listen(server);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { spec } = await createSingleServer(folder);
    const config = join(folder, "watches.hcl");
    const seen = (name: string): string => {
      try {
        return readFileSync(join(folder, name), "utf8");
      } catch {
        return "";
      }
    };
    const http = `handler_type = "http" http_handler_config { path = "${url}" method = "PUT" header { x-mine = ["1"] } }`;
    writeFileSync(
      config,
      `log_level = "debug"
       watches = [
         { type = "key" key = "a" args = ["sh", "-c", "cat >> ${folder}/a.log; echo heard at $CONSUL_INDEX; exit 3"] },
         { type = "keyprefix" prefix = "p/" ${http} }
       ]`,
    );
    const agent = createAgent(folder, "s1", { ...spec, flags: [...spec.flags, "-config-file", config] });
    agent.start();
    try {
      await untilLeads(agent);
      await put(agent, "a", "1");
      await until("the program has read the key", () => seen("a.log").includes('"Value":"MQ=="'));
      await put(agent, "p/x", "2");
      await until("the server was told of the prefix", () => bodies.some((body) => body.includes("p/x")));
      expect(bodies.at(-1)).toMatch(/^PUT 1 \[\{"Key":"p\/x",.*"Value":"Mg=="/);
      const log = await until("the program's end is in the log", () => {
        const text = readFileSync(spec.logFile, "utf8");
        return /output="heard at [1-9]/.test(text) && text;
      });
      expect(log).toMatch(/\[ERROR\] agent: Failed to run watch handler: .* error="exit status 3"/);

      const told = bodies.length;
      writeFileSync(
        config,
        `watches = [{ type = "key" key = "b" args = ["sh", "-c", "cat >> ${folder}/b.log"] }]`,
      );
      const reloaded = await askOnce(agent.http, { method: "PUT", target: "/v1/agent/reload" });
      expect(reloaded).toMatchObject({ ok: true, status: 200 });
      await until("what is watched now was read", () => seen("b.log") === "null\n");
      const before = seen("a.log");
      await put(agent, "a", "3");
      await put(agent, "p/x", "4");
      await put(agent, "b", "5");
      await until("the key was read", () => seen("b.log").includes('"Value":"NQ=="'));
      expect([seen("a.log"), bodies.length]).toEqual([before, told]);
    } finally {
      await agent.kill();
      await close();
    }
  }));
