/** What `probe` prints: a result with its story; with --watch only what changes, and a summary. */
import { count } from "../counting.ts";
import type { CheckResult } from "../events.ts";
import { printable, printableLines } from "../printable.ts";
import type { Paint } from "./color.ts";
import { failureFacts, formatDuration } from "./wording.ts";

/** Where there is no file, there is no place in it, and nothing to try but the same again. */
const SAID: ReadonlySet<string> = new Set(["got", "differs", "dropped by", "last seen"]);

function storyLines(result: CheckResult): readonly string[] {
  const facts = failureFacts(result).filter(({ label }) => SAID.has(label));
  const story = facts.map(
    ({ label, text }) => `    ${`${label}:`.padEnd(12)}${printableLines(text).replaceAll("\n", " ")}`,
  );
  const matrix = result.matrix?.trimEnd().split("\n") ?? [];
  return [...story, ...matrix.map((row) => `    ${printable(row)}`)];
}

/** One result: `✓ pod/client → svc/web:80 tcp  open, …  2 ms`, with lines below it where it is not as expected. */
export function formatProbe(result: CheckResult, color: Paint): string {
  const { status, name, got, ms, matrix, reason = "no reason given" } = result;
  const time = color.gray(formatDuration(ms));
  if (status === "skipped") return `${color.yellow("-")} ${printable(name)}  skipped: ${printable(reason)}\n`;
  if (status === "passed") {
    const rows = matrix?.trimEnd().split("\n") ?? [];
    return [
      `${color.green("✓")} ${printable(name)}: ${printable(got)}  ${time}`,
      ...rows.map((row) => `    ${printable(row)}`),
      "",
    ].join("\n");
  }
  return [`${color.red("✗")} ${color.bold(printable(name))}  ${time}`, ...storyLines(result), ""].join("\n");
}

interface Span {
  ok: boolean;
  since: Date;
}

/** A probe over time: what changes, and for how long it was how. */
export class Watch {
  readonly #color: Paint;
  readonly #state = new Map<string, Span>();
  #looks = 0;
  #good = 0;
  #changes = 0;

  constructor(color: Paint) {
    this.#color = color;
  }

  get isBroken(): boolean {
    return this.#looks === 0 || [...this.#state.values()].some(({ ok }) => !ok);
  }

  /** The text for what has changed; undefined where nothing has. */
  look(result: CheckResult, now: Date): string | undefined {
    const ok = result.status === "passed";
    this.#looks++;
    if (ok) this.#good++;
    const before = this.#state.get(result.name);
    if (before?.ok === ok) return undefined;
    this.#state.set(result.name, { ok, since: now });
    if (before !== undefined) this.#changes++;
    const after =
      before === undefined
        ? ""
        : `${ok ? "works again" : "fails"} after ${formatDuration(now.getTime() - before.since.getTime())}: `;
    return `${this.#color.gray(now.toISOString().slice(11, 23))} ${after}${formatProbe(result, this.#color)}`;
  }

  summary(): string {
    return `${this.#good} of ${count(this.#looks, "attempt")} as expected, ${count(this.#changes, "change")}\n`;
  }
}
