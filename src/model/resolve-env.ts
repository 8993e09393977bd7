/** Variables of a container as the kubelet makes them (pkg/kubelet/kubelet_pods.go: makeEnvironmentVariables). */
import type { ContainerDocument } from "../schema/manifests/container.ts";
import type { EnvVarDocument } from "../schema/manifests/env-var.ts";
import { expandReferences } from "./container-env.ts";
import { uidOf } from "./controller-pods.ts";
import type { ManifestInput } from "./input.ts";
import type { Scope } from "./scope.ts";

type Texts = Readonly<Record<string, string>>;

/** Data of ConfigMaps and Secrets, by `ConfigMap NAMESPACE/NAME`. */
export type ConfigData = ReadonlyMap<string, Texts>;

/** What a pod tells its containers of itself. */
export interface PodFacts {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Texts;
  readonly annotations: Texts;
  readonly nodeName: string;
  readonly serviceAccountName: string;
  readonly hostIPs: readonly string[];
  readonly podIPs: readonly string[];
}

function decoded(data: Texts | null | undefined): Texts {
  return Object.fromEntries(
    Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, "base64").toString("utf8")]),
  );
}

/** `stringData` wins over `data`. What is binary is no variable. */
export function configData(manifests: Iterable<ManifestInput>): ConfigData {
  const found = new Map<string, Texts>();
  for (const manifest of manifests) {
    if (manifest.kind !== "ConfigMap" && manifest.kind !== "Secret") continue;
    const { namespace = "default", name } = manifest.object.metadata;
    const data =
      manifest.kind === "ConfigMap"
        ? (manifest.object.data ?? {})
        : { ...decoded(manifest.object.data), ...manifest.object.stringData };
    found.set(`${manifest.kind} ${namespace}/${name}`, data);
  }
  return found;
}

/** Of a field of the pod, named as in `fieldRef.fieldPath`; empty for a label that it has not. */
function fieldOf(path: string, facts: PodFacts): string {
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === "labels" ? facts.labels : facts.annotations;
    return map[subscript[2] ?? ""] ?? "";
  }
  switch (path) {
    case "metadata.name":
      return facts.name;
    case "metadata.namespace":
      return facts.namespace;
    case "metadata.uid":
      return uidOf(`Pod ${facts.namespace}/${facts.name}`);
    case "spec.nodeName":
      return facts.nodeName;
    case "spec.serviceAccountName":
      return facts.serviceAccountName;
    case "status.hostIP":
      return facts.hostIPs[0] ?? "";
    case "status.hostIPs":
      return facts.hostIPs.join(",");
    case "status.podIP":
      return facts.podIPs[0] ?? "";
    case "status.podIPs":
      return facts.podIPs.join(",");
    default:
      return "";
  }
}

/** The objects' data, or a warning where a cluster would not start the container. */
function dataOf(
  kind: "ConfigMap" | "Secret",
  ref: { readonly name?: string | undefined; readonly optional?: boolean | null | undefined },
  key: string | undefined,
  { namespace }: PodFacts,
  configs: ConfigData,
  scope: Scope,
): Texts | undefined {
  const data = configs.get(`${kind} ${namespace}/${ref.name}`);
  if (data !== undefined && (key === undefined || Object.hasOwn(data, key))) return data;
  if (ref.optional !== true) {
    const missing =
      data === undefined
        ? `there is no ${kind} ${namespace}/${ref.name}`
        : `${kind} ${namespace}/${ref.name} has no key "${key}"`;
    scope.warn(
      `${missing}: a cluster would not start the container, here it does without the variable`,
      `add the ${kind}, or optional: true`,
    );
  }
  return undefined;
}

function valueFrom(
  { valueFrom: from }: EnvVarDocument,
  facts: PodFacts,
  configs: ConfigData,
  scope: Scope,
): string | undefined {
  if (from?.fieldRef !== undefined) return fieldOf(from.fieldRef.fieldPath, facts);
  if (from?.resourceFieldRef !== undefined) return "0";
  const [kind, field, ref] =
    from?.secretKeyRef === undefined
      ? (["ConfigMap", "configMapKeyRef", from?.configMapKeyRef] as const)
      : (["Secret", "secretKeyRef", from.secretKeyRef] as const);
  return ref === undefined
    ? undefined
    : dataOf(kind, ref, ref.key, facts, configs, scope.at("valueFrom", field))?.[ref.key];
}

export interface ContainerVariables {
  readonly env: Texts;
  /** From ConfigMaps and Secrets: what they hold later does not reach a container that runs. */
  readonly startEnv: Texts;
}

/** `ofServices`: known to `$(NAME)` too. */
export function resolveEnv(
  doc: ContainerDocument,
  facts: PodFacts,
  configs: ConfigData,
  ofServices: Texts,
  scope: Scope,
): ContainerVariables {
  const startEnv: Record<string, string> = {};
  for (const [i, { prefix = "", configMapRef, secretRef }] of (doc.envFrom ?? []).entries()) {
    const at = scope.at("envFrom", i);
    const data =
      configMapRef === undefined
        ? secretRef && dataOf("Secret", secretRef, undefined, facts, configs, at.at("secretRef"))
        : dataOf("ConfigMap", configMapRef, undefined, facts, configs, at.at("configMapRef"));
    for (const [key, value] of Object.entries(data ?? {})) startEnv[prefix + key] = value;
  }
  const known: Record<string, string> = {};
  const env: Record<string, string> = {};
  for (const [i, one] of (doc.env ?? []).entries()) {
    const from = one.valueFrom;
    if (from === undefined) env[one.name] = known[one.name] = expandReferences(one.value ?? "", known, ofServices);
    else {
      const value = valueFrom(one, facts, configs, scope.at("env", i));
      if (value === undefined) continue;
      known[one.name] = value;
      if (from.configMapKeyRef === undefined && from.secretKeyRef === undefined) env[one.name] = value;
      else startEnv[one.name] = value;
    }
  }
  return { env, startEnv };
}
