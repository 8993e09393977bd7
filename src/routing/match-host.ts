/** Whether a host name fits one of a rule, and why not. */
import type { WildcardDepth } from "./model.ts";
import { compiled } from "./regex.ts";

/** `name` in lower case, without port. */
export function hostFits(pattern: string | undefined, name: string, depth: WildcardDepth): boolean {
  if (pattern === undefined) return true;
  if (!pattern.startsWith("*.")) return pattern === name;
  const suffix = pattern.slice(1);
  if (!name.endsWith(suffix) || name.length === suffix.length) return false;
  return depth === "many" || !name.slice(0, -suffix.length).includes(".");
}

export interface NamedHost {
  readonly hostname?: string | undefined;
  readonly pattern?: string | undefined;
  readonly wildcard: WildcardDepth;
}

/** Undefined: it fits. */
export function hostMismatch(host: NamedHost, name: string): string | undefined {
  if (host.pattern !== undefined) {
    const fits = compiled(`^(?:${host.pattern})$`, true)?.test(name) === true;
    return fits ? undefined : `host ${shown(name)} does not match ~${host.pattern}`;
  }
  if (hostFits(host.hostname, name, host.wildcard)) return undefined;
  const wide = host.wildcard === "one" && hostFits(host.hostname, name, "many");
  return `host is ${shown(name)}, not ${host.hostname}${wide ? ", whose * stands for one label" : ""}`;
}

const shown = (name: string): string => (name === "" ? "empty" : name);
