// `watch`: waits for something to change and runs a program whenever it has, or prints what there is and ends.

import { printDuration } from "../../../core/lib/duration.ts";
import { parseGoBool } from "../../../core/lib/go-bool.ts";
import type { RawValue } from "../../../core/lib/raw-value.ts";
import { textLine } from "../../logger.ts";
import { indentJson } from "../../watches/go-shape.ts";
import { runWatch } from "../../watches/run-watch.ts";
import { parseWatch } from "../../watches/spec.ts";
import { CLIENT_FLAGS, SERVER_FLAGS } from "../api-flags.ts";
import { type Child, startChild } from "../child.ts";
import { type ApiClient, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, type Flag, type FlagValues, listFlag, stringFlag } from "../flags.ts";
import { awaitInterruption } from "../interruption.ts";

const OWN_FLAGS: readonly Flag[] = [
  {
    name: "filter",
    kind: "string",
    description:
      "Expression that nodes, instances or checks must be true of, for types nodes, service and checks.",
  },
  { name: "key", kind: "string", description: "The key that is watched, for type key." },
  {
    name: "name",
    kind: "string",
    description: "Name of the events that are watched, for type event. All without it.",
  },
  {
    name: "passingonly",
    kind: "string",
    description:
      "Whether only instances whose checks all pass count, for type service: `[true|false]`. Default false.",
  },
  {
    name: "prefix",
    kind: "string",
    description: "What the keys begin with that are watched, for type keyprefix.",
  },
  {
    name: "service",
    kind: "string",
    description: "The service that is watched, for type service; for type checks, whose checks are.",
  },
  {
    name: "shell",
    kind: "bool",
    fallback: "true",
    description:
      "Whether a shell runs the program, the one that SHELL in the environment names; or the words are a program and its arguments.",
  },
  { name: "state", kind: "string", description: "State of the checks that are watched, for type checks." },
  {
    name: "tag",
    kind: "list",
    description: "A tag that instances must have, for type service. May be given several times.",
  },
  {
    name: "type",
    kind: "string",
    description: "What is watched: key, keyprefix, services, nodes, service, checks or event.",
  },
];

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} watch [options] [child...]

  Waits for keys, services, nodes, checks or events to change. A program, if one
  is named, is run with what there is at first, and again whenever that has
  changed: it reads it as JSON from its standard input and finds the index in
  CONSUL_INDEX. Without one it is printed, once.

      $ ${program} watch -type=service -service=web ./reconfigure.sh
      $ ${program} watch -type=key -key=app/config`,
  flags: [...CLIENT_FLAGS, ...SERVER_FLAGS, ...OWN_FLAGS],
  run: runCommand,
};

async function runCommand(call: Call): Promise<number> {
  const { flags, io, help } = call;
  if ((stringFlag(flags, "type") ?? "") === "")
    return complain(io, `Watch type must be specified\n\n${help()}`);
  const passing = stringFlag(flags, "passingonly") ?? "";
  if (passing !== "" && parseGoBool(passing) === undefined)
    return complain(
      io,
      `Failed to parse passingonly flag: strconv.ParseBool: parsing ${JSON.stringify(passing)}: invalid syntax`,
    );
  const parsed = parseWatch(parametersOf(flags, passing), []);
  if (!parsed.ok) return complain(io, parsed.error);
  const { spec } = parsed;
  if (/^(connect|agent)_/.test(spec.type))
    return complain(io, `Type ${spec.type} is not supported in the CLI tool`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const asked = expectOk(await callApi(client, { method: "GET", path: "/v1/agent/self" }));
  if (!asked.ok) return complain(io, `Error querying Consul agent: ${asked.error}`);
  return await watch(call, client, spec);
}

/** What was given, by the names that configuration files have for it. */
function parametersOf(flags: FlagValues, passing: string): Map<string, RawValue> {
  const parameters = new Map<string, RawValue>();
  for (const name of ["type", "datacenter", "key", "prefix", "service", "state", "name", "filter"]) {
    const text = stringFlag(flags, name) ?? "";
    if (text !== "") parameters.set(name, text);
  }
  const tags = listFlag(flags, "tag");
  if (tags.length > 0) parameters.set("tag", tags);
  if (boolFlag(flags, "stale")) parameters.set("stale", true);
  if (passing !== "") parameters.set("passingonly", parseGoBool(passing) === true);
  return parameters;
}

async function watch(
  { args, flags, io }: Call,
  { target, tls }: ApiClient,
  spec: Parameters<typeof runWatch>[0],
): Promise<number> {
  // Where and how to ask is in the watch's query.
  const client: ApiClient = { tls, target: { ...target, datacenter: "", stale: false } };
  const over = new AbortController();
  let code = 0;
  let child: Child | undefined;
  const interruption = awaitInterruption((signal) => {
    child?.signal(signal);
    child?.forget();
    over.abort();
  });
  const fail = (text: string): void => {
    code = complain(io, text);
    over.abort();
  };
  const handle = async (json: string, index: string): Promise<void> => {
    if (args.length === 0) {
      say(io, indentJson(json, "    "));
      over.abort();
      return;
    }
    child = startChild(
      {
        words: args,
        shell: boolFlag(flags, "shell"),
        env: { CONSUL_INDEX: index },
        stdin: Buffer.from(`${json}\n`),
      },
      io,
    );
    const end = await Promise.race([child.ended, interruption.came]);
    child = undefined;
    if (end !== undefined && !end.ok)
      fail(`Error ${end.started ? "executing" : "starting"} handler: ${end.error}`);
  };
  await runWatch(
    spec,
    {
      ask: (query, signal) => callApi(client, { method: "GET", path: spec.path, query, signal }),
      onNews: handle,
      onFailure: (error, retryMs) => {
        const fields = { type: spec.type, error, retry: printDuration(retryMs * 1e6) };
        const notice = {
          type: "notice",
          level: "error",
          logger: "",
          message: "Watch errored",
          fields,
        } as const;
        // Its logger is the client library's, and not the agent's.
        io.stderr(`${textLine(notice, new Date()).replace("agent:", "watch.watch:")}\n`);
      },
    },
    over.signal,
  );
  interruption.forget();
  return code;
}
