#!/usr/bin/env node
"use strict";
/**
 * What `dist/NAME.js` is: runs `NAME-main.js`, the functions of all its modules in one script, with V8's code cache. Node's own
 * compile cache holds what is compiled when a file is loaded; this one also functions that had run by the time of writing, so that
 * nothing is parsed in later runs. The build replaces NAME, BUILD and EARLY.
 */
const fs = require("node:fs");
const vm = require("node:vm");

const NAME = "%NAME%";
const BUILD = "%BUILD%";
const NEEDED = 24;
/** src/drivers/early-agent.ts, where the program has one. */
const early = "%EARLY%";
/** So often a command's cache is written: other inputs need other functions. */
const WRITES = 3;
/** Bytes before V8's data; the first one counts the writes. */
const HEAD = 8;
/** Milliseconds; for those that stay. */
const SAVE_AFTER = 3000;

/** Each of its subcommands has a cache. */
const GROUP = "policy";

/**
 * Beside the code where that is writable, so that other users cannot put code there; else in the user's own cache. Each command
 * has a cache.
 */
function cacheFiles() {
  const words = process.argv.slice(2, process.argv[2] === GROUP ? 4 : 3).join("-");
  const word = /^-*([a-z]+(?:-[a-z]+)?)$/.exec(words);
  // V8 refuses what was made under other flags: each would overwrite it in turn.
  const file = `${process.version}-${process.arch}-${BUILD}/${NAME}-${word === null ? "other" : word[1]}-${flags()}`;
  const own = process.env.XDG_CACHE_HOME || `${process.env.HOME || "/nowhere"}/.cache`;
  return [`${__dirname}/.cache/${file}`, `${own}/k8snet-lab/${file}`];
}

/** A number for node's options. Not v8.cachedDataVersionTag(), whose module takes a millisecond to load. */
function flags() {
  let number = 0;
  for (const char of [...process.execArgv, process.env.NODE_OPTIONS || ""].join(" "))
    number = (Math.imul(number, 31) + char.charCodeAt(0)) >>> 0;
  return number.toString(16);
}

function read(file, uid) {
  let fd;
  try {
    fd = fs.openSync(file, "r");
    const stat = fs.fstatSync(fd);
    if (uid !== undefined && stat.uid !== uid) return undefined;
    const bytes = Buffer.allocUnsafeSlow(stat.size);
    return fs.readSync(fd, bytes) === stat.size && stat.size > HEAD ? bytes : undefined;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
}

function write(files, data, count) {
  for (const file of files) {
    const fresh = `${file}.${process.pid}`;
    try {
      fs.mkdirSync(file.slice(0, file.lastIndexOf("/")), { recursive: true, mode: 0o755 });
      fs.writeFileSync(fresh, Buffer.concat([Buffer.alloc(HEAD, count), data]), { mode: 0o644 });
      fs.renameSync(fresh, file);
      return;
    } catch {
      // Read-only, or full: the next place.
    }
  }
}

function start() {
  // What a command loads stays: with the usual small steps of young space it would be copied four times.
  const growBy = (factor) => require("node:v8").setFlagsFromString(`--semi-space-growth-factor=${factor}`);
  growBy(16);
  const files = cacheFiles();
  const cached = read(files[0]) || read(files[1], process.getuid && process.getuid());
  const filename = `${__dirname}/${NAME}-main.js`;
  const script = new vm.Script(fs.readFileSync(filename, "latin1"), {
    filename,
    cachedData: cached && cached.subarray(HEAD),
  });
  const isUsed = cached !== undefined && script.cachedDataRejected === false;
  const count = isUsed ? cached[0] : 0;
  if (count < WRITES) {
    const timer = setTimeout(save, SAVE_AFTER);
    timer.unref();
    // 1: it has done all that it does, and found something.
    process.once("exit", (code) => void (code <= 1 && save()));
    function save() {
      clearTimeout(timer);
      if (!save.done) {
        // V8 refuses a cache that was made under other flags, and the program may have changed this one (workflow/young-space.ts).
        growBy(16);
        write(files, script.createCachedData(), count + 1);
        growBy(1);
      }
      save.done = true;
    }
  }
  const modules = script.runInThisContext();
  const loaded = new Map();
  const load = (id) => {
    if (!Object.hasOwn(modules, id)) return require(id);
    const known = loaded.get(id);
    if (known !== undefined) return known.exports;
    const made = { exports: {} };
    loaded.set(id, made);
    modules[id](made.exports, load, made, filename, __dirname);
    return made.exports;
  };
  /** For modules that await at their top level. */
  load.module = (id) => {
    require("node:module").enableCompileCache(`${__dirname}/.cache/modules`);
    return import(id);
  };
  // Through which they find what is already loaded.
  module.exports = load;
  load(`./${NAME}-main.js`);
}

if (Number(process.versions.node.split(".")[0]) < NEEDED) {
  process.stderr.write(
    `k8snet-lab needs Node.js ${NEEDED} or newer, this is ${process.versions.node}.\n` +
      "hint: run it with scripts/k8snet-lab, which brings its own Node.js, or see https://nodejs.org/en/download\n",
  );
  process.exitCode = 3;
} else {
  if (typeof early === "object") early.startEarly(process.argv.slice(2));
  start();
}
