/** Which resource of the lab an observed thing goes back to, and how objects that the lab did not make are described. */
import { formatCause } from "../cause.ts";
import type { Cause } from "../cause.ts";
import { perObject } from "../memo.ts";
import { describeResource, devicesOf } from "../resources/definitions.ts";
import type { NamespaceState } from "../resources/observed.ts";
import type { IptablesResource } from "../resources/iptables/definition.ts";
import type { Resource, ResourceKind, ResourceOf } from "../resources/resource.ts";

type Item<K extends keyof NamespaceState> = NamespaceState[K] extends readonly (infer T)[] ? T : never;

export interface Causes {
  link(link: Item<"links">): string;
  addr(addr: Item<"addrs">): string;
  route(route: Item<"routes">): string;
  rule(rule: Item<"rules">): string;
  neigh(neigh: Item<"neighs">): string;
  fdb(fdb: Item<"fdb">): string;
  qdisc(qdisc: Item<"qdiscs">): string;
  sysctl(key: string): string;
  chain(family: string, table: string, chain: string): string;
  iptables(family: string, table: string, chain: string, rule: string, index: number): string;
  /** Servers and processes of the namespace: what and why. */
  servers(): [string, string][];
}

/** For objects that the kernel creates on its own. */
export const KERNEL = "the kernel";
const STRANGER = "not made by the lab";

const chainsOf = perObject(
  ({ chains }: IptablesResource): ReadonlyMap<string, IptablesResource["chains"][number]> =>
    new Map(chains.map((chain) => [chain.name, chain])),
);

/** Causes are looked up among the resources of this namespace only. */
export function findCauses(state: NamespaceState, applied: Readonly<Record<string, Resource>>): Causes {
  const all = Object.values(applied);
  const own = all.filter((resource) => resource.ns === state.ns);
  const of = <K extends ResourceKind>(kind: K): ResourceOf<K>[] =>
    own.filter((resource): resource is ResourceOf<K> => resource.kind === kind);
  const say = (resource: { cause: Cause } | undefined, otherwise: string): string =>
    resource === undefined ? otherwise : formatCause(resource.cause);
  const iptables = (family: string, table: string): IptablesResource | undefined =>
    of("iptables").find((resource) => resource.family === family && resource.table === table);

  const adopted = new Map<string, Cause>(
    of("adopted").flatMap(({ part, cause }) =>
      part.type === "rule" ? [[`${part.family} ${part.table} ${part.chain} ${part.rule}`, cause] as const] : [],
    ),
  );

  return {
    link(link) {
      if (link.kind === "loopback") return say(of("netns")[0], KERNEL);
      const made = all.find((resource) =>
        devicesOf(resource).some(({ ns, name }) => ns === state.ns && name === link.name),
      );
      return say(made, STRANGER);
    },
    addr(addr) {
      const made = of("addr").find((resource) => resource.dev === addr.dev && resource.address === addr.address);
      return say(made, addr.dev === "lo" || addr.scope === "link" ? KERNEL : STRANGER);
    },
    route(route) {
      const made = of("route").find(
        (resource) =>
          resource.to === route.to &&
          resource.table === route.table &&
          resource.family === route.family &&
          (resource.dev === undefined || resource.dev === route.dev) &&
          (resource.via === undefined || resource.via === route.via) &&
          (resource.metric === undefined || resource.metric === route.metric),
      );
      return say(
        made,
        route.protocol === "kernel" ? `${KERNEL}: the address of ${route.dev ?? "the device"}` : STRANGER,
      );
    },
    rule(rule) {
      const made = of("rule").find(
        (resource) =>
          resource.priority === rule.priority && resource.table === rule.table && resource.family === rule.family,
      );
      return say(made, [0, 32_766, 32_767].includes(rule.priority) ? KERNEL : STRANGER);
    },
    neigh(neigh) {
      const made = of("neigh").find(
        (resource) =>
          resource.dev === neigh.dev &&
          resource.address === neigh.address &&
          (resource.mac === undefined) === (neigh.state === "proxy"),
      );
      return say(
        made,
        neigh.state === "permanent" || neigh.state === "proxy"
          ? STRANGER
          : `${KERNEL}: ${neigh.address.includes(":") ? "NDP" : "ARP"}`,
      );
    },
    fdb(fdb) {
      const made = of("fdb").find(
        (resource) => resource.dev === fdb.dev && resource.mac === fdb.mac && resource.dst === fdb.dst,
      );
      if (made !== undefined) return formatCause(made.cause);
      const vxlan = of("vxlan").find(
        (resource) => resource.name === fdb.dev && resource.remote !== undefined && resource.remote === fdb.dst,
      );
      return say(vxlan, fdb.permanent ? `${KERNEL}: the device's own` : `${KERNEL}: learned from traffic`);
    },
    qdisc({ dev, kind }) {
      const made = of("adopted").find(({ part }) => part.type === "qdisc" && part.dev === dev && part.qdisc === kind);
      return say(made ?? of("qdisc").find((resource) => resource.dev === dev), KERNEL);
    },
    sysctl(key) {
      return say(
        of("sysctl").find((resource) => resource.key === key),
        KERNEL,
      );
    },
    chain(family, table, chain) {
      const resource = iptables(family, table);
      return say(
        resource?.chains.some((entry) => entry.name === chain && entry.policy !== undefined) === true
          ? resource
          : undefined,
        STRANGER,
      );
    },
    iptables(family, table, chain, rule, index) {
      const plugins = adopted.get(`${family} ${table} ${chain} ${rule}`);
      if (plugins !== undefined) return formatCause(plugins);
      const resource = iptables(family, table);
      const entry = resource === undefined ? undefined : chainsOf(resource).get(chain);
      if (entry === undefined) return STRANGER;
      // iptables-save prints a rule in its own order: the comment and the arguments identify it, else the position.
      const words = new Set(rule.split(/\s+/));
      const scored = entry.rules.map((candidate, i) => {
        const hits = candidate.args.filter((word) => words.has(word)).length;
        return { candidate, score: hits * 2 - candidate.args.length + (i === index ? 0.5 : 0) };
      });
      const best = scored.toSorted((a, b) => b.score - a.score)[0];
      return best === undefined || best.score < 0 ? STRANGER : formatCause(best.candidate.cause);
    },
    servers() {
      return [
        ...of("server").map((server): [string, string] => [
          `server ${server.protocol}/${server.port} as ${server.hostname}`,
          formatCause(server.cause),
        ]),
        ...of("proxy").map((proxy): [string, string] => [describeResource(proxy), formatCause(proxy.cause)]),
        ...of("l7").map((proxy): [string, string] => [describeResource(proxy), formatCause(proxy.cause)]),
        ...of("watch").map((watch): [string, string] => [describeResource(watch), formatCause(watch.cause)]),
        ...of("dns").map((dns): [string, string] => [describeResource(dns), formatCause(dns.cause)]),
        ...of("process").map((process): [string, string] => [
          `process ${process.name}: ${process.argv.join(" ")}`,
          formatCause(process.cause),
        ]),
        ...of("volume").map((one): [string, string] => [
          `${describeResource(one)}${mountsOf(one, of("process"))}`,
          formatCause(one.cause),
        ]),
        ...of("file").map((file): [string, string] => [describeResource(file), formatCause(file.cause)]),
      ];
    },
  };
}

/** ` (at /etc/conf in main)`: where programs of the pod have it. */
function mountsOf(volume: ResourceOf<"volume">, processes: readonly ResourceOf<"process">[]): string {
  const places = processes.flatMap(({ name, pod, mounts = [] }) =>
    mounts
      .filter((mount) => pod === volume.pod && mount.volume === volume.name)
      .map((mount) => `${mount.mountPath} in ${name}`),
  );
  return places.length === 0 ? "" : ` (at ${places.join(", ")})`;
}
