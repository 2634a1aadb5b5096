// `members`: the members of the agent's gossip pool as a table.

import { compareStrings } from "../../../core/lib/bytes.ts";
import { joinHostPort } from "../../../core/model/address.ts";
import { MEMBER_STATUSES } from "../../../core/model/member.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, mustStringFlag } from "../flags.ts";
import { columnTable } from "../tables.ts";

/** As /v1/agent/members gives them. */
interface Member {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>>;
  readonly Status: number;
}

const ALL_SEGMENTS = "_all";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} members [options]

  Lists the members of the gossip pool that the agent belongs to: agents that
  are alive, that left and that failed.`,
  flags: [
    ...CLIENT_FLAGS,
    {
      name: "detailed",
      kind: "bool",
      description: "Shows all tags of each member instead of the usual columns.",
    },
    {
      name: "segment",
      kind: "string",
      fallback: ALL_SEGMENTS,
      description: "Shows only members of this network segment. Segments are a feature of Consul Enterprise.",
    },
    {
      name: "status",
      kind: "string",
      fallback: ".*",
      description: "Shows only members whose status matches this regular expression.",
    },
    {
      name: "wan",
      kind: "bool",
      description: "Shows the servers of all datacenters. Only a server can tell.",
    },
  ],
  run: runMembers,
};

async function runMembers({ flags, io }: Call): Promise<number> {
  const pattern = compile(mustStringFlag(flags, "status"));
  if (!pattern.ok) return complain(io, `Failed to compile status regexp: ${pattern.error}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const segment = mustStringFlag(flags, "segment");
  const query = { segment, ...(boolFlag(flags, "wan") ? { wan: "1" } : {}) };
  const answer = await callApi(client, { method: "GET", path: "/v1/agent/members", query });
  const listed = answerJson(expectOk(answer));
  if (!listed.ok) return complain(io, `Error retrieving members: ${listed.error}`);
  const members = ((listed.value ?? []) as readonly Member[])
    .map((member) => withSegment(member, segment))
    .filter((member) => pattern.regexp.test(statusOf(member)))
    .sort(bySegmentAndName);
  if (members.length === 0) return 2;
  say(io, columnTable(boolFlag(flags, "detailed") ? detailedRows(members) : standardRows(members)));
  return 0;
}

type Compiled =
  | { readonly ok: true; readonly regexp: RegExp }
  | { readonly ok: false; readonly error: string };

/** The commonest mistakes in the words of Go's regexp package. */
function compile(pattern: string): Compiled {
  try {
    return { ok: true, regexp: new RegExp(pattern) };
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const reason = /Unterminated group/.test(message)
      ? "missing closing )"
      : /Unmatched '\)'/.test(message)
        ? "unexpected )"
        : /Nothing to repeat/.test(message)
          ? "missing argument to repetition operator"
          : /character class/.test(message)
            ? "missing closing ]"
            : "invalid syntax";
    return { ok: false, error: `error parsing regexp: ${reason}: \`${pattern}\`` };
  }
}

/** Servers belong to all segments, and who has none to the default one. */
function withSegment(member: Member, asked: string): Member {
  const own = tag(member, "segment") || "<default>";
  const segment = tag(member, "role") === "consul" && asked === ALL_SEGMENTS ? "<all>" : own;
  return { ...member, Tags: { ...member.Tags, segment } };
}

function statusOf(member: Member): string {
  return MEMBER_STATUSES[member.Status] ?? "unknown";
}

function bySegmentAndName(a: Member, b: Member): number {
  return compareStrings(tag(a, "segment"), tag(b, "segment")) || compareStrings(a.Name, b.Name);
}

function tag(member: Member, name: string): string {
  return member.Tags[name] ?? "";
}

function standardRows(members: readonly Member[]): string[][] {
  const head = ["Node", "Address", "Status", "Type", "Build", "Protocol", "DC", "Segment"];
  const rows = members.map((member) => {
    const type = { node: "client", consul: "server" }[tag(member, "role")] ?? "unknown";
    const build = tag(member, "build") === "" ? "< 0.3" : tag(member, "build").replace(/:.*/s, "");
    const place = [member.Name, joinHostPort(member.Addr, member.Port), statusOf(member)];
    return [...place, type, build, tag(member, "vsn"), tag(member, "dc"), tag(member, "segment")];
  });
  return [head, ...rows];
}

function detailedRows(members: readonly Member[]): string[][] {
  const rows = members.map((member) => {
    const tags = Object.keys(member.Tags)
      .sort(compareStrings)
      .map((name) => `${name}=${tag(member, name)}`);
    return [member.Name, joinHostPort(member.Addr, member.Port), statusOf(member), tags.join(",")];
  });
  return [["Node", "Address", "Status", "Tags"], ...rows];
}
