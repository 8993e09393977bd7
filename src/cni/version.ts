/** Versions of the CNI specification: which there are, their order, which two sides agree on (pkg/version of containernetworking/cni v1.3.0). */
import { CniError, CNI_CODE } from "./error.ts";

/** All published ones, in order. */
export const SPEC_VERSIONS = ["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"] as const;
export type SpecVersion = (typeof SPEC_VERSIONS)[number];
export const CURRENT: SpecVersion = "1.1.0";
/** A configuration that names none. */
export const UNNAMED: SpecVersion = "0.1.0";

/** Throws CniError: `invalid version "…"`. Up to three numbers. */
function parse(version: string): readonly number[] {
  if (version === "") throw new CniError(CNI_CODE.decoding, 'invalid version "": the version is empty');
  const parts = version.split(".");
  if (parts.length > 3)
    throw new CniError(CNI_CODE.decoding, `invalid version ${JSON.stringify(version)}: too many parts`);
  return [0, 1, 2].map((i) => {
    const part = parts[i] ?? "0";
    if (!/^\d+$/.test(part))
      throw new CniError(
        CNI_CODE.decoding,
        `failed to convert ${["major", "minor", "micro"][i]} version part ${JSON.stringify(part)}: invalid syntax`,
      );
    return Number(part);
  });
}

/** Negative: `a` is older. Throws CniError. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [parse(a), parse(b)];
  const at = x.findIndex((part, i) => part !== y[i]);
  return at < 0 ? 0 : (x[at] ?? 0) - (y[at] ?? 0);
}

export function isAtLeast(version: string, least: SpecVersion): boolean {
  return compareVersions(version, least) >= 0;
}

export function isSpecVersion(version: string): version is SpecVersion {
  return (SPEC_VERSIONS as readonly string[]).includes(version);
}

/**
 * The version in which to call a plugin that supports these: the network's, or where the plugin is older the newest that it and
 * the specification have below that. Throws CniError 1 where there is none.
 */
export function agreedVersion(wanted: string, supported: readonly string[]): SpecVersion {
  const found = SPEC_VERSIONS.findLast((one) => compareVersions(one, wanted) <= 0 && supported.includes(one));
  if (found !== undefined) return found;
  const list = supported.map((one) => JSON.stringify(one)).join(" ");
  throw new CniError(
    CNI_CODE.incompatibleVersion,
    "incompatible CNI versions",
    `config is ${JSON.stringify(wanted)}, plugin supports [${list}]`,
  );
}

/** What VERSION answered (Decode in pkg/version/plugin.go). Throws CniError. */
export function readVersions(stdout: string): readonly string[] {
  const fail = (why: string): never => {
    throw new CniError(CNI_CODE.decoding, `decoding version info: ${why}`);
  };
  let said: { readonly cniVersion?: unknown; readonly supportedVersions?: unknown } | null;
  try {
    said = JSON.parse(stdout) as typeof said;
  } catch {
    return fail(`${JSON.stringify(stdout.slice(0, 200))} is not JSON`);
  }
  const { cniVersion, supportedVersions } = said ?? {};
  if (typeof cniVersion !== "string" || cniVersion === "") return fail("missing field cniVersion");
  if (Array.isArray(supportedVersions) && supportedVersions.length > 0) return supportedVersions.map(String);
  return cniVersion === "0.2.0" ? ["0.1.0", "0.2.0"] : fail("missing field supportedVersions");
}

/** What a plugin supports whose VERSION failed: before 0.2.0 there was no such command (GetVersionInfo in pkg/invoke/exec.go). Throws any other error. */
export function versionsBy(error: CniError): readonly string[] {
  if (error.message === "unknown CNI_COMMAND: VERSION") return ["0.1.0"];
  throw error;
}
