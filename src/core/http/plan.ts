// What readHttp and writeHttp hand each other: whether an HTTP request became a question for the agent or is answered
// already, and what the rendering of the answer must remember of the request. Plain data: it waits in the agent's state
// beside the question.

import type { AgentConfig } from "../agent/config.ts";
import type { CacheDirectives } from "../api/cache.ts";
import type { ApiError } from "../api/error.ts";
import type { HttpRequest, HttpResponse } from "../api/http.ts";
import type { Consistency, ReadRequest, Request } from "../api/request.ts";
import type { ByteString } from "../lib/bytes.ts";
import type { IntentionEnd } from "../model/intention.ts";
import type { UserEvent } from "../model/user-event.ts";
import type { Query } from "./query.ts";

/** What HTTP needs to know of the agent's configuration. */
export type HttpSettings = Pick<
  AgentConfig,
  | "dev"
  | "datacenter"
  | "nodeName"
  | "disableCoordinates"
  | "translateWanAddrs"
  | "responseHeaders"
  | "telemetry"
  | "blockEndpoints"
  | "allowWriteHttpFrom"
  | "takesUnprintablePaths"
  | "kvMaxValueBytes"
  | "txnMaxRequestBytes"
  | "useCache"
  | "defaultQueryTimeMs"
  | "discoveryMaxStaleMs"
  | "maxQueryTimeMs"
  | "remoteScriptChecks"
>;

export type HttpPlan =
  | {
      readonly kind: "ask";
      readonly request: Request;
      /** Another datacenter than the agent's, whose servers shall answer; "" for its own. */
      readonly datacenter: string;
      readonly view: HttpView;
      /** The answer may come from the agent's cache, if it is of a kind that is there. */
      readonly cached?: CacheDirectives;
      /** A server that has heard nothing of its leader for longer shall not answer. Absent: any may. */
      readonly maxStaleMs?: number;
    }
  | { readonly kind: "answer"; readonly response: HttpResponse };

/** What the rendering of an answer depends on. */
export interface HttpView {
  /** JSON indented by four spaces and ended by a newline: `?pretty`, and always in dev mode. */
  readonly indent: boolean;
  /** `?raw`: the value of the one key found, byte for byte. */
  readonly raw: boolean;
  /** Nothing found is an empty list; otherwise it is a 404. */
  readonly emptyList: boolean;
  /**
   * Told in X-Consul-Effective-Consistency by the endpoints that tell it. They are also those that write their index
   * headers when they fail.
   */
  readonly told: Consistency | undefined;
  /** Id of the session that is being renewed, as it was written. */
  readonly renewing?: string;
  /** The endpoint tells nothing of its consistency, but writes its index headers when it fails. */
  readonly metaOnError?: boolean;
  /** Of a node's coordinates only those in this segment are shown. */
  readonly segment?: string | undefined;
  /** That something was done is all that is said of it, in no words. */
  readonly silent?: boolean;
  /** The endpoint's answer to "done" is not empty, but `{"Success":true}`. */
  readonly success?: boolean;
  /** The one configuration entry that was asked for. */
  readonly entry?: { readonly kind: string; readonly name: string };
  /** The datacenter whose usage was asked for. */
  readonly usageOf?: string;
  /** Instances are told by their services, as the web interface lists them. */
  readonly summary?: boolean;
  /** The one node that was asked for. */
  readonly single?: boolean;
  /** Whatever is answered, this is what is told: what was asked for is switched off, or wrong in what is looked at last. */
  readonly refusal?: ApiError;
  /** What was done is answered with an empty object. */
  readonly deleting?: boolean;
  /** The event that is being fired: the answer to "done" is the event itself. */
  readonly event?: UserEvent;
  /** A node's services as a list, not by their ids. */
  readonly listed?: boolean;
  /** What is wanted of the intentions that were found: all of them by the names asked for, or what they say of a source. */
  readonly intentions?:
    | { readonly of: "match"; readonly names: readonly string[] }
    | { readonly of: "check" | "authorize"; readonly source: IntentionEnd };
  /** The servers' health in the shape of later versions. */
  readonly state?: boolean;
  /** Of the agent's own services: which were asked for, by what, and whether their status is wanted in plain text. */
  readonly local?: { readonly of: string; readonly by?: "id" | "name"; readonly text?: boolean };
  /** Measurements in the text that Prometheus reads. */
  readonly prometheus?: boolean;
  /** `?filter=`, where the answer is filtered as it is rendered (filter.ts), or where having one changes how it is printed. */
  readonly filter?: ByteString;
  /** What the question is called where it is measured (agent/telemetry.ts). */
  readonly measured?: string;
  /** What is asked of the leader if the answer is of a server that has been without it for too long (agent/stale-reads.ts). */
  readonly bound?: {
    readonly maxStaleMs: number;
    readonly request: ReadRequest;
    readonly datacenter: string;
  };
  /** The answer is another datacenter's, and addresses are to be those that other datacenters reach. */
  readonly translate?: boolean;
}

/** A request that has found its endpoint. */
export interface Call {
  readonly request: HttpRequest;
  /** Decoded. */
  readonly path: ByteString;
  /** What the decoded path has after the endpoint's own: a key, an address, a name; "" where the endpoint takes none. */
  readonly rest: ByteString;
  readonly query: Query;
  readonly settings: HttpSettings;
}
