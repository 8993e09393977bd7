/** Volumes of pods whose programs run, as files and folders: as the kubelet's volume plugins create them. */
import type { ContainerDocument } from "./container.ts";
import type { DownwardItems, KeyItems, VolumeDocument } from "./volume.ts";
import type { VolumeFile, VolumeModel, VolumeMount } from "../../resources/volume/model.ts";
import { configText, findConfig, type ConfigData, type ConfigRef } from "../config-map/config-data.ts";
import { expandReferences } from "./container-env.ts";
import { fieldOf, resourceOf, type PodFacts } from "./downward.ts";
import { parseResourceQuantity } from "../../syntax/quantity.ts";
import type { Scope } from "../../syntax/scope.ts";

const MODE = 0o644;
/** Every namespace of a cluster has it, by kube-controller-manager. */
const ROOT_CA = "kube-root-ca.crt";
/** Programs cannot write to the volume (the plugins' GetAttributes). */
const READ_ONLY: ReadonlySet<string> = new Set(["configMap", "secret", "downwardAPI", "projected"]);

function sourceOf(volume: VolumeDocument): string {
  return (
    Object.keys(volume).find((key) => key !== "name" && volume[key as keyof VolumeDocument] !== undefined) ?? "emptyDir"
  );
}

/** The sources of its files: `ConfigMap a, Secret b`; else the kind of volume. */
function originOf({ configMap, secret, projected, ...volume }: VolumeDocument): string {
  const sources =
    projected === undefined
      ? [{ configMap, secret: secret && { name: secret.secretName } }]
      : (projected.sources ?? []);
  const origins = sources.flatMap((source) =>
    Object.entries(source).flatMap(([kind, value]) => {
      if (value === undefined) return [];
      if (kind === "configMap") return [`ConfigMap ${source.configMap?.name}`];
      return kind === "secret" ? [`Secret ${source.secret?.name}`] : [kind];
    }),
  );
  return origins.join(", ") || sourceOf(volume);
}

/** Depth of a path: nested ones come after their container. */
const depth = ({ mountPath }: VolumeMount): number => mountPath.split("/").filter(Boolean).length;

/** `envs`: the values of `$(NAME)` in subPathExpr. */
export function resolveMounts(
  { volumeMounts }: ContainerDocument,
  volumes: readonly VolumeDocument[],
  envs: readonly Readonly<Record<string, string>>[],
): readonly VolumeMount[] {
  const readOnly = new Set(volumes.filter((one) => READ_ONLY.has(sourceOf(one))).map(({ name }) => name));
  return (volumeMounts ?? [])
    .map((one) => ({
      volume: one.name,
      mountPath: `/${one.mountPath.split("/").filter(Boolean).join("/")}`,
      subPath: (one.subPathExpr ?? "") === "" ? (one.subPath ?? "") : expandReferences(one.subPathExpr ?? "", ...envs),
      readOnly: one.readOnly === true || readOnly.has(one.name),
    }))
    .toSorted((a, b) => depth(a) - depth(b));
}

/** A token in form: header and claims as the API server writes them, and no signature. */
function unsignedToken({ namespace, serviceAccountName }: PodFacts, audience: string): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = {
    aud: [audience],
    iss: "https://kubernetes.default.svc.cluster.local",
    "kubernetes.io": { namespace, serviceaccount: { name: serviceAccountName } },
    sub: `system:serviceaccount:${namespace}:${serviceAccountName}`,
  };
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
}

interface Found {
  readonly files: readonly VolumeFile[];
  /** Missing required objects, as text. */
  readonly missing: readonly string[];
}

export interface PodVolumes {
  readonly volumes: readonly VolumeModel[];
  /** The kubelet would start none of the pod's containers. */
  readonly blocked: boolean;
}

/** Reads the volumes of a lab's pods; what is the same for all of them is reported once. */
export class VolumeReader {
  readonly #configs: ConfigData;
  readonly #storage = new Set<string>();
  readonly #notes = new Map<string, Scope>();

  constructor(configs: ConfigData) {
    this.#configs = configs;
  }

  /** `scope`: the pod spec's. `running`: containers with a command. */
  read(
    all: readonly VolumeDocument[],
    running: readonly ContainerDocument[],
    facts: PodFacts,
    object: string,
    scope: Scope,
  ): PodVolumes {
    const mounted = new Set(running.flatMap(({ volumeMounts }) => (volumeMounts ?? []).map(({ name }) => name)));
    let blocked = false;
    const made = all.flatMap((one, i): readonly VolumeModel[] => {
      const at = scope.at("volumes", i);
      const source = sourceOf(one);
      const cause = at.cause(object, `volume ${one.name}: ${originOf(one)}`);
      const { files, missing } = READ_ONLY.has(source)
        ? this.#files(one, facts, at)
        : { files: undefined, missing: [] };
      for (const what of missing) {
        if (running.length > 0) blocked = true;
        const here = running.length > 0 ? "none of the pod's containers start" : "here the built-in server stands in";
        at.warn(`${what}: the kubelet cannot mount volume "${one.name}", ${here}`, "add it, or optional: true");
      }
      if (!mounted.has(one.name)) return [];
      if (!READ_ONLY.has(source) && source !== "emptyDir") {
        this.#storage.add(source);
        if (!this.#notes.has("storage")) this.#notes.set("storage", at);
      }
      return [{ name: one.name, ...(files === undefined ? folder(one) : { files }), cause }];
    });
    const known = new Set(all.map(({ name }) => name));
    // A StatefulSet's volumeClaimTemplates.
    const claims = [...mounted].filter((name) => !known.has(name));
    for (const name of claims) {
      this.#storage.add("volumeClaimTemplates");
      if (!this.#notes.has("storage")) this.#notes.set("storage", scope);
      made.push({ name, cause: scope.cause(object, `volume ${name}: volumeClaimTemplates`) });
    }
    return { volumes: made, blocked };
  }

  report(): void {
    this.#notes
      .get("storage")
      ?.warn(
        `${[...this.#storage].toSorted().join(", ")}: there is no storage here; programs see an empty folder private to their pod`,
        "provide what they read there in a ConfigMap",
      );
    this.#notes
      .get("token")
      ?.warn(
        "serviceAccountToken: tokens are not signed here; the file has one without a signature, which API servers reject",
      );
  }

  #files(one: VolumeDocument, facts: PodFacts, scope: Scope): Found {
    const { configMap, secret, downwardAPI, projected } = one;
    const parts: Found[] = [];
    const { namespace } = facts;
    const mode = (configMap ?? secret ?? downwardAPI ?? projected)?.defaultMode ?? MODE;
    if (configMap !== undefined)
      parts.push(this.#config({ kind: "ConfigMap", namespace, name: configMap.name }, configMap, mode));
    if (secret !== undefined)
      parts.push(this.#config({ kind: "Secret", namespace, name: secret.secretName }, secret, mode));
    if (downwardAPI !== undefined) parts.push(this.#downward(downwardAPI.items, mode, facts, scope.at("downwardAPI")));
    for (const [i, source] of (projected?.sources ?? []).entries()) {
      const at = scope.at("projected", "sources", i);
      const { serviceAccountToken: token } = source;
      for (const [kind, ref] of [["ConfigMap", source.configMap] as const, ["Secret", source.secret] as const])
        if (ref !== undefined) parts.push(this.#config({ kind, namespace, name: ref.name }, ref, mode));
      if (source.downwardAPI !== undefined)
        parts.push(this.#downward(source.downwardAPI.items, mode, facts, at.at("downwardAPI")));
      if (token !== undefined) {
        if (!this.#notes.has("token")) this.#notes.set("token", at.at("serviceAccountToken"));
        const text = unsignedToken(facts, token.audience ?? "https://kubernetes.default.svc.cluster.local");
        parts.push({ files: [{ path: token.path, text, mode }], missing: [] });
      }
      for (const field of ["clusterTrustBundle", "podCertificate"] as const)
        if (source[field] !== undefined) at.at(field).warn(`${field} is left out: no such object exists here`);
    }
    // The last one of the same path wins.
    const files = new Map(parts.flatMap((part) => part.files.map((file) => [file.path, file] as const)));
    return { files: [...files.values()], missing: parts.flatMap(({ missing }) => missing) };
  }

  #config(
    ref: ConfigRef,
    { items, optional }: { readonly items?: KeyItems; readonly optional?: boolean | null | undefined },
    mode: number,
  ): Found {
    const isRootCa = ref.kind === "ConfigMap" && ref.name === ROOT_CA;
    const found = findConfig("files", ref, undefined, this.#configs);
    const held = typeof found === "string" && isRootCa ? { "ca.crt": { text: "" } } : found;
    if (typeof held === "string") return { files: [], missing: optional === true ? [] : [held] };
    const wanted = items ?? [];
    if (wanted.length === 0)
      return { files: Object.entries(held).map(([path, content]) => ({ path, ...content, mode })), missing: [] };
    const there = wanted.filter(({ key }) => Object.hasOwn(held, key));
    const lost = wanted.filter((item) => !there.includes(item));
    return {
      files: there.map((item) => ({ path: item.path, ...held[item.key], mode: item.mode ?? mode })),
      missing: optional === true ? [] : lost.map(({ key }) => `${configText(ref)} has no key "${key}"`),
    };
  }

  #downward(items: DownwardItems, mode: number, facts: PodFacts, scope: Scope): Found {
    const files = (items ?? []).map((item, i) => {
      const { path, fieldRef, resourceFieldRef } = item;
      const value = resourceFieldRef ? resourceOf(resourceFieldRef, facts) : fieldOf(fieldRef?.fieldPath ?? "", facts);
      if (value === undefined)
        scope
          .at("items", i)
          .warn(
            `${path} is 0: container ${resourceFieldRef?.containerName} has no ${resourceFieldRef?.resource}, nothing is limited here`,
          );
      return { path, text: value ?? "0", mode: item.mode ?? mode };
    });
    return { files, missing: [] };
  }
}

function folder({ emptyDir }: VolumeDocument): Pick<VolumeModel, "tmpfs"> {
  const size = emptyDir?.sizeLimit === undefined ? undefined : parseResourceQuantity(emptyDir.sizeLimit);
  const limited = size === undefined || size < 1 ? {} : { size: Math.ceil(size) };
  return emptyDir?.medium === "Memory" || "size" in limited ? { tmpfs: limited } : {};
}
