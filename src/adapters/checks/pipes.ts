// Pipes that a program writes both of its outputs into, in order. Node gives a child sockets instead, one for each: what it
// says then comes in any order, and a script that writes to /dev/stderr fails. So named pipes are made, which are used again.

import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pipe {
  /** What comes out. Its end comes when nobody has the other side open any more. */
  readonly output: Socket;
  /** For the child; ours is to be closed when the child has it. */
  readonly input: number;
  /** The pipe is done with; `clean`: its end came, so that nobody writes into it who should not. */
  done(clean: boolean): void;
}

export class Pipes {
  #folder: string | undefined;
  #made = 0;
  readonly #free: string[] = [];
  #lacks = false;

  /** @returns undefined where there are none (no mkfifo, no room for files). */
  async open(): Promise<Pipe | undefined> {
    const path = this.#free.pop() ?? (await this.#make());
    if (path === undefined) return undefined;
    let reading: number | undefined;
    try {
      reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const input = openSync(path, constants.O_WRONLY);
      const output = new Socket({ fd: reading, readable: true, writable: false });
      return { output, input, done: (clean) => this.#release(path, clean) };
    } catch {
      if (reading !== undefined) closeSync(reading);
      return undefined;
    }
  }

  #release(path: string, clean: boolean): void {
    if (this.#folder === undefined) return;
    if (clean) this.#free.push(path);
    else rmSync(path, { force: true });
  }

  async #make(): Promise<string | undefined> {
    if (this.#lacks) return undefined;
    try {
      this.#folder ??= mkdtempSync(join(tmpdir(), `quorate-checks-${process.pid}-`));
    } catch {
      return undefined;
    }
    const path = join(this.#folder, String(++this.#made));
    const made = await new Promise<boolean>((resolve) => {
      execFile("mkfifo", ["-m", "600", path], (error) => resolve(error === null));
    });
    if (!made) this.#lacks = true;
    return made ? path : undefined;
  }

  close(): void {
    this.#free.length = 0;
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = undefined;
    this.#lacks = true;
  }
}
