/** The manifests of a lab: which cluster each is for, and what its objects say of the cluster itself. */
import { isMistake } from "../errors.ts";
import { basename, resolve } from "node:path";
import { firstFile } from "../cni/net-folder.ts";
import { append } from "../append.ts";
import type { SourceRef } from "../cause.ts";
import type { Diagnostic } from "../errors.ts";
import { at } from "../kube/manifest-parts.ts";
import type { ManifestInput } from "../kube/manifest-input.ts";
import { installedObjects } from "../cluster/ingress/install.ts";
import { pluginNamed } from "../cluster/cni/registry.ts";
import { clusterPrefix } from "../net/object-ref.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { formatPath } from "../syntax/path.ts";
import type { Locate, Path } from "../syntax/path.ts";
import type { SourceText } from "../syntax/lab-sources.ts";
import type { ManifestReader } from "../syntax/sources.ts";
import { UnreadableFile } from "../syntax/text-file.ts";
import { MAX_INPUT } from "../syntax/yaml-stream.ts";
import type { StreamDocument } from "../syntax/yaml-stream.ts";
import { withFacts } from "./lab-facts.ts";
import { withoutMade } from "./running-pods.ts";
import { readObjects } from "./manifest-objects.ts";
import { parseManifests } from "./manifest-text.ts";
import { readManifests } from "./manifest.ts";
import { clusterParts } from "./resolve-clusters.ts";
import type { ClusterPart } from "./resolve-clusters.ts";
import type { LabDocument } from "./schema.ts";

/** The annotation by which a manifest of the lab file's own stream, or of spec.manifests, says its cluster. */
export const CLUSTER_ANNOTATION = "k8snet-lab/cluster";

export interface ManifestSources {
  /** The lab's own document. */
  readonly lab: StreamDocument;
  readonly file: string;
  readonly cwd: string;
  readonly reader: ManifestReader;
  readonly strict?: boolean | undefined;
  /** Other parts of the lab have mistakes. */
  readonly isMistaken: boolean;
  /** Positions of the lab's document. */
  readonly place: Locate;
}

export interface LabManifests {
  /** With what the manifests say of nodes and ranges. */
  readonly spec: LabDocument["spec"] | undefined;
  readonly manifests: readonly ManifestInput[];
  readonly incomplete: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** A list of files and folders. `first`: how many entries of others the reader has before. */
interface EntryList {
  readonly path: Path;
  readonly entries: readonly string[];
  readonly first: number;
}

/** Documents of the files and folders that the lab file lists; what cannot be read is a mistake of the entry. */
function readEntries(
  { path: base, entries, first }: EntryList,
  { lab, file, cwd, reader }: ManifestSources,
  diagnostics: Diagnostic[],
): { documents: StreamDocument[]; complete: boolean } {
  const documents: StreamDocument[] = [];
  const seen = new Set([resolve(cwd, file)]);
  let budget = MAX_INPUT;
  let complete = true;
  for (const [i, entry] of entries.entries()) {
    const path = [...base, i];
    const fail = (message: string, hint: string): void => {
      complete = false;
      diagnostics.push({ severity: "error", message, hint, source: lab.locate(path, "value"), path: formatPath(path) });
    };
    try {
      const files = reader.files(entry, first + i);
      if (files.length === 0)
        fail(`the folder ${JSON.stringify(entry)} contains no manifests`, "manifests end in .yaml, .yml or .json");
      for (const named of files) {
        if (seen.has(named.path)) continue;
        seen.add(named.path);
        const { text } = named;
        budget -= text.length;
        if (budget < 0) {
          fail(`the manifests have more than ${MAX_INPUT / 1e6} million characters in total`, "split the lab");
          return { documents, complete };
        }
        const stream = parseManifests(text, named.name);
        diagnostics.push(...stream.diagnostics);
        if (stream.diagnostics.some(isMistake)) complete = false;
        append(documents, stream.documents);
      }
    } catch (error) {
      if (!(error instanceof UnreadableFile)) throw error;
      fail(
        `cannot read ${JSON.stringify(entry)}: ${error.message}`,
        error.hint ?? "paths are relative to the lab file",
      );
    }
  }
  return { documents, complete };
}

/** The cluster that a manifest is for: undefined is a mistake that is reported. */
function clusterOfDocument(
  document: StreamDocument,
  parts: readonly ClusterPart[],
  diagnostics: Diagnostic[],
): ClusterPart | undefined {
  const named: unknown = at(document.value, ["metadata", "annotations", CLUSTER_ANNOTATION]);
  const [first] = parts;
  if (first === undefined || (named === undefined && (parts.length < 2 || document.value === undefined))) return first;
  const found = parts.find(({ name }) => name === named);
  if (found !== undefined) return found;
  const names = parts.map(({ name }) => name);
  diagnostics.push(
    named === undefined
      ? {
          severity: "error",
          message: `the lab has ${parts.length} clusters, and this manifest does not say which it is for`,
          hint: `add metadata.annotations: { ${CLUSTER_ANNOTATION}: ${names[0]} }, or list its file under spec.clusters.${names[0]}.manifests`,
          source: document.locate([]),
        }
      : {
          severity: "error",
          message: `there is no cluster ${JSON.stringify(named)}`,
          hint: didYouMean(typeof named === "string" ? named : JSON.stringify(named), names, "there are"),
          source: document.locate(["metadata", "annotations", CLUSTER_ANNOTATION], "value"),
        },
  );
  return undefined;
}

/** `rest`: what follows the Lab in its file. `spec` is undefined where the lab's own document cannot be read. */
export function readAllManifests(
  spec: LabDocument["spec"] | undefined,
  rest: readonly StreamDocument[],
  sources: ManifestSources,
): LabManifests {
  const diagnostics: Diagnostic[] = [];
  const parts = spec === undefined ? [] : clusterParts(spec);
  const common = spec?.manifests ?? [];
  const entries = readEntries({ path: ["spec", "manifests"], entries: common, first: 0 }, sources, diagnostics);
  let incomplete = !entries.complete;
  const all = [...rest, ...entries.documents];
  const ofPart = Map.groupBy(all, (document) => clusterOfDocument(document, parts, diagnostics));
  if (parts.length > 0 && ofPart.has(undefined)) incomplete = true;
  let first = common.length;
  const manifests: ManifestInput[] = [];
  const documents = new Map<string, ClusterPart["document"]>();
  const groups: readonly (ClusterPart | undefined)[] = parts.length === 0 ? [undefined] : parts;
  for (const part of groups) {
    const list = part?.manifests ?? [];
    const path = ["spec", ...(part?.path ?? []), "manifests"];
    const own = readEntries({ path, entries: list, first }, sources, diagnostics);
    first += list.length;
    const read = readObjects([...installed(part, sources), ...(ofPart.get(part) ?? []), ...own.documents], {
      strict: sources.strict,
      policyApis: part === undefined ? undefined : (pluginNamed(part.document.cni?.plugin).policyApis ?? []),
    });
    const { objects, warnings } = withoutMade(read.objects);
    const shaped = readManifests(objects);
    append(diagnostics, [...warnings, ...read.diagnostics, ...shaped.diagnostics]);
    incomplete ||= !own.complete || read.incomplete || shaped.incomplete;
    const cluster = part === undefined || clusterPrefix(part.name) === "" ? {} : { cluster: part.name };
    append(
      manifests,
      cluster.cluster === undefined ? shaped.manifests : shaped.manifests.map((one) => ({ ...one, ...cluster })),
    );
    if (part === undefined) continue;
    const place: SourceRef = sources.place(["spec", ...part.path]);
    const facts = withFacts(part.document, read.objects, place, sources.isMistaken || diagnostics.some(isMistake), {
      path: formatPath(["spec", ...part.path]),
      index: parts.indexOf(part),
    });
    append(diagnostics, facts.diagnostics);
    documents.set(part.name, facts.cluster);
  }
  for (const part of parts) {
    const conflist = conflistEntry(part);
    if (conflist === undefined) continue;
    const path = ["spec", ...part.path, "cni", "conflist"];
    const document = documents.get(part.name);
    const conflistFile = readConflist(conflist, first++, path, sources, diagnostics);
    if (document !== undefined && conflistFile !== undefined)
      documents.set(part.name, {
        ...document,
        cni: { ...document.cni, conflistFile } as ClusterPart["document"]["cni"],
      });
  }
  return { spec: spec === undefined ? undefined : withDocuments(spec, documents), manifests, incomplete, diagnostics };
}

/** What a setting of the cluster stands for, each object at its place. */
function installed(part: ClusterPart | undefined, { place, file }: ManifestSources): readonly StreamDocument[] {
  const ingress = part?.document.ingress;
  if (part === undefined || ingress === undefined) return [];
  const locate = (): SourceRef => place(["spec", ...part.path, "ingress"]);
  return installedObjects(ingress).map((value) => ({ value, locate, file }));
}

const CONFLIST_ENDINGS: ReadonlySet<string> = new Set([".conflist", ".conf", ".json"]);

/** A file with a network configuration list that the cluster's plugin names. */
function conflistEntry({ document: { cni } }: ClusterPart): string | undefined {
  const conflist = cni !== undefined && "conflist" in cni ? cni.conflist : undefined;
  return typeof conflist === "string" ? conflist : undefined;
}

function readConflist(
  entry: string,
  index: number,
  path: Path,
  { lab, reader }: ManifestSources,
  diagnostics: Diagnostic[],
): Pick<SourceText, "name" | "text"> | undefined {
  const fail = (message: string, hint: string): undefined => {
    diagnostics.push({ severity: "error", message, hint, source: lab.locate(path, "value"), path: formatPath(path) });
  };
  try {
    // Of a folder the first file, as container runtimes take it.
    const files = reader.files(entry, index, CONFLIST_ENDINGS);
    const file = firstFile(files.map(({ name, text }) => ({ name: basename(name), shown: name, text })));
    if (file === undefined)
      return fail(
        `no net configurations found in ${entry}`,
        "files of network configurations end in .conflist, .conf or .json",
      );
    return { name: file.shown, text: file.text };
  } catch (error) {
    if (!(error instanceof UnreadableFile)) throw error;
    return fail(
      `cannot read ${JSON.stringify(entry)}: ${error.message}`,
      error.hint ?? "paths are relative to the lab file",
    );
  }
}

function withDocuments(
  spec: LabDocument["spec"],
  documents: ReadonlyMap<string, ClusterPart["document"]>,
): LabDocument["spec"] {
  const { cluster, clusters } = spec;
  if (cluster !== undefined) return { ...spec, cluster: documents.values().next().value ?? cluster };
  if (clusters === undefined) return spec;
  const entries = Object.entries(clusters).map(([name, one]) => [name, { ...one, ...documents.get(name) }] as const);
  return { ...spec, clusters: Object.fromEntries(entries) };
}
