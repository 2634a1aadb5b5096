// `version`: which version this is, and which protocol of Consul it speaks.

import { CONSUL_PROTOCOL } from "../../../core/agent/config.ts";
import { OWN_VERSION } from "../../config/version.ts";
import { type Call, type Command, complain, say } from "../command.ts";
import { mustStringFlag } from "../flags.ts";

export const command: Command = {
  type: "command",
  usage: (program) => `Usage: ${program} version [options]`,
  flags: [{ name: "format", kind: "string", fallback: "pretty", description: "Output format {pretty|json}" }],
  run: runVersion,
};

async function runVersion({ flags, io }: Call): Promise<number> {
  const format = mustStringFlag(flags, "format");
  const { current, min, max } = CONSUL_PROTOCOL;
  switch (format) {
    case "json":
      say(
        io,
        JSON.stringify(
          {
            Version: OWN_VERSION,
            Revision: "",
            Prerelease: "",
            RPC: { Default: current, Min: min, Max: max },
          },
          undefined,
          3,
        ),
      );
      return 0;
    case "pretty":
      say(
        io,
        `Quorate v${OWN_VERSION}\nProtocol ${current} spoken by default, understands ${min} to ${max} (agent will automatically use protocol >${current} when speaking to compatible agents)\n`,
      );
      return 0;
    default:
      return complain(io, `Unknown format: ${format}`);
  }
}
