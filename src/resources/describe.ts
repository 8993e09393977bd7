/** A resource in a few words, as in `ip`'s output; its namespace is not said. */
import { NFT_FAMILY } from "./nft-table.ts";
import type { WatchResource } from "./watch/resource.ts";
import type { Resource } from "./resource.ts";

export function describeResource(resource: Resource): string {
  switch (resource.kind) {
    case "netns":
      return `namespace (${resource.role})`;
    case "veth":
      return `veth ${resource.name} to ${resource.peer.ns} ${resource.peer.name}`;
    case "bridge":
      return `bridge ${resource.name}`;
    case "vxlan":
      return `vxlan ${resource.name} vni ${resource.vni} port ${resource.port}`;
    case "dummy":
      return `dummy ${resource.name}`;
    case "addr":
      return `addr ${resource.address} dev ${resource.dev}`;
    case "route": {
      const type = resource.type === "unicast" ? "" : `${resource.type} `;
      const to =
        resource.to === "0.0.0.0/0" || resource.to === "::/0"
          ? `default${resource.family === "ipv6" ? " (ipv6)" : ""}`
          : resource.to;
      const via = resource.via === undefined ? "" : ` via ${resource.via}`;
      const dev = resource.dev === undefined ? "" : ` dev ${resource.dev}`;
      const table = resource.table === 254 ? "" : ` table ${resource.table}`;
      return `route ${type}${to}${via}${dev}${resource.onlink ? " onlink" : ""}${table}`;
    }
    case "rule": {
      const { from, to, iif, oif, fwmark, table, priority } = resource;
      const words = { from: from ?? "all", to, iif, oif, fwmark, lookup: table };
      const selector = Object.entries(words).flatMap(([word, value]) =>
        value === undefined ? [] : [`${word} ${value}`],
      );
      return `rule ${priority}: ${selector.join(" ")}`;
    }
    case "neigh":
      return resource.mac === undefined
        ? `neigh proxy ${resource.address} dev ${resource.dev}`
        : `neigh ${resource.address} lladdr ${resource.mac} dev ${resource.dev}`;
    case "fdb":
      return `fdb ${resource.mac} dev ${resource.dev}${resource.dst === undefined ? "" : ` dst ${resource.dst}`}`;
    case "sysctl":
      return `sysctl ${resource.key}=${resource.value}`;
    case "iptables": {
      const rules = resource.chains.reduce((sum, chain) => sum + chain.rules.length, 0);
      return `${resource.family === "ipv6" ? "ip6tables" : "iptables"} ${resource.table}: ${rules} ${rules === 1 ? "rule" : "rules"} in ${resource.chains.map((chain) => chain.name).join(", ")}`;
    }
    case "ipset":
      return `ipset ${resource.name} ${resource.type}: ${resource.entries.length} ${resource.entries.length === 1 ? "entry" : "entries"}`;
    case "ipvs": {
      const servers = resource.lines.filter(({ text }) => text.startsWith("-A ")).length;
      return `ipvs (${resource.family}): ${servers} virtual servers, ${resource.lines.length - servers} real servers`;
    }
    case "nft": {
      const count = (kind: "chain" | "set" | "map"): number =>
        resource.objects.filter((object) => object.kind === kind).length;
      return `nft table ${NFT_FAMILY[resource.family]} ${resource.table}: ${count("chain")} chains, ${count("set") + count("map")} sets and maps`;
    }
    case "conntrack":
      return `udp flows (${resource.family}) of ${resource.services.length} ${resource.services.length === 1 ? "address" : "addresses"}: deleted where the endpoint has gone`;
    case "qdisc":
      return `rate limit ${resource.rate} bit/s dev ${resource.dev}`;
    case "file":
      return `file ${resource.path}${resource.pod === undefined ? "" : ` of pod ${resource.pod}`}`;
    case "volume": {
      const { files, tmpfs, pod, name } = resource;
      const what =
        files === undefined
          ? tmpfs === undefined
            ? "empty folder"
            : `empty tmpfs${tmpfs.size === undefined ? "" : ` of ${tmpfs.size} bytes`}`
          : files.map(({ path }) => path).join(", ");
      return `volume ${name}${pod === undefined ? "" : ` of pod ${pod}`}: ${what}`;
    }
    case "process":
      return `process ${resource.name}: ${resource.argv.join(" ")}`;
    case "dns": {
      const zones = resource.zones.map((zone) => (zone.kind === "kubernetes" ? zone.domains[0] : zone.domain));
      return `dns server on udp and tcp ${resource.port} for ${zones.join(", ")}`;
    }
    case "proxy": {
      const { service, protocol, port, endpoints, affinitySeconds } = resource;
      const sticky = affinitySeconds === undefined ? "" : `, a client keeps its own for ${affinitySeconds} s`;
      return `proxy for ${service} on ${protocol} ${port} → ${endpoints.join(", ") || "no endpoint"}${sticky}`;
    }
    case "watch":
      return `${resource.look.kind === "link" ? "watch" : `${resource.name}:`} ${describeLooking(resource)}`;
    case "server":
      return `server on ${resource.protocol} ${resource.port}`;
  }
}

/** `tcp 10.244.1.2:80 every 10 s`, with what must succeed before. */
export function describeLooking({ look, period, startup }: Pick<WatchResource, "look" | "period" | "startup">): string {
  const after = startup === undefined ? "" : `, after startupProbe ${describeLooking(startup)}`;
  return `${describeLook(look)} every ${period / 1000} s${after}`;
}

/** `["startupProbe", "tcp 10.244.1.2:80"]`, `["readinessProbe", …]`: what pods wait for, as far as they have such. */
export function describeProbes(
  watches: readonly Pick<WatchResource, "look" | "startup" | "once">[],
): readonly (readonly [name: string, looks: string])[] {
  const startup = watches.flatMap(({ startup: first, once, look }) => first?.look ?? (once === true ? look : []));
  const readiness = watches.flatMap(({ once, look }) => (once === true ? [] : look));
  return Object.entries({ startupProbe: startup, readinessProbe: readiness }).flatMap(([name, looks]) =>
    looks.length === 0 ? [] : [[name, looks.map(describeLook).join("; ")] as const],
  );
}

/** What a watch looks at: `http://10.244.1.2:80/healthz`, `tcp 10.244.1.2:80`, `grpc health of 10.244.1.2:80`, a command, `link eth0`. */
export function describeLook(look: WatchResource["look"]): string {
  const at = (host: string, port: number): string => `${host.includes(":") ? `[${host}]` : host}:${port}`;
  switch (look.kind) {
    case "http":
      return `http${look.tls === true ? "s" : ""}://${at(look.host, look.port)}${look.path}`;
    case "tcp":
      return `tcp ${at(look.host, look.port)}`;
    case "grpc":
      return `grpc health of ${at(look.host, look.port)}${look.service === "" ? "" : ` ${look.service}`}`;
    case "exec":
      return look.argv.join(" ");
    case "link":
      return `link ${look.dev}`;
  }
}
