import { gunzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptsGzip, compressLater, compressNow, isCompressible } from "../../../src/adapters/http/gzip.ts";
import type { HttpResponse } from "../../../src/core/api/http.ts";
import type { ByteString } from "../../../src/core/lib/bytes.ts";

const VARY = ["Vary", "Accept-Encoding"];

function response(body: string, headers: readonly string[] = VARY): HttpResponse {
  return { status: 200, headers, body: body as ByteString };
}

function unpacked({ body }: HttpResponse): string {
  return gunzipSync(Buffer.from(body, "latin1")).toString("latin1");
}

test.each([
  ["", false],
  ["gzip", true],
  ["GZIP", true],
  ["br, gzip", true],
  ["deflate , gzip ; q=0.1", true],
  ["gzip;q=0", false],
  ["gzip;q=0.0", false],
  ["gzip;q=-1", false],
  ["gzip;q=2", true],
  ["gzip;q=x", false],
  ["gzip;q=", false],
  ["gzip;x=y", true],
  ["gzip;q=0, gzip", true],
  ["gzip, gzip;q=0", false],
  ["*", false],
  ["identity", false],
  ["xgzip", false],
  [",;,=", false],
])("Accept-Encoding %j accepts gzip: %s", (header, expected) => {
  expect(acceptsGzip(header)).toBe(expected);
});

test("any header can be read", () => {
  fc.assert(fc.property(fc.string(), (header) => typeof acceptsGzip(header) === "boolean"));
});

test.each([
  ["an endpoint's answer", response("x"), true],
  ["an empty one", response(""), false],
  ["a redirect or an unknown path", response("x", []), false],
  ["what is encoded already", response("x", ["Content-Encoding", "br", ...VARY]), false],
])("%s is compressible: %s", (_, answer, expected) => {
  expect(isCompressible(answer)).toBe(expected);
});

test("what is packed unpacks to the same bytes, small or large", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 2000, size: "max" }),
    fc
      .tuple(fc.constantFrom(1399, 1400, 1401, 65_535, 65_536), fc.nat(255))
      .map(([size, fill]) => new Uint8Array(size).fill(fill)),
  );
  fc.assert(
    fc.property(bytes, (body) => {
      const answer = response(Buffer.from(body).toString("latin1"));
      const packed = compressNow(answer);
      expect(packed && unpacked(packed)).toBe(answer.body);
    }),
  );
});

test("what would take long is packed elsewhere", async () => {
  const answer = response("consul ".repeat(20_000));
  expect(compressNow(answer)).toBeUndefined();
  const packed = await new Promise<HttpResponse>((resolve) => compressLater(answer, resolve));
  expect(unpacked(packed)).toBe(answer.body);
  expect(packed.body.length).toBeLessThan(answer.body.length / 10);
});
