// Configuration files found and read: each path a file or a directory, of a directory the .hcl and .json files by name.
// Nothing is parsed here, and all is read before anything is parsed, so that a missing file is the first thing said.

import { type Dirent, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { type ByteString, byteStringOf, compareStrings } from "../../core/lib/bytes.ts";
import { pathErrorText } from "./go-text.ts";

export type Format = "hcl" | "json";

/** 16 MiB: no configuration is larger, and a mistaken path should not fill the memory. */
const MAX_FILE_BYTES = 16 << 20;

export interface ConfigFile {
  /** As the user wrote it, for error texts. */
  readonly name: string;
  readonly format: Format;
  readonly content: ByteString;
}

export type FoundFiles =
  | { readonly ok: true; readonly files: readonly ConfigFile[]; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly error: string };

/** What `-config-format` may say; any other text is an error that the caller words. */
export function isFormat(text: string): text is Format {
  return text === "hcl" || text === "json";
}

/** Carries an error text to `findFiles`, which alone catches it. */
class FileFault extends Error {}

/** The files at `paths` in their order. Empty files are left out, as if they were not there. */
export function findFiles(paths: readonly string[], format: Format | undefined, cwd: string): FoundFiles {
  const warnings: string[] = [];
  try {
    const files = paths.flatMap((path) => filesAt(path, format, cwd, warnings));
    return { ok: true, files: files.filter(({ content }) => content.length > 0), warnings };
  } catch (fault) {
    if (fault instanceof FileFault) return { ok: false, error: fault.message };
    throw fault;
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof FileFault) throw error;
    throw new FileFault(`config: Open failed on ${path}. ${pathErrorText("open", path, error)}`);
  }
}

function filesAt(path: string, format: Format | undefined, cwd: string, warnings: string[]): ConfigFile[] {
  if (!attempt(path, () => statSync(resolve(cwd, path)).isDirectory())) {
    const found = format ?? formatOf(path);
    // Named by the user himself: leaving it out would start an agent that is configured otherwise than he believes.
    if (found === undefined)
      throw new FileFault(
        `file ${path} has unknown extension; must be .hcl or .json, or config format must be set`,
      );
    return [readConfigFile(path, found, cwd)];
  }
  const entries = attempt(path, () =>
    readdirSync(resolve(cwd, path), { withFileTypes: true }).filter((entry) => !leadsToDirectory(entry)),
  );
  const names = entries.map(({ name }) => name);
  return names.sort(compareStrings).flatMap((name) => {
    const file = join(path, name);
    const found = format ?? formatOf(name);
    if (found !== undefined) return [readConfigFile(file, found, cwd)];
    warnings.push(`skipping file ${file}, extension must be .hcl or .json, or config format must be set`);
    return [];
  });
}

/** Symbolic links are followed; one that leads nowhere is left to fail when it is read. */
function leadsToDirectory(entry: Dirent): boolean {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function formatOf(name: string): Format | undefined {
  const extension = extname(name).slice(1);
  return isFormat(extension) ? extension : undefined;
}

function readConfigFile(name: string, format: Format, cwd: string): ConfigFile {
  const bytes = attempt(name, () => {
    const path = resolve(cwd, name);
    if (statSync(path).size > MAX_FILE_BYTES)
      throw new FileFault(`config: ${name} is larger than ${MAX_FILE_BYTES} bytes`);
    return readFileSync(path);
  });
  return { name, format, content: byteStringOf(bytes) };
}
