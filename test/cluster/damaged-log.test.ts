import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { type ByteString, bytesOf } from "../../src/core/lib/bytes.ts";
import { encodeRecord } from "../../src/core/wal/record.ts";
import type { AgentProcess } from "../support/agent-process.ts";
import { createSingleServer, untilLeads, withFolder } from "../support/cluster.ts";
import { askOnce } from "../support/http-client.ts";
import { checksums, flipBit, type LogSegment, lastSegment, overwrite } from "../support/wal-files.ts";

const WRITES = 30;
/** Some records span several sectors. */
const VALUE = "v".repeat(1500);

/** A server that took writes, one after the other, and was killed. */
async function killedServer(folder: string): Promise<AgentProcess> {
  const server = await createSingleServer(folder);
  server.start();
  await untilLeads(server);
  for (let count = 1; count <= WRITES; count++) {
    const written = await askOnce(server.http, {
      method: "PUT",
      target: `/v1/kv/k${count}`,
      body: VALUE + count,
    });
    expect(written).toMatchObject({ ok: true, body: "true" });
  }
  await server.kill();
  return server;
}

describe("a server whose log is damaged", () => {
  test.each<[string, (segment: LogSegment) => { at: number; named: number }]>([
    ["in the content of a record in the middle", ({ records }) => place(records, 0.5, 200)],
    ["in the header of a record in the middle", ({ records }) => place(records, 0.5, 9)],
    ["in the first record", ({ records }) => place(records, 0, 30)],
    ["in the very last record, which was written whole", ({ records }) => place(records, 1, 100)],
    ["in the segment's header", () => ({ at: 20, named: 0 })],
  ])("%s does not start, says where, and touches nothing", (_, damage) =>
    withFolder(async (folder) => {
      const server = await killedServer(folder);
      const segment = lastSegment(server.spec.dataDir);
      const { at, named } = damage(segment);
      flipBit(segment.path, at);
      const files = join(server.spec.dataDir, "raft");
      const before = checksums(files);
      const said = server.log().length;

      server.start();

      expect(await server.ended()).toEqual({ code: 1, signal: null });
      const log = server.log().slice(said);
      expect(log).toContain("Error starting agent");
      expect(log).toContain(`${relative(server.spec.dataDir, segment.path)}, byte ${named}: `);
      expect(checksums(files)).toEqual(before);
    }),
  );

  function place(
    records: LogSegment["records"],
    where: number,
    inside: number,
  ): { at: number; named: number } {
    const { offset = 0 } = records[Math.round(where * (records.length - 1))] ?? {};
    return { at: offset + inside, named: offset };
  }
});

describe("a server that was cut off in the middle of a write", () => {
  test("starts, says what it cut off, and has all that was acknowledged", () =>
    withFolder(async (folder) => {
      const server = await killedServer(folder);
      const { path, salt, records, end } = lastSegment(server.spec.dataDir);
      const sequence = (records.at(-1)?.sequence ?? 0) + 1;
      const bytes = bytesOf("x".repeat(4000) as ByteString);
      const { parts } = encodeRecord(
        sequence,
        [{ kind: "entries", entries: { firstIndex: sequence, count: 1, bytes } }],
        salt,
        undefined,
      );
      overwrite(path, end, Buffer.concat(parts).subarray(0, 700));

      server.start();
      await untilLeads(server);

      expect(server.log()).toContain("cut off a write that was interrupted");
      for (let count = 1; count <= WRITES; count++)
        expect(await askOnce(server.http, { method: "GET", target: `/v1/kv/k${count}?raw` })).toMatchObject({
          status: 200,
          body: VALUE + count,
        });
      expect(lastSegment(server.spec.dataDir).records.at(-1)?.sequence).toBeGreaterThanOrEqual(sequence);
      await server.kill();
    }));
});
