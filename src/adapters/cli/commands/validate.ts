// `validate`: would an agent start with these files?

import { isFormat } from "../../config/files.ts";
import { loadSettings } from "../../config/load.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { boolFlag, stringFlag } from "../flags.ts";

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
  const loaded = loadSettings(
    {
      dev: false,
      paths: args,
      format: format || undefined,
      listFlags: new Map(),
      scalarFlags: new Map(),
      fragments: [],
      cwd: io.cwd,
    },
    "validate",
  );
  if (!loaded.ok) return complain(io, `Config validation failed: ${loaded.error}`);
  if (boolFlag(flags, "quiet")) return 0;
  for (const warning of loaded.settings.warnings) complain(io, warning);
  say(io, "Configuration is valid!");
  return 0;
}
