/** Volumes of a pod and where containers mount them: what they may say, and the API server's checks (pkg/apis/core/validation: ValidateVolumes, ValidateVolumeMounts). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import type { Path } from "../../syntax/path.ts";
import { checkName, DNS_LABEL, invalidValue, unsupportedValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { anything, argument } from "../../syntax/scalar.ts";
import { checkConfigKey } from "./env-var.ts";

const mode = z.int().nullable().optional();
const optional = z.boolean().nullable().optional();
const items = lazy(() => z.array(z.strictObject({ key: argument, path: argument, mode })).nullable()).optional();
const downwardItems = lazy(() =>
  z
    .array(
      z.strictObject({
        path: argument,
        fieldRef: z.strictObject({ apiVersion: argument.optional(), fieldPath: argument }).nullable().optional(),
        resourceFieldRef: z
          .strictObject({ containerName: argument.optional(), resource: argument, divisor: anything })
          .nullable()
          .optional(),
        mode,
      }),
    )
    .nullable(),
).optional();

const projection = lazy(() =>
  z.strictObject({
    configMap: z.strictObject({ name: argument.optional(), items, optional }).optional(),
    secret: z.strictObject({ name: argument.optional(), items, optional }).optional(),
    downwardAPI: z.strictObject({ items: downwardItems }).optional(),
    serviceAccountToken: z
      .strictObject({ audience: argument.optional(), expirationSeconds: z.int().nullable().optional(), path: argument })
      .optional(),
    clusterTrustBundle: anything,
    podCertificate: anything,
  }),
);

/** Files that the lab makes, and folders. */
const MADE = {
  configMap: z.strictObject({ name: argument.optional(), items, defaultMode: mode, optional }).optional(),
  secret: z.strictObject({ secretName: argument.optional(), items, defaultMode: mode, optional }).optional(),
  downwardAPI: z.strictObject({ items: downwardItems, defaultMode: mode }).optional(),
  projected: z.strictObject({ sources: z.array(projection).nullable().optional(), defaultMode: mode }).optional(),
  emptyDir: z
    .strictObject({ medium: argument.optional(), sizeLimit: z.union([argument, z.number()]).nullable().optional() })
    .nullable()
    .optional(),
};

/** Unsupported storage. */
const STORAGE: readonly string[] =
  `awsElasticBlockStore azureDisk azureFile cephfs cinder csi ephemeral fc flexVolume flocker gcePersistentDisk gitRepo
  glusterfs hostPath image iscsi nfs persistentVolumeClaim photonPersistentDisk portworxVolume quobyte rbd scaleIO storageos
  vsphereVolume`.split(/\s+/);

export const volume = lazy(() =>
  z.strictObject({
    name: argument,
    ...MADE,
    ...Object.fromEntries(STORAGE.map((source) => [source, anything])),
  }),
);

export const volumeMount = lazy(() =>
  z.strictObject({
    name: argument,
    mountPath: argument,
    subPath: argument.optional(),
    subPathExpr: argument.optional(),
    readOnly: z.boolean().nullable().optional(),
    recursiveReadOnly: anything,
    mountPropagation: anything,
  }),
);

export type VolumeDocument = z.infer<typeof volume>;
export type VolumeMountDocument = z.infer<typeof volumeMount>;
export type KeyItems = z.infer<typeof items>;
export type DownwardItems = z.infer<typeof downwardItems>;

/** Fields that a file may contain (validVolumeDownwardAPIFieldPathExpressions). */
const FIELD_PATHS = ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
const SUBSCRIPT = /^metadata\.(labels|annotations)\['[^']+'\]$/;

function checkMode(value: number | null | undefined, path: Path, report: Report): void {
  if (typeof value === "number" && (value < 0 || value > 0o777))
    report(path, invalidValue(value, "must be a number between 0 and 0777 (octal), both inclusive"), { at: "value" });
}

/** A path below the folder that it is in (validateLocalNonReservedPath). */
function checkLocalPath(value: string, path: Path, report: Report): void {
  const say = (why: string): void => report(path, invalidValue(value, why), { at: "value" });
  if (value === "") report(path, "Required value", { at: "value" });
  else if (value.startsWith("/")) say("must be a relative path");
  else if (value.split("/").includes("..")) say("must not contain '..'");
  else if (value.startsWith("..")) say("must not start with '..'");
}

function checkItems(all: KeyItems, path: Path, report: Report): void {
  for (const [i, item] of (all ?? []).entries()) {
    checkConfigKey(item.key, [...path, "items", i, "key"], report);
    checkLocalPath(item.path, [...path, "items", i, "path"], report);
    checkMode(item.mode, [...path, "items", i, "mode"], report);
  }
}

function checkDownward(all: DownwardItems, path: Path, report: Report): void {
  for (const [i, item] of (all ?? []).entries()) {
    const at = [...path, "items", i];
    checkLocalPath(item.path, [...at, "path"], report);
    checkMode(item.mode, [...at, "mode"], report);
    const { fieldRef, resourceFieldRef } = item;
    if (!fieldRef && !resourceFieldRef) report(at, "Required value: one of fieldRef and resourceFieldRef is required");
    if (fieldRef && resourceFieldRef)
      report(at, invalidValue("resource", "fieldRef and resourceFieldRef can not be specified simultaneously"));
    const field = fieldRef?.fieldPath;
    if (field !== undefined && !SUBSCRIPT.test(field) && !FIELD_PATHS.includes(field))
      report([...at, "fieldRef", "fieldPath"], unsupportedValue(field, FIELD_PATHS), { at: "value" });
    if (resourceFieldRef && (resourceFieldRef.containerName ?? "") === "")
      report([...at, "resourceFieldRef", "containerName"], "Required value");
  }
}

function checkVolume(one: VolumeDocument, path: Path, report: Report): void {
  checkName(one.name, DNS_LABEL, [...path, "name"], report);
  const sources = Object.keys(one).filter((key) => key !== "name" && one[key as keyof VolumeDocument] !== undefined);
  if (sources.length > 1)
    report([...path, sources[1] ?? ""], "Forbidden: may not specify more than 1 volume type", {
      hint: `${sources[0]} is already set`,
    });
  for (const kind of ["configMap", "secret", "projected", "downwardAPI"] as const)
    checkMode(one[kind]?.defaultMode, [...path, kind, "defaultMode"], report);
  const { configMap, secret, downwardAPI, projected } = one;
  if (configMap !== undefined && (configMap.name ?? "") === "")
    report([...path, "configMap", "name"], "Required value");
  if (secret !== undefined && (secret.secretName ?? "") === "")
    report([...path, "secret", "secretName"], "Required value");
  checkItems(configMap?.items, [...path, "configMap"], report);
  checkItems(secret?.items, [...path, "secret"], report);
  checkDownward(downwardAPI?.items, [...path, "downwardAPI"], report);
  for (const [i, source] of (projected?.sources ?? []).entries()) {
    const at = [...path, "projected", "sources", i];
    for (const kind of ["configMap", "secret"] as const) {
      if (source[kind] !== undefined && (source[kind].name ?? "") === "")
        report([...at, kind, "name"], "Required value");
      checkItems(source[kind]?.items, [...at, kind], report);
    }
    checkDownward(source.downwardAPI?.items, [...at, "downwardAPI"], report);
    if (source.serviceAccountToken !== undefined)
      checkLocalPath(source.serviceAccountToken.path, [...at, "serviceAccountToken", "path"], report);
  }
}

/** `path`: the pod spec's. */
export function checkVolumes(all: readonly VolumeDocument[], path: Path, report: Report): void {
  const names = new Set<string>();
  for (const [i, one] of all.entries()) {
    checkVolume(one, [...path, "volumes", i], report);
    if (names.has(one.name))
      report([...path, "volumes", i, "name"], `Duplicate value: ${JSON.stringify(one.name)}`, { at: "value" });
    names.add(one.name);
  }
}

/** `path`: the container's; `names`: of the volumes that there are. */
export function checkMounts(
  all: readonly VolumeMountDocument[],
  names: ReadonlySet<string>,
  path: Path,
  report: Report,
): void {
  const seen = new Set<string>();
  for (const [i, { name, mountPath, subPath, subPathExpr }] of all.entries()) {
    const at = [...path, "volumeMounts", i];
    if (!names.has(name))
      report([...at, "name"], `Not found: ${JSON.stringify(name)}`, {
        at: "value",
        hint: "name one of the pod's volumes",
      });
    if (mountPath === "") report([...at, "mountPath"], "Required value");
    if (seen.has(mountPath)) report([...at, "mountPath"], invalidValue(mountPath, "must be unique"), { at: "value" });
    seen.add(mountPath);
    if ((subPath ?? "") !== "" && (subPathExpr ?? "") !== "")
      report([...at, "subPathExpr"], invalidValue(subPathExpr, "subPathExpr and subPath are mutually exclusive"));
    for (const [field, value] of Object.entries({ subPath, subPathExpr }))
      if ((value ?? "") !== "") checkLocalPath(value ?? "", [...at, field], report);
  }
}
