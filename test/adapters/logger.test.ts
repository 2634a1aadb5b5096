// Lines of the log as hclog writes them, and what is told of questions over DNS.

import { describe, expect, test } from "vitest";
import { dnsLine } from "../../src/adapters/dns-log.ts";
import { jsonLine, textLine } from "../../src/adapters/logger.ts";
import type { Notice } from "../../src/core/api/notice.ts";

const NOW = new Date("2026-11-21T02:48:04.266Z");

function line(message: string, fields: NonNullable<Notice["fields"]> = {}): Notice {
  return { type: "notice", level: "warn", logger: "server", message, fields };
}

/** Without the time, which is that of the machine's zone. */
function text(notice: Notice): string {
  return textLine(notice, NOW).replace(/^\S+ /, "");
}

describe("a line of text", () => {
  test.each([
    ["nothing more than words", line("Hello"), "[WARN]  agent.server: Hello"],
    ["an empty value", line("Hello", { leader: "" }), "[WARN]  agent.server: Hello: leader="],
    ["a value with a blank", line("Hello", { a: "b c" }), '[WARN]  agent.server: Hello: a="b c"'],
    ["signs within quotes", line("Hello", { a: 'b "c=d"' }), '[WARN]  agent.server: Hello: a="b "c=d""'],
    ["a value with =", line("Hello", { a: "b=c" }), "[WARN]  agent.server: Hello: a=b=c"],
    ["a list", line("Hello", { a: ["b", "c d"] }), '[WARN]  agent.server: Hello: a=[b, "c d"]'],
    ["numbers", line("Hello", { a: 5, b: true }), "[WARN]  agent.server: Hello: a=5 b=true"],
    // In Consul that is a new line, which whoever chose the value can make look like another entry.
    ["a line's end", line("Hel\nlo", { a: "b\nc" }), '[WARN]  agent.server: Hel\\nlo: a="b\\nc"'],
  ])("%s", (_what, notice, wanted) => {
    expect(text(notice)).toBe(wanted);
  });

  test("begins with the time in the machine's zone", () => {
    expect(textLine(line("Hello"), NOW)).toMatch(/^2026-11-2\dT\d\d:\d\d:04\.266(Z|[-+]\d{4}) /);
    expect(new Date(textLine(line("Hello"), NOW).split(" ", 1)[0] as string).getTime()).toBe(NOW.getTime());
  });
});

test("a line of JSON has its own fields first, and the others by their names", () => {
  const json = jsonLine(line("Hello", { b: ["x"], a: 1 }), NOW);
  expect(json.replace(/"2026[^"]*"/, '"TIME"')).toBe(
    '{"@level":"warn","@message":"Hello","@module":"agent.server","@timestamp":"TIME","a":1,"b":["x"]}',
  );
  expect(json).toMatch(/T\d\d:\d\d:04\.266000(Z|[-+]\d\d:\d\d)"/);
});

/** A question for web.service.consul, IN. */
function question(type: number): Uint8Array {
  const labels = ["web", "service", "consul"].flatMap((each) => [each.length, ...Buffer.from(each)]);
  return Uint8Array.from([0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, ...labels, 0, 0, type, 0, 1]);
}

describe("of a question over DNS", () => {
  const asked = { over: "udp", ip: "127.0.0.1", port: 4000 } as const;

  test("the name, the type and who asked are told", () => {
    const told = dnsLine({ ...asked, bytes: question(33) }, "dns.domain_query", 0.0625);
    expect(told && text(told)).toBe(
      "[DEBUG] agent.dns: request served from client: name=web.service.consul. type=SRV class=IN latency=62.5µs client=127.0.0.1:4000 client_network=udp",
    );
  });

  test("which is for an address, or a recursor, all of it is told as one", () => {
    const told = dnsLine({ ...asked, over: "tcp", bytes: question(12) }, "dns.ptr_query", 1);
    expect(told && text(told)).toBe(
      '[DEBUG] agent.dns: request served from client: question="{web.service.consul. 12 1}" latency=1ms client=127.0.0.1:4000 client_network=tcp',
    );
  });

  test("that cannot be read nothing is told", () => {
    expect(dnsLine({ ...asked, bytes: new Uint8Array(3) }, undefined, 1)).toBeUndefined();
  });
});
