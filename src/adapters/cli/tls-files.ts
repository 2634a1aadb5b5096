// Certificates and keys for talking to an agent over TLS, read from where the flags point, with the error texts of
// Consul's client. Read even when the address is a plain one, since Consul does, and a wrong path is better told early.

import { readdirSync, readFileSync, statSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { join, resolve } from "node:path";
import { pathErrorText } from "../config/go-text.ts";
import type { TlsFiles } from "./api-flags.ts";

export type TlsOptions = Pick<RequestOptions, "ca" | "cert" | "key" | "servername" | "rejectUnauthorized">;

export type LoadedTls =
  | { readonly ok: true; readonly options: TlsOptions }
  | { readonly ok: false; readonly error: string };

/** Carries an error text to `loadTls`, which alone catches it. */
class TlsFault extends Error {}

export function loadTls(files: TlsFiles, cwd: string): LoadedTls {
  try {
    return { ok: true, options: tlsOptions(files, cwd) };
  } catch (fault) {
    if (fault instanceof TlsFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

function tlsOptions(files: TlsFiles, cwd: string): TlsOptions {
  const { caFile, caPath, certFile, keyFile, serverName, verify } = files;
  if ((certFile === "") !== (keyFile === ""))
    throw new TlsFault("both client cert and client key must be provided");
  const pair = certFile === "" ? {} : { cert: read(certFile, cwd, ""), key: read(keyFile, cwd, "") };
  const authorities =
    caFile !== "" ? [readAuthorities(caFile, cwd)] : caPath !== "" ? authoritiesIn(caPath, cwd) : [];
  return {
    ...pair,
    ...(authorities.length > 0 ? { ca: authorities } : {}),
    ...(serverName === "" ? {} : { servername: serverName }),
    rejectUnauthorized: verify,
  };
}

function read(path: string, cwd: string, prefix: string): string {
  try {
    return readFileSync(resolve(cwd, path), "utf8");
  } catch (error) {
    throw new TlsFault(`${prefix}${pathErrorText("open", path, error)}`);
  }
}

function readAuthorities(path: string, cwd: string): string {
  const text = read(path, cwd, "Error loading CA File: ");
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw new TlsFault(`Error loading CA File: Couldn't parse PEM in: ${path}`);
  return text;
}

/** Every file in the directory and those below it. */
function authoritiesIn(path: string, cwd: string): string[] {
  let names: string[];
  try {
    const all = readdirSync(resolve(cwd, path), { recursive: true, encoding: "utf8" }).sort();
    names = all.filter((name) => statSync(resolve(cwd, path, name)).isFile());
  } catch (error) {
    throw new TlsFault(pathErrorText("lstat", path, error));
  }
  return names.map((name) => readAuthorities(join(path, name), cwd));
}
