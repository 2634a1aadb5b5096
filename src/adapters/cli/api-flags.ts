// The flags of every command that talks to an agent, in Consul's groups, and the environment variables behind them. What
// they come to is an ApiTarget; how it is talked to is client.ts's business.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseGoBool } from "../../core/lib/go-bool.ts";
import { pathErrorText } from "../config/go-text.ts";
import { boolFlag, type Flag, type FlagValues, stringFlag } from "./flags.ts";
import type { Io } from "./io.ts";

function own(name: string, description: string, kind: Flag["kind"] = "string"): Flag {
  return { name, kind, description, consulType: true };
}

/** Where the agent is and who asks. */
export const CLIENT_FLAGS: readonly Flag[] = [
  own(
    "http-addr",
    "The `address` and port of the agent's HTTP interface: host:port, http://host:port, https://host:port or unix:///path. The default is 127.0.0.1:8500, or CONSUL_HTTP_ADDR from the environment; CONSUL_HTTP_SSL=true makes it HTTPS.",
  ),
  own(
    "token",
    "ACL token to send with the request. Without it CONSUL_HTTP_TOKEN is used, and without that the agent's own default token.",
  ),
  own(
    "token-file",
    "File that holds the ACL token, for use instead of -token or CONSUL_HTTP_TOKEN. Also taken from CONSUL_HTTP_TOKEN_FILE.",
  ),
  own(
    "ca-file",
    "PEM file with the certificate authorities that the agent's certificate is checked against. Also taken from CONSUL_CACERT.",
  ),
  own(
    "ca-path",
    "Directory of PEM files with certificate authorities to check the agent's certificate against. Also taken from CONSUL_CAPATH.",
  ),
  own(
    "client-cert",
    "PEM file with our certificate, for agents that ask for one (verify_incoming). Also taken from CONSUL_CLIENT_CERT.",
  ),
  own("client-key", "PEM file with the key of -client-cert. Also taken from CONSUL_CLIENT_KEY."),
  own(
    "tls-server-name",
    "Name to ask for (SNI) and to expect in the agent's certificate. Also taken from CONSUL_TLS_SERVER_NAME.",
  ),
];

/** Of whom the question is asked. */
export const SERVER_FLAGS: readonly Flag[] = [
  own("datacenter", "Datacenter to ask. The default is that of the agent."),
  own(
    "stale",
    "Let any server answer a read, not only the leader: faster, but the answer may be old. Default false.",
    "bool",
  ),
];

export const NAMESPACE_FLAG: Flag = own(
  "namespace",
  "Namespace to ask, of which there is only the `default` one: namespaces are a feature of Consul Enterprise.",
);

const API_NAMES: ReadonlySet<string> = new Set([...CLIENT_FLAGS, ...SERVER_FLAGS].map(({ name }) => name));

/** Whether help lists the flag under "HTTP API Options". It goes by the name alone, as Consul does. */
export function isApiFlag(flag: Flag): boolean {
  return API_NAMES.has(flag.name);
}

export interface ApiTarget {
  readonly scheme: "http" | "https";
  /** As it is printed in errors: "127.0.0.1:8500", or the path of the unix socket. */
  readonly host: string;
  /** Path of the unix socket, if it is one. */
  readonly socketPath: string | undefined;
  /** "" or "/prefix": goes before every path. */
  readonly pathPrefix: string;
  readonly token: string;
  /** "user:password" for basic authentication. */
  readonly auth: string | undefined;
  readonly tls: TlsFiles;
  /** `dc`, `ns` and `stale` for the query; only commands with the server's flags have them. */
  readonly datacenter: string;
  readonly namespace: string;
  readonly stale: boolean;
}

/** "" for none. */
export interface TlsFiles {
  readonly caFile: string;
  readonly caPath: string;
  readonly certFile: string;
  readonly keyFile: string;
  readonly serverName: string;
  readonly verify: boolean;
}

export type ResolvedTarget =
  | { readonly ok: true; readonly target: ApiTarget }
  | { readonly ok: false; readonly error: string };

const DEFAULT_ADDRESS = "127.0.0.1:8500";

/** Flags over environment over defaults. Warns on stderr of environment variables that are not the booleans they should be. */
export function resolveTarget(values: FlagValues, io: Io): ResolvedTarget {
  const from = (flag: string, variable: string): string => stringFlag(values, flag) || envText(io, variable);
  const ssl = envBool(io, "CONSUL_HTTP_SSL", false);
  const address = parseAddress(from("http-addr", "CONSUL_HTTP_ADDR") || DEFAULT_ADDRESS, ssl);
  if (!address.ok) return address;
  const token = resolveToken(values, io);
  if (!token.ok) return token;
  const auth = envText(io, "CONSUL_HTTP_AUTH");
  return {
    ok: true,
    target: {
      ...address.parsed,
      token: token.token,
      auth: auth === "" ? undefined : auth.includes(":") ? auth : `${auth}:`,
      tls: {
        caFile: from("ca-file", "CONSUL_CACERT"),
        caPath: from("ca-path", "CONSUL_CAPATH"),
        certFile: from("client-cert", "CONSUL_CLIENT_CERT"),
        keyFile: from("client-key", "CONSUL_CLIENT_KEY"),
        serverName: from("tls-server-name", "CONSUL_TLS_SERVER_NAME"),
        verify: envBool(io, "CONSUL_HTTP_SSL_VERIFY", true),
      },
      datacenter: stringFlag(values, "datacenter") ?? "",
      namespace: from("namespace", "CONSUL_NAMESPACE"),
      stale: boolFlag(values, "stale"),
    },
  };
}

function envText(io: Io, name: string): string {
  return io.env[name] ?? "";
}

function envBool(io: Io, name: string, fallback: boolean): boolean {
  const text = envText(io, name);
  if (text === "") return fallback;
  const value = parseGoBool(text);
  if (value === undefined) {
    const cause = `strconv.ParseBool: parsing "${text}": invalid syntax`;
    io.stderr(`${new Date().toISOString()} [WARN]  consul-api: could not parse ${name}: error="${cause}"\n`);
  }
  return value ?? fallback;
}

type Address = Pick<ApiTarget, "scheme" | "host" | "socketPath" | "pathPrefix">;

/** "http://" never takes back the TLS that CONSUL_HTTP_SSL asked for. */
function parseAddress(
  text: string,
  ssl: boolean,
): { readonly ok: true; readonly parsed: Address } | { readonly ok: false; readonly error: string } {
  const at = text.indexOf("://");
  const scheme = at < 0 ? "http" : text.slice(0, at);
  const rest = at < 0 ? text : text.slice(at + 3);
  if (scheme === "unix")
    return { ok: true, parsed: { scheme: "http", host: rest, socketPath: rest, pathPrefix: "" } };
  if (scheme !== "http" && scheme !== "https")
    return { ok: false, error: `Unknown protocol scheme: ${scheme}` };
  const slash = at < 0 ? -1 : rest.indexOf("/");
  return {
    ok: true,
    parsed: {
      scheme: ssl || scheme === "https" ? "https" : "http",
      host: slash < 0 ? rest : rest.slice(0, slash),
      socketPath: undefined,
      pathPrefix: slash < 0 ? "" : rest.slice(slash).replace(/\/+$/, ""),
    },
  };
}

/** -token-file, -token, CONSUL_HTTP_TOKEN_FILE, CONSUL_HTTP_TOKEN, in this order. */
function resolveToken(
  values: FlagValues,
  io: Io,
): { readonly ok: true; readonly token: string } | { readonly ok: false; readonly error: string } {
  const given = stringFlag(values, "token") ?? "";
  const file =
    stringFlag(values, "token-file") || (given === "" ? envText(io, "CONSUL_HTTP_TOKEN_FILE") : "");
  if (file === "") return { ok: true, token: given || envText(io, "CONSUL_HTTP_TOKEN") };
  try {
    return { ok: true, token: readFileSync(resolve(io.cwd, file), "utf8").trim() };
  } catch (error) {
    return { ok: false, error: `Error loading token file: ${pathErrorText("open", file, error)}` };
  }
}
