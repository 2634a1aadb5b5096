// Preloaded into an agent that keep.ts runs: when it is told to, writes down what V8 has compiled of each file
// so far, beside the file, and ends.

const { writeFileSync } = require("node:fs");
const v8 = require("node:v8");
const vm = require("node:vm");

const scripts = new Map();

vm.Script = class extends vm.Script {
  constructor(source, options) {
    super(source, options);
    scripts.set(options.filename, this);
  }
};

// V8 takes back only what was compiled with the flags that it has then, which are those that a process starts with.
v8.setFlagsFromString = () => {};

process.once("message", () => {
  for (const [filename, script] of scripts) writeFileSync(`${filename}.compiled`, script.createCachedData());
  process.exit(0);
});
// The build was interrupted.
process.once("disconnect", () => process.exit(1));
