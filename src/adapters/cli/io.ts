// What a command sees of its process: two streams out, one in, the environment and the directory. Handed in, so that every
// command runs in a test as it runs in a shell.

import { basename } from "node:path";

export interface Io {
  /** The name that the user typed, for usage texts: "quorate", or "consul" when we are called by that name. */
  readonly program: string;
  /** Where it is, for those who are to run it again. */
  readonly programPath: string;
  /** Text as UTF-8, or bytes as they are. No newline is added. */
  readonly stdout: (chunk: string | Uint8Array) => void;
  readonly stderr: (text: string) => void;
  /** Standard input to its end. */
  readonly stdin: () => Promise<Uint8Array>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The streams of this process. */
export function processIo(): Io {
  // Whoever reads us may stop early (`| head`): that is no error of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});
  return {
    program: basename(process.argv[1] ?? "") === "consul" ? "consul" : "quorate",
    programPath: process.argv[1] ?? "",
    stdout: (chunk) => void process.stdout.write(chunk),
    stderr: (text) => void process.stderr.write(text),
    stdin: readAll,
    env: process.env,
    cwd: process.cwd(),
  };
}

async function readAll(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
