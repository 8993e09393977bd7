/** Kubernetes manifests from documents: kinds, Lists, Kubernetes' validation, mistakes with their field paths. */
import type { Diagnostic } from "../errors.ts";
import type { ManifestInput } from "../model/input.ts";
import { didYouMean } from "../model/nearest.ts";
import { formatPath } from "../model/path.ts";
import type { Locate, Path } from "../model/path.ts";
import type { ManifestKind } from "../schema/manifests/kind.ts";
import { isManifestKind, MANIFEST_KINDS, NOT_YET } from "../schema/manifests/registry.ts";
import type { ManifestDocuments, ManifestKindName } from "../schema/manifests/registry.ts";
import { KINDS_WITHOUT_EFFECT } from "../schema/manifests/without-effect.ts";
import { shapeDocument } from "./prune.ts";
import type { StreamDocument } from "./yaml-stream.ts";

/** Refused kinds whose pods a check may name. */
const POD_MAKERS: ReadonlySet<string> = new Set(["StatefulSet", "DaemonSet", "ReplicationController"]);

export interface Manifests {
  readonly manifests: readonly ManifestInput[];
  readonly diagnostics: readonly Diagnostic[];
  /** A manifest or a name in it could not be read. */
  readonly incomplete: boolean;
}

interface Collector {
  readonly manifests: ManifestInput[];
  readonly diagnostics: Diagnostic[];
  incomplete: boolean;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function objectName(kind: string, value: Readonly<Record<string, unknown>>): string {
  const metadata = isMap(value["metadata"]) ? value["metadata"] : {};
  const name = typeof metadata["name"] === "string" ? ` "${metadata["name"].slice(0, 80)}"` : "";
  return `${kind}${name}`;
}

/** Maps of text: a key without a value has the empty text there. */
const TEXT_MAPS: ReadonlySet<string> = new Set(["labels", "annotations", "matchLabels", "nodeSelector"]);

/** Kubernetes takes a key without a value as one that is not there. */
function withoutNulls(value: unknown, parent = ""): unknown {
  if (Array.isArray(value)) return value.map((child) => withoutNulls(child));
  if (!isMap(value)) return value;
  if (TEXT_MAPS.has(parent)) return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, child ?? ""]));
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(entries.map(([key, child]) => [key, withoutNulls(child, key)]));
}

/** Locates paths of an object that stands within a document (in a List). */
function within(locate: Locate, base: Path): Locate {
  return base.length === 0 ? locate : (path, part) => locate([...base, ...path], part);
}

function readKind<K extends ManifestKindName>(
  kind: K,
  value: Readonly<Record<string, unknown>>,
  locate: Locate,
  out: Collector,
): void {
  const known = MANIFEST_KINDS[kind] as unknown as ManifestKind<ManifestDocuments[K]>;
  const who = objectName(kind, value);
  const { apiVersion } = value;
  const tell = (
    severity: Diagnostic["severity"],
    path: Path,
    part: "key" | "value",
    message: string,
    hint: string | undefined,
  ): void => {
    out.diagnostics.push({
      severity,
      message: `${who}: ${message}`,
      source: locate(path, part),
      path: formatPath(path),
      ...(hint === undefined ? {} : { hint }),
    });
  };
  const corrected = apiVersion === known.apiVersion ? value : { ...value, apiVersion: known.apiVersion };
  if (apiVersion === undefined)
    tell("error", [], "value", "apiVersion is missing", `add apiVersion: ${known.apiVersion}`);
  else if (apiVersion !== known.apiVersion)
    tell(
      "error",
      ["apiVersion"],
      "value",
      `no matches for kind "${kind}" in version ${JSON.stringify(apiVersion)}`,
      `write apiVersion: ${known.apiVersion}`,
    );
  const shaped = shapeDocument(known.schema, withoutNulls(corrected), locate);
  for (const mistake of shaped.mistakes) tell("error", mistake.path, mistake.at, mistake.message, mistake.hint);
  if (shaped.data === undefined || shaped.incomplete) out.incomplete = true;
  if (shaped.data === undefined) return;
  /** It is missing only because what stands there was mistaken, which is told already. */
  const wasCut = (path: Path): boolean =>
    shaped.mistakes.some((mistake) => path.every((element, i) => mistake.path[i] === element));
  known.validate(shaped.data, (path, message, finding = {}) => {
    if (message.startsWith("Required value") && wasCut(path)) return;
    const source = shaped.locate(path, finding.at ?? "key");
    out.diagnostics.push({
      severity: finding.severity ?? "error",
      message: `${who}: ${formatPath(path)}: ${message}`,
      source,
      path: formatPath(path),
      ...(finding.hint === undefined ? {} : { hint: finding.hint }),
    });
  });
  out.manifests.push({ kind, object: shaped.data, locate: shaped.locate, path: [] } as unknown as ManifestInput);
}

function readObject(value: unknown, locate: Locate, out: Collector): void {
  const fail = (path: Path, message: string, hint: string, part: "key" | "value" = "value", makesPods = true): void => {
    if (makesPods) out.incomplete = true;
    out.diagnostics.push({ severity: "error", message, hint, source: locate(path, part), path: formatPath(path) });
  };
  if (!isMap(value)) {
    fail([], "a manifest is a map with apiVersion, kind and metadata", "is an indentation or a --- wrong?");
    return;
  }
  const { kind } = value;
  if (typeof kind !== "string" || kind === "") {
    fail(
      kind === undefined ? [] : ["kind"],
      "the manifest has no kind",
      `add kind: ${Object.keys(MANIFEST_KINDS).join(", ")} or List`,
    );
  } else if (kind === "List") {
    const items = value["items"];
    if (!Array.isArray(items)) fail(["items"], "a List has items: a list of manifests", "add items: [ … ]");
    else for (const [i, item] of items.entries()) readObject(item, within(locate, ["items", i]), out);
    for (const key of Object.keys(value))
      if (!["apiVersion", "kind", "metadata", "items"].includes(key))
        fail([key], `unknown key "${key}" in a List`, "valid keys: apiVersion, kind, metadata, items", "key");
  } else if (isManifestKind(kind)) {
    readKind(kind, value, locate, out);
  } else if (kind === "Lab") {
    fail(["kind"], "a second Lab: a lab file holds one, as its first document", "move it to a file of its own");
  } else if (Object.hasOwn(KINDS_WITHOUT_EFFECT, kind)) {
    const message = `kind ${kind} has no effect: ${KINDS_WITHOUT_EFFECT[kind]}`;
    out.diagnostics.push({ severity: "warning", message, source: locate(["kind"], "value"), path: "kind" });
  } else if (NOT_YET.includes(kind)) {
    fail(
      ["kind"],
      `kind ${kind} is not supported yet`,
      `remove the manifest; supported: ${Object.keys(MANIFEST_KINDS).join(", ")}`,
      "value",
      POD_MAKERS.has(kind),
    );
  } else {
    fail(
      ["kind"],
      `unknown kind "${kind.slice(0, 80)}"`,
      didYouMean(kind, [...Object.keys(MANIFEST_KINDS), "List"], "supported") ?? "",
    );
  }
}

/** Reads manifests in their order. */
export function readManifests(documents: readonly StreamDocument[]): Manifests {
  const out: Collector = { manifests: [], diagnostics: [], incomplete: false };
  for (const document of documents) {
    if (document.value === undefined) out.incomplete = true;
    else readObject(document.value, document.locate, out);
    for (const { word, source } of document.booleanWords) {
      out.diagnostics.push({
        severity: "warning",
        message: `kubectl takes the unquoted ${word} for ${/^(yes|on)$/i.test(word) ? "true" : "false"}; here it is text`,
        hint: `quote it: "${word}"`,
        source,
      });
    }
  }
  return out;
}
