// The certificates of HTTPS, read from where the configuration points, and what else it says of TLS, for node:tls. Errors
// are Consul's, which reads the same files when it starts and when it is reloaded.

import { createPrivateKey, X509Certificate } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { SecureVersion } from "node:tls";
import { pathErrorText } from "../config/go-text.ts";
import type { HttpsSettings } from "../config/settings.ts";
import { opensslCiphers } from "../config/tls-ciphers.ts";
import type { SecureSettings } from "./tls-door.ts";

export type LoadedCertificates =
  | { readonly ok: true; readonly secure: SecureSettings }
  | { readonly ok: false; readonly error: string };

/** Carries an error text to `loadCertificates`, which alone catches it. */
class TlsFault extends Error {}

/** Reads and judges them, whether HTTPS is listened for or not, as Consul does. */
export function loadCertificates(settings: HttpsSettings, cwd: string): LoadedCertificates {
  try {
    return { ok: true, secure: secureSettings(settings, cwd) };
  } catch (fault) {
    if (fault instanceof TlsFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  "": "TLSv1.2",
  tls10: "TLSv1",
  tls11: "TLSv1.1",
  tls12: "TLSv1.2",
  tls13: "TLSv1.3",
  // As they are written since Consul 1.12.
  TLSv1_0: "TLSv1",
  TLSv1_1: "TLSv1.1",
  TLSv1_2: "TLSv1.2",
  TLSv1_3: "TLSv1.3",
};

function secureSettings(settings: HttpsSettings, cwd: string): SecureSettings {
  const { caFile, caPath, certFile, keyFile, minVersion, cipherSuites, verifyIncoming } = settings;
  const minimum = VERSIONS[minVersion];
  if (minimum === undefined)
    throw new TlsFault(
      `TLSMinVersion: value ${minVersion} not supported, please specify one of [tls10, tls11, tls12, tls13]`,
    );
  const pair = certFile === "" || keyFile === "" ? {} : readPair(certFile, keyFile, cwd);
  const authorities = readAuthorities(caFile, caPath, cwd);
  if (verifyIncoming && authorities.length === 0)
    throw new TlsFault("VerifyIncoming set but no CA certificates were provided");
  if (verifyIncoming && !("cert" in pair))
    throw new TlsFault(
      "VerifyIncoming requires either a Cert and Key pair in the configuration file, or auto_encrypt/auto_config be enabled",
    );
  const ciphers = opensslCiphers(cipherSuites);
  return {
    ...pair,
    ...(authorities.length > 0 ? { ca: authorities } : {}),
    ...(ciphers.ok && ciphers.list !== "" ? { ciphers: ciphers.list } : {}),
    minVersion: minimum,
  };
}

/** Both, belonging together: else every handshake would fail, one by one. */
function readPair(certFile: string, keyFile: string, cwd: string): { cert: string; key: string } {
  const fail = (reason: string): never => {
    throw new TlsFault(`Failed to load cert/key pair: ${reason}`);
  };
  const [cert, key] = [certFile, keyFile].map((path) => read(path, cwd, fail)) as [string, string];
  const certificate = parsed(() => new X509Certificate(cert)) ?? fail(noPem("certificate"));
  const privateKey = parsed(() => createPrivateKey(key)) ?? fail(noPem("key"));
  if (!certificate.checkPrivateKey(privateKey)) fail("tls: private key does not match public key");
  return { cert, key };
}

function noPem(what: string): string {
  return `tls: failed to find any PEM data in ${what} input`;
}

function parsed<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

function read(path: string, cwd: string, fail: (reason: string) => never): string {
  try {
    return readFileSync(resolve(cwd, path), "utf8");
  } catch (error) {
    return fail(pathErrorText("open", path, error));
  }
}

/** `ca_file` wins; of `ca_path` every file. */
function readAuthorities(caFile: string, caPath: string, cwd: string): string[] {
  if (caFile !== "") return [readAuthority(caFile, cwd)];
  if (caPath === "") return [];
  let names: string[];
  try {
    names = readdirSync(resolve(cwd, caPath)).sort();
  } catch (error) {
    throw new TlsFault(`Error loading from CAPath: ${pathErrorText("open", caPath, error)}`);
  }
  return names.map((name) => readAuthority(join(caPath, name), cwd));
}

function readAuthority(path: string, cwd: string): string {
  const text = read(path, cwd, (reason) => {
    throw new TlsFault(`Error loading from ${path}: ${reason}`);
  });
  if (!text.includes("-----BEGIN CERTIFICATE-----"))
    throw new TlsFault(`Error loading from ${path}: it holds no certificate`);
  return text;
}
