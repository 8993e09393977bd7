/** Kubernetes manifests from objects: their shape, Kubernetes' validation, mistakes with their field paths. */
import type { Diagnostic } from "../errors.ts";
import type { ManifestInput } from "../kube/manifest-input.ts";
import { formatPath, type Locate, type Path } from "../syntax/path.ts";
import { manifestKind, type AnyKind } from "../kube/registry.ts";
import type { ManifestObject } from "./manifest-objects.ts";
import { shapeDocument } from "./prune.ts";
import { isObject } from "../kube/manifest-parts.ts";

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

function objectName(kind: string, value: Readonly<Record<string, unknown>>): string {
  const metadata = isObject(value["metadata"]) ? value["metadata"] : {};
  const name = typeof metadata["name"] === "string" ? ` "${metadata["name"].slice(0, 80)}"` : "";
  return `${kind}${name}`;
}

/** Maps of text: a key without a value has the empty text there. */
const TEXT_MAPS: ReadonlySet<string> = new Set(["labels", "annotations", "matchLabels", "nodeSelector"]);

/** Kubernetes treats a key without a value as absent. */
function withoutNulls(value: unknown, parent = ""): unknown {
  if (Array.isArray(value)) return value.map((child) => withoutNulls(child));
  if (!isObject(value)) return value;
  if (TEXT_MAPS.has(parent)) return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, child ?? ""]));
  const entries = Object.entries(value).filter(([, child]) => child !== null);
  return Object.fromEntries(entries.map(([key, child]) => [key, withoutNulls(child, key)]));
}

function readKind(known: AnyKind, value: Readonly<Record<string, unknown>>, locate: Locate, out: Collector): void {
  const { kind } = known;
  const who = objectName(kind, value);
  const report = (
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
  const shaped = shapeDocument(known.schema, withoutNulls(value), locate);
  for (const mistake of shaped.mistakes) report("error", mistake.path, mistake.at, mistake.message, mistake.hint);
  if (shaped.data === undefined || shaped.incomplete) out.incomplete = true;
  if (shaped.data === undefined) return;
  /** It is missing only because its value was wrong, which is already reported. */
  const wasPruned = (path: Path): boolean =>
    shaped.mistakes.some((mistake) => path.every((element, i) => mistake.path[i] === element));
  known.validate(shaped.data, (path, message, finding = {}) => {
    if (message.startsWith("Required value") && wasPruned(path)) return;
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

/** Shapes objects in their order. */
export function readManifests(objects: readonly ManifestObject[]): Manifests {
  const out: Collector = { manifests: [], diagnostics: [], incomplete: false };
  for (const { kind, value, locate } of objects) {
    const known = manifestKind(kind);
    if (known !== undefined) readKind(known, value, locate, out);
  }
  return out;
}
