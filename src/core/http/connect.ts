// Connect's certificates and the ways through its mesh. There is no Connect, and what needs it is answered as Consul 1.8
// answers with it switched off: what is wrong with a request is told first, where Consul does so.

import { apiError } from "../api/error.ts";
import { byteStringOf, utf8 } from "../lib/bytes.ts";
import { parseGoBool } from "../lib/go-bool.ts";
import { parseBody } from "../lib/go-json.ts";
import { isRawMap, jsonKind, type RawValue } from "../lib/raw-value.ts";
import { type MeshGateway, meshGateway } from "../model/proxy.ts";
import { duration, struct, text } from "../model/shape.ts";
import { weakDecode } from "../model/weak-decode.ts";
import { refuse } from "./answer.ts";
import { goAny, goBool, goMap, goString, goStruct, goUint64, readBody } from "./go-struct.ts";
import type { Call, HttpPlan, HttpView } from "./plan.ts";
import { firstValue } from "./query.ts";
import { parseOptions, refuseNamespace } from "./read-options.ts";
import { askServer, errorResponse, viewOf } from "./render.ts";

const OFF = "Connect must be enabled in order to use this endpoint";

function refuseConnect(call: Call): HttpPlan {
  return refuse(call.settings, 500, OFF);
}

/** Asked of a server of the datacenter that is meant, so that one that nobody knows is told of. */
function refuseThere(call: Call, marks: Partial<HttpView>): HttpPlan {
  return askServer(call, { kind: "status.leader" }, { ...marks, refusal: apiError("refused", OFF) });
}

export function readCaRoots(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  const pem = firstValue(call.query, "pem") ?? "";
  if (pem !== "" && parseGoBool(pem) === undefined)
    return refuse(call.settings, 400, "Bad request: The 'pem' query parameter must be a boolean value");
  return refuseThere(call, { metaOnError: true });
}

export function readAgentCaRoots(call: Call): HttpPlan {
  const parsed = parseOptions(call);
  return parsed.ok ? refuseThere(call, {}) : parsed.refusal;
}

export function readAgentCaLeaf(call: Call): HttpPlan {
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const parsed = parseOptions(call);
  return parsed.ok ? refuseConnect(call) : parsed.refusal;
}

interface CaBody {
  readonly ClusterID: string;
  readonly Provider: string;
  readonly Config: readonly (readonly [string, RawValue])[];
  readonly State: readonly (readonly [string, string])[];
  readonly ForceWithoutCrossSigning: boolean;
  readonly force_without_cross_signing: boolean;
  readonly CreateIndex: number;
  readonly ModifyIndex: number;
}
/** Named as Go names the struct that it reads it by way of. */
const caBody = goStruct<CaBody>(
  'struct { ForceWithoutCrossSigningSnake bool "json:\\"force_without_cross_signing\\""; *structs.Alias }',
  {
    ClusterID: goString(),
    Provider: goString(),
    Config: goMap<RawValue>(goAny, null),
    State: goMap(goString(), ""),
    ForceWithoutCrossSigning: goBool,
    force_without_cross_signing: goBool,
    CreateIndex: goUint64,
    ModifyIndex: goUint64,
  },
);

export function readCaConfiguration(call: Call): HttpPlan {
  if (call.request.method === "PUT") {
    const body = readBody(caBody, byteStringOf(call.request.body));
    return body.ok
      ? refuseConnect(call)
      : refuse(call.settings, 400, `Bad request: Request decode failed: ${utf8(body.error)}`);
  }
  const parsed = parseOptions(call);
  return parsed.ok ? refuseConnect(call) : parsed.refusal;
}

interface ChainBody {
  readonly overrideMeshGateway: MeshGateway;
  readonly overrideProtocol: string;
  readonly overrideConnectTimeout: number;
}
const chainBody = struct<ChainBody>({
  overrideMeshGateway: ["OverrideMeshGateway", meshGateway],
  overrideProtocol: ["OverrideProtocol", text],
  overrideConnectTimeout: ["OverrideConnectTimeout", duration],
});
const MODES: readonly string[] = ["", "none", "local", "remote"];

/** Of a namespace it is told before of a missing name. */
export function readDiscoveryChain(call: Call): HttpPlan {
  const { settings, rest, request } = call;
  const parsed = parseOptions(call);
  if (!parsed.ok) return parsed.refusal;
  if (rest === "") return refuse(settings, 400, "Bad request: Missing chain name");
  const namespace = refuseNamespace(call);
  if (namespace !== undefined) return namespace;
  const fault = request.method === "POST" ? chainBodyFault(call) : undefined;
  if (fault !== undefined) return refuse(settings, 400, utf8(fault));
  const view = { ...viewOf(call), metaOnError: true };
  return { kind: "answer", response: errorResponse(view, settings, apiError("refused", OFF)) };
}

function chainBodyFault({ request }: Call): string | undefined {
  const failed = (error: string): string => `Bad request: Request decoding failed: ${error}`;
  const body = parseBody(byteStringOf(request.body));
  if (!body.ok) return failed(body.error);
  if (body.value !== null && !(typeof body.value === "object" && isRawMap(body.value)))
    return failed(
      `json: cannot unmarshal ${jsonKind(body.value)} into Go value of type map[string]interface {}`,
    );
  const decoded = weakDecode(chainBody, body.value);
  if (!decoded.ok) return failed(decoded.error);
  const { mode } = decoded.value.overrideMeshGateway;
  return MODES.includes(mode) ? undefined : "Invalid OverrideMeshGateway.Mode parameter";
}
