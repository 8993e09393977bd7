/** One condition that is checked repeatedly, as the kubelet's prober does: a number of equal results in a row decides. */
import { enterArgv } from "../../apply/enter.ts";
import type { LabRuntime } from "../../apply/runtime.ts";
import type { RunningWatch } from "../../resources/watch/apply.ts";
import { runIn } from "../../apply/spawn.ts";
import type { NetnsHandle } from "../../kernel/netns.ts";
import { getLink } from "../../kernel/rtnl/link-state.ts";
import { rtnlOf } from "../../kernel/rtnl.ts";
import type { Looking, WatchResource } from "../../resources/watch/definition.ts";
import type { Probe, ProbeResult } from "../probe/protocol.ts";
import { runProbes } from "../probe/run-probes.ts";

export class Watch implements RunningWatch {
  readonly #resource: WatchResource;
  readonly #runtime: LabRuntime;
  readonly #decide: (isNews: boolean) => void;
  #timer: NodeJS.Timeout | undefined;
  #ok: boolean;
  #decided = false;
  /** Looks in a row that said otherwise than `ok`, or, before anything was decided, that said the same. */
  #last = false;
  #inRow = 0;
  #stopped = false;
  /** Its startup probe has succeeded, or it has none. */
  #started: boolean;
  #begun = 0;
  #slow: number | undefined;

  /** `decide`: something was decided; it is news if it differs from the initial assumption: that a link is up. */
  constructor(resource: WatchResource, runtime: LabRuntime, decide: (isNews: boolean) => void) {
    this.#resource = resource;
    this.#runtime = runtime;
    this.#decide = decide;
    this.#ok = resource.subject.kind === "node";
    this.#started = resource.startup === undefined;
    this.#slow = resource.slow;
    // It has been restarted: that is known without a look.
    if (resource.slow !== undefined) this.#decided = true;
  }

  /** What it looks at exists now. */
  begin(): void {
    if (this.#timer !== undefined) return;
    this.#begun = performance.now();
    this.#timer = this.#plan(this.#looking.initialDelay + (this.#slow ?? 0));
    if (this.#slow !== undefined) this.#decide(true);
  }

  hurry(): void {
    const slow = this.#slow;
    this.#slow = undefined;
    if (slow === undefined || this.#timer === undefined) return;
    // Beyond that it has been looking.
    if (performance.now() - this.#begun > this.#looking.initialDelay + slow) return;
    clearTimeout(this.#timer);
    this.#timer = this.#plan(this.#looking.initialDelay);
  }

  get #looking(): Looking & { readonly ns: string } {
    return this.#started ? this.#resource : (this.#resource.startup ?? this.#resource);
  }

  get subject(): WatchResource["subject"] {
    return this.#resource.subject;
  }

  get ok(): boolean {
    return this.#ok;
  }

  get decided(): boolean {
    return this.#decided;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #plan(delay: number): NodeJS.Timeout {
    return setTimeout(() => void this.#turn(), delay).unref();
  }

  async #turn(): Promise<void> {
    const begun = performance.now();
    const ok = await this.#look().catch(() => false);
    if (this.#stopped) return;
    if (ok && !this.#started) {
      // The readiness probe is asked at once, if its delay, which counts from the same moment, is over.
      this.#started = true;
      this.#inRow = 0;
      this.#timer = this.#plan(Math.max(0, this.#resource.initialDelay - (performance.now() - this.#begun)));
      return;
    }
    this.#count(ok);
    if (this.#ok && this.#resource.once === true) return;
    this.#timer = this.#plan(Math.max(0, this.#looking.period - (performance.now() - begun)));
  }

  #count(ok: boolean): void {
    this.#inRow = ok === this.#last ? this.#inRow + 1 : 1;
    this.#last = ok;
    if (this.#inRow < (ok ? this.#looking.success : this.#looking.failure)) return;
    if (this.#decided && ok === this.#ok) return;
    const isNews = ok !== this.#ok || this.#resource.subject.kind === "pod";
    this.#ok = ok;
    this.#decided = true;
    this.#decide(isNews);
  }

  async #look(): Promise<boolean> {
    const { ns, look, timeout } = this.#looking;
    const { subject } = this.#resource;
    const runtime = this.#runtime;
    const handle = runtime.netns(ns);
    if (look.kind === "link") {
      const link = getLink(rtnlOf(handle), look.dev);
      return link?.up === true && link.carrier;
    }
    if (look.kind === "exec") {
      const pod = subject.name === ns ? undefined : subject.name;
      const { exitCode } = await runIn(
        handle,
        [...enterArgv(runtime, ns, { pod, process: look.process }), ...look.argv],
        { timeout },
      );
      return exitCode === 0;
    }
    if (look.kind === "grpc") {
      const { lookByGrpc } = await import("./grpc-look.ts");
      return lookByGrpc(handle, { ...look, timeout });
    }
    const base = { ns, to: look.host, port: look.port, timeout };
    if (look.kind === "tcp") return (await probeOnce({ kind: "tcp", ...base }, handle))?.outcome === "open";
    const { path, headers } = look;
    return isFine(await statusOf({ kind: "http", ...base, method: "GET", path, headers }, look.tls === true, handle));
  }
}

async function probeOnce(probe: Probe, handle: NetnsHandle): Promise<ProbeResult | undefined> {
  const [result] = await runProbes([probe], () => handle);
  return result;
}

/** Undefined: there was no HTTP response. */
async function statusOf(
  probe: Extract<Probe, { kind: "http" }>,
  tls: boolean,
  handle: NetnsHandle,
): Promise<number | undefined> {
  if (!tls) return (await probeOnce(probe, handle))?.http?.status;
  const { lookByTls } = await import("./https-look.ts");
  return lookByTls(handle, probe);
}

/** As the kubelet: any answer from 200 to 399 (pkg/probe/http). */
function isFine(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 400;
}
