import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inDirectory, type Ran, run } from "./support.ts";

/** What a shell would offer. */
async function offered(line: string, point?: number): Promise<string[]> {
  const env = { COMP_LINE: line, ...(point === undefined ? {} : { COMP_POINT: String(point) }) };
  const ran = await run(["quorate", "last", "word"], { env });
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  return ran.stdout.split("\n").slice(0, -1);
}

describe("a shell that completes a line is offered", () => {
  test.each<[string, string[]]>([
    ["quorate k", ["keygen", "keyring", "kv"]],
    ["quorate kv ", ["delete", "export", "get", "import", "put"]],
    ["quorate  kv   g", ["get"]],
    ["quorate kv", ["kv"]],
    ["quorate operator raft ", ["list-peers", "remove-peer", "transfer-leader"]],
    ["quorate nosuch kv p", ["put"]],
    ["quorate kv get ", []],
    ["quorate", []],
    ["quorate -", ["-autocomplete-install", "-autocomplete-uninstall", "-help", "-version"]],
    ["quorate kv get -ca", ["-ca-file", "-ca-path"]],
    ["quorate kv get --ke", ["--keys"]],
    ["quorate kv -", ["-help"]],
    ["quorate configt", []],
  ])("%j: %j", async (line, words) => {
    expect(await offered(line)).toEqual(words);
  });

  test("what fits up to the cursor, and not what stands behind it", async () => {
    expect(await offered("quorate kv get x", 10)).toEqual(["kv"]);
  });

  test("all commands where there is nothing yet", async () => {
    const all = await offered("quorate ");
    expect(all).toEqual([...all].sort());
    expect(all).toContain("watch");
    expect(all).not.toContain("configtest");
  });
});

describe("completion is written into the start-up files of the shells that there are", () => {
  const change = (home: string, what: string): Promise<Ran> =>
    run([`-autocomplete-${what}`], { env: { HOME: home } });

  test("of bash, zsh and fish, and taken out again", () =>
    inDirectory(async (home) => {
      const text = (name: string): string => readFileSync(join(home, name), "utf8");
      const fish = join(home, ".config/fish/completions/quorate.fish");
      writeFileSync(join(home, ".bashrc"), "mine\n");
      writeFileSync(join(home, ".zshrc"), "");
      mkdirSync(join(home, ".config/fish"), { recursive: true });
      expect(await change(home, "install")).toMatchObject({ code: 0, stdout: "", stderr: "" });
      expect(text(".bashrc")).toBe("mine\n\ncomplete -C /bin/quorate quorate\n");
      expect(text(".zshrc")).toBe(
        "\nautoload -U +X bashcompinit && bashcompinit\ncomplete -o nospace -C /bin/quorate quorate\n",
      );
      expect(readFileSync(fish, "utf8")).toContain('complete -f -c quorate -a "(__complete_quorate)"');

      const again = await change(home, "install");
      expect(again.code).toBe(1);
      expect(again.stderr).toBe(
        `Error executing CLI: 3 errors occurred:\n${[join(home, ".bashrc"), join(home, ".zshrc"), fish]
          .map((file) => `\t* already installed in ${file}\n`)
          .join("")}\n\n`,
      );

      expect(await change(home, "uninstall")).toMatchObject({ code: 0, stderr: "" });
      expect(text(".bashrc")).toBe("mine\n\n");
      expect(text(".zshrc")).not.toContain("complete -o");
      expect(existsSync(fish)).toBe(false);
      expect((await change(home, "uninstall")).stderr).toContain(
        `\t* does not installed in ${home}/.bashrc\n`,
      );
    }));

  test("and where there is none that is said", () =>
    inDirectory(async (home) => {
      const ran = await change(home, "install");
      expect(ran).toMatchObject({
        code: 1,
        stderr: "Error executing CLI: Did not find any shells to install\n",
      });
    }));

  test("not both at once", async () => {
    const ran = await run(["kv", "-autocomplete-install", "--autocomplete-uninstall"]);
    expect(ran).toMatchObject({ code: 1 });
    expect(ran.stderr).toBe(
      "Error executing CLI: Either the autocomplete install or uninstall flag may be specified, but not both.\n",
    );
  });
});

describe("commands of Consul", () => {
  test.each(["acl token list -format=json", "connect envoy", "login -method=x", "logout", "tls ca create"])(
    "that are not here say so: %s",
    async (line) => {
      const ran = await run(line.split(" "));
      expect(ran).toMatchObject({ code: 1, stdout: "" });
      expect(ran.stderr).toMatch(/^quorate \w+: .* not supported yet\.\n$/);
      const help = await run([...line.split(" "), "-h"]);
      expect(help).toMatchObject({ code: 0, stderr: "" });
      expect(help.stdout).toMatch(/^Usage: quorate \w+ /);
    },
  );

  test("of old times work as they did: configtest", () =>
    inDirectory(async (cwd) => {
      writeFileSync(join(cwd, "good.hcl"), 'data_dir = "data"\nbind_addr = "127.0.0.1"');
      writeFileSync(join(cwd, "bad.hcl"), "bogus = 1");
      const test = (...argv: string[]): Promise<Ran> => run(["configtest", ...argv], { cwd });
      expect(await test("-config-file", "good.hcl")).toMatchObject({ code: 0, stdout: "", stderr: "" });
      const bad = await test("-config-file=good.hcl", "-config-dir=bad.hcl");
      expect(bad.code).toBe(1);
      expect(bad.stderr).toMatch(/^Config validation failed: .*invalid config key bogus/s);
      expect(await test()).toMatchObject({
        code: 1,
        stderr: "Must specify config using -config-file or -config-dir\n",
      });
    }));
});
