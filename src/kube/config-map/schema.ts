/** ConfigMap manifests: what containers find in their environment and in files (ValidateConfigMap). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_SUBDOMAIN, invalidValue } from "../../syntax/kube-names.ts";
import type { Report } from "../../syntax/report.ts";
import { checkConfigKey } from "../pod/env-var.ts";
import type { ManifestKind } from "../kind.ts";
import { asText, decoded, mapped } from "./config-data.ts";
import { checkMetadata, objectMeta } from "../metadata.ts";
import { kindedName } from "../../net/object-ref.ts";

/** The API server accepts objects of up to 1 MiB. */
const text = z.string().max(1_048_576);
export const content = lazy(() => z.record(z.string(), text).nullable()).optional();

/** What ConfigMaps and Secrets share. */
export const dataFields = {
  apiVersion: z.literal("v1"),
  metadata: objectMeta,
  data: content,
  immutable: z.boolean().nullable().optional(),
};

const configMap = lazy(() => z.strictObject({ ...dataFields, kind: z.literal("ConfigMap"), binaryData: content }));
export type ConfigMapDocument = z.infer<typeof configMap>;

export type DataTexts = Readonly<Record<string, string>> | null | undefined;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export function checkKeys(data: DataTexts, field: string, report: Report): void {
  for (const key of Object.keys(data ?? {})) checkConfigKey(key, [field, key], report);
}

/** Does not show the value: it may be a secret. */
export function checkBase64(data: DataTexts, field: string, report: Report): void {
  for (const [key, value] of Object.entries(data ?? {}))
    if (!BASE64.test(value.replaceAll(/\s/g, "")))
      report([field, key], "Invalid value: illegal base64 data", {
        at: "value",
        hint: field === "data" ? "plain text goes into stringData" : "plain text goes into data",
      });
}

export const configMapKind: ManifestKind<"ConfigMap", ConfigMapDocument> = {
  kind: "ConfigMap",
  apiVersion: "v1",
  words: ["cm", "configmap", "configmaps"],
  namespaced: true,
  schema: configMap,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkKeys(object.data, "data", report);
    checkKeys(object.binaryData, "binaryData", report);
    checkBase64(object.binaryData, "binaryData", report);
    for (const key of Object.keys(object.binaryData ?? {}))
      if (Object.hasOwn(object.data ?? {}, key))
        report(["data", key], invalidValue(key, `duplicate of key present in binaryData`));
  },
  resolve({ metadata: { name, namespace = "default" }, data, binaryData }, _scope, { configs }) {
    const files = { ...mapped(data, asText), ...mapped(binaryData, decoded) };
    configs.set(kindedName("ConfigMap", { namespace, name }), { texts: data ?? {}, files });
  },
};
