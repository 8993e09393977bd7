/** The objects of manifests as kubectl reads them: Lists expanded, duplicates merged, objects that are not built named. */
import type { Diagnostic } from "../errors.ts";
import { enforcersOf } from "../cluster/cni/registry.ts";
import type { CustomResource } from "../cluster/policy/policy-world.ts";
import { canonicalJson } from "../kube/pod/pod-name.ts";
import { formatPath } from "../syntax/path.ts";
import type { Locate, Path } from "../syntax/path.ts";
import { didYouMean } from "../syntax/nearest.ts";
import { groupOf, LEFT_OUT, meaningOf } from "../kube/left-out-kinds.ts";
import { LeftOutCounts } from "./left-out.ts";
import type { LeftOutObject } from "./left-out.ts";
import { customResource } from "./custom-resources.ts";
import { isObject, metadataOf, nameOf, namespaceOf } from "../kube/manifest-parts.ts";
import type { ObjectValue } from "../kube/manifest-parts.ts";
import { countAnnotations } from "./object-annotations.ts";
import { withOldSelector } from "./old-selector.ts";
import { isAlias, kindOf } from "../kube/manifest-version.ts";
import { kindsWritten, MANIFEST_KINDS, writtenKind } from "../kube/registry.ts";
import type { AnyKind, ManifestKindName } from "../kube/registry.ts";
import { TEMPLATE_HINT, templateText } from "../syntax/yaml-template.ts";
import type { StreamDocument } from "../syntax/yaml-stream.ts";

/** An object of a supported kind; its apiVersion is the kind's own. */
export interface ManifestObject {
  readonly kind: ManifestKindName;
  readonly value: ObjectValue;
  readonly locate: Locate;
  readonly file: string;
}

export interface ObjectsOptions {
  /** What is left out is a mistake. */
  readonly strict?: boolean | undefined;
  /** API groups of policies that the network plugin enforces; absent: all that are known are read. */
  readonly policyApis?: readonly string[] | undefined;
  /** A document that is not a manifest is left out with a warning. */
  readonly lenient?: boolean | undefined;
}

export interface ManifestObjects {
  readonly objects: readonly ManifestObject[];
  readonly leftOut: readonly LeftOutObject[];
  readonly customResources: readonly CustomResource[];
  readonly diagnostics: readonly Diagnostic[];
  /** Something that others may name could not be read. */
  readonly incomplete: boolean;
}

const KINDS = [...new Set(MANIFEST_KINDS.map(({ kind }) => writtenKind(kind)))];
const NAMES = KINDS.join(", ");
const KUSTOMIZE = "kustomize.config.k8s.io";

class ObjectReader {
  readonly objects: (ManifestObject | undefined)[] = [];
  readonly leftOut: LeftOutObject[] = [];
  readonly customResources: CustomResource[] = [];
  readonly diagnostics: Diagnostic[] = [];
  readonly counts = new LeftOutCounts();
  incomplete = false;
  readonly #options: ObjectsOptions;
  /** Files with templates. */
  readonly #templates = new Set<string>();
  /** Where in `objects` each object stands, by kind, namespace and name. */
  readonly #places = new Map<string, number>();

  constructor(options: ObjectsOptions) {
    this.#options = options;
  }

  report(
    severity: Diagnostic["severity"],
    locate: Locate,
    path: Path,
    message: string,
    hint?: string,
    part: "key" | "value" = "value",
  ): void {
    this.diagnostics.push({
      severity,
      message,
      source: locate(path, part),
      path: formatPath(path),
      ...(hint === undefined ? {} : { hint }),
    });
  }

  #fail(locate: Locate, path: Path, message: string, hint?: string, part?: "key" | "value"): void {
    this.incomplete = true;
    this.report("error", locate, path, message, hint, part);
  }

  /** What is not a manifest. */
  #foreign(locate: Locate, path: Path, message: string, hint: string): void {
    if (this.#options.lenient === true) this.report("warning", locate, path, `left out: ${message}`, hint);
    else this.#fail(locate, path, message, hint);
  }

  read(value: unknown, locate: Locate, file: string): void {
    if (!isObject(value))
      return this.#foreign(
        locate,
        [],
        "a manifest is a map with apiVersion, kind and metadata",
        "is the indentation or a --- wrong?",
      );
    const { kind, apiVersion } = value;
    if (this.#isTemplate(value, locate, file)) return undefined;
    if (typeof kind !== "string" || kind === "")
      return this.#foreign(
        locate,
        kind === undefined ? [] : ["kind"],
        "the manifest has no kind",
        `add kind: ${NAMES} or List`,
      );
    if (kind === "Lab") {
      if (this.#options.lenient === true) return undefined;
      return this.#fail(
        locate,
        ["kind"],
        "a second Lab: a lab file contains one, as its first document",
        "move it to a file of its own",
      );
    }
    if (kind.endsWith("List") && (kind === "List" || Array.isArray(value["items"])))
      return this.#list(kind, value, locate, file);
    const version = typeof apiVersion === "string" ? apiVersion : "";
    const known = kindOf(kind, apiVersion === undefined ? undefined : version);
    if (known === undefined) return this.#other(kind, version, value, locate);
    if (this.#isEnforced(known)) return this.#take(known, value, locate, file);
    const plugins = enforcersOf(groupOf(known.apiVersion)).map(({ name }) => `cni: { plugin: ${name} }`);
    return this.#leaveOut(
      { kind, version, value, locate, meaning: "policy" },
      `this network plugin does not enforce policies of its API; ${plugins.join(", ")} does`,
    );
  }

  #isEnforced({ byPlugin, apiVersion }: AnyKind): boolean {
    const { policyApis } = this.#options;
    return byPlugin !== true || policyApis === undefined || policyApis.includes(groupOf(apiVersion));
  }

  /** A name in quotes that a template engine would fill in: said once for each file. */
  #isTemplate(value: ObjectValue, locate: Locate, file: string): boolean {
    const words = [nameOf(value), namespaceOf(value)];
    const action = words.map((word) => /\{\{.*?\}\}/.exec(word)?.[0]).find((found) => found !== undefined);
    if (action === undefined) return false;
    const { line } = locate(["metadata", "name"], "value");
    if (!this.#templates.has(file)) this.#fail(locate, ["metadata", "name"], templateText(line, action), TEMPLATE_HINT);
    this.#templates.add(file);
    return true;
  }

  #list(kind: string, value: ObjectValue, locate: Locate, file: string): void {
    const { items } = value;
    if (!Array.isArray(items))
      return this.#fail(locate, ["items"], "a List needs items: a list of manifests", "add items: [ … ]");
    const single = kind.slice(0, -"List".length);
    for (const [i, item] of items.entries()) {
      // The items of a PodList do not say their kind.
      const whole =
        single !== "" && isObject(item) && item["kind"] === undefined
          ? { apiVersion: value["apiVersion"], kind: single, ...item }
          : item;
      this.read(whole, (path, part) => locate(["items", i, ...path], part), file);
    }
    for (const key of Object.keys(value))
      if (!["apiVersion", "kind", "metadata", "items"].includes(key))
        this.#fail(
          locate,
          [key],
          `unknown key "${key}" in a List`,
          "valid keys: apiVersion, kind, metadata, items",
          "key",
        );
    return undefined;
  }

  #take(known: AnyKind, value: ObjectValue, locate: Locate, file: string): void {
    const { apiVersion } = value;
    const { kind, apiVersion: own } = known;
    const name = nameOf(value);
    const who = name === "" ? kind : `${kind} ${JSON.stringify(name)}`;
    const dropped = known.dropped?.[String(apiVersion)];
    if (dropped !== undefined)
      this.report(
        this.#options.strict === true ? "error" : "warning",
        locate,
        ["apiVersion"],
        `${who}: ${String(apiVersion)} is read as ${own}: Kubernetes ${dropped} removed it`,
        `write apiVersion: ${own}`,
      );
    else if (apiVersion === undefined)
      this.report("error", locate, [], `${who}: apiVersion is missing`, `add apiVersion: ${own}`);
    else if (apiVersion !== own && !isAlias(known, apiVersion))
      this.report(
        "error",
        locate,
        ["apiVersion"],
        `${who}: no matches for kind "${writtenKind(kind)}" in version ${JSON.stringify(apiVersion).slice(0, 80)}`,
        `write apiVersion: ${own}`,
      );
    countAnnotations(value, locate, this.counts);
    const current = dropped === undefined ? value : withOldSelector(known, value);
    const object: ManifestObject = { kind, value: { ...current, apiVersion: own }, locate, file };
    const key = `${kind} ${known.namespaced === true ? namespaceOf(value) : ""}/${name}`;
    const place = name === "" ? undefined : this.#places.get(key);
    const before = place === undefined ? undefined : this.objects[place];
    if (place === undefined || before === undefined) {
      this.#places.set(key, this.objects.length);
      this.objects.push(object);
      return undefined;
    }
    const same = canonicalJson(before.value) === canonicalJson(object.value);
    const { file: at, line } = before.locate(["metadata", "name"]);
    this.report(
      "warning",
      locate,
      ["metadata", "name"],
      `${who} is defined twice: ${same ? "both are the same" : "this one is used, as kubectl apply would"}`,
      `the first is in ${at}:${line}`,
    );
    this.objects[place] = object;
    return undefined;
  }

  #other(kind: string, version: string, value: ObjectValue, locate: Locate): void {
    // Generators and transformers of kustomize are of version "builtin".
    if (groupOf(version) === KUSTOMIZE || version === "builtin" || (version === "" && kind === "Kustomization"))
      return this.report("warning", locate, ["kind"], KUSTOMIZATION.message, KUSTOMIZATION.hint);
    const meaning = meaningOf(version, kind);
    if (meaning === undefined) {
      const [known] = kindsWritten(kind);
      const place = known !== undefined || version === "" ? "apiVersion" : "kind";
      const near = didYouMean(kind, [...KINDS, "List"], "supported");
      return this.#fail(
        locate,
        value[place] === undefined ? [] : [place],
        version === ""
          ? `unknown kind "${kind.slice(0, 80)}"`
          : `no matches for kind "${kind.slice(0, 80)}" in version ${JSON.stringify(version.slice(0, 80))}`,
        known === undefined ? near : `write apiVersion: ${known.apiVersion}`,
      );
    }
    const source = locate(["kind"], "value");
    const custom = customResource(kind, version, value);
    if (custom !== undefined) this.customResources.push(custom);
    if (meaning === "none" || meaning === "unknown") this.counts.add(meaning, kind, version, source);
    if (meaning === "none") return undefined;
    return this.#leaveOut(
      { kind, version, value, locate, meaning },
      meaning === "unknown" ? undefined : LEFT_OUT[meaning],
    );
  }

  #leaveOut(
    {
      kind,
      version,
      value,
      locate,
      meaning,
    }: Omit<LeftOutObject, "apiVersion" | "name" | "source"> & {
      readonly version: string;
      readonly value: ObjectValue;
      readonly locate: Locate;
    },
    why: string | undefined,
  ): void {
    const source = locate(["kind"], "value");
    const name =
      metadataOf(value)["namespace"] === undefined ? nameOf(value) : `${namespaceOf(value)}/${nameOf(value)}`;
    const object: LeftOutObject = { apiVersion: version, kind, name, meaning, source };
    this.leftOut.push(object);
    if (why !== undefined) this.counts.named(object, why);
  }
}

/** The message about kustomize's own files. */
export const KUSTOMIZATION = {
  message: "kustomize's own file is skipped: its patches, renames and generators are not applied",
  hint: "kubectl kustomize FOLDER > all.yaml renders them; for policies: kubectl kustomize FOLDER | k8snet-lab policy lint -f -",
};

/** Reads the objects in their order; the later of two with the same identity replaces the first. */
export function readObjects(documents: readonly StreamDocument[], options: ObjectsOptions = {}): ManifestObjects {
  const reader = new ObjectReader(options);
  for (const document of documents) {
    if (document.value === undefined) reader.incomplete = true;
    else reader.read(document.value, document.locate, document.file);
  }
  const { leftOut, customResources, incomplete } = reader;
  const diagnostics = [...reader.diagnostics, ...reader.counts.summarize(options.strict === true)];
  return {
    objects: reader.objects.flatMap((object) => object ?? []),
    leftOut,
    customResources,
    diagnostics,
    incomplete,
  };
}
