/** The files that `policy` commands name: their documents, and which cluster each is for. */
import { readdirSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { append } from "../append.ts";
import { InputError, UsageError, isMistake, type Diagnostic } from "../errors.ts";
import { clusterName } from "../cluster/schema.ts";
import { at, isObject } from "../kube/manifest-parts.ts";
import { DEFAULT_CLUSTER } from "../net/object-ref.ts";
import type { Path } from "../syntax/path.ts";
import { manifestFiles, readText, UnreadableFile, isFolder, type NamedFile } from "../syntax/text-file.ts";
import { MAX_INPUT, type StreamDocument } from "../syntax/yaml-stream.ts";
import { foldDiagnostics } from "./fold-diagnostics.ts";
import { CLUSTER_ANNOTATION } from "./lab-manifests.ts";
import { KUSTOMIZATION } from "./manifest-objects.ts";
import { parseManifests } from "./manifest-text.ts";

const STDIN = "stdin";

/** A file, a folder or `-`. */
export interface PolicyEntry {
  readonly path: string;
  /** Absent: its manifests say their cluster, or there is only one. */
  readonly cluster?: string | undefined;
}

export interface PolicyFileOptions {
  readonly cwd: string;
  /** Also the folders in the folders. */
  readonly recursive?: boolean | undefined;
  /** What `-` reads. */
  readonly stdin?: string | undefined;
}

interface PolicyDocument {
  readonly cluster: string | undefined;
  readonly document: StreamDocument;
}

function folders(entry: string, cwd: string): readonly string[] {
  const path = resolve(cwd, entry);
  const deeper = readdirSync(path, { withFileTypes: true, recursive: true }).filter((one) => one.isDirectory());
  return [entry, ...deeper.map((one) => join(entry, join(one.parentPath, one.name).slice(path.length))).toSorted()];
}

/** The cluster that a document says it is for. Undefined: it says none. */
function clusterOf({ value }: StreamDocument): string | undefined {
  const named: unknown = at(value, ["metadata", "annotations", CLUSTER_ANNOTATION]);
  return typeof named === "string" ? named : undefined;
}

const isLab = ({ value }: StreamDocument): boolean => at(value, ["kind"]) === "Lab";

interface ListedFile {
  readonly entry: string;
  /** Absent: its manifests say their cluster. */
  readonly cluster: string | undefined;
  /** Where the lab lists it. */
  readonly path: Path;
}

/** What a Lab document lists besides the manifests of its own file. */
function listedIn({ value }: StreamDocument): readonly ListedFile[] {
  const list = (path: Path, cluster?: string): readonly ListedFile[] => {
    const entries = at(value, path);
    if (!Array.isArray(entries)) return [];
    return entries.flatMap((entry: unknown, i) =>
      typeof entry === "string" ? [{ entry, cluster, path: [...path, i] }] : [],
    );
  };
  const clusters = at(value, ["spec", "clusters"]);
  const names = isObject(clusters) ? Object.keys(clusters) : [];
  return [
    ...list(["spec", "manifests"]),
    ...names.flatMap((name) => list(["spec", "clusters", name, "manifests"], name)),
  ];
}

/** By cluster. Objects that name none belong to the default cluster, which only exists without others. */
function byCluster(all: readonly PolicyDocument[]): ReadonlyMap<string, readonly StreamDocument[]> {
  const groups = Map.groupBy(all, ({ cluster, document }) => cluster ?? clusterOf(document));
  const unsaid = groups.get(undefined) ?? [];
  const named = [...groups].flatMap(([name, group]) =>
    name === undefined ? [] : [[name, group.map(({ document }) => document)] as const],
  );
  const wrong = named.find(([name]) => !clusterName.safeParse(name).success);
  if (wrong !== undefined)
    throw new UsageError(
      `${JSON.stringify(wrong[0])} cannot name a cluster`,
      "lower-case letters, digits and '-', at most 20, the first one a letter",
    );
  if (named.length === 0) return new Map([[DEFAULT_CLUSTER, unsaid.map(({ document }) => document)]]);
  const lost = unsaid.find(({ document }) => document.value !== undefined && !isLab(document))?.document;
  if (lost === undefined) return new Map(named);
  throw new InputError([
    {
      severity: "error",
      message: `there are ${named.length === 1 ? "manifests of a cluster" : `${named.length} clusters`}, and this manifest does not say which it is for`,
      hint: `add metadata.annotations: { ${CLUSTER_ANNOTATION}: ${named[0]?.[0]} }, or name its file with --cluster ${named[0]?.[0]}=PATH`,
      source: lost.locate([]),
    },
  ]);
}

/**
 * Documents of files, folders and `-`, by cluster. Throws InputError with the mistakes of their YAML, UsageError for what cannot be
 * read.
 */
export function readPolicyFiles(
  entries: readonly PolicyEntry[],
  options: PolicyFileOptions,
): { readonly documents: ReadonlyMap<string, readonly StreamDocument[]>; readonly diagnostics: readonly Diagnostic[] } {
  const documents: PolicyDocument[] = [];
  const diagnostics: Diagnostic[] = [];
  const seen = new Set<string>();
  let budget = MAX_INPUT;
  const read = (name: string, text: string, cluster: string | undefined): void => {
    budget -= text.length;
    if (budget < 0) throw new UsageError(`the manifests have more than ${MAX_INPUT / 1e6} million characters in total`);
    const stream = parseManifests(text, name);
    diagnostics.push(...stream.diagnostics);
    append(
      documents,
      stream.documents.map((document) => ({ cluster, document })),
    );
    for (const lab of stream.documents.filter(isLab)) readListed(lab, name, cluster);
  };
  const readOnce = (file: NamedFile, cluster: string | undefined): void => {
    const key = `${cluster} ${file.path}`;
    if (seen.has(key)) return;
    seen.add(key);
    read(file.name, readText(file.path), cluster);
  };
  const readListed = (lab: StreamDocument, name: string, cluster: string | undefined): void => {
    if (isObject(at(lab.value, ["spec", "cluster"])) || isObject(at(lab.value, ["spec", "clusters"])))
      diagnostics.push({
        severity: "warning",
        message: "of a lab file, policy commands read the manifests only: nodes and ranges are not those of the lab",
        hint: "for the lab's own network: explain, probe and checks of the running lab",
        source: lab.locate(["kind"], "value"),
      });
    for (const listed of listedIn(lab)) {
      try {
        const found = manifestFiles(listed.entry, name === STDIN ? "." : name, options.cwd);
        for (const file of found) readOnce(file, listed.cluster ?? cluster);
      } catch (error) {
        if (!(error instanceof UnreadableFile)) throw error;
        diagnostics.push({
          severity: "error",
          message: `cannot read ${JSON.stringify(listed.entry)}: ${error.message}`,
          hint: error.hint ?? "paths are relative to the lab file",
          source: lab.locate(listed.path, "value"),
        });
      }
    }
  };
  for (const { path: entry, cluster } of entries) {
    try {
      if (entry === "-") {
        read(STDIN, options.stdin ?? "", cluster);
        continue;
      }
      const wide = options.recursive === true && isFolder(resolve(options.cwd, entry));
      const found = (wide ? folders(entry, options.cwd) : [entry]).flatMap((one) =>
        manifestFiles(one, ".", options.cwd),
      );
      if (found.length === 0) {
        throw new UsageError(
          `the folder ${JSON.stringify(entry)} contains no manifests`,
          `manifests end in .yaml, .yml or .json${wide ? "" : "; -R also searches its subfolders"}`,
        );
      }
      for (const file of found) readOnce(file, cluster);
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new UsageError(
        `cannot read ${JSON.stringify(entry)}: ${error.message}`,
        error.hint ?? (extname(entry) === "" ? "name a file, a folder, or - for stdin" : "is the path right?"),
      );
    }
  }
  if (diagnostics.some(isMistake)) throw new InputError(foldDiagnostics(diagnostics));
  if (documents.length === 0 && diagnostics.some(({ message }) => message === KUSTOMIZATION.message))
    throw new UsageError("there are only kustomize's own files, which contain no manifests", KUSTOMIZATION.hint);
  return { documents: byCluster(documents), diagnostics };
}
