import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type DnsMessage, type DnsRecord, FLAG, RECORD } from "../../../src/core/dns/message.ts";
import { type DnsName, labelsOf, lowerName, nameOfLabels, nameOfText } from "../../../src/core/dns/name.ts";
import { readAnswer, readQuery } from "../../../src/core/dns/read-message.ts";
import { DEFAULT_DNS } from "../../../src/core/dns/settings.ts";
import { trimMessage } from "../../../src/core/dns/trim.ts";
import { messageBytes, writeMessage } from "../../../src/core/dns/write-message.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";
import { questionBytes } from "../../support/dns.ts";

const label = fc
  .array(fc.constantFrom(..."abcXYZ019-_"), { minLength: 1, maxLength: 12 })
  .map((letters) => letters.join("") as ByteString);
const name = fc
  .array(fc.oneof(label, fc.constantFrom("service", "consul", "dc1", "addr")), { maxLength: 6 })
  .map((labels) => nameOfLabels(labels as ByteString[]) as DnsName);
const bytes4 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  minLength: 4,
  maxLength: 4,
});
const word = fc.integer({ min: 0, max: 0xffff });
const record: fc.Arbitrary<DnsRecord> = fc.oneof(
  fc.record({
    name,
    type: fc.constant(RECORD.A),
    ttl: word,
    data: bytes4.map((bytes) => ({ kind: "bytes", bytes: bytes as ByteString }) as const),
  }),
  fc.record({
    name,
    type: fc.constant(RECORD.CNAME),
    ttl: word,
    data: name.map((target) => ({ kind: "name", target }) as const),
  }),
  fc.record({
    name,
    type: fc.constant(RECORD.SRV),
    ttl: word,
    data: fc.record({
      kind: fc.constant("srv" as const),
      priority: word,
      weight: word,
      port: word,
      target: name,
    }),
  }),
);
const message: fc.Arbitrary<DnsMessage> = fc.record({
  id: word,
  opcode: fc.constant(0),
  flags: fc.constant(FLAG.response),
  rcode: fc.constant(0 as const),
  question: fc.record({ name, type: word, class: word }),
  answers: fc.array(record, { maxLength: 40 }),
  authority: fc.constant([]),
  additional: fc.array(record, { maxLength: 10 }),
  edns: fc.constant(undefined),
});

describe("messages", () => {
  test("written and read again are the same, compressed or not, and as long as was said", () => {
    fc.assert(
      fc.property(message, fc.boolean(), (written, compresses) => {
        const made = writeMessage(written, compresses);
        expect(made?.bytes.length).toBe(messageBytes(written, compresses));
        expect(readAnswer(made?.bytes ?? new Uint8Array())).toEqual({ rcode: 0, answers: written.answers });
        expect(messageBytes(written, true)).toBeLessThanOrEqual(messageBytes(written, false));
      }),
    );
  });

  test("questions of another's writing are read as they were meant", () => {
    fc.assert(
      fc.property(name, word, word, (asked, id, type) => {
        const text = labelsOf(asked).join(".");
        const read = readQuery(questionBytes({ name: text, id, type }));
        expect(read).toMatchObject({ kind: "query", query: { name: nameOfText(text), id, type, class: 1 } });
      }),
    );
  });

  test("are cut to what fits, from the end, and no further", () => {
    fc.assert(
      fc.property(message, fc.integer({ min: 513, max: 1500 }), (whole, udpBytes) => {
        const edns = { udpBytes, subnet: undefined };
        const { message: cut, trimmed } = trimMessage({ ...whole, edns }, "udp", DEFAULT_DNS);
        const bytesOf = (count: DnsMessage): number => messageBytes({ ...count, edns: undefined }, true);
        expect(cut.answers).toEqual(whole.answers.slice(0, cut.answers.length));
        expect(trimmed).toBe(cut.answers.length < whole.answers.length);
        if (cut.answers.length > 1) expect(bytesOf(cut)).toBeLessThanOrEqual(udpBytes - 7);
        for (const { name: owner } of trimmed ? cut.additional : [])
          expect(targetsOf(cut)).toContain(lowerName(owner));
      }),
    );
  });
});

/** Where its servers are, and what those names stand for. */
function targetsOf({ answers, additional }: DnsMessage): DnsName[] {
  return [...answers, ...additional].flatMap(({ data }) =>
    data.kind === "srv" || data.kind === "name" ? [lowerName(data.target)] : [],
  );
}
