// Bodies that are too long.

import type { HttpRequest } from "../api/http.ts";
import type { ByteString } from "../lib/bytes.ts";
import { apiResponse, VARY } from "./answer.ts";
import type { Call, HttpPlan } from "./plan.ts";

const OPTIONS_PAGE = "https://www.consul.io/docs/agent/options.html";

/**
 * Refuses a body over the limit, by its declared length where the server did not even read it; one that came in chunks and
 * declared none by what came of it.
 * @param option The setting that it is the value of, for who wants to know more.
 */
export function refuseTooLong(
  { request, settings }: Call,
  limit: number,
  option: string,
): HttpPlan | undefined {
  if (lengthOf(request) <= limit) return undefined;
  const declared = request.headers.get("content-length");
  const size = declared === undefined ? "" : `(${declared} bytes)`;
  const text = `Request body${size} too large, max size: ${limit} bytes. See ${OPTIONS_PAGE}#${option}.`;
  // In chunks the end of the connection is the endpoint's own word, and so stands among its headers.
  const headers = declared === undefined ? ["Connection", "close", ...VARY] : VARY;
  return {
    kind: "answer",
    response: { ...apiResponse(settings, 413, headers, text as ByteString), close: true },
  };
}

function lengthOf({ headers, body }: HttpRequest): number {
  return Number(headers.get("content-length") ?? body.length);
}
