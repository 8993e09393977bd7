/** What `up` does: start an agent while the lab is loaded and planned, then build it, or converge a running one. */
import type { AgentClient } from "../agent/client.ts";
import type { StoredLab } from "../agent/protocol.ts";
import type { Driver } from "../drivers/driver.ts";
import { BuildError, InputError, LabError, messageOf } from "../errors.ts";
import type { Placement } from "../engine/place.ts";
import type { Lab } from "../lab/lab.ts";
import { planOperations } from "../plan/plan-operations.ts";
import { planResources } from "../plan/plan-lab.ts";
import { callsPlugins } from "../resources/cni/attached.ts";
import type { Resource } from "../resources/resource.ts";
import { applyPlan } from "./apply-plan.ts";
import { convergeLab } from "./converge.ts";
import type { EventBus } from "./event-bus.ts";
import { whenReady } from "./when-ready.ts";
import { onWire, otherNetworkNote, withLive } from "./with-live.ts";
import type { Loaded, Wanted } from "./with-live.ts";
import type { UnderWay } from "../live/rollout-status.ts";
import { mindNeighbourTables } from "./neighbour-tables.ts";
import { findRecord, recoverLab } from "./open-lab.ts";
import { reviveLab } from "../load/revive-lab.ts";
import { startAhead } from "./start-ahead.ts";
import type { StartGate } from "./start-gate.ts";
import { storeLab } from "./stored-lab.ts";
import { sweepBroken } from "./take-down.ts";
import { unlessAborted } from "./until-aborted.ts";
import { growNoFurther } from "./young-space.ts";

export interface UpRequest {
  readonly driver: Driver;
  readonly bus: EventBus;
  /** Aborted by Ctrl-C or the time limit: a build is rolled back. */
  readonly signal: AbortSignal;
  /** Leave what was built when building fails or is interrupted. */
  readonly keep: boolean;
  readonly load: () => Promise<Loaded>;
  /** `test`: refuse a lab that is already up, and clean up after a dead one. */
  readonly exclusive: boolean;
  /** What the lab has broken on purpose is broken again. */
  readonly reset?: boolean | undefined;
  /** Raise the host's neighbour tables as the lab needs; restored when the lab is down. */
  readonly tuneHost: boolean;
  /** Entered before anything is started; left by its creator when the lab's checks are done. */
  readonly gate: StartGate;
  /** An agent that is starting. */
  readonly ahead?: Promise<AgentClient> | undefined;
  /** Called before a lab is built or a running one is updated. */
  readonly warning?: ((lab: Lab, before: Lab | undefined) => string | undefined) | undefined;
}

/** A lab that is up, with the connection that has its lock. */
export interface Session {
  readonly lab: Lab;
  readonly driver: Driver;
  readonly client: AgentClient;
  readonly desired: readonly Resource[];
  /** Built by this session (not converged): an interrupt takes it down again. */
  readonly fresh: boolean;
  /** What the controllers still have to do: the lab was updated to another file. */
  readonly underWay?: UnderWay | undefined;
}

/**
 * Brings a lab up. Throws InputError, HostError, BuildError (already reported as `built` event; nothing is left of a
 * failed build unless `keep`), or the signal's reason after rolling back.
 */
export async function upLab(request: UpRequest): Promise<Session> {
  const session = await bringUp(request);
  return guard(session.client, () => whenReady(session, request));
}

async function bringUp(request: UpRequest): Promise<Session> {
  const { driver, bus, signal } = request;
  const starting = request.ahead ?? startAhead(driver, request.gate, signal);
  let agent: AgentClient | undefined;
  try {
    growNoFurther();
    const loaded = await request.load();
    bus.labName = loaded.lab.name;
    for (const diagnostic of loaded.warnings) bus.emit({ type: "diagnostic", diagnostic });
    const site = await driver.prepare(loaded.lab);
    for (const text of site.notes) bus.note(text);
    const { wanted, input } = await onWire(loaded, site.wire);
    const { lab } = wanted;
    signal.throwIfAborted();
    await request.gate.enter(signal);
    await driver.probe(lab);
    const running = await driver.connect(lab.name);
    if (running !== null) {
      closeSpare(starting);
      if (request.exclusive) {
        running.close();
        throw new LabError("EBUSY", 2, `lab ${lab.name} is already running; test builds its own`, {
          hint: `take it down first: k8snet-lab down ${lab.name}; or check the running one: k8snet-lab check ${lab.name}`,
        });
      }
      const merged = await guard(running, async () => {
        // Before it is read: a controller's change made in between would be undone.
        await running.call("lock", { purpose: "up" });
        const stored = await noticed(running, request);
        reportWarning(request, lab, stored === null ? undefined : reviveLab(stored));
        const lost = otherNetworkNote(wanted, stored);
        if (lost !== undefined) bus.note(lost, "warn");
        return withLive(wanted, input, stored);
      });
      const { now } = await guard(running, () => convergeLab(request, running, merged, undefined, site.placement));
      if (request.reset === true) await (await import("./fault.ts")).forgetPaths(running, now.desired);
      return { ...now, driver, client: running, fresh: false };
    }
    const record = await unlessAborted(findRecord(driver, lab.name), signal);
    agent = await starting;
    const client = agent;
    if (record !== undefined && !request.exclusive) {
      await recoverLab(driver, lab.name, lab.file, { fresh: client, placement: site.placement });
      const note = "the agent of this lab was dead; a new one took over its record and restores what is missing";
      const merged = await guard(client, async () => withLive(wanted, input, await noticed(client, request)));
      const { now } = await guard(client, () => convergeLab(request, client, merged, note));
      return { ...now, driver, client, fresh: false };
    }
    if (record !== undefined) {
      bus.note("removing leftovers of an earlier lab with this name", "warn");
      await recoverLab(driver, lab.name, lab.file, { fresh: client, leaving: true });
      await client.call("down", {});
      client.close();
      agent = await driver.start();
    }
    const builder = agent;
    const built = await guard(builder, () => buildLab(request, builder, wanted, site.placement)).catch(
      async (error: unknown) => {
        const others = error instanceof LabError && ["EBUSY", "EDEAD", "ESILENT"].includes(error.code);
        const sweep = request.keep || others ? undefined : sweepBroken(driver, lab.name, bus);
        const swept = await sweep?.catch(() => bus.note(`parts of it are left: k8snet-lab down ${lab.name}`, "warn"));
        // Its hint about leftovers is no longer true.
        if (swept === true && error instanceof LabError && error.code === "EAGENT")
          throw new LabError(error.code, error.exitCode, error.message, { hint: "k8snet-lab up FILE builds it again" });
        throw error;
      },
    );
    return { ...built, driver, client: builder, fresh: true };
  } catch (error) {
    if (agent === undefined) closeSpare(starting);
    throw error;
  }
}

/** The stored lab, with what was fixed in it since. */
async function noticed(
  client: AgentClient,
  { bus, signal, reset }: Pick<UpRequest, "bus" | "signal" | "reset">,
): Promise<StoredLab | null> {
  const stored = await client.call("stored", {});
  if (stored === null || (reset !== true && reviveLab(stored).fault === undefined)) return stored;
  const { noticeFix } = await import("./fault.ts");
  return noticeFix(client, stored, { bus, signal, reset: reset === true });
}

/** Connects to a lab that is up, or brings back one whose agent is dead (from what it stored). For `check`. */
export async function reopenLab(
  driver: Driver,
  name: string,
  bus: EventBus,
  signal: AbortSignal,
): Promise<Session | undefined> {
  bus.labName = name;
  const connected = await driver.connect(name);
  if (connected !== null) {
    const stored = await connected.call("stored", {});
    if (stored === null) {
      connected.close();
      throw new LabError("EBUSY", 4, `lab ${name} is still being built`, { hint: "wait for its up to finish" });
    }
    const lab = reviveLab(stored);
    bus.emit({ type: "lab", lab, driver: driver.name, converging: true });
    return { lab, driver, client: connected, desired: planResources(lab), fresh: false };
  }
  if ((await findRecord(driver, name)) === undefined) return undefined;
  const client = await recoverLab(driver, name, "");
  return guard(client, async () => {
    const stored = await client.call("stored", {});
    if (stored === null) {
      throw new LabError("EBUILD", 4, `the agent of lab ${name} died before the lab was built`, {
        hint: `k8snet-lab down ${name}, then up again`,
      });
    }
    const lab = reviveLab(stored);
    const { sources, live } = stored;
    const desired = planResources(lab);
    const note = "the agent of this lab was dead; a new one took over its record and restores what is missing";
    const { now } = await convergeLab(
      { driver, bus, signal, keep: true, tuneHost: false },
      client,
      { lab, desired, sources, live },
      note,
    );
    return { lab: now.lab, driver, client, desired: now.desired, fresh: false };
  });
}

function reportWarning({ bus, warning }: UpRequest, lab: Lab, before: Lab | undefined): void {
  const text = warning?.(lab, before);
  if (text !== undefined) bus.note(text, "warn");
}

async function buildLab(
  request: UpRequest,
  client: AgentClient,
  wanted: Wanted,
  placement?: Placement,
): Promise<Wanted> {
  const { lab, desired, sources } = wanted;
  const { bus, keep } = request;
  const adopt = client.call("adopt", { lab: lab.name, file: lab.file, recover: false, placement });
  await unlessAborted(adopt, request.signal);
  bus.emit({ type: "lab", lab, driver: request.driver.name, converging: false });
  reportWarning(request, lab, undefined);
  await mindNeighbourTables(client, lab, desired, request);
  const plan = planOperations(lab.name, desired);
  bus.emit({ type: "plan", plan });
  const result = await applyPlan(client, plan, { mode: "build", keep, bus, signal: request.signal });
  if (result.failures.length === 0) {
    const built = callsPlugins(desired) ? await (await import("../live/adopt.ts")).adopted(client, wanted) : wanted;
    // Rules are read back while the checks run.
    await client.call("commit", { stored: storeLab(built.lab, sources, built.live), readBack: "later" });
    client.call("settled", {}).catch(() => undefined);
    if (built !== wanted) bus.emit({ type: "changed", lab: built.lab });
    return built;
  }
  // A lab that is kept must be there for inspect, exec and down.
  if (keep) await client.call("commit", { stored: storeLab(lab, sources) });
  throw new BuildError(
    `building lab ${lab.name} failed${result.rolledBack ? "; everything was rolled back" : ""}`,
    [],
    keep
      ? `it was left in place: k8snet-lab inspect ${lab.name}, k8snet-lab down ${lab.name}`
      : "--keep leaves what was built in place",
  );
}

/** Closes the client when `work` fails. */
async function guard<T>(client: AgentClient, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    client.close();
    throw error;
  }
}

/** An agent that was started in advance and is not needed: closing the connection ends it. */
function closeSpare(starting: Promise<AgentClient>): void {
  starting.then(
    (client) => client.close(),
    () => undefined,
  );
}

/** Errors of loading and of the host as events, so that reports hold them too. Failed operations are events already. */
export function emitError(bus: EventBus, error: unknown): void {
  if (error instanceof InputError)
    for (const diagnostic of error.diagnostics) bus.emit({ type: "diagnostic", diagnostic });
  else if (error instanceof LabError && !(error instanceof BuildError) && error.exitCode !== 130) {
    bus.emit({ type: "diagnostic", diagnostic: { severity: "error", message: error.message, hint: error.hint } });
  } else if (!(error instanceof LabError)) {
    bus.emit({ type: "diagnostic", diagnostic: { severity: "error", message: messageOf(error) } });
  }
}
