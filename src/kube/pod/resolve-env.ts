/** Variables of a container as the kubelet makes them (pkg/kubelet/kubelet_pods.go: makeEnvironmentVariables). */
import type { ContainerDocument } from "./container.ts";
import type { EnvVarDocument } from "./env-var.ts";
import { expandReferences } from "./container-env.ts";
import { findConfig, type ConfigData, type Texts } from "../config-map/config-data.ts";
import { fieldOf, resourceOf, type PodFacts } from "./downward.ts";
import { isRun } from "./lasting-containers.ts";
import type { Scope } from "../../syntax/scope.ts";

/** Missing required objects are reported, and kept in `missing`. */
interface Reading {
  readonly doc: ContainerDocument;
  readonly facts: PodFacts;
  readonly configs: ConfigData;
  readonly missing: string[];
}

/** The objects' data; undefined where they do not exist. */
function dataOf(
  kind: "ConfigMap" | "Secret",
  ref: { readonly name?: string | undefined; readonly optional?: boolean | null | undefined },
  key: string | undefined,
  { doc, facts: { namespace }, configs, missing }: Reading,
  scope: Scope,
): Texts | undefined {
  const found = findConfig("texts", { kind, namespace, name: ref.name }, key, configs);
  if (typeof found !== "string") return found;
  if (ref.optional === true) return undefined;
  missing.push(found);
  const here = isRun(doc) ? "" : ", here the built-in server stands in";
  scope.warn(
    `${found}: the kubelet does not start container ${doc.name} (CreateContainerConfigError)${here}`,
    `add the ${kind}, or optional: true`,
  );
  return undefined;
}

function valueFrom({ name, valueFrom: from }: EnvVarDocument, reading: Reading, scope: Scope): string | undefined {
  const { doc, facts } = reading;
  if (from?.fieldRef !== undefined) return fieldOf(from.fieldRef.fieldPath, facts);
  if (from?.resourceFieldRef !== undefined) {
    const value = resourceOf({ containerName: doc.name, ...from.resourceFieldRef }, facts);
    if (value === undefined)
      scope
        .at("valueFrom", "resourceFieldRef")
        .warn(`resourceFieldRef is 0: ${name} has no limit to report, nothing is limited here`);
    return value ?? "0";
  }
  const [kind, field, ref] =
    from?.secretKeyRef === undefined
      ? (["ConfigMap", "configMapKeyRef", from?.configMapKeyRef] as const)
      : (["Secret", "secretKeyRef", from.secretKeyRef] as const);
  return ref === undefined ? undefined : dataOf(kind, ref, ref.key, reading, scope.at("valueFrom", field))?.[ref.key];
}

export interface ContainerVariables {
  readonly env: Texts;
  /** From ConfigMaps and Secrets: later changes do not reach a running container. */
  readonly startEnv: Texts;
  /** All ConfigMaps and Secrets that must be there are. */
  readonly complete: boolean;
}

/** `ofServices`: known to `$(NAME)` too. */
export function resolveEnv(
  doc: ContainerDocument,
  facts: PodFacts,
  configs: ConfigData,
  ofServices: Texts,
  scope: Scope,
): ContainerVariables {
  const reading: Reading = { doc, facts, configs, missing: [] };
  const startEnv: Record<string, string> = {};
  for (const [i, { prefix = "", configMapRef, secretRef }] of (doc.envFrom ?? []).entries()) {
    const at = scope.at("envFrom", i);
    const data =
      configMapRef === undefined
        ? secretRef && dataOf("Secret", secretRef, undefined, reading, at.at("secretRef"))
        : dataOf("ConfigMap", configMapRef, undefined, reading, at.at("configMapRef"));
    for (const [key, value] of Object.entries(data ?? {})) startEnv[prefix + key] = value;
  }
  const known: Record<string, string> = {};
  const env: Record<string, string> = {};
  for (const [i, one] of (doc.env ?? []).entries()) {
    const from = one.valueFrom;
    if (from === undefined) env[one.name] = known[one.name] = expandReferences(one.value ?? "", known, ofServices);
    else {
      const value = valueFrom(one, reading, scope.at("env", i));
      if (value === undefined) continue;
      known[one.name] = value;
      if (from.configMapKeyRef === undefined && from.secretKeyRef === undefined) env[one.name] = value;
      else startEnv[one.name] = value;
    }
  }
  return { env, startEnv, complete: reading.missing.length === 0 };
}
