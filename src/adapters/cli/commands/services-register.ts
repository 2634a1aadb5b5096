// `services register`: registers services with an agent, from configuration files or from flags.

import { quoteText } from "../../../core/lib/go-quote.ts";
import { NO_SERVICE, type WrittenService } from "../../../core/model/written-service.ts";
import { callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { type FlagValues, listFlag, mapFlag, numberFlag, stringFlag } from "../flags.ts";
import { serviceBody } from "../service-body.ts";
import { SERVICES_FLAGS, servicesOfFiles } from "./services.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} services register [options] [FILE...]

  Registers services with the agent: those of configuration files, HCL or JSON,
  or the one that the flags describe. They stay until they are taken out with
  "${program} services deregister".

      $ ${program} services register web.json
      $ ${program} services register -name=web -port=80 -tag=v1`,
  flags: [
    ...SERVICES_FLAGS,
    {
      name: "kind",
      kind: "string",
      description: "What part the service plays for others: connect-proxy and the like",
    },
    { name: "id", kind: "string", description: "Id of the service, if it is not the name." },
    { name: "name", kind: "string", description: "Name of the service." },
    { name: "address", kind: "string", description: "Address of the service, if it is not the node's." },
    { name: "port", kind: "int", description: "Port of the service." },
    {
      name: "meta",
      kind: "map",
      consulType: true,
      description: "A key=value pair of metadata. Can be given several times.",
    },
    {
      name: "tag",
      kind: "list",
      consulType: true,
      description: "A tag of the service. Can be given several times.",
    },
    {
      name: "tagged-address",
      kind: "map",
      consulType: true,
      description: "An address for a purpose, as name=host:port. Can be given several times.",
    },
  ],
  run: runRegister,
};

async function runRegister(call: Call): Promise<number> {
  const { args, flags, io } = call;
  const name = stringFlag(flags, "name") ?? "";
  if (args.length === 0 && name === "")
    return complain(io, "Service registration requires at least one argument or flags.");
  if (args.length > 0 && name !== "")
    return complain(io, "Service registration requires arguments or -id, not both.");
  const tagged = taggedAddresses(flags);
  if (!tagged.ok) return complain(io, `Invalid Tagged Address: ${tagged.error}`);
  const services = args.length > 0 ? servicesOfFiles(call) : [serviceOfFlags(flags, name, tagged.value)];
  if (services === undefined) return 1;
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  for (const service of services) {
    const path = "/v1/agent/service/register";
    const answer = expectOk(await callApi(client, { method: "PUT", path, body: serviceBody(service) }));
    if (!answer.ok)
      return complain(io, `Error registering service ${quoteText(service.name)}: ${answer.error}`);
    say(io, `Registered service: ${service.name}`);
  }
  return 0;
}

type TaggedAddresses = WrittenService["taggedAddresses"];

function serviceOfFlags(flags: FlagValues, name: string, taggedAddresses: TaggedAddresses): WrittenService {
  return {
    ...NO_SERVICE,
    kind: stringFlag(flags, "kind") ?? "",
    id: stringFlag(flags, "id") ?? "",
    name,
    address: stringFlag(flags, "address") ?? "",
    port: numberFlag(flags, "port") ?? 0,
    tags: listFlag(flags, "tag"),
    meta: [...mapFlag(flags, "meta")],
    taggedAddresses,
  };
}

function taggedAddresses(
  flags: FlagValues,
): { readonly ok: true; readonly value: TaggedAddresses } | { readonly ok: false; readonly error: string } {
  const value: [string, { address: string; port: number }][] = [];
  for (const [name, text] of mapFlag(flags, "tagged-address")) {
    const split = splitHostPort(text);
    if (!split.ok) return split;
    value.push([name, { address: split.host, port: split.port }]);
  }
  return { ok: true, value };
}

/** As Go's net.SplitHostPort and strconv.Atoi judge it. */
function splitHostPort(
  text: string,
):
  | { readonly ok: true; readonly host: string; readonly port: number }
  | { readonly ok: false; readonly error: string } {
  const fail = (why: string): { readonly ok: false; readonly error: string } => ({
    ok: false,
    error: text === "" ? why : `address ${text}: ${why}`,
  });
  const colon = text.lastIndexOf(":");
  if (text.startsWith("[") && !text.includes("]")) return fail("missing ']' in address");
  if (colon < 0 || text.endsWith("]")) return fail("missing port in address");
  const [host, digits] = [text.slice(0, colon), text.slice(colon + 1)];
  const inner = /^\[(.*)\]$/.exec(host)?.[1];
  if (inner === undefined && host.includes(":")) return fail("too many colons in address");
  if (!/^[-+]?\d+$/.test(digits))
    return { ok: false, error: `strconv.Atoi: parsing ${quoteText(digits)}: invalid syntax` };
  if (!Number.isSafeInteger(Number(digits)))
    return { ok: false, error: `strconv.Atoi: parsing ${quoteText(digits)}: value out of range` };
  return { ok: true, host: inner ?? host, port: Number(digits) };
}
