/** A lab inside the virtual machine: built by the agent's own appliers, observed by its own observer. */
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { promisify } from "node:util";
import { starters } from "../../src/services/starters.ts";
import { attachmentsOf } from "../../src/apply/cni/attachments.ts";
import { executeOperations } from "../../src/apply/executor.ts";
import { Journal } from "../../src/apply/journal.ts";
import { observeLab } from "../../src/apply/observer.ts";
import { LabRuntime } from "../../src/apply/runtime.ts";
import type { Attached } from "../../src/resources/cni/attached.ts";
import type { Plan } from "../../src/resources/operation.ts";
import { planOperations } from "../../src/plan/plan-operations.ts";
import { encodeCommand } from "../../src/resources/definitions.ts";
import type { Resource } from "../../src/resources/resource.ts";
import { netnsName } from "../../src/net/netns-name.ts";

const run = promisify(execFile);

/** Ids of the operations that it took, what failed, and what still differs. */
export interface Convergence {
  readonly done: readonly string[];
  readonly failures: readonly unknown[];
  readonly left: readonly string[];
}

export interface Mended {
  /** Empty where each of its commands succeeds. */
  readonly said: string;
  readonly left: readonly string[];
}

/** Empty where each of its commands succeeds. */
export function runScript(script: string): string {
  try {
    execFileSync("bash", ["-e"], { input: script, stdio: ["pipe", "pipe", "pipe"] });
    return "";
  } catch (error) {
    return String((error as { stderr?: unknown }).stderr ?? error);
  }
}

/** Where it is, for who waits. */
export function say(step: string): void {
  process.stderr.write(`${Math.round(performance.now() / 1000)} s: ${step}\n`);
}

export class GuestLab {
  readonly #name: string;
  readonly #runtime: LabRuntime;
  readonly #where = new Map<string, string>();

  constructor(name: string) {
    this.#name = name;
    const folder = mkdtempSync(`/tmp/${name}-`);
    const journal = new Journal(`${folder}/journal.jsonl`);
    this.#runtime = new LabRuntime(
      name,
      folder,
      journal,
      starters(() => undefined),
    );
    journal.write({ t: "agent", lab: name, id: "00", file: "", pid: process.pid, version: "0", at: "" });
  }

  async #differences(lab: readonly Resource[]): Promise<Plan> {
    const sysctls: Record<string, string[]> = {};
    for (const resource of lab) if (resource.kind === "sysctl") (sysctls[resource.ns] ??= []).push(resource.key);
    return planOperations(this.#name, lab, await observeLab(this.#runtime, { sysctls }));
  }

  async converge(lab: readonly Resource[]): Promise<Convergence> {
    for (const one of lab) if (one.kind === "netns") this.#where.set(one.ns, netnsName(this.#name, one));
    const { operations } = await this.#differences(lab);
    say(`${operations.length} operations`);
    const signal = new AbortController().signal;
    const { failures } = await executeOperations(operations, this.#runtime, {
      stopAtFailure: false,
      signal,
      onEvent: () => {},
    });
    const left = (await this.#differences(lab)).operations.map(({ id, reason }) => `${id}: ${reason}`);
    return { done: operations.map(({ id }) => id), failures: [...failures], left };
  }

  /** What CNI plugins have made. */
  attached(): readonly Attached[] {
    return attachmentsOf(this.#runtime).attached;
  }

  /** What still differs after all commands that `diff` shows were run by hand, and what they said. */
  async byHand(lab: readonly Resource[]): Promise<Mended> {
    const { operations } = await this.#differences(lab);
    const said = runScript(operations.map((operation) => encodeCommand(this.#name, operation)).join("\n"));
    return { said, left: (await this.#differences(lab)).operations.map(({ id, reason }) => `${id}: ${reason}`) };
  }

  /** What a command says there; `exit N` where it fails. */
  async inside(ns: string, ...argv: string[]): Promise<string> {
    try {
      const { stdout } = await run("ip", ["netns", "exec", this.#where.get(ns) ?? ns, ...argv], { timeout: 60_000 });
      return stdout.trim();
    } catch (error) {
      return `exit ${String((error as { code?: unknown }).code)}`;
    }
  }
}
