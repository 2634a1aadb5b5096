// The kinds of checks that an agent makes: what makes one, what of the machine it takes, and for how long it may.

import { makeDocker } from "./docker.ts";
import { makeGrpc } from "./grpc.ts";
import { makeH2ping } from "./h2ping.ts";
import { makeHttp } from "./http.ts";
import { makeOsService } from "./os-service.ts";
import type { MakeCheck, Run } from "./run.ts";
import { makeScript } from "./script.ts";
import { makeTcp } from "./tcp.ts";
import { makeUdp } from "./udp.ts";

/** What a check of a kind takes: a connection, a program, or somebody else's program. */
export type Resource = "connection" | "program" | "container";

export interface Kind {
  readonly make: MakeCheck;
  readonly takes: Resource;
  /** Consul's, for checks that do not say; undefined: as long as they take. */
  readonly timeoutNs: number | undefined;
}

const kind = (make: MakeCheck, takes: Resource, seconds: number | undefined): Kind => ({
  make,
  takes,
  timeoutNs: seconds === undefined ? undefined : seconds * 1e9,
});
const HTTP = kind(makeHttp, "connection", 10);
const TCP = kind(makeTcp, "connection", 10);
const UDP = kind(makeUdp, "connection", 10);
const GRPC = kind(makeGrpc, "connection", 10);
const H2PING = kind(makeH2ping, "connection", 10);
const DOCKER = kind(makeDocker, "container", undefined);
const OS_SERVICE = kind(makeOsService, "program", 30);
const SCRIPT = kind(makeScript, "program", 30);

/** Of a definition that names several Consul makes the first of these. @returns undefined when nothing is to be made. */
export function kindOf({
  http,
  tcp,
  udp,
  grpc,
  dockerContainerId,
  osService,
  scriptArgs,
  h2ping,
}: Run["spec"]): Kind | undefined {
  if (http !== "") return HTTP;
  if (tcp !== "") return TCP;
  if (udp !== "") return UDP;
  if (grpc !== "") return GRPC;
  if (dockerContainerId !== "" && scriptArgs.length > 0) return DOCKER;
  if (osService !== "") return OS_SERVICE;
  if (scriptArgs.length > 0) return SCRIPT;
  return h2ping !== "" ? H2PING : undefined;
}
