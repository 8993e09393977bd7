/** Repeated requests while something else is done: how many were lost, and which target answered. */
import { setTimeout as sleep } from "node:timers/promises";
import type { AgentClient } from "../agent/client.ts";
import type { Probe, ProbeResult } from "../services/probe/protocol.ts";
import type { CheckAttempt } from "../events.ts";
import type { StepLoad } from "../lab/step.ts";
import { legLabel } from "../checks/leg.ts";
import { kindOf } from "../checks/registry.ts";

export interface LoadReport {
  readonly requests: number;
  /** How many got no answer. */
  readonly failed: number;
  /** The first of them, and a line for the others. */
  readonly lost: readonly CheckAttempt[];
  /** Which target answered how often. */
  readonly answered: ReadonlyMap<string, number>;
  readonly label: string;
}

/** Requests that are under way at the same time, and how long each of these lines pauses in between (ms). */
const LINES = 4;
const REST = 5;
/** Failures that are kept verbatim. */
const KEPT = 20;

function isLost(result: ProbeResult | undefined): boolean {
  return result?.outcome !== "open" || (result.http !== undefined && result.http.status >= 500);
}

export class TrafficLoad {
  readonly #client: AgentClient;
  readonly #probe: Probe | string;
  readonly #label: string;
  readonly #lost: CheckAttempt[] = [];
  readonly #answered = new Map<string, number>();
  readonly #lines: Promise<void>[];
  readonly #begun = performance.now();
  #requests = 0;
  #failed = 0;
  #stopped = false;

  /** Begins at once. */
  constructor(client: AgentClient, load: StepLoad) {
    const { request: check, from } = load;
    const family = check.families[0] ?? "ipv4";
    const request = kindOf(check).request?.(check, from, family);
    if (request === undefined) throw new Error(`checks of kind ${check.kind} are not made over and over again`);
    this.#client = client;
    this.#label = legLabel(check, from, request.to, family);
    this.#probe = "probe" in request ? request.probe : request.problem;
    this.#lines = Array.from({ length: LINES }, () => this.#run());
  }

  /** Resolves when at least one request of each line has ended: the load is there. Rejects when the agent is gone. */
  async begun(): Promise<void> {
    while (this.#requests < LINES && !this.#stopped) await Promise.race([sleep(REST), Promise.all(this.#lines)]);
  }

  /** Ends when the requests that are under way have ended. */
  async stop(): Promise<LoadReport> {
    this.#stopped = true;
    await Promise.all(this.#lines);
    const more = this.#failed - this.#lost.length;
    const rest: CheckAttempt[] = more > 0 ? [{ label: this.#label, ok: false, got: `${more} more were lost` }] : [];
    return {
      requests: this.#requests,
      failed: this.#failed,
      lost: [...this.#lost, ...rest],
      answered: this.#answered,
      label: this.#label,
    };
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      if (typeof this.#probe === "string") {
        this.#failed++;
        this.#lost.push({ label: this.#label, ok: false, got: this.#probe });
        this.#stopped = true;
        return;
      }
      const { results } = await this.#client.call("probe", { probes: [this.#probe] });
      this.#count(results[0]);
      await sleep(REST);
    }
  }

  #count(result: ProbeResult | undefined): void {
    this.#requests++;
    if (!isLost(result)) {
      const who = result?.hostname ?? result?.address ?? "";
      this.#answered.set(who, (this.#answered.get(who) ?? 0) + 1);
      return;
    }
    this.#failed++;
    if (this.#lost.length >= KEPT) return;
    const at = ((performance.now() - this.#begun) / 1000).toFixed(2);
    const status = result?.http === undefined ? "" : `, status ${result.http.status}`;
    this.#lost.push({
      label: this.#label,
      ok: false,
      got: `${result?.outcome ?? "no answer"}${status} after ${at} s`,
      probe: result,
    });
  }
}
