/** The files that `policy` commands name: their documents, and which cluster each is for. */
import { readdirSync, statSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { append } from "../append.ts";
import { InputError, UsageError } from "../errors.ts";
import type { Diagnostic } from "../errors.ts";
import { clusterName } from "../cluster/schema.ts";
import { at } from "../kube/manifest-parts.ts";
import { DEFAULT_CLUSTER } from "../net/object-ref.ts";
import { manifestFiles, readText, UnreadableFile } from "../syntax/text-file.ts";
import { MAX_INPUT } from "../syntax/yaml-stream.ts";
import type { StreamDocument } from "../syntax/yaml-stream.ts";
import { foldDiagnostics } from "./fold-diagnostics.ts";
import { CLUSTER_ANNOTATION } from "./lab-manifests.ts";
import { KUSTOMIZATION } from "./manifest-objects.ts";
import { parseManifests } from "./manifest-text.ts";

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

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The cluster that a document says it is for. Undefined: it says none. */
function clusterOf({ value }: StreamDocument): string | undefined {
  const named: unknown = at(value, ["metadata", "annotations", CLUSTER_ANNOTATION]);
  return typeof named === "string" ? named : undefined;
}

const isLab = ({ value }: StreamDocument): boolean => at(value, ["kind"]) === "Lab";

/** By cluster; those that say none are the default cluster's, where there is no other. */
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
  };
  for (const { path: entry, cluster } of entries) {
    try {
      if (entry === "-") {
        read("stdin", options.stdin ?? "", cluster);
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
      for (const file of found) {
        const key = `${cluster} ${file.path}`;
        if (seen.has(key)) continue;
        seen.add(key);
        read(file.name, readText(file.path), cluster);
      }
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      throw new UsageError(
        `cannot read ${JSON.stringify(entry)}: ${error.message}`,
        error.hint ?? (extname(entry) === "" ? "name a file, a folder, or - for stdin" : "is the path right?"),
      );
    }
  }
  if (diagnostics.some(({ severity }) => severity === "error")) throw new InputError(foldDiagnostics(diagnostics));
  if (documents.length === 0 && diagnostics.some(({ message }) => message === KUSTOMIZATION.message))
    throw new UsageError("there are only kustomize's own files, which contain no manifests", KUSTOMIZATION.hint);
  return { documents: byCluster(documents), diagnostics };
}
