/** Methods about the lab as a whole: taking it on, building, looking at it, taking it down. */
import { raiseHostLimits } from "../apply/host-limits.ts";
import { observeLab } from "../apply/observer.ts";
import { HostError, UsageError } from "../errors.ts";
import { definitionOf } from "../resources/definitions.ts";
import type { RunningServer } from "../resources/server/apply.ts";
import type { RunningWatch } from "../resources/watch/apply.ts";
import type { MethodTable } from "./connection.ts";
import type { AdoptedLab } from "./adopted-lab.ts";
import type { LabSession } from "./lab-session.ts";
import { sendState } from "./send-state.ts";
import { storedMethods } from "./methods-stored.ts";
import type { StoredMethod } from "./methods-stored.ts";

type LabMethod =
  | "hello"
  | "adopt"
  | "lock"
  | "observe"
  | "raiseLimits"
  | "apply"
  | "operations"
  | StoredMethod
  | "stats"
  | "connections"
  | "feature"
  | "conditions"
  | "attachments"
  | "forgetLeftovers"
  | "down"
  | "place";

/** Milliseconds: the checks that follow an `up` come first. */
const LOAD_ALL_AFTER = 500;

/**
 * What is loaded late so that building starts early. An agent lives for days: by the time that it needs these files,
 * another version of the package may be in their place.
 */
function loadAll(): void {
  const modules = [
    import("../apply/cni/attachments.ts"),
    import("../resources/definitions.ts"),
    import("../resources/iptables/restore-input.ts"),
    import("../services/dns/server.ts"),
    import("../services/probe/run-probes.ts"),
    import("../services/proxy/proxy.ts"),
    import("../services/serve/server.ts"),
    import("../services/capture/tcpdump.ts"),
    import("../services/trace/trace-probe.ts"),
  ];
  void Promise.allSettled(modules); // one that cannot be loaded fails when it is needed
}

export function labMethods(session: LabSession<AdoptedLab>): Pick<MethodTable, LabMethod> {
  const kept = storedMethods(session);
  return {
    hello: ({ client }, { connection }) => {
      const pid = /\bpid (\d+)$/.exec(client)?.[1];
      if (pid !== undefined) connection.pid = Number(pid);
      return session.info;
    },
    adopt: (params, { connection }) => session.adopt(params, connection),
    lock: async ({ purpose }, { connection }) => {
      await session.takeLock(connection, purpose);
      return {};
    },
    place: () => {
      throw new UsageError(
        "this lab does not run in containers: it has no engines",
        "--driver docker builds it in containers",
      );
    },
    observe: async (params, context) =>
      sendState(await session.steadily(() => observeLab(session.lab.runtime, params)), context),
    raiseLimits: async ({ entries }, { connection }) => {
      session.mustHoldLock(connection);
      const { runtime } = session.lab;
      const { rootless, parent } = session.options;
      if (rootless) {
        throw new HostError(
          "the host's neighbour tables can only be raised by root, not for a rootless lab",
          "run it with sudo, or have root raise them: k8snet-lab doctor LAB.yaml prints the command",
        );
      }
      runtime.journal.write({ t: "host-limits" });
      return { raised: await raiseHostLimits(parent, runtime.lab, entries) };
    },
    apply: (params, { connection, emit }) => session.apply(params, connection, emit),
    operations: (portion, { connection }) => {
      session.receive(portion, connection);
      return {};
    },
    ...kept,
    commit: async (params, context) => {
      const result = await kept.commit(params, context);
      setTimeout(loadAll, LOAD_ALL_AFTER);
      return result;
    },
    conditions: () => ({
      conditions: [...session.lab.runtime.held<RunningWatch>("watch").values()].map(({ subject, ok, decided }) => ({
        subject,
        ok,
        decided,
      })),
      changing: session.changing,
      ...session.holders.state,
    }),
    attachments: async () => (await import("../apply/cni/attachments.ts")).attachmentsOf(session.lab.runtime),
    forgetLeftovers: async () => ({ forgotten: await session.lab.generations.forgetLeftovers() }),
    feature: async ({ feature }) => {
      const { probeFeatures } = await import("../kernel/features.ts");
      return { ok: probeFeatures([feature])[feature]?.ok === true };
    },
    connections: ({ namespaces }) => {
      const { runtime } = session.lab;
      const of = new Set(namespaces);
      let open = 0;
      for (const [id, server] of runtime.held<RunningServer>("server"))
        if (of.has(runtime.journal.record.applied.get(id)?.ns ?? "")) open += server.connections ?? 0;
      return { open };
    },
    stats: async () => {
      const { runtime } = session.lab;
      const held = runtime.allHeld.flatMap(([id, one]) =>
        one.running === false ? [] : (runtime.journal.record.applied.get(id) ?? []),
      );
      const count = (speed: "netlink" | "tool"): number =>
        held.map(definitionOf).filter((kind) => kind.starts === true && kind.speed === speed).length;
      return {
        rss: process.memoryUsage.rss(),
        servers: count("netlink"),
        processes: count("tool"),
        captures: await session.lab.captureCount(),
        uptime: process.uptime(),
      };
    },
    down: (_params, { connection, emit }) => session.down(connection, emit),
  };
}
