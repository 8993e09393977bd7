/** Reads text files with a limit, and the manifest files and folders that a lab names. */
import { messageOf } from "../errors.ts";
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, resolve } from "node:path";
import { MAX_INPUT } from "./yaml-stream.ts";
import { TEMPLATE_HINT } from "./yaml-template.ts";

const MANIFEST_EXTENSIONS = new Set([".yaml", ".yml", ".json"]);

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "it cannot be read (permission denied)",
  EPERM: "it cannot be read (not permitted)",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  ENAMETOOLONG: "its name is too long",
  ELOOP: "its links form a loop",
};

const FOLDER_HINT =
  "a lab file names folders of manifests: spec.manifests: [FOLDER]; k8snet-lab policy test -f FOLDER needs no lab file";

/** Why a file cannot be read, as text; never throws anything else. */
export class UnreadableFile extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

function reason(error: unknown): UnreadableFile {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const why = REASONS[code] ?? messageOf(error);
  return new UnreadableFile(why, code === "EISDIR" ? FOLDER_HINT : undefined);
}

export function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The text of a file; also of a pipe. Throws UnreadableFile. */
export function readText(path: string): string {
  let fd: number | undefined;
  try {
    fd = openSync(path, "r");
    const chunks: Buffer[] = [];
    for (let size = 0; ;) {
      const chunk = Buffer.allocUnsafe(65_536);
      const count = readSync(fd, chunk);
      if (count === 0) break;
      size += count;
      if (size > 4 * MAX_INPUT) throw new UnreadableFile(`it is larger than ${(4 * MAX_INPUT) / 1e6} MB`);
      chunks.push(chunk.subarray(0, count));
    }
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks));
  } catch (error) {
    if (error instanceof UnreadableFile) throw error;
    if (error instanceof TypeError) throw new UnreadableFile("it is not UTF-8 text");
    throw reason(error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

export interface NamedFile {
  /** As shown to the user. */
  readonly name: string;
  readonly path: string;
}

/** A chart's templates are not manifests, and its other files have nothing about the network. */
function refuseChart(name: string, path: string): void {
  const chart = basename(path) === "templates" ? dirname(path) : path;
  if (statSync(join(chart, "Chart.yaml"), { throwIfNoEntry: false }) === undefined) return;
  throw new UnreadableFile(`${name} belongs to a Helm chart, which must be rendered first`, TEMPLATE_HINT);
}

/** The files of one entry of `spec.manifests`: itself, or the files of a folder with these endings (YAML and JSON), by name. Throws UnreadableFile. */
export function manifestFiles(
  entry: string,
  labFile: string,
  cwd: string,
  endings: ReadonlySet<string> = MANIFEST_EXTENSIONS,
): readonly NamedFile[] {
  const name = isAbsolute(entry) ? entry : join(dirname(labFile), entry);
  const path = resolve(cwd, name);
  try {
    if (!statSync(path).isDirectory()) return [{ name, path }];
    refuseChart(name, path);
    return readdirSync(path, { withFileTypes: true })
      .filter((file) => endings.has(extname(file.name)) && !file.isDirectory())
      .map((file) => ({ name: join(name, file.name), path: join(path, file.name) }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw error instanceof UnreadableFile ? error : reason(error);
  }
}
