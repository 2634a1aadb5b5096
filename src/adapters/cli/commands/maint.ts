// `maint`: takes a node, or a service of it, out of what others find, and brings it back.

import { compareStrings } from "../../../core/lib/bytes.ts";
import { quoteText } from "../../../core/lib/go-quote.ts";
import { NODE_MAINTENANCE, SERVICE_MAINTENANCE_PREFIX } from "../../../core/model/local.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { type ApiClient, answerJson, callApi, connectApi, expectOk, type Fetched } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} maint [options]

  Puts the node, or with -service one of its services, into maintenance: a
  critical check is registered for it, so that DNS and health queries pass it by
  until the maintenance is ended. A restart of the agent does not end it.

      $ ${program} maint -enable -reason="new disks"
      $ ${program} maint -disable

  Without -enable and -disable it is listed what is in maintenance.`,
  flags: [
    ...CLIENT_FLAGS,
    { name: "enable", kind: "bool", description: "Begins maintenance." },
    { name: "disable", kind: "bool", description: "Ends maintenance." },
    { name: "reason", kind: "string", description: "Why: shown in the notes of the check." },
    { name: "service", kind: "string", description: "Id of the service that is meant, and not the node." },
  ],
  run: runMaint,
};

async function runMaint({ flags, io }: Call): Promise<number> {
  const [enable, disable] = [boolFlag(flags, "enable"), boolFlag(flags, "disable")];
  const [reason, service] = [stringFlag(flags, "reason") ?? "", stringFlag(flags, "service") ?? ""];
  if (enable && disable) return complain(io, "Only one of -enable or -disable may be provided");
  if (!enable && reason !== "") return complain(io, "Reason may only be provided with -enable");
  if (!enable && !disable && service !== "")
    return complain(io, "Service requires either -enable or -disable");
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  if (!enable && !disable) return list(client, io);
  const path = service === "" ? "/v1/agent/maintenance" : `/v1/agent/service/maintenance/${service}`;
  const query = enable ? { enable: "true", reason } : { enable: "false" };
  const answer = expectOk(await callApi(client, { method: "PUT", path, query }));
  const what = service === "" ? "node" : "service";
  if (!answer.ok)
    return complain(io, `Error ${enable ? "enabling" : "disabling"} ${what} maintenance: ${answer.error}`);
  const whose = service === "" ? "" : ` for ${quoteText(service)}`;
  const subject = service === "" ? "Node" : "Service";
  say(io, `${subject} maintenance is now ${enable ? "enabled" : "disabled"}${whose}`);
  return 0;
}

interface Listed {
  readonly CheckID: string;
  readonly ServiceID: string;
  readonly Notes: string;
}

/** The node first, then services by their ids. */
async function list(client: ApiClient, io: Io): Promise<number> {
  const self = await fetch<{ readonly Config: { readonly NodeName: string } }>(client, "/v1/agent/self");
  if (!self.ok) return complain(io, `Error querying Consul agent: ${self.error}`);
  const checks = await fetch<Readonly<Record<string, Listed>>>(client, "/v1/agent/checks");
  if (!checks.ok) return complain(io, `Error querying checks: ${checks.error}`);
  for (const check of Object.values(checks.value).sort((a, b) => compareStrings(a.CheckID, b.CheckID))) {
    if (check.CheckID === NODE_MAINTENANCE)
      say(io, `Node:\n  Name:   ${self.value.Config.NodeName}\n  Reason: ${check.Notes}\n`);
    else if (check.CheckID.startsWith(SERVICE_MAINTENANCE_PREFIX))
      say(io, `Service:\n  ID:     ${check.ServiceID}\n  Reason: ${check.Notes}\n`);
  }
  return 0;
}

async function fetch<T>(client: ApiClient, path: string): Promise<Fetched<T>> {
  return answerJson(expectOk(await callApi(client, { method: "GET", path }))) as Fetched<T>;
}
