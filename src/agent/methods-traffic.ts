/** Methods about packets: probes, traces, captures. Their modules are loaded when they are first asked for. */
import { DataPlane } from "../apply/data-plane.ts";
import { once } from "node:events";
import type { MethodTable } from "./connection.ts";
import { filesIn } from "../resources/file/definition.ts";
import { deniesByPolicy } from "../resources/policy-names.ts";
import type { TargetPlace } from "../net/place.ts";
import type { LabRuntime } from "../apply/runtime.ts";
import { readLabFile } from "../resources/file/apply.ts";
import type { RunningProxy } from "../resources/proxy/apply.ts";
import type { ProxySpec } from "../resources/proxy/definition.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import { holdPacket, takeHeld } from "./held-packets.ts";
import type { LabSession } from "./lab-session.ts";
import type { ProbeResult } from "../services/probe/protocol.ts";
import type { ProxyState } from "./protocol.ts";

type TrafficMethod =
  | "denials"
  | "dropCounters"
  | "routeOf"
  | "ruleListing"
  | "proxies"
  | "accessLog"
  | "probe"
  | "trace"
  | "hold"
  | "captureStart"
  | "captureFlush"
  | "captureStop"
  | "captureFollow";

/** Milliseconds between progress events of a batch of probes. */
const PROGRESS_EVERY = 100;

export function trafficMethods(session: LabSession<AdoptedLab>): Pick<MethodTable, TrafficMethod> {
  const netns = (ns: string): ReturnType<typeof session.lab.runtime.netns> => session.lab.runtime.netns(ns);
  const names = nameFiles(session);
  return {
    probe: async ({ probes, concurrency }, { emit }) => {
      const { runProbes } = await import("../services/probe/run-probes.ts");
      let reported = performance.now();
      const onProgress = (done: number): void => {
        if (performance.now() - reported < PROGRESS_EVERY) return;
        reported = performance.now();
        emit({ done, total: probes.length });
      };
      const { listenForDenials } = await import("../services/probe/denials.ts");
      const logging = namespacesThatDeny(session).flatMap((ns) => session.lab.runtime.find(ns) ?? []);
      const work = (): Promise<readonly ProbeResult[]> =>
        runProbes(probes, netns, { concurrency, onProgress, ...names });
      return { results: await listenForDenials(logging, work) };
    },
    denials: async () => {
      const { deniedCounts } = await import("../apply/denied-counts.ts");
      const nodes = namespacesThatDeny(session);
      const counts = await Promise.all(nodes.map((ns) => deniedCounts(ns, netns(ns))));
      return { denied: counts.flat() };
    },
    routeOf: async ({ ns, ...lookup }) => {
      const { lookUpRoute } = await import("../kernel/rtnl/route.ts");
      const { rtnlOf } = await import("../kernel/rtnl.ts");
      const { NetlinkError } = await import("../kernel/netlink/socket.ts");
      try {
        const route = lookUpRoute(rtnlOf(netns(ns)), lookup);
        return route === undefined ? {} : { route };
      } catch (error) {
        if (error instanceof NetlinkError) return { problem: error.reason };
        throw error;
      }
    },
    ruleListing: async ({ ns, family }) => {
      const { readRuleListing } = await import("../apply/rule-listing.ts");
      return readRuleListing(netns(ns), family);
    },
    dropCounters: async ({ namespaces }) => {
      const { readDropCounters } = await import("../kernel/drop-counters.ts");
      const places = namespaces.flatMap((ns) => {
        const handle = session.lab.runtime.find(ns);
        return handle === undefined ? [] : [[ns, readDropCounters(handle)] as const];
      });
      return { counters: Object.fromEntries(places) };
    },
    accessLog: async ({ id, last }) => {
      const dataPlane = DataPlane.of(session.lab.runtime);
      return { entries: await dataPlane.log(id, last), stats: await dataPlane.stats() };
    },
    proxies: ({ ns }) => ({ proxies: proxiesIn(session.lab.runtime, ns) }),
    hold: (params, { connection, emit }) =>
      holdPacket(netns(params.ns), params, () => emit({ waits: true }), connection.gone),
    trace: async ({ probe, rules, packets, held }) => {
      const { traceProbe } = await import("../services/trace/trace-probe.ts");
      const namespaces = session.lab.runtime.namespaces.map((ns) => ({ ns, handle: netns(ns) }));
      const options = { ...names, denying: namespacesThatDeny(session), rules, packets, marks: held?.marks };
      // At last: from then on the trace releases it.
      return traceProbe(probe, namespaces, { ...options, held: takeHeld(held) });
    },
    captureStart: async (params) => ({ files: await (await session.lab.captures()).start(params) }),
    captureFlush: async ({ name }) => ({ files: await (await session.lab.captures()).flush(name) }),
    captureStop: async ({ name }) => ({ files: await (await session.lab.captures()).stop(name) }),
    captureFollow: async (params, { connection, emit }) => {
      const captures = await session.lab.captures();
      const unfollow = captures.follow(params, emit);
      await Promise.race([captures.ended(params.name), once(connection.gone, "abort")]);
      unfollow();
      return {};
    },
  };
}

function proxiesIn(runtime: LabRuntime, ns: string): readonly ProxyState[] {
  return [...runtime.held<RunningProxy>("proxy")].flatMap(([id, { spec, served }]) => {
    if (runtime.journal.record.applied.get(id)?.ns !== ns) return [];
    const { family, protocol, port, service, endpoints, affinitySeconds } = spec;
    const sticky = affinitySeconds === undefined ? {} : { affinitySeconds };
    const own: ProxySpec = { family, protocol, port, service, endpoints, ...sticky };
    return [{ spec: own, served: Object.fromEntries(served) }];
  });
}

/** Nodes whose rules deny packets by NetworkPolicies. */
export function namespacesThatDeny(session: LabSession<AdoptedLab>): readonly string[] {
  const found = new Set<string>();
  for (const resource of session.lab.runtime.journal.record.applied.values())
    if (deniesByPolicy(resource)) found.add(resource.ns);
  return [...found].filter((ns) => session.lab.runtime.find(ns) !== undefined);
}

/** What resolves names in a namespace. */
export function nameFiles(session: LabSession<AdoptedLab>): {
  readonly resolvConf: (place: TargetPlace) => string | undefined;
  readonly hosts: (place: TargetPlace) => string | undefined;
} {
  return {
    resolvConf: (place) => fileOf(session, place, "/etc/resolv.conf"),
    hosts: (place) => fileOf(session, place, "/etc/hosts"),
  };
}

/** A file that programs in the namespace see instead of the host's. */
function fileOf(session: LabSession<AdoptedLab>, { ns, pod }: TargetPlace, path: string): string | undefined {
  const { runtime } = session.lab;
  const file = filesIn(runtime.journal.record.applied.values(), ns).find((one) => one.pod === pod && one.path === path);
  return file === undefined ? undefined : readLabFile(file, runtime);
}
