/** Which path of which Ingress a request belongs to: Kubernetes' rules for hosts and paths, and those of ingress-nginx where it differs. */
import type { ClusterModel } from "../../cluster/cluster.ts";
import type { IngressBackendModel, IngressModel, IngressPathModel } from "../../kube/ingress/ingress.ts";

export const PREFIX = "nginx.ingress.kubernetes.io/";

/** A path that an Ingress claims for a host. */
export interface Claim {
  readonly ingress: IngressModel;
  /** Absent: all. */
  readonly host?: string | undefined;
  readonly path: string;
  readonly type: IngressPathModel["type"];
  readonly backend: IngressBackendModel;
}

export const annotation = ({ annotations }: IngressModel, name: string): string | undefined => {
  const value = annotations[`${PREFIX}${name}`]?.value.trim();
  return value === "" ? undefined : value;
};

export const isOn = (ingress: IngressModel, name: string): boolean =>
  /^(?:1|t|true)$/i.test(annotation(ingress, name) ?? "");

const ORDINARY_PATH = /^\/[\w.\-/]*$/;

/** Ingresses that are served, the oldest first; those that ingress-nginx refuses are not. */
export function servedIngresses(
  ingress: NonNullable<ClusterModel["ingress"]>,
  controller: string,
  snippets = false,
): readonly IngressModel[] {
  const classes = new Set(ingress.classes.filter((one) => one.controller === controller).map(({ name }) => name));
  return ingress.ingresses.filter((one) => {
    if (one.className === undefined || !classes.has(one.className)) return false;
    if (!snippets && Object.keys(one.annotations).some((key) => key.startsWith(PREFIX) && key.endsWith("-snippet")))
      return false;
    const paths = one.rules.flatMap((rule) => rule.paths ?? []);
    return paths.every(({ path, type }) => type === "ImplementationSpecific" || ORDINARY_PATH.test(path));
  });
}

export function claimsOf(ingress: IngressModel): readonly Claim[] {
  return ingress.rules.flatMap(({ host, paths }) =>
    (paths ?? []).map(({ path, type, backend }) => ({ ingress, host, path: path === "" ? "/" : path, type, backend })),
  );
}

/** An exact name, a wildcard for one label, or no host at all; the most specific that any rule has. */
export function hostOf(ingresses: readonly IngressModel[], asked: string): string | undefined {
  const name = asked.toLowerCase().replace(/:\d+$/, "");
  const hosts = new Set(ingresses.flatMap(({ rules }) => rules.flatMap(({ host }) => host ?? [])));
  if (hosts.has(name)) return name;
  for (const one of ingresses) {
    const [first] = one.rules;
    const aliases = (annotation(one, "server-alias") ?? "").split(",").map((alias) => alias.trim());
    if (aliases.includes(name)) return first?.host;
  }
  const wild = `*${name.slice(name.indexOf("."))}`;
  if (name.includes(".") && hosts.has(wild)) return wild;
  for (const one of ingresses) {
    const aliases = (annotation(one, "server-alias") ?? "").split(",").map((alias) => alias.trim());
    const pattern = aliases.find(
      (alias) => alias.startsWith("~") && new RegExp(alias.replace(/^~\*?/, ""), "i").test(name),
    );
    if (pattern !== undefined) return one.rules[0]?.host;
  }
  return undefined;
}

const elements = (path: string): readonly string[] => path.split("/").filter((one) => one !== "");

function fits({ path, type }: Claim, asked: string, byRegex: boolean): boolean {
  if (byRegex) return new RegExp(`^${path}`, "i").test(asked);
  if (type === "Exact") return asked === path;
  if (type === "ImplementationSpecific") return asked.startsWith(path);
  const wanted = elements(path);
  const got = elements(asked);
  return wanted.every((one, i) => got[i] === one);
}

/** Whether one claim makes all paths of its host regular expressions. */
const spoils = ({ ingress, path }: Claim): boolean =>
  isOn(ingress, "use-regex") || (annotation(ingress, "rewrite-target") ?? path) !== path;

/** Better ones first: an exact path, the longest, and of regular expressions written alike long the last in the alphabet. */
function isBetter(a: Claim, b: Claim, byRegex: boolean): boolean {
  if (!byRegex && (a.type === "Exact") !== (b.type === "Exact")) return a.type === "Exact";
  if (a.path.length !== b.path.length) return a.path.length > b.path.length;
  return a.path > b.path;
}

/** Undefined: no path of the host fits. Of several Ingresses that claim the same, the oldest has it. */
export function claimOf(claims: readonly Claim[], host: string | undefined, asked: string): Claim | undefined {
  const own = claims.filter((one) => one.host === host);
  const byRegex = own.some((one) => spoils(one));
  let best: Claim | undefined;
  for (const one of own) {
    if (!fits(one, asked, byRegex)) continue;
    if (best === undefined || isBetter(one, best, byRegex)) best = one;
  }
  return best;
}

export function isRegexHost(claims: readonly Claim[], host: string | undefined): boolean {
  return claims.some((one) => one.host === host && spoils(one));
}
