/**
 * Makes a Node process look like one on macOS, as far as this product could notice: NODE_OPTIONS="--import …/like-macos.ts".
 * There is no /proc, /sys and /run, and no native module can be loaded.
 */
import fs from "node:fs";
import module from "node:module";

Object.defineProperty(process, "platform", { value: "darwin" });
process.dlopen = (_module: unknown, path: string): void => {
  throw new Error(`a native module is loaded: ${path}`);
};

const LINUX_ONLY = /^\/(?:proc|sys|run|etc\/netns)(?:\/|$)/u;

function refuse(path: unknown): void {
  if (typeof path === "string" && LINUX_ONLY.test(path))
    throw Object.assign(new Error(`ENOENT: no such file or directory, open '${path}'`), { code: "ENOENT", path });
}

const { existsSync, readFileSync, readdirSync, statSync, lstatSync, mkdirSync } = fs;
fs.readFileSync = ((path: never, options: never) => (refuse(path), readFileSync(path, options))) as never;
fs.readdirSync = ((path: never, options: never) => (refuse(path), readdirSync(path, options))) as never;
Object.assign(fs, { statSync: (path: never, options: never) => (refuse(path), statSync(path, options)) });
Object.assign(fs, { lstatSync: (path: never, options: never) => (refuse(path), lstatSync(path, options)) });
fs.mkdirSync = ((path: never, options: never) => (refuse(path), mkdirSync(path, options))) as never;
fs.existsSync = (path) => !(typeof path === "string" && LINUX_ONLY.test(path)) && existsSync(path);
module.syncBuiltinESMExports();
