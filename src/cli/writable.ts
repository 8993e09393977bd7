/** Whether what was asked for can be written: tested before anything is built, by writing. */
import { closeSync, existsSync, mkdirSync, openSync, rmSync, rmdirSync, statSync, writeSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { EXIT, LabError, UsageError } from "../errors.ts";
import type { CliContext } from "./context.ts";

/** Options that name a file to be written; reporters have more. */
const FILES = ["sarif", "save", "write"] as const;

/** Throws UsageError. What is made on the way is removed again. `reports`: further options that name a file. */
export function mustBeWritable(
  options: object,
  context: Pick<CliContext, "cwd">,
  reports: readonly string[] = [],
): void {
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of [...reports, ...FILES]) {
    const path = given[name];
    if (typeof path === "string" && path !== "-") tryFile(`--${name}`, resolve(context.cwd, path));
  }
  const folder = given["artifacts"];
  if (typeof folder === "string") tryFolder("--artifacts", resolve(context.cwd, folder));
}

/** A report that could not be written at the end, though it could at the beginning: the disk has become full. */
export function notWritten(what: string, error: unknown): LabError {
  return new LabError("EOUTPUT", EXIT.noOutput, `${what} could not be written: ${reasonOf(error)}`, { cause: error });
}

function tryFile(option: string, path: string): void {
  const made = makeFolder(option, dirname(path));
  const before = existsSync(path);
  try {
    if (before && !statSync(path).isFile() && statSync(path).isDirectory()) throw new Error("it is a folder");
    probe(path, before);
  } catch (error) {
    throw unfit(option, path, error);
  } finally {
    if (!before) rmSync(path, { force: true });
    undo(made);
  }
}

function tryFolder(option: string, path: string): void {
  const made = makeFolder(option, path);
  const file = join(path, `.k8snet-lab-${process.pid}`);
  try {
    probe(file, false);
  } catch (error) {
    throw unfit(option, path, error);
  } finally {
    rmSync(file, { force: true });
    undo(made);
  }
}

/** A byte: a full disk lets an empty file be made. An existing file keeps its content. */
function probe(path: string, isThere: boolean): void {
  const fd = openSync(path, isThere ? "r+" : "wx", 0o600);
  try {
    if (!isThere) writeSync(fd, "\n");
  } finally {
    closeSync(fd);
  }
}

/** Folder by folder: below /proc, Node's own recursion does not end. Returns the folders that were created, deepest first. */
function makeFolder(option: string, path: string): string[] {
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.push(at);
  const made: string[] = [];
  try {
    for (const folder of missing.reverse()) {
      mkdirSync(folder, { mode: 0o700 });
      made.unshift(folder);
    }
    if (!statSync(path).isDirectory()) throw new Error("it is not a folder");
  } catch (error) {
    undo(made);
    throw unfit(option, path, error);
  }
  return made;
}

function undo(folders: readonly string[]): void {
  for (const folder of folders) rmdirSync(folder);
}

function unfit(option: string, path: string, error: unknown): UsageError {
  return new UsageError(
    `${option}: ${path} cannot be written: ${reasonOf(error)}`,
    "nothing was done; choose a place that can be written",
  );
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Readonly<Record<string, string>> = {
    ENOSPC: "the disk is full",
    EDQUOT: "your disk quota is used up",
    EROFS: "the file system is read-only",
    EACCES: "permission denied",
    EPERM: "permission denied",
    EISDIR: "it is a folder",
    ENOTDIR: "part of its path is not a folder",
    EEXIST: "part of its path is not a folder",
    ENOENT: "it cannot be created there",
  };
  return words[code ?? ""] ?? message;
}
