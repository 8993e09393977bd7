/** Variables of a container: what they may say, and the API server's checks (pkg/apis/core/validation: ValidateEnv, validateEnvFrom). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import { checkEnvName, checkName, DNS_SUBDOMAIN, invalidValue, unsupportedValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument, optionalArgument } from "../../syntax/scalar.ts";

const keyRef = lazy(() =>
  z.strictObject({
    name: argument.optional(),
    key: argument,
    optional: z.boolean().nullable().optional(),
  }),
);
const objectRef = lazy(() =>
  z.strictObject({ name: argument.optional(), optional: z.boolean().nullable().optional() }),
);

export const envVar = lazy(() =>
  z.strictObject({
    name: argument,
    value: optionalArgument,
    valueFrom: z
      .strictObject({
        fieldRef: z.strictObject({ apiVersion: argument.optional(), fieldPath: argument }).optional(),
        resourceFieldRef: z
          .strictObject({ containerName: argument.optional(), resource: argument, divisor: anything })
          .optional(),
        configMapKeyRef: keyRef.optional(),
        secretKeyRef: keyRef.optional(),
        fileKeyRef: z
          .strictObject({
            volumeName: argument,
            path: argument,
            key: argument,
            optional: z.boolean().nullable().optional(),
          })
          .optional(),
      })
      .optional(),
  }),
);

export const envFrom = lazy(() =>
  z.strictObject({
    prefix: argument.optional(),
    configMapRef: objectRef.optional(),
    secretRef: objectRef.optional(),
  }),
);

export type EnvVarDocument = z.infer<typeof envVar>;
export type EnvFromDocument = z.infer<typeof envFrom>;

/** What containers may learn about their pod (validEnvDownwardAPIFieldPathExpressions). */
const FIELD_PATHS = [
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
];
const SUBSCRIPT = /^metadata\.(labels|annotations)\['[^']+'\]$/;

const SOURCES = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] as const;

function checkValueFrom(one: EnvVarDocument, path: Path, report: Report): void {
  const from = one.valueFrom;
  if (from === undefined) return;
  const at = [...path, "valueFrom"];
  const given = SOURCES.filter((source) => from[source] !== undefined);
  if (given.length === 0)
    report(at, invalidValue("", `must specify one of: ${SOURCES.map((source) => `\`${source}\``).join(", ")}`));
  if (given.length > 1) report(at, invalidValue("", "may not have more than one field specified at a time"));
  if ((one.value ?? "") !== "") report(at, invalidValue("", "may not be specified when `value` is not empty"));
  if (from.fileKeyRef !== undefined)
    report([...at, "fileKeyRef"], "fileKeyRef is ignored: the container runs without the variable", {
      severity: "warning",
      hint: "give it a value",
    });
  const fieldPath = from.fieldRef?.fieldPath;
  if (fieldPath !== undefined && !SUBSCRIPT.test(fieldPath) && !FIELD_PATHS.includes(fieldPath))
    report([...at, "fieldRef", "fieldPath"], unsupportedValue(fieldPath, FIELD_PATHS), { at: "value" });
  for (const source of ["configMapKeyRef", "secretKeyRef"] as const) {
    const ref = from[source];
    if (ref === undefined) continue;
    if ((ref.name ?? "") === "") report([...at, source, "name"], "Required value");
    else checkName(ref.name ?? "", DNS_SUBDOMAIN, [...at, source, "name"], report);
    checkConfigKey(ref.key, [...at, source, "key"], report);
  }
}

const CONFIG_KEY = {
  pattern: /^[-._a-zA-Z0-9]+$/,
  max: 253,
  message:
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name', or 'KEY_NAME', or 'key-name')",
};

/** A key of a ConfigMap or Secret. */
export function checkConfigKey(key: string, path: Path, report: Report): void {
  checkName(key, CONFIG_KEY, path, report);
  if (key === "." || key.startsWith("..")) report(path, invalidValue(key, "may not be '.' or start with '..'"));
}

/** `path`: the container's. */
export function checkEnv(
  {
    env,
    envFrom: all,
  }: { readonly env?: readonly EnvVarDocument[] | null; readonly envFrom?: readonly EnvFromDocument[] | null },
  path: Path,
  report: Report,
): void {
  for (const [i, one] of (env ?? []).entries()) {
    checkEnvName(one.name, [...path, "env", i, "name"], report);
    checkValueFrom(one, [...path, "env", i], report);
  }
  for (const [i, { prefix, configMapRef, secretRef }] of (all ?? []).entries()) {
    const at = [...path, "envFrom", i];
    if ((prefix ?? "") !== "") checkEnvName(prefix ?? "", [...at, "prefix"], report);
    if (configMapRef === undefined && secretRef === undefined)
      report(at, invalidValue("", "must specify one of: `configMapRef` or `secretRef`"));
    if (configMapRef !== undefined && secretRef !== undefined)
      report(at, invalidValue("", "may not have more than one field specified at a time"));
    for (const [field, ref] of Object.entries({ configMapRef, secretRef }))
      if (ref !== undefined && (ref.name ?? "") === "") report([...at, field, "name"], "Required value");
  }
}
