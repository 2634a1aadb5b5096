// `members`: the members of the agent's gossip pool as a table.

import { type Filtered, makeFilter, runFilter } from "../../../core/lib/bexpr/bexpr.ts";
import { type Fields, fields, labels, number, text } from "../../../core/lib/bexpr/fields.ts";
import { compareStrings, utf8 } from "../../../core/lib/bytes.ts";
import { compileRe2, matchesRe2 } from "../../../core/lib/re2/re2.ts";
import { joinHostPort } from "../../../core/model/address.ts";
import { MEMBER_STATUSES } from "../../../core/model/member.ts";
import { CLIENT_FLAGS } from "../api-flags.ts";
import { answerJson, callApi, connectApi, expectOk } from "../client.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, mustStringFlag, stringFlag } from "../flags.ts";
import { columnTable } from "../tables.ts";

/** As /v1/agent/members gives them. */
interface Member {
  readonly Name: string;
  readonly Addr: string;
  readonly Port: number;
  readonly Tags: Readonly<Record<string, string>>;
  readonly Status: number;
  readonly ProtocolMin: number;
  readonly ProtocolMax: number;
  readonly ProtocolCur: number;
  readonly DelegateMin: number;
  readonly DelegateMax: number;
  readonly DelegateCur: number;
}

/**
 * What `-filter` can ask for, by the names of the API. Later Consuls have their agents filter; doing it here serves whatever the
 * agent is.
 */
const MEMBER_FIELDS: Fields<Member> = fields({
  Name: text(({ Name }) => Name),
  Addr: text(({ Addr }) => Addr),
  Port: number(({ Port }) => Port),
  Tags: labels(({ Tags }) => Object.entries(Tags)),
  Status: number(({ Status }) => Status),
  ProtocolMin: number(({ ProtocolMin }) => ProtocolMin),
  ProtocolMax: number(({ ProtocolMax }) => ProtocolMax),
  ProtocolCur: number(({ ProtocolCur }) => ProtocolCur),
  DelegateMin: number(({ DelegateMin }) => DelegateMin),
  DelegateMax: number(({ DelegateMax }) => DelegateMax),
  DelegateCur: number(({ DelegateCur }) => DelegateCur),
});

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
      name: "filter",
      kind: "string",
      description:
        "Shows only members for which this expression holds. It can ask for Name, Addr, Port, Tags, Status (a number, of which 1 is alive) and the protocol versions.",
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
  const pattern = compileRe2(mustStringFlag(flags, "status"));
  if (!pattern.ok) return complain(io, `Failed to compile status regexp: ${pattern.error}`);
  const expression = stringFlag(flags, "filter") ?? "";
  const made = expression === "" ? undefined : makeFilter(utf8(expression), MEMBER_FIELDS);
  if (made?.ok === false) return complain(io, `Error retrieving members: ${made.error}`);
  const client = connectApi(flags, io);
  if (client === undefined) return 1;
  const segment = mustStringFlag(flags, "segment");
  const query = { segment, ...(boolFlag(flags, "wan") ? { wan: "1" } : {}) };
  const answer = await callApi(client, { method: "GET", path: "/v1/agent/members", query });
  const listed = answerJson(expectOk(answer));
  if (!listed.ok) return complain(io, `Error retrieving members: ${listed.error}`);
  const all = (listed.value ?? []) as readonly Member[];
  const kept: Filtered<Member> = made === undefined ? { ok: true, rows: all } : runFilter(made.filter, all);
  if (!kept.ok) return complain(io, `Error retrieving members: ${kept.error}`);
  const members = kept.rows
    .map((member) => withSegment(member, segment))
    .filter((member) => matchesRe2(pattern.re2, statusOf(member)))
    .sort(bySegmentAndName);
  if (members.length === 0) return 2;
  say(io, columnTable(boolFlag(flags, "detailed") ? detailedRows(members) : standardRows(members)));
  return 0;
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
