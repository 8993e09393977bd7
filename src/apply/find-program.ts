/** Whether a program can be run, before it is tried: a program that cannot be started is a mistake in the lab, not a process that has ended. */
import { accessSync, constants, statSync } from "node:fs";
import { resolve } from "node:path";

/**
 * The file that execvp(3) would run; `cwd` is for names with a slash. Throws an Error that says what to do. Namespaces
 * have files of their own only for text such as /etc/hosts: a program is the host's.
 */
export function findProgram(name: string, path: string, cwd: string): string {
  const candidates = name.includes("/")
    ? [resolve(cwd, name)]
    : path.split(":").map((folder) => `${folder === "" ? "." : folder}/${name}`);
  const files = candidates.filter(isFile);
  const program = files.find(isExecutable);
  if (program !== undefined) return program;
  const [file] = files;
  if (file !== undefined) throw new Error(`${file} is not executable: chmod +x it, or name its interpreter first`);
  const where = name.includes("/") ? (candidates[0] ?? name) : `${JSON.stringify(name)} (looked for in ${path})`;
  throw new Error(
    `there is no program ${where}: what a lab runs must be installed on this host; install it or correct the command`,
  );
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    return false; // missing, or in a folder that we may not read
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
