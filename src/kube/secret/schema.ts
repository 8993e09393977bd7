/** Secret manifests: what containers find in their environment and in files (ValidateSecret). */
import * as z from "zod";
import { lazy } from "../../syntax/lazy.ts";
import { DNS_SUBDOMAIN } from "../../syntax/kube-names.ts";
import { argument } from "../../syntax/scalar.ts";
import { asText, decoded, mapped } from "../config-map/config-data.ts";
import { checkBase64, checkKeys, content, dataFields } from "../config-map/schema.ts";
import type { ManifestKind } from "../kind.ts";
import { checkMetadata } from "../metadata.ts";
import { kindedName } from "../../net/object-ref.ts";

const schema = lazy(() =>
  z.strictObject({
    ...dataFields,
    kind: z.literal("Secret"),
    stringData: content,
    type: argument.optional(),
  }),
);

export type SecretDocument = z.infer<typeof schema>;

const TLS_TYPE = "kubernetes.io/tls";
const TLS_KEYS = ["tls.crt", "tls.key"];

export const secretKind: ManifestKind<"Secret", SecretDocument> = {
  kind: "Secret",
  apiVersion: "v1",
  words: ["secret", "secrets"],
  namespaced: true,
  schema,
  validate(object, report) {
    checkMetadata(object.metadata, DNS_SUBDOMAIN, ["metadata"], report);
    checkKeys(object.data, "data", report);
    checkKeys(object.stringData, "stringData", report);
    checkBase64(object.data, "data", report);
    if (object.type !== TLS_TYPE) return;
    for (const key of TLS_KEYS)
      if (object.data?.[key] === undefined && object.stringData?.[key] === undefined)
        report(["data"], `Required value: data[${key}]`, { hint: `a Secret of type ${TLS_TYPE} needs ${key}` });
  },
  resolve({ metadata: { name, namespace = "default" }, type, data, stringData }, _scope, { configs }) {
    const texts = mapped(data, (value) => Buffer.from(value, "base64").toString("utf8"));
    // `stringData` wins over `data`.
    configs.set(kindedName("Secret", { namespace, name }), {
      texts: { ...texts, ...stringData },
      files: { ...mapped(data, decoded), ...mapped(stringData, asText) },
      ...(type === undefined ? {} : { type }),
    });
  },
};
