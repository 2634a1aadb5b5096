// Checks of services that the operating system runs, of later Consuls, which have them on Windows only: here systemd is asked
// (`systemctl is-active`), whose words for a unit are judged as Consul judges Windows'.

import { critical, type MakeCheck, passing, warning } from "./run.ts";
import { runProgram } from "./script.ts";

/** As systemd calls them, of units that do not run. */
const DOWN: ReadonlySet<string> = new Set(["inactive", "failed", "unknown", ""]);

export const makeOsService: MakeCheck = (run, around) => {
  const { osService: name } = run.spec;
  return runProgram(run, around, ["systemctl", "is-active", "--", name], (code, output) => {
    if (code === 0) return passing(`Service "${name}" is healthy`);
    const state = output.trim();
    // What is no word for a unit says why systemd can't be asked.
    if (state.includes(" ")) return critical(state);
    const said = `Service "${name}" is ${state === "" ? "not known" : state}`;
    return DOWN.has(state) ? critical(said) : warning(said);
  });
};
