/** What a pod may say of where it runs: affinity, gates, tolerations, topologySpreadConstraints; the API server's checks (pkg/apis/core/validation). */
import * as z from "zod";
import type { Path } from "../../syntax/path.ts";
import {
  checkLabelKey,
  checkName,
  checkQualifiedName,
  DNS_LABEL,
  invalidValue,
  unsupportedValue,
} from "../../syntax/kube-names.ts";
import { lazy } from "../../syntax/lazy.ts";
import type { Report } from "../../syntax/report.ts";
import { argument, optionalArgument } from "../../syntax/scalar.ts";
import { checkLabelSelector, labelSelector } from "../label-selector-schema.ts";

const texts = () => z.array(argument).nullable().optional();

const nodeSelectorTerm = lazy(() => {
  const requirements = z
    .array(
      z.strictObject({
        key: argument,
        operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"]),
        values: texts(),
      }),
    )
    .nullable()
    .optional();
  return z.strictObject({ matchExpressions: requirements, matchFields: requirements });
});

const podAffinityTerm = lazy(() =>
  z.strictObject({
    labelSelector: labelSelector.nullable().optional(),
    matchLabelKeys: texts(),
    mismatchLabelKeys: texts(),
    namespaces: texts(),
    namespaceSelector: labelSelector.nullable().optional(),
    topologyKey: argument,
  }),
);

const podAffinity = lazy(() =>
  z.strictObject({
    requiredDuringSchedulingIgnoredDuringExecution: z.array(podAffinityTerm).nullable().optional(),
    preferredDuringSchedulingIgnoredDuringExecution: z
      .array(z.strictObject({ weight: z.int(), podAffinityTerm }))
      .nullable()
      .optional(),
  }),
);

const affinity = lazy(() =>
  z.strictObject({
    nodeAffinity: z
      .strictObject({
        requiredDuringSchedulingIgnoredDuringExecution: z
          .strictObject({ nodeSelectorTerms: z.array(nodeSelectorTerm) })
          .nullable()
          .optional(),
        preferredDuringSchedulingIgnoredDuringExecution: z
          .array(z.strictObject({ weight: z.int(), preference: nodeSelectorTerm }))
          .nullable()
          .optional(),
      })
      .nullable()
      .optional(),
    podAffinity: podAffinity.nullable().optional(),
    podAntiAffinity: podAffinity.nullable().optional(),
  }),
);

const toleration = lazy(() =>
  z.strictObject({
    key: optionalArgument,
    operator: z.enum(["Equal", "Exists", "Gt", "Lt"]).optional(),
    value: optionalArgument,
    effect: optionalArgument,
    tolerationSeconds: z.int().nullable().optional(),
  }),
);

const policy = () => z.enum(["Honor", "Ignore"]).nullable().optional();

const spreadConstraint = lazy(() =>
  z.strictObject({
    maxSkew: z.int(),
    topologyKey: argument,
    whenUnsatisfiable: z.enum(["DoNotSchedule", "ScheduleAnyway"]),
    labelSelector: labelSelector.nullable().optional(),
    minDomains: z.int().nullable().optional(),
    nodeAffinityPolicy: policy(),
    nodeTaintsPolicy: policy(),
    matchLabelKeys: texts(),
  }),
);

/** Fields of a pod spec. */
export const schedulingFields = {
  affinity: affinity.nullable().optional(),
  schedulingGates: z
    .array(z.strictObject({ name: argument }))
    .nullable()
    .optional(),
  tolerations: z.array(toleration).nullable().optional(),
  topologySpreadConstraints: z.array(spreadConstraint).nullable().optional(),
};

export type NodeSelectorTerm = z.infer<typeof nodeSelectorTerm>;
export type PodAffinityTerm = z.infer<typeof podAffinityTerm>;
export type Toleration = z.infer<typeof toleration>;
export type SpreadConstraint = z.infer<typeof spreadConstraint>;

export interface SchedulingSpec {
  readonly nodeName?: string | undefined;
  readonly schedulingGates?: readonly { readonly name: string }[] | null | undefined;
  readonly affinity?: z.infer<typeof affinity> | null | undefined;
  readonly tolerations?: readonly Toleration[] | null | undefined;
  readonly topologySpreadConstraints?: readonly SpreadConstraint[] | null | undefined;
}

const EFFECTS = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

function checkNodeTerm(term: NodeSelectorTerm, at: Path, report: Report): void {
  for (const field of ["matchExpressions", "matchFields"] as const)
    for (const [i, { key, operator, values }] of (term[field] ?? []).entries()) {
      const place = [...at, field, i];
      const count = (values ?? []).length;
      if ((operator === "In" || operator === "NotIn") && count === 0)
        report([...place, "values"], "Required value: must be specified when `operator` is 'In' or 'NotIn'");
      if ((operator === "Exists" || operator === "DoesNotExist") && count > 0)
        report([...place, "values"], "Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
      if ((operator === "Gt" || operator === "Lt") && count !== 1)
        report([...place, "values"], "Required value: must be specified single value when `operator` is 'Lt' or 'Gt'");
      if (field === "matchExpressions") checkLabelKey(key, [...place, "key"], report);
      else if (key !== "metadata.name")
        report([...place, "key"], invalidValue(key, "not a valid field selector key"), { at: "value" });
    }
}

function checkPodTerm(term: PodAffinityTerm, at: Path, report: Report): void {
  if (term.labelSelector) checkLabelSelector(term.labelSelector, [...at, "labelSelector"], report);
  if (term.namespaceSelector) checkLabelSelector(term.namespaceSelector, [...at, "namespaceSelector"], report);
  for (const [i, name] of (term.namespaces ?? []).entries())
    checkName(name, DNS_LABEL, [...at, "namespaces", i], report);
  if (term.topologyKey === "") report([...at, "topologyKey"], "Required value: can not be empty");
  else checkLabelKey(term.topologyKey, [...at, "topologyKey"], report);
}

function checkWeight(weight: number, at: Path, report: Report): void {
  if (weight < 1 || weight > 100)
    report([...at, "weight"], invalidValue(weight, "must be in the range 1-100"), { at: "value" });
}

const REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
const PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";

export function checkScheduling(spec: SchedulingSpec, path: Path, report: Report): void {
  const at = [...path, "affinity"];
  const { nodeAffinity } = spec.affinity ?? {};
  const terms = nodeAffinity?.[REQUIRED]?.nodeSelectorTerms;
  if (terms?.length === 0)
    report(
      [...at, "nodeAffinity", REQUIRED, "nodeSelectorTerms"],
      "Required value: must have at least one node selector term",
    );
  for (const [i, term] of (terms ?? []).entries())
    checkNodeTerm(term, [...at, "nodeAffinity", REQUIRED, "nodeSelectorTerms", i], report);
  for (const [i, { weight, preference }] of (nodeAffinity?.[PREFERRED] ?? []).entries()) {
    checkWeight(weight, [...at, "nodeAffinity", PREFERRED, i], report);
    checkNodeTerm(preference, [...at, "nodeAffinity", PREFERRED, i, "preference"], report);
  }
  for (const field of ["podAffinity", "podAntiAffinity"] as const) {
    const rules = spec.affinity?.[field];
    for (const [i, term] of (rules?.[REQUIRED] ?? []).entries())
      checkPodTerm(term, [...at, field, REQUIRED, i], report);
    for (const [i, { weight, podAffinityTerm: term }] of (rules?.[PREFERRED] ?? []).entries()) {
      checkWeight(weight, [...at, field, PREFERRED, i], report);
      checkPodTerm(term, [...at, field, PREFERRED, i, "podAffinityTerm"], report);
    }
  }
  const gates = spec.schedulingGates ?? [];
  for (const [i, { name }] of gates.entries())
    checkQualifiedName(name, [...path, "schedulingGates", i, "name"], report);
  if (gates.length > 0 && (spec.nodeName ?? "") !== "")
    report([...path, "nodeName"], "Forbidden: cannot be set until all schedulingGates have been cleared");
  for (const [i, { key, operator, value, effect }] of (spec.tolerations ?? []).entries()) {
    const place = [...path, "tolerations", i];
    if ((key ?? "") !== "") checkLabelKey(key ?? "", [...place, "key"], report);
    else if (operator !== "Exists")
      report(
        [...place, "operator"],
        invalidValue(
          operator ?? "",
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    if (operator === "Exists" && (value ?? "") !== "")
      report([...place, "operator"], invalidValue(value, "value must be empty when `operator` is 'Exists'"));
    if ((effect ?? "") !== "" && !EFFECTS.includes(effect ?? ""))
      report([...place, "effect"], unsupportedValue(effect ?? "", EFFECTS), { at: "value" });
  }
  for (const [i, one] of (spec.topologySpreadConstraints ?? []).entries()) {
    const place = [...path, "topologySpreadConstraints", i];
    if (one.maxSkew <= 0)
      report([...place, "maxSkew"], invalidValue(one.maxSkew, "must be greater than zero"), { at: "value" });
    if (one.topologyKey === "") report([...place, "topologyKey"], "Required value: can not be empty");
    if (one.labelSelector) checkLabelSelector(one.labelSelector, [...place, "labelSelector"], report);
    if (typeof one.minDomains !== "number") continue;
    if (one.minDomains <= 0)
      report([...place, "minDomains"], invalidValue(one.minDomains, "must be greater than zero"), { at: "value" });
    if (one.whenUnsatisfiable !== "DoNotSchedule")
      report(
        [...place, "minDomains"],
        invalidValue(one.minDomains, "can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway"),
        { at: "value" },
      );
  }
}
