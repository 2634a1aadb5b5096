// Completion in the user's shells: one line in the start-up file of bash and of zsh, one file for fish, where there are such.
// What is written, and what is said of it, is as Consul has it, so that either program finds and removes what it wrote.

import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { errorList } from "../../core/lib/error-list.ts";
import { errnoText } from "../config/go-text.ts";
import type { Io } from "./io.ts";

interface Shell {
  /** Where it is written. */
  readonly file: string;
  readonly isInstalled: () => boolean;
  readonly install: () => void;
  readonly uninstall: () => void;
}

/** @returns What went wrong. */
export function changeCompletion(what: "install" | "uninstall", io: Io): string | undefined {
  const shells = shellsOf(io);
  if (shells.length === 0) return `Did not find any shells to ${what}`;
  const faults: string[] = [];
  for (const shell of shells) {
    const installed = shell.isInstalled();
    if (what === "install" && installed) faults.push(`already installed in ${shell.file}`);
    else if (what === "uninstall" && !installed) faults.push(`does not installed in ${shell.file}`);
    else attempt(shell, what, faults);
  }
  return faults.length === 0 ? undefined : errorList(faults);
}

function attempt(shell: Shell, what: "install" | "uninstall", faults: string[]): void {
  try {
    shell[what]();
  } catch (error) {
    faults.push(`open ${shell.file}: ${errnoText(error)}`);
  }
}

function shellsOf(io: Io): Shell[] {
  const { HOME, ZDOTDIR, XDG_CONFIG_HOME } = io.env;
  const home = HOME || homedir();
  const { program } = io;
  const path = io.programPath;
  const bash = [".bashrc", ".bash_profile", ".bash_login", ".profile"]
    .map((name) => join(home, name))
    .find((file) => existsSync(file));
  const zsh = [ZDOTDIR || home, home]
    .map((folder) => join(folder, ".zshrc"))
    .find((file) => existsSync(file));
  const fish = join(XDG_CONFIG_HOME || join(home, ".config"), "fish");
  return [
    ...(bash === undefined ? [] : [lineIn(bash, [], `complete -C ${path} ${program}`)]),
    ...(zsh === undefined ? [] : [lineIn(zsh, [ZSH_NEEDS], `complete -o nospace -C ${path} ${program}`)]),
    ...(isFolder(fish)
      ? [fileFor(join(fish, "completions", `${program}.fish`), fishText(program, path))]
      : []),
  ];
}

/** By which zsh understands bash's `complete`. */
const ZSH_NEEDS = "autoload -U +X bashcompinit && bashcompinit";

/** @param needs Lines that must stand before it, and may do so already. */
function lineIn(file: string, needs: readonly string[], line: string): Shell {
  const lines = (): string[] => readFileSync(file, "utf8").split("\n");
  return {
    file,
    isInstalled: () => lines().includes(line),
    install() {
      const there = lines();
      const missing = needs.filter((need) => !there.includes(need));
      appendFileSync(file, `\n${[...missing, line].join("\n")}\n`);
    },
    uninstall() {
      const left = lines().filter((each) => each !== line);
      writeFileSync(file, left.join("\n"));
    },
  };
}

function fileFor(file: string, text: string): Shell {
  return {
    file,
    isInstalled: () => existsSync(file),
    install() {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    },
    uninstall: () => rmSync(file),
  };
}

/** fish tells what was typed in words of its own. */
function fishText(program: string, path: string): string {
  const name = `__complete_${program}`;
  return `function ${name}
    set -lx COMP_LINE (commandline -cp)
    test -z (commandline -ct)
    and set COMP_LINE "$COMP_LINE "
    ${path}
end
complete -f -c ${program} -a "(${name})"
`;
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}
