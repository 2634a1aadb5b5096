// The differences that are there by intent: each with its number, by which docs/compatibility.md tells users of it, the
// cases in which it is seen, and what it makes of the original's answer there, so that nothing else hides behind it.

import type { Kind } from "./agents.ts";

export interface Intended {
  readonly number: string;
  readonly why: string;
  readonly seen: readonly Seen[];
}

export interface Seen {
  /** Names of cases. */
  readonly in: readonly string[];
  /** In this pair only. */
  readonly only?: Kind;
  /** The original does not always do it. */
  readonly byChance?: true;
  /** Our transcript, from the original's; the lines are one text. */
  readonly turns: (consul: string) => string;
}

/** A whole transcript. */
function transcript(
  status: string,
  headers: readonly string[],
  body: string,
  ending: "open" | "closed",
): string {
  return [`HTTP/1.1 ${status}`, ...headers, "", body, `connection: ${ending}`].join("\n");
}

const PLAIN = "Content-Type: text/plain; charset=utf-8";
const DATED = ["Date: (a date)", "Content-Length: (that of the body)"];

const NOT_FOUND = transcript("404 Not Found", DATED, "", "open");
const BAD_REQUEST = transcript("400 Bad Request", [PLAIN, "Connection: close"], "400 Bad Request", "closed");

const MEMBERS: readonly string[] = [
  "the members",
  "the members, pretty",
  "a wan that is nothing is the LAN",
  "the members of all segments",
  "the members of the WAN",
  "the members look at no other parameters",
  "two members",
  "a member that failed",
  "a member that left",
  "one member",
  "passed on: the members",
];

const NODES: readonly string[] = [
  "a filter",
  "the nodes wait",
  "the nodes",
  "the nodes, pretty",
  "the nodes, stale",
  "the nodes, consistent",
  "the nodes, bounded",
  "the nodes, cached",
  "nodes with metadata",
  "nodes with metadata without a value",
  "nodes near one",
  "nodes near us",
  "nodes near nobody",
  "the nodes of our datacenter",
  "the nodes, of an old index",
  "the nodes of a namespace",
  "an empty filter",
  "two nodes",
  "passed on: the nodes",
  "its node is still there",
  "the nodes after a restart",
  "nodes with metadata of one's own",
];

const CLIENTS: readonly string[] = ["a client alone: itself", "passed on: itself"];
const SELF: readonly string[] = ["ourselves", "ourselves, of parameters that mean nothing"];

/** What /v1/agent/self has under DebugConfig: the settings that have an effect. */
const SETTINGS: readonly string[] = `
  AEInterval AdvertiseAddrLAN AdvertiseAddrWAN AllowWriteHTTPFrom AutopilotCleanupDeadServers
  AutopilotLastContactThreshold AutopilotMaxTrailingLogs AutopilotMinQuorum AutopilotServerStabilizationTime
  BindAddr Bootstrap BootstrapExpect CAFile CAPath Cache CertFile CheckDeregisterIntervalMin CheckOutputMaxSize
  CheckReapInterval CheckUpdateInterval ClientAddrs ConnectSidecarMaxPort ConnectSidecarMinPort
  ConsulRaftElectionTimeout ConsulRaftHeartbeatTimeout ConsulRaftLeaderLeaseTimeout DNSARecordLimit DNSAddrs
  DNSAllowStale DNSCacheMaxAge DNSDisableCompression DNSEnableTruncate DNSMaxStale DNSNodeMetaTXT DNSNodeTTL
  DNSOnlyPassing DNSPort DNSRecursorTimeout DNSRecursors DNSSOA DNSServiceTTL DNSUDPAnswerLimit DNSUseCache
  DataDir Datacenter DefaultQueryTime DevMode DisableCoordinates DisableHTTPUnprintableCharFilter
  DisableHostNodeID DisableKeyringFile DisableRemoteExec DiscardCheckOutput DiscoveryMaxStale EnableDebug
  EnableCentralServiceConfig EnableLocalScriptChecks EnableRemoteScriptChecks EncryptKey EncryptVerifyIncoming EncryptVerifyOutgoing ExposeMaxPort ExposeMinPort
  GossipLANGossipInterval GossipLANGossipNodes GossipLANProbeInterval GossipLANProbeTimeout
  GossipLANRetransmitMult GossipLANSuspicionMult GossipWANGossipInterval GossipWANGossipNodes
  GossipWANProbeInterval GossipWANProbeTimeout GossipWANRetransmitMult GossipWANSuspicionMult HTTPAddrs
  HTTPBlockEndpoints HTTPMaxConnsPerClient HTTPPort HTTPResponseHeaders HTTPSAddrs HTTPSHandshakeTimeout
  HTTPSPort HTTPUseCache KVMaxValueSize KeyFile LeaveDrainTime LeaveOnTerm Logging MaxQueryTime NodeID
  NodeMeta NodeName PidFile PrimaryDatacenter RPCAdvertiseAddr RPCBindAddr RPCHandshakeTimeout RPCHoldTimeout RPCMaxBurst
  RPCMaxConnsPerClient RPCProtocol RPCRateLimit RejoinAfterLeave RetryJoinIntervalLAN RetryJoinIntervalWAN
  RetryJoinLAN RetryJoinMaxAttemptsLAN RetryJoinMaxAttemptsWAN RetryJoinWAN SerfAdvertiseAddrLAN
  SerfAdvertiseAddrWAN SerfAllowedCIDRsLAN SerfAllowedCIDRsWAN SerfBindAddrLAN SerfBindAddrWAN SerfPortLAN
  SerfPortWAN ServerMode ServerPort SessionTTLMin SkipLeaveOnInt StartJoinAddrsLAN StartJoinAddrsWAN
  TLSMinVersion TaggedAddresses TranslateWANAddrs TxnMaxReqLen UnixSocketGroup UnixSocketMode UnixSocketUser
  VerifyIncomingHTTPS Version`
  .trim()
  .split(/\s+/);

/** The leaves that ours has too. */
function withoutMissingLeaves(consul: string): string {
  // A client agent is in no WAN, and has no settings for it.
  const inWan = !consul.includes("DebugConfig.ServerMode = false");
  const has = (setting: string): boolean =>
    SETTINGS.includes(setting) && (inWan || setting === "TranslateWANAddrs" || !/WAN/.test(setting));
  return consul
    .replace("DebugConfig.EnableDebug = true", "DebugConfig.EnableDebug = false")
    .split("\n")
    .filter((line) => {
      const setting = /^DebugConfig\.(\w+)/.exec(line)?.[1];
      if (setting !== undefined) return has(setting);
      return !/^Stats\.runtime\./.test(line);
    })
    .join("\n");
}

export const INTENDED: readonly Intended[] = [
  {
    number: "H2",
    why: "there is no web interface yet: the root says who is there, as the original's does with ui = false",
    seen: [
      {
        in: ["the web interface", "the web interface without its slash"],
        only: "dev",
        turns: () => NOT_FOUND,
      },
      {
        in: ["the root", "the root with parameters", "the root, put", "options of the root"],
        only: "dev",
        turns: () => transcript("200 OK", [...DATED, PLAIN], "Consul Agent", "open"),
      },
      {
        in: ["the root, head"],
        only: "dev",
        turns: () => transcript("200 OK", ["Date: (a date)", "Content-Length: 12", PLAIN], "", "open"),
      },
    ],
  },
  {
    number: "H4",
    why: "a server's tags do not say ft_fs: it has no federation states",
    seen: [
      {
        in: MEMBERS,
        turns: (consul) => consul.replace(/\s*"ft_fs": ?"1",/, ""),
      },
      { in: SELF, turns: (consul) => consul.replace(/^Member\.Tags\.ft_fs .*\n/gm, "") },
      {
        in: ["internal/federation-states", "internal/federation-states/mesh-gateways"],
        byChance: true,
        turns: (consul) =>
          consul
            .replace(/^\[\{"Datacenter".*\}\]$/m, "[]")
            // The gateways that another group registered, once the original has brought its state up to date.
            .replace(/^\{"dc1":\[.*\]\}$/m, "{}"),
      },
    ],
  },
  {
    number: "H5",
    why: "an agent tells of itself what it has: settings with an effect, no figures of Go",
    seen: [{ in: [...SELF, ...CLIENTS], turns: withoutMissingLeaves }],
  },
  {
    number: "H6",
    why: "a server registers its node once, and whole; the original often first without its addresses, then with them",
    seen: [
      {
        in: NODES,
        byChance: true,
        turns: (consul) =>
          consul.replace(
            /("CreateIndex": ?)<(?:new: after all writes and before (\d+\.1)|(\d+)\.2)>/,
            (_, name: string, told?: string, number?: string) => `${name}<${told ?? `${number}.1`}>`,
          ),
      },
    ],
  },
  {
    number: "H7",
    why: "the index of Raft's configuration is that of its entry; the original always says 0",
    seen: [
      {
        in: [
          "the configuration of Raft",
          "the configuration of Raft, stale",
          "passed on: the configuration of Raft",
          "passed on: the configuration of Raft, stale",
        ],
        turns: (consul) => consul.replace(/("Index": ?)0/, "$11"),
      },
      { in: SELF, turns: (consul) => consul.replace(/(configuration_index = )"0"/, '$1"1"') },
    ],
  },
  {
    number: "H9",
    why: "what no client sends, and what two servers could understand in two ways, is refused (RFC 9112 §6.1)",
    seen: [
      {
        in: [
          "an absolute target without a path",
          "an absolute target of another scheme",
          "connect",
          "a version of many digits",
          "chunks and a length",
          "chunks in HTTP/1.0",
        ],
        turns: () => BAD_REQUEST,
      },
      {
        in: ["the preface of HTTP/2"],
        turns: () => BAD_REQUEST.replaceAll("Request", "Request: unsupported protocol version"),
      },
    ],
  },
  {
    number: "H10",
    why: "a body that breaks off or is malformed is the client's fault: 400, where the original says 500",
    seen: [
      {
        in: [
          "a body cut off",
          "a chunk of no size",
          "a chunk of a size that is none",
          "a chunk shorter than its size",
          "chunks without an end",
        ],
        turns: () => BAD_REQUEST,
      },
    ],
  },
  {
    number: "H11",
    why: "a value in chunks has the limit that other values have; the original has none for it",
    seen: [
      {
        in: ["chunks past the limit"],
        turns: () =>
          transcript(
            "413 Request Entity Too Large",
            ["Connection: close", "Vary: Accept-Encoding", ...DATED, PLAIN],
            "Request body too large, max size: 524288 bytes. See https://www.consul.io/docs/agent/options.html#kv_max_value_size.",
            "closed",
          ),
      },
    ],
  },
  {
    number: "H12",
    why: "who waits to be told to go on is told so before the request is judged, unless its body is too large",
    seen: [
      {
        in: [
          "continue, of what is wrong",
          "continue, of what is unknown",
          "continue, of flags that are none",
        ],
        turns: (consul) =>
          `HTTP/1.1 100 Continue\n\n\n${consul}`
            .replace("\nConnection: close", "")
            .replace("connection: closed", "connection: open"),
      },
    ],
  },
  {
    number: "H13",
    why: "a connection outlives a body that nobody looked for up to the limit of values; in the original up to 256 KiB",
    seen: [
      {
        in: ["a value past the limit", "an event of many bytes"],
        turns: (consul) => consul.replace(/(\n\n[\s\S]*connection: )open/, "\nConnection: close$1closed"),
      },
      {
        in: ["a larger body where none is looked for"],
        turns: (consul) =>
          consul.replace("\nConnection: close", "").replace("connection: closed", "connection: open"),
      },
    ],
  },
  {
    number: "H14",
    why: "an empty value is not said to be compressed: nothing is no gzip",
    seen: [
      {
        in: ["gzip of an empty value"],
        turns: (consul) =>
          consul
            .replace("\nContent-Length: (that of the body)", "")
            .replace("Content-Encoding: gzip", "Content-Length: (that of the body)")
            .replace("(cannot be unzipped) ", ""),
      },
    ],
  },
  {
    number: "H15",
    why: "which resolver did not find a name is not known: the system was asked",
    seen: [
      {
        in: ["join a name that nobody has"],
        turns: (consul) => consul.replace(/(lookup \S+) on \S+ no such host/, "$1: no such host"),
      },
    ],
  },
  {
    number: "H16",
    why: "whether the last answer of an agent that leaves says that it closes is chance in the original",
    seen: [{ in: ["leave"], byChance: true, turns: (consul) => consul.replace("\nConnection: close", "") }],
  },
  {
    number: "H17",
    why: "a read that waits for a key to come is not woken by other keys, as in later Consuls (hashicorp/consul#12110)",
    seen: [
      {
        in: ["what is not there, by another key", "what is not there, by a key beside it"],
        turns: (consul) => consul.replace("the answer did not wait", "the answer waited"),
      },
    ],
  },
  {
    number: "H19",
    why: "one timeout begins an election and gives it up, as in Raft's paper; the original has two, unequal in development mode",
    seen: [
      {
        in: SELF,
        only: "dev",
        turns: (consul) => consul.replace('HeartbeatTimeout = "35ms"', 'HeartbeatTimeout = "52ms"'),
      },
    ],
  },
  {
    number: "H20",
    why: "the index of a part of a deleted tree is that of the deletion, and not of what was deleted there before",
    seen: [
      {
        in: ["within a tree that went, where a leaf went before it"],
        turns: (consul) => consul.replace(/<new: after \S+ and before (\S+)>/, "<$1>"),
      },
    ],
  },
  {
    number: "H21",
    why: "autopilot's configuration has the index 0 until somebody has set it; the original writes its defaults at first",
    seen: [
      {
        in: ["autopilot as it is at first"],
        turns: (consul) => consul.replace(/^((?:Create|Modify)Index): string$/gm, "$1: number"),
      },
    ],
  },
  {
    number: "H40",
    why: "a conditional write of a node or a check that has another fault fails its transaction; the original goes on without it",
    seen: [
      {
        in: ["a transaction in which a conditional write has another fault"],
        turns: (consul) =>
          consul
            .replace("200 OK", "409 Conflict")
            .replace(/("Results": ?)\[\]/, "$1null")
            .replace(
              /^( *)("Errors": )null/m,
              '$1$2[\n$1    {\n$1        "OpIndex": 0,\n$1        "What": "Missing node registration"\n$1    }\n$1]',
            )
            .replace('"Errors":null', '"Errors":[{"OpIndex":0,"What":"Missing node registration"}]'),
      },
    ],
  },
  {
    number: "H50",
    why: "a dollar sign at the very end of a template stays, and a query of null is one of nothing",
    seen: [
      {
        in: ["a query of null"],
        turns: () =>
          transcript(
            "500 Internal Server Error",
            ["Vary: Accept-Encoding", ...DATED, PLAIN],
            "Invalid prepared query: Must be bound to a session",
            "open",
          ),
      },
      {
        in: ["a template of a dollar sign alone explained"],
        turns: (consul) => consul.replace(/("Service": ?)""/, '$1"$$"').replace('"x"', '"x$$"'),
      },
    ],
  },
  {
    number: "H51",
    why: "where the original tells no list of tags from an empty one, there is none",
    seen: [
      {
        in: ["a query for an empty list of tags, run"],
        turns: (consul) => consul.replace(/("Tags": ?)\[\]/, "$1null"),
      },
    ],
  },
  {
    number: "H52",
    why: "clients of later Consuls send targets of a failover, whether there are any or not",
    seen: [
      {
        in: ['a query by {"Service":{"Failover":{"Targets":[]}}}'],
        turns: () =>
          transcript(
            "500 Internal Server Error",
            ["Vary: Accept-Encoding", ...DATED, PLAIN],
            "Invalid prepared query: Must be bound to a session",
            "open",
          ),
      },
    ],
  },
  {
    number: "H53",
    why: "the index of checks on nodes with some metadata counts what becomes of the nodes (only generated requests see it)",
    seen: [],
  },
  {
    number: "H54",
    why: "who reads a service is told when an instance of it becomes another's (only generated requests see it)",
    seen: [],
  },
  {
    number: "H55",
    why: "a check that is registered once more as it is moves no index (only generated requests see it)",
    seen: [],
  },
  {
    number: "H56",
    why: "a configuration entry that others rest on is not taken back under its name in other letters either",
    seen: [
      {
        in: ["service-defaults/SO is taken back"],
        turns: () =>
          transcript(
            "500 Internal Server Error",
            ["Vary: Accept-Encoding", ...DATED, PLAIN],
            'service "so" has protocol "tcp", which does not match defined listener protocol "http"',
            "open",
          ),
      },
    ],
  },
  {
    number: "H58",
    why: "an intention is found by the services that it is between, as in later Consuls; 1.8 takes the path for an id",
    seen: [
      {
        in: ["an intention that is not there, by its services"],
        turns: () =>
          transcript(
            "404 Not Found",
            ["Vary: Accept-Encoding", ...DATED, PLAIN],
            "Intention not found",
            "open",
          ),
      },
    ],
  },
  {
    number: "H59",
    why: "entries are filtered, and taken back on condition of their index, as in later Consuls; 1.8 reads over both",
    seen: [
      {
        in: ["config/service-defaults?filter=Name==web"],
        turns: (consul) => consul.replace(/\n\[.*\]\n/, "\n[]\n"),
      },
      {
        in: ["config/service-defaults/web?cas=1&dc=zz is taken back"],
        turns: (consul) => consul.replace("\n{}\n", "\nfalse\n"),
      },
    ],
  },
  {
    number: "H57",
    why: "a client with too many connections is told so, as in later Consuls; 1.8 closes the connection without a word",
    seen: [
      {
        in: ["a connection of an address that has all it may"],
        turns: () =>
          transcript(
            "429 Too Many Requests",
            ["Content-Type: text/plain", "Content-Length: (that of the body)", "Connection: close"],
            "Your IP is issuing too many concurrent connections, please rate limit your calls\n",
            "closed",
          ),
      },
    ],
  },
  {
    number: "H22",
    why: "an update without a coordinate is the client's fault: 400, where the original's handler falls over it",
    seen: [
      {
        in: ["an update without a coordinate", "an update of no coordinate"],
        turns: () =>
          transcript(
            "400 Bad Request",
            ["Vary: Accept-Encoding", ...DATED, PLAIN],
            "Request decode failed: missing Coord",
            "open",
          ),
      },
    ],
  },
];
