/** The contents of ConfigMaps and Secrets: texts for variables, and contents for files. */
import type { VolumeFile } from "../../resources/volume/model.ts";
import { kindedName } from "../../net/object-ref.ts";

export type Texts = Readonly<Record<string, string>>;
export type FileContent = Pick<VolumeFile, "text" | "base64">;

export interface ConfigObject {
  /** Without binary values, which cannot be variables. */
  readonly texts: Texts;
  readonly files: Readonly<Record<string, FileContent>>;
  /** A Secret's: `kubernetes.io/tls`. */
  readonly type?: string | undefined;
}

/** By `ConfigMap NAMESPACE/NAME`. */
export type ConfigData = ReadonlyMap<string, ConfigObject>;

export function decoded(base64: string): FileContent {
  const bytes = Buffer.from(base64, "base64");
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? { text } : { base64: bytes.toString("base64") };
}

export function mapped<T>(data: Texts | null | undefined, change: (value: string) => T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, change(value)]));
}

export const asText = (text: string): FileContent => ({ text });

export interface ConfigRef {
  readonly kind: "ConfigMap" | "Secret";
  readonly namespace: string;
  readonly name: string | undefined;
}

/** As ConfigData has it. */
export function configText({ kind, namespace, name = "undefined" }: ConfigRef): string {
  return kindedName(kind, { namespace, name });
}

/** The object's value, if it exists and has the key; else what is missing, as text. */
export function findConfig<P extends "texts" | "files">(
  part: P,
  ref: ConfigRef,
  key: string | undefined,
  configs: ConfigData,
): ConfigObject[P] | string {
  const object = configText(ref);
  const held = configs.get(object)?.[part];
  if (held === undefined) return `there is no ${object}`;
  return key === undefined || Object.hasOwn(held, key) ? held : `${object} has no key "${key}"`;
}
