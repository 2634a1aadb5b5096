// What scripts/record-http.ts recorded of Consul 1.8.7, taken apart.

import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Recorded {
  readonly name: string;
  /** One character a byte. */
  readonly send: string;
  readonly receive: string;
  readonly closed: boolean;
  readonly kvIndex: number;
  readonly session?: string;
}

export interface RecordedAnswer {
  readonly status: number;
  /** Name, value, name, value…: what the endpoint said, before the Date that the server's framing adds. */
  readonly headers: readonly string[];
  readonly body: string;
}

export function readRecorded(file: string): Recorded[] {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../../vectors", file), "utf8"));
}

/** The one answer in `receive`. */
export function answerOf({ receive }: Recorded): RecordedAnswer {
  const end = receive.indexOf("\r\n\r\n");
  const lines = receive.slice(0, end).split("\r\n");
  const date = lines.findIndex((line) => line.startsWith("Date: "));
  const headers = lines.slice(1, date < 0 ? undefined : date);
  const body = receive.slice(end + 4);
  const chunked = lines.includes("Transfer-Encoding: chunked");
  return {
    status: Number(lines[0]?.split(" ")[1]),
    headers: headers.flatMap((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
    body: chunked ? unchunk(body) : body,
  };
}

function unchunk(body: string): string {
  let out = "";
  for (let at = 0; ; ) {
    const end = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.slice(at, end), 16);
    if (!(size > 0)) return out;
    out += body.slice(end + 2, end + 2 + size);
    at = end + 4 + size;
  }
}
