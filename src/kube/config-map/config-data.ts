/** What ConfigMaps and Secrets hold: texts for variables, and contents for files. */
import type { VolumeFile } from "../../resources/volume/model.ts";
import type { ManifestInput } from "../manifest-input.ts";

export type Texts = Readonly<Record<string, string>>;
export type FileContent = Pick<VolumeFile, "text" | "base64">;

export interface ConfigObject {
  /** Without what is binary, which is no variable. */
  readonly texts: Texts;
  readonly files: Readonly<Record<string, FileContent>>;
}

/** By `ConfigMap NAMESPACE/NAME`. */
export type ConfigData = ReadonlyMap<string, ConfigObject>;

function decoded(base64: string): FileContent {
  const bytes = Buffer.from(base64, "base64");
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
}

function mapped<T>(data: Texts | null | undefined, change: (value: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, change(value)]));
}

const asText = (text: string): FileContent => ({ text });

/** `stringData` wins over `data`. */
export function configData(manifests: Iterable<ManifestInput>): ConfigData {
  const found = new Map<string, ConfigObject>();
  for (const manifest of manifests) {
    if (manifest.kind !== "ConfigMap" && manifest.kind !== "Secret") continue;
    const { namespace = "default", name } = manifest.object.metadata;
    const key = `${manifest.kind} ${namespace}/${name}`;
    if (manifest.kind === "ConfigMap") {
      const { data, binaryData } = manifest.object;
      found.set(key, { texts: data ?? {}, files: { ...mapped(data, asText), ...mapped(binaryData, decoded) } });
    } else {
      const { data, stringData } = manifest.object;
      const texts = mapped(data, (value) => Buffer.from(value, "base64").toString("utf8"));
      found.set(key, {
        texts: { ...texts, ...stringData },
        files: { ...mapped(data, decoded), ...mapped(stringData, asText) },
      });
    }
  }
  return found;
}

export interface ConfigRef {
  readonly kind: "ConfigMap" | "Secret";
  readonly namespace: string;
  readonly name: string | undefined;
}

/** What the object holds, where it is there and has the key; else what is missing, in words. */
export function findConfig<P extends keyof ConfigObject>(
  part: P,
  { kind, namespace, name }: ConfigRef,
  key: string | undefined,
  configs: ConfigData,
): ConfigObject[P] | string {
  const held = configs.get(`${kind} ${namespace}/${name}`)?.[part];
  if (held === undefined) return `there is no ${kind} ${namespace}/${name}`;
  return key === undefined || Object.hasOwn(held, key) ? held : `${kind} ${namespace}/${name} has no key "${key}"`;
}
