// Commands of Consul for what is not here yet: they are listed, so that nobody looks for them in vain, and say so.

import { complain, type RawCommand, say } from "../command.ts";

interface Refused {
  /** How it is called, without the program's name. */
  readonly usage: string;
  /** What is not there: "access control lists are". */
  readonly why: string;
}

function refused({ usage, why }: Refused): RawCommand {
  return {
    type: "raw",
    run: async (args, io) => {
      const sentence = `${why} not supported yet.`;
      if (args.some((arg) => arg === "-h" || arg === "-help" || arg === "--help")) {
        say(io, `Usage: ${io.program} ${usage}\n\n  ${sentence}`);
        return 0;
      }
      return complain(io, `${io.program} ${usage.split(" ", 1)[0]}: ${sentence}`);
    },
  };
}

const ACLS = "Access control lists are";
const CONNECT = "Connect and its certificates are";

export const acl: RawCommand = refused({ usage: "acl <subcommand> [options] [args]", why: ACLS });
export const connect: RawCommand = refused({ usage: "connect <subcommand> [options] [args]", why: CONNECT });
export const login: RawCommand = refused({ usage: "login [options]", why: ACLS });
export const logout: RawCommand = refused({ usage: "logout [options]", why: ACLS });
export const tls: RawCommand = refused({
  usage: "tls <subcommand> <subcommand> [options]",
  why: "TLS between agents, and making certificates for it, is",
});
