// `validate`: would an agent start with these files?

import { isFormat } from "../../config/files.ts";
import { loadSettings } from "../../config/load.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, listFlag, stringFlag } from "../flags.ts";
import type { Io } from "../io.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} validate [options] FILE_OR_DIRECTORY...

  Reads configuration files and directories as "${program} agent" would, and says
  what is wrong with them. Give it all the files of an agent: what is missing in
  one may be in another.

  The exit code is 0 when an agent could start with them, and otherwise 1.`,
  flags: [
    {
      name: "config-format",
      kind: "string",
      description: "Reads every file in this format, 'hcl' or 'json', whatever its extension.",
    },
    { name: "quiet", kind: "bool", description: "Says nothing when all is well." },
  ],
  flagErrorPrefix: "",
  run: runValidate,
};

async function runValidate({ args, flags, io }: Call): Promise<number> {
  if (args.length === 0) return complain(io, "Must specify at least one config file or directory");
  const format = stringFlag(flags, "config-format");
  if (format !== undefined && format !== "" && !isFormat(format))
    return complain(io, "-config-format must be either 'hcl' or 'json");
  return validate(args, format || undefined, boolFlag(flags, "quiet"), io);
}

function validate(paths: readonly string[], format: string | undefined, quiet: boolean, io: Io): number {
  const nothing = { listFlags: new Map(), scalarFlags: new Map(), fragments: [] } as const;
  const loaded = loadSettings({ ...nothing, dev: false, paths, format, cwd: io.cwd }, "validate");
  if (!loaded.ok) return complain(io, `Config validation failed: ${loaded.error}`);
  if (quiet) return 0;
  for (const warning of loaded.settings.warnings) complain(io, warning);
  say(io, "Configuration is valid!");
  return 0;
}

/** `configtest`, as it was called before Consul 1.0. */
export const formerCommand: Command = {
  type: "command",
  usage: (program) => `
Usage: ${program} configtest [options]

  The older way to say "${program} validate -quiet", with the files as flags.`,
  flags: [
    {
      name: "config-dir",
      kind: "list",
      storedAs: "paths",
      description: "A directory of configuration files.",
    },
    { name: "config-file", kind: "list", storedAs: "paths", description: "A configuration file." },
  ],
  run: async ({ flags, io }) => {
    const paths = listFlag(flags, "paths");
    if (paths.length === 0) return complain(io, "Must specify config using -config-file or -config-dir");
    return validate(paths, undefined, true, io);
  },
};
